# SPDX-License-Identifier: Apache-2.0
"""What is written as a bag is read back the same, in every storage and transport."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import decode
from mobilenet_perception.recordings import BagOptions, Source, SourceFrame, open_source, write_bag
from mobilenet_perception.recordings.labels import FILE
from tests.support.colours import FRAMES
from tests.support.tiny_bundle import LABELS


def pixels(frame: SourceFrame) -> npt.NDArray[np.uint8]:
    return decode(frame.message).rgb()


@pytest.mark.parametrize('storage', ['sqlite3', 'mcap'])
@pytest.mark.parametrize('transport', ['raw', 'compressed'])
def test_bag_gives_back_what_was_written(
    colours: Path, tmp_path: Path, storage: str, transport: str
) -> None:
    written = list(open_source(str(colours), rate_hz=20.0).frames)
    path = tmp_path / 'bag'
    count = write_bag(
        open_source(str(colours), rate_hz=20.0),
        path,
        BagOptions(storage, transport),  # type: ignore[arg-type]
    )
    opened = open_source(str(path))
    read = list(opened.frames)
    assert count == len(read) == len(written) == FRAMES
    ending = '/compressed' if transport == 'compressed' else ''
    assert [camera.topic for camera in opened.cameras] == [f'/camera/image_raw{ending}']
    for before, after in zip(written, read, strict=True):
        assert after[:3] == before[:3]
        assert (after.truth, after.clear, after.roi) == (before.truth, before.clear, before.roi)
        difference = np.abs(pixels(after).astype(int) - pixels(before)).max()
        # JPEG at quality 90 of pure noise.
        assert difference == 0 if transport == 'raw' else difference < 80


def test_bags_of_the_same_source_are_the_same(colours: Path, tmp_path: Path) -> None:
    for name in ('a', 'b'):
        write_bag(open_source(str(colours)), tmp_path / name, BagOptions())
    first, second = (list(open_source(str(tmp_path / name)).frames) for name in ('a', 'b'))
    assert [frame.cdr for frame in first] == [frame.cdr for frame in second]
    assert (tmp_path / 'a' / FILE).read_bytes() == (tmp_path / 'b' / FILE).read_bytes()


def test_bag_becomes_another_bag_without_touching_its_messages(
    labelled_bag: Path, tmp_path: Path
) -> None:
    write_bag(open_source(str(labelled_bag)), tmp_path / 'copy', BagOptions('sqlite3'))
    before = list(open_source(str(labelled_bag)).frames)
    after = list(open_source(str(tmp_path / 'copy')).frames)
    assert [item.cdr for item in before] == [item.cdr for item in after]
    assert {item.truth for item in after} == set(LABELS)


def test_storage_file_alone_is_read(labelled_bag: Path, tmp_path: Path) -> None:
    alone = tmp_path / 'alone.mcap'
    alone.write_bytes((labelled_bag / 'colours.mcap').read_bytes())
    assert len(list(open_source(str(alone)).frames)) == FRAMES


def test_video_becomes_a_bag(tmp_path: Path) -> None:
    video = tmp_path / 'film.avi'
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*'MJPG'), 10.0, (64, 48))
    for value in range(0, 250, 25):
        writer.write(np.full((48, 64, 3), value, np.uint8))
    writer.release()
    write_bag(open_source(str(video)), tmp_path / 'bag', BagOptions())
    frames = list(open_source(str(tmp_path / 'bag')).frames)
    assert len(frames) == 10
    assert frames[1].stamp_ns - frames[0].stamp_ns == 100_000_000
    assert [round(float(pixels(item).mean()) / 25) for item in frames] == list(range(10))
    assert not (tmp_path / 'bag' / FILE).exists()


def test_existing_bag_is_kept_unless_forced(labelled_bag: Path, tmp_path: Path) -> None:
    path = tmp_path / 'bag'
    write_bag(open_source(str(labelled_bag)), path, BagOptions())
    before = sorted(item.name for item in path.iterdir())
    with pytest.raises(PerceptionError, match='exists already'):
        write_bag(open_source(str(labelled_bag)), path, BagOptions('sqlite3'))
    assert sorted(item.name for item in path.iterdir()) == before
    write_bag(open_source(str(labelled_bag)), path, BagOptions('sqlite3', force=True))
    assert (path / 'bag.db3').is_file() and not (path / 'bag.mcap').exists()


def test_force_replaces_nothing_but_bags(labelled_bag: Path, tmp_path: Path) -> None:
    (tmp_path / 'precious').write_text('kept')
    with pytest.raises(PerceptionError, match='is not a bag'):
        write_bag(open_source(str(labelled_bag)), tmp_path, BagOptions(force=True))
    assert (tmp_path / 'precious').read_text() == 'kept'


def test_source_that_fails_leaves_nothing(labelled_bag: Path, tmp_path: Path) -> None:
    opened = open_source(str(labelled_bag))

    def failing() -> Iterator[SourceFrame]:
        yield next(opened.frames)
        raise PerceptionError('the camera caught fire')

    source = Source(opened.name, opened.cameras, failing())
    with pytest.raises(PerceptionError, match='caught fire'):
        write_bag(source, tmp_path / 'bag', BagOptions())
    assert not list(tmp_path.iterdir())
