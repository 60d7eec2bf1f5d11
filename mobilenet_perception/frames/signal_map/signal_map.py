# SPDX-License-Identifier: Apache-2.0
"""The signal map: a YAML file of signs and lights, where each is, faces, and how large it is.

frame: map
signals:
  - id: crossing_north
    kind: traffic_light
    position: [30.2, 1.3, 2.1]
    facing_deg: 180.0
    size: [0.4, 0.85]
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import PerceptionError

Array = npt.NDArray[np.float64]

_KEYS = ('id', 'kind', 'position', 'facing_deg', 'size')
_EXAMPLE = (
    '{id: light_1, kind: traffic_light, position: [30.2, 1.3, 2.1], facing_deg: 180, '
    'size: [0.4, 0.85]}'
)


class MapSignal(NamedTuple):
    """A sign or a light on an upright board.

    Attributes:
        id: its own, the same for ever.
        kind: what it is, as `traffic_light`; anything, or empty.
        position: middle of its face in the map's frame, metres.
        facing_deg: direction that it faces, degrees from x towards y: 180 is seen by who drives
            along x.
        size: width and height of what is seen of it, metres.
    """

    id: str
    kind: str
    position: tuple[float, float, float]
    facing_deg: float
    size: tuple[float, float]


class SignalMap:
    """Signals of a map, and their geometry as arrays.

    Attributes:
        frame: coordinate frame of the positions.
        signals: all of them.
        positions: (n, 3) middles of their faces.
        normals: (n, 3) unit vectors to which they face.
    """

    def __init__(self, frame: str, signals: Sequence[MapSignal]) -> None:
        self.frame = frame
        self.signals = tuple(signals)
        self.positions: Array = np.array([signal.position for signal in signals], float)
        angles = np.deg2rad([signal.facing_deg for signal in signals])
        level = np.zeros(len(angles))
        self.normals: Array = np.stack([np.cos(angles), np.sin(angles), level], axis=1)
        # To the right, as who looks at the board sees it.
        self._across: Array = np.stack([-np.sin(angles), np.cos(angles), level], axis=1)
        self._sizes: Array = np.array([signal.size for signal in signals], float)

    def outlines(self, chosen: npt.NDArray[np.int64], per_edge: int) -> Array:
        """Return points on the edges of boards: (n, 4 * per_edge, 3), corners among them."""
        steps = np.arange(per_edge) / per_edge - 0.5
        edge, end = np.full(per_edge, 0.5), -steps
        across = np.concatenate([steps, edge, end, -edge])
        up = np.concatenate([edge, end, -edge, steps])
        wide = across[:, None] * self._sizes[chosen, 0][:, None, None]
        high = up[:, None] * self._sizes[chosen, 1][:, None, None]
        points: Array = (
            self.positions[chosen][:, None]
            + wide * self._across[chosen][:, None]
            + high * np.array([0.0, 0.0, 1.0])
        )
        return points


def read_signal_map(path: Path) -> SignalMap:
    """Read a map.

    Raises:
        PerceptionError: there is no such file, or it is no map of signals.
    """
    import yaml  # noqa: PLC0415 (who projects alone needs none)

    try:
        text = path.read_text(encoding='utf-8')
        value = yaml.safe_load(text)
    except OSError as error:
        raise PerceptionError(
            f'the signal map {path} cannot be read ({error.strerror}): give the path of a YAML '
            'file in map_file'
        ) from None
    except UnicodeDecodeError:
        raise PerceptionError(f'the signal map {path} is not UTF-8 text') from None
    except yaml.YAMLError as error:
        mark = getattr(error, 'problem_mark', None)
        where = f', line {mark.line + 1}' if mark else ''
        reason = getattr(error, 'problem', None) or 'it cannot be parsed'
        raise PerceptionError(f'the signal map {path} is no YAML{where}: {reason}') from None
    return _map_of(value, path)


def signal_map_text(signals: SignalMap, comment: str) -> str:
    """Return a map as the text of its file.

    Args:
        signals: the map.
        comment: what the file is; lines of it.
    """
    import yaml  # noqa: PLC0415

    entries = []
    for signal in signals.signals:
        values = {name: _rounded(value) for name, value in signal._asdict().items()}
        entries.append({name: value for name, value in values.items() if value != ''})
    value = {'frame': signals.frame, 'signals': entries}
    text: str = yaml.safe_dump(value, sort_keys=False, default_flow_style=None)
    return ''.join(f'# {line}\n' for line in comment.splitlines()) + text


def _rounded(value: Any) -> Any:
    """Return numbers to the millimetre, and tuples as YAML has lists."""
    if isinstance(value, tuple):
        return [round(number, 3) for number in value]
    return round(value, 3) if isinstance(value, float) else value


def _map_of(value: Any, path: Path) -> SignalMap:
    start = f'the signal map {path}'
    if not isinstance(value, dict) or not isinstance(value.get('signals'), list):
        raise PerceptionError(f'{start} has no list `signals`: write signals: [{_EXAMPLE}]')
    if unknown := [str(key) for key in value if key not in ('frame', 'signals')]:
        raise PerceptionError(
            f'{start} has a key {unknown[0]!r}: beside `signals` it may have `frame` alone'
        )
    frame = value.get('frame', 'map')
    if not (isinstance(frame, str) and frame):
        raise PerceptionError(f'{start}: frame must be the name of a coordinate frame, as map')
    if not value['signals']:
        raise PerceptionError(f'{start} holds no signal: write one, as {_EXAMPLE}')
    signals: dict[str, MapSignal] = {}
    for number, entry in enumerate(value['signals'], 1):
        reason = next(_complaints(entry), '')
        if not reason and str(entry['id']) in signals:
            reason = 'another has the same id'
        if reason:
            name = f' ({entry["id"]})' if isinstance(entry, dict) and 'id' in entry else ''
            raise PerceptionError(f'{start}, signal {number}{name}: {reason}')
        signals[str(entry['id'])] = _signal(entry)
    return SignalMap(frame, list(signals.values()))


def _signal(entry: Mapping[str, Any]) -> MapSignal:
    x, y, z = (float(number) for number in entry['position'])
    width, height = (float(number) for number in entry['size'])
    name, kind = str(entry['id']), entry.get('kind', '')
    return MapSignal(name, kind, (x, y, z), float(entry['facing_deg']), (width, height))


def _complaints(entry: Any) -> Iterator[str]:
    """Yield what is wrong with a signal; a later complaint counts on it that no earlier came."""
    if not isinstance(entry, dict):
        yield f'it must be keys and values, as {_EXAMPLE}'
    if unknown := [str(key) for key in entry if key not in _KEYS]:
        yield f'there is no key {unknown[0]!r}: its keys are {", ".join(_KEYS)}'
    if missing := [key for key in _KEYS if key != 'kind' and key not in entry]:
        yield f'{missing[0]} is missing, as in {_EXAMPLE}'
    if type(entry['id']) not in (str, int) or not str(entry['id']):
        yield 'id must be a text of its own'
    if not isinstance(entry.get('kind', ''), str):
        yield 'kind must be a text, as traffic_light'
    if not _are_numbers(entry['position'], 3):
        yield 'position must be [x, y, z] in metres'
    if not _are_numbers([entry['facing_deg']], 1):
        yield 'facing_deg must be an angle in degrees, 0 along x and 90 along y'
    if not _are_numbers(entry['size'], 2) or min(entry['size']) <= 0:
        yield 'size must be [width, height] in metres, both above 0'


def _are_numbers(value: Any, count: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) == count
        and all(type(number) in (int, float) and math.isfinite(number) for number in value)
    )
