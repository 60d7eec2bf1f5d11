# SPDX-License-Identifier: Apache-2.0
"""The ladder of a bundle: variants sorted, and without those that another beats."""

from collections.abc import Sequence
from typing import NamedTuple

from mobilenet_perception.inference.bundle import Variant


class Ladder(NamedTuple):
    """What a bundle takes and what it leaves.

    Attributes:
        kept: variants by accuracy, the best first; where it was not measured, by multiply-adds.
        dropped: why each of the others is left out, a sentence by name.
    """

    kept: tuple[Variant, ...]
    dropped: dict[str, str]


def make_ladder(variants: Sequence[Variant]) -> Ladder:
    """Sort variants, and drop those that another of their precision beats.

    Across precisions nothing is dropped: what a precision costs only the machine that runs it
    can tell.

    Args:
        variants: measured on the same frames, or none of them measured.
    """
    dropped: dict[str, str] = {}
    for variant in variants:
        better = next((other for other in variants if _beats(other, variant)), None)
        if better is None:
            continue
        if variant.accuracy is None:
            dropped[variant.name] = (
                f'{better.name} has as many multiply-adds at the same size '
                f'({_millions(variant)}), and which of them is better only labelled images tell'
            )
        else:
            dropped[variant.name] = (
                f'{_figures(variant)}: {better.name} is at least as accurate for at most as many '
                f'multiply-adds ({_figures(better)})'
            )
    kept = [variant for variant in variants if variant.name not in dropped]
    kept.sort(key=_rank)
    return Ladder(tuple(kept), dropped)


def _rank(variant: Variant) -> tuple[float, int, str]:
    if variant.accuracy is None:
        return 0.0, -variant.macs, variant.name
    return -variant.accuracy, variant.macs, variant.name


def _beats(one: Variant, other: Variant) -> bool:
    if one.precision != other.precision:
        return False
    if one.accuracy is None or other.accuracy is None:
        ours, theirs = ((v.macs, v.height, v.width) for v in (one, other))
        return ours == theirs and one.name < other.name
    if (one.accuracy, one.macs) == (other.accuracy, other.macs):
        # Of two alike, the first by name stays.
        return one.name < other.name
    return one.accuracy >= other.accuracy and one.macs <= other.macs


def _figures(variant: Variant) -> str:
    return f'{variant.accuracy:.2%}, {_millions(variant)}'


def _millions(variant: Variant) -> str:
    return f'{variant.macs / 1e6:.1f} M'
