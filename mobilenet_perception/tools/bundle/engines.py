# SPDX-License-Identifier: Apache-2.0
"""`engines`: the engines that were built on this machine: list, verify, remove."""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from mobilenet_perception.inference.engines import EngineFacts, EngineStore, StoredFile
from mobilenet_perception.tools.terminal import table

SCHEMA_VERSION = 1

# An engine, and when it was built or loaded last.
Used = tuple[EngineFacts, datetime]


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
        help='remove what is damaged or left half-written',
    )  # fmt: skip
    cleaning.add_argument('--all', action='store_true', help='remove all engines')
    cleaning.add_argument('--dry-run', action='store_true', help='only say what would be removed')
    cleaning.set_defaults(act=_clean)


def run(arguments: argparse.Namespace) -> int:
    """Do what is asked for.

    Raises:
        EngineCacheError: the cache is not safe to use.
    """
    return int(arguments.act(EngineStore(arguments.folder), arguments))


def _table(engines: Iterable[Used]) -> str:
    """Return a table of engines; times are those of the clock on the wall."""
    rows = [['engine', 'precision asked', 'layers', 'size', 'GPU', 'library', 'built', 'took',
             'last used']]  # fmt: skip
    for facts, used_at in engines:
        key = facts.key
        layers = (f'{count} {name}' for name, count in facts.precision_proven.items())
        rows.append([
            facts.name, facts.precision_asked, ', '.join(layers) or 'unknown',
            _megabytes(facts.plan_bytes), key.gpu, f'{key.library} {key.library_version}',
            _local(datetime.fromisoformat(facts.built_at)), f'{facts.build_seconds:.1f} s',
            _local(used_at),
        ])  # fmt: skip
    return table(rows)


def _list(store: EngineStore, arguments: argparse.Namespace) -> int:
    files = store.files()
    engines, damaged = _engines(files), _damaged(files)
    if arguments.json:
        values = {
            'schema_version': SCHEMA_VERSION,
            'folder': str(store.folder),
            'engines': [
                {**facts.to_json(), 'last_used_at': used_at.isoformat()}
                for facts, used_at in engines
            ],
            'damaged': [{'what': file.name, 'why': file.trouble} for file in damaged],
        }
        print(json.dumps(values, indent=1))
        return 0
    if engines:
        print(_table(engines))
    print(f'{store.folder}: {_sum(engines)}')
    for file in damaged:
        print(f'note: {file.name}: {file.trouble}', file=sys.stderr)
    return 0


def _verify(store: EngineStore, arguments: argparse.Namespace) -> int:
    files = store.files()
    damaged = _damaged(files)
    for file in damaged:
        print(
            f'error: {file.name}: {file.trouble}; it is not used, and made anew when needed',
            file=sys.stderr,
        )
    if damaged:
        return 1
    print(f'{store.folder}: {_sum(_engines(files))}: all are sound')
    return 0


def _clean(store: EngineStore, arguments: argparse.Namespace) -> int:
    # Of a build that ends at this very moment, what is half-written goes too: its process says so.
    removed = [file for file in store.files() if arguments.all or file.trouble]
    for file in removed:
        verb = 'would remove' if arguments.dry_run else 'removed'
        if not arguments.dry_run:
            file.path.unlink(missing_ok=True)
        why = file.trouble or 'all engines are removed'
        print(f'{verb} {file.name} ({_megabytes(file.size_bytes)}): {why}')
    freed = _megabytes(sum(file.size_bytes for file in removed))
    print(f'{store.folder}: {freed} {"would be freed" if arguments.dry_run else "freed"}')
    return 0


def _engines(files: Iterable[StoredFile]) -> list[Used]:
    return [(file.facts, file.used_at) for file in files if file.facts]


def _damaged(files: Iterable[StoredFile]) -> list[StoredFile]:
    # Another process may be writing what is unfinished.
    return [file for file in files if file.trouble and not file.unfinished]


def _sum(engines: Sequence[Used]) -> str:
    count, size_bytes = len(engines), sum(facts.plan_bytes for facts, _ in engines)
    return f'{count} {"engine" if count == 1 else "engines"}, {_megabytes(size_bytes)}'


def _megabytes(size_bytes: int) -> str:
    return f'{size_bytes / 1e6:.2f} MB'


def _local(moment: datetime) -> str:
    return f'{moment.astimezone():%Y-%m-%d %H:%M}'
