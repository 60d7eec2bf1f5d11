# SPDX-License-Identifier: Apache-2.0
"""Whether labelled images speak against what was said of a model: scaling, channels, labels.

A network that is fed wrongly still gives scores, and only its accuracy tells.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from mobilenet_perception.errors import BundleError
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.tools.bundle.importer.adapt import Ending, Preparation, to_logits
from mobilenet_perception.tools.bundle.importer.images import Picture, run_all
from mobilenet_perception.tools.bundle.importer.model import ForeignModel
from mobilenet_perception.tools.bundle.importer.scaling import SCALINGS
from mobilenet_perception.tools.bundle.onnx_graph import Array

_MOST = 100
# Fewer tell nothing.
_LEAST = 20
# Standard deviations, as of a count.
_CLEARLY = 3.0
_LEAST_GAIN = 0.03


class _Trial(NamedTuple):
    """Another way, as its flag says it, and which images are right by it."""

    flag: str
    right: Array


def check_accuracy(
    found: ForeignModel, ending: Ending, how: Preparation, pictures: Sequence[Picture]
) -> None:
    """Try a model on some labelled images as it is described, and otherwise.

    Raises:
        BundleError: its accuracy is that of guessing, or clearly better otherwise.
    """
    sample = _sample(pictures)
    if len(sample) < _LEAST:
        return
    top, truth = _answers(found, ending, how, sample)
    right = top == truth
    trials = [
        *_trials(found, ending, how, sample),
        _Trial('labels without the first', top + 1 == truth),
        _Trial('--drop-first', top - 1 == truth),
    ]
    best = max(trials, key=lambda trial: trial.right.sum())
    told = f'{found.path} is right on {right.mean():.0%} of {len(sample)} of the images'
    if _is_better(best.right, right):
        as_good = (t.flag for t in trials if t.right.sum() >= best.right.sum() - 1)
        better = f'{" or ".join(as_good)} ({best.right.mean():.0%})'
        if _is_guessing(right, truth):
            raise BundleError(f'{told}, as if it guessed: try {better}')
        raise BundleError(f'{told}, and on more with {better}: give that')
    if _is_guessing(right, truth):
        raise BundleError(
            f'{told}, as if it guessed, by every --scaling and --channels: are the labels in the '
            'order of its outputs, and do these images show them?'
        )


def compare_scalings(
    found: ForeignModel, ending: Ending, how: Preparation, pictures: Sequence[Picture]
) -> str:
    """Return in words how often a model is right by each scaling; empty: no images tell."""
    sample = _sample(pictures)
    if len(sample) < _LEAST:
        return ''
    shares = {}
    for name, scaling in SCALINGS.items():
        top, truth = _answers(found, ending, how._replace(scaling=scaling), sample)
        shares[name] = float((top == truth).mean())
    ranked = sorted(shares.items(), key=lambda item: -item[1])[:3]
    listed = ', '.join(f'{name} is right on {share:.0%}' for name, share in ranked)
    return f' (of {len(sample)} of the images, {listed})'


def _sample(pictures: Sequence[Picture]) -> list[Picture]:
    labelled = [picture for picture in pictures if picture.truth is not None]
    # They are in the order of their labels.
    places = np.linspace(0, len(labelled) - 1, min(_MOST, len(labelled)))
    return [labelled[round(place)] for place in places]


def _trials(
    found: ForeignModel, ending: Ending, how: Preparation, sample: Sequence[Picture]
) -> Iterator[_Trial]:
    other = how._replace(bgr=not how.bgr)
    ways = {f'--channels {"rgb" if how.bgr else "bgr"}': other}
    if found.scaling is None:
        ways |= {
            f'--scaling {name}': how._replace(scaling=scaling)
            for name, scaling in SCALINGS.items()
            if scaling != how.scaling
        }
    for flag, way in ways.items():
        top, truth = _answers(found, ending, way, sample)
        yield _Trial(flag, top == truth)


def _answers(
    found: ForeignModel, ending: Ending, how: Preparation, sample: Sequence[Picture]
) -> tuple[Array, Array]:
    graph = to_logits(found, ending, how).SerializeToString()
    (logits,), truth = run_all([create_runtime().load(graph, found.path.stem)], sample)
    return logits.argmax(axis=1), truth


def _is_better(one: Array, other: Array) -> bool:
    """Say whether one is right clearly more often on the same images (McNemar's test)."""
    gained, lost = int((one & ~other).sum()), int((other & ~one).sum())
    clearly = gained - lost > _CLEARLY * np.sqrt(gained + lost)
    return bool(clearly and gained - lost > _LEAST_GAIN * len(one))


def _is_guessing(right: Array, truth: Array) -> bool:
    chance = 1 / max(2, len(np.unique(truth)))
    spread = np.sqrt(chance * (1 - chance) / len(truth))
    return bool(right.mean() <= chance + _CLEARLY * spread)
