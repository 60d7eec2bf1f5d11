# SPDX-License-Identifier: Apache-2.0
"""Precisions are counted in the words of each version of TensorRT."""

import json

import pytest

from mobilenet_perception.inference.runtimes.tensorrt.build import layers_by_precision


def layer(name: str, *types: str, key: str = 'Format/Datatype') -> dict[str, object]:
    inputs = [{'Name': 'x', 'Dimensions': [1, 3], key: written} for written in types]
    return {'Name': name, 'LayerType': 'conv', 'Inputs': inputs, 'Outputs': []}


@pytest.mark.parametrize(
    ('key', 'types'),
    [
        # 10.x, of an engine and of a context of it; 11.x.
        ('Format/Datatype', ('Int8', 'Half', 'Float', 'UInt8')),
        (
            'Format/Datatype',
            (
                'Thirty-two wide channel vectorized row major Int8 format',
                'Two wide channel vectorized row major FP16 format',
                'Row major linear FP32 format',
                'Row major linear UInt8 format',
            ),
        ),
        ('Datatype', ('Int8', 'Half', 'Float', 'UInt8')),
    ],
    ids=['10 short', '10 long', '11'],
)
def test_a_layer_counts_for_the_smallest_type_it_takes(key: str, types: tuple[str, ...]) -> None:
    int8, fp16, fp32, uint8 = types
    layers = [
        layer('conv_1', int8, int8, key=key),
        layer('conv_2', int8, fp32, key=key),
        layer('conv_3', fp16, key=key),
        layer('head', fp32, key=key),
        layer('image', uint8, key=key),
    ]
    found = layers_by_precision(json.dumps({'Layers': layers, 'Bindings': ['image']}))
    assert found == {'int8': 2, 'fp16': 1, 'fp32': 1, 'other': 1}


@pytest.mark.parametrize(
    'information', ['', 'no JSON', '[]', '{}', '{"Layers": ["only", "names"]}']
)
def test_an_engine_that_does_not_tell(information: str) -> None:
    assert layers_by_precision(information) == {}
