# SPDX-License-Identifier: Apache-2.0
"""What a bundle says of a recording, as rows of a table for a person to correct."""

from collections.abc import Callable
from typing import Any

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames import RegionOfInterest, decode
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.recordings import Source, SourceFrame
from mobilenet_perception.tools.bags.label.apply import recorded_us

# The last frame of a camera is in an interval that ends after it, by a millisecond.
_AFTER_LAST_US = 1000


class _Run:
    """Frames of one camera that follow one another and get the same answer."""

    def __init__(self, camera: str, label: str, certain: bool, start_us: int) -> None:
        self.camera = camera
        self.label = label
        self.certain = certain
        self.start_us = self.last_us = start_us
        self.lowest = 1.0
        self.frames = 0

    def add(self, score: float, time_us: int) -> None:
        """Take in a frame."""
        self.lowest = min(self.lowest, score)
        self.last_us = time_us
        self.frames += 1

    def row(self, end_us: int) -> dict[str, Any]:
        """Return the row of the interval up to `end_us`."""
        return {
            'camera': self.camera,
            'start_s': f'{self.start_us / 1e6:.6f}',
            'end_s': f'{end_us / 1e6:.6f}',
            'label': self.label,
            'clear': 'yes' if self.certain else 'no',
            'score': f'{self.lowest:.4f}',
            'frames': self.frames,
        }


def answer_rows(
    classifier: Classifier,
    source: Source,
    variant: str = '',
    roi: RegionOfInterest | None = None,
    progress: Callable[[int], None] = lambda frames: None,
) -> list[dict[str, Any]]:
    """Return a row for each interval of like answers, by camera and time.

    An answer is uncertain where its score is below the bundle's `decide_above`: then `clear` is
    `no`, and the frames count for nothing before a person has looked at them. `score` is the
    lowest of the interval. Frames that cannot be decoded are in no interval.

    Args:
        classifier: the bundle.
        source: the recording.
        variant: name of the variant to run; empty: the most accurate.
        roi: where to look; None: where the recording says, else everywhere.
        progress: called with the number of frames gone through.

    Raises:
        PerceptionError: the recording breaks off, or there is no such variant.
    """
    classifier.variant(variant)
    decide_above = classifier.bundle.manifest.decision.decide_above
    rows: list[dict[str, Any]] = []
    runs: dict[str, _Run] = {}
    first_ns: int | None = None
    for count, frame in enumerate(source.frames, start=1):
        first_ns = frame.log_ns if first_ns is None else first_ns
        time_us = recorded_us(frame, first_ns)
        answer = _answer(classifier, frame, roi, variant)
        label, certain = (answer[0], answer[1] >= decide_above) if answer else ('', False)
        run = runs.get(frame.camera)
        # Frames recorded at the same moment cannot be told apart by intervals.
        if run and time_us > run.start_us and (run.label, run.certain) != (label, certain):
            rows.append(runs.pop(frame.camera).row(time_us))
            run = None
        if answer:
            run = run or runs.setdefault(frame.camera, _Run(frame.camera, label, certain, time_us))
            run.add(answer[1], time_us)
        progress(count)
    rows += [run.row(run.last_us + _AFTER_LAST_US) for run in runs.values()]
    return sorted(rows, key=lambda row: (row['camera'], float(row['start_s'])))


def _answer(
    classifier: Classifier, frame: SourceFrame, roi: RegionOfInterest | None, variant: str
) -> tuple[str, float] | None:
    """Return the best label and its score; None: the frame cannot be decoded."""
    try:
        decoded = decode(frame.message)
        scores = classifier.classify(decoded, roi or frame.roi, variant).scores
    except FrameError:
        return None
    best = int(scores.argmax())
    return classifier.labels[best], float(scores[best])
