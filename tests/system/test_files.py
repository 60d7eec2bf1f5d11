# SPDX-License-Identifier: Apache-2.0
"""Files are written whole or not at all, also where there is no room."""

from pathlib import Path

import pytest

from benchmarks.harness.full_disk import full_disk
from mobilenet_perception.system.files import write_atomically


def test_a_report_that_finds_no_room_leaves_the_old_one(tmp_path: Path) -> None:
    assert full_disk(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    taken = tmp_path / 'report.json'
    taken.mkdir()
    with pytest.raises(OSError, match=r'report\.json') as raised:
        write_atomically(taken, 'words')
    assert raised.value.filename == str(taken)
    assert list(tmp_path.iterdir()) == [taken]


def test_text_and_bytes(tmp_path: Path) -> None:
    path = tmp_path / 'new' / 'file'
    write_atomically(path, 'wörter')
    assert path.read_text(encoding='utf-8') == 'wörter'
    write_atomically(path, b'\x00')
    assert path.read_bytes() == b'\x00'
