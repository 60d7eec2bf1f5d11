# SPDX-License-Identifier: Apache-2.0
"""Which regions belong to which frame: those of its own stamp, or the newest that are not too old.

Detectors take their time: under `exact`, a frame's regions come after the frame itself.
"""

from collections import deque

from mobilenet_perception.pipeline.regions import EXACT, RegionRules, Regions
from mobilenet_perception.pipeline.timing import NS_PER_MS

# Messages kept: more than a detector can be behind within any sensible budget.
_KEPT = 32
# Frames in a row without regions, though regions come, after which something is wrong.
_ENOUGH = 10
# Stamps further apart are of two clocks.
_OTHER_CLOCK_MS = 10_000.0
NO_REGIONS = 'no regions have come'
"""Reason of a frame whose camera has never heard any."""


class RegionMatch:
    """The last regions of one camera, and which of them a frame has.

    Args:
        rules: how they are matched.
    """

    def __init__(self, rules: RegionRules) -> None:
        self.rules = rules
        self.forget()

    def forget(self) -> None:
        """Drop all: time has jumped, or the camera has stopped."""
        self._kept: deque[Regions] = deque(maxlen=_KEPT)
        self._without = 0
        self._apart_ms = 0.0

    def take(self, regions: Regions) -> None:
        """Take in the regions of a message."""
        self._kept.append(regions)

    def find(self, stamp_ns: int) -> Regions | None:
        """Return the regions of a frame; None: there are none yet, or they are too old."""
        if self.rules.match == EXACT:
            return next((r for r in reversed(self._kept) if r.stamp_ns == stamp_ns), None)
        newest = max(self._kept, key=lambda regions: regions.stamp_ns, default=None)
        if newest is None or self._distance_ms(newest, stamp_ns) > self.rules.max_age_ms:
            return None
        return newest

    def record(self, stamp_ns: int, found: bool) -> None:
        """Note whether a frame that was taken up, or given up, had regions."""
        self._without = 0 if found else self._without + 1
        if not found and self._kept:
            self._apart_ms = self._nearest_ms(stamp_ns)

    def missing(self, stamp_ns: int) -> str:
        """Say why a frame has no regions."""
        if not self._kept:
            return NO_REGIONS
        if self.rules.match == EXACT:
            return 'no regions of its stamp came in time'
        return f'the nearest regions are {self._nearest_ms(stamp_ns):.0f} ms from its stamp'

    def trouble(self) -> str:
        """Say what is wrong with the regions, in words; empty: nothing."""
        if not self._kept or self._without < _ENOUGH:
            return self._kept[-1].trouble if self._kept else ''
        if other := other_clock(self._apart_ms):
            return other
        if self.rules.match == EXACT:
            return (
                f'the last {self._without} frames had no regions of their stamp: copy the header '
                'of the image, give a longer latency budget, or match the latest '
                '(regions_match: latest)'
            )
        return (
            f'the regions are {self._apart_ms:.0f} ms from the frames, more than '
            f'regions_max_age_ms ({self.rules.max_age_ms:g}): have them published sooner, or '
            'raise regions_max_age_ms'
        )

    def _nearest_ms(self, stamp_ns: int) -> float:
        return min(self._distance_ms(kept, stamp_ns) for kept in self._kept)

    @staticmethod
    def _distance_ms(regions: Regions, stamp_ns: int) -> float:
        return abs(stamp_ns - regions.stamp_ns) / NS_PER_MS


def other_clock(apart_ms: float) -> str:
    """Say that stamps of regions and frames are of two clocks; empty: they need not be."""
    if apart_ms <= _OTHER_CLOCK_MS:
        return ''
    return (
        f"the regions' stamps are {apart_ms / 1e3:.0f} s from those of the frames: they are of "
        'another clock; copy the header of the image that they were found in'
    )
