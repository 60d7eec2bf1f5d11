# SPDX-License-Identifier: Apache-2.0
"""Other people's nodes get the planner's side without OpenCV, ROS or a runtime."""

import subprocess
import sys

import pytest

from tests.support import ROOT

HEAVY = ('cv2', 'rclpy', 'onnxruntime', 'tensorrt', 'mobilenet_perception.inference')


@pytest.mark.parametrize('package', ['planner', 'planner.advice', 'pipeline'])
def test_nothing_heavy_is_imported(package: str) -> None:
    code = (
        f'import sys, mobilenet_perception.{package}\n'
        f'print([name for name in {HEAVY} if name in sys.modules])'
    )
    done = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout == '[]\n'
