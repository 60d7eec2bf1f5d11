# SPDX-License-Identifier: Apache-2.0
"""A camera that errs on purpose, in a process of its own; it writes what it sends, and when.

With regions, it is its detector as well: the boxes of each frame come a little after it.

Each line of the file is JSON: {"stamp_ns", "captured_ns"} of a frame, the second on the steady
clock, or {"fault": "on" or "off", "at_ns"}. While the fault is on, the file SWITCH exists.
"""

import argparse
import array
import heapq
import json
import math
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import rclpy
from rclpy.qos import qos_profile_sensor_data
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import BoundingBox2D, Detection2D, Detection2DArray

from mobilenet_perception.frames import messages
from mobilenet_perception.frames.messages import ImageMessage, image_message
from mobilenet_perception.inference.bundle import default_bundle_path, load_bundle
from mobilenet_perception.recordings import EPOCH_NS, SourceFrame
from mobilenet_perception.ros.messages import time_message
from mobilenet_perception.tools.replay.faults import Faults, parse_fault

# A jump of simulation time: longer than any run, so that no stamp comes twice.
_JUMP_NS = 7200 * 10**9
_SIMULATED_NS = 10_000 * 10**9
# Time that a detector takes.
_DETECTED_NS = 5 * 10**6


class _Regions(NamedTuple):
    """Where to look in a frame that shows pictures side by side: at each of them.

    Attributes:
        camera: name of the camera.
        header: of the frame.
        stamp_ns: its stamp, in nanoseconds.
        log_ns: when they come, likewise.
        pictures: how many.
        width: of the frame, in pixels.
        height: of the frame, in pixels.
    """

    camera: str
    header: messages.Header
    stamp_ns: int
    log_ns: int
    pictures: int
    width: int
    height: int


def main() -> None:
    """Publish frames on an absolute schedule."""
    options = _options()
    begin, end = options.on or (0.0, 0.0)
    faults = Faults(
        [parse_fault(text if '@' in text else f'{text}@{begin}-{end}') for text in options.fault]
    )
    rclpy.init()
    node = rclpy.create_node('faulty_camera')
    publisher = node.create_publisher(
        Image, f'/{options.camera}/image_raw', qos_profile_sensor_data
    )
    clock = node.create_publisher(Clock, '/clock', 10) if options.jump else None
    boxes = node.create_publisher(
        Detection2DArray, f'/{options.camera}/boxes', qos_profile_sensor_data
    )
    while not publisher.get_subscription_count():
        time.sleep(0.05)
    while options.regions and not boxes.get_subscription_count():
        time.sleep(0.05)
    jump_ns = {'back': -_JUMP_NS, 'forward': _JUMP_NS}.get(options.jump or '', 0)
    with options.sent.open('a', encoding='utf-8', buffering=1) as sent:
        start_ns, start_s = time.time_ns(), time.monotonic()
        events = [(begin, 'on'), (end, 'off')] if options.on else []
        frames = _frames(options.frames, options.rate, max(1, options.regions))
        for item in _events(faults, frames, options.regions):
            due_s = (item.log_ns - EPOCH_NS) / 1e9
            while events and events[0][0] <= due_s:
                _wait_until(start_s + events[0][0])
                _switch(options.switch, events.pop(0)[1], sent.write)
            _wait_until(start_s + due_s)
            stamp_ns = item.stamp_ns - EPOCH_NS + start_ns
            if clock is not None:
                # Regions have the stamp of their frame, before the jump or after it.
                jumped = jump_ns if item.stamp_ns >= EPOCH_NS + begin * 1e9 else 0
                stamp_ns = _SIMULATED_NS + item.stamp_ns - EPOCH_NS + jumped
            if isinstance(item, _Regions):
                found = _boxes(stamp_ns, item)
                if options.nan_box and stamp_ns // 10**9 % 2:
                    found.detections.append(Detection2D(bbox=BoundingBox2D(size_x=math.nan)))
                boxes.publish(found)
                continue
            if clock is not None:
                clock.publish(Clock(clock=time_message(stamp_ns)))
            # Its number in the recording, whatever the fault has made of its times.
            captured_s = start_s + int(item.truth or '') / options.rate
            message = _message(item.message, stamp_ns)  # type: ignore[arg-type]
            line = {'stamp_ns': stamp_ns, 'captured_ns': round(captured_s * 1e9)}
            sent.write(json.dumps(line) + '\n')
            publisher.publish(message)
        for _, name in events:
            _switch(options.switch, name, sent.write)
    rclpy.shutdown()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('sent', type=Path, help='file to append to')
    parser.add_argument('switch', type=Path, help='file that exists while the fault is on')
    parser.add_argument('--frames', type=int, default=300)
    parser.add_argument('--rate', type=float, default=30.0, help='frames a second')
    parser.add_argument(
        '--fault', action='append', default=[], help='of frames; without times: as --on says'
    )
    parser.add_argument('--on', type=float, nargs=2, help='seconds between which it is on')
    parser.add_argument('--jump', choices=('back', 'forward'), help='of simulation time')
    parser.add_argument('--camera', default='camera', help='name of its topics (%(default)s)')
    parser.add_argument('--regions', type=int, default=0, help='of each frame; 0: none')
    parser.add_argument(
        '--nan-box', action='store_true', help='every other second: one more, whose width is NaN'
    )
    return parser.parse_args()


