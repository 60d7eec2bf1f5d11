# SPDX-License-Identifier: Apache-2.0
"""Which files of a folder are images, for every command that takes a folder."""

import shutil
from pathlib import Path

import pytest

from mobilenet_perception.frames.image_files import is_image_file, left_out, left_out_words
from mobilenet_perception.recordings import open_source
from mobilenet_perception.tools.cli import main

NAMES = ('1.jfif', '2.JPE', '3.jpg', '4.JPEG')


@pytest.fixture
def folder(default_bundle: Path, tmp_path: Path) -> Path:
    """Images of every name of a JPEG, and files that are none."""
    picture = next((default_bundle / 'golden').iterdir())
    for name in NAMES:
        shutil.copy(picture, tmp_path / name)
    for name in ('a.gif', 'b.GIF', 'c.heic', '.DS_Store', '._1.jpg', 'Thumbs.db'):
        (tmp_path / name).write_bytes(b'other')
    return tmp_path


def test_names_tell_images_from_other_files(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir() if is_image_file(path)) == sorted(NAMES)
    assert dict(left_out(folder.iterdir())) == {'.gif': 2, '.heic': 1}
    assert left_out_words(left_out([]), folder) == ''


def test_a_source_takes_them_and_says_what_it_leaves_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(list(open_source(str(folder)).frames)) == len(NAMES)
    said = capsys.readouterr().err
    assert f'{folder}: 3 file(s) are left out (2 .gif, 1 .heic)' in said


def test_classify_takes_them_and_says_what_it_leaves_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(['classify', str(folder)]) == 0
    captured = capsys.readouterr()
    assert [Path(line.split(': ')[0]).name for line in captured.out.splitlines()] == list(NAMES)
    assert '3 file(s) are left out (2 .gif, 1 .heic)' in captured.err
