# SPDX-License-Identifier: Apache-2.0
"""Quantise an evaluated run: real images to calibrate with, figures on what was held out."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mobilenet_perception.inference.runtimes import create_runtime
from training.data.data_set import DataSet, Sample, Split
from training.errors import TrainingError
from training.evaluation.evaluate import evaluation_sets, measured, predict_set, published_truth
from training.evaluation.evaluation import PrecisionGraph, store
from training.evaluation.metrics.classification import measure
from training.evaluation.predictions import save_predictions
from training.export.quantize.fine_tune import Batch, FineTuning
from training.export.quantize.fp16 import to_fp16
from training.export.quantize.int8 import Int8Settings, Quantized, quantize
from training.export.quantize.scheme import ONNX_RUNTIME, TENSORRT
from training.export.quantize.tensorrt_rules import check_tensorrt_rules
from training.fit.images import StageImages
from training.fit.network import network_inputs
from training.fit.run_folder import Run

_CALIBRATION_IMAGES = 1000
_SCHEMES = {'int8': TENSORRT, 'int8_onnxruntime': ONNX_RUNTIME}


class ToInt8(NamedTuple):
    """How to quantise.

    Attributes:
        largest_loss: of accuracy on the validation part, 0 to 1, above which INT8 is refused.
        steps: of fine-tuning; 0: none.
    """

    largest_loss: float = 0.005
    steps: int = 0


def run_to_fp16(run: Run, data_set: DataSet, split: Split) -> PrecisionGraph:
    """Write `model.fp16.onnx` into the run folder, with its figures.

    Raises:
        TrainingError: the run is not evaluated.
    """
    found = _measured(run, 'fp16', to_fp16(_exported(run)), data_set, split)
    store(run, 'fp16', found, {'method': 'casts inside the graph'})
    return found


def run_to_int8(
    run: Run, data_set: DataSet, split: Split, settings: ToInt8, precision: str
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
        published_truth(validation, data),
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


def _measured(
    run: Run, precision: str, model: bytes, data_set: DataSet, split: Split
) -> PrecisionGraph:
    configuration, data = run.configuration(), run.data()
    session = create_runtime().load(model, configuration.name)
    sets = {}
    for name, samples in evaluation_sets(configuration.data.reader, data_set, split).items():
        predictions = predict_set(session, samples, data)
        save_predictions(run.predictions_file(name, precision), predictions)
        found = measure(predictions.probabilities, predictions.truth, data.published)
        sets[name] = measured(found)
    return PrecisionGraph(model, sets)
