# SPDX-License-Identifier: Apache-2.0
"""Plots show what they are given, whole, whatever is given."""

import matplotlib
import numpy as np
import pytest

from tests.training.evaluation.plot_checks import check_whole, words
from training.data.data_set import Scores
from training.evaluation.metrics.calibration import measure_calibration
from training.evaluation.metrics.classification import ClassMetrics, measure_ranking
from training.evaluation.plots import (
    class_bars,
    confusion_plot,
    known_unknown_plot,
    precision_recall_plot,
    reliability_plot,
    roc_plot,
    training_plot,
)
from training.evaluation.predictions import Predictions
from training.evaluation.unknown import measure_detection
from training.report.style import svg


def _predictions(classes: int, frames: int = 300) -> Predictions:
    random = np.random.default_rng(0)
    truth = random.integers(classes, size=frames)
    probabilities = random.dirichlet(np.ones(classes), frames).astype(np.float32)
    probabilities[np.arange(frames), truth] += 1.0
    labels = tuple(f'a_rather_long_label_{index}' for index in range(classes))
    probabilities = (probabilities / 2).astype(np.float32)
    return Predictions(labels, probabilities, truth, ('g',) * frames, ('n',) * frames)


def test_confusion_writes_every_count_and_leaves_out_unseen_labels() -> None:
    figure = confusion_plot([[7, 2, 0], [0, 5, 0], [0, 0, 0]], ('no_entry', 'stop', 'unseen'))
    check_whole(figure)
    assert {'7', '2', '5', 'no entry', 'stop'} <= set(words(figure))
    assert 'unseen' not in words(figure)
    assert '0' not in words(figure)


@pytest.mark.parametrize('classes', [1, 2, 43])
def test_confusion_of_few_and_many_classes_is_whole(classes: int) -> None:
    counts = np.eye(classes, dtype=int) * 101
    counts[0, -1] += classes == 43
    figure = confusion_plot(counts.tolist(), _predictions(classes).labels)
    check_whole(figure)
    assert words(figure).count('101') == classes


def test_reliability_before_and_after() -> None:
    predictions = _predictions(3)
    found = measure_calibration(predictions.probabilities, predictions.truth)
    figure = reliability_plot({'before': found, 'after temperature scaling': found})
    check_whole(figure)
    assert any(f'ECE {found.ece:.3f}' in text for text in words(figure))
    nothing = measure_calibration(np.zeros((0, 3), np.float32), np.zeros(0, np.int64))
    check_whole(reliability_plot({'no frames': nothing}))


@pytest.mark.parametrize('classes', [2, 12])
def test_curves_name_the_hardest_classes(classes: int) -> None:
    predictions = _predictions(classes)
    random = np.random.default_rng(1)
    predictions.probabilities[:, 1] = random.random(len(predictions.truth))
    ranking = measure_ranking(predictions.probabilities, predictions.truth, predictions.labels)
    for figure in (roc_plot(predictions, ranking), precision_recall_plot(predictions, ranking)):
        check_whole(figure)
        assert any('label 1' in text for text in words(figure))
        others = [text for text in words(figure) if 'others' in text]
        assert others == (['6 others, each better'] if classes == 12 else [])


def test_training_curves_show_what_there_is() -> None:
    full = [
        {'epoch': e, 'loss': 1 / e, 'val_loss': 2 / e, 'accuracy': 0.5, 'learning_rate': 0.1**e}
        for e in (1, 2, 3)
    ]
    figure = training_plot(full)
    check_whole(figure)
    assert {'loss', 'accuracy', 'learning rate', 'training', 'validation'} <= set(words(figure))
    check_whole(training_plot([{'epoch': 1, 'loss': 0.5}]))


def test_bars_put_the_worst_class_on_top() -> None:
    figure = class_bars(
        {
            'good': ClassMetrics(1.0, 1.0, 1.0, 10),
            'bad': ClassMetrics(0.5, 0.5, 0.5, 4),
            'absent': ClassMetrics(0.0, 0.0, 0.0, 0),
        }
    )
    check_whole(figure)
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ['bad  (4)', 'good  (10)']
    # The first place is at the top.
    bottom, top = figure.axes[0].get_ylim()
    assert bottom > top


def test_known_and_unknown_scores_with_the_threshold() -> None:
    known: Scores = np.arange(50.0, 100.0) / 100
    unknown: Scores = np.arange(10.0, 60.0) / 100
    detection = measure_detection('max_probability', known, unknown)
    figure = known_unknown_plot(known, unknown, detection)
    check_whole(figure)
    assert any('known (50 frames)' in text for text in words(figure))
    (line,) = figure.axes[0].get_lines()
    assert np.unique(line.get_xdata()).tolist() == [detection.threshold]
    same: Scores = np.ones(3)
    check_whole(known_unknown_plot(same, same, measure_detection('x', same, same)))


def test_a_plot_does_not_depend_on_settings_nor_change_them() -> None:
    def draw() -> bytes:
        return svg(confusion_plot([[3, 1], [0, 2]], ('a', 'b')))

    expected = draw()
    with matplotlib.rc_context({'font.size': 20, 'axes.facecolor': 'black'}):
        assert draw() == expected
        assert matplotlib.rcParams['font.size'] == 20


def test_labels_are_not_taken_for_formulas() -> None:
    figure = confusion_plot([[1, 0], [0, 1]], ('$\\frac$', 'a<b&c'))
    check_whole(figure)
    assert '$\\frac$' in words(figure)
