# SPDX-License-Identifier: Apache-2.0
"""The proof before driving: every variant gives its golden scores on this machine."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import BundleError
from mobilenet_perception.frames import Frame, PixelOrder, crop_and_resize
from mobilenet_perception.inference.bundle.bundle import Bundle
from mobilenet_perception.inference.bundle.manifest import GoldenFrame, Variant
from mobilenet_perception.inference.bundle.precision_ladder import may_fail
from mobilenet_perception.inference.runtimes.base import Runtime, Session


class GoldenCheckResult(NamedTuple):
    """What has proven itself on a runtime.

    Attributes:
        sessions: loaded, by the name of the variant, in the bundle's order.
        failed: why other precisions of the same networks are left out, a sentence by name.
    """

    sessions: dict[str, Session]
    failed: dict[str, str]


def check_golden_frames(bundle: Bundle, runtime: Runtime) -> GoldenCheckResult:
    """Load each variant and run the golden frames.

    A variant that fails is left out if its network is there in a finer precision too: FP16 and
    INT8 may come out differently on another processor.

    Raises:
        BundleError: a variant does not load, does not fit the labels, or scores differently.
    """
    sessions, failed = {}, {}
    for variant in bundle.manifest.variants:
        try:
            sessions[variant.name] = _proven(bundle, runtime, variant)
        except BundleError as error:
            if not may_fail(variant, bundle.manifest.variants):
                raise
            failed[variant.name] = str(error)
    return GoldenCheckResult(sessions, failed)


def golden_scores(
    session: Session, image: npt.NDArray[np.uint8], order: PixelOrder = 'rgb'
) -> npt.NDArray[np.float32]:
    """Score a golden frame the way that a camera's frame is scored."""
    frame = Frame(image, order)
    return session.run(crop_and_resize(frame, session.height, session.width))


def _proven(bundle: Bundle, runtime: Runtime, variant: Variant) -> Session:
    session = runtime.load(bundle.models[variant.name], variant.name)
    _check_shape(session, variant, len(bundle.manifest.labels))
    for golden in bundle.manifest.golden:
        _check_golden(bundle, session, variant, golden)
    _check_batch(bundle, session, variant)
    return session


def _check_shape(session: Session, variant: Variant, labels: int) -> None:
    if session.classes != labels:
        raise BundleError(
            f'variant {variant.name} gives {session.classes} scores, but the bundle has '
            f'{labels} labels: a label is missing or one too many'
        )
    if (session.height, session.width) != (variant.height, variant.width):
        raise BundleError(
            f'variant {variant.name} takes {session.width}x{session.height} pixels, but '
            f'bundle.json says {variant.width}x{variant.height}'
        )


def _check_golden(bundle: Bundle, session: Session, variant: Variant, golden: GoldenFrame) -> None:
    expected = np.asarray(golden.scores[variant.name])
    image = bundle.golden_images[golden.file]
    difference = _difference(golden_scores(session, image), expected)
    tolerance = bundle.manifest.golden_tolerance
    if difference <= tolerance:
        return
    cause = 'this runtime computes something else, or the bundle was put together wrongly'
    if _difference(golden_scores(session, image, 'bgr'), expected) <= tolerance:
        cause = 'they match with red and blue exchanged, so the colour order was swapped'
    raise BundleError(
        f'variant {variant.name} does not give its golden scores for {golden.file}: off by '
        f'{difference:.4f} where {tolerance:g} is allowed; {cause}'
    )


def _check_batch(bundle: Bundle, session: Session, variant: Variant) -> None:
    golden = bundle.manifest.golden[: session.largest_batch]
    if len(golden) < 2:
        return
    size = session.height, session.width
    frames = [Frame(bundle.golden_images[frame.file], 'rgb') for frame in golden]
    found = session.run_batch(np.stack([crop_and_resize(frame, *size) for frame in frames]))
    expected = np.asarray([frame.scores[variant.name] for frame in golden])
    if found.shape != expected.shape or (
        _difference(found, expected) > bundle.manifest.golden_tolerance
    ):
        raise BundleError(
            f'variant {variant.name} gives other scores for {len(golden)} golden frames at once '
            'than for each alone: export it again'
        )


def _difference(scores: npt.NDArray[np.float32], expected: npt.NDArray[np.float64]) -> float:
    # NaN must count as different, and compares as neither.
    return float(np.nan_to_num(np.abs(scores - expected), nan=np.inf).max())