def _frames(count: int, rate: float, pictures: int) -> Iterator[SourceFrame]:
    """Yield frames of so many pictures, side by side, whose label is sure."""
    bundle = load_bundle(default_bundle_path())
    golden = next(one for one in bundle.manifest.golden if 'stop' in one.file)
    picture = np.hstack([bundle.golden_images[golden.file]] * pictures)
    for number in range(count):
        stamp_ns = EPOCH_NS + round(number / rate * 1e9)
        message = image_message(picture, stamp_ns, 'camera')
        yield SourceFrame('camera', stamp_ns, stamp_ns, message, truth=str(number))


def _events(
    faults: Faults, frames: Iterable[SourceFrame], regions: int
) -> Iterator[SourceFrame | _Regions]:
    """Yield frames with their faults, and what a detector finds in them, with its own."""
    if not regions:
        yield from faults.frames(frames)
        return
    seen: list[SourceFrame | _Regions] = list(faults.frames(frames))
    found: Iterator[SourceFrame | _Regions] = faults.regions(
        _detected(frame, regions) for frame in seen
    )
    yield from heapq.merge(seen, found, key=lambda item: item.log_ns)


def _detected(frame: SourceFrame | _Regions, pictures: int) -> _Regions:
    assert isinstance(frame, SourceFrame) and isinstance(frame.message, ImageMessage)
    message = frame.message
    return _Regions(
        frame.camera,
        message.header,
        frame.stamp_ns,
        frame.log_ns + _DETECTED_NS,
        pictures,
        message.width,
        message.height,
    )


def _boxes(stamp_ns: int, regions: _Regions) -> Detection2DArray:
    width = regions.width / regions.pictures
    found = []
    for number in range(regions.pictures):
        bbox = BoundingBox2D(size_x=width, size_y=float(regions.height))
        bbox.center.position.x = width * (number + 0.5)
        bbox.center.position.y = regions.height / 2
        found.append(Detection2D(id=str(number), bbox=bbox))
    header = Header(stamp=time_message(stamp_ns), frame_id=regions.header.frame_id)
    return Detection2DArray(header=header, detections=found)


def _message(frame: ImageMessage, stamp_ns: int) -> Image:
    message = Image(
        height=frame.height, width=frame.width, encoding=frame.encoding, step=frame.step
    )
    message.data = array.array('B', bytes(frame.data))
    message.header.frame_id = frame.header.frame_id
    message.header.stamp = time_message(stamp_ns)
    return message


def _switch(path: Path, name: str, write: object) -> None:
    if name == 'on':
        path.touch()
    else:
        path.unlink(missing_ok=True)
    assert callable(write)
    write(json.dumps({'fault': name, 'at_ns': time.monotonic_ns()}) + '\n')


def _wait_until(steady_s: float) -> None:
    time.sleep(max(0.0, steady_s - time.monotonic()))


if __name__ == '__main__':
    main()
