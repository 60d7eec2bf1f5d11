# SPDX-License-Identifier: Apache-2.0
"""Reports of the same bags, before and after a change."""

from pathlib import Path
from typing import Any

import pytest

from mobilenet_perception.tools.replay.play import play
from mobilenet_perception.tools.replay.settings import ReplaySettings
from mobilenet_perception.tools.replay.testing.suite import by_name, regression, regression_text
from mobilenet_perception.tools.report.json_report import report


@pytest.fixture(scope='module')
def before(labelled_bag: Path, tiny: Path) -> dict[str, Any]:
    return report(play(ReplaySettings(str(labelled_bag), tiny)))


@pytest.fixture(scope='module')
def worse(labelled_bag: Path, tiny: Path) -> dict[str, Any]:
    """With every fifth frame failing to come, and the others as they were."""
    settings = ReplaySettings(str(labelled_bag), tiny, faults=('skip=5',))
    return report(play(settings))


def test_no_change_is_no_change(before: dict[str, Any]) -> None:
    found = regression({'a': before}, {'a': before})
    assert [(row.name, row.changed, row.is_worse) for row in found.rows] == [('a', 0, False)]


def test_each_bag_and_all_together(before: dict[str, Any], worse: dict[str, Any]) -> None:
    found = regression(
        {'a': before, 'b': before, 'gone': before}, {'a': before, 'b': worse, 'new': before}
    )
    assert [(row.name, row.changed) for row in found.rows] == [('a', 0), ('b', 3), ('in all', 3)]
    assert found.worse == ['b', 'in all']
    assert [(row.before.right, row.now.right) for row in found.rows] == [
        (15, 15), (15, 12), (30, 27),
    ]  # fmt: skip
    told = regression_text(found)
    assert '15 > 12 of 12' in told and 'only in the baseline: gone' in told
    assert 'not in the baseline: new' in told
    # Of fast replays, ages mean nothing.
    assert 'p99' not in told


def test_ages_are_compared_where_time_passes(before: dict[str, Any]) -> None:
    paced = {**before, 'mode': 'paced'}
    found = regression({'a': paced}, {'a': paced})
    assert found.rows[0].now.p50_ms is not None
    assert 'p99 (ms)' in regression_text(found)


def test_bags_have_the_same_name_wherever_they_lie() -> None:
    def named(*sources: str) -> list[str]:
        return list(by_name([{'source': source} for source in sources]))

    assert named('/one/bags/a', '/one/bags/b.mcap') == ['a', 'b.mcap']
    assert named('/two/bags/a') == ['a']
    assert named('day/a', 'night/a', 'night/b') == ['day/a', 'night/a', 'night/b']
