# SPDX-License-Identifier: Apache-2.0
"""A canonical form of an ONNX graph, so that the same network gives the same bytes."""

import onnx
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper

INPUT = 'image'
OUTPUT = 'probabilities'
# What opset 17 came with: older runtimes refuse newer ones.
_IR_VERSION = 8


def canonical(model: ModelProto) -> ModelProto:
    """Return the model with nodes in order of need and names by position.

    Drops what does not take part in the result, remarks, and imports of operator sets unused.
    """
    graph = model.graph
    nodes = _in_order_of_need(graph)
    weights = {tensor.name: tensor for tensor in graph.initializer}
    names = {graph.input[0].name: INPUT, graph.output[0].name: OUTPUT}
    kept: list[TensorProto] = []
    renamed: list[NodeProto] = []
    for position, node in enumerate(nodes):
        for name in node.input:
            if name in weights and name not in names:
                names[name] = f'weight_{len(kept):03d}'
                tensor = TensorProto()
                tensor.CopyFrom(weights[name])
                tensor.name, tensor.doc_string = names[name], ''
                kept.append(tensor)
        for name in node.output:
            names.setdefault(name, f'value_{position:03d}')
        copy = NodeProto()
        copy.CopyFrom(node)
        copy.ClearField('input')
        copy.ClearField('output')
        copy.input.extend(names[name] if name else '' for name in node.input)
        copy.output.extend(names[name] if name else '' for name in node.output)
        copy.name, copy.doc_string = f'{node.op_type.lower()}_{position:03d}', ''
        attributes = sorted(node.attribute, key=lambda attribute: attribute.name)
        copy.ClearField('attribute')
        copy.attribute.extend(attributes)
        renamed.append(copy)
    image = helper.make_tensor_value_info(INPUT, TensorProto.UINT8, _shape(graph.input[0]))
    scores = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, _shape(graph.output[0]))
    domains = {node.domain for node in renamed}
    result = helper.make_model(
        helper.make_graph(renamed, 'classifier', [image], [scores], kept),
        opset_imports=[entry for entry in model.opset_import if entry.domain in domains],
        ir_version=_IR_VERSION,
        producer_name='mobilenet_perception',
    )
    onnx.checker.check_model(result, full_check=True)
    return result


def _in_order_of_need(graph: GraphProto) -> list[NodeProto]:
    """Return the nodes that the output depends on, depth first from it."""
    maker = {output: node for node in graph.node for output in node.output}
    ordered: list[NodeProto] = []
    done: set[str] = set()
    waiting = [(graph.output[0].name, False)]
    while waiting:
        name, inputs_done = waiting.pop()
        if name not in maker or maker[name].output[0] in done:
            continue
        node = maker[name]
        if inputs_done:
            done.add(node.output[0])
            ordered.append(node)
            continue
        waiting.append((name, True))
        waiting.extend((source, False) for source in reversed(node.input))
    return ordered


def _shape(value: onnx.ValueInfoProto) -> list[int | str]:
    """Return sizes; of a free one, its name."""
    return [
        dimension.dim_param or dimension.dim_value
        for dimension in value.type.tensor_type.shape.dim
    ]
