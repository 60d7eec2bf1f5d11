# SPDX-License-Identifier: Apache-2.0
"""`replay` over several bags: play, judge, compare with a baseline, and keep all their reports."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from mobilenet_perception import __version__
from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.tools.replay.play import ReplayOutcome, play_many
from mobilenet_perception.tools.replay.settings import ReplaySettings
from mobilenet_perception.tools.replay.testing.regression import regression, regression_text
from mobilenet_perception.tools.replay.testing.verdict import Verdict, failures, write_junit
from mobilenet_perception.tools.terminal import Progress

SCHEMA = 'mobilenet_perception.replays'
SCHEMA_VERSION = 1
# Of a report: what two of them are compared by.
_NEEDED = {
    *('version', 'mode', 'source', 'bundle', 'machine', 'latency_budget_ms'),
    *('received', 'outcomes', 'lost', 'scoring', 'cameras'),
}


def run_suite(arguments: argparse.Namespace, sources: Sequence[ReplaySettings]) -> int:
    """Play several bags, print a line for each and what changed; returns the exit status.

    Raises:
        PerceptionError: the baseline cannot be used, or Ray is not here.
    """
    # Before minutes of playing.
    old = _baseline_reports(arguments.baseline, sources)
    played: list[ReplayOutcome] = []
    verdicts: list[Verdict] = []
    worse: list[str] = []
    interrupted = False
    try:
        for one in _play(sources, arguments.address):
            played.append(one)
            verdicts.append(_verdict(arguments, one))
            print(_line(verdicts[-1]), flush=True)
        if arguments.baseline:
            before, broken = old or _play_baseline(arguments, played)
            verdicts += broken
            worse = _tell_changes(arguments.baseline, before, played)
    except KeyboardInterrupt:
        interrupted = True
    if arguments.json:
        write_atomically(arguments.json, json.dumps(suite_to_json(played), indent=1) + '\n')
    write_junit(arguments.junit, verdicts)
    for verdict in verdicts:
        for words in (*verdict.failures, *filter(None, [verdict.error])):
            # What is wrong with a bag says itself which.
            which = '' if words.startswith(verdict.name) else f'{verdict.name}: '
            print(f'error: {which}{words}', file=sys.stderr)
    if interrupted:
        print(f'interrupted: {len(sources) - len(played)} bags not played', file=sys.stderr)
        return 130
    if worse and arguments.fail_if_worse:
        print(f'error: worse than {arguments.baseline}: {", ".join(worse)}', file=sys.stderr)
        return 1
    return 1 if any(one.failures or one.error for one in verdicts) else 0


def _baseline_reports(
    baseline: Path | None, sources: Sequence[ReplaySettings]
) -> tuple[list[dict[str, Any]], list[Verdict]] | None:
    """Read a baseline's reports; None: there is none, or it is a bundle, which is to be played."""
    if baseline is None:
        return None
    if baseline.is_dir():
        load_bundle(baseline)
        return None
    reports = read_reports(baseline)
    old = by_name(reports)
    if not old.keys() & by_name([{'source': one.source} for one in sources]).keys():
        raise PerceptionError(
            f'{baseline} has none of these bags: it has {", ".join(old) or "none at all"}'
        )
    return reports, []


def _play_baseline(
    arguments: argparse.Namespace, played: Sequence[ReplayOutcome]
) -> tuple[list[dict[str, Any]], list[Verdict]]:
    """Play the bags, those that could be played, with the bundle that is the baseline."""
    others = [one.settings._replace(bundle=arguments.baseline) for one in played if one.report]
    found = list(_play(others, arguments.address))
    broken = [
        Verdict(f'{one.settings.source} on {arguments.baseline}', one.seconds, error=one.error)
        for one in found
        if one.error
    ]
    return [one.report for one in found if one.report is not None], broken


def _tell_changes(
    baseline: Path, before: Sequence[Mapping[str, Any]], played: Sequence[ReplayOutcome]
) -> list[str]:
    """Print the table; return the names of the bags that got worse."""
    now = [one.report for one in played if one.report is not None]
    found = regression(by_name(before), by_name(now))
    print(f'\ncompared with {baseline}: before > now\n{regression_text(found)}')
    return found.worse


def _play(sources: Sequence[ReplaySettings], address: str) -> Iterator[ReplayOutcome]:
    with Progress('bags played', len(sources)) as progress:
        for one in play_many(sources, address, progress):
            # Its line is about to be printed.
            progress.end()
            yield one


def _verdict(arguments: argparse.Namespace, played: ReplayOutcome) -> Verdict:
    name, error = played.settings.source, played.error
    found: list[str] = []
    if played.report is not None:
        try:
            found = failures(arguments, played.settings, played.report, several=True)
        except PerceptionError as failed:
            error = str(failed)
    return Verdict(name, played.seconds, tuple(found), error)


def _line(verdict: Verdict) -> str:
    state = 'error' if verdict.error else 'failed' if verdict.failures else 'passed'
    return f'{state:6}  {verdict.seconds:6.1f} s  {verdict.name}'


def suite_to_json(played: Iterable[ReplayOutcome]) -> dict[str, Any]:
    """Return the reports of several replays as one value, with why some could not be played."""
    played = list(played)
    return {
        'schema': SCHEMA,
        'schema_version': SCHEMA_VERSION,
        'version': __version__,
        'reports': [one.report for one in played if one.report is not None],
        'errors': {one.settings.source: one.error for one in played if one.error},
    }


def read_reports(path: Path) -> list[dict[str, Any]]:
    """Read what `replay --json` wrote: the report of one bag, or those of several.

    Raises:
        PerceptionError: it cannot be read, or is neither.
    """
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise PerceptionError(f'{path} cannot be read: {error.strerror}') from None
    except ValueError as error:
        raise PerceptionError(f'{path} is not JSON ({error}): write it anew') from None
    reports = [value]
    if isinstance(value, dict) and value.get('schema') == SCHEMA:
        reports = value.get('reports', [])
    if not all(isinstance(one, dict) and one.keys() >= _NEEDED for one in reports):
        raise PerceptionError(f'{path} is no report of a replay: name one that --json wrote')
    return reports


def by_name(reports: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return reports by the names of their sources, with as much of the path as tells them apart.

    So the same bags have the same names wherever they lie.
    """
    paths = [PurePath(one['source']).parts for one in reports]
    depth = 1
    longest = max(map(len, paths), default=1)
    while depth < longest and len({path[-depth:] for path in paths}) < len(set(paths)):
        depth += 1
    return {'/'.join(path[-depth:]): one for path, one in zip(paths, reports, strict=True)}
