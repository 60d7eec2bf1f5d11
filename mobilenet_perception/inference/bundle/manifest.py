# SPDX-License-Identifier: Apache-2.0
"""What `bundle.json` says, as typed records, and its strict reading."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from mobilenet_perception.errors import BundleError

# 2: each variant has its own temperature.
SCHEMA_VERSION = 2

# The one preprocessing that the runtime has (frames.crop_and_resize). It is written into each
# bundle and compared on loading, so that a bundle made for another one is refused by name.
PREPROCESSING: Mapping[str, str] = {
    'colour_order': 'rgb',
    'dtype': 'uint8',
    'layout': 'nhwc',
    'resize': 'stretch_two_step_bilinear',
}

_T = TypeVar('_T')
_NAME = re.compile(r'[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}\Z')
_MAX_SIDE = 4096


class Variant(NamedTuple):
    """One network of a bundle.

    Attributes:
        name: unique in the bundle.
        file: path of the ONNX model within the bundle.
        architecture: such as `mobilenet_v2`.
        alpha: width multiplier.
        height: rows of its input, in pixels.
        width: columns of its input, in pixels.
        precision: `fp32`, `fp16` or `int8`.
        accuracy: share of held-out frames classified right, 0 to 1; None: not measured.
        parameters: count of weights.
        macs: multiply-adds of one run.
        temperature: what logits are divided by, inside the graph, to calibrate the scores.
        decide_above: by label, the score from which one frame shows it clearly enough, 0 to 1,
            chosen for a rate of false decisions on frames that show none of the labels; labels
            that are not there take the bundle's.
    """

    name: str
    file: str
    architecture: str
    alpha: float
    height: int
    width: int
    precision: str
    accuracy: float | None
    parameters: int
    macs: int
    temperature: float
    decide_above: Mapping[str, float] = MappingProxyType({})

    def thresholds(self, labels: Sequence[str], otherwise: float) -> dict[str, float]:
        """Return the score from which it shows each label clearly enough.

        Args:
            labels: of the bundle.
            otherwise: for a label that it has none for: that of the bundle.
        """
        return {label: self.decide_above.get(label, otherwise) for label in labels}


class GoldenFrame(NamedTuple):
    """A frame that travels with the bundle, with the scores each variant must give for it."""

    file: str
    label: str
    scores: dict[str, tuple[float, ...]]


class Decision(NamedTuple):
    """Scores from which a label is taken, and below which it is left again."""

    decide_above: float
    leave_below: float


class Manifest(NamedTuple):
    """The content of `bundle.json`, without the checksums.

    Attributes:
        name: name of the bundle.
        task: what the labels mean together, such as `street_signals`.
        labels: names, in the order of the networks' outputs.
        variants: the ladder, most accurate first.
        calibration: how well calibrated the scores were before and after (free form).
        decision: thresholds for the decision.
        golden_tolerance: largest difference allowed between a golden score and ours.
        golden: golden frames.
        provenance: where data and training came from (free form).
    """

    name: str
    task: str
    labels: tuple[str, ...]
    variants: tuple[Variant, ...]
    calibration: dict[str, Any]
    decision: Decision
    golden_tolerance: float
    golden: tuple[GoldenFrame, ...]
    provenance: dict[str, Any]


def manifest_to_json(manifest: Manifest) -> dict[str, Any]:
    """Return the manifest as JSON values, in the order in which a person reads them."""
    return {
        'schema_version': SCHEMA_VERSION,
        'name': manifest.name,
        'task': manifest.task,
        'labels': list(manifest.labels),
        'variants': [_variant_to_json(variant) for variant in manifest.variants],
        'preprocessing': dict(PREPROCESSING),
        'calibration': manifest.calibration,
        'decision': manifest.decision._asdict(),
        'golden_tolerance': manifest.golden_tolerance,
        'golden': [frame._asdict() for frame in manifest.golden],
        'provenance': manifest.provenance,
    }


def manifest_from_json(value: Mapping[str, Any]) -> Manifest:
    """Read a manifest strictly.

    Raises:
        BundleError: a field is missing, of the wrong type, or does not agree with another.
    """
    version = _get(value, 'schema_version', int)
    if version != SCHEMA_VERSION:
        raise BundleError(
            f'bundle.json has schema version {version} and this release reads {SCHEMA_VERSION}: '
            'install the matching release of mobilenet_perception or rebuild the bundle'
        )
    _check_preprocessing(_get(value, 'preprocessing', dict))
    labels = tuple(str(label) for label in _get(value, 'labels', list))
    if len(labels) < 2 or len(set(labels)) != len(labels) or not all(labels):
        raise BundleError('bundle.json: labels must be at least two different, non-empty names')
    variants = tuple(_variant(item, labels) for item in _get(value, 'variants', list))
    names = [variant.name for variant in variants]
    if not names or len(set(names)) != len(names):
        raise BundleError('bundle.json: variants must be at least one, each with its own name')
    golden = tuple(_golden(item, labels, names) for item in _get(value, 'golden', list))
    thresholds = _get(value, 'decision', dict)
    decision = Decision(*(_probability(thresholds, field) for field in Decision._fields))
    if decision.leave_below > decision.decide_above:
        raise BundleError('bundle.json: decision.leave_below must not exceed decide_above')
    return Manifest(
        name=_name(value, 'name'),
        task=_get(value, 'task', str),
        labels=labels,
        variants=variants,
        calibration=_get(value, 'calibration', dict),
        decision=decision,
        golden_tolerance=_probability(value, 'golden_tolerance'),
        golden=golden,
        provenance=_get(value, 'provenance', dict),
    )


def bundle_file(path: str) -> str:
    """Return `path` if it stays within the bundle, however hostile it was written."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith('/') or '\\' in path or '..' in parts or '\0' in path:
        raise BundleError(f'bundle.json names the file {path!r}, which is not inside the bundle')
    return path


