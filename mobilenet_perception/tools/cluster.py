# SPDX-License-Identifier: Apache-2.0
"""Ray, by which work is spread over machines: joined where it runs, else started here."""

import logging
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mobilenet_perception.errors import PerceptionError

_STORE_BYTES = 80 * 2**20
_PATIENCE_S = 5.0
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
        address: of the cluster, as `ray start` names it; empty: one is started on this machine
            alone, and ended.
        code: the folder that holds our packages, at the same place on every machine.

    Raises:
        PerceptionError: Ray is not installed, or the cluster does not answer.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray  # noqa: PLC0415 (an extra)
    except ImportError:
        raise PerceptionError('this needs Ray, which is not installed: pip install ray') from None
    _check_answers(address)
    scratch = ''
    settings: dict[str, Any] = {'log_to_driver': False, 'logging_level': logging.ERROR}
    if address:
        settings['address'] = address
        settings['runtime_env'] = {'env_vars': {'PYTHONPATH': code}}
    else:
        # On loopback alone, in a folder of its own: Ray leaves its logs behind. Workers share
        # little through the object store, so that the smallest serves a container.
        scratch = tempfile.mkdtemp(prefix='ray-')
        settings |= {
            'include_dashboard': False,
            'object_store_memory': _STORE_BYTES,
            '_node_ip_address': '127.0.0.1',
            '_temp_dir': scratch,
        }
    try:
        try:
            ray.init(**settings)
        except (ConnectionError, RuntimeError, ValueError) as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
            raise PerceptionError(
                f'Ray does not start ({reason:.200}): check --address, and RAY_AUTH_TOKEN'
            ) from error
        # What failed is said in the report, without a traceback.
        logging.getLogger('ray.tune').setLevel(logging.CRITICAL)
        yield
    finally:
        ray.shutdown()
        if scratch:
            shutil.rmtree(scratch, ignore_errors=True)


def _check_answers(address: str) -> None:
    """Find out at once that nobody answers: Ray would try for minutes."""
    found = re.fullmatch(r'([\w.-]+):(\d+)', address)
    if found is None:
        return
    try:
        socket.create_connection((found[1], int(found[2])), _PATIENCE_S).close()
    except (OSError, OverflowError) as error:
        raise PerceptionError(
            f'nothing answers at {address} ({error}): check --address, as `ray start` names it'
        ) from None
