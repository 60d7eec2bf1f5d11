# SPDX-License-Identifier: Apache-2.0
"""The pytest plugin: the fixture `replay`, and its options.

It is loaded wherever this package is installed, also by people who test something else: it imports
nothing but pytest, and does nothing until a test asks for the fixture.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mobilenet_perception.tools.replay.testing.replayer import Replayer


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup('mobilenet_perception', 'replays of camera recordings')
    group.addoption(
        '--replay-update',
        action='store_true',
        help='write what replays gave as their golden files',
    )
    group.addoption(
        '--replay-bundle', metavar='FOLDER',
        help='model bundle of replays that name none (default: the ini option, the built-in one)',
    )  # fmt: skip
    group.addoption(
        '--replay-fault', action='append', default=[], metavar='KIND=VALUE@FROM-TO',
        help='make something go wrong in every replay, repeatable, such as stall=20 or skip=10: '
        'do your tests notice?',
    )  # fmt: skip
    parser.addini('replay_bundle', 'model bundle of replays that name none', type='string')


def pytest_configure(config: pytest.Config) -> None:
    """Refuse options that do not go together."""
    if config.getoption('replay_update') and config.getoption('replay_fault'):
        raise pytest.UsageError('--replay-update would keep what --replay-fault makes go wrong')


@pytest.fixture
def replay(request: pytest.FixtureRequest) -> 'Replayer':
    """Play a bag through the classifier: `replay('street', latency_budget_ms=50.0)`.

    Returns a run, of which `run.expect(...)` says what it must give; see `Replayer`.
    """
    from mobilenet_perception.tools.replay.testing.replayer import Replayer, ReplayOptions  # noqa: PLC0415 (heavy)

    config = request.config
    given = config.getoption('replay_bundle')
    stated = config.getini('replay_bundle')
    bundle: Path | None = None
    if given or stated:
        bundle = Path(given) if given else config.rootpath / stated
    options = ReplayOptions(
        folder=request.path.parent,
        bundle=bundle,
        faults=tuple(config.getoption('replay_fault')),
        update=bool(config.getoption('replay_update')),
        notify=lambda words: request.node.add_report_section('call', 'replay', words),
    )
    return Replayer(options)
