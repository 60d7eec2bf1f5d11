# SPDX-License-Identifier: Apache-2.0
"""Things before a camera with regions: what was heard of each lately, by its id."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from mobilenet_perception.pipeline.decision import STALE, UNKNOWN, ScoredLabel
from mobilenet_perception.planner.knowledge import NOTHING

# What stands for the id of a region that has none.
_NO_ID = '-'


class ThingView(NamedTuple):
    """A thing at one moment.

    Attributes:
        id: as the regions name it; empty: a region without an id, of which nothing is decided.
        label: best label of the newest frame in which it was looked at; None: not lately.
        decision: the newest; None: nothing is decided.
        age_ms: since the capture of the frame that supports the decision; None: none does.
    """

    id: str
    label: ScoredLabel | None = None
    decision: ScoredLabel | None = None
    age_ms: float | None = None


class RegionCounts(NamedTuple):
    """Regions of a frame: those that it came with, those looked at, and those left."""

    given: int
    classified: int
    left: int


class WatchedThings:
    """Takes in what a node publishes of things; times are seconds of one steady clock.

    Args:
        window_s: for so long what was heard counts as of now.
    """

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._labels: dict[str, tuple[float, ScoredLabel]] = {}
        self._nameless: tuple[float, Sequence[ScoredLabel]] = (0.0, ())
        self._decided: tuple[float, Sequence[ThingView]] | None = None

    def take_labels(self, labels: Iterable[tuple[str, ScoredLabel]], now_s: float) -> None:
        """Take in the best label of each region of a frame, with its id; it may be empty."""
        found = list(labels)
        self._labels |= {name: (now_s, label) for name, label in found if name}
        self._nameless = (now_s, [label for name, label in found if not name])

    def take_decisions(self, decided: Sequence[ThingView], now_s: float) -> None:
        """Take in what is decided of each thing; one without an id is the camera as a whole."""
        self._decided = (now_s, decided)
        names = {thing.id for thing in decided}
        self._labels = {name: heard for name, heard in self._labels.items() if name in names}

    def view(self, now_s: float) -> tuple[ThingView, ...] | None:
        """Return the things as they stand, the camera as a whole left out; None: not heard."""
        if self._decided is None or not self._is_fresh(self._decided[0], now_s):
            return None
        heard_s, decided = self._decided
        things = []
        for thing in decided:
            if thing.id:
                label_s, label = self._labels.get(thing.id, (0.0, None))
                age_ms = None if thing.age_ms is None else thing.age_ms + 1e3 * (now_s - heard_s)
                label = label if self._is_fresh(label_s, now_s) else None
                things.append(thing._replace(label=label, age_ms=age_ms))
        nameless_s, nameless = self._nameless
        if self._is_fresh(nameless_s, now_s):
            things += [ThingView('', label) for label in nameless]
        return tuple(things)

    @property
    def is_stale(self) -> bool:
        """Whether the camera as a whole is stale, as was heard last."""
        return self._decided is not None and any(not thing.id for thing in self._decided[1])

    def _is_fresh(self, heard_s: float, now_s: float) -> bool:
        return now_s - heard_s <= self._window_s


def in_short(things: Sequence[ThingView], is_stale: bool) -> str:
    """Say what is decided of a camera with regions, in a word or two."""
    if is_stale:
        return STALE
    many = 's' if len(things) > 1 else ''
    return f'{len(things)} thing{many}' if things else NOTHING


def thing_cells(thing: ThingView) -> Mapping[str, str]:
    """Return a thing in words: `id`, `label`, `decision` and `age`."""
    label, decision = thing.label, thing.decision
    return {
        'id': thing.id or _NO_ID,
        'label': _scored(label) if label else 'no label',
        'decision': _scored(decision) if decision else '-',
        'age': '' if thing.age_ms is None else f'{thing.age_ms:5.1f}',
    }


def thing_sentence(camera: str, thing: ThingView) -> str:
    """Return a thing as a line of a log."""
    cells = thing_cells(thing)
    age = f', age {cells["age"].strip()} ms' if cells['age'] else ''
    return f'{camera}/{cells["id"]}: {cells["label"]}, decision {cells["decision"]}{age}'


def _scored(label: ScoredLabel) -> str:
    # The score of `unknown` is another label's.
    scored = label.label not in (STALE, UNKNOWN)
    return f'{label.label} {label.score:.2f}' if scored else label.label
