# SPDX-License-Identifier: Apache-2.0
"""What an evaluation found, as a run folder keeps it: figures, and the graph of each precision."""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from mobilenet_perception.inference.bundle import Variant
from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.tools.bundle.open_world import OpenWorld
from training.configuration.records import Record, from_json
from training.errors import TrainingError
from training.evaluation.open_world import UnknownFolders
from training.evaluation.thresholds import Decided, Promise
from training.export.parity import Parity, Thresholds
from training.fit.run_folder import Run

_RECORD = 'evaluation.json'


class SetMetrics(Record):
    """Figures of one set of frames.

    Attributes:
        frames: how many.
        correct: of them, how many got the right label.
        accuracy: their share, 0 to 1.
        ece: expected calibration error, 0 to 1.
    """

    frames: int
    correct: int
    accuracy: float
    ece: float


class Evaluation(Record):
    """How good a network is, what it costs, and how it must be exported.

    Attributes:
        parameters: count of weights.
        macs: multiply-adds of one image.
        temperature: what logits are divided by.
        ece_before: on the validation part, without the temperature.
        ece_after: on the validation part, with it.
        decision: thresholds.
        parity: of the exported graph with Keras, on held-out images.
        sets: by set of frames, with the labels that are published.
        promise: thresholds by label, and what they rest on; None: no frame shows none of the
            labels.
        decided: what they make of each set of frames.
        outputs: the test part again, and each of its sources, with every output of the network
            told apart.
        open_world: what is made of what shows none of the labels, by source; None: an evaluation
            of before did not look.
        unknown: folders that were looked at, beside the test part.
    """

    parameters: int
    macs: int
    temperature: float
    ece_before: float
    ece_after: float
    decision: Thresholds
    parity: Parity
    sets: dict[str, SetMetrics]
    outputs: dict[str, SetMetrics]
    promise: Promise | None = None
    decided: Mapping[str, Decided] = MappingProxyType({})
    open_world: OpenWorld | None = None
    unknown: UnknownFolders = UnknownFolders()


class PrecisionGraph(NamedTuple):
    """A graph of another precision.

    Attributes:
        model: ONNX.
        sets: figures, by set of frames.
        promise: thresholds by label, chosen for this graph; see `Evaluation`.
        decided: what they make of each set of frames.
        open_world: see `Evaluation`.
    """

    model: bytes
    sets: dict[str, SetMetrics]
    promise: Promise | None = None
    decided: Mapping[str, Decided] = MappingProxyType({})
    open_world: OpenWorld | None = None


class Candidate(NamedTuple):
    """A graph that a bundle may take.

    Attributes:
        run: where it came from.
        variant: what it is.
        model: the ONNX graph.
        evaluation: of the run.
        sets: figures of this graph, by set of frames.
        decided: what its thresholds make of each set of frames.
        open_world: what is made of what shows none of the labels; None: see `Evaluation`.
    """

    run: Run
    variant: Variant
    model: bytes
    evaluation: Evaluation
    sets: dict[str, SetMetrics]
    decided: Mapping[str, Decided]
    open_world: OpenWorld | None = None


def store_evaluation(run: Run, evaluation: Evaluation) -> None:
    """Keep it in the run folder; last of what an evaluation writes: it says that all is there."""
    run.write_json(_RECORD, evaluation)


def stored_evaluation(run: Run) -> Evaluation:
    """Return what `store_evaluation` kept.

    Raises:
        TrainingError: the run is not evaluated, or was trained further since.
    """
    record = run.folder / _RECORD
    files = (run.model_file, run.exported_file, record)
    if not all(file.is_file() for file in files):
        raise TrainingError(f'{run.folder} is not evaluated: run `evaluate {run.folder}` first')
    if record.stat().st_mtime_ns < run.model_file.stat().st_mtime_ns:
        raise TrainingError(f'{run.folder} was trained since: run `evaluate {run.folder}` again')
    return from_json(Evaluation, json.loads(record.read_text()), str(record))


def store(run: Run, precision: str, found: PrecisionGraph, record: dict[str, Any]) -> None:
    """Keep a graph, its figures, and how it was made (`record`, JSON values)."""
    write_atomically(run.folder / f'model.{precision}.onnx', found.model)
    kept = {name: value for name, value in found._asdict().items() if name != 'model'}
    run.write_json(f'{precision}.json', {**kept, 'made': record})


def stored(run: Run, precision: str) -> PrecisionGraph:
    """Return what `store` kept.

    Raises:
        TrainingError: there is nothing of this precision, or it is older than the run's graph.
    """
    model, record = run.folder / f'model.{precision}.onnx', run.folder / f'{precision}.json'
    if not (model.is_file() and record.is_file()):
        raise TrainingError(
            f'{run.folder} has no {precision} graph: run `quantize {run.folder}` first'
        )
    if model.stat().st_mtime_ns < run.model_file.stat().st_mtime_ns:
        raise TrainingError(f'{run.folder} was trained since: run `quantize {run.folder}` again')
    kept, where = json.loads(record.read_text()), str(record)
    return PrecisionGraph(
        model.read_bytes(),
        from_json(dict[str, SetMetrics], kept['sets'], where),
        from_json(Promise, kept['promise'], where) if kept.get('promise') else None,
        from_json(dict[str, Decided], kept.get('decided', {}), where),
        from_json(OpenWorld | None, kept.get('open_world'), where),  # type: ignore[arg-type]
    )


def candidates_of(run: Run, precisions: Sequence[str]) -> list[Candidate]:
    """Return the graphs of an evaluated run, a precision each.

    Raises:
        TrainingError: the run is not evaluated, or not quantised to one of the precisions.
    """
    configuration, evaluation = run.configuration(), stored_evaluation(run)
    found = []
    for precision in precisions:
        if precision == 'fp32':
            graph = PrecisionGraph(
                run.exported_file.read_bytes(),
                evaluation.sets,
                evaluation.promise,
                evaluation.decided,
                evaluation.open_world,
            )
            suffix = ''
        else:
            graph = stored(run, precision)
            suffix = f'_{precision}'
        name = configuration.name + suffix
        variant = Variant(
            name=name,
            file=f'{name}.onnx',
            architecture=configuration.network.architecture,
            alpha=configuration.network.alpha,
            height=configuration.height,
            width=configuration.width,
            precision=precision,
            accuracy=round(graph.sets['test'].accuracy, 5),
            parameters=evaluation.parameters,
            macs=evaluation.macs,
            temperature=evaluation.temperature,
            decide_above=graph.promise.decide_above if graph.promise else {},
        )
        figures = (graph.sets, graph.decided, graph.open_world)
        found.append(Candidate(run, variant, graph.model, evaluation, *figures))
    return found
