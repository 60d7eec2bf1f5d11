# SPDX-License-Identifier: Apache-2.0
"""`python -m mobilenet_perception`: the tools a person runs."""

import sys

from mobilenet_perception.ros.interrupts import run_program
from mobilenet_perception.tools.cli import main

sys.exit(run_program(main))
