# SPDX-License-Identifier: Apache-2.0
"""Run the node where no `ros2 run` is: `python -m mobilenet_perception.classifier_node`."""

import sys

from mobilenet_perception.classifier_node.main import main

sys.exit(main())
