# SPDX-License-Identifier: Apache-2.0
"""`python -m training`: train classifiers and make bundles of them."""

import sys

from mobilenet_perception.ros.interrupts import run_program
from training.commands.cli import main

sys.exit(run_program(main))
