# SPDX-License-Identifier: Apache-2.0
"""The open world: how a network tells what it knows from all else, and what it decides wrongly.

A frame is scored by the largest probability of a label that shows something (Hendrycks, Gimpel: A
baseline for detecting misclassified and out-of-distribution examples in neural networks. ICLR
2017): `background`, where a network has that, is the answer that there is nothing. Figures are by
source, with 95 % intervals by groups of frames that are alike.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.street.signals import BACKGROUND
from mobilenet_perception.tools.intervals import mean_ends

ALL = 'all'
"""Stands for all sources together."""
KNOWN_KEPT = 0.95
# Scores of known frames that are kept: of more frames so many quantiles.
_MOST_SCORES = 400
_DIGITS = 6
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Figure:
    """A mean of frames, 0 to 1, and its 95 % interval; None: of too few groups for one."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Known:
    """What is decided of frames of one source that show labels.

    Attributes:
        frames: how many.
        groups: how many that are not alike.
        missed: share that is not decided to show what it shows.
        wrong: share that is decided to show something else.
    """

    frames: int
    groups: int
    missed: Figure
    wrong: Figure


@dataclass(frozen=True)
class Unknown:
    """What is made of frames of one source that show none of the labels.

    Attributes:
        frames: how many.
        groups: how many that are not alike.
        false: share of which a label is decided.
        labels: how many are decided to show a label, by label.
        auroc: probability that a known frame scores above one of them, 0.5 is chance; None: there
            is no known frame.
        kept: share of them that scores as high as 95 % of the known frames do: the false positive
            rate at 95 % true positive rate (FPR95).
    """

    frames: int
    groups: int
    false: Figure
    labels: Mapping[str, int]
    auroc: Figure | None
    kept: Figure | None


@dataclass(frozen=True)
class OpenWorld:
    """What a network makes of what it knows and of what it does not.

    Attributes:
        known_scores: of known frames, rising; of more than 400 as many quantiles; empty: of none.
        known: by source; none if there is no such frame.
        unknown: by source, and `all` of several.
    """

    known_scores: tuple[float, ...]
    known: Mapping[str, Known]
    unknown: Mapping[str, Unknown]


class Frames(NamedTuple):
    """Frames that a network has scored.

    Attributes:
        scores: (n, labels) calibrated probabilities.
        truth: (n,) positions of the labels they show; -1: none.
        sources: (n,) data sets or sub-folders.
        groups: (n,) frames of one group are alike.
        names: (n,) of the frames.
    """

    scores: npt.NDArray[np.float32]
    truth: npt.NDArray[np.int64]
    sources: Sequence[str]
    groups: Sequence[str]
    names: Sequence[str]


def joined(first: Frames, second: Frames) -> Frames:
    """Return the frames of both."""
    return Frames(
        np.concatenate([first.scores, second.scores]),
        np.concatenate([first.truth, second.truth]),
        *([*ours, *theirs] for ours, theirs in zip(first[2:], second[2:], strict=True)),
    )


def measure_open_world(
    frames: Frames,
    labels: Sequence[str],
    decide_above: Mapping[str, float],
    known_scores: Sequence[float] = (),
) -> OpenWorld:
    """Measure what a network makes of frames, by what they show.

    Args:
        frames: known and unknown ones; those that show `background` are unknown.
        labels: of the network, in order.
        decide_above: by label, the score from which it is decided.
        known_scores: of `OpenWorld`, where none of the frames is known.
    """
    sources, groups = np.array(frames.sources), np.array(frames.groups)
    shows = _shows(frames, labels)
    scores = known_score(frames.scores, labels)
    if shows.any():
        known_scores = _quantiles(scores[shows])
    decided = decisions(frames.scores, labels, decide_above)
    values = np.stack([decided >= 0, *_against(scores, known_scores)], axis=1).astype(np.float64)
    right = decided == frames.truth
    known = {}
    for name, rows in _by_source(sources, shows).items():
        missed, wrong = _figures(
            np.stack([~right, (decided >= 0) & ~right], axis=1)[rows], groups[rows]
        )
        known[name] = Known(int(rows.sum()), len(set(groups[rows])), missed, wrong)
    unknown = {}
    for name, rows in _by_source(sources, ~shows).items():
        false, *told = _figures(values[rows], groups[rows])
        taken = Counter(labels[index] for index in decided[rows] if index >= 0)
        unknown[name] = Unknown(
            int(rows.sum()),
            len(set(groups[rows])),
            false,
            dict(taken.most_common()),
            *(told or (None, None)),
        )
    return OpenWorld(tuple(known_scores), known, unknown)


def everything_unknown(found: OpenWorld | None) -> Unknown | None:
    """Return the figures of all sources of what is unknown together; None: there is none."""
    # That of all is the last, or the only one.
    return list(found.unknown.values())[-1] if found and found.unknown else None


def everything_known(found: OpenWorld | None) -> Known | None:
    """Return the figures of all sources of what is known together; None: there is none."""
    return list(found.known.values())[-1] if found and found.known else None


