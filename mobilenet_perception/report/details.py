# SPDX-License-Identifier: Apache-2.0
"""The foot of the page: counts by camera, troubles, what was run on what, and the words used."""

from collections.abc import Mapping
from html import escape
from typing import Any

from mobilenet_perception.report.verdict import OUTCOME_WORDS

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
