# SPDX-License-Identifier: Apache-2.0
"""Cameras for a person to read: a table that fits a window, or a sentence each for a log."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.tools.watch.camera import CameraView

if TYPE_CHECKING:
    from rich.table import Table

_SILENT_S = 2.0
# Finding each other takes up to so long; before, silence says nothing.
_DISCOVERY_S = 4.0
_AGE = 'age p50 p99 ms'
# As they stand in the row, each with how soon it goes where there is no room: 0 is never.
_COLUMNS = {
    'camera': 0, 'label': 3, 'decision': 0, _AGE: 1, 'Hz': 4, 'missed': 2,
    'outcomes': 5, 'variant': 7, 'slow-down': 6,
}  # fmt: skip
_BETWEEN = 2


def camera_table(views: Sequence[CameraView], width: int) -> 'Table':
    """Return a heading and a row for each camera.

    Args:
        views: the cameras.
        width: letters that go in a line; columns that do not fit are left out, the less
            important first.
    """
    from rich.table import Table  # noqa: PLC0415 (an extra)
    from rich.text import Text  # noqa: PLC0415

    rows = [_cells(view) for view in views]
    widths = {name: max(map(len, (name, *(row[name] for row in rows)))) for name in _COLUMNS}
    columns = list(_COLUMNS)
    while any(_COLUMNS[name] for name in columns) and width < (
        sum(widths[name] + _BETWEEN for name in columns) - _BETWEEN
    ):
        columns.remove(max(columns, key=lambda name: _COLUMNS[name]))
    table = Table(box=None, pad_edge=False, padding=(0, _BETWEEN, 0, 0), header_style='bold')
    for name in columns:
        table.add_column(name, no_wrap=True, overflow='ellipsis')
    for row in rows:
        table.add_row(*(Text(row[name]) for name in columns))
    return table


def sentence(view: CameraView) -> str:
    """Return what there is to say of a camera as one line of a log, without its trouble."""
    cells = _cells(view)
    parts = [
        f'{view.camera}: {cells["label"]}',
        f'decision {cells["decision"]}',
        f'age p50 {view.age.p50:.1f} p99 {view.age.p99:.1f} ms' if view.age else cells[_AGE],
        f'{cells["Hz"]} Hz',
        f'{cells["missed"]} missed' if view.missed is not None else '',
        cells['outcomes'],
        cells['variant'],
        f'slow-down {cells["slow-down"]}' if view.slowdown else '',
    ]
    return ', '.join(part for part in parts if part)


def note(
    target: str,
    domain: str,
    nodes: Sequence[str],
    views: Sequence[CameraView],
    state: str,
    waited_s: float,
) -> str:
    """Say what is wrong with a node as a whole; empty: nothing, or it is too early to say.

    Args:
        target: the node to watch.
        domain: the ROS domain.
        nodes: the nodes that are there.
        views: its cameras, as far as their topics were found.
        state: what it says is wrong; empty: nothing.
        waited_s: for so long it has been looked for, in seconds.
    """
    # A node that decides is there, whether its name has been heard already or not.
    is_heard = any(view.decision for view in views)
    if is_heard or target in nodes or waited_s < _DISCOVERY_S:
        early = views or waited_s < _DISCOVERY_S
        return state or ('' if early else f'{target} is there, and has no camera topics')
    if views:
        return f'{target} has ended, or its machine is out of reach'
    others = f'; nodes there: {", ".join(sorted(nodes)[:8])}' if nodes else ', and no other node'
    return (
        f'no node {target} in ROS domain {domain}{others}: start it, name it with --node, or set '
        'ROS_DOMAIN_ID as it has it'
    )


def _cells(view: CameraView) -> dict[str, str]:
    label, decision = view.label, view.decision
    return {
        'camera': view.camera,
        'label': f'{label.label} {label.score:.2f}' if label else 'no label',
        'decision': decision.label if decision else '-',
        _AGE: _age(view),
        'Hz': f'{view.rate_hz:.1f}',
        'missed': '-' if view.missed is None else f'{view.missed:.1%}'.replace('%', ' %'),
        'outcomes': _outcomes(view.counts),
        'variant': view.variant,
        'slow-down': f'{view.slowdown:.2f}' if view.slowdown else '',
    }


def _age(view: CameraView) -> str:
    if view.silent_s is None:
        return 'no frame yet'
    if view.silent_s >= _SILENT_S:
        return f'silent {view.silent_s:.0f} s'
    return f'{view.age.p50:5.1f} {view.age.p99:6.1f}' if view.age else 'none on time'


def _outcomes(counts: Mapping[Outcome, int]) -> str:
    return ', '.join(f'{counts[name]} {name}' for name in Outcome if counts.get(name))
