# SPDX-License-Identifier: Apache-2.0
"""Latency of several graphs on one runtime, interleaved."""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from mobilenet_perception.errors import BundleError
from mobilenet_perception.inference.runtimes import Runtime, Session
from mobilenet_perception.pipeline.timing import percentiles

ROUNDS = 25
_TIMED = 4


class Latency(NamedTuple):
    """How long one image takes through a graph, without decoding and resizing.

    Attributes:
        p50_ms: median, in milliseconds.
        p95_ms: 95th percentile, in milliseconds.
        runs: how many were timed.
    """

    p50_ms: float
    p95_ms: float
    runs: int


class Latencies(NamedTuple):
    """Of several graphs on one runtime.

    Attributes:
        found: by name of the graph.
        refused: why the runtime did not take a graph, by its name.
    """

    found: dict[str, Latency]
    refused: dict[str, str]


def measure_latencies(
    models: Mapping[str, bytes],
    runtime: Runtime,
    rounds: int = ROUNDS,
    progress: Callable[[int], None] = lambda done: None,
) -> Latencies:
    """Time graphs in turn, so that what else the machine does falls on all of them alike.

    In each round every graph has its turn, in an order that chance decides: one run that is not
    timed, since the graph before has filled the caches, then four that are.

    Args:
        models: ONNX graphs by name.
        runtime: what runs them.
        rounds: from 1.
        progress: told the number of rounds done.
    """
    sessions: dict[str, Session] = {}
    refused = {}
    for name, model in models.items():
        try:
            sessions[name] = runtime.load(model, name)
        except BundleError as error:
            refused[name] = str(error)
    random = np.random.default_rng(0)
    images = {
        name: random.integers(0, 256, (session.height, session.width, 3), np.uint8)
        for name, session in sessions.items()
    }
    times: dict[str, list[float]] = {name: [] for name in sessions}
    for done in range(rounds):
        for name in random.permutation(sorted(sessions)).tolist():
            session, image = sessions[name], images[name]
            session.run(image)
            for _ in range(_TIMED):
                start = time.perf_counter_ns()
                session.run(image)
                times[name].append((time.perf_counter_ns() - start) / 1e6)
        progress(done + 1)
    found = {}
    for name, values in times.items():
        summary = percentiles(values)
        if summary is not None:
            found[name] = Latency(summary.p50, summary.p95, len(values))
    return Latencies(found, refused)
