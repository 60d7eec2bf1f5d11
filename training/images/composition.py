# SPDX-License-Identifier: Apache-2.0
"""Compositions: a signal placed on a background, as a region of interest would show it.

Signals are photographs, or drawn by the project's own code, so that simulated boards are
recognised too; backgrounds are corners of photographs, drawn streets, gradients and texture.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from mobilenet_perception.street.signals import SIGNAL_LABELS, draw_signal, variant_count
from training.data.data_set import Pixels, Sample
from training.data.readers.gtsrb import SIGN_NAMES, SOURCE

# The signs that are discs: the corners of their square crops show what lies behind.
_ROUND = frozenset(SIGN_NAMES[number] for number in (*range(11), 15, 16, 17, *range(32, 43)))
_CORNER = 0.2
_SMALLEST = 50
_SIZES = (48, 128)


class Placement(NamedTuple):
    """How far the placing of a signal varies; fractions are of the crop's limiting side.

    Attributes:
        smallest: least part of the crop that the signal takes.
        largest: most; above 1 its edges are cut off.
        rotation_degrees: to either side.
        perspective: how far each corner moves, as a fraction of the signal's size.
        stretch: how far the aspect ratio changes, as a factor to either side.
    """

    smallest: float = 0.35
    largest: float = 1.1
    rotation_degrees: float = 10.0
    perspective: float = 0.06
    stretch: float = 1.2


def compose(
    signal: Pixels, background: Pixels, placement: Placement, random: np.random.Generator
) -> Pixels:
    """Warp a signal with transparency onto a background.

    There is no mirroring: it changes what turn signs, digits and lights mean.

    Args:
        signal: (height, width, 4) uint8 RGBA, straight alpha.
        background: (rows, columns, 3) uint8 RGB: the crop to fill.
        placement: how far to vary.
        random: the source of chance.

    Returns:
        (rows, columns, 3) uint8 RGB.
    """
    rows, columns = background.shape[:2]
    height, width = signal.shape[:2]
    fraction = random.uniform(placement.smallest, placement.largest)
    stretch = placement.stretch ** random.uniform(-1.0, 1.0)
    scale = fraction * min(columns / (width * stretch), rows / height)
    half = 0.5 * scale * np.array([width * stretch, height])
    # Off-centre as far as the margin goes, for a map or a detector is never exact.
    slack = np.abs(np.array([columns, rows]) / 2 - half) * 0.9
    centre = np.array([columns, rows]) / 2 + random.uniform(-1.0, 1.0, 2) * slack
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    corners += random.uniform(-1.0, 1.0, (4, 2)) * placement.perspective * 2 * half
    angle = np.radians(random.uniform(-1.0, 1.0) * placement.rotation_degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    target = (corners @ turn + centre).astype(np.float32)
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, target)
    reduced = _reduce(signal, scale)
    matrix = matrix @ np.diag([width / reduced.shape[1], height / reduced.shape[0], 1.0])
    warped = cv2.warpPerspective(reduced, matrix, (columns, rows), flags=cv2.INTER_LINEAR)
    alpha = warped[..., 3:].astype(np.uint16)
    mixed = warped[..., :3] * alpha + background * (255 - alpha)
    return (mixed // 255).astype(np.uint8)


def jitter(pixels: Pixels, rows: int, columns: int, random: np.random.Generator) -> Pixels:
    """Stretch a tight crop to (rows, columns), slightly zoomed, moved, rotated and tilted.

    What comes in from beyond the edge is mirrored. Returns (rows, columns, 3) uint8 RGB.
    """
    height, width = pixels.shape[:2]
    window = np.array([width, height]) * random.uniform(0.8, 1.12)
    centre = np.array([width, height]) * random.uniform(0.44, 0.56, 2)
    corners = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    corners += random.uniform(-0.04, 0.04, (4, 2))
    angle = np.radians(random.uniform(-10.0, 10.0))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    source = ((corners @ turn) * window + centre).astype(np.float32)
    target = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    warped: Pixels = cv2.warpPerspective(  # type: ignore[assignment]
        pixels,
        cv2.getPerspectiveTransform(source, target),
        (columns, rows),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    return warped


def soft_cutout(pixels: Pixels, feather: float = 0.1) -> Pixels:
    """Return a photograph as RGBA whose edges fade out over `feather` of its sides."""
    height, width = pixels.shape[:2]
    fades = []
    for size in (height, width):
        ends = np.minimum(np.arange(size), np.arange(size)[::-1]) / max(1.0, feather * size)
        fades.append(np.clip(ends, 0.0, 1.0))
    alpha = (255 * fades[0][:, None] * fades[1][None, :]).astype(np.uint8)
    return np.dstack([pixels, alpha])


def drawn_signals() -> dict[str, list[Pixels]]:
    """Return every drawing of every label, trimmed to what is drawn, as RGBA, small and large."""
    return {
        label: [
            trim(draw_signal(label, size, variant))
            for variant in range(variant_count(label))
            for size in _SIZES
        ]
        for label in SIGNAL_LABELS
    }


def trim(drawing: Pixels) -> Pixels:
    """Cut away rows and columns where an RGBA drawing is transparent."""
    rows = np.flatnonzero(drawing[..., 3].any(axis=1))
    columns = np.flatnonzero(drawing[..., 3].any(axis=0))
    kept = drawing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.ascontiguousarray(kept)


def photographed_backgrounds(samples: Sequence[Sample]) -> list[Pixels]:
    """Return corners of photographs of round signs, where no part of the sign is."""
    crops = []
    for sample in samples:
        height, width = sample.pixels.shape[:2]
        if sample.source != SOURCE or sample.label not in _ROUND or height < _SMALLEST:
            continue
        rows, columns = int(_CORNER * height), int(_CORNER * width)
        for top in (slice(None, rows), slice(-rows, None)):
            for side in (slice(None, columns), slice(-columns, None)):
                crops.append(np.ascontiguousarray(sample.pixels[top, side]))
    return crops


def random_background(
    rows: int, columns: int, photographs: Sequence[Pixels], random: np.random.Generator
) -> Pixels:
    """Return a background of (rows, columns, 3) uint8 RGB.

    Args:
        rows: height in pixels.
        columns: width in pixels.
        photographs: photographed crops to use for some of them; may be empty.
        random: the source of chance.
    """
    kind = random.random()
    if photographs and kind < 0.4:
        crop = photographs[int(random.integers(len(photographs)))]
        if random.random() < 0.5:
            crop = crop[:, ::-1]
        return stretch(crop, rows, columns)
    if kind < 0.7:
        return street(rows, columns, random)
    if kind < 0.85:
        return _texture(rows, columns, random)
    return _gradient(rows, columns, random)


def street(rows: int, columns: int, random: np.random.Generator) -> Pixels:
    """Draw a piece of a street: sky, facades with windows, trees, poles, blank boards."""
    image = _gradient(rows, columns, random)
    for _ in range(int(random.integers(1, 5))):
        left = int(random.integers(-columns // 2, columns))
        top = int(random.integers(-rows // 4, rows))
        right = left + int(random.integers(columns // 4, columns + 1))
        colour = _colour(random)
        cv2.rectangle(image, (left, top), (right, rows), colour, -1)
        if random.random() < 0.6:
            _windows(image, (left, top, right), random)
    if random.random() < 0.4:
        _foliage(image, random)
    for _ in range(int(random.integers(0, 3))):
        x = int(random.integers(columns))
        thickness = int(random.integers(1, max(2, columns // 10)))
        lean = int(random.integers(-3, 4))
        cv2.line(image, (x, 0), (x + lean, rows), _colour(random), thickness)
    return image


def _reduce(signal: Pixels, scale: float) -> Pixels:
    if scale >= 0.6:
        return signal
    size = (max(4, round(signal.shape[1] * scale)), max(4, round(signal.shape[0] * scale)))
    # A bilinear warp aliases when it shrinks; averaging first is what a lens does.
    return cv2.resize(signal, size, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def _windows(image: Pixels, wall: tuple[int, int, int], random: np.random.Generator) -> None:
    left, top, right = wall
    pitch = int(random.integers(6, max(8, image.shape[1] // 2)))
    colour = _colour(random)
    for y in range(top + pitch // 3, image.shape[0], pitch):
        for x in range(left + pitch // 3, right - pitch // 2, pitch):
            cv2.rectangle(image, (x, y), (x + pitch // 2, y + pitch // 2), colour, -1)


def _foliage(image: Pixels, random: np.random.Generator) -> None:
    rows, columns = image.shape[:2]
    base = np.array([random.integers(20, 90), random.integers(50, 140), random.integers(10, 70)])
    for _ in range(int(random.integers(10, 50))):
        centre = (int(random.integers(columns)), int(random.integers(rows)))
        shade = [int(v) for v in np.clip(base + random.integers(-30, 30), 0, 255)]
        cv2.circle(image, centre, int(random.integers(1, max(2, columns // 8))), shade, -1)


def _texture(rows: int, columns: int, random: np.random.Generator) -> Pixels:
    cells = int(random.integers(2, 24))
    coarse = random.integers(0, 256, (cells, cells, 3)).astype(np.float32)
    colour = np.array(_colour(random), np.float32)
    strength = random.uniform(0.05, 0.8)
    mixed = coarse * strength + colour * (1 - strength)
    return stretch(mixed.astype(np.uint8), rows, columns)


def _gradient(rows: int, columns: int, random: np.random.Generator) -> Pixels:
    ends = np.array([[_colour(random)], [_colour(random)]], np.uint8)
    if random.random() < 0.3:
        ends = ends.transpose(1, 0, 2)
    return stretch(np.ascontiguousarray(ends), rows, columns)


def _colour(random: np.random.Generator) -> tuple[int, int, int]:
    grey = random.uniform(10, 250)
    spread = 10 if random.random() < 0.6 else 60
    red, green, blue = np.clip(grey + random.uniform(-spread, spread, 3), 0, 255)
    return int(red), int(green), int(blue)


def stretch(pixels: Pixels, rows: int, columns: int) -> Pixels:
    """Return (rows, columns, 3) uint8 RGB, resized bilinearly, whatever the aspect ratio."""
    resized = cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(resized)
