# SPDX-License-Identifier: Apache-2.0
"""INT8 by explicit Q/DQ: calibrate, fine-tune where asked to, measure, and refuse what loses."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from onnx import ModelProto, NodeProto

from training.configuration.records import Record, to_json
from training.data.data_set import Indices, Pixels, Probabilities
from training.export.graph import GraphView, channel_axis, load
from training.export.quantize import calibration
from training.export.quantize.fine_tune import Batch, FineTuning, fine_tune
from training.export.quantize.qdq import insert_qdq
from training.export.quantize.schemes import METHODS, TENSORRT, Range, Scheme

_SENSITIVITY_IMAGES = 100


class Int8Settings(NamedTuple):
    """How to quantise.

    Attributes:
        scheme: of the runtime that the graph is for.
        methods: of calibration, to choose from.
        keep_float: names of layers that stay in float.
        most_float: how many more may stay in float, the most sensitive first, if too much is lost.
        largest_loss: of accuracy on the validation images, 0 to 1, above which INT8 is refused.
        fine_tuning: how to fine-tune, when there are batches to do so.
    """

    scheme: Scheme = TENSORRT
    methods: tuple[str, ...] = METHODS
    keep_float: tuple[str, ...] = ()
    most_float: int = 3
    largest_loss: float = 0.005
    fine_tuning: FineTuning = FineTuning()


DEFAULT = Int8Settings()


class LayerSensitivity(Record):
    """What quantising one layer does to the answers, all others in float.

    Attributes:
        layer: name of its node, for `keep_float`.
        kind: what it is, such as `Conv 3x3 depthwise`.
        channels: of its output.
        agreement: share of images with the same label on top as in float, 0 to 1.
        divergence: mean Kullback-Leibler divergence from the answers in float, in nats.
    """

    layer: str
    kind: str
    channels: int
    agreement: float
    divergence: float


class Quantized(NamedTuple):
    """A graph in INT8 and what that cost.

    Attributes:
        model: the ONNX graph.
        scheme: the runtime that it is for.
        method: how activations were calibrated, and whether weights were fine-tuned.
        trials: the methods tried, best first.
        calibration_images: how many real images found the ranges.
        validation_images: how many others measured the loss.
        accuracy_before: of the float graph on the validation images, 0 to 1.
        accuracy_after: of this graph.
        agreement: share of validation images with the same label on top in both.
        sensitivity: of each layer alone, the worst first.
        keep_float: names of layers that stay in float.
        refused: why it must not be used, in one sentence; None: it may.
    """

    model: bytes
    scheme: str
    method: str
    trials: tuple[calibration.Trial, ...]
    calibration_images: int
    validation_images: int
    accuracy_before: float
    accuracy_after: float
    agreement: float
    sensitivity: tuple[LayerSensitivity, ...]
    keep_float: tuple[str, ...]
    refused: str | None

    def to_json(self) -> dict[str, Any]:
        """Return JSON values of everything but the graph."""
        return {name: to_json(each) for name, each in self._asdict().items() if name != 'model'}


def to_int8(
    model: bytes,
    images: Pixels,
    scheme: Scheme = TENSORRT,
    methods: tuple[str, ...] = METHODS,
    keep_float: Collection[str] = (),
) -> bytes:
    """Return a graph of `export_onnx` in INT8, calibrated and no more.

    Args:
        model: in float.
        images: (n, height, width, 3) uint8 RGB like those of operation; 500 at least.
        scheme: of the runtime that the graph is for.
        methods: of calibration, to choose from.
        keep_float: names of layers that stay in float.

    Raises:
        TrainingError: too few images or of another size, or an unknown method or layer.
    """
    found = calibration.calibrate(load(model), images, scheme, methods, keep_float)
    return _graph(found, scheme, keep_float)


def quantize(
    model: bytes,
    images: Pixels,
    validation: Pixels,
    truth: Indices,
    settings: Int8Settings = DEFAULT,
    batches: Iterable[Batch] | None = None,
) -> Quantized:
    """Return a graph in INT8, with what it loses against float.

    Args:
        model: of `export_onnx`.
        images: (n, height, width, 3) uint8 RGB to calibrate with, of the training part; 500
            at least.
        validation: (m, height, width, 3) uint8 RGB of the validation part.
        truth: (m,) positions of their labels.
        settings: how to quantise.
        batches: training batches to fine-tune with; see `fine_tune`. None: no fine-tuning.

    Raises:
        TrainingError: too few images or of another size, an unknown method or layer, or
            fine-tuning went wrong.
    """
    scheme, keep_float = settings.scheme, settings.keep_float
    found = calibration.calibrate(load(model), images, scheme, settings.methods, keep_float)
    if batches is not None:
        found = _fine_tuned(model, images, found, settings, batches)
    before = calibration.probabilities(model, scheme, validation)
    accuracy = _accuracy(before, truth)
    rows = _sensitivity(model, images, found, scheme)
    graph = _graph(found, scheme, keep_float)
    after = calibration.probabilities(graph, scheme, validation)
    for row in rows[: settings.most_float]:
        if accuracy - _accuracy(after, truth) <= settings.largest_loss:
            break
        keep_float = (*keep_float, row.layer)
        graph = _graph(found, scheme, keep_float)
        after = calibration.probabilities(graph, scheme, validation)
    return Quantized(
        model=graph,
        scheme=scheme.name,
        method=found.method,
        trials=found.trials,
        calibration_images=len(images),
        validation_images=len(validation),
        accuracy_before=accuracy,
        accuracy_after=_accuracy(after, truth),
        agreement=calibration.agreement(before, after),
        sensitivity=rows,
        keep_float=keep_float,
        refused=_refusal(accuracy, _accuracy(after, truth), settings.largest_loss),
    )


def sensitivity(
    model: ModelProto,
    images: Pixels,
    reference: Probabilities,
    scheme: Scheme,
    ranges: Mapping[str, Range],
) -> tuple[LayerSensitivity, ...]:
    """Quantise one layer after another, each alone; the layer that loses most comes first.

    Args:
        model: in float.
        images: (n, height, width, 3) uint8 RGB.
        reference: (n, labels) answers of the model in float.
        scheme: of the runtime.
        ranges: of all activations.
    """
    view = GraphView(model)
    layers = view.weighted()
    rows = []
    for layer in layers:
        others = {node.name for node in layers} - {layer.name}
        quantized = insert_qdq(model, scheme, ranges, others, between=False)
        found = calibration.probabilities(quantized.SerializeToString(), scheme, images)
        rows.append(
            LayerSensitivity(
                layer.name,
                _kind(layer),
                view.constants[layer.input[1]].shape[channel_axis(layer)],
                calibration.agreement(reference, found),
                calibration.divergence(reference, found),
            )
        )
    return tuple(sorted(rows, key=lambda row: -row.divergence))


def _fine_tuned(
    model: bytes,
    images: Pixels,
    found: calibration.Calibration,
    settings: Int8Settings,
    batches: Iterable[Batch],
) -> calibration.Calibration:
    """Return the fine-tuned graph if it answers more like the one in float."""
    scheme = settings.scheme
    learned = fine_tune(
        found.model, batches, scheme, found.ranges, settings.fine_tuning, settings.keep_float
    )
    tuned = found._replace(model=learned, method=f'{found.method}, fine-tuned')
    judged = calibration.judges(images)
    reference = calibration.probabilities(model, scheme, judged)
    losses = [
        calibration.divergence(
            reference,
            calibration.probabilities(_graph(each, scheme, settings.keep_float), scheme, judged),
        )
        for each in (found, tuned)
    ]
    return tuned if losses[1] < losses[0] else found


def _sensitivity(
    model: bytes, images: Pixels, found: calibration.Calibration, scheme: Scheme
) -> tuple[LayerSensitivity, ...]:
    judged = calibration.judges(images)[:_SENSITIVITY_IMAGES]
    reference = calibration.probabilities(found.model.SerializeToString(), scheme, judged)
    return sensitivity(found.model, judged, reference, scheme, found.ranges)


def _graph(found: calibration.Calibration, scheme: Scheme, keep_float: Collection[str]) -> bytes:
    quantized = insert_qdq(found.model, scheme, found.ranges, keep_float)
    content: bytes = quantized.SerializeToString(deterministic=True)
    return content


def _accuracy(scores: Probabilities, truth: Indices) -> float:
    return float((scores.argmax(axis=1) == truth).mean())


def _refusal(before: float, after: float, largest_loss: float) -> str | None:
    if before - after <= largest_loss:
        return None
    return (
        f'INT8 loses {100 * (before - after):.2f} points of accuracy ({100 * before:.2f} to '
        f'{100 * after:.2f} %), and {100 * largest_loss:g} are allowed: fine-tune longer, or keep '
        'more layers in float'
    )


def _kind(node: NodeProto) -> str:
    attributes = {attribute.name: attribute for attribute in node.attribute}
    if 'kernel_shape' not in attributes:
        return node.op_type
    kernel = 'x'.join(str(size) for size in attributes['kernel_shape'].ints)
    depthwise = ' depthwise' if attributes['group'].i > 1 else ''
    return f'{node.op_type} {kernel}{depthwise}'
