# SPDX-License-Identifier: Apache-2.0
"""Evaluate a trained network on what it never saw, as the runtime will run it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mobilenet_perception.inference.runtimes import Session, create_runtime
from mobilenet_perception.system.files import write_atomically
from training.data.arrays import Logits, Probabilities
from training.data.data_set import DataSet, Merge, merge_matrix
from training.data.sample import Sample
from training.data.splits import Split
from training.errors import TrainingError
from training.evaluation.evaluation import Evaluation, Measured, store_evaluation
from training.evaluation.metrics import (
    Assessment,
    Metrics,
    assess,
    expected_calibration_error,
    measure,
)
from training.evaluation.predictions import Predictions, save_predictions
from training.evaluation.report import Scored, write_run_report
from training.evaluation.sets import evaluation_sets
from training.evaluation.unknown import energy, max_probability, measure_detection
from training.export import compare_answers, export_onnx
from training.export.parity import run_all
from training.export.temperature import calibrated, decision_thresholds, fit_temperature
from training.fit.network import label_indices, load_network, network_inputs
from training.fit.run_folder import Run, RunData
from training.networks.complexity import multiply_adds, parameters


def evaluate(
    run: Run, data_set: DataSet, split: Split, unknown: Sequence[Sample] = ()
) -> Evaluation:
    """Calibrate on the validation part, export, and measure on the test part.

    Into the run folder go `model.onnx`, the predictions of each set, `metrics.json` with all
    figures, `report.html` with plots, and `evaluation.json` with what a bundle needs.

    Args:
        run: trained.
        data_set: what it was trained on.
        split: of the run.
        unknown: images that show none of the labels.

    Raises:
        TrainingError: the run has no model yet, or the graph differs from Keras.
    """
    configuration, data = run.configuration(), run.data()
    network = load_network(run)
    size = (configuration.height, configuration.width)
    merge = merge_matrix(data.labels, data.merge)

    def logits_of(samples: Sequence[Sample]) -> Probabilities:
        images = network_inputs(samples, *size).astype(np.float32)
        return np.asarray(network.predict(images, batch_size=64, verbose=0), np.float32)

    validation = split.select(data_set.samples, 'validation')
    if not validation:
        raise TrainingError('there is no validation part to calibrate on: split the data again')
    logits, truth = logits_of(validation), published_truth(validation, data)
    temperature = fit_temperature(logits, truth, merge)
    scores = calibrated(logits, temperature, merge)
    model = export_onnx(network, temperature, merge)
    write_atomically(run.exported_file, model)
    session = create_runtime().load(model, configuration.name)
    sets = evaluation_sets(configuration.data.reader, data_set, split)
    test_logits = logits_of(sets['test'])
    predicted = {name: predict_set(session, samples, data) for name, samples in sets.items()}
    assessments: dict[str, Assessment] = {}
    for name, predictions in predicted.items():
        save_predictions(run.predictions_file(name), predictions)
        uncalibrated = calibrated(test_logits, 1.0, merge) if name == 'test' else None
        assessments[name] = assess(predictions, uncalibrated)
    fine = _by_output(calibrated(test_logits, temperature), sets['test'], data.labels)
    evaluation = Evaluation(
        parameters=parameters(network),
        macs=multiply_adds(network),
        temperature=temperature,
        ece_before=expected_calibration_error(calibrated(logits, 1.0, merge), truth),
        ece_after=expected_calibration_error(scores, truth),
        decision=decision_thresholds(scores, truth),
        parity=compare_answers(
            calibrated(test_logits, temperature, merge), predicted['test'].probabilities
        ),
        sets={
            name: Measured(*found.metrics[:3], found.metrics.ece)
            for name, found in assessments.items()
        },
        outputs={name: Measured(*found[:3], found.ece) for name, found in fine.items()},
    )
    figures: dict[str, Any] = {name: found.to_json() for name, found in assessments.items()}
    if merge is not None:
        figures['outputs'] = {name: found.to_json() for name, found in fine.items()}
    scored = _scored(test_logits, logits_of(unknown), temperature, merge) if unknown else []
    figures['unknown'] = [one.detection.to_json() for one in scored]
    run.write_json('metrics.json', figures)
    write_run_report(run, predicted['test'], assessments['test'], sets['test'], scored)
    store_evaluation(run, evaluation)
    return evaluation


def _by_output(
    scores: Probabilities, samples: Sequence[Sample], labels: tuple[str, ...]
) -> dict[str, Metrics]:
    truth = label_indices(samples, labels)
    sources = np.array([sample.source for sample in samples])
    found = {'test': measure(scores, truth, labels)}
    if len(set(sources)) > 1:
        for source in sorted(set(sources)):
            rows = sources == source
            found[f'test_{source}'] = measure(scores[rows], truth[rows], labels)
    return found


def predict_set(session: Session, samples: Sequence[Sample], data: RunData) -> Predictions:
    """Run labelled images through the runtime."""
    images = network_inputs(samples, session.height, session.width)
    return Predictions(
        data.published,
        run_all(session, images),
        published_truth(samples, data),
        tuple(sample.group for sample in samples),
        tuple(f'{sample.source}/{sample.name}' for sample in samples),
    )


def published_truth(samples: Sequence[Sample], data: RunData) -> Any:
    """Return (n,) int64 positions of the samples' labels among those that are published."""
    merged = [s._replace(label=data.merge.get(s.label, s.label)) for s in samples]
    return label_indices(merged, data.published)


def _scored(
    known: Logits, unknown: Logits, temperature: float, merge: Merge | None
) -> list[Scored]:
    """Measure both scores on (k, outputs) logits of known and (u, outputs) of unknown images."""
    scores = {
        'max_probability': [
            max_probability(calibrated(x, temperature, merge)) for x in (known, unknown)
        ],
        'energy': [energy(x, temperature) for x in (known, unknown)],
    }
    return [
        Scored(ours, others, measure_detection(name, ours, others))
        for name, (ours, others) in scores.items()
    ]
