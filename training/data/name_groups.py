# SPDX-License-Identifier: Apache-2.0
"""Groups that file names tell: `00014_00003_00029.png` is frame 29 of the track 00014_00003."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

_FRAME_OF = re.compile(r'(.*\d)[_-]\d+\Z')
_FEWEST_GROUPS = 5
_FRAMES = 2


def groups_by_name(paths: Sequence[Path]) -> list[str] | None:
    """Return the group of each image of a class, if names tell of tracks; else None.

    They do if every name is that of a numbered track and a number within it, there are 5 tracks
    or more, and they have 2 frames or more on average. A mere count, as in `image_0001.jpg`,
    tells of no track.
    """
    matches = [_FRAME_OF.match(path.stem) for path in paths]
    tracks = [match[1] for match in matches if match]
    sizes = Counter(tracks)
    if len(tracks) < len(paths) or len(sizes) < _FEWEST_GROUPS:
        return None
    return tracks if len(paths) >= _FRAMES * len(sizes) else None
