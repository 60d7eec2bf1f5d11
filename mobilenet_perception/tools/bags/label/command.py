# SPDX-License-Identifier: Apache-2.0
"""`bag label`: label a recording from a table, or let a bundle write the table to correct."""

import argparse
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from shlex import quote
from typing import Any

from mobilenet_perception.errors import FrameError, PerceptionError
from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.pipeline.regions import Region, RegionRules
from mobilenet_perception.recordings import (
    Source,
    SourceFrame,
    find_files,
    open_source,
    source_of,
)
from mobilenet_perception.recordings import labels as bag_labels
from mobilenet_perception.recordings.regions import NONE
from mobilenet_perception.ros.bridge_decoder import use_cv_bridge
from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.tools.arguments import (
    BUILT_IN,
    add_runtime,
    add_significant_bits,
    load_classifier,
    region,
)
from mobilenet_perception.tools.bags.frame_regions import frames_with_regions, inside
from mobilenet_perception.tools.bags.label import rows as label_rows
from mobilenet_perception.tools.regions import add_regions, rules_of
from mobilenet_perception.tools.terminal import Progress

# The last frame of a camera is in an interval that ends after it, by a millisecond.
_AFTER_LAST_US = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this action's arguments."""
    parser.add_argument('bag', metavar='BAG', type=Path, help='bag folder, .mcap or .db3 file')
    origin = parser.add_mutually_exclusive_group(required=True)
    origin.add_argument(
        '--from', type=Path, metavar='CSV', dest='table',
        help='table with a row per interval (start_s, end_s, label), frame (stamp_ns, label) or '
        'thing that regions name (id, label, and start_s, end_s if need be)',
    )  # fmt: skip
    origin.add_argument(
        '--bundle', type=Path,
        help='write what this bundle sees as such a table: its folder, or '
        f'{BUILT_IN}, for the built-in one',
    )  # fmt: skip
    add_runtime(parser)
    parser.add_argument('--variant', default='', help='variant to run (default: most accurate)')
    parser.add_argument(
        '--roi', type=region, metavar='X,Y,W,H', help='where to look (default: as the labels say)'
    )
    add_regions(parser)
    add_significant_bits(parser)
    parser.add_argument(
        '-o', '--output', type=Path, metavar='FILE',
        help=f'(default: {bag_labels.FILE}, or {label_rows.FILE} of a bundle, beside the bag)',
    )  # fmt: skip
    parser.add_argument('--force', action='store_true', help='replace the file that is there')


def run(arguments: argparse.Namespace) -> int:
    """Write the labels or the table.

    Raises:
        PerceptionError: the file is there already, or the bag or the table cannot be used.
    """
    use_cv_bridge()
    bag = arguments.bag
    find_files(bag)
    name = label_rows.FILE if arguments.bundle else bag_labels.FILE
    target = arguments.output or (bag if bag.is_dir() else bag.parent) / name
    if target.exists() and not arguments.force:
        raise PerceptionError(
            f'{target} exists already, and may hold corrections: add --force to replace it, or '
            'name another with -o'
        )
    with Progress('frames gone through') as progress:
        if arguments.bundle:
            return _write_answers(arguments, target, progress)
        return _write_labels(arguments, target, progress)


def _write_answers(arguments: argparse.Namespace, target: Path, progress: Progress) -> int:
    source = _open(arguments)
    classifier = load_classifier(arguments)
    rules = rules_of(arguments)
    found = answer_rows(classifier, source, arguments.variant, arguments.roi, progress, rules)
    progress.end()
    if not found:
        raise PerceptionError(f'{arguments.bag} has no frame that can be decoded: see `bag info`')
    write_atomically(target, label_rows.label_table(found))
    uncertain = [row for row in found if row['clear'] == 'no']
    frames = sum(row['frames'] for row in uncertain)
    print(
        f'{target}: {len(found)} intervals, {len(uncertain)} of them ({frames} frames) uncertain'
    )
    bag, table = quote(str(arguments.bag)), quote(str(target))
    print(
        'correct the labels, and set clear to yes where you are sure; then\n'
        f'  python -m mobilenet_perception bag label {bag} --from {table}'
    )
    return 0


