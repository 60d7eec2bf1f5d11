# SPDX-License-Identifier: Apache-2.0
"""`bag extract`: frames of recordings as images to train on."""

import argparse
from pathlib import Path
from shlex import quote

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.tools.arguments import (
    BUILT_IN,
    add_runtime,
    load_classifier,
    positive,
    region,
    whole,
)
from mobilenet_perception.tools.bags.extract.extract import ExtractSettings, Summary, extract
from mobilenet_perception.tools.bags.extract.manifest import FILE, UNLABELLED
from mobilenet_perception.tools.terminal import Progress

_NORMAL = ExtractSettings()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this action's arguments."""
    parser.add_argument(
        'bags', nargs='+', metavar='BAG', type=Path, help='bag folder, .mcap or .db3 file'
    )
    parser.add_argument(
        '-o', '--output', type=Path, required=True, metavar='FOLDER', help='folder to write'
    )
    parser.add_argument(
        '--every', type=positive, metavar='SECONDS', default=_NORMAL.every_s,
        help='look at one frame of each camera in so many seconds (%(default)g)',
    )  # fmt: skip
    parser.add_argument(
        '--count', type=whole, metavar='N',
        help='take at most so many: those that the bundle is least sure of, else by lot',
    )  # fmt: skip
    parser.add_argument(
        '--bundle',
        type=Path,
        help=f'what to ask of each frame: its folder, or {BUILT_IN}, for the built-in one',
    )
    parser.add_argument(
        '--label-by', choices=('labels', 'bundle'), default='labels',
        help='bundle: what has no label gets the answer of the bundle for one',
    )  # fmt: skip
    add_runtime(parser)
    parser.add_argument('--variant', default='', help='variant to ask (default: most accurate)')
    parser.add_argument(
        '--topic', action='append', default=[], help='camera topic, repeatable (default: all)'
    )
    parser.add_argument(
        '--roi', type=region, metavar='X,Y,W,H', help='where to crop (default: as the labels say)'
    )
    parser.add_argument(
        '--group-seconds', type=positive, metavar='SECONDS', default=_NORMAL.group_s,
        help='frames of so long stay together in a split (%(default)g)',
    )  # fmt: skip
    parser.add_argument('--force', action='store_true', help='replace a folder extracted before')


def run(arguments: argparse.Namespace) -> int:
    """Extract, and say what was taken.

    Raises:
        PerceptionError: the folder is there already, or a bag cannot be used.
    """
    by_bundle = arguments.label_by == 'bundle'
    if by_bundle and arguments.bundle is None:
        raise PerceptionError(f'--label-by bundle needs --bundle: a folder, or {BUILT_IN}')
    settings = ExtractSettings(
        every_s=arguments.every,
        most=arguments.count,
        group_s=arguments.group_seconds,
        topics=tuple(arguments.topic),
        roi=arguments.roi,
        label_by_bundle=by_bundle,
        variant=arguments.variant,
        force=arguments.force,
    )
    classifier = load_classifier(arguments) if arguments.bundle else None
    if classifier:
        classifier.variant(arguments.variant)
    with Progress('frames looked at') as progress:
        summary = extract(arguments.bags, arguments.output, settings, classifier, progress)
    print(_told(arguments.output, summary))
    return 0


def _told(folder: Path, summary: Summary) -> str:
    labels = summary.labels.copy()
    unlabelled = labels.pop('', 0)
    lines = [
        f'{folder}: {summary.labels.total()} images of {summary.sampled} frames looked at; '
        f'{summary.duplicates} were near duplicates, {summary.rejected.total} not to be decoded',
        *(f'  {count} {label}' for label, count in labels.most_common()),
    ]
    if unlabelled:
        lines.append(
            f'  {unlabelled} without a label: {folder / UNLABELLED / FILE} lists them; move them '
            f'to {folder}/<label>/<the same group>/'
        )
    lines += [f'{count} rejected: {why}' for why, count in summary.rejected.counts().items()]
    if labels:
        lines.append(f'train on it:\n  python -m training fit {quote(str(folder))}')
    return '\n'.join(lines)
