# SPDX-License-Identifier: Apache-2.0
"""Tables of a report for the terminal: counts, times, accuracy.

Of a simulation also the signs that the robot came to: what was decided, and how far before each.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mobilenet_perception.tools.terminal import table

_HEADS = ('at', 'sign', 'decided', 'verdict', 'metres before', 'after', 'other label')


def summary(report: Mapping[str, Any]) -> str:
    """Return the summary of a report that `json_report.report` made."""
    parts = [_headline(report), _cameras(report), _stages(report)]
    if accuracy := _accuracy(report):
        parts.append(accuracy)
    if rows := signs_rows(report):
        parts.append(f'{table(rows)}\n{signs_words(report)}')
    for outcome, reasons in report['reasons'].items():
        parts.append('\n'.join(f'{outcome}: {count} x {why}' for why, count in reasons.items()))
    if report['troubles']:
        parts.append('\n'.join(f'diagnostics: {trouble}' for trouble in report['troubles']))
    return '\n\n'.join(parts)


def signs_rows(report: Mapping[str, Any]) -> list[list[str]]:
    """Return a table of the signs of a report, its heading first; empty where there are none."""
    rows = [_row(item) for item in report.get('signs', ())]
    return [list(_HEADS), *rows] if rows else []


def signs_words(report: Mapping[str, Any]) -> str:
    """Return how many signs were decided right, wrong and not at all."""
    signs: Sequence[Mapping[str, Any]] = report.get('signs', ())
    counts = Counter(item['verdict'] for item in signs)
    kinds = ', '.join(f'{counts[kind]} {kind}' for kind in ('right', 'wrong', 'unknown'))
    return f'{len(signs)} signs: {kinds}, by the decision when the robot left each behind'


def _headline(report: Mapping[str, Any]) -> str:
    bundle = report['bundle']
    budget_ms = report['latency_budget_ms']
    held = 'no latency budget' if budget_ms is None else f'latency budget {budget_ms:g} ms'
    lost = f', {report["lost"]} lost on the way' if report['lost'] else ''
    return (
        f'{report["source"]} ({report["mode"]}): {report["received"]} frames received{lost} in '
        f'{report["wall_s"]:.1f} s, {held}, bundle {bundle["name"]} {bundle["digest"][:12]}'
    )


def _cameras(report: Mapping[str, Any]) -> str:
    rows = [['camera', 'received', *report['outcomes']]]
    for camera, found in report['cameras'].items():
        rows.append([camera, *(str(n) for n in (found['received'], *found['outcomes'].values()))])
    return table(rows)


def _stages(report: Mapping[str, Any]) -> str:
    rows = [['stage (ms)', 'p50', 'p95', 'p99', 'max']]
    for stage, found in report['percentiles'].items():
        rows.append([stage.removesuffix('_ms'), *(f'{value:.2f}' for value in found.values())])
    return table(rows)


def _accuracy(report: Mapping[str, Any]) -> str:
    scoring = report['scoring']
    lines = []
    if scoring['clear']['frames']:
        lines.append(f'right on {_share(scoring["clear"])} frames that show a signal clearly')
        if scoring['no_signal']['frames']:
            lines.append(f'right on {_share(scoring["no_signal"])} frames that show none')
        lines.append(f'right on {_share(scoring["labelled"])} frames of known truth in all')
        worst = scoring['confusions'][:5]
        lines += [f'  {item["frames"]} x {item["truth"]} as {item["label"]}' for item in worst]
    if scoring['not_in_bundle']:
        names = ', '.join(scoring['not_in_bundle'][:10])
        lines.append(f'not scored, as the bundle has no such label: {names}')
    return '\n'.join(lines)


def _share(found: Mapping[str, Any]) -> str:
    return f'{found["right"]} of {found["frames"]} ({found["accuracy"]:.1%})'


def _row(item: Mapping[str, Any]) -> list[str]:
    metres, after = item['metres_before'], item['decided_after_s']
    return [
        f'{item["from_s"]:.1f} s',
        item['label'],
        item['decision'] or '-',
        item['verdict'],
        '-' if metres is None else f'{metres:.1f} m',
        '-' if after is None else f'{after:.2f} s',
        f'{item["wrong_frames"]} of {item["frames"]}',
    ]
