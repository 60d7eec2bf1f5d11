# SPDX-License-Identifier: Apache-2.0
"""What each attribute of a sweep did to a figure: an additive model, fitted by least squares.

Main effects of an analysis of variance, also where attributes do not change independently, as in a
random search: an attribute explains what its fitted effect varies by, over the trials.
"""

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from statsmodels.regression.linear_model import OLS
from statsmodels.tools.tools import isestimable

from training.configuration.records import Record
from training.configuration.settings import Number
from training.sweep.record import Attribute

_LEVEL = 0.95
_POINTS = 9
_TINY = 1e-18

Floats = npt.NDArray[np.float64]
Values = Sequence[dict[str, Number]]


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
    values: Values,
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
    y = np.log(figures) if ratios else np.array(figures, np.float64)
    terms = [_term(attribute, values, values) for attribute in attributes]
    with warnings.catch_warnings():
        # That attributes always change together is an outcome here, and no fault.
        warnings.simplefilter('ignore')
        fitted = OLS(y, np.column_stack([np.ones(len(y)), *terms])).fit()
    effects = []
    first = 1
    for index, (attribute, term) in enumerate(zip(attributes, terms, strict=True)):
        columns = slice(first, first + term.shape[1])
        others = np.delete(fitted.model.exog, columns, axis=1)
        alone = np.linalg.matrix_rank(others) < fitted.model.rank
        given = term @ fitted.params[columns]
        share = min(1.0, float(given.var() / y.var())) if y.var() > _TINY else 0.0
        levels = _levels(attribute, index, values, terms, fitted, ratios)
        effects.append(Effect(attribute.setting, levels, share if alone else None))
        first = columns.stop
    effects.sort(key=lambda effect: -(effect.importance or 0.0))
    unexplained = None
    if fitted.df_resid > 0:
        total = fitted.centered_tss
        unexplained = min(1.0, float(fitted.ssr / total)) if total > _TINY else 0.0
    return Effects(figure, len(y), tuple(effects), unexplained)


def _levels(
    attribute: Attribute,
    index: int,
    values: Values,
    terms: Sequence[Floats],
    fitted: Any,
    ratios: bool,
) -> tuple[Level, ...]:
    found = []
    average = [term.mean(axis=0) for term in terms]
    for value in _points(attribute, values):
        average[index] = _term(attribute, [{attribute.setting: value}], values)[0]
        contrast = np.concatenate([[1.0], *average])
        if not isestimable(contrast, fitted.model.exog):
            # Another attribute always changed with this one.
            continue
        means = [contrast @ fitted.params]
        if fitted.df_resid > 0:
            means += fitted.t_test(contrast).conf_int(1 - _LEVEL)[0].tolist()
        figures = [float(math.exp(x) if ratios else x) for x in means]
        trials = sum(one[attribute.setting] == value for one in values) if attribute.values else 0
        found.append(Level(value, trials, *figures, *[None] * (3 - len(figures))))
    return tuple(found)


def _points(attribute: Attribute, values: Values) -> list[Number]:
    """Return the values that trials have, or points of the range that they cover."""
    tried = {one[attribute.setting] for one in values}
    if attribute.values:
        return [value for value in attribute.values if value in tried]
    numbers = [float(one) for one in tried]
    space = np.geomspace if attribute.logarithmic else np.linspace
    return [float(x) for x in space(min(numbers), max(numbers), _POINTS)]


def _term(attribute: Attribute, values: Values, trials: Values) -> Floats:
    """Return (n, columns): what an attribute adds to the model at n values; `trials` are all."""
    if attribute.values:
        tried = _points(attribute, trials)[1:]
        rows = [[float(one[attribute.setting] == value) for value in tried] for one in values]
        return np.array(rows, np.float64).reshape(len(values), len(tried))
    x, of_trials = (
        np.array([float(one[attribute.setting]) for one in some]) for some in (values, trials)
    )
    if attribute.logarithmic:
        x, of_trials = np.log(x), np.log(of_trials)
    z = (x - of_trials.mean()) / (float(of_trials.std()) or 1.0)
    return np.stack([z, z**2], axis=1)
