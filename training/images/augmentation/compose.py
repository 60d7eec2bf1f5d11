# SPDX-License-Identifier: Apache-2.0
"""Geometry: a signal placed on a background, as a region of interest would show it."""

from typing import NamedTuple

import cv2
import numpy as np

from training.data.sample import Pixels


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


def _reduce(signal: Pixels, scale: float) -> Pixels:
    if scale >= 0.6:
        return signal
    size = (max(4, round(signal.shape[1] * scale)), max(4, round(signal.shape[0] * scale)))
    # A bilinear warp aliases when it shrinks; averaging first is what a lens does.
    return cv2.resize(signal, size, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]
