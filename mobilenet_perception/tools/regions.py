# SPDX-License-Identifier: Apache-2.0
"""Regions as arguments of commands that read recordings: their topic, and the node's own rules."""

import argparse
from collections.abc import Callable
from typing import Any

from mobilenet_perception.pipeline.parameters import (
    Specification,
    camera_parameters,
    region_rules,
)
from mobilenet_perception.pipeline.regions import RegionRules
from mobilenet_perception.recordings.regions import NONE

_CAMERA = 'camera'
_TOPIC = f'{_CAMERA}.regions_topic'


def add_regions(parser: argparse.ArgumentParser) -> None:
    """Add `--regions`, and an argument for each of the node's parameters of regions."""
    parser.add_argument(
        '--regions', action='append', default=[], metavar='TOPIC',
        help='topic of the bag that says where to look (vision_msgs/Detection2DArray), of several '
        f'cameras CAMERA=TOPIC, repeatable; {NONE}: look at whole images (default: what is found '
        'by type)',
    )  # fmt: skip
    for name, parameter in _parameters().items():
        parser.add_argument(
            f'--{name.replace("_", "-")}',
            type=_reader(parameter),
            choices=parameter.choices or None,
            default=_default(parameter),
            metavar=None if parameter.choices else _metavar(parameter),
            help=f'as <camera>.{name}: {parameter.description} (%(default)s)',
        )


def rules_of(arguments: argparse.Namespace) -> RegionRules:
    """Return the rules that the arguments of `add_regions` give."""
    values = {f'{_CAMERA}.{name}': getattr(arguments, name) for name in _parameters()}
    rules = region_rules({**values, _TOPIC: 'any'}, _CAMERA)
    assert rules is not None
    return rules


def rule_parameters(rules: RegionRules) -> dict[str, Any]:
    """Return rules as the node's parameters, by name without the camera's."""
    values: dict[str, Any] = {f'regions_{name}': value for name, value in rules._asdict().items()}
    values['regions_classes'] = list(rules.classes)
    return values


def _parameters() -> dict[str, Specification]:
    return {
        name.removeprefix(f'{_CAMERA}.'): parameter
        for name, parameter in camera_parameters(_CAMERA).items()
        if '.regions_' in name and name != _TOPIC
    }


def _default(parameter: Specification) -> Any:
    is_list = isinstance(parameter.default, list)
    return tuple(filter(None, parameter.default)) if is_list else parameter.default


def _metavar(parameter: Specification) -> str:
    return 'A,B' if isinstance(parameter.default, list) else 'N'


def _reader(parameter: Specification) -> Callable[[str], Any]:
    kind = type(parameter.default)
    if kind is list:
        return lambda text: tuple(filter(None, text.split(',')))
    if kind is str:
        return str

    def read(text: str) -> Any:
        value = kind(text)
        least, most = parameter.minimum, parameter.maximum
        if least is not None and most is not None and not least <= value <= most:
            raise argparse.ArgumentTypeError(
                f'must lie between {least:g} and {most:g}; it is {text}'
            )
        return value

    read.__name__ = 'number'
    return read
