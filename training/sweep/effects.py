# SPDX-License-Identifier: Apache-2.0
"""What each attribute of a sweep did to a figure: an additive model, fitted by least squares.

Main effects of an analysis of variance, also where attributes do not change independently, as in a
random search: an attribute explains what its fitted effect varies by, over the trials.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import stats

from training.configuration.records import Record
from training.configuration.settings import Number
from training.sweep.record import Attribute

_LEVEL = 0.95
_POINTS = 9
_TINY = 1e-9

Floats = npt.NDArray[np.float64]


class Level(Record):
    """One value of an attribute, all others being as they are on average.

    Attributes:
        value: of the attribute.
        trials: that have it; 0: a point of a range.
        mean: of the figure.
        low: lower end of the 95 % interval of the mean; None: too few trials to tell.
        high: upper end.
    """

    value: Number
    trials: int
    mean: float
    low: float | None
    high: float | None


class Effect(Record):
    """What an attribute did.

    Attributes:
        setting: the attribute.
        levels: its values, or points of its range.
        importance: share of the variance between trials that this attribute explains, 0 to 1;
            None: the trials cannot tell it from others.
    """

    setting: str
    levels: tuple[Level, ...]
    importance: float | None


class Effects(Record):
    """What all attributes did to one figure.

    Attributes:
        figure: such as `accuracy`.
        trials: on which this rests.
        effects: the most important first.
        unexplained: share of the variance that is due to chance and to attributes that work
            together, 0 to 1; None: too few trials to tell.
    """

    figure: str
    trials: int
    effects: tuple[Effect, ...]
    unexplained: float | None


def measure_effects(
    figure: str,
    attributes: Sequence[Attribute],
    values: Sequence[dict[str, Number]],
    figures: Sequence[float],
    ratios: bool = False,
) -> Effects:
    """Fit the model.

    A range has a straight line and a parabola (over the logarithm, if it was drawn so); means are
    given at points of it.

    Args:
        figure: its name.
        attributes: what was varied.
        values: of each trial, by setting.
        figures: of each trial.
        ratios: attributes multiply the figure, as with latency: the model is of its logarithm,
            the means are geometric.
    """
    y = np.array([math.log(one) if ratios else one for one in figures], np.float64)
    terms = [_term(attribute, values) for attribute in attributes]
    design = np.concatenate([np.ones((len(y), 1)), *terms], axis=1)
    residual = _residual(design, y)
    total = float(((y - y.mean()) ** 2).sum())
    degrees = len(y) - int(np.linalg.matrix_rank(design))
    variance = residual / degrees if degrees > 0 else None
    shares = _shares(terms, design, y)
    effects = []
    for index, attribute in enumerate(attributes):
        others = np.concatenate(
            [np.ones((len(y), 1)), *(t for i, t in enumerate(terms) if i != index)], axis=1
        )
        alone = np.linalg.matrix_rank(design) > np.linalg.matrix_rank(others)
        levels = _levels(attribute, index, values, terms, design, y, variance)
        if ratios:
            levels = tuple(_exponential(level) for level in levels)
        effects.append(
            Effect(
                attribute.setting,
                levels,
                shares[index] if alone else None,
            )
        )
    effects.sort(key=lambda effect: -(effect.importance or 0.0))
    unexplained = None
    if degrees > 0:
        unexplained = min(1.0, residual / total) if total > _TINY**2 else 0.0
    return Effects(figure, len(y), tuple(effects), unexplained)


def _levels(
    attribute: Attribute,
    index: int,
    values: Sequence[dict[str, Number]],
    terms: Sequence[Floats],
    design: Floats,
    y: Floats,
    variance: float | None,
) -> tuple[Level, ...]:
    inverse = np.linalg.pinv(design.T @ design)
    weights = inverse @ design.T @ y
    found = []
    for value in _points(attribute, values):
        contrast = [np.ones(1), *(term.mean(axis=0) for term in terms)]
        contrast[index + 1] = _term(attribute, [{attribute.setting: value}], values)[0]
        row = np.concatenate(contrast)
        if not np.allclose(row @ inverse @ design.T @ design, row, atol=1e-6):
            # Another attribute always changed with this one.
            continue
        mean = float(row @ weights)
        low = high = None
        if variance is not None:
            degrees = len(y) - int(np.linalg.matrix_rank(design))
            reach = float(stats.t.ppf((1 + _LEVEL) / 2, degrees))
            reach *= math.sqrt(max(0.0, variance * float(row @ inverse @ row)))
            low, high = mean - reach, mean + reach
        trials = sum(one[attribute.setting] == value for one in values) if attribute.values else 0
        found.append(Level(value, trials, mean, low, high))
    return tuple(found)


def _points(attribute: Attribute, values: Sequence[dict[str, Number]]) -> list[Number]:
    """Return the values that trials have, or points of the range that they cover."""
    tried = {one[attribute.setting] for one in values}
    if attribute.values:
        return [value for value in attribute.values if value in tried]
    numbers = [float(one) for one in tried]
    space = np.geomspace if attribute.logarithmic else np.linspace
    return [float(x) for x in space(min(numbers), max(numbers), _POINTS)]


def _term(
    attribute: Attribute,
    values: Sequence[dict[str, Number]],
    reference: Sequence[dict[str, Number]] | None = None,
) -> Floats:
    """Return (n, columns): what an attribute adds to the model; `reference` are all trials."""
    reference = values if reference is None else reference
    if attribute.values:
        tried = _points(attribute, reference)[1:]
        rows = [[float(one[attribute.setting] == value) for value in tried] for one in values]
        return np.array(rows, np.float64).reshape(len(values), len(tried))
    x, all_x = (
        np.array([float(one[attribute.setting]) for one in some]) for some in (values, reference)
    )
    if attribute.logarithmic:
        x, all_x = np.log(x), np.log(all_x)
    spread = float(all_x.std()) or 1.0
    z = (x - all_x.mean()) / spread
    return np.stack([z, z**2], axis=1)


def _shares(terms: Sequence[Floats], design: Floats, y: Floats) -> list[float]:
    """Return the variance of what the model gives to each term, as a share of all, 0 to 1."""
    total = float(y.var())
    if total <= _TINY**2:
        return [0.0] * len(terms)
    weights = np.linalg.pinv(design) @ y
    shares, start = [], 1
    for term in terms:
        end = start + term.shape[1]
        shares.append(min(1.0, float((term @ weights[start:end]).var()) / total))
        start = end
    return shares


def _residual(design: Floats, y: Floats) -> float:
    fitted = design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return float(((y - fitted) ** 2).sum())


def _exponential(level: Level) -> Level:
    low = None if level.low is None else math.exp(level.low)
    high = None if level.high is None else math.exp(level.high)
    return level._replace(mean=math.exp(level.mean), low=low, high=high)
