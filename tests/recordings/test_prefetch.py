# SPDX-License-Identifier: Apache-2.0
"""Reading ahead changes nothing but the time."""

import itertools
import threading
from collections.abc import Iterator

import pytest

from mobilenet_perception.recordings.prefetch import prefetch


@pytest.mark.parametrize('count', [0, 1, 3, 10])
def test_all_items_come_in_order(count: int) -> None:
    with prefetch(iter(range(count)), 3) as items:
        assert list(items) == list(range(count))


def test_first_item_comes_when_the_buffer_is_full() -> None:
    made = []

    def source() -> Iterator[int]:
        for number in itertools.count():
            made.append(number)
            yield number

    with prefetch(source(), 5) as items:
        assert next(items) == 0
        assert len(made) >= 5


def test_error_comes_in_its_place() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise ValueError('broken')

    with prefetch(source(), 3) as items:
        assert next(items) == 1
        with pytest.raises(ValueError, match='broken'):
            next(items)


def test_leaving_early_ends_the_thread() -> None:
    before = threading.active_count()
    with prefetch(itertools.count(), 3) as items:
        next(items)
    assert threading.active_count() == before
