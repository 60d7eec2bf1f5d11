# SPDX-License-Identifier: Apache-2.0
from hypothesis import given
from hypothesis import strategies as st

from mobilenet_perception.tools.benchmark.ros.cameras import next_frame

RATES = st.floats(0.5, 500.0)


def test_a_driver_in_time_publishes_every_frame() -> None:
    assert [next_frame(n, n / 30 + 0.001, 30.0) for n in range(90)] == list(range(1, 91))


def test_a_driver_that_stalls_skips_what_it_missed_and_goes_on_in_step() -> None:
    # 0.5 s at 10 Hz after frame 3: frame 8 is due now, 4 to 7 were never sent.
    assert next_frame(3, 0.81, 10.0) == 8
    assert next_frame(8, 0.82, 10.0) == 9


@given(st.integers(0, 10_000), st.floats(0.0, 1000.0), RATES)
def test_frames_go_forward_and_none_is_sent_before_it_is_due(
    number: int, elapsed_s: float, rate_hz: float
) -> None:
    following = next_frame(number, elapsed_s, rate_hz)
    assert following > number
    # Only the direct successor is waited for.
    assert following == number + 1 or following / rate_hz <= elapsed_s * (1 + 1e-9)


@given(st.lists(st.floats(0.0, 0.5), min_size=1, max_size=50), RATES)
def test_delays_make_no_burst(delays_s: list[float], rate_hz: float) -> None:
    """However long it is held up, a camera never sends more than its rate allows."""
    now_s, number, sent = 0.0, 0, []
    for delay_s in delays_s:
        now_s = max(now_s, number / rate_hz) + delay_s
        sent.append(number)
        number = next_frame(number, now_s, rate_hz)
    assert len(sent) == len(set(sent)) <= now_s * rate_hz + 1 + 1e-6
