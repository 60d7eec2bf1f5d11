# SPDX-License-Identifier: Apache-2.0
"""`engines`: the engines that were built on this machine: list, verify, remove."""

import argparse
import json
import math
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from mobilenet_perception.inference.engines import EngineStore
from mobilenet_perception.inference.engines.cleanup import Finding, Rule
from mobilenet_perception.inference.engines.files import Entry
from mobilenet_perception.inference.engines.sidecar import sidecar_to_json
from mobilenet_perception.tools.arguments import positive
from mobilenet_perception.tools.terminal import table

SCHEMA_VERSION = 1
_DAY_S = 86_400.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        '--folder', type=Path,
        help='of the engines (default: $MOBILENET_PERCEPTION_ENGINES, else among your caches)',
    )  # fmt: skip
    actions = parser.add_subparsers(dest='action', metavar='ACTION', required=True)
    listing = actions.add_parser('list', parents=[common], help='print a table of the engines')
    listing.add_argument('--json', action='store_true', help='print them as JSON')
    listing.set_defaults(act=_list)
    verifying = actions.add_parser(
        'verify', parents=[common], help='check each against its checksum; exit 1 if one is bad'
    )
    verifying.set_defaults(act=_verify)
    cleaning = actions.add_parser(
        'clean', parents=[common],
        help='remove engines; without a rule, only what is damaged or left half-written',
    )  # fmt: skip
    rule = cleaning.add_mutually_exclusive_group()
    rule.add_argument('--all', action='store_true', help='remove all')
    rule.add_argument('--older-than', type=positive, metavar='DAYS',
                      help='remove those not used for so long')  # fmt: skip
    rule.add_argument('--limit-mb', type=positive, metavar='N',
                      help='remove the least recently used until the others fit')  # fmt: skip
    cleaning.add_argument('--dry-run', action='store_true', help='only say what would be removed')
    cleaning.set_defaults(act=_clean)


def run(arguments: argparse.Namespace) -> int:
    """Do what is asked for.

    Raises:
        EngineCacheError: the cache is not safe to use.
    """
    return int(arguments.act(EngineStore(arguments.folder), arguments))


def engine_table(entries: Iterable[Entry]) -> str:
    """Return a table of engines; times are those of the clock on the wall."""
    rows = [['engine', 'precision asked', 'layers', 'size', 'GPU', 'library', 'built', 'took',
             'last used']]  # fmt: skip
    for entry in entries:
        sidecar, key = entry.sidecar, entry.sidecar.key
        layers = (f'{count} {name}' for name, count in sidecar.precision_proven.items())
        rows.append([
            sidecar.name, sidecar.precision_asked, ', '.join(layers) or 'unknown',
            _megabytes(sidecar.plan_bytes), f'{key.gpu_name} ({key.compute_capability})',
            f'{key.library} {key.library_version}',
            _local(datetime.fromisoformat(sidecar.built_at)), f'{sidecar.build_seconds:.1f} s',
            _local(entry.used_at),
        ])  # fmt: skip
    return table(rows)


def _list(store: EngineStore, arguments: argparse.Namespace) -> int:
    entries, damaged = store.entries(), store.verify()
    if arguments.json:
        print(json.dumps(_to_json(store.folder, entries, damaged), indent=1))
        return 0
    if entries:
        print(engine_table(entries))
    print(f'{store.folder}: {_sum(entries)}')
    for finding in damaged:
        print(f'note: {finding.what}: {finding.why}', file=sys.stderr)
    return 0


def _verify(store: EngineStore, arguments: argparse.Namespace) -> int:
    damaged = store.verify()
    for finding in damaged:
        print(
            f'error: {finding.what}: {finding.why}; it is not used, and made anew when needed',
            file=sys.stderr,
        )
    if damaged:
        return 1
    print(f'{store.folder}: {_sum(store.entries())}: all are sound')
    return 0


def _clean(store: EngineStore, arguments: argparse.Namespace) -> int:
    rule = Rule(
        everything=arguments.all,
        unused_s=_DAY_S * (arguments.older_than or math.inf),
        limit_bytes=1e6 * (arguments.limit_mb or math.inf),
    )
    removed = store.clean(rule, arguments.dry_run)
    for finding in removed:
        verb = 'would remove' if arguments.dry_run else 'removed'
        print(f'{verb} {finding.what} ({_megabytes(finding.size_bytes)}): {finding.why}')
    freed = _megabytes(sum(finding.size_bytes for finding in removed))
    print(f'{store.folder}: {freed} {"would be freed" if arguments.dry_run else "freed"}')
    return 0


def _to_json(
    folder: Path, entries: Iterable[Entry], damaged: Iterable[Finding]
) -> dict[str, object]:
    return {
        'schema_version': SCHEMA_VERSION,
        'folder': str(folder),
        'engines': [
            {**sidecar_to_json(entry.sidecar), 'last_used_at': entry.used_at.isoformat()}
            for entry in entries
        ],
        'damaged': [{'what': finding.what, 'why': finding.why} for finding in damaged],
    }


def _sum(entries: Sequence[Entry]) -> str:
    size_bytes = sum(entry.sidecar.plan_bytes for entry in entries)
    return (
        f'{len(entries)} {"engine" if len(entries) == 1 else "engines"}, {_megabytes(size_bytes)}'
    )


def _megabytes(size_bytes: int) -> str:
    return f'{size_bytes / 1e6:.2f} MB'


def _local(moment: datetime) -> str:
    return f'{moment.astimezone():%Y-%m-%d %H:%M}'
