# SPDX-License-Identifier: Apache-2.0
"""Write files as Keras 2 wrote them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from training.networks.weights.files import StoredLayer


def write_keras2(
    path: Path, layers: Sequence[StoredLayer], config: dict[str, Any] | None = None
) -> Path:
    """Write weights, and a model around them where its configuration is given."""
    with h5py.File(path, 'w') as file:
        group = file
        if config is not None:
            file.attrs['model_config'] = json.dumps(config)
            group = file.create_group('model_weights')
        group.attrs['layer_names'] = [layer.name.encode() for layer in layers]
        for name, arrays in layers:
            names = [f'{name}/weight_{number}:0' for number in range(len(arrays))]
            group.create_group(name).attrs['weight_names'] = [each.encode() for each in names]
            for each, array in zip(names, arrays, strict=True):
                group[name][each] = array
    return path


def small_model(**options: Any) -> tuple[dict[str, Any], list[StoredLayer]]:
    """Return the configuration and weights of a depthwise network, as Keras 2 describes it."""

    def layer(kind: str, name: str, before: str | None, **config: Any) -> dict[str, Any]:
        nodes = [[[before, 0, 0, {}]]] if before else []
        return {
            'class_name': kind,
            'name': name,
            'config': {'name': name, 'dtype': 'float32', **config},
            'inbound_nodes': nodes,
        }

    policy = {'class_name': 'Policy', 'config': {'name': 'float32'}}
    shape = [None, 4, 4, 2]
    depthwise = {'kernel_size': [3, 3], 'padding': 'same', 'use_bias': True, 'groups': 1}
    layers = [
        layer('InputLayer', 'input_1', None, batch_input_shape=shape, sparse=False, ragged=False),
        layer('DepthwiseConv2D', 'depthwise', 'input_1', **{**depthwise, **options}),
        layer('BatchNormalization', 'norm', 'depthwise', axis=[3], epsilon=0.001),
        layer('GlobalAveragePooling2D', 'pool', 'norm', data_format='channels_last'),
        layer('Dense', 'dense', 'pool', units=2, activation='softmax'),
    ]
    layers[2]['config']['dtype'] = policy
    ends = {'input_layers': [['input_1', 0, 0]], 'output_layers': [['dense', 0, 0]]}
    config = {'class_name': 'Functional', 'config': {'name': 'old', 'layers': layers, **ends}}
    random = np.random.default_rng(0)
    shapes: dict[str, list[tuple[int, ...]]] = {
        'depthwise': [(3, 3, 2, 1), (2,)],
        'norm': [(2,), (2,), (2,), (2,)],
        'dense': [(2, 2), (2,)],
    }
    stored = [
        StoredLayer(name, tuple(random.random(each).astype(np.float32) for each in of))
        for name, of in shapes.items()
    ]
    return config, stored
