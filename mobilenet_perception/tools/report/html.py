# SPDX-License-Identifier: Apache-2.0
"""The report as one HTML page that needs nothing else: no script, no network."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from mobilenet_perception.tools.report.confusion import confusion_table
from mobilenet_perception.tools.report.pictures import film, frame_cards, worst_cards
from mobilenet_perception.tools.report.run import Thumbnail
from mobilenet_perception.tools.report.scoring import all_frames
from mobilenet_perception.tools.report.style import OUTCOME_COLOURS, STYLE, label_colours
from mobilenet_perception.tools.report.svg import histogram, nice_ceiling
from mobilenet_perception.tools.report.tables import signs_section
from mobilenet_perception.tools.report.timeline import NARROW, WIDE, Track, timeline
from mobilenet_perception.tools.report.verdict import OUTCOME_WORDS, details, verdict

_STAGES = {
    'age': 'from the capture of a frame to its end: with a label, that is its publication',
    'total': 'from receipt of the frame to publication',
    'transport': 'from capture to receipt',
    'wait': 'from receipt until the frame is taken up',
    'decode': 'message to pixels',
    'preprocess': 'crop, resize, order of channels',
    'inference': 'the network itself',
    'postprocess': 'scores to labels',
}
_BUDGET_KEY = '<li><i class="line budget"></i>latency budget</li>'


def page(
    report: Mapping[str, Any],
    thumbnails: Sequence[Thumbnail],
    worst: Sequence[Thumbnail] = (),
) -> str:
    """Return the page of a report that `json_report.report` made.

    Args:
        report: the report.
        thumbnails: pictures of frames along the way.
        worst: pictures of the frames that `worst_frames` chooses; those without are words only.
    """
    name = 'the drawn drive' if report['source'] == 'drive' else str(report['source'])
    sections = (
        verdict(report, name, _duration_s(report)),
        signs_section(report),
        _timelines(report, [*thumbnails, *worst]),
        worst_cards(report, [*worst, *thumbnails]),
        confusion_table(report),
        _latency(report),
        frame_cards(report, thumbnails),
        details(report),
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
        f'<title>{escape(name)}: classification report</title><style>{STYLE}</style></head>\n'
        '<body><main>\n'
        + '\n'.join(section for section in sections if section)
        + '\n</main></body></html>\n'
    )


def _timelines(report: Mapping[str, Any], thumbnails: Sequence[Thumbnail]) -> str:
    colours = label_colours(report['bundle']['labels'], report['scoring']['not_in_bundle'])
    drawn = []
    for name, camera in report['cameras'].items():
        frames = camera['frames']
        if not frames:
            continue
        times = {frame['stamp_ns']: frame['time_s'] for frame in frames}
        images, pictures = film(thumbnails, name, times)
        track = Track(
            frames,
            _period_s(frames),
            report['latency_budget_ms'],
            report['bundle']['labels'],
            colours,
            pictures,
        )
        heading = f'<h3>{escape(name)}</h3>' if len(report['cameras']) > 1 else ''
        drawn.append(heading + images + timeline(track, WIDE) + timeline(track, NARROW))
    return (
        '<section><h2>What happened when</h2><p>What the camera truly showed, where that is '
        'known; the label of each frame by itself; the decision that a planner would have acted '
        'on, which waits for frames to agree; how frames ended; and how old answers were. Grey '
        'is background or unknown, a gap is no label in time, and a red mark under a row is a '
        'clear frame on which it was wrong.</p>'
        f'{_outcome_key(report)}<div class="box">{"".join(drawn)}'
        f'{_label_key(report, colours)}</div></section>'
    )


def _label_key(report: Mapping[str, Any], colours: Mapping[str, str]) -> str:
    """Return what the colours stand for: a narrow band has no room for words."""
    frames = all_frames(report)
    shown = {frame[field] for frame in frames for field in ('truth', 'label', 'decision')}
    items = ''.join(
        f'<li><i style="background:{colour}"></i>{escape(label.replace("_", " "))}</li>'
        for label, colour in colours.items()
        if label in shown
    )
    return f'<ul class="key">{items}</ul>'


def _outcome_key(report: Mapping[str, Any]) -> str:
    items = ''.join(
        f'<li title="{escape(OUTCOME_WORDS[outcome])}"><i style="background:{colour}"></i>'
        f'{str(outcome).replace("_", " ")}</li>'
        for outcome, colour in OUTCOME_COLOURS.items()
        if report['outcomes'][outcome]
    )
    budget = ''
    if report['latency_budget_ms'] is not None:
        budget = '<li><i class="over"></i>over the budget</li>' + _BUDGET_KEY
    return (
        f'<ul class="key"><li>Outcomes:</li>{items}<li>Ages:</li><li><i class="age"></i>oldest '
        f'answer</li>{budget}</ul>'
    )


def _latency(report: Mapping[str, Any]) -> str:
    budget_ms = report['latency_budget_ms']
    frames = all_frames(report)
    panels = []
    for stage, words in _STAGES.items():
        values = [frame['times_ms'][stage] for frame in frames if stage in frame['times_ms']]
        found = report['percentiles'].get(f'{stage}_ms')
        if not values or not found:
            continue
        marks = {'p50': found['p50'], 'p99': found['p99']}
        top = nice_ceiling(max(found['p99'] * 1.1, 0.1))
        if stage == 'age' and budget_ms is not None:
            marks['budget'] = budget_ms
            top = max(top, budget_ms * 1.1)
        panels.append(
            f'<div class="panel"><h3>{stage}</h3><p>{words}<br/>p50 <b>{found["p50"]:.2f}</b>, '
            f'p95 {found["p95"]:.2f}, p99 <b>{found["p99"]:.2f}</b>, most {found["max"]:.2f} ms'
            f'</p>{histogram(values, top, marks)}</div>'
        )
    if not panels:
        return ''
    return (
        '<section><h2>Where the time goes</h2><p>Frames by time spent, in milliseconds; heights '
        'are square roots of counts, so that rare slow frames show, and the last bar holds all '
        'beyond.</p><ul class="key"><li><i class="line p50"></i>median</li>'
        '<li><i class="line p99"></i>99th percentile</li>'
        f'{_BUDGET_KEY if budget_ms is not None else ""}</ul>'
        f'<div class="panels">{"".join(panels)}</div></section>'
    )


def _period_s(frames: Sequence[Mapping[str, Any]]) -> float:
    if len(frames) < 2:
        return 0.1
    # The median: frames get lost, and cameras pause.
    return max(1e-3, float(np.median(np.diff([frame['time_s'] for frame in frames]))))


def _duration_s(report: Mapping[str, Any]) -> float:
    cameras = (camera['frames'] for camera in report['cameras'].values())
    return max(
        (frames[-1]['time_s'] + _period_s(frames) for frames in cameras if frames), default=0.0
    )
