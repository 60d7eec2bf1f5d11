# SPDX-License-Identifier: Apache-2.0
"""The error of the training module."""

from mobilenet_perception.errors import PerceptionError


class TrainingError(PerceptionError):
    """Data, a configuration or a run folder that cannot be used: says what to do about it."""
