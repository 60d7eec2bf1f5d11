# SPDX-License-Identifier: Apache-2.0
"""Replays without ROS: the same labels always, every frame accounted for."""

import json
import math
from pathlib import Path

import pytest
from rosbags.rosbag2 import StoragePlugin, Writer

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.frames.messages import image_message
from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.recordings import Source, open_source
from mobilenet_perception.recordings.cdr import serialize, typestore
from mobilenet_perception.tools.replay.faults import Faults, parse_fault
from mobilenet_perception.tools.replay.in_process import play_fast, play_paced
from mobilenet_perception.tools.replay.settings import ReplaySettings
from mobilenet_perception.tools.report.json_report import report
from tests.support.colours import FRAMES
from tests.support.tiny_bundle import LABELS, plain_image

IMAGE = 'sensor_msgs/msg/Image'


@pytest.fixture(scope='module')
def classifier(tiny: Path) -> Classifier:
    return Classifier(load_bundle(tiny), create_runtime(), warmup_runs=1)


def write_cameras(path: Path, frames: list[tuple[str, int, str]], cut: int = -1) -> Source:
    """Write (topic, milliseconds, label) as a bag; the frame number `cut` is truncated."""
    with Writer(path, version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        topics = {
            topic: writer.add_connection(topic, IMAGE, typestore=typestore())
            for topic in sorted({topic for topic, _, _ in frames})
        }
        for number, (topic, at_ms, label) in enumerate(frames):
            stamp_ns = (1000 + at_ms) * 1_000_000
            message = image_message(plain_image(label), stamp_ns, 'lens')
            if number == cut:
                message = message._replace(data=message.data[:-1])
            writer.write(topics[topic], stamp_ns, serialize(message))
    return open_source(str(path))


def test_fast_replay_gives_the_same_labels_always(
    classifier: Classifier, labelled_bag: Path
) -> None:
    timelines = []
    for _ in range(2):
        run = play_fast(classifier, open_source(str(labelled_bag)), ReplaySettings())
        values = report(run)['cameras']['camera']
        frames = [
            {name: value for name, value in frame.items() if name != 'times_ms'}
            for frame in values['frames']
        ]
        timelines.append(
            json.dumps([values['label_timeline'], values['decision_timeline'], frames])
        )
    assert timelines[0] == timelines[1]


def test_a_machine_that_stalls_decides_nothing_in_a_fast_replay(
    classifier: Classifier, tiny: Path, labelled_bag: Path
) -> None:
    # For longer than a decision outlives its evidence.
    faults = Faults([parse_fault('stall=550@0.3-0.4')])
    stalling = Classifier(load_bundle(tiny), faults.runtime(create_runtime()), warmup_runs=1)
    run = play_fast(stalling, open_source(str(labelled_bag)), ReplaySettings(), faults)
    stalled = run.frames['camera']
    as_ever = play_fast(classifier, open_source(str(labelled_bag)), ReplaySettings())
    assert max(item.record.inference_ms or 0.0 for item in stalled) > 500.0
    decisions = [item.decision for item in as_ever.frames['camera']]
    assert [item.decision for item in stalled] == decisions


def test_fast_replay_leaves_out_what_it_does_not_measure(
    classifier: Classifier, labelled_bag: Path
) -> None:
    for budget_ms, measured in ((math.inf, False), (5000.0, True)):
        run = play_fast(
            classifier, open_source(str(labelled_bag)), ReplaySettings(latency_budget_ms=budget_ms)
        )
        percentiles = report(run)['percentiles']
        assert ('total_ms' in percentiles, 'decode_ms' in percentiles) == (measured, measured)
        assert 'inference_ms' in percentiles and 'age_ms' in percentiles


def test_fast_replay_runs_every_frame_and_scores_it(
    classifier: Classifier, labelled_bag: Path
) -> None:
    run = play_fast(classifier, open_source(str(labelled_bag)), ReplaySettings())
    values = report(run)
    assert values['received'] == values['outcomes']['on_time'] == FRAMES
    assert sum(values['outcomes'].values()) == FRAMES
    assert values['accuracy'] == 1.0
    assert values['scoring']['clear'] == {'frames': FRAMES, 'right': FRAMES, 'accuracy': 1.0}
    # The folders are played in the order of their names.
    timeline = values['cameras']['camera']['label_timeline']
    assert [item['label'] for item in timeline] == sorted(LABELS)
    assert values['latency_budget_ms'] is None


def test_cameras_are_kept_apart(classifier: Classifier, tmp_path: Path) -> None:
    frames = [('/left/image_raw', 0, 'red'), ('/right/image_raw', 1, 'blue')]
    frames += [('/left/image_raw', 50, 'green'), ('/right/image_raw', 51, 'blue')]
    run = play_fast(classifier, write_cameras(tmp_path / 'bag', frames), ReplaySettings())
    assert {name: [item.label for item in found] for name, found in run.frames.items()} == {
        'left': ['red', 'green'],
        'right': ['blue', 'blue'],
    }


def test_damaged_frame_is_rejected_and_the_rest_goes_on(
    classifier: Classifier, tmp_path: Path
) -> None:
    frames = [('/a/image_raw', 50 * number, 'red') for number in range(4)]
    run = play_fast(classifier, write_cameras(tmp_path / 'bag', frames, cut=1), ReplaySettings())
    values = report(run)
    assert values['outcomes']['rejected'] == 1 and values['outcomes']['on_time'] == 3
    (reason,) = values['reasons']['rejected']
    assert 'truncated' in reason


def test_decision_goes_stale_by_the_time_of_the_recording(
    classifier: Classifier, tmp_path: Path
) -> None:
    frames = [('/a/image_raw', at_ms, 'red') for at_ms in (0, 100, 2000)]
    run = play_fast(classifier, write_cameras(tmp_path / 'bag', frames, cut=2), ReplaySettings())
    assert [item.decision for item in run.frames['a']] == ['red', 'red', 'stale']


def test_region_of_interest_is_looked_at(classifier: Classifier, tmp_path: Path) -> None:
    image = plain_image('red')
    image[5:15, 10:20] = plain_image('blue')[0, 0]
    with Writer(tmp_path / 'bag', version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        topic = writer.add_connection('/a/image_raw', IMAGE, typestore=typestore())
        writer.write(topic, 1, serialize(image_message(image, 1, '')))
    for roi, label in ((None, 'red'), (RegionOfInterest(11, 6, 8, 8), 'blue')):
        source = open_source(str(tmp_path / 'bag'))
        run = play_fast(classifier, source, ReplaySettings(roi=roi))
        assert run.frames['a'][0].label == label


def test_paced_replay_accounts_for_every_frame(classifier: Classifier, labelled_bag: Path) -> None:
    settings = ReplaySettings(latency_budget_ms=1000.0)
    run = play_paced(classifier, open_source(str(labelled_bag)), settings)
    frames = run.frames['camera']
    assert [item.record.sequence for item in frames] == list(range(1, FRAMES + 1))
    assert run.wall_s >= (FRAMES - 1) / 20.0
    for item in frames:
        assert item.record.age_ms is not None and item.record.age_ms < 10_000
        assert item.label in (item.truth, '')
        assert bool(item.label) == (item.record.outcome is Outcome.ON_TIME)


def test_paced_replay_without_enough_budget_expires(
    classifier: Classifier, labelled_bag: Path
) -> None:
    settings = ReplaySettings(latency_budget_ms=1e-6)
    values = report(play_paced(classifier, open_source(str(labelled_bag)), settings))
    assert values['outcomes']['on_time'] == 0 and values['accuracy'] == 0.0
    assert sum(values['outcomes'].values()) == values['received'] == FRAMES


def test_source_without_frames_is_refused(classifier: Classifier) -> None:
    source = Source('nothing', (), iter(()))
    with pytest.raises(PerceptionError, match='gave no frame'):
        play_fast(classifier, source, ReplaySettings(latency_budget_ms=math.inf))
