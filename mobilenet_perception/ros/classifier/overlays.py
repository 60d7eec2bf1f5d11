# SPDX-License-Identifier: Apache-2.0
"""`~/<camera>/overlay`: drawn only while someone looks on, and never in the way of a frame."""

import array
import threading
from collections.abc import Sequence

from rclpy.lifecycle import LifecycleNode
from sensor_msgs.msg import Image

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames import decode
from mobilenet_perception.pipeline.overlay import draw_overlay
from mobilenet_perception.pipeline.pipeline import Result
from mobilenet_perception.pipeline.timing import Outcome


class Overlays:
    """Draws the newest result of each camera in a thread of its own.

    Args:
        node: publishes them.
        cameras: names.
    """

    def __init__(self, node: LifecycleNode, cameras: Sequence[str]) -> None:
        self._node = node
        self._publishers = {
            camera: node.create_lifecycle_publisher(Image, f'~/{camera}/overlay', 1)
            for camera in cameras
        }
        self._changed = threading.Condition()
        self._newest: dict[str, Result] = {}
        self._running = True
        self._thread: threading.Thread | None = None

    def show(self, result: Result) -> None:
        """Draw a result, unless a newer one comes first or nobody looks on."""
        camera = result.record.camera
        watched = self._publishers[camera].get_subscription_count() > 0
        if not watched or result.record.outcome is Outcome.SUPERSEDED:
            return
        with self._changed:
            self._newest[camera] = result
            self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._draw, name='overlays', daemon=True)
                self._thread.start()

    def destroy(self) -> None:
        """End the thread and take the topics down."""
        with self._changed:
            self._running = False
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
        for publisher in self._publishers.values():
            self._node.destroy_lifecycle_publisher(publisher)

    def _draw(self) -> None:
        while True:
            with self._changed:
                while self._running and not self._newest:
                    self._changed.wait()
                if not self._running:
                    return
                camera, result = self._newest.popitem()
            try:
                self._publishers[camera].publish(_image(result))
            except FrameError:
                continue  # a rejected frame has no picture to draw on
            except Exception as error:  # the context may be gone
                if self._node.context.ok():
                    self._node.get_logger().error(
                        f'an overlay could not be drawn: {error}', throttle_duration_sec=5.0
                    )


def _image(result: Result) -> Image:
    frame = decode(result.message)
    label = result.top[0].label if result.top else ''
    drawn = draw_overlay(frame.rgb(), result.roi, result.decision, result.record, label)
    height, width = drawn.shape[:2]
    return Image(
        header=result.header,
        height=height,
        width=width,
        encoding='rgb8',
        step=3 * width,
        data=array.array('B', drawn.tobytes()),
    )
