# SPDX-License-Identifier: Apache-2.0
"""A full disk: a report that finds no room leaves the old one whole, and says so in a sentence."""

import resource
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

# Bytes that a file may have: less than a report.
_ROOM = 256
_OLD = 'the report of before\n'


def full_disk(folder: Path) -> list[str]:
    """Write a report where a file may have 256 bytes; return what is wrong, in words.

    Args:
        folder: an empty folder to work in.
    """
    frames, report = folder / 'frames', folder / 'reports' / 'report.json'
    frames.mkdir()
    report.parent.mkdir()
    report.write_text(_OLD)
    cv2.imwrite(str(frames / '1.png'), np.full((64, 64, 3), 90, np.uint8))
    done = subprocess.run(
        [sys.executable, '-m', 'mobilenet_perception', 'replay', frames, '--json', report],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_limit,
    )
    broken = [] if done.returncode == 1 else [f'exit status {done.returncode}']
    said = done.stderr.splitlines()
    if len(said) != 1 or not said[0].startswith(f'error: {report}: '):
        broken.append(f'it said {done.stderr!r}')
    if report.read_text() != _OLD:
        broken.append('the old report is gone')
    if left := [path.name for path in report.parent.iterdir() if path != report]:
        broken.append(f'it left {", ".join(left)}')
    return broken


def _limit() -> None:
    # As on a full disk, a write fails half-way; unlike a disk, without being root.
    resource.setrlimit(resource.RLIMIT_FSIZE, (_ROOM, _ROOM))
