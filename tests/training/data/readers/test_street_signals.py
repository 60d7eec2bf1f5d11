# SPDX-License-Identifier: Apache-2.0
"""Signs, lights and drawn drives."""

from pathlib import Path

import numpy as np
import pytest

from mobilenet_perception.frames import Frame, crop_and_resize
from mobilenet_perception.street import LABELS, draw_signal
from tests.training.conftest import CLASSES, FRAMES, TRACKS, draw_data
from training.configuration.settings import Data
from training.data.data_set import Pixels, data_hash, make_split
from training.data.duplicates.close_pairs import difference_hash, near_duplicate_groups
from training.data.readers.street_signals import read_street_signals
from training.errors import TrainingError
from training.images.mixture import read_drives


def test_signs_and_lights_are_read_with_labels_and_tracks(data: Path) -> None:
    found = read_street_signals(data)
    signs = [s for s in found.samples if s.source == 'gtsrb']
    assert len(signs) == len(CLASSES) * TRACKS * FRAMES
    merged = {found.merge[s.label] for s in signs}
    assert merged == set(CLASSES.values())
    assert {s.group for s in signs if s.label == 'stop'} == {
        f'gtsrb/14_{track:05d}' for track in range(TRACKS)
    }
    lights = {s.label for s in found.samples if s.source == 'lights'}
    assert lights == {f'traffic_light_{c}' for c in ('red', 'yellow', 'green')}


def test_tracks_of_sequences_are_held_out(tmp_path: Path) -> None:
    data = draw_data(tmp_path)
    for track in (0, 3):
        (data / 'gtsrb' / 'sequences' / f'14_{track:05d}').mkdir(parents=True)
    split = make_split(read_street_signals(data), Data())
    assert {'gtsrb/14_00000', 'gtsrb/14_00003'} <= set(split.test)


def test_near_duplicates_share_a_group_and_others_do_not() -> None:
    def scene(label: str) -> Pixels:
        return np.ascontiguousarray(draw_signal(label, 64)[..., :3])

    stop, other = scene('stop'), scene('road_work')
    smaller = crop_and_resize(Frame(stop, 'rgb'), 48, 48)
    darker = (stop * 0.9).astype(np.uint8)
    groups = near_duplicate_groups([stop, other, smaller, darker])
    assert groups[0] == groups[2] == groups[3] != groups[1]


def test_near_duplicates_are_those_of_all_pairs() -> None:
    random = np.random.default_rng(3)
    scenes = random.integers(0, 256, (12, 6, 6, 3), dtype=np.uint8)
    noise = random.normal(0, 18, (120, 6, 6, 3))
    images = [
        np.clip(scenes[i % 12] + noise[i], 0, 255).astype(np.uint8) for i in range(len(noise))
    ]
    big = [crop_and_resize(Frame(image, 'rgb'), 32, 32) for image in images]
    bits = np.array([difference_hash(image) for image in big])
    near = (bits[:, None] != bits[None]).sum(axis=-1) <= 6
    reached = near.copy()
    for _ in range(8):
        reached = reached @ reached
    groups = np.array(near_duplicate_groups(big, max_rms=0.0))
    np.testing.assert_array_equal(groups[:, None] == groups[None], reached)
    assert 2 < len(set(groups.tolist())) < len(big)


@pytest.mark.parametrize(
    ('name', 'content', 'sentence'),
    [
        ('00014_00000_00000.png', b'no image', 'no image that can be read'),
        ('sign.png', None, 'not named class_track_frame'),
    ],
)
def test_bad_files_are_named(
    tmp_path: Path, name: str, content: bytes | None, sentence: str
) -> None:
    data = draw_data(tmp_path)
    folder = data / 'gtsrb' / 'frames' / '14'
    good = next(folder.iterdir()).read_bytes()
    (folder / name).write_bytes(good if content is None else content)
    with pytest.raises(TrainingError, match=sentence) as caught:
        read_street_signals(data)
    assert name in str(caught.value)


def test_the_hash_sees_one_changed_pixel(data: Path) -> None:
    samples = list(read_street_signals(data).samples)
    before = data_hash(samples)
    changed = samples[0].pixels.copy()
    changed[0, 0, 0] ^= 1
    assert data_hash([samples[0]._replace(image=changed), *samples[1:]]) != before


def test_drives_are_drawn_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    samples = read_drives(tmp_path, [10_000], every=150)
    assert samples
    assert {s.label for s in samples} <= set(LABELS)
    assert {s.group for s in samples} == {'drive/10000'}
    assert 'drawing' in capsys.readouterr().out
    again = read_drives(tmp_path, [10_000], every=150)
    assert 'drawing' not in capsys.readouterr().out
    assert [s.name for s in again] == [s.name for s in samples]
