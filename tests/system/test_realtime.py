# SPDX-License-Identifier: Apache-2.0
"""Real-time priority: for all threads, or a sentence that says why not."""

import os
import subprocess
import sys

import pytest

from mobilenet_perception.system.realtime import set_realtime_priority

# Says what became of the threads there were, and of one started afterwards.
_PROGRAM = """
import os, threading
from mobilenet_perception.system.realtime import set_realtime_priority
go = threading.Event()
policies = []
def look():
    go.wait()
    policies.append(os.sched_getscheduler(0))
before = threading.Thread(target=look)
before.start()
reason = set_realtime_priority(5)
after = threading.Thread(target=look)
after.start()
go.set()
before.join()
after.join()
policies.append(os.sched_getscheduler(0))
print(reason or policies)
"""


def _may() -> bool:
    child = subprocess.run(
        [sys.executable, '-c', 'import os; os.sched_setscheduler(0, 2, os.sched_param(1))'],
        capture_output=True,
        check=False,
    )
    return child.returncode == 0


def test_all_threads_have_it_or_the_reason_says_what_to_do() -> None:
    # In a process of its own: this one keeps the priority it has.
    said = subprocess.run(
        [sys.executable, '-c', _PROGRAM], capture_output=True, text=True, check=True
    ).stdout
    if _may():
        assert said.strip() == str([os.SCHED_RR] * 3)
    else:
        assert 'not permitted' in said and 'rtprio' in said


def test_zero_leaves_all_as_it_is() -> None:
    before = os.sched_getscheduler(0)
    assert set_realtime_priority(0) == ''
    assert os.sched_getscheduler(0) == before


def test_without_permission_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, 'sched_setscheduler', refuse)
    assert 'LimitRTPRIO' in set_realtime_priority(20)
