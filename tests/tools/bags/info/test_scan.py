# SPDX-License-Identifier: Apache-2.0
"""What is said of recordings: good, odd, damaged, empty."""

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer

from mobilenet_perception.frames.messages import Message, compress, to_time
from mobilenet_perception.recordings import open_source
from mobilenet_perception.recordings.cdr import typestore
from mobilenet_perception.tools.bags.info.command import info_values
from mobilenet_perception.tools.bags.info.scan import Scan
from mobilenet_perception.tools.cli import main
from tests.support.colours import FRAMES, assert_one_sentence, command
from tests.support.recordings import MS, START_NS, frame, of_bits, write_recording
from tests.support.tiny_bundle import plain_image

RED = plain_image('red')


def info(path: Path, decode_all: bool = False) -> dict:  # type: ignore[type-arg]
    scan = Scan(path)
    scan.read(decode_all)
    # What is printed as JSON, so that nothing in it is no JSON.
    return dict(json.loads(json.dumps(info_values(scan))))


def camera(path: Path) -> dict:  # type: ignore[type-arg]
    (only,) = info(path)['cameras'].values()
    return dict(only)


def with_stamp(message: Message, stamp_ns: int) -> Message:
    return message._replace(header=message.header._replace(stamp=to_time(stamp_ns)))


def test_a_good_recording_is_taken_as_it_is(labelled_bag: Path) -> None:
    values = info(labelled_bag)
    assert values['messages'] == FRAMES and values['damage'] == values['findings'] == []
    assert values['duration_s'] == pytest.approx((FRAMES - 1) / 20.0)
    (found,) = values['cameras'].values()
    assert (found['camera'], found['transport'], found['messages']) == ('camera', 'raw', FRAMES)
    assert (found['encodings'], found['sizes']) == ({'rgb8': FRAMES}, {'64x48': FRAMES})
    assert found['rate']['median_hz'] == pytest.approx(20.0)
    assert found['labels'] == {'labelled': FRAMES, 'clear': FRAMES, 'of_no_frame': 0}
    assert found['findings'] == [] and found['decoded'] == FRAMES


def test_gaps_are_found_and_placed(tmp_path: Path) -> None:
    times_ms = [*range(0, 1000, 50), *range(1800, 3000, 50)]
    path = write_recording(tmp_path / 'bag', (frame(RED, at) for at in times_ms))
    rate = camera(path)['rate']
    assert rate['median_hz'] == pytest.approx(20.0)
    assert rate['longest_gap_s'] == pytest.approx(0.85)
    assert rate['longest_gap_at_s'] == pytest.approx(0.95)
    assert rate['lowest_hz'] == pytest.approx(1 / 0.85)
    assert (rate['long_gaps'], rate['stale_gaps']) == (1, 1)
    assert 'decisions go stale in 1 gaps' in ' '.join(camera(path)['findings'])


