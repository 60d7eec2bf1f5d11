# SPDX-License-Identifier: Apache-2.0
"""A speed falls at once, and rises when it has been asked for long, no faster than the rate."""

from hypothesis import given
from hypothesis import strategies as st

from mobilenet_perception.planner.advice import SpeedRelease

MS = 1_000_000
AFTER_MS, RATE = 500.0, 40.0
# Milliseconds since the last, and percent asked for from then on.
ASKED = st.lists(st.tuples(st.integers(1, 900), st.integers(0, 100)), max_size=60)


@given(ASKED)
def test_it_is_never_above_what_was_asked_for_within_the_hold_time(
    asked: list[tuple[int, int]],
) -> None:
    release = SpeedRelease(AFTER_MS, RATE, 30.0, 0)
    now_ms, given_before = 0, 30.0
    # When each speed began to be asked for; it lasts until the next begins.
    began: list[tuple[int, float]] = [(-10_000, 30.0)]
    for step_ms, percent in asked:
        now_ms += step_ms
        began.append((now_ms, float(percent)))
        ends = [start for start, _ in began[1:]] + [now_ms + 1]
        held = [
            speed for (_, speed), end in zip(began, ends, strict=True) if end > now_ms - AFTER_MS
        ]
        found = release.limit(percent, now_ms * MS)
        assert found <= min(held)
        assert found - given_before <= RATE * step_ms / 1e3 + 1e-9
        # It gets there: either the hold or the rate is what keeps it down.
        assert found >= min(*held, given_before + RATE * step_ms / 1e3) - 1e-9
        given_before = found


def test_one_frame_does_not_release_a_stop() -> None:
    release = SpeedRelease(AFTER_MS, 1e6, 100.0, 0)
    given_ = [
        release.limit(0.0 if at_ms != 300 else 100.0, at_ms * MS) for at_ms in range(0, 900, 100)
    ]
    assert given_ == [0.0] * 9
    assert release.limit(100.0, 1000 * MS) == 0.0
    assert release.limit(100.0, 1499 * MS) == 0.0
    assert release.limit(100.0, 1500 * MS) == 100.0
