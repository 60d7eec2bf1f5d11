# SPDX-License-Identifier: Apache-2.0
"""`replay` over several bags: play, judge, keep their reports, and compare with a baseline.

A baseline is another bundle, or reports from before a change: what got better, what worse.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from mobilenet_perception import __version__
from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.pipeline.timing import percentiles
from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.tools.replay.play import ReplayOutcome, play_many
from mobilenet_perception.tools.replay.settings import ReplaySettings
from mobilenet_perception.tools.replay.testing.compare import changed_labels
from mobilenet_perception.tools.replay.testing.expectations import miss_rate
from mobilenet_perception.tools.replay.testing.golden import replayed
from mobilenet_perception.tools.replay.testing.verdict import Verdict, failures, write_junit
from mobilenet_perception.tools.terminal import Progress, table

SCHEMA = 'mobilenet_perception.replays'
SCHEMA_VERSION = 1
# Of a report: what two of them are compared by.
_NEEDED = {
    *('version', 'mode', 'source', 'bundle', 'machine', 'latency_budget_ms'),
    *('received', 'outcomes', 'lost', 'scoring', 'cameras'),
}
_TOTAL = 'in all'


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


class Figures(NamedTuple):
    """What is compared of one replay, or of several together.

    Attributes:
        frames: received.
        right: clear frames of known truth answered right.
        clear: clear frames of known truth.
        decided: frames after which a label was decided; of things each in each frame.
        miss_rate: share of frames without an answer in time, 0 to 1.
        p50_ms: median age of answers; None: of fast replays, where it means nothing.
        p99_ms: 99th percentile.
    """

    frames: int
    right: int
    clear: int
    decided: int
    miss_rate: float
    p50_ms: float | None
    p99_ms: float | None


class Row(NamedTuple):
    """One bag before and after; `changed` counts frames whose label or outcome differs."""

    name: str
    before: Figures
    now: Figures
    changed: int

    @property
    def is_worse(self) -> bool:
        """Whether fewer frames are right, or more are missed."""
        return self.now.right < self.before.right or self.now.miss_rate > self.before.miss_rate


class Regression(NamedTuple):
    """All bags, before and after.

    Attributes:
        rows: the bags that both have, and all of them together at the end.
        only_before: names of bags that only the baseline has.
        only_now: names of bags that the baseline lacks.
    """

    rows: list[Row]
    only_before: list[str]
    only_now: list[str]

    @property
    def worse(self) -> list[str]:
        """The names of the bags that got worse."""
        return [row.name for row in self.rows if row.is_worse]


def regression(
    before: Mapping[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]]
) -> Regression:
    """Compare reports of the same bags, by name.

    Raises:
        PerceptionError: one is no report.
    """
    names = [name for name in now if name in before]
    rows = []
    for name in names:
        changed, _ = changed_labels(replayed(before[name]), replayed(now[name]))
        rows.append(Row(name, figures([before[name]]), figures([now[name]]), changed))
    if len(rows) > 1:
        changed = sum(row.changed for row in rows)
        total_before, total_now = (
            figures([reports[name] for name in names]) for reports in (before, now)
        )
        rows.append(Row(_TOTAL, total_before, total_now, changed))
    return Regression(
        rows,
        [name for name in before if name not in now],
        [name for name in now if name not in before],
    )


def figures(reports: Sequence[Mapping[str, Any]]) -> Figures:
    """Return the figures of several reports together."""
    frames = [
        frame
        for one in reports
        for camera in one['cameras'].values()
        for frame in camera['frames']
    ]
    clear = [one['scoring']['clear'] for one in reports]
    ages = [
        frame['times_ms']['age']
        for frame in frames
        if frame['outcome'] == 'on_time' and 'age' in frame['times_ms']
    ]
    timed = percentiles(ages) if all(one['mode'] != 'fast' for one in reports) else None
    summed = {
        'received': sum(one['received'] for one in reports),
        'lost': sum(one['lost'] for one in reports),
        'outcomes': {
            name: sum(one['outcomes'][name] for one in reports)
            for name in ('on_time', 'superseded')
        },
    }
    return Figures(
        frames=len(frames),
        right=sum(item['right'] for item in clear),
        clear=sum(item['frames'] for item in clear),
        decided=sum(
            one['decision'] not in ('unknown', 'stale', '')
            for frame in frames
            for one in (frame, *(frame.get('things') or ()))
        ),
        miss_rate=miss_rate(summed),
        p50_ms=timed.p50 if timed else None,
        p99_ms=timed.p99 if timed else None,
    )


def regression_text(found: Regression) -> str:
    """Return the table, each figure before and now."""
    heading = ['bag', 'frames', 'changed', 'right', 'accuracy', 'decided', 'missed']
    timed = any(row.now.p50_ms is not None for row in found.rows)
    rows = [[*heading, *(['p50 (ms)', 'p99 (ms)'] if timed else [])]]
    for row in found.rows:
        before, now = row.before, row.now
        cells = [
            row.name,
            str(now.frames),
            str(row.changed),
            _change(f'{before.right}', f'{now.right} of {now.clear}'),
            _change(_accuracy(before), _accuracy(now)),
            _change(str(before.decided), str(now.decided)),
            _change(f'{before.miss_rate:.2%}', f'{now.miss_rate:.2%}'),
        ]
        if timed:
            cells += [
                _change(_milliseconds(before.p50_ms), _milliseconds(now.p50_ms)),
                _change(_milliseconds(before.p99_ms), _milliseconds(now.p99_ms)),
            ]
        rows.append(cells)
    lines = [table(rows)]
    if found.only_before:
        lines.append(f'only in the baseline: {", ".join(found.only_before)}')
    if found.only_now:
        lines.append(f'not in the baseline: {", ".join(found.only_now)}')
    return '\n'.join(lines)


def _change(before: str, now: str) -> str:
    return f'{before} > {now}'


def _accuracy(found: Figures) -> str:
    return f'{found.right / found.clear:.2%}' if found.clear else '-'


def _milliseconds(value: float | None) -> str:
    return '-' if value is None else f'{value:.1f}'
