# SPDX-License-Identifier: Apache-2.0
"""Reported frames: what users' cameras were reported to send, and what the node says of each."""

import functools
import random
from collections.abc import Callable, Iterator, Mapping
from itertools import repeat
from typing import NamedTuple, TypeVar

import numpy as np

from mobilenet_perception.inference.bundle import default_bundle_path, load_bundle
from tests.frames.jpegs import END, SCAN, SOUND, cut_off, encoded
from tests.frames.raw import GOOD, MALFORMED, CompressedMessage, RawMessage, raw_message

RATE_HZ = 10.0
# Frames of one kind in a row: its share of the diagnostics, which speak of the newest frame.
IN_A_ROW = 20

Message = RawMessage | CompressedMessage
_T = TypeVar('_T')


class Reported(NamedTuple):
    """A kind of frame.

    Attributes:
        name: what it is called.
        message: makes one, drawing what differs from one to the next.
        reason: pattern of what its rejection says; empty: it is taken.
    """

    name: str
    message: Callable[[random.Random], Message]
    reason: str = ''


class ReportedCamera(NamedTuple):
    """A camera that sends some of them, in turns.

    Attributes:
        kinds: of its frames.
        gaps_s: seconds from one frame to the next, without an end.
        transport: its parameter `image_transport`.
        said: pattern of what its diagnostics must say now and then, besides the reasons of
            rejection; empty: nothing.
    """

    kinds: list[Reported]
    gaps_s: Callable[[random.Random], Iterator[float]] = lambda _: repeat(1 / RATE_HZ)
    transport: str = 'raw'
    said: str = ''

    @property
    def sayings(self) -> tuple[str, ...]:
        """Patterns of all that its diagnostics must say now and then."""
        return tuple(filter(None, [self.said, *(kind.reason for kind in self.kinds)]))


def reported_cameras() -> Mapping[str, ReportedCamera]:
    """Return the cameras, by name."""
    sign = Reported('a sign', _always(_sign()))
    twelve_bits = Reported('12 bits in mono16', _twelve_bits)
    return {
        'jpegs': ReportedCamera(_jpegs(), transport='compressed'),
        'wide': ReportedCamera([twelve_bits], said='12 of 16 bits: set wide.significant_bits: 12'),
        'uneven': ReportedCamera([sign], uneven_gaps_s),
        'odd': ReportedCamera([sign, *_tiny(), *_malformed()]),
    }


def uneven_gaps_s(drawn: random.Random) -> Iterator[float]:
    """Yield seconds from one frame to the next, none of them lost: each way for half a minute."""
    ways: tuple[Callable[[int], float], ...] = (
        lambda number: (0.033, 0.067)[number % 2],
        lambda _: drawn.uniform(0.025, 0.12),
        # Bursts of five.
        lambda number: 0.4 if number % 5 == 0 else 0.01,
        # The exposure follows the light, up to 100 ms.
        lambda number: 0.0333 * (1 + min(2.0, abs(number % 400 - 200) / 50)),
    )
    while True:
        for way in ways:
            seconds, number = 0.0, 0
            while seconds < 30.0:
                gap_s = way(number)
                yield gap_s
                seconds, number = seconds + gap_s, number + 1


def _jpegs() -> list[Reported]:
    whole = encoded()
    start = whole.index(SCAN) + 20

    def zeroed(drawn: random.Random) -> bytes:
        at = drawn.randrange(start, len(whole) - 600)
        return whole[:at] + bytes(512) + whole[at + 512 :]

    def without_a_piece(drawn: random.Random) -> bytes:
        at = drawn.randrange(start, len(whole) - 5000)
        return whole[:at] + whole[at + 2048 :]

    damaged: list[tuple[str, Callable[[random.Random], bytes], str]] = [
        ('cut off before the end marker', lambda drawn: cut_off(whole, drawn.uniform(0.05, 0.9)),
         r'pixels end after \d+ of 480 rows'),
        ('a piece is missing', without_a_piece, 'the JPEG is damaged'),
        ('zeroed', zeroed, r'the JPEG is damaged: \d+ bytes of its pixels are zero'),
        ('truncated', lambda drawn: whole[: drawn.randrange(1000, len(whole) - 2)],
         'its end marker is missing'),
        ('empty', _always(b''), 'no data'),
        ('a marker alone', _always(END), 'no JPEG or PNG'),
        ('H.264', lambda drawn: b'\0\0\0\1\x67' + drawn.randbytes(4000), r'the image is H\.264'),
        ('WebP', lambda drawn: b'RIFF\0\0\0\0WEBP' + drawn.randbytes(4000), 'the image is WebP'),
    ]  # fmt: skip
    return [
        *(_compressed(name, _always(make())) for name, make in SOUND.items()),
        *(_compressed(*kind) for kind in damaged),
    ]


def _always(what: _T) -> Callable[[random.Random], _T]:
    return lambda _: what


def _compressed(name: str, make: Callable[[random.Random], bytes], reason: str = '') -> Reported:
    return Reported(f'JPEG: {name}', lambda drawn: CompressedMessage(make(drawn)), reason)


@functools.cache
def _sign() -> RawMessage:
    bundle = load_bundle(default_bundle_path())
    picture = bundle.golden_images[next(one.file for one in bundle.manifest.golden)]
    return raw_message(picture.reshape(len(picture), -1), picture.shape[1], 'rgb8')


def _twelve_bits(drawn: random.Random) -> RawMessage:
    sign = _sign()
    rgb = np.frombuffer(sign.data, np.uint8).reshape(sign.height, sign.width, 3)
    noise = np.frombuffer(drawn.randbytes(sign.height * sign.width), np.uint8) >> 4
    samples = 16 * rgb[..., 1].astype('<u2') + noise.reshape(rgb.shape[:2])
    return raw_message(samples.astype('<u2').view(np.uint8), sign.width, 'mono16')


def _tiny() -> Iterator[Reported]:
    for height, width in ((1, 1), (1, 9), (9, 1), (3, 3)):
        rows = np.zeros((height, 3 * width), np.uint8)
        message = raw_message(rows, width, 'rgb8')
        yield Reported(f'{width}x{height}', _always(message))


def _malformed() -> Iterator[Reported]:
    numbers = np.full((4, 6), np.nan, '<f4')
    depth = raw_message(numbers.view(np.uint8), 6, '32FC1')
    yield Reported('distances that are NaN', _always(depth), "'32FC1' is not supported")
    for changes, reason in MALFORMED:
        message = GOOD._replace(**changes)  # type: ignore[arg-type]
        if isinstance(message.data, bytes):
            yield Reported(f'malformed: {_words(changes)}', _always(message), reason or '')


def _words(changes: Mapping[str, object]) -> str:
    """Return what is changed of a message, bytes by their number."""
    sizes = {name: len(value) for name, value in changes.items() if isinstance(value, bytes)}
    return ', '.join(f'{name} {str(value)[:12]}' for name, value in {**changes, **sizes}.items())
