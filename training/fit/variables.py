# SPDX-License-Identifier: Apache-2.0
"""The values of a model's variables: taken, put back, or kept for a while."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import keras
import numpy as np
import numpy.typing as npt

Values = list[npt.NDArray[np.float32]]


def values_of(variables: Sequence[keras.Variable]) -> Values:
    """Return copies of the values."""
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def put_back(variables: Sequence[keras.Variable], values: Values) -> None:
    """Assign what `values_of` returned."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


@contextmanager
def kept(variables: Sequence[keras.Variable]) -> Iterator[None]:
    """Put the values back at the end of the block, however it ends."""
    before = values_of(variables)
    try:
        yield
    finally:
        put_back(variables, before)
