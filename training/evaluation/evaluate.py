# SPDX-License-Identifier: Apache-2.0
"""Evaluate a trained network on what it never saw, as the runtime will run it; and quantise it.

The sets of frames on which a graph is measured are made here. INT8 is calibrated with real images
of the training part, and judged on the validation part.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mobilenet_perception.frames import Frame, crop_and_resize
from mobilenet_perception.inference.runtimes import Session, create_runtime
from mobilenet_perception.street import Drive, sidewalk_world
from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.tools.bundle.calibration import decision_thresholds, fit_temperature
from training.data.data_set import DataSet, Probabilities, Sample, Split
from training.data.scenes import MOST_WINDOWS, scene_samples
from training.errors import TrainingError
from training.evaluation.metrics.assessment import Assessment, assess
from training.evaluation.metrics.calibration import expected_calibration_error
from training.evaluation.metrics.classification import Metrics, measure
from training.evaluation.open_world import (
    UnknownFolders,
    cards_of_worst,
    judge,
    known_and_unknown,
    look,
    sight_samples,
)
from training.evaluation.predictions import Predictions, save_predictions
from training.evaluation.record import (
    Evaluation,
    PrecisionGraph,
    SetMetrics,
    store,
    store_evaluation,
    stored_evaluation,
)
from training.evaluation.report import UnknownScores, write_run_report
from training.evaluation.thresholds import (
    Decided,
    Promise,
    choose_thresholds,
    measure_decided,
)
from training.export import parity
from training.export.convert import export_onnx
from training.export.quantize.fine_tune import Batch, FineTuning
from training.export.quantize.fp16 import to_fp16
from training.export.quantize.int8 import Int8Settings, Quantized, quantize
from training.export.quantize.schemes import ONNX_RUNTIME, TENSORRT
from training.export.quantize.tensorrt_rules import check_tensorrt_rules
from training.fit.images import StageImages
from training.fit.network import label_indices, load_network, network_inputs
from training.fit.run_folder import Run, RunData
from training.images import composition
from training.networks.structure import multiply_adds, parameters

# What a robot's region of interest leaves around a signal, on average.
_WITH_MARGIN = composition.Placement(
    smallest=0.55, largest=0.8, rotation_degrees=3.0, perspective=0.02
)
_DRIVE_EVERY = 5
_STREET_SIGNALS = ('street_signals', 'streets')
_CALIBRATION_IMAGES = 1000
_NO_FOLDERS = UnknownFolders()
_SCHEMES = {'int8': TENSORRT, 'int8_onnxruntime': ONNX_RUNTIME}


class Int8Options(NamedTuple):
    """How to quantise.

    Attributes:
        largest_loss: of accuracy on the validation part, 0 to 1, above which INT8 is refused.
        steps: of fine-tuning; 0: none.
    """

    largest_loss: float = 0.005
    steps: int = 0


def evaluate(
    run: Run, data_set: DataSet, split: Split, unknown: UnknownFolders = _NO_FOLDERS
) -> Evaluation:
    """Calibrate on the validation part, export, and measure on the test part.

    Into the run folder go `model.onnx`, the predictions of each set, `metrics.json` with all
    figures, `report.html` with plots, and `evaluation.json` with what a bundle needs.

    Args:
        run: trained.
        data_set: what it was trained on.
        split: of the run.
        unknown: folders of what shows none of the labels.

    Raises:
        TrainingError: the run has no model yet, the graph differs from Keras, or a folder is not
            of unknown pictures.
    """
    configuration, data = run.configuration(), run.data()
    network = load_network(run)
    size = (configuration.height, configuration.width)
    merge = data.merge_matrix

    def logits_of(samples: Sequence[Sample]) -> Probabilities:
        images = network_inputs(samples, *size).astype(np.float32)
        return np.asarray(network.predict(images, batch_size=64, verbose=0), np.float32)

    validation = split.select(data_set.samples, 'validation')
    if not validation:
        raise TrainingError('there is no validation part to calibrate on: split the data again')
    logits, truth = logits_of(validation), _published_truth(validation, data)
    temperature = fit_temperature(logits, truth, merge)
    scores = parity.calibrated(logits, temperature, merge)
    model = export_onnx(network, temperature, merge)
    write_atomically(run.exported_file, model)
    session = create_runtime().load(model, configuration.name)
    seen = look(session, data.published, unknown)
    sets = evaluation_sets(configuration.data.reader, data_set, split)
    test_logits = logits_of(sets['test'])
    predicted = {name: _predict_set(session, samples, data) for name, samples in sets.items()}
    promise = _promise(session, data_set, split, data)
    assessments: dict[str, Assessment] = {}
    for name, predictions in predicted.items():
        save_predictions(run.predictions_file(name), predictions)
        uncalibrated = parity.calibrated(test_logits, 1.0, merge) if name == 'test' else None
        assessments[name] = assess(predictions, uncalibrated)
    fine = _by_output(parity.calibrated(test_logits, temperature), sets['test'], data.labels)
    decision = parity.Thresholds(*decision_thresholds(scores, truth))
    judged = judge(
        predicted['test'], sets['test'], _decide_above(promise, decision, data.published), seen
    )
    evaluation = Evaluation(
        parameters=parameters(network),
        macs=multiply_adds(network),
        temperature=temperature,
        ece_before=expected_calibration_error(parity.calibrated(logits, 1.0, merge), truth),
        ece_after=expected_calibration_error(scores, truth),
        decision=decision,
        promise=promise,
        decided=_decided(predicted, promise),
        parity=parity.compare_answers(
            parity.calibrated(test_logits, temperature, merge), predicted['test'].probabilities
        ),
        sets={name: _figures(found.metrics) for name, found in assessments.items()},
        outputs={name: _figures(found) for name, found in fine.items()},
        open_world=judged.found,
        unknown=unknown,
    )
    figures: dict[str, Any] = dict(assessments)
    if merge is not None:
        figures['outputs'] = fine
    shows = predicted['test'].shows_something()
    others = np.concatenate(
        [test_logits[~shows], logits_of(sight_samples(seen)) if seen else test_logits[:0]]
    )
    told: list[UnknownScores] = []
    if shows.any() and len(others):
        told = known_and_unknown(data, test_logits[shows], others, temperature, merge)
    figures['unknown'] = [one.detection for one in told]
    figures['open_world'] = judged.found
    run.write_json('metrics.json', figures)
    cards = cards_of_worst(judged, data.published, sets['test'], seen)
    write_run_report(
        run, predicted['test'], assessments['test'], sets['test'], told, judged.found, cards
    )
    store_evaluation(run, evaluation)
    return evaluation


def run_to_fp16(run: Run, data_set: DataSet, split: Split) -> PrecisionGraph:
    """Write `model.fp16.onnx` into the run folder, with its figures.

    Raises:
        TrainingError: the run is not evaluated.
    """
    found = _measured(run, 'fp16', to_fp16(_exported(run)), data_set, split)
    store(run, 'fp16', found, {'method': 'casts inside the graph'})
    return found


def run_to_int8(
    run: Run, data_set: DataSet, split: Split, settings: Int8Options, precision: str
) -> Quantized:
    """Write the graph into the run folder, with its figures and what each layer loses.

    Calibrated on images of the training part, judged on the validation part. Precision `int8` is
    for TensorRT, `int8_onnxruntime` for CPUs.

    Raises:
        TrainingError: the run is not evaluated, INT8 loses too much, or the graph breaks a rule
            of TensorRT.
    """
    configuration, data = run.configuration(), run.data()
    size = (configuration.height, configuration.width)
    train = split.select(data_set.samples, 'train')
    validation = split.select(data_set.samples, 'validation')
    found = quantize(
        _exported(run),
        network_inputs(_some(train), *size),
        network_inputs(validation, *size),
        _published_truth(validation, data),
        Int8Settings(
            scheme=_SCHEMES[precision],
            largest_loss=settings.largest_loss,
            fine_tuning=FineTuning(steps=settings.steps),
        ),
        _batches(run, data_set, train, settings.steps) if settings.steps else None,
    )
    if found.refused:
        raise TrainingError(f'{run.folder}: {found.refused}')
    broken = check_tensorrt_rules(found.model) if precision == 'int8' else []
    if broken:
        raise TrainingError(f'{run.folder}: {broken[0]}')
    store(run, precision, _measured(run, precision, found.model, data_set, split), found.to_json())
    return found


def evaluation_sets(reader: str, data_set: DataSet, split: Split) -> dict[str, list[Sample]]:
    """Return the sets by name.

    `test` is all that is held out, `test_<source>` that of each of several sources. For street
    signals, `test_with_margin` is the same as a robot's region of interest would show it, and
    `demo_drive` the clear frames of the drawn street of the demo.
    """
    test = split.select(data_set.samples, 'test')
    sets = {'test': test}
    sources = sorted({sample.source for sample in test})
    if len(sources) > 1:
        for source in sources:
            sets[f'test_{source}'] = [sample for sample in test if sample.source == source]
    if reader in _STREET_SIGNALS:
        sets['test_with_margin'] = with_margin(test)
        sets['demo_drive'] = drive_crops()
    return {name: samples for name, samples in sets.items() if samples}


def with_margin(samples: Sequence[Sample]) -> list[Sample]:
    """Return the photographs, each smaller on another background."""
    random = np.random.default_rng(0)
    corners = composition.photographed_backgrounds(samples)
    found = []
    for sample in samples:
        pixels = sample.pixels
        side = max(pixels.shape[:2]) * 3 // 2
        background = composition.random_background(side, side, corners, random)
        placed = composition.compose(
            composition.soft_cutout(pixels, 0.05), background, _WITH_MARGIN, random
        )
        found.append(sample._replace(image=placed))
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
        found.append(Sample(pixels, frame.truth, f'demo/{frame.truth}', 'demo', f'{index:04d}'))
    return found


def _predict_set(session: Session, samples: Sequence[Sample], data: RunData) -> Predictions:
    """Run labelled images through a runtime."""
    images = network_inputs(samples, session.height, session.width)
    return Predictions(
        data.published,
        parity.run_all(session, images),
        _published_truth(samples, data),
        tuple(sample.group for sample in samples),
        tuple(f'{sample.source}/{sample.name}' for sample in samples),
    )


def _promise(session: Session, data_set: DataSet, split: Split, data: RunData) -> Promise | None:
    """Choose the thresholds on what the robot runs: the validation part, and more of its scenes.

    Thresholds by label, chosen on few frames that show nothing, would promise too much: on
    others, about one frame more is decided falsely for each label (of 1,500, one in a hundred).
    """
    validation = split.select(data_set.samples, 'validation')
    scenes = [scene for scene in data_set.scenes if scene.group in split.validation]
    known = {(sample.source, sample.name) for sample in validation}
    validation += [
        window
        for window in scene_samples(scenes, MOST_WINDOWS)
        if (window.source, window.name) not in known
    ]
    sources = [sample.source for sample in validation]
    return choose_thresholds(_predict_set(session, validation, data), sources)


def _published_truth(samples: Sequence[Sample], data: RunData) -> Any:
    """Return (n,) int64 positions of the samples' labels among those that are published."""
    merged = [s._replace(label=data.merge.get(s.label, s.label)) for s in samples]
    return label_indices(merged, data.published)


