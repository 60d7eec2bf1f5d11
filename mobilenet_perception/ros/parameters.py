# SPDX-License-Identifier: Apache-2.0
"""Parameters of a ROS node: declared from their specifications, and read back in their types.

Those that were given to it and are none of its own are told, with the name that was meant.
"""

import difflib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.pipeline.parameters import (
    NODE_PARAMETERS,
    Specification,
    camera_names,
    camera_parameters,
)
from mobilenet_perception.ros.qos import override_refusal

# By the type of a parameter's default: what its values come as.
_NEAR: Mapping[type, tuple[type, ...]] = {float: (int, float), list: (list, tuple)}
# What ROS declares itself, now or when a topic is made, in some of its releases.
_OF_ROS = ('qos_overrides.', 'start_type_description_service', 'use_sim_time')
_CAMERA_PARAMETERS = tuple(name.partition('.')[2] for name in camera_parameters('camera'))


def declare_parameters(node: Node, specifications: Mapping[str, Specification]) -> None:
    """Declare what is not yet declared."""
    for name, specification in specifications.items():
        if not node.has_parameter(name):
            node.declare_parameter(name, specification.default, descriptor(specification))


def read_parameters(node: Node, specifications: Mapping[str, Specification]) -> dict[str, Any]:
    """Return the values of parameters, each of the type of its default."""
    return {
        name: camera_names(node.get_parameter(name).value)
        if name == 'cameras'
        else typed_value(node.get_parameter(name).value, specification)
        for name, specification in specifications.items()
    }


def typed_value(value: Any, specification: Specification) -> Any:
    """Return a parameter's value in the type of its default: 50 as 50.0, an array as a list."""
    kind = type(specification.default)
    return kind(value) if kind in (float, list) and isinstance(value, _NEAR[kind]) else value


def check_given_parameters(node: Node, cameras: Collection[str], others: Iterable[str]) -> None:
    """Warn of parameters that were given to a node, and that it does not declare.

    By the command line and by parameter files, those for any node among them.

    Args:
        node: has declared its own.
        cameras: names of its cameras.
        others: parameters of this package's other nodes, which share a file with it.

    Raises:
        PerceptionError: one overrides the QoS of a topic with a value that there is not.
    """
    given = {
        name: parameter.value
        # No other way names those that are not declared.
        for name, parameter in node._parameter_overrides.items()
    }
    for name, value in given.items():
        if reason := override_refusal(name, value):
            raise PerceptionError(reason)
    names = {*others, *(f'{camera}.{name}' for camera in cameras for name in _CAMERA_PARAMETERS)}
    declared = {name for name in given if node.has_parameter(name)}
    known = {*names, *declared, *NODE_PARAMETERS}
    for name in sorted(given.keys() - names - declared - as_shipped(given)):
        if not name.startswith(_OF_ROS):
            node.get_logger().warning(unknown_parameter(name, cameras, known))


def as_shipped(given: Mapping[str, Any]) -> set[str]:
    """Return the parameters of the default camera that are as in the default file.

    Whoever names other cameras on the command line leaves them in that file.
    """
    defaults = {
        name: specification.default
        for camera in NODE_PARAMETERS['cameras'].default
        for name, specification in camera_parameters(camera).items()
    }
    return {name for name, default in defaults.items() if given.get(name, ...) == default}


def unknown_parameter(name: str, cameras: Collection[str], known: Iterable[str]) -> str:
    """Return what to say of a parameter that no node has."""
    camera, _, rest = name.rpartition('.')
    of_a_camera = rest in _CAMERA_PARAMETERS and camera
    why = f': {camera} is none of cameras ({", ".join(cameras)})' if of_a_camera else ''
    near = _nearest(name, known)
    meant = f'; did you mean {near}?' if near else ''
    return f'there is no parameter {name}, so its value is not used{why}{meant}'


def _nearest(name: str, known: Iterable[str]) -> str:
    """Return the name that was meant, be it one of which this is a part: `front.topic`."""
    spelt = {each.lower(): each for each in sorted(known)}
    camera, _, rest = name.lower().rpartition('.')
    parts = (each.rpartition('.') for each in spelt)
    longer = [''.join(each) for each in parts if each[0] == camera and rest in each[2]]
    near = difflib.get_close_matches(name.lower(), longer or spelt, n=1, cutoff=0.6)
    return spelt[near[0]] if near else ''


def descriptor(specification: Specification) -> ParameterDescriptor:
    """Describe a parameter to tools.

    Types are dynamic, since a static type refuses `50` for `50.0` and has no empty list; the
    node's own check says what is allowed in better words.
    """
    described = ParameterDescriptor(
        description=specification.description,
        additional_constraints=', '.join(
            [
                *(['one of: ' + ' '.join(specification.choices)] if specification.choices else []),
                *([] if specification.at_run_time else ['only while unconfigured']),
            ]
        ),
        dynamic_typing=True,
    )
    low, high = specification.minimum, specification.maximum
    if low is not None and high is not None:
        if isinstance(specification.default, float):
            described.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
        else:
            described.integer_range = [IntegerRange(from_value=int(low), to_value=int(high))]
    return described
