# SPDX-License-Identifier: Apache-2.0
"""Measure the variants of a bundle, each in a fresh process.

What is measured of one variant alone.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.bundle import Variant
from mobilenet_perception.inference.bundle.precision_ladder import may_fail
from mobilenet_perception.pipeline.timing import Percentiles
from mobilenet_perception.system.child_process import Child
from mobilenet_perception.tools.benchmark.rate_search import Settings


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


# Loading, proving and the fewest runs of a large variant on a small, busy machine.
_LIMIT_S = 600.0
_GLANCE_S = 0.2


def measure_variants(
    settings: Settings,
    runtime: str,
    variants: Sequence[Variant],
    leave_out: Callable[[str, str], None],
) -> Iterator[VariantFigures]:
    """Yield the figures of each variant as soon as they are there.

    Args:
        settings: what to measure.
        runtime: name of the runtime.
        variants: of the bundle.
        leave_out: called with the name of a variant that fails, and why, if its network is there
            in a finer precision too.

    Raises:
        PerceptionError: another variant does not load or scores differently here.
    """
    with TemporaryDirectory(prefix='benchmark-') as scratch:
        for variant in variants:
            try:
                figures = _measure(settings, runtime, variant.name, Path(scratch))
            except PerceptionError as error:
                if not may_fail(variant, variants):
                    raise
                leave_out(variant.name, str(error))
            else:
                yield figures


def _measure(settings: Settings, runtime: str, variant: str, scratch: Path) -> VariantFigures:
    out = scratch / 'figures.json'
    arguments = [settings.bundle.resolve(), variant, runtime, settings.threads]
    arguments += [settings.runs, settings.seconds, out]
    module = 'mobilenet_perception.tools.benchmark.probe'
    end = time.monotonic() + _LIMIT_S + settings.seconds
    log = scratch / 'probe.log'
    with Child(module, [str(item) for item in arguments], os.environ, log) as child:
        while child.process.poll() is None:
            if time.monotonic() > end:
                raise PerceptionError(
                    f'variant {variant} was not measured on {runtime} within {_LIMIT_S:g} s: '
                    'free the processor, or leave it out of the bundle'
                )
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(_GLANCE_S)
        child.check()
    return figures_from_json(json.loads(out.read_text(encoding='utf-8')))
