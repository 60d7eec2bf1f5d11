# SPDX-License-Identifier: Apache-2.0
"""Whatever a person names becomes frames, or one sentence."""

import json
import shutil
from collections.abc import Iterable
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import decode
from mobilenet_perception.recordings import (
    SourceFrame,
    open_source,
    source_digest,
    source_of,
)
from mobilenet_perception.tools.cli import main
from tests.support.colours import FRAMES
from tests.support.tiny_bundle import COLOURS, LABELS


def test_drive_has_truth_and_regions() -> None:
    frames = list(open_source('drive', rate_hz=5.0, seconds=2.0).frames)
    assert len(frames) == 10
    assert all(frame.truth and frame.roi for frame in frames)
    assert {frame.stamp_ns % 200_000_000 for frame in frames} == {0}
    assert decode(frames[0].message).pixels.shape == (480, 640, 3)


def test_image_folder_is_in_natural_order(tmp_path: Path, colours: Path) -> None:
    for name in ('10.png', '9.png', '1.png'):
        (tmp_path / name).write_bytes((colours / 'red' / '0.png').read_bytes())
    from mobilenet_perception.recordings.pictures import list_images

    assert [path.name for path in list_images(tmp_path)] == ['1.png', '9.png', '10.png']
    assert {frame.truth for frame in open_source(str(tmp_path)).frames} == {None}


def test_subfolders_name_the_truth(colours: Path) -> None:
    frames = list(open_source(str(colours), rate_hz=10.0).frames)
    assert len(frames) == FRAMES
    for frame in frames:
        assert frame.truth in LABELS and frame.clear
        mean = decode(frame.message).rgb().mean((0, 1))
        assert np.abs(mean - COLOURS[frame.truth]).max() < 5
    assert [b.stamp_ns - a.stamp_ns for a, b in pairwise(frames)] == [100_000_000] * (FRAMES - 1)


def test_bag_is_thinned_and_cut(labelled_bag: Path) -> None:
    # Recorded at 20 Hz, 15 frames.
    assert len(list(open_source(str(labelled_bag), rate_hz=10.0).frames)) == 8
    assert len(list(open_source(str(labelled_bag), rate_hz=100.0).frames)) == FRAMES
    assert len(list(open_source(str(labelled_bag), seconds=0.25).frames)) == 5


@pytest.mark.parametrize(
    ('name', 'content', 'said'),
    [
        ('absent', None, 'does not exist'),
        ('text.mp4', b'no film', 'not a video'),
        ('empty.mp4', b'', 'not a video'),
    ],
)
def test_what_is_no_source_is_refused(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PerceptionError, match=said) as caught:
        open_source(str(path))
    assert str(path) in str(caught.value)


def test_folder_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PerceptionError, match='holds no image and no recording'):
        open_source(str(tmp_path))


def test_topics_are_for_bags(colours: Path) -> None:
    with pytest.raises(PerceptionError, match='not a rosbag2 recording'):
        open_source(str(colours), topics=['/camera/image_raw'])


def test_unreadable_image_names_its_file(tmp_path: Path) -> None:
    (tmp_path / 'bad.png').write_bytes(b'no image')
    with pytest.raises(PerceptionError, match=r'bad\.png'):
        list(open_source(str(tmp_path)).frames)


def test_only_frames_of_some_stamps(labelled_bag: Path) -> None:
    def seen(frames: Iterable[SourceFrame]) -> list[tuple[int, str | None, bytes]]:
        return [(item.stamp_ns, item.truth, bytes(item.message.data)) for item in frames]

    for source in ('drive', str(labelled_bag)):
        every = list(islice(open_source(source, seconds=0.5).frames, 8))
        wanted = {every[2].stamp_ns, every[5].stamp_ns}
        some = open_source(source, seconds=0.5, stamps=wanted)
        assert seen(some.frames) == seen([every[2], every[5]])
        assert not list(open_source(source, seconds=0.1, stamps={every[7].stamp_ns}).frames)


def test_a_folder_called_drive_is_not_the_drawn_drive(
    labelled_bag: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(labelled_bag, tmp_path / 'drive')
    monkeypatch.chdir(tmp_path)
    (before,) = {source_digest(str(labelled_bag))}
    for name in ('drive/', './drive', source_of(Path('drive/')), source_of(Path('drive'))):
        opened = open_source(name)
        assert sum(1 for _ in opened.frames) == FRAMES, name
        assert source_digest(name) == before
    assert (
        source_digest('drive') == '' and len(list(open_source('drive', seconds=0.2).frames)) == 6
    )
    assert main(['bag', 'label', 'drive/', '--bundle', 'default']) == 0
    assert main(['bag', 'extract', 'drive/', '-o', 'images']) == 0
    assert main(['replay', 'drive/', '--json', 'report.json']) == 0
    report = json.loads((tmp_path / 'report.json').read_text())
    assert len(report['cameras']['camera']['frames']) == FRAMES
