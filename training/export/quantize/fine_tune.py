# SPDX-License-Identifier: Apache-2.0
"""Short quantisation-aware fine-tuning: the network learns to answer as it did in float.

Jacob et al.: Quantization and training of neural networks for efficient integer-arithmetic-only
inference. CVPR 2018, section 3; Krishnamoorthi: Quantizing deep convolutional networks for
efficient inference. 2018, section 3.2 (frozen batch norms); Nagel et al.: A white paper on neural
network quantization. 2021, section 4. The teacher is the network itself before (as in Mishra and
Marr: Apprentice. ICLR 2018), so that labels are not needed.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from onnx import ModelProto, NodeProto, helper

from mobilenet_perception.tools.bundle.onnx_graph import give_constant
from training.data.data_set import Pixels, Targets
from training.errors import TrainingError
from training.export import graph
from training.export.quantize.qdq import quantization_points
from training.export.quantize.schemes import Range, Scheme

Batch = tuple[Pixels, Targets]
Operator = Callable[..., Any]


class FineTuning(NamedTuple):
    """How to fine-tune.

    Attributes:
        steps: batches to learn from.
        learning_rate: of Adam at the start; it falls to 0 as a cosine.
        label_share: 0 to 1, what labels count for; the rest is the network's own answers.
    """

    steps: int = 300
    learning_rate: float = 1e-4
    label_share: float = 0.0


DEFAULT = FineTuning()


def fine_tune(
    model: ModelProto,
    batches: Iterable[Batch],
    scheme: Scheme,
    ranges: dict[str, Range],
    settings: FineTuning = DEFAULT,
    keep_float: tuple[str, ...] = (),
    verbose: bool = True,
) -> ModelProto:
    """Return the model with weights that bear quantisation with these ranges.

    Args:
        model: of `export_onnx`, batch norms folded.
        batches: (batch, height, width, 3) uint8 RGB and (batch, outputs) float32 one-hot targets,
            as in training; the outputs are those before a merge.
        scheme: of the runtime.
        ranges: of the activations, which stay.
        settings: how long and how fast.
        keep_float: names of nodes that stay in float.
        verbose: whether a progress bar is shown.

    Raises:
        TrainingError: the batches end too soon, labels count and do not fit the outputs, or the
            loss is no number.
    """
    teacher = FakeQuantized(model)
    student = FakeQuantized(model, scheme, ranges, keep_float)
    rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, settings.steps)
    student.compile(keras.optimizers.Adam(rate), keras.losses.KLDivergence(), jit_compile=False)
    bar = keras.utils.Progbar(settings.steps, verbose=1 if verbose else 0)
    done = 0
    for images, labels in batches:
        pixels = np.asarray(images, np.float32)
        answers = teacher.predict_on_batch(pixels)
        targets = _blend(answers, labels, settings.label_share)
        loss = _number(student.train_on_batch(pixels, targets))
        done += 1
        bar.update(done, [('loss', loss)])
        if not np.isfinite(loss):
            raise TrainingError(
                f'fine-tuning for INT8 diverged at step {done}: lower its learning rate, now '
                f'{settings.learning_rate:g}'
            )
        if done == settings.steps:
            return student.learned(model)
    raise TrainingError(
        f'fine-tuning for INT8 needs {settings.steps} batches and got {done}: give more, or fewer '
        'steps'
    )


class FakeQuantized(keras.Model):  # type: ignore[misc]
    """The graph up to and with its softmax, batch norms folded, for batches of any size.

    With a scheme, weights and activations pass through the integers that the graph will have,
    and gradients pass by them (straight-through); without one, all is float.
    """

    def __init__(
        self,
        model: ModelProto,
        scheme: Scheme | None = None,
        ranges: Mapping[str, Range] | None = None,
        keep_float: tuple[str, ...] = (),
    ) -> None:
        """Take the weights of a model; `ranges` as for `insert_qdq`."""
        super().__init__()
        self._view = graph.GraphView(model)
        self._scheme = scheme
        self._ranges = dict(ranges or {})
        weighted = self._view.weighted()
        self._fake = {node.name for node in weighted} - set(keep_float) if scheme else set()
        self._points = (
            {
                (point.node.name, point.position): point.value
                for point in quantization_points(self._view, scheme, keep_float)
            }
            if scheme
            else {}
        )
        self._learned: dict[str, list[Any]] = {}
        for node in weighted:
            values = [self._view.constants[name] for name in node.input[1:]]
            values[0] = graph.to_tensorflow(values[0], node)
            self._learned[node.name] = [
                self.add_weight(
                    shape=value.shape,
                    initializer=keras.initializers.Constant(value),
                    name=f'{node.name}_{position}',
                )
                for position, value in enumerate(values)
            ]

    def call(self, images: Any) -> Any:
        """Return (batch, outputs) probabilities of (batch, height, width, 3) RGB, 0 to 255."""
        values: dict[str, Any] = {'image': images}
        in_layout: set[str] = set()
        for node in self._view.nodes:
            inputs = [self._input(node, position, values, in_layout) for position in _used(node)]
            values[node.output[0]] = run_operator(node, inputs)
            if node.op_type == 'Transpose' or in_layout.intersection(node.input):
                in_layout.add(node.output[0])
            if node.op_type == 'Softmax':
                return values[node.output[0]]
        raise AssertionError('weighted() found a softmax')

    def learned(self, model: ModelProto) -> ModelProto:
        """Return a copy of the model with the weights as they are now."""
        result = ModelProto()
        result.CopyFrom(model)
        for node in result.graph.node:
            for position, variable in enumerate(self._learned.get(node.name, [])):
                value = np.asarray(variable.value)
                restored = graph.to_onnx(value, node) if position == 0 else value
                give_constant(result, node, position + 1, restored)
        return result

    def _input(
        self, node: NodeProto, position: int, values: dict[str, Any], in_layout: set[str]
    ) -> Any:
        if node.name in self._learned and position > 0:
            value = self._learned[node.name][position - 1]
            fake = position == 1 and node.name in self._fake
            return self._fake_weights(node, value) if fake else value
        name = node.input[position]
        if name in self._view.constants:
            constant = self._view.constants[name]
            return (
                graph.channels_last(constant) if in_layout.intersection(node.input) else constant
            )
        point = self._points.get((node.name, position))
        return values[name] if point is None else self._fake_activation(values[name], point)

    def _fake_activation(self, value: Any, name: str) -> Any:
        assert self._scheme is not None
        low, high = self._ranges[name]
        if self._scheme.signed:
            low, high = -max(abs(low), abs(high)), max(abs(low), abs(high))
        return tf.quantization.fake_quant_with_min_max_args(
            value, min(low, 0.0), max(high, 1e-6), narrow_range=self._scheme.signed
        )

    def _fake_weights(self, node: NodeProto, weights: Any) -> Any:
        assert self._scheme is not None
        # TensorFlow quantises along the last axis.
        swap = node.op_type == 'Conv' and graph.group_of(node) > 1
        swap = swap or (node.op_type != 'Conv' and graph.channel_axis(node) == 0)
        order = [*range(len(weights.shape) - 2), len(weights.shape) - 1, len(weights.shape) - 2]
        last = tf.transpose(weights, order) if swap else tf.convert_to_tensor(weights)
        most = tf.stop_gradient(
            tf.maximum(tf.reduce_max(tf.abs(last), axis=list(range(len(order) - 1))), 1e-6)
        )
        fake = tf.quantization.fake_quant_with_min_max_vars_per_channel(
            last, -most, most, num_bits=self._scheme.weight_bits, narrow_range=True
        )
        return tf.transpose(fake, order) if swap else fake


def run_operator(node: NodeProto, inputs: list[Any]) -> Any:
    """Run a node without weights of its own.

    Raises:
        TrainingError: no exported classifier has such an operator.
    """
    if node.op_type not in _OPERATORS:
        raise TrainingError(
            f'{node.name}: fine-tuning for INT8 does not know the operator {node.op_type}; it '
            f'knows {", ".join(sorted(_OPERATORS))}'
        )
    return _OPERATORS[node.op_type](node, *inputs)


def attributes(node: NodeProto) -> dict[str, Any]:
    """Return the attributes of a node by name."""
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def convolve(node: NodeProto, image: Any, weights: Any, bias: Any = None) -> Any:
    """Convolve (batch, height, width, channels); weights as `to_tensorflow` orders them."""
    found = attributes(node)
    if any(size != 1 for size in found.get('dilations', (1, 1))):
        raise TrainingError(f'{node.name} is dilated, which fine-tuning for INT8 does not know')
    padded = _padded(image, found, 0.0)
    strides = [1, *found.get('strides', (1, 1)), 1]
    if graph.group_of(node) == 1:
        result = tf.nn.conv2d(padded, weights, strides, 'VALID')
    elif weights.shape[3] == 1 and weights.shape[2] == graph.group_of(node):
        result = tf.nn.depthwise_conv2d(padded, weights, strides, 'VALID')
    else:
        raise TrainingError(f'{node.name} is grouped, which fine-tuning for INT8 does not know')
    return result if bias is None else result + bias


def _blend(answers: Any, labels: Any, share: float) -> Any:
    if not share:
        return answers
    if np.shape(labels) != np.shape(answers):
        raise TrainingError(
            f'labels of shape {np.shape(labels)} do not fit answers of {np.shape(answers)}: give '
            'one-hot targets of the outputs before the merge'
        )
    return share * labels + (1 - share) * answers


def _number(loss: Any) -> float:
    return float(loss[0] if isinstance(loss, list) else loss)


def _used(node: NodeProto) -> list[int]:
    return [position for position, name in enumerate(node.input) if name]


def _padded(image: Any, found: dict[str, Any], value: float) -> Any:
    top, left, bottom, right = found.get('pads', (0, 0, 0, 0))
    if not (top or left or bottom or right):
        return image
    return tf.pad(image, [(0, 0), (top, bottom), (left, right), (0, 0)], constant_values=value)


def _max_pool(node: NodeProto, image: Any) -> Any:
    found = attributes(node)
    padded = _padded(image, found, -np.inf)
    return tf.nn.max_pool2d(padded, found['kernel_shape'], found['strides'], 'VALID')


def _dense(node: NodeProto, features: Any, weights: Any, bias: Any = 0.0) -> Any:
    transposed = bool(attributes(node).get('transB', 0))
    return tf.matmul(features, weights, transpose_b=transposed) + bias


def _reshaped(node: NodeProto, value: Any, shape: Any) -> Any:
    if len(shape) == 2:
        return tf.reshape(value, (-1, int(np.prod(value.shape[1:]))))
    if len(shape) == 4 and len({*map(int, shape[2:]), 1}) == 1:
        return tf.reshape(value, (-1, 1, 1, int(np.prod(value.shape[1:]))))
    raise TrainingError(f'{node.name}: only reshaping to and from one pixel is known')


def _flat(node: NodeProto, value: Any, *unused: Any) -> Any:
    if value.shape[1:3] != (1, 1):
        raise TrainingError(f'{node.name}: only flattening one pixel is known')
    return tf.reshape(value, (-1, value.shape[3]))


_OPERATORS: dict[str, Operator] = {
    'Add': lambda node, a, b: a + b,
    'Cast': lambda node, a: tf.cast(a, tf.float32),
    'Clip': lambda node, a, low, high: tf.clip_by_value(a, low, high),
    'Conv': convolve,
    'Div': lambda node, a, b: a / b,
    'Flatten': _flat,
    'Gemm': _dense,
    'GlobalAveragePool': lambda node, a: tf.reduce_mean(a, (1, 2), keepdims=True),
    'MatMul': _dense,
    'MaxPool': _max_pool,
    'Mul': lambda node, a, b: a * b,
    'Relu': lambda node, a: tf.nn.relu(a),
    'Reshape': _reshaped,
    'Sigmoid': lambda node, a: tf.sigmoid(a),
    'Softmax': lambda node, a: tf.nn.softmax(a),
    'Squeeze': _flat,
    'Sub': lambda node, a, b: a - b,
    # From NHWC to NCHW, which here stays NHWC.
    'Transpose': lambda node, a: a,
}
