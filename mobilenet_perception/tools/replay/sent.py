# SPDX-License-Identifier: Apache-2.0
"""What the player has sent, a JSON object a line: it pairs the node's answers with the truth."""

import json
from pathlib import Path
from typing import NamedTuple

from mobilenet_perception.frames import RegionOfInterest


class SentFrame(NamedTuple):
    """One frame sent.

    Attributes:
        camera: name of the camera.
        stamp_ns: the stamp it was sent under, in nanoseconds.
        source_stamp_ns: its stamp in the source.
        time_s: its time in the source, seconds since the first frame.
        truth: the label it shows, None: not known.
        clear: it counts for accuracy.
        roi: the region that the node had confirmed by then; None: the whole frame.
    """

    camera: str
    stamp_ns: int
    source_stamp_ns: int
    time_s: float
    truth: str | None
    clear: bool
    roi: RegionOfInterest | None

    def line(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps({**self._asdict(), 'roi': list(self.roi) if self.roi else None})


def read_sent(path: Path) -> list[SentFrame]:
    """Read what a player wrote; a last line cut short is left out."""
    found = []
    for line in path.read_text(encoding='utf-8').splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            break
        roi = value.pop('roi')
        found.append(SentFrame(**value, roi=RegionOfInterest(*roi) if roi else None))
    return found
