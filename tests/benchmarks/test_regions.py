# SPDX-License-Identifier: Apache-2.0
"""What counts as answered in `benchmarks.regions`."""

import pytest

pytest.importorskip('vision_msgs', reason='needs vision_msgs, which `make setup` builds')

from benchmarks.regions import Answer, Heard


def test_a_frame_is_answered_whole_and_within_the_budget_or_missed() -> None:
    answers = [Answer(49.0, 8), Answer(51.0, 8), Answer(20.0, 7), Answer(50.0, 8)]
    assert Heard(5, answers, 1.0).missed(8, 50.0) == 3
    assert Heard(2, [], 1.0).missed(8, 50.0) == 2
