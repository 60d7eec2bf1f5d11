# SPDX-License-Identifier: Apache-2.0
"""The real node on a runtime that fails on purpose, while a file exists or at set times.

`python -m benchmarks.harness.faulty_node SWITCH [FAULT...] --ros-args ...`; times of a fault, as
in `stall=200@2-4`, count from the first run of which the file SWITCH exists.
"""

import math
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mobilenet_perception.inference.runtimes import RuntimeSettings
from mobilenet_perception.inference.runtimes.choose import RuntimePlan, plan_runtime
from mobilenet_perception.ros.classifier import node
from mobilenet_perception.ros.classifier.node import main as run_node
from mobilenet_perception.tools.replay.faults import Fault, FaultyRuntime, parse_fault


def main() -> int:
    """Run the node; the product itself knows nothing of this."""
    own, ros = split(sys.argv[1:])
    switch = Path(own[0])
    faults = [parse_fault(text) for text in own[1:]]
    timed = any(fault.to_s < math.inf for fault in faults)
    start: list[float] = []

    def active() -> dict[str, Fault]:
        if not (timed and start) and not switch.exists():
            return {}
        if not start:
            start.append(time.monotonic())
        seconds = time.monotonic() - start[0]
        return {fault.kind: fault for fault in faults if fault.active(seconds)}

    def plan(name: str, settings: RuntimeSettings, models: Mapping[str, bytes]) -> RuntimePlan:
        found = plan_runtime(name, settings, models)
        faulty = FaultyRuntime(found.now, active, np.random.default_rng(0))
        return found._replace(now=faulty)

    if faults:
        # Where the node looks it up; without it nothing would fail, and no one would notice.
        assert 'plan_runtime' in vars(node)
        vars(node)['plan_runtime'] = plan
    return run_node([sys.argv[0], *ros])


def split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Return the arguments before `--ros-args`, and those from there."""
    at = arguments.index('--ros-args') if '--ros-args' in arguments else len(arguments)
    return arguments[:at], arguments[at:]


if __name__ == '__main__':
    sys.exit(main())
