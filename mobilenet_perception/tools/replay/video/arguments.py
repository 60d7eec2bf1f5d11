# SPDX-License-Identifier: Apache-2.0
"""`--video` of the commands that play a source."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from mobilenet_perception.recordings import Source
from mobilenet_perception.tools.arguments import Progress
from mobilenet_perception.tools.report.run import Run


def add_video(parser: argparse.ArgumentParser) -> None:
    """Add `--video`."""
    parser.add_argument(
        '--video', type=video_path, metavar='FILE',
        help='write the frames with what was made of them: .mp4, .webm (slow) or .gif (small)',
    )  # fmt: skip


def video_path(text: str) -> Path:
    """Read the path of a video."""
    from mobilenet_perception.tools.replay.video.file import SUFFIXES  # noqa: PLC0415

    if Path(text).suffix not in SUFFIXES:
        raise argparse.ArgumentTypeError(f'must end in {", ".join(SUFFIXES)}; it is {text}')
    return Path(text)


def make_video(path: Path | None, run: Run, reopen: Callable[[], Source]) -> None:
    """Write the video of a run if one was asked for, and say where; of an interrupted run, none.

    Raises:
        PerceptionError: it cannot be written.
    """
    if path is None:
        return
    if run.interrupted:
        print(f'{path}: no video is made of an interrupted run', file=sys.stderr)
        return
    from mobilenet_perception.tools.replay.video.write import write_video  # noqa: PLC0415

    progress = Progress('frames drawn')
    try:
        written = write_video(path, reopen(), run, progress)
    finally:
        progress.end()
    print(f'video: {", ".join(map(str, written))}')
