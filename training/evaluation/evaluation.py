# SPDX-License-Identifier: Apache-2.0
"""What an evaluation found, as a run folder keeps it.

What a bundle and a comparison need to know of one set of frames.
"""

import json
from typing import NamedTuple

from mobilenet_perception.inference.bundle import Decision
from training.configuration.records import from_json, to_json
from training.errors import TrainingError
from training.export import Parity
from training.fit.run_folder import Run


class Measured(NamedTuple):
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


_RECORD = 'evaluation.json'


class Evaluation(NamedTuple):
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
        outputs: the test part again, and each of its sources, with every output of the network
            told apart.
    """

    parameters: int
    macs: int
    temperature: float
    ece_before: float
    ece_after: float
    decision: Decision
    parity: Parity
    sets: dict[str, Measured]
    outputs: dict[str, Measured]


def store_evaluation(run: Run, evaluation: Evaluation) -> None:
    """Keep it in the run folder; last of what an evaluation writes: it says that all is there."""
    run.write_json(_RECORD, to_json(evaluation))


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
