# SPDX-License-Identifier: Apache-2.0
"""Run the node where no `ros2 run` is: `python -m mobilenet_perception.advice_node`."""

import sys

from mobilenet_perception.advice_node.main import main

sys.exit(main())
