# SPDX-License-Identifier: Apache-2.0
"""Measure the variants of a bundle, each in a fresh process."""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from mobilenet_perception.benchmark.settings import Settings
from mobilenet_perception.benchmark.variant_figures import VariantFigures, figures_from_json
from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.replay.processes import Child

# Loading, proving and the fewest runs of a large variant on a small, busy machine.
_LIMIT_S = 600.0
_GLANCE_S = 0.2


def measure_variants(
    settings: Settings, runtime: str, variants: Sequence[str]
) -> Iterator[VariantFigures]:
    """Yield the figures of each variant as soon as they are there.

    Raises:
        PerceptionError: a variant does not load or scores differently here.
    """
    with TemporaryDirectory(prefix='benchmark-') as scratch:
        for variant in variants:
            yield _measure(settings, runtime, variant, Path(scratch))


def _measure(settings: Settings, runtime: str, variant: str, scratch: Path) -> VariantFigures:
    out = scratch / 'figures.json'
    arguments = [settings.bundle.resolve(), variant, runtime, settings.threads]
    arguments += [settings.runs, settings.seconds, out]
    module = 'mobilenet_perception.benchmark.probe'
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
