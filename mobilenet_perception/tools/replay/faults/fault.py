# SPDX-License-Identifier: Apache-2.0
"""What goes wrong, how badly, and when."""

import math
import re
from typing import NamedTuple

from mobilenet_perception.errors import PerceptionError


class Kind(NamedTuple):
    """A kind of fault.

    Attributes:
        meaning: what happens; `{}` stands for the value.
        default: value if none is given; None: it takes none.
        most: largest value; the smallest is 0.
    """

    meaning: str
    default: float | None
    most: float = 1.0


FAULTS = {
    'slow': Kind('runs take {} times as long', 3.0, 1000.0),
    'stall': Kind('each run hangs for {} ms', 200.0, 60_000.0),
    'raise': Kind('the runtime raises, for a share {} of the runs', 1.0),
    'nan': Kind('scores are NaN, for a share {} of the runs', 1.0),
    'shape': Kind('scores have the wrong shape, for a share {} of the runs', 1.0),
    'drop': Kind('a share {} of the frames never comes; 1: the camera is dead', 0.3),
    'skip': Kind('every {}th frame never comes', 10.0, 1e6),
    'late': Kind('frames come {} ms late', 40.0, 60_000.0),
    'duplicate': Kind('a share {} of the frames comes twice', 0.3),
    'reorder': Kind('a share {} of the frames comes after the next one', 0.3),
    'clock': Kind('capture stamps jump by {} ms; -: back', 5000.0, 1e9),
    'encoding': Kind('frames have an unknown encoding', None),
    'size': Kind('frames have half their rows', None),
}
_FAULT = re.compile(r'([a-z]+)(?:=(-?[\d.]+))?(?:@([\d.]+)-([\d.]*))?\Z')


class Fault(NamedTuple):
    """One fault.

    Attributes:
        kind: a name in `FAULTS`.
        value: how badly, in the unit of the kind.
        from_s: seconds of the recording at which it begins.
        to_s: seconds at which it ends; infinite: never.
    """

    kind: str
    value: float = 0.0
    from_s: float = 0.0
    to_s: float = math.inf

    def active(self, seconds: float) -> bool:
        """Tell whether it is on at a time of the recording."""
        return self.from_s <= seconds < self.to_s


def parse_fault(text: str) -> Fault:
    """Read `kind`, `kind=value` or `kind=value@from-to`, such as `slow=4@2-6`.

    Raises:
        PerceptionError: it says nothing of this.
    """
    found = _FAULT.match(text)
    if found is None:
        raise PerceptionError(
            f'{text!r} is no fault: write KIND, KIND=VALUE or KIND=VALUE@FROM-TO in seconds, '
            'such as slow=4@2-6'
        )
    name, value, start, end = found.groups()
    if name not in FAULTS:
        raise PerceptionError(f'there is no fault {name!r}: choose one of {", ".join(FAULTS)}')
    kind = FAULTS[name]
    if value is not None and kind.default is None:
        raise PerceptionError(f'the fault {name} takes no value: {kind.meaning}')
    try:
        fault = Fault(
            name,
            float(value) if value else kind.default or 0.0,
            float(start) if start else 0.0,
            float(end) if end else math.inf,
        )
    except ValueError as error:
        raise PerceptionError(f'{text!r} holds what is no number') from error
    least = -kind.most if name == 'clock' else 0.0
    if not least <= fault.value <= kind.most:
        raise PerceptionError(
            f'{name}={fault.value:g} is not possible: give {least:g} to {kind.most:g}'
        )
    if not fault.from_s < fault.to_s:
        raise PerceptionError(f'{text!r} ends before it begins')
    return fault
