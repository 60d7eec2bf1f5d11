# SPDX-License-Identifier: Apache-2.0
"""Publish a source of frames over DDS as a camera driver would, in a process of its own."""

import argparse
import json
import sys
import time
from array import array
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, TextIO, TypeVar

import cv2

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.frames.messages import CompressedImageMessage, ImageMessage
from mobilenet_perception.recordings import Source, SourceFrame, SourceRegions, open_source
from mobilenet_perception.recordings.cdr import restamp, serialize_boxes
from mobilenet_perception.recordings.prefetch import prefetch
from mobilenet_perception.ros.interrupts import run_program
from mobilenet_perception.ros.region_setter import RegionSetter
from mobilenet_perception.tools.arguments import add_significant_bits, positive, whole
from mobilenet_perception.tools.replay.pace import Restamp, Schedule
from mobilenet_perception.tools.replay.settings import RELIABLE_DEPTH
from mobilenet_perception.tools.report.thumbnails import ThumbnailPicker, thumbnail

_T = TypeVar('_T')
# Two seconds of a 30 Hz camera: what drawing or decoding may fall behind before it shows.
_READ_AHEAD = 60
# The region of interest is set for where the signal will be when the node has it, in frames.
_ROI_LEAD = 2
_LINGER_S = 1.0
_ANSWER_S = 10.0


class OutgoingFrame(NamedTuple):
    """A frame, and its message as rclpy publishes it: a message, or serialised bytes."""

    frame: SourceFrame
    message: Any


class OutgoingRegions(NamedTuple):
    """Regions, and their message as serialised bytes."""

    regions: SourceRegions
    message: Any


Outgoing = OutgoingFrame | OutgoingRegions


