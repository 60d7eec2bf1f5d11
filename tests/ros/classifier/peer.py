# SPDX-License-Identifier: Apache-2.0
"""The other end: a camera and a planner in this process, the node in another one."""

import array
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from sensor_msgs.msg import Image
from vision_msgs.msg import Classification, LabelInfo, VisionInfo

from tests.support import ROOT

# Discovery alone takes up to seconds on a busy machine; nothing here is a measurement.
PATIENCE_S = 40.0


class Peer:
    """Talks to the node over DDS, and remembers what it heard."""

    def __init__(self, cameras: tuple[str, ...] = ('camera',)) -> None:
        self.node = rclpy.create_node('peer')
        self.heard: dict[str, list[Any]] = {}
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        for camera in cameras:
            self._listen(Classification, f'/classifier/{camera}/classification', 100)
            self._listen(Classification, f'/classifier/{camera}/decision', 1000)
            self._listen(DiagnosticArray, f'/classifier/{camera}/timing', 1000)
        self._listen(VisionInfo, '/classifier/vision_info', latched)
        self._listen(LabelInfo, '/classifier/label_info', latched)
        self._listen(DiagnosticArray, '/diagnostics', 10)

    def __getitem__(self, topic: str) -> list[Any]:
        return self.heard[topic if topic.startswith('/') else f'/classifier/{topic}']

    def timings(self, camera: str = 'camera') -> list[dict[str, str]]:
        """Return the keys and values of every timing message."""
        return [
            {pair.key: pair.value for pair in message.status[0].values}
            for message in self[f'{camera}/timing']
        ]

    def outcomes(self, camera: str = 'camera') -> list[str]:
        """Return the outcomes heard, in order."""
        return [timing['outcome'] for timing in self.timings(camera)]

    def health(self, name: str) -> Any:
        """Return the newest status of this name on /diagnostics."""
        found = [s for array_ in self['/diagnostics'] for s in array_.status if s.name == name]
        return found[-1] if found else None

    def wait_for(self, what: Callable[[], Any], doing: Callable[[], None] | None = None) -> Any:
        """Spin until something is true, doing something at 30 Hz meanwhile; return it."""
        end = time.monotonic() + PATIENCE_S
        due = 0.0
        while not (found := what()):
            counts = {topic: len(messages) for topic, messages in self.heard.items()}
            assert time.monotonic() < end, f'waited in vain; heard: {counts}'
            if doing and time.monotonic() >= due:
                due = time.monotonic() + 1 / 30
                doing()
            rclpy.spin_once(self.node, timeout_sec=0.005)
        return found

    def wait_for_more(
        self, topic: str, doing: Callable[[], None] | None = None, count: int = 1
    ) -> list[Any]:
        """Wait until so many more messages have come on a topic; return them."""
        heard = self[topic]
        before = len(heard)
        self.wait_for(lambda: len(heard) >= before + count, doing)
        return heard[before:]

    def camera(self, topic: str = '/camera/image_raw', kind: type = Image, qos: Any = None) -> Any:
        """Return a publisher that the node has found."""
        publisher = self.node.create_publisher(kind, topic, qos or qos_profile_sensor_data)
        self.wait_for(lambda: publisher.get_subscription_count() > 0)
        return publisher

    def image(self, label_image: npt.NDArray[np.uint8]) -> Image:
        """Return an RGB image as a message stamped now."""
        height, width = label_image.shape[:2]
        message = Image(height=height, width=width, encoding='rgb8', step=3 * width)
        message.data = array.array('B', label_image.tobytes())
        message.header.frame_id = 'lens'
        message.header.stamp = self.node.get_clock().now().to_msg()
        return message

    def change_state(self, transition: int) -> bool:
        """Ask the node for a lifecycle transition."""
        request = ChangeState.Request(transition=Transition(id=transition))
        return bool(self.call(ChangeState, '/classifier/change_state', request).success)

    def state(self) -> str:
        """Return the node's lifecycle state."""
        return str(
            self.call(GetState, '/classifier/get_state', GetState.Request()).current_state.label
        )

    def set_parameter(self, name: str, value: Any, node: str = '/classifier') -> str:
        """Set a parameter of a node; return why it was refused, or an empty string."""
        parameter = Parameter(name, value=value).to_parameter_msg()
        request = SetParameters.Request(parameters=[parameter])
        result = self.call(SetParameters, f'{node}/set_parameters', request).results[0]
        return '' if result.successful else str(result.reason)

    def call(self, kind: Any, name: str, request: Any) -> Any:
        """Call a service; return its response."""
        client = self.node.create_client(kind, name)
        assert client.wait_for_service(PATIENCE_S)
        future = client.call_async(request)
        self.wait_for(future.done)
        return future.result()

    def close(self) -> None:
        """Leave."""
        self.node.destroy_node()

    def _listen(self, kind: type, topic: str, qos: Any) -> None:
        self.heard[topic] = []
        self.node.create_subscription(kind, topic, self.heard[topic].append, qos)


class NodeProcess:
    """The real node in a process of its own."""

    def __init__(
        self,
        environment: Mapping[str, str],
        module: str = 'mobilenet_perception.ros.classifier',
        params_file: Path | None = None,
        namespace: str = '',
        **parameters: Any,
    ) -> None:
        given = ['--params-file', str(params_file)] if params_file else []
        given += ['-r', f'__ns:={namespace}'] if namespace else []
        arguments = [f'{name}:={value}' for name, value in parameters.items()]
        self.process = subprocess.Popen(
            [
                *(sys.executable, '-m', module, '--ros-args'),
                *(part for argument in arguments for part in ('-p', argument)),
                *given,
            ],
            env=dict(environment),
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def end(self, how: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        """Tell it to end; return its exit status and what it logged."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.wait()

    def wait(self) -> tuple[int, str]:
        """Wait until it has ended by itself; return its exit status and what it logged."""
        try:
            _, logged = self.process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return self.process.returncode, logged
