# SPDX-License-Identifier: Apache-2.0
"""The node on another computer: its sensors are files under a folder of the test."""

import os
import sys
from functools import partial
from pathlib import Path
from unittest.mock import patch

from mobilenet_perception.ros.classifier import diagnostics, node
from mobilenet_perception.system.machine import Sensors, read_identity

ROOT_VARIABLE = 'TEST_MACHINE_ROOT'

if __name__ == '__main__':
    root = Path(os.environ[ROOT_VARIABLE])
    with patch.multiple(
        diagnostics,
        Sensors=partial(Sensors, root),
        read_identity=partial(read_identity, root),
    ):
        sys.exit(node.main())
