# SPDX-License-Identifier: Apache-2.0
"""Segments of time of a recording end between encounters, and end at last."""

from mobilenet_perception.tools.bags.extract.manifest import Segments


def numbers(labels: list[str | None], length_s: float = 3.0) -> list[int]:
    segments = Segments(length_s)
    return [segments.number('front', label, n * 10**9) for n, label in enumerate(labels)]


def test_a_stretch_ends_where_the_label_changes() -> None:
    labels: list[str | None] = ['a', 'b', 'b', 'b', 'b', 'c', 'c', 'd', 'd']
    assert numbers(labels) == [0, 0, 0, 0, 0, 1, 1, 1, 1]


def test_a_stretch_of_one_label_ends_at_three_times_its_length() -> None:
    assert numbers([None] * 20) == [0] * 9 + [1] * 9 + [2] * 2


def test_cameras_share_stretches() -> None:
    segments = Segments(3.0)
    found = [
        segments.number(camera, label, second * 10**9)
        for second, camera, label in (
            (0, 'left', 'a'), (1, 'right', None), (4, 'right', None), (4, 'left', 'a'),
            (5, 'left', 'b'), (6, 'right', None),
        )
    ]  # fmt: skip
    assert found == [0, 0, 0, 0, 1, 1]
