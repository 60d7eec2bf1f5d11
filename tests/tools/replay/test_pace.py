# SPDX-License-Identifier: Apache-2.0
"""When frames are due."""

from mobilenet_perception.tools.replay.pace import Schedule

MS = 1_000_000


def test_small_delays_are_made_up_for() -> None:
    schedule = Schedule()
    assert schedule.due_ns(1000 * MS, now_ns=5 * MS) == 5 * MS
    assert schedule.due_ns(1033 * MS, now_ns=45 * MS) == 38 * MS
    assert schedule.due_ns(1066 * MS, now_ns=46 * MS) == 71 * MS


def test_long_delays_shift_what_follows_instead_of_a_burst() -> None:
    schedule = Schedule()
    schedule.due_ns(0, now_ns=0)
    assert schedule.due_ns(33 * MS, now_ns=133 * MS) == 133 * MS
    assert schedule.due_ns(66 * MS, now_ns=134 * MS) == 166 * MS


def test_jump_back_starts_anew() -> None:
    schedule = Schedule()
    schedule.due_ns(9000 * MS, now_ns=0)
    assert schedule.due_ns(100 * MS, now_ns=33 * MS) == 33 * MS
    assert schedule.due_ns(133 * MS, now_ns=40 * MS) == 66 * MS
