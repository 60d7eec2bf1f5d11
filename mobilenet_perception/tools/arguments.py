# SPDX-License-Identifier: Apache-2.0
"""Arguments that commands share, their types, and what they load.

What is loaded is imported late: `--help` waits for no OpenCV.
"""

import argparse
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mobilenet_perception.inference.runtimes.choose import AUTO
from mobilenet_perception.tools.terminal import notify

if TYPE_CHECKING:
    from mobilenet_perception.frames import RegionOfInterest
    from mobilenet_perception.inference.classifier import Classifier

# How the built-in bundle is called where a bundle is not used unless it is named.
BUILT_IN = Path('default')


def add_bundle(parser: argparse.ArgumentParser) -> None:
    """Add `--bundle` and what `add_runtime` adds."""
    parser.add_argument(
        '--bundle', type=Path, help='folder of the model bundle (default: the built-in one)'
    )
    add_runtime(parser)


def add_runtime(parser: argparse.ArgumentParser) -> None:
    """Add `--runtime` and `--threads`."""
    parser.add_argument('--runtime', default=AUTO,
                        help='inference runtime; auto: tensorrt where it can run, else '
                        'onnxruntime (%(default)s)')  # fmt: skip
    parser.add_argument(
        '--threads', type=whole, default=1, help='CPU threads of one inference (%(default)s)'
    )


def add_windows(parser: argparse.ArgumentParser) -> None:
    """Add `--windows`, for what looks at pictures and at regions of them."""
    parser.add_argument(
        '--windows', type=not_negative_whole, default=0, metavar='N',
        help='look at N random regions of each of these pictures, too (%(default)s)',
    )  # fmt: skip


def take_negative_values(parser: argparse.ArgumentParser) -> None:
    """Let `--scaling -1..1` be a flag with a value, which argparse would take for two flags."""
    parser._negative_number_matcher = re.compile(r'^-\d')


def add_significant_bits(parser: argparse.ArgumentParser) -> None:
    """Add `--significant-bits`, for what decodes frames as their drivers published them."""
    parser.add_argument(
        '--significant-bits', type=_bits, default=0, metavar='BITS',
        help='bits that 16-bit samples use, 8 to 16, such as 12 (default: all); `bag info` says '
        'when fewer are in use',
    )  # fmt: skip


def bundle_path(arguments: argparse.Namespace) -> Path:
    """Return the bundle asked for; the built-in one for none, or for the word default.

    Raises:
        BundleError: that one is not installed.
    """
    from mobilenet_perception.inference.bundle import default_bundle_path  # noqa: PLC0415

    asked: Path | None = arguments.bundle
    return default_bundle_path() if asked in (None, BUILT_IN) else asked


def load_classifier(arguments: argparse.Namespace) -> 'Classifier':
    """Load the bundle asked for on the runtime asked for.

    Raises:
        PerceptionError: the bundle is unsound or the runtime not installed.
    """
    from mobilenet_perception.inference.classifier import open_classifier  # noqa: PLC0415

    return open_classifier(
        bundle_path(arguments), arguments.runtime, arguments.threads, notify=notify
    )


def positive(text: str) -> float:
    """Read a number above 0."""
    value = float(text)
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f'must be a number above 0; it is {text}')
    return value


def not_negative(text: str) -> float:
    """Read a number from 0."""
    value = float(text)
    if not (math.isfinite(value) and value >= 0):
        raise argparse.ArgumentTypeError(f'must be a number from 0; it is {text}')
    return value


def share(text: str) -> float:
    """Read a number from 0 to 1."""
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f'must lie between 0 and 1; it is {text}')
    return value


def whole(text: str) -> int:
    """Read a whole number from 1."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f'must be a whole number from 1; it is {text}')
    return value


def not_negative_whole(text: str) -> int:
    """Read a whole number from 0."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f'must be a whole number from 0; it is {text}')
    return value


def _bits(text: str) -> int:
    """Read 0, or a number of bits from 8 to 16, as of `<camera>.significant_bits`."""
    value = int(text)
    from mobilenet_perception.frames import SIGNIFICANT_BITS  # noqa: PLC0415

    if value not in SIGNIFICANT_BITS:
        raise argparse.ArgumentTypeError(f'must be 0, for all bits, or 8 to 16; it is {text}')
    return value


def region(text: str) -> 'RegionOfInterest':
    """Read `x,y,width,height` in pixels."""
    try:
        x, y, width, height = (int(part) for part in text.split(','))
    except ValueError:
        x, y, width, height = 0, 0, 0, 0
    if min(x, y) < 0 or min(width, height) < 1:
        raise argparse.ArgumentTypeError(
            f'must be x,y,width,height in pixels, such as 200,40,96,96; it is {text}'
        )
    from mobilenet_perception.frames import RegionOfInterest  # noqa: PLC0415

    return RegionOfInterest(x, y, width, height)
