# SPDX-License-Identifier: Apache-2.0
"""Image files in folders: which there are, which belong together, and what else lies there.

What a file holds is told by its content when it is decoded; here names decide. They tell groups,
too: `00014_00003_00029.png` is frame 29 of the track 00014_00003.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

SUFFIXES = frozenset(
    {
        *('.jpg', '.jpeg', '.jpe', '.jfif', '.jif', '.png', '.bmp', '.dib', '.webp'),
        *('.tif', '.tiff', '.pgm', '.ppm', '.pbm', '.pnm'),
    }
)
"""Names of the files that `decode_file` takes, in lower case; the content decides, though."""

# What programs keep beside images, and nobody misses; hidden files are of that kind, too.
_COMPANIONS = frozenset({'thumbs.db', 'desktop.ini', 'manifest.csv', 'labels.json'})
_FRAME_OF = re.compile(r'(.*\d)[_-]\d+\Z')
_FEWEST_GROUPS = 5
_FRAMES = 2


def is_image_file(path: Path) -> bool:
    """Say whether a file's name is that of an image; hidden files and folders are none."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith('.') and path.is_file()


def images_in(folder: Path) -> list[Path]:
    """Return the image files directly in a folder, sorted by name; hidden files are none."""
    return sorted(path for path in folder.iterdir() if is_image_file(path))


def folders_in(folder: Path) -> list[Path]:
    """Return the folders directly in a folder, sorted; those that tools leave behind are none."""
    found = (path for path in folder.iterdir() if path.is_dir())
    return sorted(path for path in found if not path.name.startswith(('.', '__')))


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


def left_out(paths: Iterable[Path]) -> Counter[str]:
    """Count the files that are no image by the endings of their names, in lower case."""
    return Counter(
        path.suffix.lower() or 'without ending'
        for path in paths
        if not path.name.startswith('.')
        and path.name.lower() not in _COMPANIONS
        and path.suffix.lower() not in SUFFIXES
        and path.is_file()
    )


def left_out_words(counts: Counter[str], where: Path) -> str:
    """Return a sentence on what was left out; empty: nothing was."""
    if not counts:
        return ''
    kinds = ', '.join(f'{count} {ending}' for ending, count in sorted(counts.items()))
    return (
        f'{where}: {counts.total()} file(s) are left out ({kinds}): what is read is JPEG, PNG, '
        'BMP, WebP, TIFF and PBM/PGM/PPM'
    )
