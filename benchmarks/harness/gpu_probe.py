# SPDX-License-Identifier: Apache-2.0
"""One variant on the GPU, in a process of its own; `benchmarks.gpu` starts it."""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.engines import EngineStore
from mobilenet_perception.inference.runtimes import RuntimeSettings
from mobilenet_perception.inference.runtimes.tensorrt import TensorRtRuntime, engine_key
from mobilenet_perception.inference.runtimes.tensorrt.session import TensorRtSession
from mobilenet_perception.pipeline.timing import percentiles
from mobilenet_perception.system.cuda import load_cuda
from mobilenet_perception.system.files import write_atomically

_WARM_UP = 100
_STAGES = ('upload', 'compute', 'download')
_TELL_S = 2.0


def main() -> int:
    """Build the engine, or measure it."""
    step, variant, folder, settings, runs, *engines = sys.argv[1:]
    chosen = RuntimeSettings(**json.loads(settings), engines=Path(engines[0]) if engines else None)
    try:
        model = (Path(folder) / 'model.onnx').read_bytes()
        if step == 'build':
            TensorRtRuntime(chosen, Teller()).load(model, variant)
            return 0
        expected = np.load(Path(folder) / 'expected.npz')
        found = measure(
            variant, model, expected['images'], expected['expected'], chosen, int(runs)
        )
        write_atomically(Path(folder) / 'measured.json', json.dumps(found))
    except PerceptionError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


class Teller:
    """Tells on stderr what takes long, every other second."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, words: str) -> None:
        """Tell, or keep it to itself."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _TELL_S
            print(f'  {words}', file=sys.stderr, flush=True)


def measure(
    variant: str,
    model: bytes,
    images: npt.NDArray[np.uint8],
    expected: npt.NDArray[np.float32],
    settings: RuntimeSettings,
    runs: int,
) -> dict[str, Any]:
    """Measure a variant whose engine is built.

    Args:
        variant: its name.
        model: its ONNX model.
        images: (n, height, width, 3) uint8 RGB.
        expected: (n, classes) float32, what the CPU says of them.
        settings: the GPU and where the engine is.
        runs: how many to time.

    Returns:
        JSON values; times in milliseconds where a name ends in `_ms`.
    """
    runtime = TensorRtRuntime(settings, Teller())
    start = time.perf_counter()
    session = runtime.load_engine(model, variant)
    load_ms = 1e3 * (time.perf_counter() - start)
    engine = EngineStore(settings.engines).find(engine_key(model, settings), variant)
    found = {
        'variant': variant,
        'gpu': runtime.gpu._asdict(),
        'tensorrt': runtime.version,
        'load_ms': load_ms,
        'gpu_bytes': session.gpu_bytes,
        'without_graph': session.without_graph,
        'plan_bytes': engine.facts.plan_bytes if engine else 0,
        'build_seconds': engine.facts.build_seconds if engine else 0.0,
        'precision_asked': engine.facts.precision_asked if engine else '',
        'precision_proven': engine.facts.precision_proven if engine else {},
        'parity': parity(session, images, expected),
        'cuda_graph': figures(session, images, runs),
        'stages_ms': stages_ms(session, runs),
    }
    session.close()
    plain = TensorRtRuntime(settings._replace(cuda_graph=False), Teller())
    session = plain.load_engine(model, variant)
    return {**found, 'kernels': figures(session, images, runs)}


def parity(
    session: TensorRtSession, images: npt.NDArray[np.uint8], expected: npt.NDArray[np.float32]
) -> dict[str, Any]:
    """Compare with the CPU, each image alone and as many at once as the engine takes."""
    alone = np.stack([session.run(image) for image in images])
    step = session.largest_batch
    at_once = np.concatenate(
        [session.run_batch(images[at : at + step]) for at in range(0, len(images), step)]
    )
    return {
        'frames': len(images),
        'largest_difference': float(
            max(np.abs(each - expected).max() for each in (alone, at_once))
        ),
        'same_label': int((alone.argmax(axis=1) == expected.argmax(axis=1)).sum()),
    }


def figures(session: TensorRtSession, images: npt.NDArray[np.uint8], runs: int) -> dict[str, Any]:
    """Time a session as the node uses it, and a bare loop over its engine."""
    turn = iter(range(10**9))
    latency = percentiles(times_ms(lambda: session.run(images[next(turn) % len(images)]), runs))
    bare = percentiles(times_ms(session.lanes[1].run, runs))
    assert latency is not None and bare is not None
    throughput = {}
    for count in session.lanes:
        batch = np.stack([images[at % len(images)] for at in range(count)])
        took_ms = times_ms(partial(session.run_batch, batch), max(1, runs // count))
        throughput[str(count)] = 1e3 * count * len(took_ms) / sum(took_ms)
    return {
        'latency_ms': latency._asdict(),
        'bare_ms': bare._asdict(),
        'throughput_hz': throughput,
    }


def times_ms(work: Callable[[], object], runs: int) -> list[float]:
    """Time calls, in milliseconds, after some to warm up."""
    for _ in range(_WARM_UP):
        work()
    times = []
    for _ in range(runs):
        start = time.perf_counter_ns()
        work()
        times.append((time.perf_counter_ns() - start) / 1e6)
    return times


def stages_ms(session: TensorRtSession, runs: int) -> dict[str, float]:
    """Return the median time of each stage of one image, as the GPU's own clock tells."""
    cuda, lane = load_cuda(), session.lanes[1]
    events = [cuda.make_event() for _ in range(len(_STAGES) + 1)]
    works = (lane.upload, lane.compute, lane.download)
    times: list[list[float]] = []
    for _ in range(_WARM_UP + runs):
        cuda.record_event(events[0], session.stream)
        for work, event in zip(works, events[1:], strict=True):
            work()
            cuda.record_event(event, session.stream)
        cuda.wait(session.stream)
        times.append([cuda.elapsed_ms(start, end) for start, end in pairwise(events)])
    for event in events:
        cuda.destroy_event(event)
    medians = np.median(np.array(times[_WARM_UP:]), axis=0)
    return dict(zip(_STAGES, map(float, medians), strict=True))


if __name__ == '__main__':
    sys.exit(main())
