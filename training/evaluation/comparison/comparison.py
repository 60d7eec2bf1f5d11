# SPDX-License-Identifier: Apache-2.0
"""Networks side by side: what their evaluations found, and latency, measured here in turn."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from mobilenet_perception.errors import BundleError, RuntimeUnavailableError
from mobilenet_perception.inference import runtimes
from mobilenet_perception.inference.bundle import Variant
from mobilenet_perception.pipeline.timing import percentiles
from mobilenet_perception.system.machine.identity import processor_name
from mobilenet_perception.tools.bundle.open_world import OpenWorld
from training.configuration.records import Record
from training.errors import TrainingError
from training.evaluation.metrics.bootstrap import Differences, Interval, compare_models
from training.evaluation.predictions import Predictions

ROUNDS = 25
_TIMED = 4
_OF_VARIANT = (
    'name', 'architecture', 'alpha', 'height', 'width', 'precision', 'parameters', 'macs',
)  # fmt: skip


class Entry(NamedTuple):
    """A graph, and what is known of it before it is measured here.

    Attributes:
        folder: the run or bundle it comes from.
        variant: architecture, size, precision, parameters, multiply-adds.
        model: the ONNX graph.
        accuracy: on the test part, 0 to 1.
        interval: of the accuracy; None: the predictions are not kept, or of too few groups.
        ece: on the test part; None: not known.
        frames: of the test part, by name; empty: not known.
        labels: that are told apart.
        predictions: for the test part; None: not kept.
        open_world: what is decided of what shows a label, and of what shows none; None: not known.
        decide_above: by label, the score from which it is decided.
    """

    folder: Path
    variant: Variant
    model: bytes
    accuracy: float | None
    interval: Interval | None
    ece: float | None
    frames: frozenset[str]
    labels: tuple[str, ...]
    predictions: Predictions | None
    open_world: OpenWorld | None = None
    decide_above: Mapping[str, float] = MappingProxyType({})


class Latency(Record):
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


class Row(Record):
    """One network.

    Attributes:
        name: of the run or variant.
        folder: where it is from.
        architecture: such as `mobilenet_v2`.
        alpha: width multiplier.
        height: rows of the input, in pixels.
        width: columns of the input, in pixels.
        precision: `fp32`, `fp16` or `int8`.
        accuracy: on the test part, 0 to 1; None: not measured.
        interval: of the accuracy; None: not known.
        ece: on the test part; None: not known.
        parameters: count of weights.
        macs: multiply-adds of one image.
        bytes: size of the ONNX file.
        latency: by runtime that takes the graph.
        open_world: what is decided of what shows a label, and of what shows none; None: not known.
    """

    name: str
    folder: str
    architecture: str
    alpha: float
    height: int
    width: int
    precision: str
    accuracy: float | None
    interval: Interval | None
    ece: float | None
    parameters: int
    macs: int
    bytes: int
    latency: dict[str, Latency]
    open_world: OpenWorld | None = None


class Comparison(Record):
    """A table of networks, the most accurate first.

    Attributes:
        rows: the networks.
        machine: processor, runtimes with versions, threads: where latency was measured.
        against: name of the network that the others are compared with; empty: none.
        differences: the others' figures minus its own, by name.
        notes: what a reader must know, a sentence each.
    """

    rows: tuple[Row, ...]
    machine: dict[str, str]
    against: str
    differences: dict[str, Differences]
    notes: tuple[str, ...]


def compare(
    entries: Sequence[Entry],
    against: str = '',
    threads: int = 1,
    rounds: int = ROUNDS,
    progress: Callable[[int], None] = lambda done: None,
) -> Comparison:
    """Compare networks; their latency is measured on every runtime that is installed here.

    Args:
        entries: one or more, of different names.
        against: name of the entry that the others are compared with, frame by frame.
        threads: CPU threads of one inference.
        rounds: of timing (see `measure_latencies`).
        progress: told the number of rounds done.

    Raises:
        TrainingError: the entries cannot be compared as asked for.
    """
    differences, notes = _differences(entries, against)
    measured, machine, more = _measure(entries, threads, rounds, progress)
    rows = [
        Row(
            **{name: getattr(entry.variant, name) for name in _OF_VARIANT},
            folder=str(entry.folder),
            accuracy=entry.accuracy,
            interval=entry.interval,
            ece=entry.ece,
            bytes=len(entry.model),
            latency={
                runtime: found[entry.variant.name]
                for runtime, (found, _) in measured.items()
                if entry.variant.name in found
            },
            open_world=entry.open_world,
        )
        for entry in entries
    ]
    rows.sort(key=lambda row: (-(row.accuracy or 0.0), row.macs, row.name))
    notes = [*_not_comparable(entries), *_other_unknown(entries), *notes, *more]
    return Comparison(tuple(rows), machine, against, differences, tuple(notes))


def measure_latencies(
    models: Mapping[str, bytes],
    runtime: runtimes.Runtime,
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
    sessions: dict[str, runtimes.Session] = {}
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


def _measure(
    entries: Sequence[Entry], threads: int, rounds: int, progress: Callable[[int], None]
) -> tuple[dict[str, Latencies], dict[str, str], list[str]]:
    models = {entry.variant.name: entry.model for entry in entries}
    measured: dict[str, Latencies] = {}
    notes, versions = [], []
    for name in runtimes.RUNTIMES:
        try:
            runtime = runtimes.create_runtime(name, runtimes.RuntimeSettings(threads=threads))
        except RuntimeUnavailableError:
            continue
        versions.append(f'{name} {runtime.version}')
        measured[name] = measure_latencies(models, runtime, rounds, progress)
        notes += [f'{name} does not run it: {why}' for why in measured[name].refused.values()]
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    # The measurement itself is one.
    if load > cores + 0.5:
        notes.append(
            f'the machine had more to do than it has cores ({load:.1f} on {cores}): latencies are '
            'too long; their order can be relied on, since all were measured in turn'
        )
    machine = {
        'processor': processor_name(),
        'runtimes': ', '.join(versions) or 'none is installed',
        'threads': str(threads),
        'load': f'{load:.1f} on {cores} cores',
    }
    return measured, machine, notes


def _differences(
    entries: Sequence[Entry], against: str
) -> tuple[dict[str, Differences], list[str]]:
    if not against:
        return {}, []
    known = {entry.variant.name: entry for entry in entries}
    if against not in known:
        raise TrainingError(f'there is no {against!r}: choose one of {", ".join(known)}')
    one = known.pop(against).predictions
    if one is None:
        raise TrainingError(
            f'the predictions of {against} are not kept: only a run itself can be compared with'
        )
    found, notes = {}, []
    for name, entry in known.items():
        if entry.predictions is None:
            notes.append(f'{name} keeps no predictions: no difference from {against}')
            continue
        try:
            found[name] = compare_models(entry.predictions, one)
        except TrainingError as error:
            notes.append(f'{name} and {against}: {error}')
    return found, notes


def _other_unknown(entries: Sequence[Entry]) -> list[str]:
    """Return who was shown other unknown frames than the first that was shown some."""
    counts = {
        entry.variant.name: {name: one.frames for name, one in entry.open_world.unknown.items()}
        for entry in entries
        if entry.open_world and entry.open_world.unknown
    }
    (first, shown), *others = counts.items() or (('', {}),)
    return [
        f'{name} and {first} were shown different unknown pictures: compare their false decisions '
        'source by source, or give the pictures by --unknown'
        for name, found in others
        if found != shown
    ]


def _not_comparable(entries: Sequence[Entry]) -> list[str]:
    first, *others = entries
    notes = []
    for entry in others:
        names = f'{entry.variant.name} and {first.variant.name}'
        if set(entry.labels) != set(first.labels):
            notes.append(f'{names} tell different labels apart: do not compare their accuracies')
        elif not (entry.frames and first.frames):
            notes.append(f'{names}: it is not known whether they were tested on the same frames')
        elif entry.frames != first.frames:
            notes.append(f'{names} were tested on different frames: compare with care')
    return notes
