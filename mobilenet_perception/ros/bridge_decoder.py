# SPDX-License-Identifier: Apache-2.0
"""cv_bridge decodes the encodings that this package does not know, where it is installed.

It is imported with the first such frame: it takes a while, and breaks where numpy is another than
it was built for.
"""

import functools
import importlib
import importlib.util
from typing import Any

import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames.foreign import set_foreign_decoder
from mobilenet_perception.frames.messages import ImageLike


def use_cv_bridge() -> None:
    """Let `decode` give to cv_bridge what it does not know itself; imports nothing yet."""
    set_foreign_decoder(decode_by_cv_bridge)


def decode_by_cv_bridge(message: ImageLike) -> npt.NDArray[np.uint8] | None:
    """Return a message as (height, width, 3) uint8 BGR; None: cv_bridge is not installed.

    Raises:
        FrameError: cv_bridge is broken, or does not turn this encoding into colours.
    """
    bridge = _bridge()
    if bridge is None:
        return None
    if isinstance(bridge, str):
        raise FrameError(f'cv_bridge, which decodes others, is broken here ({bridge})')
    try:
        pixels: npt.NDArray[np.uint8] = bridge.imgmsg_to_cv2(message, 'bgr8')
    except Exception as error:  # of its own class, of numpy, of OpenCV
        cause = ' '.join(str(error).split()) or type(error).__name__
        raise FrameError(f'cv_bridge does not decode it either ({cause})') from error
    return pixels


@functools.cache
def _bridge() -> Any:
    """Return a CvBridge; None: it is not installed; a text: why it cannot be used."""
    if importlib.util.find_spec('cv_bridge') is None:
        return None
    try:
        # Its other half hides the failure of this one until a frame comes.
        importlib.import_module('cv_bridge.boost.cv_bridge_boost')
        return importlib.import_module('cv_bridge').CvBridge()
    except Exception as error:  # whatever an extension for another numpy raises
        return ' '.join(f'{type(error).__name__}: {error}'.split())
