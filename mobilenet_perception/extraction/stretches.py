# SPDX-License-Identifier: Apache-2.0
"""Stretches of time of a recording: frames of one must not be in two parts of a split."""

# However long a label stays, a stretch ends after so many times its length.
_MOST_LENGTHS = 3


class Stretches:
    """Numbers the stretches of one recording.

    A stretch ends where one of its cameras sees another label for the first time after its
    length has passed, so that no encounter is cut in two; or where three times the length has.
    All cameras share it: they may look at the same thing.

    Args:
        length_s: in seconds.
    """

    def __init__(self, length_s: float) -> None:
        self._length_ns = length_s * 1e9
        self._number = 0
        self._start_ns: int | None = None
        self._labels: dict[str, str | None] = {}

    def number(self, camera: str, label: str | None, log_ns: int) -> int:
        """Return the stretch, counted from 0, of the next frame.

        Args:
            camera: that it is of.
            label: that it shows; None: not known.
            log_ns: when it was recorded, in nanoseconds.
        """
        if self._start_ns is None:
            self._start_ns = log_ns
        changed = self._labels.get(camera, label) != label
        self._labels[camera] = label
        passed_ns = log_ns - self._start_ns
        if passed_ns >= self._length_ns * (1 if changed else _MOST_LENGTHS):
            self._number += 1
            self._start_ns = log_ns
        return self._number
