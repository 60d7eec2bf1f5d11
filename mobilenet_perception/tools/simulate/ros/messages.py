# SPDX-License-Identifier: Apache-2.0
"""Messages of the simulation: poses, drum angles, what a robot is told, and images."""

import math
from array import array

import numpy as np
import numpy.typing as npt
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Pose, PoseStamped, PoseWithCovarianceStamped, Twist
from rclpy.qos import QoSProfile, qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, Image, JointState

from mobilenet_perception.ros.messages import time_message
from mobilenet_perception.street import PinholeCamera
from mobilenet_perception.street.gazebo import MAP_FRAME, ROBOT, TURN
from mobilenet_perception.tools.simulate.localization import PoseError
from mobilenet_perception.tools.simulate.route_follower import GroundPose, Velocity

# Reliable, as ros_gz_bridge has it; a second's stall loses none.
STATES = QoSProfile(depth=100)
IMAGES = qos_profile_sensor_data


def pose_message(pose: GroundPose, stamp_ns: int) -> PoseStamped:
    """Return a pose as Gazebo's pose of the robot."""
    message = PoseStamped(pose=_pose(pose))
    message.header.stamp = time_message(stamp_ns)
    message.header.frame_id = 'sidewalk'
    return message


def localization_message(
    pose: GroundPose, stamp: Time, error: PoseError
) -> PoseWithCovarianceStamped:
    """Return a pose as a localisation states it, in the frame of the map."""
    message = PoseWithCovarianceStamped()
    message.header.stamp = stamp
    message.header.frame_id = MAP_FRAME
    message.pose.pose = _pose(pose)
    place, turn = error.variances
    covariance = np.diag([place, place, 0.0, 0.0, 0.0, turn])
    message.pose.covariance = covariance.ravel().tolist()
    return message


def _pose(pose: GroundPose) -> Pose:
    message = Pose()
    message.position.x, message.position.y = float(pose.x), float(pose.y)
    message.orientation.z = math.sin(pose.yaw / 2)
    message.orientation.w = math.cos(pose.yaw / 2)
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


def calibration_message(camera: PinholeCamera, name: str, stamp_ns: int) -> CameraInfo:
    """Return the calibration of a camera without distortion, as Gazebo publishes it."""
    focal, middle_u, middle_v = camera.focal_length, camera.width / 2, camera.height / 2
    message = CameraInfo(
        width=camera.width,
        height=camera.height,
        distortion_model='plumb_bob',
        d=[0.0] * 5,
        k=[focal, 0.0, middle_u, 0.0, focal, middle_v, 0.0, 0.0, 1.0],
        r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        p=[focal, 0.0, middle_u, 0.0, 0.0, focal, middle_v, 0.0, 0.0, 0.0, 1.0, 0.0],
    )
    message.header.stamp = time_message(stamp_ns)
    message.header.frame_id = _frame(name)
    return message


def image_message(pixels: npt.NDArray[np.uint8], camera: str, stamp_ns: int) -> Image:
    """Return (height, width, 3) uint8 RGB as ros_gz_image publishes it."""
    height, width = pixels.shape[:2]
    # array.array is what rclpy takes without looking at every element.
    data = array('B')
    data.frombytes(pixels.tobytes())
    message = Image(height=height, width=width, encoding='rgb8', step=3 * width, data=data)
    message.header.stamp = time_message(stamp_ns)
    message.header.frame_id = _frame(camera)
    return message


def _frame(camera: str) -> str:
    return f'{ROBOT}/base_link/{camera}'
