# SPDX-License-Identifier: Apache-2.0
"""Watch over a camera's picture: bits in use, byte order, a covered lens, over several frames."""

from collections import Counter
from typing import Any, NamedTuple

from mobilenet_perception.frames import Frame
from mobilenet_perception.frames.quality import Quality, measure

_PERIOD_NS = 500_000_000
# A fault must have shown in so many looks, and not been seen in so many to be over.
_TO_RAISE, _TO_CLEAR = 3, 2
# Darkness lasts longer: a robot passes through tunnels, lifts and doorways.
_DARK_NS = 3_000_000_000


class PictureFacts(NamedTuple):
    """What is known of a camera's picture.

    Attributes:
        bits: bits that its 16-bit samples use: 8, 10, 12, 14 or 16; 0: not known, or 8-bit.
        swapped: the bytes of its 16-bit samples are swapped.
        dark_s: for how long it has been dark and without detail, in seconds; 0: it is not.
        level: its mean brightness when last looked at, 0 to 255.
        unchecked: it gives JPEGs, and whether these lost data cannot be seen here.
    """

    bits: int = 0
    swapped: bool = False
    dark_s: float = 0.0
    level: float = 0.0
    unchecked: bool = False


class PictureWatch:
    """Looks at a frame now and then, and says what several looks have in common.

    Its owner guards it against concurrent use.
    """

    def __init__(self) -> None:
        self._looked_ns: int | None = None
        # Looks by the bits that they needed: a dark scene needs fewer than the sensor has.
        self._bits: Counter[int] = Counter()
        self._swapped = _Lasting()
        self._dark = _Lasting()
        self._level = 0.0
        self._unchecked = False

    def is_due(self, now_ns: int) -> bool:
        """Say whether the last look is long enough ago, on a clock that may have been set back."""
        last_ns = self._looked_ns
        return last_ns is None or not 0 <= now_ns - last_ns < _PERIOD_NS

    def update(self, quality: Quality, now_ns: int) -> None:
        """Take in what a look at a frame has shown."""
        self._looked_ns = now_ns
        if quality.bits:
            self._bits[quality.bits] += 1
        self._swapped.update(quality.swapped, now_ns)
        self._dark.update(quality.dark, now_ns)
        self._level, self._unchecked = quality.level, quality.unchecked

    def look(self, message: Any, frame: Frame, now_ns: int, significant_bits: int = 0) -> None:
        """Look at a frame; the arguments are those of `measure`, and a time."""
        self.update(measure(message, frame, significant_bits), now_ns)

    def facts(self) -> PictureFacts:
        """Return what is known by now."""
        dark_ns = self._dark.duration_ns
        return PictureFacts(
            bits=self._bits_in_use(),
            swapped=self._swapped.holds,
            dark_s=dark_ns / 1e9 if self._dark.holds and dark_ns >= _DARK_NS else 0.0,
            level=self._level,
            unchecked=self._unchecked,
        )

    def _bits_in_use(self) -> int:
        """Return the bits that several looks needed: one damaged frame may need all."""
        looks = 0
        for bits in sorted(self._bits, reverse=True):
            looks += self._bits[bits]
            if looks >= _TO_RAISE:
                return bits
        return 0


class _Lasting:
    """Something that several looks in a row must show, and several must not to end it."""

    def __init__(self) -> None:
        self._seen = self._missed = 0
        self._since_ns = self._last_ns = 0

    @property
    def holds(self) -> bool:
        return self._seen >= _TO_RAISE

    @property
    def duration_ns(self) -> int:
        return self._last_ns - self._since_ns

    def update(self, seen: bool, now_ns: int) -> None:
        if not seen:
            self._missed += 1
            if self._missed >= _TO_CLEAR or not self.holds:
                self._seen = 0
            return
        if not self._seen:
            self._since_ns = now_ns
        self._seen, self._missed, self._last_ns = self._seen + 1, 0, now_ns
