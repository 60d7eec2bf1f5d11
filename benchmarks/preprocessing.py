# SPDX-License-Identifier: Apache-2.0
"""How long decoding and resizing a frame take: `python -m benchmarks.preprocessing`."""

import argparse
import time
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import numpy.typing as npt

from mobilenet_perception.frames import ENCODINGS, crop_and_resize, decode
from mobilenet_perception.frames.messages import (
    CompressedImageMessage,
    Header,
    ImageMessage,
    to_time,
)

SIZES = {'VGA': (480, 640), '1080p': (1080, 1920)}
INPUTS = (96, 224)
# Bytes a row and a pixel; semi-planar data has rows of chroma below those of luma.
_SEMI_PLANAR = {'nv12': 1.5, 'nv21': 1.5, 'nv24': 3.0}
_HEADER = Header(to_time(0), 'camera')


def scene(height: int, width: int) -> npt.NDArray[np.uint8]:
    """Draw something as hard to compress as a street: coarse and fine structure, and noise."""
    random = np.random.default_rng(0)
    picture = np.zeros((height, width, 3), np.float32)
    for cells, weight in ((6, 90), (24, 50), (96, 25), (384, 10)):
        coarse = random.normal(0, weight, (cells, cells, 3)).astype(np.float32)
        layer = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        picture += np.asarray(layer, np.float32)
    picture += random.normal(128, 3, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def raw_message(encoding: str, height: int, width: int) -> ImageMessage:
    """Return a message of that encoding, holding noise (decoding time does not depend on it)."""
    kind = ENCODINGS[encoding]
    # An encoding knows its samples a pixel; the semi-planar ones have a stride of the width.
    samples = 1 if encoding in _SEMI_PLANAR else kind.channels * kind.sample_bytes  # type: ignore[union-attr]
    size = int(height * width * samples * _SEMI_PLANAR.get(encoding, 1))
    data = np.random.default_rng(0).integers(0, 256, size, np.uint8)
    return ImageMessage(_HEADER, height, width, encoding, 0, width * samples, data)


def measure(work: Callable[[], object], repeats: int) -> npt.NDArray[np.float64]:
    """Return the durations of `repeats` calls, in microseconds, after three to warm up."""
    durations = []
    for _ in range(repeats + 3):
        start = time.perf_counter_ns()
        work()
        durations.append((time.perf_counter_ns() - start) / 1e3)
    return np.array(durations[3:])


def row(*cells: object) -> str:
    """Lay out one row of a table."""
    first, *others = (str(cell) for cell in cells)
    return first.ljust(24) + ''.join(other.rjust(13) for other in others)


def raw_rows(repeats: int) -> Iterator[str]:
    """Measure every encoding at every size; times in microseconds, median / 99th percentile."""
    resizes = [f'to {side}' for side in INPUTS]
    yield row('raw, us: p50 / p99', 'decode', *resizes)
    for name, (height, width) in SIZES.items():
        for encoding in ENCODINGS:
            message = raw_message(encoding, height, width)
            frame = decode(message)
            timed = [measure(lambda m=message: decode(m), repeats)]  # type: ignore[misc]
            for side in INPUTS:
                timed.append(
                    measure(lambda f=frame, s=side: crop_and_resize(f, s, s), repeats)  # type: ignore[misc]
                )
            cells = (f'{np.median(times):.0f} / {np.percentile(times, 99):.0f}' for times in timed)
            yield row(f'{name} {encoding}', *cells)


def compressed_rows(repeats: int) -> Iterator[str]:
    """Measure JPEG at full and at reduced scale, and PNG; and what reduction does to pixels.

    The difference is between the network's inputs, mean and maximum of absolute values of 255.
    `1x` would keep but once the network's input, `2x` is what decoding does.
    """
    yield row(
        'compressed, us', 'scale', 'decode p50', 'p99', 'resize p50', 'mean diff', 'max diff'
    )
    for name, (height, width) in SIZES.items():
        picture = scene(height, width)
        for kind, suffix, options in (
            ('jpeg 80', '.jpg', [cv2.IMWRITE_JPEG_QUALITY, 80]),
            ('jpeg 95', '.jpg', [cv2.IMWRITE_JPEG_QUALITY, 95]),
            ('png', '.png', []),
        ):
            data = np.asarray(cv2.imencode(suffix, picture, options)[1], np.uint8).reshape(-1)
            message = CompressedImageMessage(_HEADER, kind, data)
            for side in INPUTS:
                full = crop_and_resize(decode(message), side, side).astype(int)
                for label, wanted in (('full', 0), ('2x', side), ('1x', side // 2)):
                    if suffix == '.png' and wanted:
                        continue
                    frame = decode(message, wanted, wanted)
                    decoding = measure(lambda m=message, w=wanted: decode(m, w, w), repeats)  # type: ignore[misc]
                    resizing = measure(
                        lambda f=frame, s=side: crop_and_resize(f, s, s),  # type: ignore[misc]
                        repeats,
                    )
                    difference = np.abs(crop_and_resize(frame, side, side).astype(int) - full)
                    yield row(
                        f'{name} {kind} to {side} {label}',
                        frame.scale,
                        f'{np.median(decoding):.0f}',
                        f'{np.percentile(decoding, 99):.0f}',
                        f'{np.median(resizing):.0f}',
                        f'{difference.mean():.2f}',
                        difference.max(),
                    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--repeats', type=int, default=100, help='calls of each measurement')
    parser.add_argument('--threads', type=int, default=1, help="OpenCV's threads")
    arguments = parser.parse_args()
    cv2.setNumThreads(arguments.threads)
    print(f'OpenCV {cv2.__version__}, {arguments.threads} thread(s)')
    for line in raw_rows(arguments.repeats):
        print(line, flush=True)
    print()
    for line in compressed_rows(arguments.repeats):
        print(line, flush=True)


if __name__ == '__main__':
    main()
