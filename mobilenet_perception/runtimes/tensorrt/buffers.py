# SPDX-License-Identifier: Apache-2.0
"""The memory that images and scores pass through, allocated once."""

import ctypes
from contextlib import ExitStack

import numpy as np
import numpy.typing as npt

from mobilenet_perception.runtimes.signature import Signature
from mobilenet_perception.runtimes.tensorrt.cuda import Cuda


class Buffers:
    """Images and scores: pinned on the machine's side, and on the GPU's.

    Args:
        cuda: CUDA, with the GPU chosen.
        signature: of the variant.
        count: most images at once.
        resources: frees all of it.

    Attributes:
        images: (count, height, width, 3) uint8, pinned.
        scores: (count, classes) float32, pinned.
        gpu_images, gpu_scores: addresses on the GPU.
    """

    def __init__(self, cuda: Cuda, signature: Signature, count: int, resources: ExitStack) -> None:
        image_bytes = signature.height * signature.width * 3
        score_bytes = signature.classes * np.dtype(np.float32).itemsize
        images = _pinned(cuda, count * image_bytes, resources)
        scores = _pinned(cuda, count * score_bytes, resources)
        self.images = images.reshape(count, signature.height, signature.width, 3)
        self.scores = scores.view(np.float32).reshape(count, signature.classes)
        self.gpu_images = cuda.allocate(count * image_bytes)
        resources.callback(cuda.free, self.gpu_images)
        self.gpu_scores = cuda.allocate(count * score_bytes)
        resources.callback(cuda.free, self.gpu_scores)


def _pinned(cuda: Cuda, size: int, resources: ExitStack) -> npt.NDArray[np.uint8]:
    address = cuda.allocate_pinned(size)
    resources.callback(cuda.free_pinned, address)
    return np.ctypeslib.as_array((ctypes.c_uint8 * size).from_address(address))
