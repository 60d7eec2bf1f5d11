# SPDX-License-Identifier: Apache-2.0
"""Which precisions of a network are worth running on this machine: pure code."""

from collections.abc import Collection, Iterable, Mapping

from mobilenet_perception.inference.bundle.manifest import Variant

# From fine to coarse; what is not here counts as coarsest.
_FINE_TO_COARSE = ('fp32', 'fp16', 'int8')
# A coarser precision must save more than what two measurements of the same thing differ by.
_PAYS = 0.95


def may_fail(variant: Variant, variants: Iterable[Variant]) -> bool:
    """Return whether a bundle is sound although this variant of it gives other scores here.

    A coarse precision may come out differently on another processor (Jacob et al., CVPR 2018,
    describe the arithmetic that each must round alike); its network is there in a finer one.
    """
    return any(
        _coarseness(other) < _coarseness(variant) for other in _same_network(variant, variants)
    )


def not_worth_running(
    variants: Collection[Variant], profile_ms: Mapping[str, float]
) -> dict[str, str]:
    """Return the variants that another precision of their network makes useless here.

    A coarser precision is useless unless it is faster than each finer one; a finer one is, when a
    coarser one is faster and at least as accurate.

    Args:
        variants: those that have proven themselves.
        profile_ms: inference time of each here, in milliseconds, by name.

    Returns:
        The reason, a sentence by name of the variant.
    """
    useless: dict[str, str] = {}
    for variant in sorted(variants, key=_coarseness):
        finer = [
            other
            for other in _same_network(variant, variants)
            if _coarseness(other) < _coarseness(variant) and other.name not in useless
        ]
        own_ms = profile_ms[variant.name]
        for other in finer:
            other_ms = profile_ms[other.name]
            if own_ms > _PAYS * other_ms:
                useless[variant.name] = (
                    f'{own_ms:.2f} ms in {variant.precision} is not faster than {other_ms:.2f} ms '
                    f'in {other.precision}'
                )
                break
        else:
            for other in finer:
                if (other.accuracy or 0.0) <= (variant.accuracy or 0.0):
                    useless[other.name] = (
                        f'{variant.name} is faster ({own_ms:.2f} against '
                        f'{profile_ms[other.name]:.2f} ms) and as accurate'
                    )
    return useless


def _same_network(variant: Variant, variants: Iterable[Variant]) -> list[Variant]:
    return [
        other
        for other in variants
        if other.name != variant.name and _network(other) == _network(variant)
    ]


def _network(variant: Variant) -> tuple[str, float, int, int, int]:
    return (
        variant.architecture,
        variant.alpha,
        variant.height,
        variant.width,
        variant.macs,
    )


def _coarseness(variant: Variant) -> int:
    precision = variant.precision
    known = precision in _FINE_TO_COARSE
    return _FINE_TO_COARSE.index(precision) if known else len(_FINE_TO_COARSE)
