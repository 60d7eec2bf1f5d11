# SPDX-License-Identifier: Apache-2.0
"""Means of an epoch that was made in parts."""

from collections.abc import Mapping
from typing import NamedTuple


class Means(NamedTuple):
    """Mean loss and metrics over some steps of equal size."""

    steps: int = 0
    values: Mapping[str, float] = {}

    def joined(self, other: 'Means') -> 'Means':
        """Return the means over the steps of both."""
        if not self.steps or not other.steps:
            return other if other.steps else self
        steps = self.steps + other.steps
        return Means(
            steps,
            {
                key: (self.values[key] * self.steps + value * other.steps) / steps
                for key, value in other.values.items()
            },
        )
