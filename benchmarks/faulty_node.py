# SPDX-License-Identifier: Apache-2.0
"""The real node on a runtime that fails on purpose, while a file exists.

`python -m benchmarks.faulty_node SWITCH [FAULT...] --ros-args ...`
"""

import sys
from pathlib import Path

import numpy as np

from mobilenet_perception.classifier_node import main as run_node
from mobilenet_perception.classifier_node import node
from mobilenet_perception.faults import Fault, parse_fault
from mobilenet_perception.faults.faulty_runtime import FaultyRuntime
from mobilenet_perception.runtimes import Runtime, create_runtime


def main() -> int:
    """Run the node; the product itself knows nothing of this."""
    own, ros = split(sys.argv[1:])
    switch = Path(own[0])
    faults = {fault.kind: fault for fault in map(parse_fault, own[1:])}

    def active() -> dict[str, Fault]:
        return faults if switch.exists() else {}

    def create(name: str = 'onnxruntime', threads: int = 1) -> Runtime:
        return FaultyRuntime(create_runtime(name, threads), active, np.random.default_rng(0))

    if faults:
        # Where the node looks it up; without it nothing would fail, and no one would notice.
        assert 'create_runtime' in vars(node)
        vars(node)['create_runtime'] = create
    return run_node([sys.argv[0], *ros])


def split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Return the arguments before `--ros-args`, and those from there."""
    at = arguments.index('--ros-args') if '--ros-args' in arguments else len(arguments)
    return arguments[:at], arguments[at:]


if __name__ == '__main__':
    sys.exit(main())
