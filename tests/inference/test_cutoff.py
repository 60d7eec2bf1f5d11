# SPDX-License-Identifier: Apache-2.0
"""What is disarmed is not called, what is due is."""

import threading
import time

from mobilenet_perception.inference.classifier import Cutoff


def test_it_calls_when_due_and_only_once() -> None:
    cutoff, called = Cutoff(), threading.Event()
    calls = []

    def action() -> None:
        calls.append(time.monotonic())
        called.set()

    for _ in range(2):
        called.clear()
        start = time.monotonic()
        cutoff.arm(20.0, action)
        assert called.wait(10)
        assert calls[-1] - start >= 0.02
    time.sleep(0.05)
    assert len(calls) == 2


def test_what_is_disarmed_is_never_called() -> None:
    cutoff = Cutoff()
    for index in range(500):
        state = {'disarmed': False}
        wrong: list[bool] = []

        def action(state: dict[str, bool] = state, wrong: list[bool] = wrong) -> None:
            wrong.append(state['disarmed'])

        cutoff.arm(0.05 * (index % 7), action)
        time.sleep(0.0001 * (index % 5))
        cutoff.disarm()
        state['disarmed'] = True
        time.sleep(0.0002)
        assert not any(wrong)


def test_a_later_one_does_not_wait_for_an_earlier_one_that_was_disarmed() -> None:
    cutoff, called = Cutoff(), threading.Event()
    cutoff.arm(30_000.0, lambda: None)
    time.sleep(0.1)
    cutoff.disarm()
    cutoff.arm(20.0, called.set)
    assert called.wait(5)
