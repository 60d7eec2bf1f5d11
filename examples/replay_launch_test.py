# SPDX-License-Identifier: Apache-2.0
"""A launch test, to copy: `ros2 bag play` feeds the node, and a test listens to its decisions.

Needs a ROS 2 installation with rosbag2, launch_pytest and this package, and a bag. Record your
own, or draw the one of this test:

    python -m mobilenet_perception bag write drive examples/street --seconds 6 --rate 10 \
        --storage sqlite3
    pytest examples/replay_launch_test.py

`street.yaml` beside this file says where to look: a sign is small in the whole picture.
"""

from pathlib import Path

import launch_pytest
import pytest
import rclpy
from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch_pytest.actions import ReadyToTest
from vision_msgs.msg import Classification

BAG = Path(__file__).with_name('street')
PARAMETERS = BAG.with_suffix('.yaml')
SHARE = Path(get_package_share_directory('mobilenet_perception'))
PATIENCE_S = 90.0


@launch_pytest.fixture
def replay_description():
    """Play the bag to the classifier."""
    source = PythonLaunchDescriptionSource(str(SHARE / 'launch' / 'replay.launch.py'))
    arguments = {
        'bag': str(BAG),
        'params_file': str(PARAMETERS),
        'latency_budget_ms': '1000',
    }
    replay = IncludeLaunchDescription(source, launch_arguments=arguments.items())
    return LaunchDescription([replay, ReadyToTest()])


@pytest.mark.launch(fixture=replay_description)
def test_pedestrians_are_decided():
    """On its way the camera passes a sign that warns of pedestrians."""
    rclpy.init()
    try:
        node = rclpy.create_node('judge')
        decided = set()
        node.create_subscription(
            Classification,
            '/classifier/camera/decision',
            lambda message: decided.add(message.results[0].class_id),
            10,
        )
        steady = rclpy.clock.Clock(clock_type=rclpy.clock.ClockType.STEADY_TIME)
        end = steady.now().nanoseconds + PATIENCE_S * 1e9
        while 'pedestrians' not in decided and steady.now().nanoseconds < end:
            rclpy.spin_once(node, timeout_sec=0.1)
        assert 'pedestrians' in decided, f'decided: {", ".join(sorted(decided))}'
    finally:
        rclpy.try_shutdown()
