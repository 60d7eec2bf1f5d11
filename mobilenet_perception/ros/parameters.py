# SPDX-License-Identifier: Apache-2.0
"""Parameters of a ROS node: declared from their specifications, and read back in their types.

What a node dumps it takes again, by `ros2 param load` and as a parameter file, in every state.
Those that were given to it and are none of its own are told, with the name that was meant.
"""

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.pipeline.parameters import (
    NODE_PARAMETERS,
    Specification,
    camera_names,
    camera_parameters,
    is_empty,
)
from mobilenet_perception.ros.qos import override_refusal
from mobilenet_perception.ros.signal_regions.parameters import mapped_camera_parameters

# By the type of a parameter's default: what its values come as.
_NEAR: Mapping[type, tuple[type, ...]] = {float: (int, float), list: (list, tuple)}
# What ROS declares itself, now or when a topic is made, in some of its releases.
_OF_ROS = ('qos_overrides.', 'start_type_description_service', 'use_sim_time')
_CAMERA_PARAMETERS = tuple(
    name.partition('.')[2]
    for name in (*camera_parameters('camera'), *mapped_camera_parameters('camera'))
)
# A number that `ros2 param load` hands on as text: YAML wants a point in it.
_EXPONENT = re.compile(r'[-+]?\d+(\.\d+)?[eE][-+]?\d+\Z')


class DumpableParameters:
    """A base before `Node` or `LifecycleNode`, whose parameters then take their own dump again.

    `ros2 param load` sets all that `ros2 param dump` wrote, read-only parameters too, which rclpy
    refuses to set even to what they are; and it reads `1e-06` and `123` as a text and a number,
    whatever they were. So what would change nothing is left out, and numbers and empty lists are
    brought into the form of their parameters, before rclpy sees them.

    Attributes:
        specifications: of the parameters that the node declared, by name.
    """

    specifications: Mapping[str, Specification]

    def set_parameters_atomically(self, parameter_list: list[Parameter]) -> SetParametersResult:
        """See `rclpy.node.Node.set_parameters_atomically`; its services call this."""
        known = [self._in_form(parameter) for parameter in parameter_list]
        changes = [parameter for parameter in known if not self._is_unchanged(parameter)]
        for name in (parameter.name for parameter in changes):
            if name in self.specifications and self.specifications[name].read_only:
                reason = f'{name} is read at the start: set it, and start the node anew'
                return SetParametersResult(successful=False, reason=reason)
        if not changes:
            return SetParametersResult(successful=True)
        # Of the Node that a subclass has beside this.
        return super().set_parameters_atomically(changes)  # type: ignore[misc]

    def _in_form(self, parameter: Parameter) -> Parameter:
        specification = self.specifications.get(parameter.name)
        if specification is None:
            return parameter
        value = canonical(parameter.value, specification)
        return parameter if value is parameter.value else Parameter(parameter.name, value=value)

    def _is_unchanged(self, parameter: Parameter) -> bool:
        assert isinstance(self, Node)
        if not self.has_parameter(parameter.name):
            return False
        current = self.get_parameter(parameter.name)
        if current.type_ == parameter.type_ or _are_numbers(current.value, parameter.value):
            return bool(_plain(current.value) == _plain(parameter.value))
        # Of another type by the way through a file.
        return bool(str(current.value) == str(parameter.value))


def declare_parameters(node: Node, specifications: Mapping[str, Specification]) -> None:
    """Declare what is not yet declared, with values in the form of their parameters."""
    for name, specification in specifications.items():
        if node.has_parameter(name):
            continue
        described = descriptor(specification)
        # What a file says of it is known only when it is declared; and what is read-only can be
        # declared only once.
        described.read_only = False
        given = node.declare_parameter(name, specification.default, described).value
        value = canonical(given, specification)
        if specification.read_only or value is not given:
            node.undeclare_parameter(name)
            described.read_only = specification.read_only
            node.declare_parameter(name, value, described, ignore_override=True)


def canonical(value: Any, specification: Specification) -> Any:
    """Return a value in the form that ROS carries through files; the same object if it is."""
    if specification.empty and is_empty(value):
        return list(specification.empty)
    if isinstance(specification.default, float) and isinstance(value, str):
        return float(value) if _EXPONENT.match(value) else value
    return value


def _are_numbers(*values: Any) -> bool:
    return all(type(value) in (int, float) for value in values)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, (list, tuple)) or hasattr(value, 'tolist') else value


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
    """Return the parameters of the default camera that are as in the default files.

    Whoever names other cameras on the command line leaves them in these files.
    """
    defaults = {
        name: specification.default
        for camera in NODE_PARAMETERS['cameras'].default
        for name, specification in (
            *camera_parameters(camera).items(),
            *mapped_camera_parameters(camera).items(),
        )
    }
    return {name for name, default in defaults.items() if _plain(given.get(name, ...)) == default}


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
                *(
                    ['only while unconfigured']
                    if not specification.at_run_time and not specification.read_only
                    else []
                ),
            ]
        ),
        dynamic_typing=True,
        read_only=specification.read_only,
    )
    low, high = specification.minimum, specification.maximum
    if low is not None and high is not None:
        if isinstance(specification.default, float):
            described.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
        else:
            described.integer_range = [IntegerRange(from_value=int(low), to_value=int(high))]
    return described
