# SPDX-License-Identifier: Apache-2.0
"""The report as one HTML page that needs nothing else: no script, no network."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from mobilenet_perception.report.colours import label_colours
from mobilenet_perception.report.pictures import frame_cards
from mobilenet_perception.report.run import Thumbnail
from mobilenet_perception.report.scoring import NO_SIGNAL
from mobilenet_perception.report.signs import signs_section
from mobilenet_perception.report.style import STYLE
from mobilenet_perception.report.svg import histogram, nice_ceiling, timeline

_MODES = {
    'ros': 'played over DDS by one process to the real ROS 2 node in another',
    'simulation': 'simulated, and classified by the real ROS 2 node on simulation time',
    'paced': 'played at recorded pace through the pipeline, without ROS',
    'fast': 'played as fast as it goes through the pipeline, without ROS',
}
_STAGES = {
    'age': 'from the capture of a frame to the publication of its label; the budget holds this',
    'total': 'from receipt of the frame to publication',
    'transport': 'from capture to receipt',
    'wait': 'from receipt until the frame is taken up',
    'decode': 'message to pixels',
    'preprocess': 'crop, resize, order of channels',
    'inference': 'the network itself',
    'postprocess': 'scores to labels',
}


def page(report: Mapping[str, Any], thumbnails: Sequence[Thumbnail]) -> str:
    """Return the page of a report that `json_report.report` made."""
    sections = (
        _head(report),
        _tiles(report),
        signs_section(report),
        frame_cards(report, thumbnails),
        _timelines(report),
        _latency(report),
        _details(report),
    )
    title = f'{escape(_name(report))}: classification report'
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
        f'<title>{title}</title><style>{STYLE}</style></head>\n<body><main>\n'
        + '\n'.join(section for section in sections if section)
        + '\n</main></body></html>\n'
    )


def _head(report: Mapping[str, Any]) -> str:
    ended = ' It was interrupted before its end.' if report['interrupted'] else ''
    bundle = report['bundle']
    return (
        f'<header><h1>What the classifier made of {escape(_name(report))}</h1>'
        f'<p>A camera stream of {_duration(report):.1f} s, {_MODES[report["mode"]]}. Model bundle '
        f'<b>{escape(bundle["name"])}</b>, {len(bundle["labels"])} labels.{ended}</p></header>'
    )


def _tiles(report: Mapping[str, Any]) -> str:
    received, lost = report['received'], report['lost']
    on_time = report['outcomes']['on_time']
    tiles = [
        _tile(str(received), f'frames received, {lost} lost on the way', 'warn' if lost else ''),
        _tile(
            _percent(on_time, received),
            'labelled on time: ' + _outcome_words(report['outcomes']),
            'good' if on_time >= 0.99 * received else 'warn',
        ),
    ]
    clear = report['scoring']['clear']
    if clear['frames']:
        tiles.append(
            _tile(
                _percent(clear['right'], clear['frames']),
                f'right label, on {clear["frames"]} frames that show a signal clearly',
                'good' if clear['accuracy'] >= 0.95 else 'bad',
            )
        )
    age = report['percentiles'].get('age_ms')
    if age:
        budget_ms = report['latency_budget_ms']
        held = 'no budget set' if budget_ms is None else f'budget {budget_ms:g} ms'
        words = f'age of a label, 99th percentile; median {age["p50"]:.1f} ms, {held}'
        within = budget_ms is None or age['p99'] <= budget_ms
        tiles.append(_tile(f'{age["p99"]:.1f} ms', words, 'good' if within else 'bad'))
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _timelines(report: Mapping[str, Any]) -> str:
    colours = label_colours(report['bundle']['labels'], report['scoring']['not_in_bundle'])
    drawn = []
    for name, camera in report['cameras'].items():
        frames = camera['frames']
        if not frames:
            continue
        period_s = _period_s(frames)
        rows: dict[str, Sequence[Mapping[str, Any]]] = {}
        if any(frame['truth'] is not None for frame in frames):
            rows['truth'] = _runs(frames, 'truth')
        rows['label'] = camera['label_timeline']
        rows['decision'] = camera['decision_timeline']
        wrong = [
            frame['time_s']
            for frame in frames
            if frame['clear'] and frame['truth'] in report['bundle']['labels']
            and frame['truth'] not in (frame['label'], NO_SIGNAL)
        ]  # fmt: skip
        span = frames[-1]['time_s'] + period_s
        heading = f'<h3>{escape(name)}</h3>' if len(report['cameras']) > 1 else ''
        drawn.append(heading + timeline(rows, wrong, span, period_s, colours))
    return (
        '<section><h2>Labels over time</h2><p>What the camera truly showed (where it is known), '
        'the best label of each frame labelled on time, and the decision that a planner would '
        'have acted on. Grey is background or unknown; red marks are frames that showed a '
        f'signal clearly and got another label.</p><div class="box">{"".join(drawn)}</div>'
        '</section>'
    )


def _latency(report: Mapping[str, Any]) -> str:
    budget_ms = report['latency_budget_ms']
    frames = [frame for camera in report['cameras'].values() for frame in camera['frames']]
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
    return (
        '<section><h2>Where the time goes</h2><p>Frames by time spent, in milliseconds; heights '
        'are square roots of counts, so that rare slow frames show, and the last bar holds all '
        'beyond. Dark line: median; amber: 99th percentile; dashed red: the budget.</p>'
        f'<div class="panels">{"".join(panels)}</div></section>'
    )


def _details(report: Mapping[str, Any]) -> str:
    boxes = [_outcome_table(report), _label_table(report), _said(report), _about(report)]
    return (
        '<section><h2>Details</h2><div class="two">'
        + ''.join(f'<div class="box">{box}</div>' for box in boxes if box)
        + '</div></section>'
    )


def _outcome_table(report: Mapping[str, Any]) -> str:
    names = list(report['outcomes'])
    heads = ''.join(f'<th>{name.replace("_", " ")}</th>' for name in ('received', *names))
    rows = ''.join(
        f'<tr><td>{escape(name)}</td><td>{camera["received"]}</td>'
        + ''.join(f'<td>{camera["outcomes"][outcome]}</td>' for outcome in names)
        + '</tr>'
        for name, camera in report['cameras'].items()
    )
    return f'<h3>Outcomes</h3><table><tr><th>camera</th>{heads}</tr>{rows}</table>'


def _label_table(report: Mapping[str, Any]) -> str:
    scoring = report['scoring']
    if not scoring['by_label']:
        return ''
    rows = ''.join(
        f'<tr><td>{escape(label)}</td><td>{found["frames"]}</td><td>{found["right"]}</td>'
        f'<td>{found["accuracy"]:.1%}</td></tr>'
        for label, found in scoring['by_label'].items()
    )
    confused = ''.join(
        f'<li>{item["frames"]} x {escape(item["truth"])} as {escape(item["label"])}</li>'
        for item in scoring['confusions'][:8]
    )
    wrong = f'<p>Answered wrongly:</p><ul>{confused}</ul>' if confused else ''
    return (
        '<h3>Right on clear frames</h3><table><tr><th>signal</th><th>frames</th><th>right</th>'
        f'<th>share</th></tr>{rows}</table>{wrong}'
    )


def _said(report: Mapping[str, Any]) -> str:
    lines = [*report['troubles']]
    for outcome, reasons in report['reasons'].items():
        lines += [f'{outcome}, {count} frames: {why}' for why, count in reasons.items()]
    if absent := report['scoring']['not_in_bundle']:
        lines.append(f'not scored, as the bundle has no such label: {", ".join(absent)}')
    if not lines:
        return ''
    return '<h3>Troubles</h3><ul>' + ''.join(f'<li>{escape(x)}</li>' for x in lines) + '</ul>'


def _about(report: Mapping[str, Any]) -> str:
    bundle, machine = report['bundle'], report['machine']
    facts = {
        'Bundle': f'{bundle["name"]}, sha256 {bundle["digest"]}',
        'Variants': ', '.join(bundle['variants']),
        'Labels': ', '.join(bundle['labels']),
        'Decided above': f'{bundle["decide_above"]:g}',
        'Runtime': machine['runtime'],
        'Processor': machine['processor'],
        'Took': f'{report["wall_s"]:.1f} s',
        'Release': f'mobilenet_perception {report["version"]}',
    }
    items = ''.join(f'<dt>{name}</dt><dd>{escape(value)}</dd>' for name, value in facts.items())
    return f'<dl>{items}</dl>'


def _tile(value: str, words: str, kind: str) -> str:
    return f'<div class="tile"><b class="{kind}">{value}</b><span>{escape(words)}</span></div>'


def _percent(part: int, whole: int) -> str:
    # Never rounded up to 100 %: one frame missed is one frame missed.
    return f'{int(1000 * part / whole) / 10:g} %' if whole else '-'


def _outcome_words(outcomes: Mapping[str, int]) -> str:
    rest = [f'{n} {name.replace("_", " ")}' for name, n in outcomes.items() if n]
    return ', '.join(rest) or 'none'


def _runs(frames: Sequence[Mapping[str, Any]], field: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for frame in frames:
        label = frame[field] or ''
        if not found or found[-1]['label'] != label:
            found.append({'from_s': frame['time_s'], 'to_s': frame['time_s'], 'label': label})
        found[-1]['to_s'] = frame['time_s']
    return found


def _period_s(frames: Sequence[Mapping[str, Any]]) -> float:
    if len(frames) < 2:
        return 0.1
    return float((frames[-1]['time_s'] - frames[0]['time_s']) / (len(frames) - 1))


def _name(report: Mapping[str, Any]) -> str:
    return 'the drawn drive' if report['source'] == 'drive' else str(report['source'])


def _duration(report: Mapping[str, Any]) -> float:
    cameras = (camera['frames'] for camera in report['cameras'].values())
    return max(
        (frames[-1]['time_s'] + _period_s(frames) for frames in cameras if frames), default=0.0
    )
