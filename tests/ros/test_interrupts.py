# SPDX-License-Identifier: Apache-2.0
"""Interrupts come when they are welcome, and none is lost."""

import signal

import pytest

from mobilenet_perception.ros.interrupts import handled_interrupts, held_interrupts


def interrupt() -> None:
    signal.raise_signal(signal.SIGUSR1)


def test_they_come_at_once_where_nothing_holds_them() -> None:
    done = []
    with handled_interrupts(signal.SIGUSR1), pytest.raises(KeyboardInterrupt):
        interrupt()
        done.append('after')
    assert not done


def test_one_that_is_held_comes_at_the_end_once() -> None:
    done = []
    with handled_interrupts(signal.SIGUSR1):
        with pytest.raises(KeyboardInterrupt), held_interrupts():
            with held_interrupts():
                interrupt()
                interrupt()
            done.append('whole')
        with held_interrupts():
            done.append('next')
    assert done == ['whole', 'next']


def test_another_error_is_not_hidden() -> None:
    with handled_interrupts(signal.SIGUSR1):
        with pytest.raises(ValueError, match='ours'), held_interrupts():
            interrupt()
            raise ValueError('ours')
        with held_interrupts():
            pass


def test_handlers_are_put_back_and_what_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    try:
        with handled_interrupts(signal.SIGUSR1, signal.SIGUSR2):
            interrupt()
        assert signal.getsignal(signal.SIGUSR1) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGUSR2) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGUSR1, before)
