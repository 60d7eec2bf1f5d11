# SPDX-License-Identifier: Apache-2.0
"""What a variant takes and gives, checked in the same way on every runtime."""

from collections.abc import Sequence
from typing import NamedTuple

from mobilenet_perception.errors import BundleError


class Tensor(NamedTuple):
    """An input or output of a model.

    Attributes:
        kind: `uint8`, `float32`, or what else the runtime calls it.
        shape: sizes; None: free.
    """

    kind: str
    shape: tuple[int | None, ...]

    def __str__(self) -> str:
        sizes = ', '.join('any' if size is None else str(size) for size in self.shape)
        return f'{self.kind} [{sizes}]'


class Signature(NamedTuple):
    """What a variant takes and gives.

    Attributes:
        height: rows of the image, in pixels.
        width: columns, in pixels.
        classes: length of the scores of one image.
        takes_several: any number of images at once; else one.
    """

    height: int
    width: int
    classes: int
    takes_several: bool


def read_signature(name: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> Signature:
    """Return what a variant takes and gives.

    Raises:
        BundleError: it is not uint8 NHWC in, probabilities out.
    """
    if (len(inputs), len(outputs)) == (1, 1):
        (image,), (scores,) = inputs, outputs
        if (image.kind, scores.kind) == ('uint8', 'float32') and (
            (len(image.shape), len(scores.shape)) == (4, 2)
        ):
            batch, height, width, channels = image.shape
            scored, classes = scores.shape
            if (
                channels == 3
                and {batch, scored} <= {1, None}
                and height is not None
                and width is not None
                and classes is not None
            ):
                return Signature(height, width, classes, batch is None)
    raise BundleError(
        f'variant {name} must take uint8 [1 or any, height, width, 3] and give float32 '
        f'[1 or any, classes]; it takes {_told(inputs)} and gives {_told(outputs)}: '
        'export it with training'
    )


def _told(tensors: Sequence[Tensor]) -> str:
    return ' and '.join(map(str, tensors)) or 'nothing'