def test_frames_are_missing_only_where_a_strict_period_shows_it(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    lost = 50 * np.flatnonzero(random.random(400) >= 0.3)
    alternating = np.cumsum(np.tile([33, 67], 150))
    for name, times_ms, said in (('lost', lost, True), ('alternating', alternating, False)):
        path = write_recording(tmp_path / name, (frame(RED, int(at)) for at in times_ms))
        findings = ' '.join(camera(path)['findings'])
        assert ('skipped by the camera' in findings) is said, findings
        assert 'xml' not in findings and ('lost' in findings) is said


@pytest.mark.parametrize(
    ('age_ms', 'said', 'receipt'),
    [
        (5.0, '', False),
        (60.0, 'were as old as the default budget of 50 ms', True),
        (-300.0, '0.300 s in the future', True),
        (20_000.0, '20.000 s old on arrival, more than max_clock_skew_ms', True),
        (None, 'carry no capture stamp', True),
    ],
)
def test_stamps_are_judged_as_the_node_does(
    tmp_path: Path, age_ms: float | None, said: str, receipt: bool
) -> None:
    frames = [frame(RED, 50.0 * n, age_ms=age_ms or 0.0) for n in range(20)]
    stamped = (
        (topic, log_ns, message if age_ms is not None else with_stamp(message, 0))
        for topic, log_ns, message in frames
    )
    path = write_recording(tmp_path / 'bag', stamped)
    findings = camera(path)['findings']
    assert len(findings) == (1 if said else 0)
    if said:
        assert said in findings[0] and '20 of 20' in findings[0]
    launch = info(path)['suggestions'][1]
    assert ('budget_reference: receipt' in launch) == receipt


def test_stamps_that_stand_still_or_go_back(tmp_path: Path) -> None:
    stamps_ms = [0, 50, 50, 100, 0, 50]
    frames = [
        (topic, log_ns, with_stamp(message, START_NS + stamp_ms * MS))
        for stamp_ms, (topic, log_ns, message) in zip(
            stamps_ms, (frame(RED, 50.0 * n) for n in range(6)), strict=True
        )
    ]
    stamps = camera(write_recording(tmp_path / 'bag', frames))['stamps']
    assert (stamps['repeated'], stamps['backward']) == (1, 1)


def test_frames_that_would_be_rejected_are_counted_with_the_reason(tmp_path: Path) -> None:
    good = [frame(RED, 50.0 * n) for n in range(200)]
    topic, log_ns, message = frame(RED, 20_000.0)
    odd = message._replace(encoding='32FC1')
    cut = message._replace(data=message.data[:-5])
    path = write_recording(
        tmp_path / 'bag', [*good, (topic, log_ns, odd), (topic, log_ns + MS, cut)]
    )
    found = camera(path)
    # A sample, and what looks like none before.
    assert found['decoded'] < 70
    assert any("'32FC1' is not supported" in reason for reason in found['rejected'])
    everything = next(iter(info(path, decode_all=True)['cameras'].values()))
    assert everything['decoded'] == 202
    assert sum(everything['rejected'].values()) == 2
    assert any('is truncated' in reason for reason in everything['rejected'])
    assert '1 of 202 frames decoded would be rejected' in everything['findings'][0]


def test_bits_that_are_not_in_use_are_told_with_the_cure(tmp_path: Path) -> None:
    bright = np.linspace(0, 255, 30 * 20 * 3).astype(np.uint8).reshape(20, 30, 3)
    frames = [of_bits(frame(bright, 50.0 * number), 12) for number in range(8)]
    path = write_recording(tmp_path / 'bag', frames)
    (finding,) = camera(path)['findings']
    assert finding.endswith('use 12 of 16 bits: set front.significant_bits: 12')
    replay, launch, _ = info(path)['suggestions']
    assert launch.endswith(' significant_bits:=12')
    # What it proposes sees the picture, whose mean is 127 of 255.
    *_, bag, option, bits = replay.split()
    assert (bag, option) == (str(path), '--significant-bits')
    for given, level in ((int(bits), 127), (0, 7)):
        first = next(open_source(bag, significant_bits=given).frames)
        assert round(first.decode().pixels.mean()) == level


def test_a_change_of_size_is_told(tmp_path: Path) -> None:
    small = plain_image('red', 10, 16)
    frames = [frame(small if 5 <= n < 8 else RED, 50.0 * n) for n in range(12)]
    found = camera(write_recording(tmp_path / 'bag', frames))
    assert found['sizes'] == {'30x20': 9, '16x10': 3}
    assert 'the size changes 2 times' in ' '.join(found['findings'])


def test_compressed_twin_and_second_camera(tmp_path: Path) -> None:
    frames: list[tuple[str, int, Message]] = []
    for n in range(10):
        _, log_ns, message = frame(RED, 50.0 * n)
        jpeg = compress(RED, log_ns - MS, 'front')
        frames += [
            ('/front/image_raw', log_ns, message),
            ('/front/image_raw/compressed', log_ns, jpeg),
            ('/rear/colour/compressed', log_ns, jpeg),
        ]
    path = write_recording(tmp_path / 'bag', frames, 'sqlite3')
    values = info(path)
    found = values['cameras']['/front/image_raw/compressed']
    assert (found['transport'], found['sizes']) == ('compressed', {'30x20': 10})
    assert 'front is recorded more than once' in values['findings'][0]
    replay, launch, play = values['suggestions']
    assert '--topic /front/image_raw --topic /rear/colour/compressed' in replay
    assert 'cameras:=front,rear_colour' in launch
    assert 'rear_colour.image_transport: compressed' in launch
    assert shlex.split(play)[:4] == ['ros2', 'bag', 'play', str(path)]


def test_the_replay_that_is_suggested_runs(
    labelled_bag: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = shlex.split(info(labelled_bag)['suggestions'][0])
    assert words[:3] == ['python', '-m', 'mobilenet_perception']
    assert main([*words[3:], '--bundle', str(tiny), '--min-accuracy', '1']) == 0
    assert f'{FRAMES} frames received' in capsys.readouterr().out


def test_recordings_without_images_or_without_any_message(tmp_path: Path) -> None:
    path = tmp_path / 'bag'
    with Writer(path, version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        odom = writer.add_connection('/odom', 'nav_msgs/msg/Odometry', typestore=typestore())
        writer.write(odom, 5, b'\0\1\0\0')
    assert 'there are no camera images' in info(path)['findings'][0]
    assert info(path)['suggestions'] == []
    empty = tmp_path / 'empty'
    with Writer(empty, version=8, storage_plugin=StoragePlugin.SQLITE3) as writer:
        writer.add_connection('/a/image_raw', 'sensor_msgs/msg/Image', typestore=typestore())
    values = info(empty)
    assert (values['messages'], values['start_ns'], values['suggestions']) == (0, None, [])
    assert 'no frame was recorded' in values['cameras']['/a/image_raw']['findings'][0]


def test_damage_in_the_middle_leaves_what_was_before(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    noise = (random.integers(0, 256, (200, 300, 3)).astype(np.uint8) for _ in range(30))
    path = write_recording(
        tmp_path / 'bag', (frame(image, 50.0 * n) for n, image in enumerate(noise))
    )
    file = path / 'bag.mcap'
    content = bytearray(file.read_bytes())
    # More than a whole message, among the last.
    start = int(len(content) * 0.85)
    content[start : start + 300_000] = b'\xff' * 300_000
    file.write_bytes(content)
    done = command('bag', 'info', path, '--json')
    assert done.returncode == 1
    assert_one_sentence(done.stderr)
    values = json.loads(done.stdout)
    assert 'is damaged or was cut short' in values['damage'][0]
    assert 0 < values['cameras']['/front/image_raw']['messages'] < 30


def test_one_damaged_file_of_a_split_recording(tmp_path: Path) -> None:
    for part in range(3):
        whole = write_recording(tmp_path / f'part{part}', [frame(RED, 1000.0 * part)])
        (tmp_path / 'bag').mkdir(exist_ok=True)
        (whole / f'part{part}.mcap').rename(tmp_path / 'bag' / f'bag_{part}.mcap')
    (tmp_path / 'bag' / 'bag_1.mcap').write_bytes(b'no recording')
    values = info(tmp_path / 'bag')
    assert len(values['damage']) == 1 and 'bag_1.mcap' in values['damage'][0]
    assert values['messages'] == 2 and values['duration_s'] == pytest.approx(2.0)


@pytest.mark.parametrize('content', [b'', b'no recording at all'])
def test_what_is_no_recording_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / 'bag.mcap'
    path.write_bytes(content)
    done = command('bag', 'info', path)
    assert (done.returncode, done.stdout) == (1, '')
    assert_one_sentence(done.stderr)


def test_ctrl_c_keeps_what_was_read(labelled_bag: Path) -> None:
    def interrupt(count: int) -> None:
        if count == 4:
            raise KeyboardInterrupt

    scan = Scan(labelled_bag)
    with pytest.raises(KeyboardInterrupt):
        scan.read(progress=interrupt)
    assert info_values(scan)['cameras']['/camera/image_raw']['messages'] == 4


def test_text_names_a_few_of_many_sizes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = (frame(plain_image('red', 10 + n // 2, 16), 50.0 * n) for n in range(10))
    assert main(['bag', 'info', str(write_recording(tmp_path / 'bag', frames))]) == 0
    told = capsys.readouterr().out
    assert 'frames   10 of 16x10 (2), 16x11 (2), 16x12 (2), 2 more, rgb8;' in told


def test_text_names_what_matters(labelled_bag: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['bag', 'info', str(labelled_bag)]) == 0
    told = capsys.readouterr().out
    for expected in ('/camera/image_raw', '64x48', 'rgb8', '20.0 Hz', 'the node takes these',
                     f'labels   {FRAMES} frames', 'replay', 'ros2 bag play'):  # fmt: skip
        assert expected in told
