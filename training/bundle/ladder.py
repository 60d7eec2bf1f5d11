# SPDX-License-Identifier: Apache-2.0
"""The ladder: which variants are worth having, most accurate first."""

from collections.abc import Sequence
from typing import NamedTuple

from mobilenet_perception.inference.bundle import Variant


class Ladder(NamedTuple):
    """What a bundle takes and what it leaves.

    Attributes:
        kept: variants by accuracy, the best first.
        dropped: why each of the others is left out, a sentence by name.
    """

    kept: tuple[Variant, ...]
    dropped: dict[str, str]


def make_ladder(variants: Sequence[Variant]) -> Ladder:
    """Sort variants, and drop those that another of their precision beats.

    Across precisions nothing is dropped: what a precision costs only the machine that runs it
    can tell.

    Args:
        variants: measured on the same frames.
    """
    dropped: dict[str, str] = {}
    for variant in variants:
        better = next((other for other in variants if _beats(other, variant)), None)
        if better is not None:
            dropped[variant.name] = (
                f'{_figures(variant)}: {better.name} is at least as accurate for at most as many '
                f'multiply-adds ({_figures(better)})'
            )
    kept = [variant for variant in variants if variant.name not in dropped]
    kept.sort(key=lambda variant: (-(variant.accuracy or 0.0), variant.macs, variant.name))
    return Ladder(tuple(kept), dropped)


def _beats(one: Variant, other: Variant) -> bool:
    ours = (one.accuracy or 0.0, -one.macs)
    theirs = (other.accuracy or 0.0, -other.macs)
    if one.precision != other.precision:
        return False
    if ours == theirs:
        # Of two alike, the first by name stays.
        return one.name < other.name
    return all(a >= b for a, b in zip(ours, theirs, strict=True))


def _figures(variant: Variant) -> str:
    return f'{variant.accuracy or 0.0:.2%}, {variant.macs / 1e6:.1f} M'