def _write_labels(arguments: argparse.Namespace, target: Path, progress: Progress) -> int:
    rows = label_rows.read_label_rows(arguments.table)
    found = label_rows.label_bag(arguments.table, rows, _open(arguments), progress)
    progress.end()
    write_atomically(target, bag_labels.labels_to_json(*found))
    counts = Counter(
        label.truth for frames in found.frames.values() for label in frames.values() if label.truth
    )
    told = ', '.join(f'{count} {label}' for label, count in counts.most_common())
    things = sum(len(own.ids) for own in found.things.values())
    more = f'; {things} things labelled' if things else ''
    print(f'{target}: {counts.total()} frames labelled: {told or "none"}{more}')
    return 0


def _open(arguments: argparse.Namespace) -> Source:
    asked = arguments.regions or ((NONE,) if arguments.roi else ())
    return open_source(
        source_of(arguments.bag), regions=asked, significant_bits=arguments.significant_bits
    )


def answer_rows(
    classifier: Classifier,
    source: Source,
    variant: str = '',
    roi: RegionOfInterest | None = None,
    progress: Callable[[int], None] = lambda frames: None,
    rules: RegionRules = RegionRules(),  # noqa: B008 (immutable)
) -> list[dict[str, Any]]:
    """Return a row for each interval of like answers, by camera, thing and time.

    An answer is uncertain where its score is below the variant's `decide_above`: then `clear` is
    `no`, and the frames count for nothing before a person has looked at them. `score` is the
    lowest of the interval. Frames that cannot be decoded are in no interval.

    Args:
        classifier: the bundle.
        source: the recording.
        variant: name of the variant to run; empty: the most accurate.
        roi: where to look; None: where the recording says, else everywhere.
        progress: called with the number of frames gone through.
        rules: which regions to look at; those without an id are in no interval.

    Raises:
        PerceptionError: the recording breaks off, or there is no such variant.
    """
    decide_above = dict(zip(classifier.labels, classifier.decide_above(variant), strict=True))
    rows: list[dict[str, Any]] = []
    runs: dict[tuple[str, str], _Run] = {}
    first_ns: int | None = None
    for count, (frame, regions) in enumerate(frames_with_regions(source, rules), start=1):
        first_ns = frame.log_ns if first_ns is None else first_ns
        time_us = label_rows.recorded_us(frame, first_ns)
        for thing, answer in _answers(classifier, frame, regions, roi, variant).items():
            key = frame.camera, thing
            label = answer[0] if answer else ''
            certain = answer is not None and bool(answer[1] >= decide_above[label])
            run = runs.get(key)
            # Frames recorded at the same moment cannot be told apart by intervals.
            if run and time_us > run.start_us and (run.label, run.certain) != (label, certain):
                rows.append(runs.pop(key).row(time_us))
                run = None
            if answer:
                run = run or runs.setdefault(key, _Run(*key, label, certain, time_us))
                run.add(answer[1], time_us)
        progress(count)
    rows += [run.row(run.last_us + _AFTER_LAST_US) for run in runs.values()]
    return sorted(rows, key=lambda row: (row['camera'], row['id'], float(row['start_s'])))


def _answers(
    classifier: Classifier,
    frame: SourceFrame,
    regions: tuple[Region, ...] | None,
    roi: RegionOfInterest | None,
    variant: str,
) -> dict[str, tuple[str, float] | None]:
    """Return the best label and its score of each thing, of a whole frame under an empty id.

    None: the frame cannot be decoded.
    """
    try:
        decoded = frame.decode()
        places = (
            {'': roi or frame.roi}
            if regions is None
            else {region.id: region.roi for region in inside(regions, decoded) if region.id}
        )
        found = {
            thing: classifier.classify(decoded, place, variant).scores
            for thing, place in places.items()
        }
    except FrameError:
        return {'': None} if regions is None else {}
    return {
        thing: (classifier.labels[int(scores.argmax())], float(scores.max()))
        for thing, scores in found.items()
    }


class _Run:
    """Frames of one camera, or of a thing, that follow one another and get the same answer."""

    def __init__(self, camera: str, thing: str, label: str, certain: bool, start_us: int) -> None:
        self.camera = camera
        self.thing = thing
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
            'id': self.thing,
            'start_s': f'{self.start_us / 1e6:.6f}',
            'end_s': f'{end_us / 1e6:.6f}',
            'label': self.label,
            'clear': 'yes' if self.certain else 'no',
            'score': f'{self.lowest:.4f}',
            'frames': self.frames,
        }
