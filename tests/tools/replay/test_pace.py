# SPDX-License-Identifier: Apache-2.0
"""When frames are due, and under which stamps they are played."""

from mobilenet_perception.tools.replay.pace import Restamp, Schedule

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


def test_regions_get_the_stamp_of_their_frame() -> None:
    stamps = Restamp()
    assert stamps.frame('front', 1000, now_ns=50_000) == 50_000
    assert stamps.regions('front', 1000, now_ns=50_030) == 50_000
    # Of no frame: as long after the last as they were.
    assert stamps.regions('front', 1010, now_ns=50_040) == 50_010
    # Of another clock they stay.
    assert stamps.regions('front', 1000 + 5000 * MS, now_ns=50_050) == 50_000 + 5000 * MS


def test_a_frame_that_comes_after_its_regions_gets_their_stamp() -> None:
    stamps = Restamp()
    stamps.frame('front', 1000, now_ns=50_000)
    assert stamps.regions('front', 2000, now_ns=50_900) == 50_900
    assert stamps.frame('front', 2000, now_ns=51_020) == 50_900
    assert stamps.frame('front', 3000, now_ns=52_000) == 52_000
    # Cameras have stamps of their own.
    assert stamps.frame('rear', 3000, now_ns=52_500) == 52_500
