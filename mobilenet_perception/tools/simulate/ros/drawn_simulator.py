# SPDX-License-Identifier: Apache-2.0
"""The street on the topics of Gazebo and its bridges, drawn by this project's own renderer.

Its time stands still while it draws, which Gazebo's does not, and never runs faster than the wall
clock. It has the front camera alone.
"""

import argparse
import sys
import time
from functools import partial

import cv2
from geometry_msgs.msg import PoseStamped, Twist
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image, JointState
from std_msgs.msg import Float64

from mobilenet_perception.ros.interrupts import run_program
from mobilenet_perception.ros.messages import time_message
from mobilenet_perception.ros.process import joined_ros, spin_once
from mobilenet_perception.street import Phase, Renderer, Signal, World, gazebo
from mobilenet_perception.street.camera import camera_at
from mobilenet_perception.street.streets import TIMES_OF_DAY, sidewalk_world
from mobilenet_perception.tools.simulate.ros import messages
from mobilenet_perception.tools.simulate.route_follower import GroundPose, Velocity, moved

# Ticks of /clock for each image.
_TICKS = 4
_STEP_NS = 1_000_000_000 // (gazebo.IMAGE_RATE_HZ * _TICKS)
# A stamp of zero reads as none.
_START_NS = 1_000_000_000


class DrawnSimulator(Node):  # type: ignore[misc]
    """Node `drawn_simulator`: takes what the robot and the lights are told, shows the street."""

    def __init__(self, world: World) -> None:
        super().__init__('drawn_simulator')
        self._world = world
        start = world.route[0]
        self._robot = GroundPose(start.x, start.y, start.yaw)
        self._velocity = Velocity(0.0, 0.0)
        self._labels = {light.name: light.programme[0].label for light in gazebo.lights(world)}
        self._angles = {name: gazebo.angle_of(label) for name, label in self._labels.items()}
        self._renderer = Renderer(world)
        self._clock = self.create_publisher(Clock, gazebo.CLOCK, messages.STATES)
        self._pose = self.create_publisher(PoseStamped, gazebo.POSE, messages.STATES)
        self._image = self.create_publisher(
            Image, gazebo.image_topic(gazebo.FRONT), messages.IMAGES
        )
        self._calibration = self.create_publisher(
            CameraInfo, gazebo.camera_info_topic(gazebo.FRONT), messages.IMAGES
        )
        self._states = {
            name: self.create_publisher(JointState, gazebo.state_topic(name), messages.STATES)
            for name in self._angles
        }
        self.create_subscription(Twist, gazebo.COMMAND, self._take_velocity, messages.STATES)
        for name in self._angles:
            self.create_subscription(
                Float64, gazebo.turn_topic(name), partial(self._take_turn, name), messages.STATES
            )

    def step(self, now_ns: int) -> None:
        """Go on by one tick of the clock: the robot moves, and all is told."""
        self._robot = moved(self._robot, self._velocity, _STEP_NS / 1e9)
        self._clock.publish(Clock(clock=time_message(now_ns)))
        self._pose.publish(messages.pose_message(self._robot, now_ns))
        for name, publisher in self._states.items():
            publisher.publish(messages.angle_message(self._angles[name], now_ns))

    def look(self, now_ns: int) -> None:
        """Draw what the front camera sees, and publish it."""
        camera = camera_at(*self._robot, self._world.mount, gazebo.IMAGE_SIZE)
        # Before the image, as Gazebo does.
        self._calibration.publish(messages.calibration_message(camera, gazebo.FRONT, now_ns))
        picture = self._renderer.render(camera, now_ns / 1e9, signals=self._shown())
        self._image.publish(messages.image_message(picture, gazebo.FRONT, now_ns))

    def _shown(self) -> tuple[Signal, ...]:
        """Return the signals, lights as their drums stand; one that turns shows as it did."""
        for name, angle in self._angles.items():
            self._labels[name] = gazebo.label_at(angle) or self._labels[name]
        return tuple(
            signal._replace(programme=(Phase(self._labels[signal.name], 1.0),))
            if signal.name in self._labels
            else signal
            for signal in self._world.signals
        )

    def _take_velocity(self, message: Twist) -> None:
        self._velocity = messages.velocity_of(message)

    def _take_turn(self, light: str, message: Float64) -> None:
        # Gazebo's drum takes a tenth of a second; this one none.
        self._angles[light] = message.data


def run(simulator: DrawnSimulator) -> None:
    """Go on for ever, no faster than the wall clock."""
    executor = SingleThreadedExecutor()
    executor.add_node(simulator)
    tick, due_s = 0, time.monotonic()
    while True:
        now_ns = _START_NS + tick * _STEP_NS
        simulator.step(now_ns)
        if tick % _TICKS == 0:
            before_s = time.monotonic()
            simulator.look(now_ns)
            # Time stood still meanwhile.
            due_s += time.monotonic() - before_s
        tick += 1
        due_s = max(due_s + _STEP_NS / 1e9, time.monotonic() - _STEP_NS / 1e9)
        spin_once(executor, 0.0)
        while (left_s := due_s - time.monotonic()) > 0:
            spin_once(executor, left_s)


def main(arguments: list[str] | None = None) -> int:
    """Run until told to end."""
    parser = argparse.ArgumentParser(
        prog='python -m mobilenet_perception.tools.simulate.ros.drawn_simulator',
        description='Show the street on the topics of simulate.launch.py, without Gazebo.',
    )
    parser.add_argument('--time-of-day', choices=TIMES_OF_DAY, default=TIMES_OF_DAY[0])
    parsed = parser.parse_args(arguments)
    # The drawing shares the processor with the node.
    cv2.setNumThreads(1)
    with joined_ros():
        run(DrawnSimulator(sidewalk_world(parsed.time_of_day)))
    return 0


if __name__ == '__main__':
    sys.exit(run_program(main, interrupted=0))
