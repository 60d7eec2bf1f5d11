# SPDX-License-Identifier: Apache-2.0
"""Messages of the simulation: poses, drum angles, what a robot is told, and images."""

import math
from array import array

import numpy as np
import numpy.typing as npt
from geometry_msgs.msg import PoseStamped, Twist
from rclpy.qos import QoSProfile, qos_profile_sensor_data
from sensor_msgs.msg import Image, JointState

from mobilenet_perception.ros.messages import time_message
from mobilenet_perception.street.gazebo import ROBOT, TURN
from mobilenet_perception.tools.simulate.route_follower import GroundPose, Velocity

# Reliable, as ros_gz_bridge has it; a second's stall loses none.
STATES = QoSProfile(depth=100)
IMAGES = qos_profile_sensor_data


def pose_message(pose: GroundPose, stamp_ns: int) -> PoseStamped:
    """Return a pose as Gazebo's pose of the robot."""
    message = PoseStamped()
    message.header.stamp = time_message(stamp_ns)
    message.header.frame_id = 'sidewalk'
    message.pose.position.x, message.pose.position.y = float(pose.x), float(pose.y)
    message.pose.orientation.z = math.sin(pose.yaw / 2)
    message.pose.orientation.w = math.cos(pose.yaw / 2)
    return message


def pose_of(message: PoseStamped) -> GroundPose:
    """Return the pose of a robot on level ground."""
    position, turn = message.pose.position, message.pose.orientation
    yaw = math.atan2(
        2 * (turn.w * turn.z + turn.x * turn.y), 1 - 2 * (turn.y * turn.y + turn.z * turn.z)
    )
    return GroundPose(position.x, position.y, yaw)


def twist_message(velocity: Velocity) -> Twist:
    """Return what a robot is told."""
    message = Twist()
    message.linear.x, message.angular.z = float(velocity.speed), float(velocity.turn)
    return message


def velocity_of(message: Twist) -> Velocity:
    """Return what a robot is told."""
    return Velocity(message.linear.x, message.angular.z)


def angle_message(angle: float, stamp_ns: int) -> JointState:
    """Return how the drum of a light stands, as Gazebo says it."""
    message = JointState(name=[TURN], position=[float(angle)])
    message.header.stamp = time_message(stamp_ns)
    return message


def angle_of(message: JointState) -> float | None:
    """Return how the drum of a light stands; None: the message does not say."""
    pairs = zip(message.name, message.position, strict=False)
    return next((float(angle) for name, angle in pairs if name == TURN), None)


def image_message(pixels: npt.NDArray[np.uint8], camera: str, stamp_ns: int) -> Image:
    """Return (height, width, 3) uint8 RGB as ros_gz_image publishes it."""
    height, width = pixels.shape[:2]
    # array.array is what rclpy takes without looking at every element.
    data = array('B')
    data.frombytes(pixels.tobytes())
    message = Image(height=height, width=width, encoding='rgb8', step=3 * width, data=data)
    message.header.stamp = time_message(stamp_ns)
    message.header.frame_id = f'{ROBOT}/base_link/{camera}'
    return message
