# SPDX-License-Identifier: Apache-2.0
"""`bag label`: label a recording from a table, or let a bundle write the table to correct."""

import argparse
from collections import Counter
from pathlib import Path
from shlex import quote

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.recordings import find_files, open_source
from mobilenet_perception.recordings import labels as bag_labels
from mobilenet_perception.recordings.labels import labels_to_json
from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.tools.arguments import (
    BUILT_IN,
    Progress,
    add_runtime,
    load_classifier,
    region,
)
from mobilenet_perception.tools.bags.label import rows as label_rows
from mobilenet_perception.tools.bags.label.answers import answer_rows
from mobilenet_perception.tools.bags.label.apply import label_frames
from mobilenet_perception.tools.bags.label.rows import label_table, read_label_rows


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this action's arguments."""
    parser.add_argument('bag', metavar='BAG', type=Path, help='bag folder, .mcap or .db3 file')
    origin = parser.add_mutually_exclusive_group(required=True)
    origin.add_argument(
        '--from', type=Path, metavar='CSV', dest='table',
        help='table with a row per interval (start_s, end_s, label) or frame (stamp_ns, label)',
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
    bag = arguments.bag
    find_files(bag)
    name = label_rows.FILE if arguments.bundle else bag_labels.FILE
    target = arguments.output or (bag if bag.is_dir() else bag.parent) / name
    if target.exists() and not arguments.force:
        raise PerceptionError(
            f'{target} exists already, and may hold corrections: add --force to replace it, or '
            'name another with -o'
        )
    progress = Progress('frames gone through')
    try:
        if arguments.bundle:
            return _write_answers(arguments, target, progress)
        return _write_labels(arguments, target, progress)
    finally:
        progress.end()


def _write_answers(arguments: argparse.Namespace, target: Path, progress: Progress) -> int:
    source = open_source(str(arguments.bag))
    classifier = load_classifier(arguments)
    found = answer_rows(classifier, source, arguments.variant, arguments.roi, progress)
    progress.end()
    if not found:
        raise PerceptionError(f'{arguments.bag} has no frame that can be decoded: see `bag info`')
    write_atomically(target, label_table(found))
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
    rows = read_label_rows(arguments.table)
    labels = label_frames(arguments.table, rows, open_source(str(arguments.bag)), progress)
    progress.end()
    write_atomically(target, labels_to_json(labels))
    counts = Counter(
        label.truth for frames in labels.values() for label in frames.values() if label.truth
    )
    told = ', '.join(f'{count} {label}' for label, count in counts.most_common())
    print(f'{target}: {counts.total()} frames labelled: {told or "none"}')
    return 0
