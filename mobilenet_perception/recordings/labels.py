# SPDX-License-Identifier: Apache-2.0
"""Labels of a bag's frames: `labels.json`, beside the recording, by camera and stamp."""

import json
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import RegionOfInterest

FILE = 'labels.json'
SCHEMA_VERSION = 1


class FrameLabel(NamedTuple):
    """What is known of one frame: see `SourceFrame`."""

    truth: str | None
    clear: bool = False
    roi: RegionOfInterest | None = None


# By camera, then by capture stamp in nanoseconds.
Labels = dict[str, dict[int, FrameLabel]]


def canonical_label(text: str) -> str:
    """Return a label as one sequence of code points (Unicode's NFC), however it was typed.

    macOS writes an accented letter of a folder's name as two; Linux and Windows as one.
    """
    return unicodedata.normalize('NFC', text)


def labels_to_json(labels: Mapping[str, Mapping[int, FrameLabel]]) -> str:
    """Return the text of a labels file."""
    cameras = {
        camera: [
            {'stamp_ns': stamp_ns, 'truth': label.truth, 'clear': label.clear,
             'roi': list(label.roi) if label.roi else None}
            for stamp_ns, label in sorted(frames.items())
        ]
        for camera, frames in labels.items()
    }  # fmt: skip
    return json.dumps({'schema_version': SCHEMA_VERSION, 'cameras': cameras}, indent=1) + '\n'


def read_labels(path: Path) -> Labels:
    """Read a labels file.

    Raises:
        PerceptionError: it is missing or not what `labels_to_json` writes.
    """
    try:
        value = json.loads(path.read_text(encoding='utf-8'))
        if value['schema_version'] != SCHEMA_VERSION:
            raise ValueError(f'its schema_version is not {SCHEMA_VERSION}')
        return {
            str(camera): {int(frame['stamp_ns']): _label(frame) for frame in frames}
            for camera, frames in value['cameras'].items()
        }
    except OSError as error:
        raise PerceptionError(f'{path} cannot be read: {error.strerror}') from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PerceptionError(
            f'{path} is not a labels file ({type(error).__name__}: {error}): '
            '`python -m mobilenet_perception bag label` writes one'
        ) from None


def labels_of_bag(bag: Path) -> Labels:
    """Read the labels that lie in a bag's folder; none where there is no such file."""
    folder = bag if bag.is_dir() else bag.parent
    path = folder / FILE
    return read_labels(path) if path.is_file() else {}


def _label(frame: Mapping[str, Any]) -> FrameLabel:
    truth, clear, roi = frame['truth'], frame['clear'], frame['roi']
    if not (truth is None or isinstance(truth, str)) or not isinstance(clear, bool):
        raise ValueError('truth must be a label or null, clear true or false')
    truth = None if truth is None else canonical_label(truth)
    return FrameLabel(truth, clear, None if roi is None else RegionOfInterest(*map(int, roi)))
