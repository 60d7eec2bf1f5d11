# SPDX-License-Identifier: Apache-2.0
"""Let a paused `ros2 bag play` go on once the classifier subscribes to what it plays.

`ros2 bag play` starts to publish when it is ready itself: the frames until the node has found it
are lost. This waits for both, in a process of its own, and says what stands in the way.
"""

import argparse
import itertools
import sys
import time
from typing import Any

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.ros.interrupts import run_program
from mobilenet_perception.ros.qos import incompatibility
from mobilenet_perception.ros.start import start_ros

PLAYER = 'rosbag2_player'
_TYPES = ('sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage')
# What we have discovered, the two may yet have to discover of each other.
_SETTLE_S = 0.5
_LOOK_S = 0.1


def main(arguments: list[str] | None = None) -> int:
    """Wait, and resume the player; 1 if that cannot be."""
    parser = argparse.ArgumentParser(
        prog='python -m mobilenet_perception.tools.replay.ros.resume',
        description='Resume a paused `ros2 bag play` once the classifier subscribes.',
    )
    parser.add_argument('--classifier', default='/classifier', help='its full name (%(default)s)')
    parser.add_argument('--player', default=f'/{PLAYER}', help='its full name (%(default)s)')
    parser.add_argument('--wait', type=float, default=60.0, metavar='S', help='(%(default)s)')
    parsed = parser.parse_args(arguments)
    import rclpy  # noqa: PLC0415 (`--help` needs no ROS)

    try:
        start_ros()
        node = rclpy.create_node('resume_replay')
        wait_until_matched(node, parsed.classifier, parsed.player, parsed.wait)
        resume(node, parsed.player, parsed.wait)
    finally:
        rclpy.try_shutdown()
    return 0


def wait_until_matched(node: Any, classifier: str, player: str, seconds: float) -> None:
    """Wait until every camera topic that the classifier subscribes to is one that is played.

    Args:
        node: an rclpy node of ours.
        classifier: full name of the classifier.
        player: full name of the player.
        seconds: how long to wait.

    Raises:
        PerceptionError: it does not come to that: says what is missing.
    """
    end = time.monotonic() + seconds
    while missing := what_is_missing(node, classifier, player):
        if time.monotonic() > end:
            raise PerceptionError(missing)
        time.sleep(_LOOK_S)
    time.sleep(_SETTLE_S)


def what_is_missing(node: Any, classifier: str, player: str) -> str:
    """Say what is missing until the player may go on; empty: nothing is."""
    wanted = _topics(node.get_subscriber_names_and_types_by_node, node, classifier)
    played = _topics(node.get_publisher_names_and_types_by_node, node, player)
    if wanted is None or not wanted:
        return (
            f'{classifier} does not subscribe to any camera: see what it logs, and whether it '
            'became active'
        )
    if played is None:
        return f'{player} is not there: see what `ros2 bag play` logs'
    if absent := [topic for topic in wanted if topic not in played]:
        return (
            f'{classifier} subscribes to {", ".join(absent)}, which is not played; cameras in the '
            f'bag: {", ".join(played) or "none"}: give image_topic:= and image_transport:=, or '
            'params_file:='
        )
    for topic, kind in wanted.items():
        if played[topic] != kind:
            return (
                f'{classifier} expects {kind} on {topic}, and the bag holds {played[topic]}: '
                'give image_transport:=raw or compressed'
            )
        if reason := _qos_trouble(node, topic, classifier, player):
            return f'{player} and {classifier} do not agree on the QoS of {topic}: {reason}'
    return ''


def resume(node: Any, player: str, seconds: float) -> None:
    """Ask the player to go on.

    Raises:
        PerceptionError: rosbag2's interfaces are not installed, or it does not answer.
    """
    try:
        from rosbag2_interfaces.srv import Resume  # noqa: PLC0415 (comes with `ros2 bag`)
    except ImportError:
        raise PerceptionError(
            'this needs rosbag2_interfaces, which comes with rosbag2: apt install '
            'ros-$ROS_DISTRO-rosbag2'
        ) from None
    import rclpy  # noqa: PLC0415

    client = node.create_client(Resume, f'{player}/resume')
    if not client.wait_for_service(seconds):
        raise PerceptionError(f'{player}/resume does not answer: was the bag played to its end?')
    future = client.call_async(Resume.Request())
    rclpy.spin_until_future_complete(node, future, timeout_sec=seconds)
    if not future.done():
        raise PerceptionError(f'{player}/resume did not answer within {seconds:g} s')


def _topics(ask: Any, node: Any, name: str) -> dict[str, str] | None:
    """Return the camera topics of a node with their types; None: the node is not there."""
    namespace, _, base = name.rpartition('/')
    if (base, namespace or '/') not in node.get_node_names_and_namespaces():
        return None
    found = ask(base, namespace or '/')
    return {topic: kinds[0] for topic, kinds in found if kinds[0] in _TYPES}


def _qos_trouble(node: Any, topic: str, classifier: str, player: str) -> str:
    def of(ends: Any, name: str) -> list[Any]:
        return [
            end.qos_profile
            for end in ends
            if f'{end.node_namespace.rstrip("/")}/{end.node_name}' == name
        ]

    offered = of(node.get_publishers_info_by_topic(topic), player)
    asked = of(node.get_subscriptions_info_by_topic(topic), classifier)
    reasons = (incompatibility(one, other) for one, other in itertools.product(offered, asked))
    return next(filter(None, reasons), '')


if __name__ == '__main__':
    sys.exit(run_program(main))
