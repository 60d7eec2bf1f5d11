# SPDX-License-Identifier: Apache-2.0
"""The picture of the worst mistakes."""

import numpy as np
import pytest

from tests.training.evaluation.plots.checks import check_whole, words
from training.evaluation.plots import mistakes_picture
from training.evaluation.predictions import Mistake


@pytest.mark.parametrize('count', [1, 7])
def test_each_mistake_is_shown_with_both_labels(count: int) -> None:
    mistakes = [
        Mistake(i, f'folder/{i}.png', 'g', 'no_entry', 'a_very_long_label_indeed', 0.987, 0.01)
        for i in range(count)
    ]
    images = [np.full((20 + 9 * i, 35, 3), 9 * i, np.uint8) for i in range(count)]
    figure = mistakes_picture(mistakes, images)
    check_whole(figure)
    assert words(figure).count('no entry 1.0%') == count
    assert f'{count - 1}.png' in words(figure)
    shown = [axes.get_images()[0].get_array() for axes in figure.axes]
    np.testing.assert_array_equal(shown[-1], images[-1])
