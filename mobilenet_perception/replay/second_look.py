# SPDX-License-Identifier: Apache-2.0
"""A second look at a source, for what only the end of a run shows: which frames went worst."""

from collections.abc import Callable, Container, Mapping
from typing import Any

from mobilenet_perception.report.run import Thumbnail
from mobilenet_perception.report.thumbnails import thumbnail
from mobilenet_perception.report.worst import worst_frames
from mobilenet_perception.sources import Source


def worst_pictures(
    report: Mapping[str, Any], reopen: Callable[[Container[int]], Source]
) -> list[Thumbnail]:
    """Return pictures of a report's worst frames; of a run that a person has ended, none.

    Taken afterwards, they cost the run that is being measured nothing. Faults are not played
    again: the pictures are what the camera gave.

    Args:
        report: the report.
        reopen: opens the source again, for frames of some stamps.

    Raises:
        PerceptionError: the source cannot be read any more.
    """
    if report['interrupted']:
        return []
    wanted = {item.key for item in worst_frames(report)}
    if not wanted:
        return []
    found = []
    for frame in reopen({stamp_ns for _, stamp_ns in wanted}).frames:
        if (frame.camera, frame.stamp_ns) not in wanted:
            continue
        if picture := thumbnail(frame):
            found.append(picture)
        wanted.discard((frame.camera, frame.stamp_ns))
        if not wanted:
            break
    return found
