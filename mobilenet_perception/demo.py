# SPDX-License-Identifier: Apache-2.0
"""The demo: a camera stream over DDS to the real node, followed live, and reported."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from mobilenet_perception.files import write_atomically
from mobilenet_perception.replay.live import play_live
from mobilenet_perception.replay.live_settings import LiveSettings
from mobilenet_perception.replay.second_look import worst_pictures
from mobilenet_perception.report.html import page
from mobilenet_perception.report.json_report import report
from mobilenet_perception.report.run import Run
from mobilenet_perception.report.text import summary
from mobilenet_perception.timing import Outcome, percentiles

if TYPE_CHECKING:
    from mobilenet_perception.replay.listener import Listener


def run_demo(settings: LiveSettings, out: Path) -> Run:
    """Play to the node, print a line each second, and write `report.json` and `report.html`.

    Returns:
        What was seen; when it was interrupted, the reports are written all the same.

    Raises:
        PerceptionError: the node did not answer.
    """
    run = play_live(settings, print_second, out, say=_say)
    values = report(run)
    write_atomically(out / 'report.json', json.dumps(values, indent=1) + '\n')
    worst = worst_pictures(values, settings.open)
    write_atomically(out / 'report.html', page(values, run.thumbnails, worst))
    print(f'\n{summary(values)}\n\nreport: {out / "report.html"} and {out / "report.json"}')
    return run


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def print_second(seconds: float, listener: 'Listener') -> None:
    """Print what the node said in the last second: a line for each camera."""
    for camera, decision in listener.decisions.items():
        print(f'{seconds:3.0f} s  {second_line(camera, listener, decision.label)}', flush=True)


def second_line(camera: str, listener: 'Listener', decision: str) -> str:
    """Return the best label now, its decision, ages of the last second, outcomes so far."""
    records = [record for (name, _), record in listener.records.items() if name == camera]
    ages = percentiles(
        record.age_ms
        for record in records[-30:]
        if record.age_ms is not None and record.outcome is Outcome.ON_TIME
    )
    latest = max((key for key in listener.labels if key[0] == camera), default=None)
    top = listener.labels[latest][0] if latest else None
    label = f'{top.label} {top.score:.2f}' if top else 'no label'
    age = f'age p50 {ages.p50:4.1f} p99 {ages.p99:5.1f} ms' if ages else 'no frame on time'
    counts = Counter(record.outcome for record in records)
    outcomes = ', '.join(f'{counts[outcome]} {outcome}' for outcome in Outcome if counts[outcome])
    return f'{camera}: {label:<28} decision {decision:<21} {age}   {outcomes}'
