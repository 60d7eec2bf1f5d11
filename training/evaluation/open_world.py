# SPDX-License-Identifier: Apache-2.0
"""What the network of a run makes of what it does not know: its own test part, and any folders.

The figures, and the code that finds them, are those of `mobilenet_perception check --images`.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from mobilenet_perception.frames import Frame, RegionOfInterest, crop_and_resize
from mobilenet_perception.inference.runtimes import Session
from mobilenet_perception.street.signals import BACKGROUND
from mobilenet_perception.tools.bundle.check_pictures import scored
from mobilenet_perception.tools.bundle.open_world import (
    Frames,
    OpenWorld,
    joined,
    measure_open_world,
    worst_frames,
)
from mobilenet_perception.tools.bundle.open_world_report import worst_cards
from mobilenet_perception.tools.bundle.unknown_pictures import (
    Scores,
    Seen,
    Sight,
    find_source_pictures,
    look_at,
)
from mobilenet_perception.tools.report import pages
from training.configuration.records import Record
from training.data.data_set import Logits, Merge, Pixels, Sample, Window
from training.errors import TrainingError
from training.evaluation.predictions import Predictions
from training.evaluation.report import UnknownScores
from training.evaluation.unknown import energy, max_probability, measure_detection
from training.export import parity
from training.fit.run_folder import RunData

# Whose energy is measured: all at once they would fill the memory.
_MOST_SCORED = 4000


class UnknownFolders(Record):
    """Folders of pictures that show none of the labels.

    Attributes:
        paths: of the folders; a sub-folder is a source.
        windows: random regions of each picture that are looked at, beside all of it.
    """

    paths: tuple[str, ...] = ()
    windows: int = 0


class Judged(NamedTuple):
    """What a graph makes of the test part and of folders.

    Attributes:
        found: the figures.
        frames: the test part, then what is of folders.
        decide_above: by label.
    """

    found: OpenWorld
    frames: Frames
    decide_above: Mapping[str, float]


def look(session: Session, labels: Sequence[str], unknown: UnknownFolders) -> Seen | None:
    """Return what a graph says of the pictures of folders; None: there are no folders.

    Raises:
        PerceptionError: a folder holds no picture, or none that can be read.
        TrainingError: a sub-folder is named after a label.
    """
    return look_with({'': session}, labels, unknown) if unknown.paths else None


def look_with(
    sessions: Mapping[str, Session], labels: Sequence[str], unknown: UnknownFolders
) -> Seen:
    """Return what several graphs say, by their names; arguments and errors are those of `look`."""

    def run(session: Session, frame: Frame, roi: RegionOfInterest | None) -> Scores:
        return session.run(crop_and_resize(frame, session.height, session.width, roi))

    pictures = find_source_pictures([Path(path) for path in unknown.paths], labels)
    for picture in pictures:
        if picture.truth >= 0 and labels[picture.truth] != BACKGROUND:
            raise TrainingError(
                f'{picture.path.parent} is named after a label, and --unknown takes what shows '
                'none of them: name it otherwise, or leave it out'
            )
    looks = {name: partial(run, session) for name, session in sessions.items()}
    return look_at(pictures, looks, unknown.windows)


def judge(
    predictions: Predictions,
    samples: Sequence[Sample],
    decide_above: Mapping[str, float],
    seen: Seen | None,
) -> Judged:
    """Measure what a graph makes of the test part and of folders, by source.

    Args:
        predictions: for the test part.
        samples: the test part, in the same order.
        decide_above: by label.
        seen: what `look` gave.
    """
    frames = Frames(
        predictions.probabilities,
        predictions.truth,
        [sample.source for sample in samples],
        predictions.groups,
        predictions.names,
    )
    if seen is not None:
        frames = joined(frames, scored(seen, ''))
    return Judged(
        measure_open_world(frames, predictions.labels, decide_above), frames, decide_above
    )


def cards_of_worst(
    judged: Judged, labels: Sequence[str], samples: Sequence[Sample], seen: Seen | None
) -> list[pages.Card]:
    """Return cards of the false decisions that the graph is surest of."""
    sights: Sequence[Sight] = seen.sights if seen else ()

    def pixels_of(index: int) -> Pixels:
        if index < len(samples):
            return samples[index].pixels
        return sights[index - len(samples)].pixels()

    rows = worst_frames(judged.frames, labels, judged.decide_above)
    return worst_cards(judged.frames, labels, rows, pixels_of)


def sight_samples(seen: Seen) -> list[Sample]:
    """Return what was looked at as images for a network, or 4000 of them all along."""
    every = -(-len(seen.sights) // _MOST_SCORED)
    return [
        Sample(
            sight.picture.path if sight.roi is None else Window(sight.picture.path, *sight.roi),
            BACKGROUND,
            sight.picture.group,
            sight.picture.source,
            sight.name,
        )
        for sight in seen.sights[::every]
    ]


def known_and_unknown(
    data: RunData, known: Logits, unknown: Logits, temperature: float, merge: Merge | None
) -> list[UnknownScores]:
    """Measure both scores on (k, outputs) logits of known and (u, outputs) of unknown images.

    Outputs for `background` say that there is nothing: they are no part of either score.
    """
    outputs = [place for place, name in enumerate(data.labels) if not _is_nothing(name, data)]
    labels = [place for place, name in enumerate(data.published) if name != BACKGROUND]
    scores = {
        'max_probability': [
            max_probability(parity.calibrated(x, temperature, merge)[:, labels])
            for x in (known, unknown)
        ],
        'energy': [energy(x[:, outputs], temperature) for x in (known, unknown)],
    }
    return [
        UnknownScores(ours, others, measure_detection(name, ours, others))
        for name, (ours, others) in scores.items()
    ]


def _is_nothing(output: str, data: RunData) -> bool:
    return data.merge.get(output, output) == BACKGROUND
