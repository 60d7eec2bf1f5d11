# SPDX-License-Identifier: Apache-2.0
"""In which precision an engine really computes, as the engine itself tells."""

import json
from collections import Counter
from typing import Any

# How TensorRT writes types: short, and inside a description of the memory layout.
_PRECISIONS = {
    'int8': ('int8',),
    'fp16': ('fp16', 'half'),
    'bf16': ('bf16', 'bfloat16'),
    'fp32': ('fp32', 'float'),
}
# 10.x writes type and layout as one; 11.x each for itself.
_TYPE_KEYS = ('Datatype', 'DataType', 'Format/Datatype')


def layers_by_precision(information: str) -> dict[str, int]:
    """Count the layers of an engine by the precision of what they compute with.

    A layer counts for the smallest type that it takes: a convolution from int8 to fp32 is int8.

    Args:
        information: what the engine inspector gives as JSON, of an engine built with detailed
            profiling verbosity.

    Returns:
        Number of layers by `int8`, `fp16`, `bf16`, `fp32` or `other`; empty: the engine does not
        tell.
    """
    try:
        layers = json.loads(information).get('Layers', [])
    except (ValueError, AttributeError):
        return {}
    told = [layer for layer in layers if isinstance(layer, dict)]
    return dict(Counter(_precision(layer) for layer in told))


def _precision(layer: dict[str, Any]) -> str:
    types = [_type(tensor) for tensor in layer.get('Inputs') or layer.get('Outputs') or ()]
    for precision, names in _PRECISIONS.items():
        if any(name in written for written in types for name in names):
            return precision
    return 'other'


def _type(tensor: Any) -> str:
    if not isinstance(tensor, dict):
        return ''
    # Of uint8 images, `int8` must not be found.
    written = next((str(tensor[key]) for key in _TYPE_KEYS if key in tensor), '')
    return written.lower().replace('uint8', '')
