# SPDX-License-Identifier: Apache-2.0
"""What is odd about the format of an image file, told from its header."""

from collections.abc import Iterator
from pathlib import Path

from PIL import Image

_GREY = {'1', 'L', 'LA', 'La', 'I', 'F', 'I;16', 'I;16B', 'I;16L', 'I;16N'}
_ALPHA = {'LA', 'La', 'PA', 'RGBA', 'RGBa'}
_ORIENTATION = 274
# PNG: the byte of the bit depth, which Pillow does not tell of colour images.
_PNG, _DEPTH = b'\x89PNG', 24


def odd_formats(path: Path) -> tuple[str, ...]:
    """Return `grey`, `alpha`, `16 bit`, `CMYK`, `palette`, `animated`, `turned by EXIF`.

    All of these are read, but not as they are: alpha is ignored, 16 bits become 8, of an
    animation the first picture is taken, and images are turned upright as EXIF says.
    """
    try:
        return tuple(_odd(path))
    # A damaged header is another matter: whether the pixels can be read is found out elsewhere.
    except Exception:
        return ()


def _odd(path: Path) -> Iterator[str]:
    with path.open('rb') as file:
        head = file.read(_DEPTH + 1)
    with Image.open(path) as image:
        if image.mode in _GREY:
            yield 'grey'
        if image.mode in _ALPHA or 'transparency' in image.info:
            yield 'alpha'
        if image.mode[:2] in ('I', 'I;', 'F') or (head[:4] == _PNG and head[_DEPTH] == 16):
            yield '16 bit'
        if image.mode in ('CMYK', 'P'):
            yield 'CMYK' if image.mode == 'CMYK' else 'palette'
        if getattr(image, 'n_frames', 1) > 1:
            yield 'animated'
        if image.getexif().get(_ORIENTATION, 1) not in (0, 1):
            yield 'turned by EXIF'
