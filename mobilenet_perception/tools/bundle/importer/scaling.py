# SPDX-License-Identifier: Apache-2.0
"""Scaling: what becomes of pixels, 0 to 255, before a network: (pixel - mean) / deviation."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.tools.bundle.onnx_graph import Array, GraphView

_Channels = tuple[float, float, float]


class Scaling(NamedTuple):
    """Mean and deviation of each channel, red, green, blue, in steps of 0 to 255."""

    mean: _Channels
    deviation: _Channels

    def __str__(self) -> str:
        for name, scaling in SCALINGS.items():
            if np.allclose([*self.mean, *self.deviation], [*scaling.mean, *scaling.deviation]):
                return name
        return f'(pixel - {_told(self.mean)}) / {_told(self.deviation)}'


def _same(mean: float, deviation: float) -> Scaling:
    return Scaling((mean,) * 3, (deviation,) * 3)


# By the names that people know: of torchvision and timm; of Keras' MobileNets and TensorFlow
# Lite; of Keras' Rescaling(1/255), Ultralytics; of Caffe, which mostly has --channels bgr; none.
SCALINGS: Mapping[str, Scaling] = {
    'imagenet': Scaling(
        (0.485 * 255, 0.456 * 255, 0.406 * 255), (0.229 * 255, 0.224 * 255, 0.225 * 255)
    ),
    '-1..1': _same(127.5, 127.5),
    '0..1': _same(0.0, 255.0),
    'caffe': Scaling((123.68, 116.779, 103.939), (1.0, 1.0, 1.0)),
    'none': _same(0.0, 1.0),
}
NAMES = ', '.join(SCALINGS)
# What a network takes is mostly as wide; pixels as they are are 255 wide.
_NARROWEST, _WIDEST = 0.2, 12.0
_MEAN_OF_PHOTOGRAPHS = (85.0, 145.0)
_ARITHMETIC = {'Add', 'Sub', 'Mul', 'Div'}


def parse_scaling(text: str) -> Scaling:
    """Read a name of `SCALINGS`, or numbers: mean and deviation, of all channels or of each.

    Numbers of 0 to 1, as torchvision has them, are told from those of 0 to 255.

    Raises:
        PerceptionError: it is neither.
    """
    if text in SCALINGS:
        return SCALINGS[text]
    try:
        numbers = [float(part) for part in text.split(',')]
    except ValueError:
        numbers = []
    if len(numbers) == 2:
        numbers = [numbers[0]] * 3 + [numbers[1]] * 3
    if len(numbers) != 6 or not np.isfinite(numbers).all() or min(numbers[3:]) <= 0:
        raise PerceptionError(
            f'--scaling {text} is none: give {NAMES}, or mean and deviation as two numbers or as '
            'six, such as 0.485,0.456,0.406,0.229,0.224,0.225'
        )
    factor = 255.0 if max(map(abs, numbers)) <= 1 else 1.0
    red, green, blue, *deviation = (number * factor for number in numbers)
    return Scaling((red, green, blue), (deviation[0], deviation[1], deviation[2]))


def found_in_graph(view: GraphView, image: str) -> Scaling | None:
    """Return the scaling that a graph expects before it, since it begins with one of its own.

    Keras' Rescaling and Normalization, and what torch exports of `(x - mean) / deviation`, leave
    a row of Sub, Div, Mul, Add with constants. From where these lead follows what they were made
    for: pixels of 0 to 255, or of 0 to 1.

    Returns:
        None: it begins with no arithmetic, or with one that fits neither.
    """
    factor, offset, _ = leading_arithmetic(view, image)
    if np.allclose(factor, 1) and np.allclose(offset, 0):
        return None
    width = float(np.max(np.abs(factor)))
    if _NARROWEST <= 255 * width <= _WIDEST:
        return SCALINGS['none']
    low, high = _MEAN_OF_PHOTOGRAPHS
    if np.allclose(factor, 1) and low <= -float(np.mean(offset)) <= high:
        return SCALINGS['none']
    return SCALINGS['0..1'] if _NARROWEST <= width <= _WIDEST else None


def leading_arithmetic(view: GraphView, image: str) -> tuple[Array, Array, str]:
    """Return factor and offset, numbers or one by channel, of what a graph begins with.

    And the name of the value that it goes on with.
    """
    factor: Array = np.ones(1)
    offset: Array = np.zeros(1)
    value = image
    while len(users := view.users.get(value, [])) == 1:
        node = users[0]
        if node.op_type in _ARITHMETIC:
            constants = [view.constants[name] for name in node.input if name in view.constants]
            if len(constants) != 1 or constants[0].size not in (1, 3):
                break
            constant = constants[0].astype(np.float64).ravel()
            first = node.input[0] in view.constants
            if node.op_type == 'Add':
                offset = offset + constant
            elif node.op_type == 'Mul':
                factor, offset = factor * constant, offset * constant
            elif first:
                break
            elif node.op_type == 'Sub':
                offset = offset - constant
            else:
                factor, offset = factor / constant, offset / constant
        elif node.op_type not in {'Cast', 'Transpose', 'Identity'}:
            break
        value = node.output[0]
    return factor, offset, value


def _told(values: _Channels) -> str:
    numbers = [f'{value:g}' for value in (values[:1] if len(set(values)) == 1 else values)]
    return numbers[0] if len(numbers) == 1 else f'[{", ".join(numbers)}]'
