# SPDX-License-Identifier: Apache-2.0
"""The graphs of a run in other precisions, kept in its folder with their figures."""

import json
from typing import Any, NamedTuple

from mobilenet_perception.files import write_atomically
from training.errors import TrainingError
from training.measured import Measured
from training.records import from_json, to_json
from training.run_folder import Run

# INT8 twice: TensorRT takes symmetric activations alone, and a CPU runs those slowest of all.
PRECISIONS = ('fp32', 'fp16', 'int8', 'int8_onnxruntime')


class Precise(NamedTuple):
    """A graph of another precision.

    Attributes:
        model: ONNX.
        sets: figures, by set of frames.
    """

    model: bytes
    sets: dict[str, Measured]


def store(run: Run, precision: str, found: Precise, record: dict[str, Any]) -> None:
    """Keep a graph, its figures, and how it was made (`record`, JSON values)."""
    write_atomically(run.folder / f'model.{precision}.onnx', found.model)
    value = {'sets': to_json(found.sets), 'made': record}
    run.write_json(f'{precision}.json', value)


def stored(run: Run, precision: str) -> Precise:
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
    return Precise(model.read_bytes(), from_json(dict[str, Measured], sets, str(record)))