class SentFrame(NamedTuple):
    """One frame sent, a line of the player's log: it pairs the node's answer with the truth.

    Attributes:
        camera: name of the camera.
        stamp_ns: the stamp it was sent under, in nanoseconds.
        source_stamp_ns: its stamp in the source.
        time_s: its time in the source, seconds since the first frame.
        truth: the label it shows, None: not known.
        clear: it counts for accuracy.
        roi: the region that the node had confirmed by then; None: the whole frame.
    """

    camera: str
    stamp_ns: int
    source_stamp_ns: int
    time_s: float
    truth: str | None
    clear: bool
    roi: RegionOfInterest | None

    def line(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps({**self._asdict(), 'roi': list(self.roi) if self.roi else None})


def main(arguments: list[str] | None = None) -> int:
    """Play a source; 0 when all of it was sent."""
    parser = argparse.ArgumentParser(
        prog='python -m mobilenet_perception.tools.replay.ros.player',
        description='Publish a drawn drive, a bag, a video or an image folder over ROS 2.',
    )
    add_arguments(parser)
    parsed = parser.parse_args(arguments)
    return play(parsed)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the player's arguments."""
    parser.add_argument('source', help='image folder, video, bag, or the word drive')
    parser.add_argument('--rate', type=positive, metavar='HZ', help='frames a second')
    parser.add_argument('--seconds', type=positive, help='stop after so long')
    parser.add_argument('--topic', action='append', default=[], help='camera topic of a bag')
    parser.add_argument('--labels', type=Path, help='labels file of a bag')
    parser.add_argument('--regions', action='append', default=[], help='as of replay')
    add_significant_bits(parser)
    parser.add_argument('--reliable', action='store_true', help='reliable QoS, not sensor data')
    parser.add_argument('--node', default='', help='set <camera>.roi on this node as labelled')
    parser.add_argument('--sent', type=Path, help='write what was sent, one JSON object a line')
    parser.add_argument('--thumbnails', type=Path, help='folder for small JPEGs of a few frames')
    parser.add_argument('--wait', type=positive, default=60.0, metavar='S',
                        help='for subscribers (%(default)s)')  # fmt: skip
    parser.add_argument('--subscribers', type=whole, default=1, metavar='N',
                        help='to wait for, of each camera (%(default)s)')  # fmt: skip
    parser.add_argument('--handshake', action='store_true',
                        help='say ready and done on stdout, go on at a line on stdin')  # fmt: skip


def play(arguments: argparse.Namespace) -> int:
    """Publish every frame when it is due.

    Raises:
        PerceptionError: the source fails, or nobody subscribes.
    """
    from mobilenet_perception.ros.process import joined_ros  # noqa: PLC0415 (`--help` needs no ROS)

    source = open_source(
        arguments.source,
        rate_hz=arguments.rate,
        seconds=arguments.seconds,
        topics=arguments.topic,
        labels_file=arguments.labels,
        regions=arguments.regions,
        significant_bits=arguments.significant_bits,
    )
    # The drawing shares two processor cores with the node.
    cv2.setNumThreads(1)
    sent_file: AbstractContextManager[TextIO | None] = (
        arguments.sent.open('w', buffering=1, encoding='utf-8') if arguments.sent
        else nullcontext()
    )  # fmt: skip
    with joined_ros(), sent_file as sent:
        player = Player(source, arguments, sent)
        with prefetch(map(to_ros, source.items()), _READ_AHEAD) as items:
            player.wait_for_subscribers(arguments.wait, arguments.subscribers)
            # What takes long is over before the start: the first frames are drawn or read.
            first = next(items, None)
            if first is None:
                raise PerceptionError(f'{source.name} gave no frame: nothing to publish')
            if isinstance(first, OutgoingFrame):
                player.look_at(first.frame)
            if arguments.handshake:
                print('ready', flush=True)
                sys.stdin.readline()
            player.publish(chain((first,), items))
            # Best effort knows no receipt: who leaves at once takes the last frame along.
            if arguments.handshake:
                print('done', flush=True)
                sys.stdin.readline()
            else:
                time.sleep(_LINGER_S)
    return 0


class Player:
    """A ROS node that publishes frames and regions, and sets the region of interest."""

    def __init__(self, source: Source, arguments: argparse.Namespace, sent: TextIO | None) -> None:
        from rclpy.executors import SingleThreadedExecutor  # noqa: PLC0415
        from rclpy.node import Node  # noqa: PLC0415
        from rclpy.qos import QoSProfile, ReliabilityPolicy  # noqa: PLC0415
        from sensor_msgs.msg import CompressedImage, Image  # noqa: PLC0415
        from vision_msgs.msg import Detection2DArray  # noqa: PLC0415

        from mobilenet_perception.ros.process import spin_once  # noqa: PLC0415

        self._node = Node('player')
        executor = SingleThreadedExecutor()
        executor.add_node(self._node)
        self._spin_once = partial(spin_once, executor)
        if arguments.reliable:
            qos = QoSProfile(depth=RELIABLE_DEPTH, reliability=ReliabilityPolicy.RELIABLE)
        else:
            qos = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
        self._publishers = {
            camera.name: self._node.create_publisher(
                CompressedImage if camera.compressed else Image, camera.topic, qos
            )
            for camera in source.cameras
        }
        self._region_publishers = {
            camera.name: self._node.create_publisher(Detection2DArray, camera.regions, qos)
            for camera in source.cameras
            if camera.regions
        }
        self._stamps = Restamp()
        self._origin_ns: int | None = None
        self._sent = sent
        self._thumbnails = arguments.thumbnails
        self._picker = ThumbnailPicker()
        self._rois = RegionSetter(self._node, arguments.node) if arguments.node else None

    def wait_for_subscribers(self, seconds: float, count: int = 1) -> None:
        """Wait until every camera has so many subscribers, and its regions have one.

        Raises:
            PerceptionError: one has fewer after that time.
        """
        end = time.monotonic() + seconds
        wanted = {
            **dict.fromkeys(self._publishers.values(), count),
            **dict.fromkeys(self._region_publishers.values(), 1),
        }
        for publisher, least in wanted.items():
            while (found := publisher.get_subscription_count()) < least:
                if time.monotonic() > end:
                    who = f'{found} of {least} nodes' if found else 'nobody'
                    raise PerceptionError(
                        f'{who} subscribed to {publisher.topic_name} within {seconds:g} s: is '
                        'the node running, with the same ROS_DOMAIN_ID and QoS?'
                    )
                self._spin_once(0.02)
        if self._rois is not None:
            self._rois.wait(end - time.monotonic())

    def look_at(self, frame: SourceFrame) -> None:
        """Set the region of interest of a frame, and wait until the node has it."""
        end = time.monotonic() + _ANSWER_S
        if self._rois is not None:
            self._request(frame)
            while self._rois.is_waiting and time.monotonic() < end:
                self._spin_once(0.1)

    def publish(self, items: Iterator[Outgoing]) -> None:
        """Publish every frame, and every message of regions, when it is due."""
        schedule = Schedule()
        for ready, upcoming in with_upcoming(items, _ROI_LEAD):
            item: SourceFrame | SourceRegions = ready[0]
            self._wait_until(schedule.due_ns(item.log_ns, time.monotonic_ns()))
            if isinstance(ready, OutgoingRegions):
                self._publish_regions(ready)
                continue
            stamp_ns = self._publish(ready)
            self._log(ready.frame, stamp_ns)
            if isinstance(upcoming, OutgoingFrame):
                self._request(upcoming.frame)
            if self._thumbnails is not None and self._picker.wants(ready.frame):
                self._save(ready.frame, stamp_ns)

    def _log(self, frame: SourceFrame, stamp_ns: int) -> None:
        if self._origin_ns is None:
            self._origin_ns = frame.log_ns
        roi = self._rois.confirmed(frame.camera) if self._rois else None
        if self._sent is not None:
            time_s = (frame.log_ns - self._origin_ns) / 1e9
            known = (frame.truth, frame.clear, roi)
            sent = SentFrame(frame.camera, stamp_ns, frame.stamp_ns, time_s, *known)
            self._sent.write(sent.line() + '\n')

    def _request(self, frame: SourceFrame) -> None:
        """Ask the node to look where the frame says; of a camera with regions these do."""
        if self._rois is not None and frame.camera not in self._region_publishers:
            self._rois.request(frame.camera, frame.roi)

    def _publish_regions(self, ready: OutgoingRegions) -> None:
        found = ready.regions
        stamp_ns = self._stamps.regions(found.camera, found.stamp_ns, time.time_ns())
        self._region_publishers[found.camera].publish(restamp(ready.message, stamp_ns))

    def _publish(self, ready: OutgoingFrame) -> int:
        publisher = self._publishers[ready.frame.camera]
        message = ready.message
        stamp_ns = self._stamps.frame(ready.frame.camera, ready.frame.stamp_ns, time.time_ns())
        if isinstance(message, bytes):
            publisher.publish(restamp(message, stamp_ns))
        else:
            stamp = message.header.stamp
            stamp.sec, stamp.nanosec = divmod(stamp_ns, 10**9)
            publisher.publish(message)
        return stamp_ns

    def _wait_until(self, due_ns: int) -> None:
        while (left_ns := due_ns - time.monotonic_ns()) > 0:
            if self._rois is not None and self._rois.is_waiting:
                self._spin_once(left_ns / 1e9)
            else:
                time.sleep(left_ns / 1e9)

    def _save(self, frame: SourceFrame, stamp_ns: int) -> None:
        picture = thumbnail(frame)
        if picture is not None:
            name = f'{frame.camera}-{stamp_ns}-{picture.width}x{picture.height}.jpg'
            (self._thumbnails / name).write_bytes(picture.jpeg)


def read_sent(path: Path) -> list[SentFrame]:
    """Read what a player wrote; a last line cut short is left out."""
    found = []
    for line in path.read_text(encoding='utf-8').splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            break
        roi = value.pop('roi')
        found.append(SentFrame(**value, roi=RegionOfInterest(*roi) if roi else None))
    return found


def with_upcoming(items: Iterator[_T], lead: int) -> Iterator[tuple[_T, _T]]:
    """Yield each frame with the one `lead` frames later, at the end with the last."""
    window: deque[_T] = deque()
    for item in items:
        window.append(item)
        if len(window) > lead:
            yield window.popleft(), window[-1]
    while window:
        yield window.popleft(), window[-1] if window else item


def to_ros(item: SourceFrame | SourceRegions) -> Outgoing:
    """Make the message of a frame or of regions: bytes where it was recorded, else of ROS."""
    if isinstance(item, SourceRegions):
        return OutgoingRegions(item, item.cdr or serialize_boxes(item.header, item.boxes))
    frame = item
    if frame.cdr is not None:
        return OutgoingFrame(frame, frame.cdr)
    from sensor_msgs.msg import CompressedImage, Image  # noqa: PLC0415

    message: ImageMessage | CompressedImageMessage = frame.message
    # array.array is what rclpy takes without looking at every element.
    data = array('B')
    data.frombytes(message.data.data)
    fields = {**message._asdict(), 'data': data}
    header = fields.pop('header')
    made = Image(**fields) if isinstance(message, ImageMessage) else CompressedImage(**fields)
    made.header.frame_id = header.frame_id
    return OutgoingFrame(frame, made)


if __name__ == '__main__':
    sys.exit(run_program(main))
