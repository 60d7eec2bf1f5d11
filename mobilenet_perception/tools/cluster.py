# SPDX-License-Identifier: Apache-2.0
"""Ray cluster, by which work is spread over machines: joined where it runs, else started here."""

import contextlib
import importlib
import logging
import os
import re
import secrets
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mobilenet_perception.errors import PerceptionError

# In place of an address: Ray on this machine alone.
LOCAL = 'local'
_STORE_BYTES = 80 * 2**20
_PATIENCE_S = 5.0
# How long nothing may have room to run before that is said.
_WAIT_S = 15.0
_MODE, _TOKEN, _TOKEN_FILE = 'RAY_AUTH_MODE', 'RAY_AUTH_TOKEN', 'RAY_AUTH_TOKEN_PATH'
_TOKEN_CURE = (
    f'set {_MODE}=token and, away from the machine of `ray start --head`, {_TOKEN} to what '
    'its ~/.ray/auth_token holds'
)
_QUIET = {
    # No report to anyone.
    'RAY_USAGE_STATS_ENABLED': '0',
    'RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO': '0',
    # By default Ray's workers give way to everything else on the machine.
    'RAY_worker_niceness': '0',
}


@contextmanager
def ray_cluster(address: str, code: str) -> Iterator[None]:
    """Join a Ray cluster, and leave it at the end.

    Args:
        address: of the cluster, as `ray start` names it; empty or `local`: one is started on this
            machine alone, and ended.
        code: the folder that holds our packages, at the same place on every machine.

    Raises:
        PerceptionError: Ray is not installed, or the cluster does not answer or wants a token.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    alone = address in ('', LOCAL)
    _choose_token(alone)
    try:
        import ray  # noqa: PLC0415 (an extra)
    except ImportError:
        raise PerceptionError('this needs Ray, which is not installed: pip install ray') from None
    scratch = ''
    settings: dict[str, Any] = {'log_to_driver': False, 'logging_level': logging.ERROR}
    if alone:
        # On loopback alone, in a folder of its own: Ray leaves its logs behind. Workers share
        # little through the object store, so that the smallest serves a container.
        scratch = tempfile.mkdtemp(prefix='ray-')
        settings |= {
            # Said, for RAY_ADDRESS may name another.
            'address': LOCAL,
            'include_dashboard': False,
            'object_store_memory': _STORE_BYTES,
            '_node_ip_address': '127.0.0.1',
            '_temp_dir': scratch,
        }
    else:
        _check_answers(address)
        settings['address'] = address
        settings['runtime_env'] = {'env_vars': {'PYTHONPATH': code}}
    try:
        try:
            ray.init(**settings)
        except ray.exceptions.AuthenticationError:
            raise PerceptionError(_token_words(address)) from None
        except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
            reason = ' '.join(str(error).split()) or repr(error)
            raise PerceptionError(
                f'Ray does not start ({reason:.300})' + ('' if alone else ': check --address')
            ) from error
        # What failed is said in the report, without a traceback.
        logging.getLogger('ray.tune').setLevel(logging.CRITICAL)
        yield
    finally:
        ray.shutdown()
        if scratch:
            shutil.rmtree(scratch, ignore_errors=True)


class Room:
    """Says once when what waits has no machine to run on, so that nobody waits in silence."""

    def __init__(self, cpus: int, gpus: float = 0.0) -> None:
        """One piece of work takes so many CPU cores and GPUs."""
        self._needs = {'CPU': float(cpus), 'GPU': gpus}
        self._since: float | None = None

    def check(self, alone: bool) -> None:
        """Look at the machines that are alive; call while nothing runs.

        Args:
            alone: no further machine can join.

        Raises:
            PerceptionError: there is no room, and there never will be.
        """
        import ray  # noqa: PLC0415

        machines = [node['Resources'] for node in ray.nodes() if node['Alive']]
        if any(self._fits(machine) for machine in machines):
            self._since = None
            return
        words = self._words(machines)
        if alone:
            raise PerceptionError(f'{words}: ask for fewer')
        now = time.monotonic()
        if self._since is None:
            self._since = now
        if now - self._since > _WAIT_S:
            self._since = float('inf')
            print(
                f'waiting: {words}. Start another with `ray start`, or press Ctrl-C',
                file=sys.stderr,
                flush=True,
            )

    def _fits(self, machine: dict[str, float]) -> bool:
        return all(machine.get(name, 0.0) >= needed for name, needed in self._needs.items())

    def _words(self, machines: list[dict[str, float]]) -> str:
        needs = ' and '.join(
            f'{needed:g} {name}' for name, needed in self._needs.items() if needed
        )
        have = '; '.join(
            ' and '.join(f'{machine.get(name, 0.0):g} {name}' for name in self._needs)
            for machine in machines
        )
        return f'no machine of the cluster has {needs} (they have {have or "nothing"})'


def _choose_token(alone: bool) -> None:
    """Set what Ray reads of its token, before it is imported; what is set already stands."""
    if alone:
        # Else Ray keeps one in ~/.ray, after which each `ray start --head` asks for it.
        os.environ.setdefault(_TOKEN, secrets.token_hex(32))
    elif {_TOKEN, _TOKEN_FILE} & set(os.environ):
        # Ray takes no notice of a token without the mode.
        os.environ.setdefault(_MODE, 'token')


def _check_answers(address: str) -> None:
    """Find out at once that nobody answers, or not to us: Ray would try for minutes."""
    found = re.fullmatch(r'([\w.-]+):(\d+)', address)
    if found is None:
        return
    try:
        socket.create_connection((found[1], int(found[2])), _PATIENCE_S).close()
    except (OSError, OverflowError) as error:
        raise PerceptionError(
            f'nothing answers at {address} ({error}): check --address, as `ray start` names it'
        ) from None
    import ray  # noqa: PLC0415

    with contextlib.suppress(ImportError, AttributeError, TypeError, ray.exceptions.RpcError):
        # No public function asks once. Without this one, ray.init finds out after 20 s.
        client = importlib.import_module('ray._raylet').GcsClient
        try:
            with _stderr_away():
                client(address=address)
        except ray.exceptions.AuthenticationError:
            raise PerceptionError(_token_words(address)) from None


def _token_words(address: str) -> str:
    if os.environ.get(_MODE, '').lower() != 'token':
        return f'the Ray cluster at {address} asks for a token: {_TOKEN_CURE}'
    return f'the Ray cluster at {address} does not take the token that is set here: {_TOKEN_CURE}'


@contextmanager
def _stderr_away() -> Iterator[None]:
    """Keep lines of Ray's C++ from the terminal."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with Path(os.devnull).open('wb') as away:
            os.dup2(away.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
