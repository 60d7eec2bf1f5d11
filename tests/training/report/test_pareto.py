# SPDX-License-Identifier: Apache-2.0
"""The front, by hand, and names that can be read."""

from itertools import combinations

from matplotlib.text import Annotation, Text

from tests.training.evaluation.plot_checks import check_whole
from training.report.pareto import Point, pareto_front, pareto_plot

POINTS = (
    Point('small', 1.0, 0.90),
    Point('beaten', 2.0, 0.89),
    Point('middle', 2.0, 0.95, 0.94, 0.96),
    Point('large', 8.0, 0.97),
    Point('slow', 9.0, 0.97),
)


def test_the_front_is_what_no_other_beats() -> None:
    assert [point.name for point in pareto_front(POINTS)] == ['small', 'middle', 'large']
    assert pareto_front(POINTS[:1]) == POINTS[:1]
    assert pareto_front(()) == ()


def test_twins_are_both_on_the_front() -> None:
    twins = (Point('a', 1.0, 0.9), Point('b', 1.0, 0.9), Point('c', 2.0, 0.9))
    assert [point.name for point in pareto_front(twins)] == ['a', 'b']


def test_names_of_crowded_points_do_not_cover_each_other() -> None:
    crowd = [Point(f'model {i}', 1.0 + 0.05 * i, 0.9 + 0.0005 * i) for i in range(12)]
    figure = pareto_plot([*POINTS, *crowd], 'latency (ms)')
    check_whole(figure)
    figure.draw_without_rendering()
    names = [text for text in figure.findobj(Annotation) if text.get_text()]
    assert len(names) == len(POINTS) + len(crowd)
    # The box of the words, without the line that leads to them.
    boxes = [Text.get_window_extent(text) for text in names]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_one_point_and_a_linear_axis() -> None:
    check_whole(pareto_plot(POINTS[:1], 'multiply-adds'))
    check_whole(pareto_plot(POINTS, 'parameters', logarithmic=False))
