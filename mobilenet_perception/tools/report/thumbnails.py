# SPDX-License-Identifier: Apache-2.0
"""Which frames of a run to show, and small pictures of them."""

from typing import Protocol

import cv2

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames import decode
from mobilenet_perception.recordings import SourceFrame
from mobilenet_perception.tools.report.run import Thumbnail

_WIDTH = 320
_MOST = 24
_QUALITY = 70
# So long must a label have been clear, or, where no truth is known, so far apart are pictures.
_SETTLED_NS = 400_000_000
_PERIOD_NS = 2_000_000_000


class Shown(Protocol):
    """What the choice of a frame asks: see `SourceFrame`."""

    @property
    def camera(self) -> str: ...  # noqa: D102

    @property
    def log_ns(self) -> int: ...  # noqa: D102

    @property
    def truth(self) -> str | None: ...  # noqa: D102

    @property
    def clear(self) -> bool: ...  # noqa: D102


class ThumbnailPicker:
    """Picks one frame of each stretch that clearly shows one label; else one every 2 s."""

    def __init__(self) -> None:
        self._picked = 0
        self._truth: dict[str, str | None] = {}
        self._since_ns: dict[str, int] = {}
        self._done: dict[str, bool] = {}

    def wants(self, frame: Shown) -> bool:
        """Say whether to show this frame; to be asked once for each, in order."""
        if self._picked >= _MOST:
            return False
        camera = frame.camera
        known = frame.truth if frame.clear else None
        if camera not in self._since_ns or known != self._truth[camera]:
            self._truth[camera], self._since_ns[camera] = known, frame.log_ns
            self._done[camera] = False
        lasted_ns = frame.log_ns - self._since_ns[camera]
        if known is not None:
            wanted = not self._done[camera] and lasted_ns >= _SETTLED_NS
            self._done[camera] |= wanted
        else:
            # Between signals nothing is worth a look, unless nothing ever is known.
            wanted = frame.truth is None and lasted_ns >= _PERIOD_NS
            if wanted:
                self._since_ns[camera] = frame.log_ns
        self._picked += wanted
        return wanted


def thumbnail(frame: SourceFrame) -> Thumbnail | None:
    """Return a small JPEG of a frame; None when it cannot be decoded."""
    try:
        decoded = decode(frame.message)
    except FrameError:
        return None
    width = min(_WIDTH, decoded.width)
    height = max(1, round(decoded.height * width / decoded.width))
    # Shrink first: channels are put in order on the small image.
    small = cv2.resize(decoded.pixels, (width, height), interpolation=cv2.INTER_AREA)
    rgb = decoded._replace(pixels=small).rgb()  # type: ignore[arg-type]
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    _, jpeg = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    size = (decoded.width, decoded.height)
    return Thumbnail(frame.camera, frame.stamp_ns, *size, jpeg.tobytes())
