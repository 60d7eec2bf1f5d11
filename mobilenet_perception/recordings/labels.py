# SPDX-License-Identifier: Apache-2.0
"""Labels of a bag: `labels.json`, beside the recording; of frames by stamp, of things by id.

    {"schema_version": 1,
     "cameras": {"front": [{"stamp_ns": 17, "truth": "stop", "clear": true,
                            "roi": [8, 4, 64, 64]}]},
     "things": {"front": [{"id": "light_3", "from_ns": 17, "to_ns": 99, "truth": "red",
                           "clear": true}]}}

A thing is what regions name by its id; `things` may be absent. Its stretch of time is given by the
capture stamps of its first and last frame; null: since ever, for ever.
"""

import json
import unicodedata
from collections.abc import Iterable, Mapping
from itertools import pairwise
from math import inf
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import RegionOfInterest

FILE = 'labels.json'
SCHEMA_VERSION = 1


class FrameLabel(NamedTuple):
    """What is known of one frame: see `SourceFrame`."""

    truth: str | None
    clear: bool = False
    roi: RegionOfInterest | None = None


# By camera, then by capture stamp in nanoseconds.
Labels = dict[str, dict[int, FrameLabel]]


class ThingLabel(NamedTuple):
    """What is known of a thing for a stretch of time.

    Attributes:
        id: of the thing, as regions name it.
        from_ns: capture stamp of the first frame of the stretch; None: since ever.
        to_ns: that of the last one; None: for ever.
        truth: the label that it shows; None: not known.
        clear: it shows it clearly, so that it counts for accuracy and training.
    """

    id: str
    from_ns: int | None
    to_ns: int | None
    truth: str | None
    clear: bool = True

    @property
    def start_ns(self) -> float:
        """Its start; infinite: there is none."""
        return -inf if self.from_ns is None else self.from_ns

    @property
    def end_ns(self) -> float:
        """Its end; infinite: there is none."""
        return inf if self.to_ns is None else self.to_ns


_NOTHING = ThingLabel('', None, None, None, clear=False)


class ThingLabels:
    """What is known of the things in front of one camera.

    Args:
        labels: for stretches of time; those of one thing must not overlap.

    Raises:
        ValueError: two do, one ends before it begins, or has no id.
    """

    def __init__(self, labels: Iterable[ThingLabel] = ()) -> None:
        self._by_id: dict[str, list[ThingLabel]] = {}
        for label in sorted(labels, key=lambda label: (label.id, label.start_ns)):
            if not label.id:
                raise ValueError('a thing must have an id: without one it is not known again')
            if label.start_ns > label.end_ns:
                raise ValueError(f'a label of the thing {label.id} ends before it begins')
            self._by_id.setdefault(label.id, []).append(label)
        for name, own in self._by_id.items():
            if any(after.start_ns <= before.end_ns for before, after in pairwise(own)):
                raise ValueError(f'two labels of the thing {name} are about the same time')

    @property
    def ids(self) -> set[str]:
        """The things that something is known of."""
        return set(self._by_id)

    def all(self) -> list[ThingLabel]:
        """Return the labels by id and time."""
        return [label for own in self._by_id.values() for label in own]

    def at(self, thing: str, stamp_ns: int) -> ThingLabel:
        """Return what is known of a thing in the frame of a stamp; it may be nothing."""
        own = self._by_id.get(thing, ())
        return next((one for one in own if one.start_ns <= stamp_ns <= one.end_ns), _NOTHING)


def canonical_label(text: str) -> str:
    """Return a label as one sequence of code points (Unicode's NFC), however it was typed.

    macOS writes an accented letter of a folder's name as two; Linux and Windows as one.
    """
    return unicodedata.normalize('NFC', text)


def plain_label(name: str) -> str:
    """Return what labels have in common that differ in case and underscores alone."""
    return canonical_label(name).casefold().replace('_', ' ').strip()


def labels_to_json(
    labels: Mapping[str, Mapping[int, FrameLabel]],
    things: Mapping[str, ThingLabels] = MappingProxyType({}),
) -> str:
    """Return the text of a labels file."""
    value: dict[str, Any] = {
        'schema_version': SCHEMA_VERSION,
        'cameras': {
            camera: [
                {'stamp_ns': stamp_ns, 'truth': label.truth, 'clear': label.clear,
                 'roi': list(label.roi) if label.roi else None}
                for stamp_ns, label in sorted(frames.items())
            ]
            for camera, frames in labels.items()
        },
    }  # fmt: skip
    if any(own.ids for own in things.values()):
        value['things'] = {
            camera: [label._asdict() for label in own.all()] for camera, own in things.items()
        }
    return json.dumps(value, indent=1) + '\n'


def read_labels(path: Path) -> Labels:
    """Read what a labels file says of frames.

    Raises:
        PerceptionError: it is missing or not what `labels_to_json` writes.
    """
    return _read(path)[0]


def read_things(path: Path) -> dict[str, ThingLabels]:
    """Read what a labels file says of things, by camera.

    Raises:
        PerceptionError: as of `read_labels`.
    """
    return _read(path)[1]


def labels_of_bag(bag: Path) -> Labels:
    """Read the labels that lie in a bag's folder; none where there is no such file."""
    path = labels_file_of(bag)
    return read_labels(path) if path else {}


def labels_file_of(bag: Path) -> Path | None:
    """Return the labels file in a bag's folder; None: there is none."""
    path = (bag if bag.is_dir() else bag.parent) / FILE
    return path if path.is_file() else None


def _read(path: Path) -> tuple[Labels, dict[str, ThingLabels]]:
    try:
        value = json.loads(path.read_text(encoding='utf-8'))
        if value['schema_version'] != SCHEMA_VERSION:
            raise ValueError(f'its schema_version is not {SCHEMA_VERSION}')
        frames = {
            str(camera): {int(frame['stamp_ns']): _label(frame) for frame in frames}
            for camera, frames in value['cameras'].items()
        }
        things = {
            str(camera): ThingLabels(map(_thing, labels))
            for camera, labels in value.get('things', {}).items()
        }
        return frames, things
    except OSError as error:
        raise PerceptionError(f'{path} cannot be read: {error.strerror}') from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PerceptionError(
            f'{path} is not a labels file ({type(error).__name__}: {error}): '
            '`python -m mobilenet_perception bag label` writes one'
        ) from None


def _label(frame: Mapping[str, Any]) -> FrameLabel:
    truth, clear, roi = _known(frame), frame['clear'], frame['roi']
    return FrameLabel(truth, clear, None if roi is None else RegionOfInterest(*map(int, roi)))


def _thing(value: Mapping[str, Any]) -> ThingLabel:
    name, start_ns, end_ns = value['id'], value['from_ns'], value['to_ns']
    if not isinstance(name, str):
        raise ValueError(f'the id of a thing must be a text; it is {name!r}')
    for stamp_ns in (start_ns, end_ns):
        if not (stamp_ns is None or type(stamp_ns) is int):
            raise ValueError(
                f'from_ns and to_ns of the thing {name} must be whole numbers or null'
            )
    return ThingLabel(name, start_ns, end_ns, _known(value), value['clear'])


def _known(value: Mapping[str, Any]) -> str | None:
    truth, clear = value['truth'], value['clear']
    if not (truth is None or isinstance(truth, str)) or not isinstance(clear, bool):
        raise ValueError('truth must be a label or null, clear true or false')
    return None if truth is None else canonical_label(truth)
