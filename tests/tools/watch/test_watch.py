# SPDX-License-Identifier: Apache-2.0
"""`watch` beside the real node: three processes, one domain."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from functools import partial

import pytest

pytest.importorskip('vision_msgs', reason='needs vision_msgs, which `make setup` builds')

from vision_msgs.msg import BoundingBox2D, Detection2D, Detection2DArray

from tests.ros.classifier.peer import PATIENCE_S, NodeProcess, Peer
from tests.support import ROOT
from tests.support.tiny_bundle import plain_image

WATCH = [sys.executable, '-m', 'mobilenet_perception', 'watch']
Start = Callable[..., NodeProcess]


def resize(terminal: int, columns: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 20, columns, 0, 0))


def watch(environment: Mapping[str, str], stdout: int) -> 'subprocess.Popen[bytes]':
    plain = {
        name: value for name, value in environment.items() if name not in ('COLUMNS', 'LINES')
    }
    return subprocess.Popen(WATCH, stdout=stdout, stderr=subprocess.PIPE, env=plain, cwd=ROOT)


def wait_for(
    peer: Peer, source: int, is_there: Callable[[str], object], send: Callable[[], None]
) -> str:
    """Read what `watch` writes until something is there, feeding the node meanwhile."""
    said, end = '', time.monotonic() + PATIENCE_S
    while not is_there(said):
        assert time.monotonic() < end, said[-4000:]
        peer.wait_for_more('camera/timing', send)
        if select.select([source], [], [], 0)[0]:
            said += os.read(source, 65536).decode()
    return said


def last_screen(said: str) -> list[str]:
    """Return the lines of the last whole redrawing."""
    whole = said.split('\033[H')[1:-1]
    return re.sub(r'\033\[[0-9;?]*[A-Za-z]', '', whole[-1]).split('\r\n') if whole else []


def test_lines_of_a_running_node(start: Start, peer: Peer, environment: dict[str, str]) -> None:
    start(latency_budget_ms=2000.0)
    camera = peer.camera()

    def send() -> None:
        camera.publish(peer.image(plain_image('green')))

    process = watch(environment, subprocess.PIPE)
    assert process.stdout is not None
    words = r'camera: green [01]\.\d\d, decision green, age p50 .* Hz, .* missed, \d+ on_time'
    said = wait_for(peer, process.stdout.fileno(), partial(re.search, words), send)
    assert '\033' not in said
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, errors) == (0, b'')


def test_a_line_for_each_thing(start: Start, peer: Peer, environment: dict[str, str]) -> None:
    start(latency_budget_ms=2000.0, **{'camera.regions_topic': '/detector/boxes'})
    camera, detector = peer.camera(), peer.camera('/detector/boxes', Detection2DArray)
    bbox = BoundingBox2D(size_x=20.0, size_y=20.0)
    bbox.center.position.x = bbox.center.position.y = 16.0
    away = BoundingBox2D(size_x=20.0, size_y=20.0)
    away.center.position.x = 900.0

    def send() -> None:
        image = peer.image(plain_image('green'))
        found = [Detection2D(id='7', bbox=bbox), Detection2D(id='9', bbox=away)]
        detector.publish(Detection2DArray(header=image.header, detections=found))
        camera.publish(image)

    process = watch(environment, subprocess.PIPE)
    assert process.stdout is not None
    words = (
        r'camera: 2 regions, 1 classified, 1 left, decision 2 things, age p50 .*\n'
        r'.* camera/7: green [01]\.\d\d, decision green [01]\.\d\d, age [\d.]+ ms\n'
        r'.* camera/9: no label, decision stale\n'
    )
    wait_for(peer, process.stdout.fileno(), partial(re.search, words), send)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, errors) == (0, b'')


def test_a_terminal_is_redrawn_in_its_width_and_given_back(
    start: Start, peer: Peer, environment: dict[str, str]
) -> None:
    start(latency_budget_ms=2000.0)
    camera = peer.camera()

    def send() -> None:
        camera.publish(peer.image(plain_image('blue')))

    ours, theirs = pty.openpty()
    resize(ours, 150)
    process = watch(environment, theirs)
    wide = wait_for(peer, ours, lambda said: 'blue  ' in ' '.join(last_screen(said)[2:]), send)
    assert wide.startswith('\033[?1049h')
    assert {'label', 'decision', 'Hz', 'slow-down'} <= set(last_screen(wide)[1].split())
    resize(ours, 40)
    narrow = wait_for(
        peer, ours, lambda said: 'camera  decision' in ' '.join(last_screen(said)), send
    )
    assert max(map(len, last_screen(narrow))) <= 40
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, errors) == (0, b'')
    rest = os.read(ours, 65536).decode()
    assert rest.endswith('\033[?25h\033[?1049l')
    os.close(ours)
    os.close(theirs)


def test_no_node_is_said_and_fails(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [*WATCH, '--seconds', '1', '--node', 'absent'],
        env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1 and not done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith(f'error: no node /absent in ROS domain {environment["ROS_DOMAIN_ID"]}')


def test_a_domain_that_is_none_is_one_sentence(environment: dict[str, str]) -> None:
    done = subprocess.run(
        WATCH, env={**environment, 'ROS_DOMAIN_ID': 'mine'}, cwd=ROOT, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (
        1, 'error: ROS_DOMAIN_ID is mine: choose a number from 0 to 232\n'
    )  # fmt: skip
