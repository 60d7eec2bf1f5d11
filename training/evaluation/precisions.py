# SPDX-License-Identifier: Apache-2.0
"""The graphs of a run in other precisions, kept in its folder with their figures."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from mobilenet_perception.inference.bundle import Variant
from mobilenet_perception.system.files import write_atomically
from training.configuration.records import from_json, to_json
from training.errors import TrainingError
from training.evaluation.evaluation import Evaluation, Measured, stored_evaluation
from training.fit.run_folder import Run

# INT8 twice: TensorRT takes symmetric activations alone, and a CPU runs those slowest of all.
PRECISIONS = ('fp32', 'fp16', 'int8', 'int8_onnxruntime')


class Candidate(NamedTuple):
    """A graph that a bundle may take.

    Attributes:
        run: where it came from.
        variant: what it is.
        model: the ONNX graph.
        evaluation: of the run.
        sets: figures of this graph, by set of frames.
    """

    run: Run
    variant: Variant
    model: bytes
    evaluation: Evaluation
    sets: dict[str, Measured]


class PrecisionGraph(NamedTuple):
    """A graph of another precision.

    Attributes:
        model: ONNX.
        sets: figures, by set of frames.
    """

    model: bytes
    sets: dict[str, Measured]


def store(run: Run, precision: str, found: PrecisionGraph, record: dict[str, Any]) -> None:
    """Keep a graph, its figures, and how it was made (`record`, JSON values)."""
    write_atomically(run.folder / f'model.{precision}.onnx', found.model)
    value = {'sets': to_json(found.sets), 'made': record}
    run.write_json(f'{precision}.json', value)


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
    sets = json.loads(record.read_text())['sets']
    return PrecisionGraph(model.read_bytes(), from_json(dict[str, Measured], sets, str(record)))


def candidates_of(run: Run, precisions: Sequence[str]) -> list[Candidate]:
    """Return the graphs of an evaluated run, a precision each.

    Raises:
        TrainingError: the run is not evaluated, or not quantised to one of the precisions.
    """
    configuration, evaluation = run.configuration(), stored_evaluation(run)
    found = []
    for precision in precisions:
        if precision == 'fp32':
            model, sets, suffix = run.exported_file.read_bytes(), evaluation.sets, ''
        else:
            model, sets = stored(run, precision)
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
            accuracy=round(sets['test'].accuracy, 5),
            parameters=evaluation.parameters,
            macs=evaluation.macs,
            temperature=evaluation.temperature,
        )
        found.append(Candidate(run, variant, model, evaluation, sets))
    return found
