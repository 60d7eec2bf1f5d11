# SPDX-License-Identifier: Apache-2.0
"""Look at libraries, each in a process of its own, whatever becomes of it."""

import json
import signal
import subprocess
import sys

from mobilenet_perception.tools.doctor.environment.probe import MODULES

# The first import of a large library from a slow card.
_LIMIT_S = 60.0


def look_at_libraries() -> dict[str, dict[str, str]]:
    """Return what `probe.library` says of each, or how it failed."""
    return {name: look(name) for name in MODULES}


def look(name: str, limit_s: float = _LIMIT_S) -> dict[str, str]:
    """Return what the probe says of one thing.

    Args:
        name: one of `probe.MODULES`, or `cuda`, or `ros`: whether ROS starts.
        limit_s: a probe that takes longer hangs, in seconds.
    """
    command = [sys.executable, '-m', 'mobilenet_perception.tools.doctor.environment.probe', name]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=limit_s, check=False,
            stdin=subprocess.DEVNULL, errors='replace',
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {'version': f'broken: no answer within {limit_s:g} s'}
    said = done.stdout.splitlines()
    if done.returncode == 0 and said:
        found: dict[str, str] = json.loads(said[-1])
        return found
    return {'version': f'broken: {_cause(done)}'}


def _cause(done: 'subprocess.CompletedProcess[str]') -> str:
    if done.returncode < 0:
        return f'the import was ended by {signal.Signals(-done.returncode).name}'
    # A traceback's last line names the error.
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return lines[-1] if lines else f'the import ended with status {done.returncode}'
