# SPDX-License-Identifier: Apache-2.0
"""What `benchmarks.peers` says of costs, and when that is not what is asked."""

import pytest

pytest.importorskip('vision_msgs', reason='needs vision_msgs, which `make setup` builds')

from benchmarks.peers import Cost, Setting, report

VGA = Setting(640, 480, 'raw')
TUNED = Cost(1.0, 4.0, 200.0, 2000.0, 1000.0, 10.0, 20.0)


def costs_with(**ours: float) -> dict[str, list[Cost]]:
    good = Cost(1.0, 3.0, 200.0, 2000.0, 1000.0, 9.0, 18.0)
    costs = [good, good._replace(**ours), good._replace(**ours)]
    return {'textbook': [TUNED] * 3, 'tuned': [TUNED] * 3, 'this node': costs}


def test_it_holds_to_the_letter(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(VGA, costs_with())
    assert '| 0.75 (0.75 to 0.75); 1.00 (1.00 to 1.00);' in capsys.readouterr().out


@pytest.mark.parametrize(
    'ours', [{'cpu': 3.1}, {'memory': 211.0}, {'start': 2001.0}, {'age_p99': 18.1}]
)
def test_a_median_above_what_is_asked_is_told(ours: dict[str, float]) -> None:
    assert not report(VGA, costs_with(**ours))


def test_a_larger_picture_may_cost_more() -> None:
    assert report(Setting(1920, 1080, 'raw'), costs_with(cpu=3.4))


def test_frames_left_unanswered_prove_nothing() -> None:
    assert not report(VGA, costs_with(answered=0.9))
