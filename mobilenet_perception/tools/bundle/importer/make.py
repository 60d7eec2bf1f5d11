# SPDX-License-Identifier: Apache-2.0
"""A bundle made of models that a user has: read, prepared, measured where images are, written."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from onnx import ModelProto

from mobilenet_perception.errors import BundleError, PerceptionError
from mobilenet_perception.inference.bundle import Bundle, Decision, Manifest, Variant, write_bundle
from mobilenet_perception.inference.bundle.manifest import as_name
from mobilenet_perception.inference.bundle.write import GoldenImage
from mobilenet_perception.inference.runtimes import Runtime, create_runtime
from mobilenet_perception.system.files import entry_of
from mobilenet_perception.tools.bundle.calibration import (
    decision_thresholds,
    fit_temperature,
    log_softmax,
)
from mobilenet_perception.tools.bundle.importer.adapt import (
    Ending,
    Preparation,
    find_ending,
    input_size,
    to_logits,
    to_probabilities,
)
from mobilenet_perception.tools.bundle.importer.images import (
    Picture,
    choose_golden,
    draw_golden,
    run_all,
)
from mobilenet_perception.tools.bundle.importer.model import ForeignModel
from mobilenet_perception.tools.bundle.importer.scaling import NAMES, Scaling
from mobilenet_perception.tools.bundle.importer.suspicion import check_accuracy, compare_scalings
from mobilenet_perception.tools.bundle.ladder import make_ladder
from mobilenet_perception.tools.bundle.model_card import imported_card
from mobilenet_perception.tools.bundle.onnx_graph import (
    Array,
    count_parameters,
    depthwise_channels,
    multiply_adds,
    recognise,
)

_GOLDEN_TOLERANCE = 0.01
# With fewer labelled images a temperature says more of these than of the network.
_LEAST_TO_CALIBRATE = 50
# Scores that are not calibrated are mostly too sure of themselves.
_CAREFUL = Decision(0.7, 0.45)


class ImportSettings(NamedTuple):
    """What a user says of models; each may leave open what the file tells.

    Attributes:
        labels: in the order of the outputs; None: the model's own.
        scaling: of models whose file does not tell; None: not said.
        bgr: they want blue first.
        crop: share of each side that the networks see, the middle, above 0 to 1.
        drop_first: the first output is of no label, where there is one more than labels.
        notes: Markdown for the model card.
    """

    labels: tuple[str, ...] | None
    scaling: Scaling | None = None
    bgr: bool = False
    crop: float = 1.0
    drop_first: bool = False
    notes: str = ''


class ImportedBundle(NamedTuple):
    """A bundle that was written.

    Attributes:
        bundle: as it was loaded again.
        dropped: why models were left out, a sentence by name.
        sources: where each variant is from and how it was prepared, by name.
        missing: what it lacks, a sentence each.
    """

    bundle: Bundle
    dropped: dict[str, str]
    sources: dict[str, str]
    missing: list[str]


class _Candidate(NamedTuple):
    """A model on its way; `logits` is its graph up to the softmax."""

    name: str
    found: ForeignModel
    ending: Ending
    how: Preparation
    logits: ModelProto


class _Measured(NamedTuple):
    """What images say of the candidates.

    Attributes:
        logits: (images, labels) of each.
        truth: (images,) positions of labels; -1: not known.
        temperatures: of each.
        accuracy: of each; None: the images have no labels.
        decision: the strictest of all.
        calibrated: whether temperatures and decision are measured.
    """

    logits: list[Array]
    truth: Array
    temperatures: list[float]
    accuracy: list[float | None]
    decision: Decision
    calibrated: bool


def import_models(
    folder: Path, models: Sequence[ForeignModel], pictures: Sequence[Picture],
    settings: ImportSettings,
) -> ImportedBundle:  # fmt: skip
    """Write a bundle of models that share their labels; self-tested when written.

    Args:
        folder: where to; its name becomes that of the bundle.
        models: as they were read.
        pictures: to measure them on, and to choose golden frames from; may be none.
        settings: what the user says of them.

    Raises:
        PerceptionError: labels do not fit, the scaling is not known, or labelled images show that
            what is said of a model is wrong.
    """
    labels = labels_of(models, settings)
    candidates = [
        _candidate(found, name, labels, pictures, settings)
        for found, name in zip(models, _names(models), strict=True)
    ]
    runtime = create_runtime()
    measured = _measure(candidates, pictures, runtime)
    graphs = {
        one.name: to_probabilities(one.logits, temperature)
        for one, temperature in zip(candidates, measured.temperatures, strict=True)
    }
    variants = [
        _variant(one, temperature, accuracy)
        for one, temperature, accuracy in zip(
            candidates, measured.temperatures, measured.accuracy, strict=True
        )
    ]
    ladder = make_ladder(variants)
    kept = {variant.name: graphs[variant.name] for variant in ladder.kept}
    by_name = {one.name: one for one in candidates}
    sources = {name: _source(by_name[name]) for name in kept}
    name = as_name(folder.resolve().name)
    manifest = Manifest(
        name=name,
        task=name,
        labels=labels,
        variants=ladder.kept,
        calibration=_calibration(candidates, measured),
        decision=measured.decision,
        golden_tolerance=_GOLDEN_TOLERANCE,
        golden=(),
        provenance={'imported': {name: _provenance(by_name[name]) for name in kept}},
    )
    order = {one.name: position for position, one in enumerate(candidates)}
    ranked = [order[variant.name] for variant in ladder.kept]
    golden = _golden(measured, ranked, pictures, labels, kept, runtime)
    card = imported_card(
        manifest, sources, _told(measured, pictures), ladder.dropped, settings.notes
    )
    bundle = write_bundle(folder, manifest, kept, golden, card, runtime)
    return ImportedBundle(bundle, ladder.dropped, sources, _missing(measured, pictures, bundle))


def labels_of(models: Sequence[ForeignModel], settings: ImportSettings) -> tuple[str, ...]:
    """Return the labels of a bundle, without those of outputs that are left out.

    Raises:
        PerceptionError: there are none, or not as many as outputs.
    """
    own = next((model.labels for model in models if model.labels is not None), None)
    labels = settings.labels or own
    if labels is None:
        raise PerceptionError(
            f'{models[0].path} brings no labels: give --labels a file with one a line, in the '
            'order of its outputs'
        )
    counts = [find_ending(model).classes for model in models]
    if settings.drop_first and len(labels) == max(counts):
        labels = labels[1:]
    for model, classes in zip(models, counts, strict=True):
        outputs = classes - _drops(classes, labels, settings)
        if len(labels) != outputs:
            hint = 'one is missing or one too many'
            if len(labels) == outputs - 1:
                hint = 'if the first output is a background, give --drop-first'
            raise PerceptionError(
                f'{model.path} gives {outputs} scores, and there are {len(labels)} labels: {hint}'
            )
    return labels


def _drops(classes: int, labels: Sequence[str], settings: ImportSettings) -> bool:
    """Say whether the first of so many outputs is left out."""
    return settings.drop_first and classes == len(labels) + 1


def _names(models: Sequence[ForeignModel]) -> list[str]:
    names: list[str] = []
    for model in models:
        name = as_name(model.path.resolve().stem)
        again = 2
        while name in names:
            name, again = as_name(f'{model.path.resolve().stem}_{again}'), again + 1
        names.append(name)
    return names


def _candidate(
    found: ForeignModel, name: str, labels: Sequence[str], pictures: Sequence[Picture],
    settings: ImportSettings,
) -> _Candidate:  # fmt: skip
    scaling = found.scaling or settings.scaling
    ending = find_ending(found)
    how = Preparation(
        scaling or Scaling((0, 0, 0), (1, 1, 1)), settings.bgr, settings.crop,
        _drops(ending.classes, labels, settings),
    )  # fmt: skip
    if scaling is None:
        raise BundleError(
            f'{found.path} does not tell how its pixels are scaled: give --scaling, as it was '
            f'trained with ({NAMES}, or numbers){compare_scalings(found, ending, how, pictures)}'
        )
    check_accuracy(found, ending, how, pictures)
    return _Candidate(name, found, ending, how, to_logits(found, ending, how))


def _measure(
    candidates: Sequence[_Candidate], pictures: Sequence[Picture], runtime: Runtime
) -> _Measured:
    count = len(candidates)
    unknown: list[float | None] = [None] * count
    if not pictures:
        nothing = np.zeros(0, np.int64)
        return _Measured([], nothing, [1.0] * count, unknown, _CAREFUL, False)
    sessions = [runtime.load(one.logits.SerializeToString(), one.name) for one in candidates]
    logits, truth = run_all(sessions, pictures)
    if (truth < 0).all():
        return _Measured(logits, truth, [1.0] * count, unknown, _CAREFUL, False)
    accuracy: list[float | None] = [
        round(float((rows.argmax(axis=1) == truth).mean()), 5) for rows in logits
    ]
    if len(truth) < _LEAST_TO_CALIBRATE:
        return _Measured(logits, truth, [1.0] * count, accuracy, _CAREFUL, False)
    # In the order of the labels: every other one shows them all.
    fitted = slice(0, None, 2)
    temperatures = [fit_temperature(rows[fitted], truth[fitted]) for rows in logits]
    decision = max(
        decision_thresholds(_scores(rows, temperature), truth)
        for rows, temperature in zip(logits, temperatures, strict=True)
    )
    return _Measured(logits, truth, temperatures, accuracy, decision, True)


def _scores(logits: Array, temperature: float) -> Array:
    scores: Array = np.exp(log_softmax(logits.astype(np.float64) / temperature))
    return scores


def _variant(one: _Candidate, temperature: float, accuracy: float | None) -> Variant:
    height, width = input_size(one.found, one.how.crop)
    architecture, alpha = recognise(depthwise_channels(one.logits)) or ('imported', 1.0)
    return Variant(
        name=one.name,
        file=f'{one.name}.onnx',
        architecture=architecture,
        alpha=alpha,
        height=height,
        width=width,
        precision=_precision(one.logits),
        accuracy=accuracy,
        parameters=count_parameters(one.logits),
        macs=multiply_adds(one.logits),
        temperature=temperature,
    )


def _precision(model: ModelProto) -> str:
    kinds = {node.op_type for node in model.graph.node}
    if kinds & {'QuantizeLinear', 'QLinearConv', 'ConvInteger'}:
        return 'int8'
    half = any(tensor.data_type == tensor.FLOAT16 for tensor in model.graph.initializer)
    return 'fp16' if half else 'fp32'


def _source(one: _Candidate) -> str:
    found, how = one.found, one.how
    scaled = f'pixels scaled by {how.scaling}, as said'
    told = f'{found.path.name}: {scaled if found.scaling is None else found.because}'
    if how.bgr:
        told += ', blue first'
    if how.crop != 1:
        told += f', the middle {how.crop:.3g} of each side'
    if how.drop_first:
        told += ', without the first output'
    if one.ending.kind == 'sigmoid' and one.ending.classes > 2:
        told += ', taken to show one label only, which its sigmoid does not say'
    return told


def _provenance(one: _Candidate) -> dict[str, str]:
    path = one.found.path
    return {'file': path.name, 'sha256': _sha256(path), 'how': _source(one)}


def _calibration(candidates: Sequence[_Candidate], measured: _Measured) -> dict[str, object]:
    if not measured.calibrated:
        return {'method': 'none'}
    tested = slice(1, None, 2)
    truth = measured.truth[tested]
    told = {}
    for one, logits, temperature in zip(
        candidates, measured.logits, measured.temperatures, strict=True
    ):
        right = float((logits[tested].argmax(axis=1) == truth).mean())
        before, after = (
            float(_scores(logits[tested], t).max(axis=1).mean()) for t in (1.0, temperature)
        )
        told[one.name] = {
            'right': round(right, 5),
            'mean_score_before': round(before, 5),
            'mean_score_after': round(after, 5),
        }
    return {
        'method': 'temperature scaling on every other image (Guo et al., ICML 2017); figures are '
        'of the others',
        'by_variant': told,
    }


def _golden(
    measured: _Measured, ranked: Sequence[int], pictures: Sequence[Picture],
    labels: Sequence[str], graphs: Mapping[str, bytes], runtime: Runtime,
) -> list[GoldenImage]:  # fmt: skip
    if not pictures:
        name, graph = next(iter(graphs.items()))
        return draw_golden(runtime.load(graph, name), labels)
    scores = [_scores(measured.logits[i], measured.temperatures[i]) for i in ranked]
    return choose_golden(scores, measured.truth, pictures, labels)


def _told(measured: _Measured, pictures: Sequence[Picture]) -> str:
    if measured.accuracy[0] is None:
        return 'Accuracy was not measured, and scores are not calibrated.'
    return (
        f'Accuracy is the share of {len(pictures)} labelled images whose most probable label is '
        'right: it holds for images that the models were not trained on, if these are such.'
    )


def _missing(measured: _Measured, pictures: Sequence[Picture], bundle: Bundle) -> list[str]:
    missing = []
    if not pictures:
        missing.append(
            'golden frames of your own: those in it are drawn, and prove the runtime, not the '
            'labels'
        )
    if measured.accuracy[0] is None:
        missing.append('accuracy: the ladder is sorted by multiply-adds')
    if not measured.calibrated:
        decision = bundle.manifest.decision
        missing.append(
            f'calibration: scores are as the models give them, and thresholds '
            f'({decision.decide_above:g} and {decision.leave_below:g}) are careful guesses'
        )
    return missing


def _sha256(path: Path) -> str:
    if path.is_dir():
        return entry_of(b''.join(p.read_bytes() for p in sorted(path.rglob('*')) if p.is_file()))[
            1
        ]
    return entry_of(path.read_bytes()).sha256
