# SPDX-License-Identifier: Apache-2.0
"""Evaluate a trained network on what it never saw, as the runtime will run it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from mobilenet_perception.bundle import Decision
from mobilenet_perception.frames import Frame, crop_and_resize
from mobilenet_perception.runtimes import Session, create_runtime
from mobilenet_perception.simulation import Drive, sidewalk_world
from training.augmentation.compose import Placement, compose, soft_cutout
from training.calibrate import calibrated, decision_thresholds, fit_temperature
from training.configuration import Configuration
from training.data.backgrounds import photographed_backgrounds, random_background
from training.data.sample import Sample
from training.data.splits import Split
from training.export import Parity, check_parity, export_onnx
from training.export.parity import run_all
from training.fit import label_indices, load_network, network_inputs
from training.metrics import Metrics, expected_calibration_error, measure
from training.run_folder import Run

# What a robot's region of interest leaves around a signal, on average.
_WITH_MARGIN = Placement(smallest=0.55, largest=0.8, rotation_degrees=3.0, perspective=0.02)
_DRIVE_EVERY = 5


class Evaluation(NamedTuple):
    """A network ready for a bundle, and how good it is.

    Attributes:
        model: the ONNX graph.
        temperature: that is inside it.
        ece_before: on the validation part, without the temperature.
        ece_after: on the validation part, with it.
        decision: thresholds.
        parity: of the graph with Keras, on held-out photographs.
        metrics: by set of frames.
    """

    model: bytes
    temperature: float
    ece_before: float
    ece_after: float
    decision: Decision
    parity: Parity
    metrics: dict[str, Metrics]

    def to_json(self) -> dict[str, Any]:
        """Return JSON values of everything but the graph."""
        value = self._asdict()
        del value['model']
        metrics = {name: found.to_json() for name, found in self.metrics.items()}
        records = {'decision': self.decision._asdict(), 'parity': self.parity._asdict()}
        return {**value, **records, 'metrics': metrics}


def evaluate(
    run: Run, configuration: Configuration, samples: Sequence[Sample], split: Split
) -> Evaluation:
    """Calibrate on the validation part, export, and measure on the test part.

    Raises:
        TrainingError: the run has no model yet, or the graph differs from Keras.
    """
    network = load_network(run)
    size = (configuration.height, configuration.width)
    validation = split.select(samples, 'validation')
    truth = label_indices(validation, configuration.labels)
    images = network_inputs(validation, *size).astype(np.float32)
    logits = network.predict(images, batch_size=64, verbose=0)
    temperature = fit_temperature(logits, truth)
    scores = calibrated(logits, temperature)
    model = export_onnx(network, temperature)
    session = create_runtime().load(model, configuration.name)
    test = split.select(samples, 'test')
    evaluation = Evaluation(
        model=model,
        temperature=temperature,
        ece_before=expected_calibration_error(calibrated(logits, 1.0), truth),
        ece_after=expected_calibration_error(scores, truth),
        decision=decision_thresholds(scores, truth),
        parity=check_parity(network, temperature, session, network_inputs(test, *size)),
        metrics={
            name: measure_frames(session, frames, configuration.labels)
            for name, frames in evaluation_sets(samples, split).items()
            if frames
        },
    )
    run.write_json('metrics.json', evaluation.to_json())
    return evaluation


def evaluation_sets(samples: Sequence[Sample], split: Split) -> dict[str, list[Sample]]:
    """Return the sets of frames to measure, none of which was trained on.

    `test` is all held-out photographs, also by source; `test_with_margin` the same as a
    robot's region of interest would show them; `demo_drive` the clear frames of the drawn street
    of the demo.
    """
    test = split.select(samples, 'test')
    by_source = {source: [s for s in test if s.source == source] for source in _sources(test)}
    return {
        'test': test,
        **{f'test_{source}': found for source, found in by_source.items()},
        'test_with_margin': with_margin(test),
        'demo_drive': drive_crops(),
    }


def with_margin(samples: Sequence[Sample]) -> list[Sample]:
    """Return the photographs, each smaller on another background."""
    random = np.random.default_rng(0)
    corners = photographed_backgrounds(samples)
    found = []
    for sample in samples:
        side = max(sample.pixels.shape[:2]) * 3 // 2
        background = random_background(side, side, corners, random)
        cutout = soft_cutout(sample.pixels, 0.05)
        found.append(sample._replace(pixels=compose(cutout, background, _WITH_MARGIN, random)))
    return found


def drive_crops() -> list[Sample]:
    """Return regions of interest of the demo's drive that show their signal clearly."""
    drive = Drive(sidewalk_world())
    found = []
    for index in range(0, len(drive), _DRIVE_EVERY):
        if not drive.truth(index).clear:
            continue
        frame = drive.frame(index)
        height, width = frame.roi.height, frame.roi.width
        pixels = crop_and_resize(Frame(frame.image, 'rgb'), height, width, frame.roi)
        name = f'{index:04d}'
        found.append(Sample(pixels, frame.truth, 'demo', frame.truth, 'demo_drive', name))
    return found


def measure_frames(session: Session, frames: Sequence[Sample], labels: tuple[str, ...]) -> Metrics:
    """Run frames through the runtime and compare with their labels."""
    images = network_inputs(frames, session.height, session.width)
    return measure(run_all(session, images), label_indices(frames, labels), labels)


def _sources(samples: Sequence[Sample]) -> list[str]:
    return sorted({sample.source for sample in samples})
