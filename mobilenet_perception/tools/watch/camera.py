# SPDX-License-Identifier: Apache-2.0
"""A camera as it stands: what was heard of it lately, as a row of a table or a sentence."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mobilenet_perception.pipeline import timing
from mobilenet_perception.pipeline.decision import ScoredLabel
from mobilenet_perception.tools.watch.things import (
    RegionCounts,
    ThingView,
    WatchedThings,
    in_short,
    thing_cells,
)

if TYPE_CHECKING:
    from rich.table import Table

WINDOW_S = 5.0
_SILENT_S = 2.0
# Finding each other takes up to so long; before, silence says nothing.
_DISCOVERY_S = 4.0
_AGE = 'age p50 p99 ms'
_REGIONS = 'regions done left'
# As they stand in the row, each with how soon it goes where there is no room: 0 is never.
_COLUMNS = {
    'camera': 0, 'label': 3, 'decision': 0, _AGE: 1, 'Hz': 4, 'missed': 2,
    _REGIONS: 2, 'outcomes': 5, 'variant': 7, 'slow-down': 6,
}  # fmt: skip
# More rows of one camera tell a person nothing.
_MOST_THINGS = 20
_BETWEEN = 2


class CameraView(NamedTuple):
    """A camera at one moment; figures are of the last `WINDOW_S` seconds unless said.

    Attributes:
        camera: its name.
        label: best label of the newest frame that has one; None: none was heard lately.
        decision: the newest decision; None: none was heard lately.
        silent_s: seconds since a frame ended; None: none has.
        age: of the frames on time, in milliseconds; None: there were none.
        rate_hz: frames that ended, a second.
        missed: share of frames without an answer in time, 0 to 1; None of none.
        counts: frames by outcome since the node was activated, as it says.
        variant: which variant ran last.
        slowdown: ratio of recent to profiled inference time; None: not known.
        trouble: what the node says is wrong; empty: nothing.
        regions: of the newest frame that came with some; None: the camera has none.
        things: what is known of each; None: the camera has no regions, or nothing was heard.
        is_stale: whether a camera with regions is stale as a whole.
    """

    camera: str
    label: ScoredLabel | None = None
    decision: ScoredLabel | None = None
    silent_s: float | None = None
    age: timing.Percentiles | None = None
    rate_hz: float = 0.0
    missed: float | None = None
    counts: Mapping[timing.Outcome, int] = {}
    variant: str = ''
    slowdown: float | None = None
    trouble: str = ''
    regions: RegionCounts | None = None
    things: tuple[ThingView, ...] | None = None
    is_stale: bool = False


class WatchedCamera:
    """Takes in what a node publishes of one camera; times are seconds of one steady clock.

    Attributes:
        things: takes in what it publishes of each, where the camera has regions.
    """

    def __init__(self, camera: str) -> None:
        self.things = WatchedThings(WINDOW_S)
        self._camera = camera
        self._records: deque[tuple[float, timing.FrameRecord]] = deque()
        self._first_s: float | None = None
        self._last_s: float | None = None
        self._label: tuple[float, ScoredLabel] | None = None
        self._decision: tuple[float, ScoredLabel] | None = None
        self._variant = ''
        self._slowdown: float | None = None
        self._counts: dict[timing.Outcome, int] = {}
        self._trouble = ''

    def take_record(self, record: timing.FrameRecord, now_s: float) -> None:
        """A frame has ended."""
        self._first_s = now_s if self._first_s is None else self._first_s
        self._last_s = now_s
        self._records.append((now_s, record))
        self._variant = record.variant or self._variant
        self._slowdown = record.slowdown or self._slowdown

    def take_label(self, label: ScoredLabel, now_s: float) -> None:
        """A frame was labelled in time."""
        self._label = (now_s, label)

    def take_decision(self, decision: ScoredLabel, now_s: float) -> None:
        """The node has decided."""
        self._decision = (now_s, decision)

    def take_health(self, values: Mapping[str, str], trouble: str) -> None:
        """The node has said how the camera does, in the keys of `/diagnostics`."""
        self._counts = {
            outcome: int(values[outcome]) for outcome in timing.Outcome if values.get(outcome)
        }
        self._trouble = trouble

    def view(self, now_s: float) -> CameraView:
        """Return the camera as it stands."""
        while self._records and self._records[0][0] < now_s - WINDOW_S:
            self._records.popleft()
        records = [record for _, record in self._records]
        ages = (
            r.age_ms
            for r in records
            if r.outcome is timing.Outcome.ON_TIME and r.age_ms is not None
        )
        heard_s = WINDOW_S if self._first_s is None else min(WINDOW_S, now_s - self._first_s)
        return CameraView(
            camera=self._camera,
            label=_fresh(self._label, now_s),
            decision=_fresh(self._decision, now_s),
            silent_s=None if self._last_s is None else now_s - self._last_s,
            age=timing.percentiles(ages),
            # Of a moment's frames no rate is known.
            rate_hz=len(records) / heard_s if heard_s >= 1.0 else 0.0,
            missed=timing.miss_rate(records),
            counts=self._counts,
            variant=self._variant,
            slowdown=self._slowdown,
            trouble=self._trouble,
            regions=_regions(records),
            things=self.things.view(now_s),
            is_stale=self.things.is_stale,
        )


def _regions(records: Sequence[timing.FrameRecord]) -> RegionCounts | None:
    """Return those of the newest frame that came with regions."""
    for record in reversed(records):
        if record.regions is not None:
            return RegionCounts(
                record.regions, record.regions_classified or 0, record.regions_left or 0
            )
    return None


def _fresh(heard: tuple[float, ScoredLabel] | None, now_s: float) -> ScoredLabel | None:
    """Return what was heard at a time, unless that is long ago."""
    return heard[1] if heard is not None and now_s - heard[0] <= WINDOW_S else None


def camera_table(views: Sequence[CameraView], width: int) -> 'Table':
    """Return a heading, a row for each camera, and below it one for each thing before it.

    Args:
        views: the cameras.
        width: letters that go in a line; columns that do not fit are left out, the less
            important first.
    """
    from rich.table import Table  # noqa: PLC0415 (an extra)
    from rich.text import Text  # noqa: PLC0415

    rows = [row for view in views for row in (_cells(view), *_thing_rows(view))]
    widths = {name: max(map(len, (name, *(row[name] for row in rows)))) for name in _COLUMNS}
    columns = [name for name in _COLUMNS if name != _REGIONS or any(row[name] for row in rows)]
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
    seen = cells['label'] or 'no regions yet'
    if view.regions is not None:
        seen = '{} regions, {} classified, {} left'.format(*view.regions)
    parts = [
        f'{view.camera}: {seen}',
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
    is_heard = any(view.decision or view.things is not None for view in views)
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
    label, decision, things = view.label, view.decision, view.things
    decided = decision.label if decision else '-'
    has_regions = things is not None or view.regions is not None
    return {
        'camera': view.camera,
        'label': '' if has_regions else _label(label),
        'decision': decided if things is None else in_short(things, view.is_stale),
        _AGE: _age(view),
        _REGIONS: '{:7} {:4} {:4}'.format(*view.regions) if view.regions else '',
        'Hz': f'{view.rate_hz:.1f}',
        'missed': '-' if view.missed is None else f'{view.missed:.1%}'.replace('%', ' %'),
        'outcomes': _outcomes(view.counts),
        'variant': view.variant,
        'slow-down': f'{view.slowdown:.2f}' if view.slowdown else '',
    }


def _thing_rows(view: CameraView) -> list[dict[str, str]]:
    things = view.things or ()
    empty = dict.fromkeys(_COLUMNS, '')
    rows = []
    for thing in things[:_MOST_THINGS]:
        cells = thing_cells(thing)
        shown = {'label': cells['label'], 'decision': cells['decision'], _AGE: cells['age']}
        rows.append({**empty, 'camera': f'  {cells["id"]}', **shown})
    if more := len(things) - len(rows):
        rows.append({**empty, 'camera': f'  {more} more'})
    return rows


def _label(label: ScoredLabel | None) -> str:
    return f'{label.label} {label.score:.2f}' if label else 'no label'


def _age(view: CameraView) -> str:
    if view.silent_s is None:
        return 'no frame yet'
    if view.silent_s >= _SILENT_S:
        return f'silent {view.silent_s:.0f} s'
    return f'{view.age.p50:5.1f} {view.age.p99:6.1f}' if view.age else 'none on time'


def _outcomes(counts: Mapping[timing.Outcome, int]) -> str:
    return ', '.join(f'{counts[name]} {name}' for name in timing.Outcome if counts.get(name))
