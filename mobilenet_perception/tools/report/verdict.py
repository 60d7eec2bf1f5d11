# SPDX-License-Identifier: Apache-2.0
"""The head of the page: what came of a run, in tiles and in sentences.

The foot of the page: counts by camera, troubles, what was run on what, and the words used.
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from mobilenet_perception.pipeline.timing import Outcome, percentiles
from mobilenet_perception.tools.report.scoring import all_frames, is_answered, verdicts

_MODES = {
    'ros': 'played over DDS by one process to the real ROS 2 node in another',
    'simulation': 'simulated, and classified by the real ROS 2 node on simulation time',
    'paced': 'played at recorded pace through the pipeline, without ROS',
    'fast': 'played as fast as it goes through the pipeline, without ROS',
}
OUTCOME_WORDS = {
    Outcome.ON_TIME: 'labelled within the budget',
    Outcome.LATE: 'finished after the budget, so its label was not published',
    Outcome.EXPIRED: 'not run, as no network could finish within what was left of the budget',
    Outcome.SUPERSEDED: 'not run, as a newer frame of the same camera came first',
    Outcome.REJECTED: 'malformed, or of a kind that the node does not take',
    Outcome.FAILED: 'an error of the runtime that runs the network',
}


def verdict(report: Mapping[str, Any], name: str, duration_s: float) -> str:
    """Return the heading, what was done, the tiles, and what came of it."""
    ended = ' It was interrupted before its end.' if report['interrupted'] else ''
    bundle = report['bundle']
    sentences = ''.join(f'<li>{sentence}</li>' for sentence in _sentences(report))
    return (
        f'<header><h1>What the classifier made of {escape(name)}</h1>'
        f'<p>A camera stream of {duration_s:.1f} s, {_MODES[report["mode"]]}. Model bundle '
        f'<b>{escape(bundle["name"])}</b>, {len(bundle["labels"])} labels.{ended}</p></header>'
        f'<div class="tiles">{"".join(_tiles(report))}</div><ul class="verdict">{sentences}</ul>'
    )


def _tiles(report: Mapping[str, Any]) -> Iterator[str]:
    received, lost = report['received'], report['lost']
    on_time = report['outcomes']['on_time']
    words = f'frames received, {lost} lost on the way'
    yield _tile(str(received), words, 'warn' if lost else '')
    kind = 'good' if on_time >= 0.99 * received else 'warn'
    yield _tile(_percent(on_time, received), 'of them labelled on time', kind)
    clear = report['scoring']['clear']
    if clear['frames']:
        words = f'right label, on {clear["frames"]} frames that show a signal clearly'
        kind = 'good' if clear['accuracy'] >= 0.95 else 'bad'
        yield _tile(_percent(clear['right'], clear['frames']), words, kind)
    ages = (frame['times_ms']['age'] for frame in all_frames(report) if is_answered(frame))
    if age := percentiles(ages):
        budget_ms = report['latency_budget_ms']
        held = 'no budget set' if budget_ms is None else f'budget {budget_ms:g} ms'
        words = f'age of an answer, 99th percentile; median {age.p50:.1f} ms, {held}'
        within = budget_ms is None or age.p99 <= budget_ms
        yield _tile(f'{age.p99:.1f} ms', words, 'good' if within else 'bad')


def _sentences(report: Mapping[str, Any]) -> Iterator[str]:
    received, outcomes = report['received'], report['outcomes']
    budget_ms = report['latency_budget_ms']
    within = '' if budget_ms is None else f' within {budget_ms:g} ms of capture'
    missed = {Outcome(name): n for name, n in outcomes.items() if n and name != Outcome.ON_TIME}
    if not missed:
        yield f'Every frame received got its label{within}.'
    else:
        unlabelled = sum(missed.values())
        yield (
            f'<b>{unlabelled} of {received} frames got no label{within}</b>. A planner is never '
            'told a late label: it keeps the decision before it, which goes stale with time.'
        )
    for outcome, count in sorted(missed.items(), key=lambda item: -item[1]):
        yield f'{count} {str(outcome).replace("_", " ")}: {OUTCOME_WORDS[outcome]}.'
    if report['lost']:
        yield (
            f'{report["lost"]} frames were sent and never reported by the node: they got lost '
            'between the processes.'
        )
    yield from _right_and_wrong(report)


def _right_and_wrong(report: Mapping[str, Any]) -> Iterator[str]:
    frames, labels = all_frames(report), report['bundle']['labels']
    of_label = verdicts(frames, 'label', labels)
    if not of_label:
        yield (
            'No frame is known to show one of the labels clearly, so nothing is said here of '
            'right and wrong.'
        )
        return
    of_decision = verdicts(frames, 'decision', labels)
    total = of_label.total()
    yield (
        f'On the {total} frames received that show a signal clearly, the label was right on '
        f'{of_label["right"]}, wrong on {of_label["wrong"]} and missing on {of_label["silent"]}; '
        f'the decision after them was right on {of_decision["right"]}, '
        f'<b>wrong on {of_decision["wrong"]}</b>, and <i>unknown</i> or <i>stale</i> on '
        f'{of_decision["silent"]}.'
    )


def _tile(value: str, words: str, kind: str) -> str:
    return f'<div class="tile"><b class="{kind}">{value}</b><span>{escape(words)}</span></div>'


def _percent(part: int, whole: int) -> str:
    # Never rounded up to 100 %: one frame missed is one frame missed.
    return f'{int(1000 * part / whole) / 10:g} %' if whole else '-'


_WORDS = {
    'frame': 'one image of a camera',
    'label': 'what the network takes one frame for, with a score from 0 to 1',
    'decision': 'what a planner may act on: the label that the recent frames agree on; unknown, '
    'when they do not or are weak; stale, when no frame was labelled lately',
    'age': 'time from the capture of a frame to the publication of its label',
    'latency budget': 'the age that a label may have at most; one that is older is not published',
    'outcome': 'what became of a frame: each frame received has exactly one',
    'clear': 'of a frame: near enough, whole and uncovered, so that right and wrong count',
    **{str(name).replace('_', ' '): words for name, words in OUTCOME_WORDS.items()},
}


def details(report: Mapping[str, Any]) -> str:
    """Return the section."""
    boxes = [_outcome_table(report), _said(report), _about(report), _glossary()]
    return (
        '<section><h2>Details</h2><div class="two">'
        + ''.join(f'<div class="box">{box}</div>' for box in boxes if box)
        + '</div></section>'
    )


def _outcome_table(report: Mapping[str, Any]) -> str:
    """Return a table with a column for each camera: outcomes are more than a telephone is wide."""
    cameras = report['cameras']
    heads = ''.join(f'<th scope="col">{escape(name)}</th>' for name in cameras)
    received = ''.join(f'<td>{camera["received"]}</td>' for camera in cameras.values())
    rows = ''.join(
        f'<tr><th scope="row">{name.replace("_", " ")}</th>'
        + ''.join(f'<td>{camera["outcomes"][name]}</td>' for camera in cameras.values())
        + '</tr>'
        for name in report['outcomes']
    )
    return (
        f'<h3>Outcomes</h3><table><tr><td></td>{heads}</tr>'
        f'<tr><th scope="row">received</th>{received}</tr>{rows}</table>'
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
    return f'<h3>What was run</h3>{_list(facts)}'


def _glossary() -> str:
    return f'<h3>The words</h3>{_list(_WORDS)}'


def _list(facts: Mapping[str, str]) -> str:
    items = ''.join(f'<dt>{name}</dt><dd>{escape(value)}</dd>' for name, value in facts.items())
    return f'<dl>{items}</dl>'
