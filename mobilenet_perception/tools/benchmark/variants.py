# SPDX-License-Identifier: Apache-2.0
"""Variants of a bundle measured alone, each in a fresh process: what ran before has no part in it.

Run as a program, this is that process.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import cv2

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import Frame, crop_and_resize
from mobilenet_perception.inference.bundle import Bundle, Variant, load_bundle
from mobilenet_perception.inference.bundle.precision_ladder import may_fail
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import RuntimeSettings, create_runtime
from mobilenet_perception.pipeline.timing import Percentiles, percentiles
from mobilenet_perception.ros.interrupts import run_program
from mobilenet_perception.system.child_process import Child
from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.tools.benchmark.settings import BenchmarkSettings

# Loading, proving and the fewest runs of a large variant on a small, busy machine.
_LIMIT_S = 600.0
_GLANCE_S = 0.2
# Fewer make no percentiles, however slow the variant.
_FEWEST_RUNS = 20


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


def measure_variants(
    settings: BenchmarkSettings,
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
                figures = _in_fresh_process(settings, runtime, variant.name, Path(scratch))
            except PerceptionError as error:
                if not may_fail(variant, variants):
                    raise
                leave_out(variant.name, str(error))
            else:
                yield figures


def _in_fresh_process(
    settings: BenchmarkSettings, runtime: str, variant: str, scratch: Path
) -> VariantFigures:
    out = scratch / 'figures.json'
    arguments = [settings.node.bundle.resolve(), variant, runtime, settings.node.threads]
    arguments += [settings.runs, settings.seconds, out]
    end = time.monotonic() + _LIMIT_S + settings.seconds
    log = scratch / 'variant.log'
    with Child(__name__, [str(item) for item in arguments], os.environ, log) as child:
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


def measure_variant(
    bundle: Bundle, name: str, runtime_name: str, threads: int, runs: int, seconds: float
) -> VariantFigures:
    """Measure a variant, and prove that it gives its golden scores.

    Args:
        bundle: a verified bundle.
        name: the variant.
        runtime_name: the runtime.
        threads: CPU threads of one inference.
        runs: how many runs to time.
        seconds: stop timing after so long, though not before 20 runs.

    Raises:
        PerceptionError: the variant does not run or scores differently here.
    """
    runtime = create_runtime(runtime_name, RuntimeSettings(threads=threads))
    (variant,) = (item for item in bundle.manifest.variants if item.name == name)
    image = next(iter(bundle.golden_images.values()))
    frame = Frame(image, 'rgb')
    resized = crop_and_resize(frame, variant.height, variant.width)
    gc.collect()
    before = resident_bytes()
    start = time.perf_counter()
    session = runtime.load(bundle.models[name], name)
    loaded = time.perf_counter()
    session.run(resized)
    ran = time.perf_counter()
    memory = resident_bytes() - before
    del session
    alone = bundle._replace(manifest=bundle.manifest._replace(variants=(variant,)))
    classifier = Classifier(alone, runtime)
    times_ms: list[float] = []
    begun = time.perf_counter()
    while (elapsed := time.perf_counter() - begun) < seconds or len(times_ms) < _FEWEST_RUNS:
        if len(times_ms) >= max(runs, _FEWEST_RUNS):
            break
        scores = classifier.classify(frame, variant=name)
        times_ms.append(scores.preprocess_ms + scores.inference_ms)
    latency = percentiles(times_ms)
    assert latency is not None
    return VariantFigures(
        variant=name,
        runtime=runtime.name,
        runtime_version=runtime.version,
        load_ms=1e3 * (loaded - start),
        first_run_ms=1e3 * (ran - loaded),
        latency_ms=latency,
        runs=len(times_ms),
        throughput_hz=len(times_ms) / elapsed,
        memory_mb=memory / 1e6,
    )


def resident_bytes() -> int:
    """Return the resident memory of this process, in bytes."""
    pages = int(Path('/proc/self/statm').read_text(encoding='ascii').split()[1])
    return pages * os.sysconf('SC_PAGE_SIZE')


def main() -> int:
    """Measure and write the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('bundle', type=Path)
    parser.add_argument('variant')
    parser.add_argument('runtime')
    parser.add_argument('threads', type=int)
    parser.add_argument('runs', type=int)
    parser.add_argument('seconds', type=float)
    parser.add_argument('out', type=Path)
    given = parser.parse_args()
    # As in the node: frames are small, and OpenCV's threads cost more than they give.
    cv2.setNumThreads(1)
    found = measure_variant(
        load_bundle(given.bundle),
        given.variant,
        given.runtime,
        given.threads,
        given.runs,
        given.seconds,
    )
    write_atomically(given.out, json.dumps(found.to_json()))
    return 0


if __name__ == '__main__':
    sys.exit(run_program(main))
