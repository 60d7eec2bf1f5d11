# SPDX-License-Identifier: Apache-2.0
"""Run the node where no `ros2 run` is: `python -m mobilenet_perception.ros.signal_regions`."""

import sys

from mobilenet_perception.ros.signal_regions.node import main

sys.exit(main())
