# SPDX-License-Identifier: Apache-2.0
"""Tables of a report for the terminal: counts, times, accuracy, things that regions name.

Of a simulation also the signs that the robot came to: what was decided, and how far before each.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mobilenet_perception.tools.report.scoring import unit
from mobilenet_perception.tools.terminal import table

_THING_HEADS = (
    'thing', 'truly', 'seen', 'looked at', 'label right', 'decision right', 'after', 'decided'
)  # fmt: skip
_MOST_THINGS = 40
_HEADS = ('at', 'sign', 'decided', 'verdict', 'metres before', 'after', 'other label')


def summary(report: Mapping[str, Any]) -> str:
    """Return the summary of a report that `json_report.report` made."""
    parts = [_headline(report), _cameras(report), _stages(report)]
    if accuracy := _accuracy(report):
        parts.append(accuracy)
    if rows := things_rows(report):
        shown = table(rows[: _MOST_THINGS + 1])
        more = len(rows) - 1 - _MOST_THINGS
        told = [shown, *([f'... and {more} more'] if more > 0 else []), *things_words(report)]
        parts.append('\n'.join(told))
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


def things_rows(report: Mapping[str, Any]) -> list[list[str]]:
    """Return a table of what regions name, its heading first; empty where there is nothing."""
    several = len(report['cameras']) > 1
    rows = [
        [f'{name}: {thing["id"]}' if several else thing['id'], *_thing(thing)]
        for name, camera in report['cameras'].items()
        for thing in camera.get('things') or ()
    ]
    return [list(_THING_HEADS), *rows] if rows else []


def things_words(report: Mapping[str, Any]) -> list[str]:
    """Return what came of the regions, and of the things of known truth, in sentences."""
    found = report['things']
    regions = found['regions']
    left = f', {regions["left"]} left for want of time' if regions['left'] else ''
    words = [
        f'{_count(found["things"], "thing")}; of {_count(regions["given"], "region")} '
        f'{regions["classified"]} were looked at{left}.'
    ]
    if found['known']:
        decisions, after = found['decisions'], found['decided_after_s']
        words.append(
            f'Where the truth is known ({_count(found["known"], "thing")}) the decision was right '
            f'on {_share(decisions)} regions that show it clearly'
        )
        if after:
            words[-1] += (
                f'; from first sight to the right decision it took {after["p50"]:.2f} s (median), '
                f'at most {after["max"]:.2f} s'
            )
        never = found['never_decided']
        words[-1] += f'; never decided right: {_count(never, "thing")}.' if never else '.'
    nothing = found['no_signal']
    if nothing['frames']:
        words.append(
            f'A label was decided on {nothing["wrong"]} of {nothing["frames"]} regions that show '
            'no signal.'
        )
    return words


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
        what = unit(report)
        lines.append(f'right on {_share(scoring["clear"])} {what} that show a signal clearly')
        if scoring['no_signal']['frames']:
            lines.append(f'right on {_share(scoring["no_signal"])} {what} that show none')
        lines.append(f'right on {_share(scoring["labelled"])} {what} of known truth in all')
        worst = scoring['confusions'][:5]
        lines += [f'  {item["frames"]} x {item["truth"]} as {item["label"]}' for item in worst]
    if scoring['not_in_bundle']:
        names = ', '.join(scoring['not_in_bundle'][:10])
        lines.append(f'not scored, as the bundle has no such label: {names}')
    return '\n'.join(lines)


def _share(found: Mapping[str, Any]) -> str:
    return f'{found["right"]} of {found["frames"]} ({found["accuracy"]:.1%})'


def _thing(thing: Mapping[str, Any]) -> list[str]:
    after = thing['decided_after_s']
    return [
        ' > '.join(thing['truths']) or '-',
        f'{thing["from_s"]:.1f} to {thing["to_s"]:.1f} s',
        str(thing['frames']),
        _part(thing['labels']),
        _part(thing['decisions' if thing['decisions']['frames'] else 'no_signal']),
        '-' if after is None else f'{after:.2f} s',
        thing['decision'] or '-',
    ]


def _count(number: int, what: str) -> str:
    return f'{number} {what}{"" if number == 1 else "s"}'


def _part(found: Mapping[str, Any]) -> str:
    return f'{found["right"]} of {found["frames"]}' if found['frames'] else '-'


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
