# SPDX-License-Identifier: Apache-2.0
"""The example's detector before the node, on a film: `python -m benchmarks.detector FOLDER MODEL`.

The film shows photographs of a folder, one after the other, coming nearer. A player publishes it
as a camera; detector, node and player are processes of their own. How many frames have boxes in
time, and how old are the answers, with the boxes of the same frame (`exact`) and with the newest
(`latest`)?
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from rclpy.qos import QoSProfile
from vision_msgs.msg import Detection2DArray

from benchmarks.harness.film import HEIGHT, WIDTH, Pixels, approach, write_film
from benchmarks.harness.processes import Listener, child, node_arguments, started
from mobilenet_perception.frames import decode_file
from mobilenet_perception.pipeline.regions import EXACT, LATEST
from mobilenet_perception.pipeline.timing import percentiles
from mobilenet_perception.recordings.pictures import list_images
from mobilenet_perception.tools.arguments import positive
from mobilenet_perception.tools.terminal import table

# Of each photograph.
_SHOWN_S = 2.0
_EXAMPLES = Path(__file__).parents[1] / 'examples'


class Trial(NamedTuple):
    """One run: how regions are matched, and the camera's rate."""

    match: str
    rate_hz: float


def main() -> int:
    """Run, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=Path, help='of photographs')
    parser.add_argument('model', type=Path, help='YOLOX in ONNX')
    parser.add_argument('--seconds', type=positive, default=20.0)
    parser.add_argument('--rate', type=positive, nargs='+', default=[10.0, 30.0], help='in Hz')
    parser.add_argument('--budget', type=positive, default=150.0, help='in ms')
    options = parser.parse_args()
    photographs = list_images(options.folder)
    if not photographs:
        sys.exit(f'{options.folder} holds no photograph: give a folder of PNG or JPEG files')
    rows = [['match', 'camera', 'boxes', 'frames', 'with regions', 'on time', 'age p50', 'p99']]
    with tempfile.TemporaryDirectory() as scratch:
        for rate_hz in options.rate:
            video = Path(scratch) / f'{rate_hz:g}.avi'
            write_film(video, _pictures(photographs, rate_hz, options.seconds), rate_hz)
            for match in (EXACT, LATEST):
                rows.append(_run(Trial(match, rate_hz), video, options.model, options.budget))
    print(f'{WIDTH}x{HEIGHT}, {options.seconds:g} s each, budget {options.budget:g} ms\n')
    print(table(rows))
    return 0


def _pictures(photographs: Sequence[Path], rate_hz: float, seconds: float) -> Iterator[Pixels]:
    """Yield the pictures of a film; its photographs are spread over those given."""
    shown = max(1, round(seconds / _SHOWN_S))
    for number in range(shown):
        photograph = decode_file(photographs[number * len(photographs) // shown]).rgb()
        yield from approach(photograph, round(_SHOWN_S * rate_hz))


def _run(trial: Trial, video: Path, model: Path, budget_ms: float) -> list[str]:
    listener = Listener()
    boxes: list[Detection2DArray] = []
    listener.listen(Detection2DArray, '/detector/boxes', boxes.append, QoSProfile(depth=1000))
    node = node_arguments(**{'latency_budget_ms': budget_ms, 'camera.regions_match': trial.match})
    node[1:1] = ['--params-file', str(_EXAMPLES / 'detector.yaml')]
    remapped = ('image:=/camera/image_raw', 'boxes:=/detector/boxes')
    detector = [str(_EXAMPLES / 'detector.py'), *node_arguments(model=model.resolve())]
    detector += [part for name in remapped for part in ('-r', name)]
    player = [str(video), '--subscribers', '2']
    with (
        child('mobilenet_perception.ros.classifier', node),
        started(detector),
        child('mobilenet_perception.tools.replay.ros.player', player) as playing,
    ):
        listener.spin_while(lambda: playing.poll() is None, 600.0)
        listener.spin_until_quiet()
    listener.close()
    timings = listener.timings['camera']
    frames = len(timings)
    if not frames:
        sys.exit(f'nothing was heard of {video.name}: what its processes say is above')
    on_time = [timing for timing in timings if timing['outcome'] == 'on_time']
    ages = percentiles([float(timing['age_ms']) for timing in on_time])
    with_regions = sum('regions' in timing for timing in timings)
    seconds = frames / trial.rate_hz
    return [
        trial.match,
        f'{trial.rate_hz:g} Hz',
        f'{len(boxes) / seconds:.1f} Hz',
        str(frames),
        f'{with_regions / frames:.1%}',
        f'{len(on_time) / frames:.1%}',
        *([f'{ages.p50:.0f} ms', f'{ages.p99:.0f} ms'] if ages else ['-', '-']),
    ]


if __name__ == '__main__':
    sys.exit(main())
