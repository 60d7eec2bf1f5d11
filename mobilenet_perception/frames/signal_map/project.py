# SPDX-License-Identifier: Apache-2.0
"""Projection of mapped signals: which of them a camera sees, and the box of each in its image.

A box is grown by what the pose's covariance makes of it: to first order, the derivative taken by
central differences of one standard deviation along each of the covariance's own axes.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mobilenet_perception.frames.signal_map.camera_model import CameraModel
from mobilenet_perception.frames.signal_map.pose import CameraMount, MapPose, turned
from mobilenet_perception.frames.signal_map.signal_map import MapSignal, SignalMap

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# Points along each edge of a board: lenses bend what is straight.
_EDGE = 4
# Standard deviations below this, in metres or radians, move nothing.
_NOTHING = 1e-6


class ViewRules(NamedTuple):
    """Which signals to look at, and how far round them.

    Attributes:
        max_distance_m: from the camera; what is further is left out.
        max_angle_deg: between a board's normal and the direction to the camera; what is turned
            further away is left out.
        min_pixels: shorter side of a signal in the image; what is smaller is left out.
        min_visible: share of a signal that must lie in the image, 0 to 1.
        sigmas: standard deviations of the pose to allow for.
        tilt_sigma_deg: standard deviation of roll and of pitch, beside the pose's own: a robot
            nods, and what localises it on the ground does not know of it.
    """

    max_distance_m: float = 25.0
    max_angle_deg: float = 60.0
    min_pixels: float = 12.0
    min_visible: float = 0.75
    sigmas: float = 2.0
    tilt_sigma_deg: float = 0.2


class SignalRegion(NamedTuple):
    """Where a signal is to be looked for, in pixels of the image, whose corner is 0, 0.

    Attributes:
        id: of the signal.
        kind: of the signal.
        left: edge of the box, inside the image.
        top: likewise.
        right: likewise.
        bottom: likewise.
        distance_m: from the camera to the signal.
    """

    id: str
    kind: str
    left: float
    top: float
    right: float
    bottom: float
    distance_m: float


def signals_in_view(
    signals: SignalMap, model: CameraModel, pose: MapPose, mount: CameraMount, rules: ViewRules
) -> list[SignalRegion]:
    """Return the regions of the signals that a camera sees, the nearest first.

    Args:
        signals: the map.
        model: of the camera.
        pose: of the robot in the map.
        mount: of the camera on the robot.
        rules: which signals, and how far round them.
    """
    camera = pose.position + pose.rotation @ mount.position
    away = camera - signals.positions
    distances = np.linalg.norm(away, axis=1)
    facing = np.einsum('ij,ij->i', away, signals.normals)
    near = (distances <= rules.max_distance_m) & (
        facing >= distances * math.cos(math.radians(rules.max_angle_deg))
    )
    chosen = np.flatnonzero(near)
    if not len(chosen):
        return []
    outlines = signals.outlines(chosen, _EDGE)
    boxes, good = _boxes(outlines, model, pose, mount)
    wide, high = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    good &= np.minimum(wide, high) >= rules.min_pixels
    good &= _visible(boxes, model) >= rules.min_visible
    chosen, outlines, boxes = chosen[good], outlines[good], boxes[good]
    if not len(chosen):
        return []
    grown, good = _grown(boxes, outlines, model, _nodding(pose, rules), mount, rules.sigmas)
    inside = _clipped(grown, model)
    found = [
        _region(signals.signals[index], box, float(distances[index]))
        for index, box, kept in zip(chosen, inside, good, strict=True)
        if kept
    ]
    return sorted(found, key=lambda region: region.distance_m)


def _region(signal: MapSignal, box: Array, distance_m: float) -> SignalRegion:
    left, top, right, bottom = box.tolist()
    return SignalRegion(signal.id, signal.kind, left, top, right, bottom, distance_m)


def _nodding(pose: MapPose, rules: ViewRules) -> MapPose:
    tilt = math.radians(rules.tilt_sigma_deg) ** 2
    return pose._replace(covariance=pose.covariance + np.diag([0.0, 0.0, 0.0, tilt, tilt, 0.0]))


def _boxes(
    outlines: Array, model: CameraModel, pose: MapPose, mount: CameraMount
) -> tuple[Array, Flags]:
    """Return the upright boxes around (n, m, 3) outlines: left, top, right, bottom; (n, 4)."""
    on_robot = (outlines.reshape(-1, 3) - pose.position) @ pose.rotation
    pixels, good = model.project((on_robot - mount.position) @ mount.rotation)
    # OpenCV counts from the middle of the first pixel.
    shaped = (pixels + 0.5).reshape(*outlines.shape[:2], 2)
    boxes = np.concatenate([shaped.min(axis=1), shaped.max(axis=1)], axis=1)
    whole: Flags = np.logical_and.reduce(good.reshape(outlines.shape[:2]), axis=1)
    return boxes, whole


def _grown(
    boxes: Array,
    outlines: Array,
    model: CameraModel,
    pose: MapPose,
    mount: CameraMount,
    sigmas: float,
) -> tuple[Array, Flags]:
    """Return boxes with room for the pose's covariance; false: it may be behind the camera."""
    variances, axes = np.linalg.eigh(pose.covariance)
    deviations = np.sqrt(np.maximum(variances, 0.0))
    spread, good = np.zeros_like(boxes), np.ones(len(boxes), bool)
    for deviation, axis in zip(deviations, axes.T, strict=True):
        if deviation * sigmas < _NOTHING:
            continue
        ends = [
            _boxes(outlines, model, turned(pose, sign * deviation * axis), mount)
            for sign in (1.0, -1.0)
        ]
        good &= ends[0][1] & ends[1][1]
        spread += ((ends[0][0] - ends[1][0]) / 2) ** 2
    outward = np.array([-1.0, -1.0, 1.0, 1.0])
    return boxes + outward * sigmas * np.sqrt(spread), good


def _clipped(boxes: Array, model: CameraModel) -> Array:
    return np.clip(boxes, 0.0, [model.width, model.height] * 2)


def _visible(boxes: Array, model: CameraModel) -> Array:
    """Return the share of each box that lies in the image."""
    inside = _clipped(boxes, model)
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    shown: Array = np.prod(inside[:, 2:] - inside[:, :2], axis=1) / np.maximum(area, 1e-9)
    return shown
