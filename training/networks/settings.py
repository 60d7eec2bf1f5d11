# SPDX-License-Identifier: Apache-2.0
"""What an architecture may vary, and the one signature of those who build it."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import keras


class NetworkSettings(NamedTuple):
    """What an architecture may vary.

    A height or width of None takes images of any size; the network equals that of a fixed size
    where sides are multiples of 32 (`keras.applications` pads odd sizes otherwise).

    Attributes:
        height: rows of the input, in pixels; None: any.
        width: columns of the input, in pixels; None: any.
        alpha: width multiplier, above 0: scales the number of channels.
        classes: number of outputs.
        dropout: share of features dropped before the last layer in training, 0 to below 1.
        modify: changes of the architecture by name, as `MODIFICATIONS` lists for each.
    """

    height: int | None
    width: int | None
    alpha: float
    classes: int
    dropout: float
    modify: Mapping[str, int | float | bool | str] = {}


Builder = Callable[[NetworkSettings], keras.Model]
