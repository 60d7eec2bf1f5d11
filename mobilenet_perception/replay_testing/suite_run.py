# SPDX-License-Identifier: Apache-2.0
"""`replay` over several bags: play, judge, compare with a baseline, tell."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mobilenet_perception.bundle import load_bundle
from mobilenet_perception.commands.common import Progress
from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.files import write_atomically
from mobilenet_perception.replay.many import Played, play_many
from mobilenet_perception.replay.play import PlaySettings
from mobilenet_perception.replay_testing.junit import junit_xml
from mobilenet_perception.replay_testing.regression import (
    Regression,
    regression,
    regression_text,
)
from mobilenet_perception.replay_testing.suite import by_name, read_reports, suite_to_json
from mobilenet_perception.replay_testing.verdict import Verdict, failures


def run_suite(arguments: argparse.Namespace, sources: Sequence[PlaySettings]) -> int:
    """Play several bags, print a line for each and what changed; returns the exit status.

    Raises:
        PerceptionError: the baseline cannot be used, or Ray is not here.
    """
    # Before minutes of playing.
    baseline = arguments.baseline
    old = _baseline_reports(baseline)
    played, interrupted = _play(sources, arguments.address)
    verdicts = [_verdict(arguments, one) for one in played]
    for verdict in verdicts:
        print(_line(verdict))
    if baseline and old is None and not interrupted:
        others = [one.settings._replace(bundle=baseline) for one in played if one.report]
        before, interrupted = _play(others, arguments.address)
        verdicts += [_baseline_error(one) for one in before if one.error]
        old = [one.report for one in before if one.report] or None
    worse = []
    if old is not None:
        found = _compare(old, played)
        print(f'\ncompared with {baseline}: before > now\n{regression_text(found)}')
        worse = found.worse if arguments.fail_if_worse else []
    if arguments.json:
        write_atomically(arguments.json, json.dumps(suite_to_json(played), indent=1) + '\n')
    if arguments.junit:
        write_atomically(arguments.junit, junit_xml(verdicts))
    for verdict in verdicts:
        for words in (*verdict.failures, *filter(None, [verdict.error])):
            print(f'error: {verdict.name}: {words}', file=sys.stderr)
    if worse:
        print(f'error: worse than {baseline}: {", ".join(worse)}', file=sys.stderr)
    if interrupted:
        print(f'interrupted: {len(sources) - len(played)} bags not played', file=sys.stderr)
        return 130
    return 1 if worse or any(one.failures or one.error for one in verdicts) else 0


def _baseline_reports(baseline: Path | None) -> list[dict[str, Any]] | None:
    """Read a baseline's reports; None: there is none, or it is a bundle, which is to be played."""
    if baseline is None:
        return None
    if baseline.is_dir():
        load_bundle(baseline)
        return None
    return read_reports(baseline)


def _play(sources: Sequence[PlaySettings], address: str) -> tuple[list[Played], bool]:
    """Play; True when a person ended it early, with what was done until then."""
    progress = Progress(f'of {len(sources)} bags played')
    played: list[Played] = []
    try:
        for one in play_many(sources, address, progress):
            played.append(one)
    except KeyboardInterrupt:
        return played, True
    finally:
        progress.end()
    return played, False


def _verdict(arguments: argparse.Namespace, played: Played) -> Verdict:
    name, error = played.settings.source, played.error
    found: list[str] = []
    if played.report is not None:
        try:
            found = failures(arguments, played.settings, played.report, several=True)
        except PerceptionError as failed:
            error = str(failed)
    return Verdict(name, played.seconds, tuple(found), error)


def _baseline_error(played: Played) -> Verdict:
    name = f'{played.settings.source} on {played.settings.bundle}'
    return Verdict(name, played.seconds, error=played.error)


def _compare(old: Sequence[Mapping[str, Any]], played: Sequence[Played]) -> Regression:
    now = [one.report for one in played if one.report is not None]
    found = regression(by_name(old), by_name(now))
    if not found.rows:
        raise PerceptionError(
            'the baseline has none of these bags: it has '
            f'{", ".join(found.only_before) or "none at all"}'
        )
    return found


def _line(verdict: Verdict) -> str:
    state = 'error' if verdict.error else 'failed' if verdict.failures else 'passed'
    return f'{state:6}  {verdict.seconds:6.1f} s  {verdict.name}'
