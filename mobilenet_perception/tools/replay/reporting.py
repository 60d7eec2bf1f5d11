# SPDX-License-Identifier: Apache-2.0
"""The end of a replay: the summary that is printed, the report as JSON, page and video."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mobilenet_perception.recordings import Source
from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.tools.report.json_report import report
from mobilenet_perception.tools.report.run import Run
from mobilenet_perception.tools.report.tables import summary
from mobilenet_perception.tools.terminal import Progress


class ReportFiles(NamedTuple):
    """What is to be written; None: not asked for."""

    json: Path | None = None
    page: Path | None = None
    video: Path | None = None


def report_files(
    json_file: Path | None = None, page: Path | None = None, video: Path | None = None
) -> ReportFiles:
    """Return what is to be written, once it is known, before minutes of playing, that it can be.

    Raises:
        PerceptionError: a library for it is missing.
    """
    if video:
        from mobilenet_perception.tools.replay.video import require_library  # noqa: PLC0415

        require_library(video)
    return ReportFiles(json_file, page, video)


def in_folder(folder: Path, video: Path | None = None) -> ReportFiles:
    """Return the files of commands that have a folder to write to; see `report_files`."""
    return report_files(folder / 'report.json', folder / 'report.html', video)


def add_video(parser: argparse.ArgumentParser) -> None:
    """Add `--video`."""
    parser.add_argument(
        '--video', type=_video_path, metavar='FILE',
        help='write the frames with what was made of them: .mp4, .webm (slow) or .gif (small)',
    )  # fmt: skip


def finish(
    run: Run,
    files: ReportFiles,
    reopen: Callable[..., Source] | None = None,
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Write what is asked for, print the summary, and return the report.

    Args:
        run: what was seen; of one that a person has interrupted no video is made.
        files: what to write.
        reopen: opens the source again, for pictures; given stamps, for these frames alone. None:
            there is nothing to open, and no video.
        more: what the report has beside what `report.json_report` makes of the run.

    Raises:
        PerceptionError: the source cannot be read again, or the video not be written.
    """
    values = {**report(run), **(more or {})}
    if files.page:
        from mobilenet_perception.tools.report.run_page import run_page  # noqa: PLC0415
        from mobilenet_perception.tools.report.thumbnails import worst_pictures  # noqa: PLC0415

        worst = worst_pictures(values, reopen) if reopen else ()
        write_atomically(files.page, run_page(values, run.thumbnails, worst))
    if files.json:
        write_atomically(files.json, json.dumps(values, indent=1) + '\n')
    print(summary(values))
    if written := [str(file) for file in (files.page, files.json) if file]:
        print(f'\nreport: {" and ".join(written)}')
    if files.video and reopen:
        _make_video(files.video, run, reopen)
    return values


def _make_video(path: Path, run: Run, reopen: Callable[..., Source]) -> None:
    if run.interrupted:
        print(f'{path}: no video is made of an interrupted run', file=sys.stderr)
        return
    from mobilenet_perception.tools.replay.video import write_video  # noqa: PLC0415

    with Progress('frames drawn', len(run.all_frames()) + len(run.missed)) as progress:
        written = write_video(path, reopen(), run, progress)
    print(f'video: {", ".join(map(str, written))}')


def _video_path(text: str) -> Path:
    from mobilenet_perception.tools.replay.video import SUFFIXES  # noqa: PLC0415

    if Path(text).suffix not in SUFFIXES:
        raise argparse.ArgumentTypeError(f'must end in {", ".join(SUFFIXES)}; it is {text}')
    return Path(text)