def _figures(metrics: Metrics) -> SetMetrics:
    """Return what a bundle and a comparison need to know of the metrics of a set of frames."""
    return SetMetrics(metrics.frames, metrics.correct, metrics.accuracy, metrics.ece)


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


def _decide_above(
    promise: Promise | None, decision: parity.Thresholds, labels: Sequence[str]
) -> Mapping[str, float]:
    """Return the score from which each label is decided: where it has none, that of all."""
    return promise.decide_above if promise else dict.fromkeys(labels, decision.decide_above)


def _measured(
    run: Run, precision: str, model: bytes, data_set: DataSet, split: Split
) -> PrecisionGraph:
    configuration, data = run.configuration(), run.data()
    session = create_runtime().load(model, configuration.name)
    promise = _promise(session, data_set, split, data)
    sets, predicted = {}, {}
    for name, samples in evaluation_sets(configuration.data.reader, data_set, split).items():
        predicted[name] = predictions = _predict_set(session, samples, data)
        save_predictions(run.predictions_file(name, precision), predictions)
        found = measure(predictions.probabilities, predictions.truth, data.published)
        sets[name] = _figures(found)
    stored = stored_evaluation(run)
    folders = stored.unknown
    if not all(Path(path).is_dir() for path in folders.paths):
        folders = _NO_FOLDERS
    judged = judge(
        predicted['test'],
        split.select(data_set.samples, 'test'),
        _decide_above(promise, stored.decision, data.published),
        look(session, data.published, folders),
    )
    return PrecisionGraph(model, sets, promise, _decided(predicted, promise), judged.found)


def _decided(predicted: Mapping[str, Predictions], promise: Promise | None) -> dict[str, Decided]:
    if promise is None:
        return {}
    return {name: measure_decided(p, promise.decide_above) for name, p in predicted.items()}


def _exported(run: Run) -> bytes:
    if not run.exported_file.is_file():
        raise TrainingError(f'{run.folder} is not evaluated: run `evaluate {run.folder}` first')
    return run.exported_file.read_bytes()


def _some(samples: list[Sample]) -> list[Sample]:
    chosen = np.random.default_rng(0).permutation(len(samples))[:_CALIBRATION_IMAGES]
    return [samples[index] for index in sorted(chosen.tolist())]


def _batches(run: Run, data_set: DataSet, train: list[Sample], steps: int) -> Iterator[Batch]:
    configuration = run.configuration()
    images = StageImages(configuration, data_set, train, run.drives_folder)
    batches = images.batches(configuration.stages[-1])
    for step in range(steps):
        # Epochs beyond those of the training: images that it has not seen.
        batch = batches.batch(configuration.epochs, step)
        yield batch.images, batch.targets
