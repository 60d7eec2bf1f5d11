# SPDX-License-Identifier: Apache-2.0
"""A lock has one holder at a time, and none when its holder has died."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.system.lock import locked
from tests.support import ROOT

_HOLDER = """
import pathlib, sys, time
from mobilenet_perception.system.lock import locked
with locked(pathlib.Path(sys.argv[1])):
    print('held', flush=True)
    time.sleep(600)
"""
_BUSY = PerceptionError('another process is at it: let it end')


def test_whoever_comes_second_is_told_and_may_have_it_afterwards(tmp_path: Path) -> None:
    path = tmp_path / 'the.lock'
    told = pytest.raises(PerceptionError, match='let it end')
    with locked(path, _BUSY), told, locked(path, _BUSY):
        raise AssertionError('both have it')
    with locked(path, _BUSY):
        pass
    assert path.exists()


def test_it_is_released_when_its_holder_is_killed(tmp_path: Path) -> None:
    path = tmp_path / 'the.lock'
    with subprocess.Popen(
        [sys.executable, '-c', _HOLDER, path], cwd=ROOT, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b'held\n'
        with pytest.raises(PerceptionError), locked(path, _BUSY):
            pass
        holder.send_signal(signal.SIGKILL)
        # It waits until the kernel has released it.
        with locked(path):
            pass


def test_without_a_sentence_it_waits(tmp_path: Path) -> None:
    path, order = tmp_path / 'the.lock', []

    def wait() -> None:
        with locked(path):
            order.append('second')

    with locked(path):
        second = threading.Thread(target=wait)
        second.start()
        time.sleep(0.05)
        order.append('first')
    second.join()
    assert order == ['first', 'second']


def test_the_content_is_left_alone_and_a_link_is_not_followed(tmp_path: Path) -> None:
    path, link = tmp_path / 'the.lock', tmp_path / 'link'
    path.write_text('held by somebody')
    with locked(path):
        assert path.read_text() == 'held by somebody'
    link.symlink_to(path)
    with pytest.raises(OSError, match='symbolic'), locked(link):
        pass
    with pytest.raises(FileNotFoundError), locked(tmp_path / 'absent' / 'the.lock'):
        pass