def worst_frames(
    frames: Frames,
    labels: Sequence[str],
    decide_above: Mapping[str, float],
    most: int = 24,
    per_group: int = 2,
) -> list[int]:
    """Return the unknown frames of which a label is decided, the surest first.

    At most `most`, and `per_group` of each group, which would fill the list else.
    """
    decided = decisions(frames.scores, labels, decide_above)
    wrong = np.flatnonzero((decided >= 0) & ~_shows(frames, labels))
    order = wrong[np.argsort(-frames.scores[wrong].max(axis=1), kind='stable')]
    counts: Counter[str] = Counter()
    found = []
    for index in order.tolist():
        counts[frames.groups[index]] += 1
        if counts[frames.groups[index]] <= per_group:
            found.append(index)
    return found[:most]


def decisions(
    scores: npt.NDArray[np.float32], labels: Sequence[str], decide_above: Mapping[str, float]
) -> npt.NDArray[np.int64]:
    """Return (n,) positions of the labels that (n, labels) scores decide; -1: nothing is shown."""
    best = scores.argmax(axis=1)
    thresholds = np.array([decide_above[label] for label in labels], np.float32)
    clear = scores.max(axis=1, initial=0.0) >= thresholds[best]
    if BACKGROUND in labels:
        clear &= best != labels.index(BACKGROUND)
    return np.asarray(np.where(clear, best, -1), np.int64)


def known_score(scores: npt.NDArray[np.float32], labels: Sequence[str]) -> Floats:
    """Return (n,): the largest probability of a label but `background`, to six digits."""
    columns = [position for position, label in enumerate(labels) if label != BACKGROUND]
    best = scores[:, columns].max(axis=1, initial=0.0).astype(np.float64)
    return np.asarray(np.round(best, _DIGITS))


def open_world_to_json(found: OpenWorld) -> dict[str, Any]:
    """Return it as JSON values."""
    return asdict(found)


def open_world_from_json(value: Any, where: str) -> OpenWorld:
    """Read what `open_world_to_json` gave.

    Raises:
        PerceptionError: it is something else.
    """
    try:
        return OpenWorld(
            tuple(float(score) for score in value['known_scores']),
            {name: _known(one) for name, one in value['known'].items()},
            {name: _unknown(one) for name, one in value['unknown'].items()},
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise PerceptionError(
            f'{where} does not tell what the network makes of the unknown ({error!r:.80}): '
            'evaluate and bundle anew'
        ) from None


def _known(value: Mapping[str, Any]) -> Known:
    figures = {name: Figure(**value[name]) for name in ('missed', 'wrong')}
    return Known(**{**value, **figures})


def _unknown(value: Mapping[str, Any]) -> Unknown:
    figures = {
        name: None if value[name] is None else Figure(**value[name])
        for name in ('false', 'auroc', 'kept')
    }
    return Unknown(**{**value, **figures})


def _shows(frames: Frames, labels: Sequence[str]) -> npt.NDArray[np.bool_]:
    nothing = labels.index(BACKGROUND) if BACKGROUND in labels else -1
    return np.asarray((frames.truth >= 0) & (frames.truth != nothing))


def _quantiles(scores: Floats) -> tuple[float, ...]:
    if len(scores) > _MOST_SCORES:
        levels = (np.arange(_MOST_SCORES) + 0.5) / _MOST_SCORES
        scores = np.asarray(np.quantile(scores, levels, method='inverted_cdf'), np.float64)
    return tuple(float(score) for score in np.sort(scores))


def _against(scores: Floats, known: Sequence[float]) -> list[Floats]:
    """Return how much of what is known scores above each frame, and whether it would be kept."""
    if not known:
        return []
    rising = np.array(known)
    below = np.searchsorted(rising, scores, 'left') + np.searchsorted(rising, scores, 'right')
    # A quantile stands for frames on both sides of it: at least so many are to be kept.
    left_out = math.floor((1 - KNOWN_KEPT) * len(known) + 1e-9) - (len(known) == _MOST_SCORES)
    threshold = rising[max(0, left_out)]
    return [1 - below / 2 / len(rising), (scores >= threshold).astype(np.float64)]


def _by_source(
    sources: npt.NDArray[np.str_], chosen: npt.NDArray[np.bool_]
) -> dict[str, npt.NDArray[np.bool_]]:
    names = list(dict.fromkeys(sources[chosen].tolist()))
    found = {name: chosen & (sources == name) for name in names}
    return {**found, ALL: chosen} if len(names) > 1 else found


def _figures(values: npt.NDArray[Any], groups: npt.NDArray[np.str_]) -> list[Figure]:
    values = values.astype(np.float64)
    ends = mean_ends(values, groups.tolist())
    return [
        Figure(float(mean), *(one[:2] if one else (None, None)))
        for mean, one in zip(values.mean(axis=0), ends, strict=True)
    ]
