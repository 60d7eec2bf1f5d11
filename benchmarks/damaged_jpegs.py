# SPDX-License-Identifier: Apache-2.0
"""How many JPEGs that lost data pass as whole: `python -m benchmarks.damaged_jpegs FOLDER`.

Takes photographs from a folder, damages each many times behind its first scan, keeping the end
marker (data cut off, cut out, zeroed, bits flipped), and counts those that are accepted although
more than 1 % of their pixels differ: with OpenCV alone, and with the decoder of the node. Sound
files of several kinds must all be accepted. At the end the two decode one VGA picture in turns.
"""

import argparse
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames.compressed import decode_bytes

_KINDS = ('cut off', 'cut out', 'zeroed', 'bits flipped')
_SIDES = (320, 480, 640)
# A pixel differs when a channel does by more than this.
_LEVELS = 8
_SHARE = 0.01
_ROUNDS = 200


def sound_files(folder: Path, count: int) -> list[bytes]:
    """Return JPEGs of several sizes and kinds, made from the photographs of a folder."""
    options: tuple[list[int], ...] = (
        [],
        [cv2.IMWRITE_JPEG_PROGRESSIVE, 1],
        [cv2.IMWRITE_JPEG_RST_INTERVAL, 4],
        [cv2.IMWRITE_JPEG_OPTIMIZE, 1],
        [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444],
    )
    paths = sorted(folder.rglob('*.jpg'))[:count]
    if len(paths) < count:
        sys.exit(f'{folder} has {len(paths)} .jpg files: {count} are needed')
    files = []
    for number, path in enumerate(paths):
        side = _SIDES[number % len(_SIDES)]
        image = cv2.resize(cv2.imread(str(path)), (side, side * 3 // 4))
        image = image[..., 0] if number % 7 == 6 else image
        files.append(cv2.imencode('.jpg', image, options[number % len(options)])[1].tobytes())
    return files


def damaged(data: bytes, kind: str, rng: random.Random) -> bytes:
    """Return the file with damage of a kind behind its first scan, its end marker kept."""
    start, end = data.index(b'\xff\xda') + 14, len(data) - 2
    place = rng.randrange(start, end)
    length = min(rng.choice((16, 64, 512, 1024)), end - place)
    changed = bytearray(data)
    if kind == 'cut off':
        del changed[place:end]
    elif kind == 'cut out':
        del changed[place : place + length]
    elif kind == 'zeroed':
        changed[place : place + length] = bytes(length)
    else:
        for _ in range(rng.choice((1, 2, 8))):
            changed[rng.randrange(start, end)] ^= 1 << rng.randrange(8)
    return bytes(changed)


def with_opencv(data: bytes) -> npt.NDArray[np.uint8] | None:
    """Decode as it was done before: nobody says a word."""
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)  # type: ignore[return-value]


def by_node(data: bytes) -> bool:
    """Say whether the node takes a file."""
    try:
        decode_bytes(data)
    except FrameError:
        return False
    return True


def median_ms(data: bytes) -> tuple[float, float]:
    """Return the median times of OpenCV and of the node's decoder, in turns, in milliseconds."""
    times: tuple[list[float], list[float]] = ([], [])
    decoders: tuple[Callable[[bytes], object], ...] = (with_opencv, decode_bytes)
    for _ in range(_ROUNDS):
        for found, decode in zip(times, decoders, strict=True):
            start = time.perf_counter()
            decode(data)
            found.append(1e3 * (time.perf_counter() - start))
    return float(np.median(times[0])), float(np.median(times[1]))


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=Path, help='of photographs')
    parser.add_argument('--count', type=int, default=10_000, help='damaged files (%(default)s)')
    parser.add_argument('--sources', type=int, default=20, help='sound files (%(default)s)')
    arguments = parser.parse_args()
    files = sound_files(arguments.folder, arguments.sources)
    refused = sum(not by_node(data) for data in files)
    whole = {data: with_opencv(data) for data in files}
    rng = random.Random(0)
    harmed, before, after = Counter[str](), Counter[str](), Counter[str]()
    # libjpeg tells the terminal of each file what OpenCV keeps to itself.
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    for number in range(arguments.count):
        kind, data = _KINDS[number % len(_KINDS)], rng.choice(files)
        changed = damaged(data, kind, rng)
        pixels, reference = with_opencv(changed), whole[data]
        assert reference is not None
        if pixels is None or pixels.shape != reference.shape:
            harmed[kind] += 1
            after[kind] += by_node(changed)
        elif (cv2.absdiff(pixels, reference).max(axis=2) > _LEVELS).mean() > _SHARE:
            harmed[kind] += 1
            before[kind] += 1
            after[kind] += by_node(changed)
    print(f'{refused} of {len(files)} sound files are refused')
    print(f'{"damage":<14}{"harmed":>8}{"OpenCV":>9}{"node":>9}   accepted although harmed')
    for kind in _KINDS:
        shares = [f'{count[kind] / max(1, harmed[kind]):9.1%}' for count in (before, after)]
        print(f'{kind:<14}{harmed[kind]:>8}{"".join(shares)}')
    shares = [f'{count.total() / max(1, harmed.total()):9.1%}' for count in (before, after)]
    print(f'{"all":<14}{harmed.total():>8}{"".join(shares)}')
    old_ms, new_ms = median_ms(files[2])
    print(f'640x480: OpenCV {old_ms:.2f} ms, node {new_ms:.2f} ms')
    return int(refused > 0)


if __name__ == '__main__':
    sys.exit(main())
