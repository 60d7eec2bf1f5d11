# SPDX-License-Identifier: Apache-2.0
"""`replay`: recordings through the classifier, what came of them, and whether that is right."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from mobilenet_perception.commands.common import Progress
from mobilenet_perception.commands.video import make_video
from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.files import write_atomically
from mobilenet_perception.replay.arguments import add_arguments, read_settings
from mobilenet_perception.replay.play import PlaySettings, play
from mobilenet_perception.replay_testing.junit import junit_xml
from mobilenet_perception.replay_testing.suite_run import run_suite
from mobilenet_perception.replay_testing.verdict import Verdict, failures
from mobilenet_perception.report.json_report import report
from mobilenet_perception.report.text import summary

__all__ = ['add_arguments', 'run']


def run(arguments: argparse.Namespace) -> int:
    """Replay, write the reports, print what came of it and what is not as expected.

    Raises:
        PerceptionError: arguments do not go together, or the only bag cannot be played.
    """
    settings = read_settings(arguments)
    if len(settings) > 1 or arguments.baseline or arguments.address:
        return run_suite(arguments, settings)
    return _run_one(arguments, settings[0])


def _run_one(arguments: argparse.Namespace, settings: PlaySettings) -> int:
    progress = Progress('frames played')
    try:
        played = play(settings, progress)
        values = report(played)
        if arguments.html:
            from mobilenet_perception.replay.second_look import worst_pictures  # noqa: PLC0415
            from mobilenet_perception.report.html import page  # noqa: PLC0415

            worst = worst_pictures(values, settings.open)
            write_atomically(arguments.html, page(values, played.thumbnails, worst))
        progress.end()
        _write_json(arguments.json, values)
        print(summary(values))
        make_video(arguments.video, played, settings.open)
        found = failures(arguments, settings, values, several=False)
    except PerceptionError as error:
        _write_junit(arguments.junit, Verdict(settings.source, 0.0, error=str(error)))
        raise
    finally:
        progress.end()
    _write_junit(arguments.junit, Verdict(settings.source, played.wall_s, tuple(found)))
    for failure in found:
        print(f'error: {failure}', file=sys.stderr)
    if played.interrupted:
        return 130
    return 1 if found else 0


def _write_json(path: Path | None, values: dict[str, Any]) -> None:
    if path:
        write_atomically(path, json.dumps(values, indent=1) + '\n')


def _write_junit(path: Path | None, verdict: Verdict) -> None:
    if path:
        write_atomically(path, junit_xml([verdict]))
