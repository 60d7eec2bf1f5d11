# SPDX-License-Identifier: Apache-2.0
"""Image files in folders: which there are, and which files beside them are left out.

What a file holds is told by its content when it is decoded; here names decide.
"""

from collections import Counter
from collections.abc import Iterable
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


def is_image_file(path: Path) -> bool:
    """Say whether a file's name is that of an image; hidden files and folders are none."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith('.') and path.is_file()


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
