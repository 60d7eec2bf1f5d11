# SPDX-License-Identifier: Apache-2.0
"""Where a graph is quantised: the values that become bytes, and who then takes the bytes."""

from collections.abc import Collection
from typing import NamedTuple

from onnx import NodeProto

from training.errors import TrainingError
from training.export.graph import GraphView
from training.export.quantize.scheme import Scheme


class Point(NamedTuple):
    """An input of a node that is quantised: node, position among its inputs, value."""

    node: NodeProto
    position: int
    value: str


def quantization_points(
    view: GraphView, scheme: Scheme, keep_float: Collection[str] = (), between: bool = True
) -> list[Point]:
    """Return the quantised inputs.

    Those are the inputs of convolutions and dense layers, of average pooling, and of sums of two
    branches. Nothing is put between a convolution and its activation, nor after the last layer.

    Args:
        view: the graph.
        scheme: of the runtime that will execute it.
        keep_float: names of nodes with weights that stay in float.
        between: whether sums and average pooling are quantised too.

    Raises:
        TrainingError: a name is not one of a node with weights.
    """
    weighted = view.weighted()
    known = {node.name for node in weighted}
    if unknown := sorted(set(keep_float) - known):
        raise TrainingError(
            f'no layer {", ".join(unknown)} to keep in float: choose among '
            f'{", ".join(node.name for node in weighted)}'
        )
    quantized = {node.name for node in weighted} - set(keep_float)
    points = []
    for node in view.nodes:
        if node.name in quantized or (between and node.op_type == 'GlobalAveragePool'):
            points.append(Point(node, 0, node.input[0]))
        elif (
            between
            and node.op_type == 'Add'
            and not any(name in view.constants for name in node.input)
        ):
            points.extend(_of_sum(view, node, scheme, keep_float))
    return points


def _of_sum(
    view: GraphView, node: NodeProto, scheme: Scheme, keep_float: Collection[str]
) -> list[Point]:
    found = [Point(node, position, name) for position, name in enumerate(node.input)]
    if scheme.all_outputs:
        return found
    # One branch may come straight from its convolution, which then adds the other itself.
    for point in reversed(found):
        maker = view.maker[point.value]
        if (
            maker.op_type == 'Conv'
            and maker.name not in keep_float
            and len(view.users[point.value]) == 1
        ):
            found.remove(point)
            break
    return found