def as_name(text: str) -> str:
    """Return a text as the name of a variant, a bundle or a file in it."""
    name = re.sub(r'[^A-Za-z0-9_.+-]', '_', text).lstrip('_.+-')[:64]
    return name or 'model'


def _variant_to_json(variant: Variant) -> dict[str, Any]:
    return {**variant._asdict(), 'decide_above': dict(variant.decide_above)}


def _variant(item: object, labels: tuple[str, ...]) -> Variant:
    value = _mapping(item, 'variants')
    accuracy = None if value.get('accuracy') is None else _probability(value, 'accuracy')
    height, width = _get(value, 'height', int), _get(value, 'width', int)
    if not (1 <= height <= _MAX_SIDE and 1 <= width <= _MAX_SIDE):
        raise BundleError(f'bundle.json: a variant of {width}x{height} pixels is out of range')
    return Variant(
        name=_name(value, 'name'),
        file=bundle_file(_get(value, 'file', str)),
        architecture=_get(value, 'architecture', str),
        alpha=_number(value, 'alpha'),
        height=height,
        width=width,
        precision=_get(value, 'precision', str),
        accuracy=accuracy,
        parameters=_get(value, 'parameters', int),
        macs=_get(value, 'macs', int),
        temperature=_number(value, 'temperature'),
        decide_above=_thresholds(value, labels),
    )


def _thresholds(value: Mapping[str, Any], labels: tuple[str, ...]) -> Mapping[str, float]:
    """Return a variant's thresholds; bundles of before have none."""
    found = _get({'decide_above': {}, **value}, 'decide_above', dict)
    if unknown := sorted(set(found) - set(labels)):
        raise BundleError(f'bundle.json: decide_above names {unknown[0]!r}, which is no label')
    return {label: _probability(found, label) for label in found}


def _golden(item: object, labels: tuple[str, ...], variants: list[str]) -> GoldenFrame:
    value = _mapping(item, 'golden')
    file, label = bundle_file(_get(value, 'file', str)), _get(value, 'label', str)
    if label not in labels:
        raise BundleError(f'bundle.json: golden frame {file} is labelled {label!r}: no such label')
    scores = {}
    for variant in variants:
        given = _get(_get(value, 'scores', dict), variant, list)
        if len(given) != len(labels):
            raise BundleError(
                f'bundle.json: golden frame {file} has {len(given)} scores for variant '
                f'{variant}, but there are {len(labels)} labels'
            )
        scores[variant] = tuple(float(score) for score in given)
    return GoldenFrame(file, label, scores)


def _check_preprocessing(found: Mapping[str, Any]) -> None:
    for field, ours in PREPROCESSING.items():
        if found.get(field) != ours:
            raise BundleError(
                f'bundle.json: preprocessing.{field} is {found.get(field)!r}, and this runtime '
                f'does {ours!r}: export the model for that and write the bundle anew'
            )


def _mapping(value: object, field: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BundleError(f'bundle.json: each of {field!r} must be an object')
    return value


def _get(value: Mapping[str, Any], field: str, kind: type[_T]) -> _T:
    found = value.get(field)
    if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
        state = 'missing' if found is None else f'{found!r:.60}'
        raise BundleError(f'bundle.json: {field!r} must be a {kind.__name__}; it is {state}')
    return found


def _name(value: Mapping[str, Any], field: str) -> str:
    name = _get(value, field, str)
    if not _NAME.match(name):
        raise BundleError(f'bundle.json: {name!r:.80} is not a name of letters, digits and _.+-')
    return name


def _number(value: Mapping[str, Any], field: str) -> float:
    found = value.get(field)
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not math.isfinite(found):
        raise BundleError(f'bundle.json: {field!r} must be a number; it is {found!r:.60}')
    return float(found)


def _probability(value: Mapping[str, Any], field: str) -> float:
    found = _number(value, field)
    if not 0.0 <= found <= 1.0:
        raise BundleError(f'bundle.json: {field!r} must lie between 0 and 1; it is {found}')
    return found
