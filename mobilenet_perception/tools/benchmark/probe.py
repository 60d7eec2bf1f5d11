# SPDX-License-Identifier: Apache-2.0
"""Measures one variant in a process of its own, so that no figure depends on what ran before."""

import argparse
import gc
import json
import os
import sys
import time
from pathlib import Path

import cv2

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import Frame, crop_and_resize
from mobilenet_perception.inference.bundle import Bundle, load_bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import RuntimeSettings, create_runtime
from mobilenet_perception.pipeline.timing import percentiles
from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.tools.benchmark.variants import VariantFigures

# Fewer make no percentiles, however slow the variant.
_FEWEST_RUNS = 20


def measure(
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
    try:
        found = measure(
            load_bundle(given.bundle),
            given.variant,
            given.runtime,
            given.threads,
            given.runs,
            given.seconds,
        )
    except PerceptionError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    write_atomically(given.out, json.dumps(found.to_json()))
    return 0


if __name__ == '__main__':
    sys.exit(main())
