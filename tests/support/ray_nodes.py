# SPDX-License-Identifier: Apache-2.0
"""Ray cluster of two real nodes on one machine, by `ray start`."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

_RAY = Path(sys.executable).with_name('ray')
_START_S = 120.0
# The head finds out in 2 s, in place of 15, that a machine has died.
_HEALTH = {'RAY_health_check_period_ms': '500', 'RAY_health_check_failure_threshold': '4'}
_NODE = (
    '--num-cpus=1',
    '--object-store-memory=83886080',
    '--disable-usage-stats',
    '--block',
)


class Cluster(NamedTuple):
    """A head, and a worker that may die and join again; each has one CPU core.

    Attributes:
        address: for `--address`.
        environment: variables with which nodes and commands join.
        folder: of logs.
        workers: the processes of all that have joined, in their order.
    """

    address: str
    environment: dict[str, str]
    folder: Path
    workers: list[subprocess.Popen[bytes]]

    def join(self) -> None:
        """Have a worker, a new one where the last has died."""
        if not self.workers or self.workers[-1].poll() is not None:
            log = self.folder / f'worker{len(self.workers)}'
            self.workers.append(_start(log, self.environment, f'--address={self.address}'))
            _wait_until_up(log, self.workers[-1])

    def works(self, name: str) -> bool:
        """Say whether the worker runs a process whose command line has this in it."""
        return any(name in ' '.join(_command(one)) for one in _tree(self.workers[-1].pid))

    def kill_worker(self) -> None:
        """End the worker at once, with all its processes, as a power cut does."""
        _kill(self.workers[-1])


def outsider() -> dict[str, str]:
    """Return variables that know nothing of any cluster or token."""
    return {name: value for name, value in os.environ.items() if not name.startswith('RAY_')}


def wait_for(what: Callable[[], object], seconds: float) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f'not within {seconds} s'
        time.sleep(0.1)


@contextmanager
def ray_nodes(folder: Path) -> Iterator[Cluster]:
    """Start a head and a worker that ask for a token, and end both.

    Args:
        folder: for logs and sockets: a short path, since that of a socket may have 107 bytes.
    """
    environment = {
        **outsider(),
        'RAY_AUTH_MODE': 'token',
        'RAY_AUTH_TOKEN': secrets.token_hex(32),
        'HOME': str(folder),
    }
    # Ray turns 127.0.0.1 into another address of this machine, under which nodes know each other.
    port = _free_port()
    head = _start(
        folder / 'head', environment, '--head', f'--port={port}', f'--temp-dir={folder}/r',
        '--include-dashboard=false', f'--ray-client-server-port={_free_port()}',
    )  # fmt: skip
    cluster = Cluster(f'127.0.0.1:{port}', environment, folder, [])
    try:
        _wait_until_up(folder / 'head', head)
        cluster.join()
        yield cluster
    finally:
        for node in (*cluster.workers, head):
            _kill(node)


def _kill(node: subprocess.Popen[bytes]) -> None:
    for process in (*_tree(node.pid), node):
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue
    node.wait()


def _tree(pid: int) -> list[psutil.Process]:
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def _start(log: Path, environment: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    with log.open('wb') as file:
        return subprocess.Popen(
            [_RAY, 'start', *arguments, *_NODE],
            env={**environment, **_HEALTH},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait_until_up(log: Path, node: subprocess.Popen[bytes]) -> None:
    wait_for(lambda: node.poll() is not None or 'runtime started' in log.read_text(), _START_S)
    assert node.poll() is None, log.read_text()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return int(probe.getsockname()[1])
