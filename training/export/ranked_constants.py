# SPDX-License-Identifier: Apache-2.0
"""A step inside tf2onnx, without which hard swish keeps a network from being transposed."""

from typing import Any

import numpy as np

_ELEMENTWISE = ('Add', 'AddV2', 'Mul', 'Sub', 'RealDiv', 'Maximum', 'Minimum')


def give_constants_a_rank(graph: Any, nodes: list[Any]) -> list[Any]:
    """Make constants without dimensions, such as the 3 of x + 3, vectors of one.

    tf2onnx 1.17 takes a constant added to a convolution for its bias, fails on one without
    dimensions, and then leaves all transposes of the graph where they are. To be given as
    `custom_rewriter`; the arguments are tf2onnx's own.
    """
    for node in nodes:
        if node.type not in _ELEMENTWISE:
            continue
        for constant in node.inputs:
            if constant.is_const():
                value = constant.get_tensor_value(as_list=False)
                if np.ndim(value) == 0:
                    constant.set_tensor_value(np.reshape(value, 1))
    return list(graph.get_nodes())
