# SPDX-License-Identifier: Apache-2.0
"""What is measured of one variant alone."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from mobilenet_perception.timing import Percentiles


class VariantFigures(NamedTuple):
    """One variant on one runtime, in a process of its own.

    Attributes:
        variant: its name.
        runtime: name of the runtime.
        runtime_version: version of the runtime's library.
        load_ms: to load the model, in milliseconds.
        first_run_ms: the first run, which most runtimes use to set themselves up.
        latency_ms: of crop, resize and inference of a golden frame, when warm.
        runs: how many runs these are of.
        throughput_hz: frames a second, back to back.
        memory_mb: growth of resident memory by loading and the first run, in 10^6 bytes.
    """

    variant: str
    runtime: str
    runtime_version: str
    load_ms: float
    first_run_ms: float
    latency_ms: Percentiles
    runs: int
    throughput_hz: float
    memory_mb: float

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**self._asdict(), 'latency_ms': self.latency_ms._asdict()}


def figures_from_json(value: Mapping[str, Any]) -> VariantFigures:
    """Read what `to_json` gave."""
    return VariantFigures(**{**value, 'latency_ms': Percentiles(**value['latency_ms'])})
