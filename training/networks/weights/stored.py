# SPDX-License-Identifier: Apache-2.0
"""Stored weights: of a run, a bundle, Keras, TensorFlow Lite or ONNX, and the images they saw."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import keras
import onnx

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.tools.bundle.importer.scaling import Scaling
from training.errors import TrainingError
from training.networks.layers import NetworkSettings
from training.networks.weights.files import StoredLayer, layers_of, read_hdf5
from training.networks.weights.graph import (
    Graph,
    bundle_weights,
    keras_layers,
    onnx_weights,
    tflite_weights,
)
from training.networks.weights.keras2 import (
    description,
    holds_model,
    is_of_keras2,
    load_keras2_model,
)

HDF5 = ('.h5', '.hdf5')
_GRAPHS = {'.onnx': onnx_weights, '.tflite': tflite_weights}
_KINDS = 'a .keras, .h5, .weights.h5, .tflite or .onnx file, a run or a bundle'


class Stored(NamedTuple):
    """Weights as they are stored.

    Attributes:
        layers: with weights, in order.
        scaling: what pixels were before the first convolution; None: it is not told.
        size: the shorter side of the images, in pixels; None: it is not told.
        guessable: whether scaling that is not told is mostly that of Keras' MobileNets.
    """

    layers: list[StoredLayer]
    scaling: Scaling | None = None
    size: int | None = None
    guessable: bool = True


def read_stored(path: Path, network: keras.Model | None = None) -> Stored:
    """Read weights of a file, or of a run that has ended.

    Args:
        path: of the file or the run's folder.
        network: tells the order of layers where a file does not, and where batch norms are that
            a graph has folded; None: they are left as they are.

    Raises:
        PerceptionError: there are none, or not of a kind that is read.
    """
    if path.is_dir() and (path / 'model.keras').is_file():
        path = path / 'model.keras'
    suffix = path.suffix.lower()
    if path.is_dir():
        what = 'a SavedModel' if (path / 'saved_model.pb').is_file() else 'a folder'
        raise TrainingError(
            f'{path} is {what}, but neither a run that has ended (it has no model.keras) nor a '
            'bundle: `training bundle import` makes a bundle of a SavedModel'
        )
    if not path.is_file():
        raise TrainingError(f'there are no weights {str(path)!r}: give imagenet or a path')
    if suffix in HDF5:
        return _of_hdf5(path, network)
    if suffix == '.keras':
        return _of_keras(path)
    if suffix in _GRAPHS:
        return _of_graph(_GRAPHS[suffix](path), network)._replace(guessable=suffix != '.onnx')
    raise TrainingError(f'{path} is not of a known kind: give {_KINDS}')


def read_bundle(path: Path, network: keras.Model, settings: NetworkSettings) -> Stored:
    """Read the weights of a bundle's variant of the same architecture and width.

    Raises:
        PerceptionError: there is none in FP32.
    """
    bundle = load_bundle(path)
    for variant in bundle.manifest.variants:
        same = (variant.architecture, variant.alpha) == (network.name, settings.alpha)
        if same and variant.precision == 'fp32':
            model = onnx.load_from_string(bundle.models[variant.name])
            return _of_graph(bundle_weights(model, f'{path}/{variant.file}'), network)
    offered = ', '.join(
        f'{variant.architecture} with alpha {variant.alpha} in {variant.precision}'
        for variant in bundle.manifest.variants
    )
    raise TrainingError(
        f'{path} has no FP32 variant of {network.name} with alpha {settings.alpha}: '
        f'it has {offered}'
    )


def _of_graph(graph: Graph, network: keras.Model | None) -> Stored:
    layers = graph.operations if network is None else keras_layers(graph.operations, network)
    return Stored(layers, graph.scaling, graph.size)


def _of_hdf5(path: Path, network: keras.Model | None) -> Stored:
    layers = read_hdf5(path, network)
    model = description(path) if holds_model(path) else None
    return Stored(layers, _scaling(model), _size(model), not _has_statistics(model))


def _of_keras(path: Path) -> Stored:
    try:
        model = (
            load_keras2_model(path)
            if is_of_keras2(path)
            # Safe mode, the default, refuses code in the file.
            else keras.models.load_model(path, compile=False)
        )
    except PerceptionError:
        raise
    except Exception as error:
        line = [*str(error).strip().splitlines(), type(error).__name__][0]
        raise TrainingError(f'{path} cannot be loaded by Keras: {line}') from error
    told = description(path)
    return Stored(layers_of(model), _scaling(told), _size(told), not _has_statistics(told))


def _scaling(model: Any) -> Scaling | None:
    """Return what layers of scaling make of pixels, however deep they lie; None: none tell."""
    steps = [config for kind, config in _layers(model) if kind == 'Rescaling']
    if not steps or _has_statistics(model):
        return None
    factor, offset = [1.0] * 3, [0.0] * 3
    for config in steps:
        scale, shift = (_by_channel(config[name]) for name in ('scale', 'offset'))
        factor = [a * b for a, b in zip(factor, scale, strict=True)]
        offset = [a * b + c for a, b, c in zip(offset, scale, shift, strict=True)]
    red, green, blue = (-b / a for a, b in zip(factor, offset, strict=True))
    return Scaling((red, green, blue), (1 / factor[0], 1 / factor[1], 1 / factor[2]))


def _has_statistics(model: Any) -> bool:
    """Say whether a layer scales by statistics of its own, which are not read."""
    return any(kind == 'Normalization' for kind, _ in _layers(model))


def _by_channel(value: Any) -> list[float]:
    return [float(one) for one in value] if isinstance(value, list) else [float(value)] * 3


def _size(model: Any) -> int | None:
    """Return the shorter side of the first input that says one."""
    for _, config in _layers(model):
        shape = config.get('batch_shape') or config.get('batch_input_shape')
        if shape and len(shape) == 4 and None not in shape[1:3]:
            return int(min(shape[1:3]))
    return None


def _layers(model: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield class and configuration of all layers, those of networks within in their place."""
    if not isinstance(model, dict):
        return
    config = model.get('config')
    if not isinstance(config, dict):
        return
    yield str(model.get('class_name')), config
    for layer in config.get('layers', ()):
        yield from _layers(layer)
