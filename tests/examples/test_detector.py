# SPDX-License-Identifier: Apache-2.0
"""The example detector before the real node, over DDS: a video goes in, decisions come out."""

import ast
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from benchmarks.harness.film import HEIGHT, WIDTH, Pixels, approach, write_film
from examples.yolox import COCO, Yolox
from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import RegionOfInterest, decode_file
from mobilenet_perception.pipeline.regions import overlap
from tests.support import ROOT
from tests.support.detector import TRAFFIC_LIGHT, write_red_detector
from tests.support.tiny_bundle import COLOURS, tiny_model

if TYPE_CHECKING:
    from tests.ros.classifier.peer import Peer

RATE_HZ = 5.0
STOP = 'road86.jpg'
PATIENCE_S = 100.0
Play = Callable[[Path, Path, Path], None]


@pytest.fixture(scope='module')
def red(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A detector of red things."""
    return write_red_detector(tmp_path_factory.mktemp('detector') / 'red.onnx')


def street(**boxes: RegionOfInterest) -> Pixels:
    """Return a grey RGB picture with things of these colours."""
    picture = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    for colour, box in boxes.items():
        picture[box.y : box.y + box.height, box.x : box.x + box.width] = COLOURS[colour]
    return picture


def test_a_box_is_in_pixels_of_the_picture(red: Path) -> None:
    box = RegionOfInterest(400, 100, 60, 90)
    (found,) = Yolox(str(red)).find(street(green=RegionOfInterest(9, 9, 40, 40), red=box))
    assert found.name == 'traffic light' and found.score > 0.99
    assert overlap(found.box, box) > 0.9


def test_a_tall_picture_has_its_boxes_where_they_are(red: Path) -> None:
    (found,) = Yolox(str(red)).find(
        np.ascontiguousarray(street(red=RegionOfInterest(400, 100, 60, 90)).transpose(1, 0, 2))
    )
    assert overlap(found.box, RegionOfInterest(100, 400, 90, 60)) > 0.9


def test_nothing_is_found_where_nothing_is(red: Path) -> None:
    assert Yolox(str(red)).find(street(blue=RegionOfInterest(9, 9, 40, 40))) == []


def test_the_classes_are_those_of_coco() -> None:
    assert len(COCO) == 80 and COCO[TRAFFIC_LIGHT] == 'traffic light'
    assert (COCO[0], COCO[11], COCO[79]) == ('person', 'stop sign', 'toothbrush')


@pytest.mark.parametrize(
    ('content', 'says'),
    [
        (None, 'is missing, or no model .*: download yolox_nano.onnx from https://'),
        (b'no model', 'is missing, or no model .*: download yolox_nano.onnx from https://'),
        (tiny_model(), "is no YOLOX of COCO's classes: its shapes are"),
    ],
)
def test_what_is_no_detector_is_one_sentence(
    content: bytes | None, says: str, tmp_path: Path
) -> None:
    model = tmp_path / 'mine.onnx'
    if content is not None:
        model.write_bytes(content)
    with pytest.raises(PerceptionError, match=says):
        Yolox(str(model))


def test_the_node_says_where_to_get_a_detector(
    environment: dict[str, str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / 'examples' / 'detector.py'],
        cwd=tmp_path, env={**environment, 'PYTHONPATH': str(ROOT)}, capture_output=True,
        text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert 'Traceback' not in done.stderr and len(done.stderr.splitlines()) == 1
    assert 'the detector yolox_nano.onnx is missing' in done.stderr


def launched(name: str, **given: str) -> list[str]:
    """Return a command as the launch file has it, which `launch` alone can run as a whole."""
    path = ROOT / 'examples' / 'detector.launch.py'
    module = ast.parse(path.read_text(encoding='utf-8'))
    module.body = [item for item in module.body if isinstance(item, ast.FunctionDef)
                   and item.name == name]  # fmt: skip
    known: dict[str, Any] = {'sys': sys, 'HERE': path.parent}
    exec(compile(module, str(path), 'exec'), known)
    command: list[str] = known[name](given)
    return command


@pytest.fixture
def play(environment: dict[str, str], peer: 'Peer') -> Iterator[Play]:
    """Start what the launch file starts on a video, and hear it to its end."""
    from vision_msgs.msg import Detection2DArray

    started: list[subprocess.Popen[bytes]] = []
    of_node = [f'/classifier/camera/{kind}' for kind in ('detections', 'decisions')]
    for topic in ('/detector/boxes', *of_node):
        peer._listen(Detection2DArray, topic, 1000)

    def start(command: list[str]) -> subprocess.Popen[bytes]:
        env = {**environment, 'PYTHONPATH': str(ROOT)}
        started.append(subprocess.Popen(command, cwd=ROOT, env=env))
        return started[-1]

    def run(video: Path, model: Path, bundle: Path) -> None:
        start([
            *(sys.executable, '-m', 'mobilenet_perception.ros.classifier', '--ros-args'),
            *('--params-file', str(ROOT / 'examples' / 'detector.yaml')),
            # Whether a busy machine keeps a budget is not what is tested here.
            *('-p', f'bundle:={bundle}', '-p', 'latency_budget_ms:=5000.0'),
        ])  # fmt: skip
        start(launched('detector_command', model=str(model), image_topic='/camera/image_raw'))
        player = start(launched('player_command', video=str(video)))
        peer.wait_for(lambda: player.poll() is not None)
        assert player.returncode == 0

    yield run
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
    assert [process.wait(PATIENCE_S) for process in started] == [0] * len(started)


def labels(message: Any) -> dict[str, str]:
    return {d.id: d.results[0].hypothesis.class_id for d in message.detections}


def test_a_thing_that_moves_and_is_missed_keeps_its_id_and_is_decided(
    play: Play, peer: 'Peer', red: Path, tiny: Path, tmp_path: Path
) -> None:
    missed = range(10, 14)
    boxes = [RegionOfInterest(50 + 6 * number, 200, 80, 90) for number in range(20)]
    pictures = [street(**({} if i in missed else {'red': box})) for i, box in enumerate(boxes)]
    play(write_film(tmp_path / 'street.avi', pictures, RATE_HZ), red, tiny)

    found = peer['/detector/boxes']
    assert {name for message in found for name in labels(message)} == {'1'}
    assert {label for m in found for label in labels(m).values()} == {'traffic light'}
    headers = [message.header for message in found]
    answered = [message for message in peer['camera/detections'] if message.detections]
    assert answered and all(message.header in headers for message in answered)
    assert {'1': 'red'} in map(labels, peer['camera/decisions'])


def test_photographs_of_a_stop_sign_are_found_and_decided(
    play: Play, peer: 'Peer', data: Path, default_bundle: Path, tmp_path: Path
) -> None:
    model, folder = data / 'detector' / 'yolox_nano.onnx', data / 'road-signs'
    for needed in (model, folder):
        if not needed.exists():
            pytest.skip(f'{needed} is absent')
    pictures = approach(decode_file(folder / STOP).rgb(), 20)
    play(write_film(tmp_path / 'stop.avi', pictures, RATE_HZ), model, default_bundle)
    found = [labels(message) for message in peer['/detector/boxes']]
    (name,) = {name for boxes in found for name, label in boxes.items() if label == 'stop sign'}
    assert any(decided.get(name) == 'stop' for decided in map(labels, peer['camera/decisions']))
