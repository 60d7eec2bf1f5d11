# SPDX-License-Identifier: Apache-2.0
"""Recordings become folders of images: new ones, in groups, whole or not at all."""

import csv
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from mobilenet_perception.frames import RegionOfInterest, decode_file
from mobilenet_perception.recordings.labels import FrameLabel, labels_to_json
from mobilenet_perception.tools.bags.extract.command import ExtractSettings, extract
from mobilenet_perception.tools.cli import main
from tests.support.colours import assert_one_sentence
from tests.support.recordings import MS, START_NS, frame, write_recording
from tests.support.tiny_bundle import plain_image

Pixels = npt.NDArray[np.uint8]
ROI = RegionOfInterest(10, 5, 32, 24)


def scene(seed: int, height: int = 48, width: int = 64) -> Pixels:
    """Return a picture of coarse blocks, unlike that of any other seed."""
    random = np.random.default_rng(seed)
    blocks = random.integers(0, 256, (height // 8, width // 8, 3)).astype(np.uint8)
    return blocks.repeat(8, axis=0).repeat(8, axis=1)


def record(
    path: Path, pictures: list[Pixels], labels: dict[int, FrameLabel] | None = None
) -> Path:
    """Write pictures, one every 200 ms, some of them labelled."""
    frames = [frame(picture, 200.0 * n) for n, picture in enumerate(pictures)]
    write_recording(path, frames)
    if labels:
        stamps = {n: START_NS + (200 * n - 5) * MS for n in range(len(pictures))}
        known = {'front': {stamps[n]: label for n, label in labels.items()}}
        (path / 'labels.json').write_text(labels_to_json(known))
    return path


def manifest(folder: Path) -> list[dict[str, str]]:
    with (folder / 'manifest.csv').open(encoding='utf-8') as file:
        return list(csv.DictReader(file))


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.glob('*/*/*')}


def test_labels_are_folders_and_frames_are_cropped(tmp_path: Path) -> None:
    labels = {n: FrameLabel('ab'[n % 2], clear=n < 8, roi=ROI) for n in range(10)}
    bag = record(tmp_path / 'my bag', [scene(n) for n in range(12)], labels)
    out = tmp_path / 'out'
    summary = extract([bag], out, ExtractSettings())
    assert dict(summary.labels) == {'a': 4, 'b': 4, '': 4}
    assert {path.split('/')[0] for path in files(out)} == {'a', 'b', '__unlabelled'}
    assert {row['group'] for row in manifest(out)} == {'my_bag_0000'}
    for row in manifest(out):
        n = (int(row['stamp_ns']) - START_NS + 5 * MS) // (200 * MS)
        assert row['label'] == 'ab'[n % 2]
        assert row['path'] == f'{row["label"]}/my_bag_0000/front_{row["stamp_ns"]}.png'
        expected = scene(n)[5:29, 10:42]
        np.testing.assert_array_equal(decode_file(out / row['path']).rgb(), expected)
    # What is not clear, or not labelled; each with its place in the folder of its own list.
    others = manifest(out / '__unlabelled')
    assert len(others) == 4 and all(
        (out / '__unlabelled' / row['path']).is_file() for row in others
    )


def test_near_duplicates_are_gone_and_other_labels_are_not(tmp_path: Path) -> None:
    random = np.random.default_rng(0)

    def again(n: int) -> Pixels:
        noise = random.normal(0, 3, (48, 64, 3))
        return np.clip(scene(n) * 0.95 + noise, 0, 255).astype(np.uint8)

    black = np.zeros((48, 64, 3), np.uint8)
    pictures = [
        scene(0),
        again(0),
        again(0),
        scene(1),
        again(1),
        again(0),
        black,
        black,
        black + 2,
    ]
    labels = {n: FrameLabel('a', clear=True) for n in range(6)}
    labels[5] = FrameLabel('b', clear=True)
    bag = record(tmp_path / 'bag', pictures, labels)
    summary = extract([bag], tmp_path / 'out', ExtractSettings())
    assert summary.duplicates == 5
    assert dict(summary.labels) == {'a': 2, 'b': 1, '': 1}


def test_the_same_bag_twice_gives_the_same_folder(tmp_path: Path) -> None:
    bag = record(tmp_path / 'bag', [scene(n) for n in range(20)])
    for name in ('one', 'two'):
        extract([bag], tmp_path / name, ExtractSettings(most=7))
    assert files(tmp_path / 'one') == files(tmp_path / 'two')
    assert len(files(tmp_path / 'one')) == 7


def test_the_most_uncertain_come_first_and_the_wrong_before_them(
    tmp_path: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def tinted(share: float) -> Pixels:
        """From blue to red: the tiny bundle is in doubt about a half."""
        mixed = share * plain_image('red').astype(float) + (1 - share) * plain_image('blue')
        return mixed.astype(np.uint8)

    shares = [0.0, 0.3, 0.45, 0.7, 1.0]
    # The last one is red, and labelled blue.
    bag = record(
        tmp_path / 'bag', [tinted(share) for share in shares], {4: FrameLabel('blue', clear=True)}
    )
    out = tmp_path / 'out'
    arguments = ['bag', 'extract', str(bag), '-o', str(out), '--bundle', str(tiny), '--count', '3']
    assert main(arguments) == 0
    assert 'training fit' in capsys.readouterr().out
    (wrong,) = manifest(out)
    assert (wrong['label'], wrong['answer']) == ('blue', 'red') and float(wrong['margin']) < -0.9
    others = manifest(out / '__unlabelled')
    margins = [float(row['margin']) for row in others]
    assert len(others) == 2 and margins == sorted(margins)
    found = {(int(row['stamp_ns']) - START_NS + 5 * MS) // (200 * MS) for row in others}
    assert 2 in found and not found & {0, 4}
    # Nothing of those that were displaced is left, not even a folder.
    assert len(files(out)) == 3
    assert {path.name for path in out.iterdir()} == {'blue', '__unlabelled', 'manifest.csv'}


def test_answers_label_what_has_no_label(tmp_path: Path, tiny: Path) -> None:
    labels = {0: FrameLabel('crimson', clear=True)}
    pictures = [plain_image(label) for label in ('red', 'red', 'green', 'blue')]
    bag = record(tmp_path / 'bag', pictures, labels)
    out = tmp_path / 'out'
    arguments = ['bag', 'extract', str(bag), '-o', str(out), '--label-by', 'bundle']
    assert main(arguments) == 1
    assert main([*arguments, '--bundle', str(tiny)]) == 0
    assert sorted(row['label'] for row in manifest(out)) == ['blue', 'crimson', 'green', 'red']


def test_frames_that_cannot_be_decoded_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = [frame(scene(n), 200.0 * n) for n in range(4)]
    topic, log_ns, message = frame(scene(9), 900.0)
    frames.append((topic, log_ns, message._replace(encoding='32FC1')))
    bag = write_recording(tmp_path / 'bag', frames)
    assert main(['bag', 'extract', str(bag), '-o', str(tmp_path / 'out')]) == 0
    told = capsys.readouterr().out
    assert '1 not to be decoded' in told and "'32FC1' is not supported" in told
    assert 'training fit' not in told


@pytest.mark.parametrize('label', ['../up', 'a/b', '.hidden', '__x', 'a\\b'])
def test_labels_that_name_no_folder_leave_nothing(
    tmp_path: Path, label: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / 'in').mkdir()
    labels = {1: FrameLabel(label, clear=True)}
    bag = record(tmp_path / 'in' / 'bag', [scene(0), scene(1)], labels)
    out = tmp_path / 'place' / 'out'
    assert main(['bag', 'extract', str(bag), '-o', str(out)]) == 1
    told = capsys.readouterr().err
    assert_one_sentence(told)
    assert 'cannot name a folder' in told
    assert not list((tmp_path / 'place').iterdir()) and not (tmp_path / 'up').exists()


def test_an_interrupted_run_leaves_nothing_and_starts_anew(tmp_path: Path) -> None:
    bag = record(tmp_path / 'bag', [scene(n) for n in range(6)])
    place = tmp_path / 'place'

    def interrupt(count: int) -> None:
        if count == 4:
            assert list(place.glob('.out.*/out/*/*/*.png'))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        extract([bag], place / 'out', ExtractSettings(), progress=interrupt)
    assert not list(place.iterdir())
    assert extract([bag], place / 'out', ExtractSettings()).labels.total() == 6


def test_a_folder_is_replaced_only_if_it_was_extracted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bag = record(tmp_path / 'bag', [scene(n) for n in range(3)])
    mine = tmp_path / 'mine'
    mine.mkdir()
    (mine / 'precious').write_text('kept')
    for flags, said in (([], 'exists already'), (['--force'], 'was not extracted')):
        assert main(['bag', 'extract', str(bag), '-o', str(mine), *flags]) == 1
        assert said in capsys.readouterr().err
    assert (mine / 'precious').read_text() == 'kept'
    out = tmp_path / 'out'
    extract([bag], out, ExtractSettings())
    extract([bag], out, ExtractSettings(most=1, force=True))
    assert len(files(out)) == 1


def test_bags_of_one_name_are_not_mixed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bags = []
    for number in range(2):
        (tmp_path / str(number)).mkdir()
        bags.append(str(record(tmp_path / str(number) / 'bag', [scene(number)])))
    assert main(['bag', 'extract', *bags, '-o', str(tmp_path / 'out')]) == 1
    assert 'are both called bag' in capsys.readouterr().err
    (tmp_path / '1' / 'bag').rename(tmp_path / '1' / 'other')
    bags[1] = str(tmp_path / '1' / 'other')
    assert main(['bag', 'extract', *bags, '-o', str(tmp_path / 'out')]) == 0
    assert {path.split('/')[1] for path in files(tmp_path / 'out')} == {'bag_0000', 'other_0000'}


def test_what_is_no_bag_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ('drive', str(tmp_path)):
        assert main(['bag', 'extract', name, '-o', str(tmp_path / 'out')]) == 1
        assert_one_sentence(capsys.readouterr().err)


def test_cameras_without_stamps_lose_no_frame(tmp_path: Path) -> None:
    frames = []
    for n in range(5):
        topic, log_ns, message = frame(scene(n), 200.0 * n)
        header = message.header._replace(stamp=message.header.stamp._replace(sec=0, nanosec=0))
        frames.append((topic, log_ns, message._replace(header=header)))
    bag = write_recording(tmp_path / 'bag', frames)
    extract([bag], tmp_path / 'out', ExtractSettings())
    assert len(files(tmp_path / 'out')) == 5
