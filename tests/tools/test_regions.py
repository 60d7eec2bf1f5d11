# SPDX-License-Identifier: Apache-2.0
"""Arguments of regions are the node's own parameters, with their defaults and limits."""

import argparse

import pytest

from mobilenet_perception.pipeline.parameters import camera_parameters
from mobilenet_perception.pipeline.regions import EXACT, RegionRules
from mobilenet_perception.tools.regions import add_regions, rule_parameters, rules_of


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_regions(parser)
    return parser.parse_args(arguments)


def test_without_arguments_they_are_the_nodes_defaults() -> None:
    assert rules_of(parsed()) == RegionRules()


def test_each_is_read() -> None:
    given = parsed(
        *('--regions-match', 'exact', '--regions-max-age-ms', '50', '--regions-margin', '0.25'),
        *('--regions-min-pixels', '4', '--regions-most', '3', '--regions-classes', 'car,bus'),
    )
    assert rules_of(given) == RegionRules(EXACT, 50.0, ('car', 'bus'), 0.25, 4, 3)


def test_as_parameters_they_have_the_nodes_names() -> None:
    names = {f'front.{name}' for name in rule_parameters(RegionRules())}
    known = camera_parameters('front')
    assert names == {name for name in known if '.regions_' in name} - {'front.regions_topic'}


@pytest.mark.parametrize(
    'wrong',
    [
        ('--regions-margin', '9'), ('--regions-most', '0'), ('--regions-match', 'soon'),
        ('--regions-max-age-ms', 'x'),
    ],
)  # fmt: skip
def test_what_the_node_refuses_is_refused(
    wrong: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parsed(*wrong)
    assert wrong[0] in capsys.readouterr().err
