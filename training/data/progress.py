# SPDX-License-Identifier: Apache-2.0
"""Progress of work on many images: a line that counts up where a person is looking."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from mobilenet_perception.tools.terminal import Progress

_Item = TypeVar('_Item')
_Result = TypeVar('_Result')
_CHUNK = 256


def in_parallel(
    function: Callable[[_Item], _Result], items: Sequence[_Item], what: str
) -> Iterator[_Result]:
    """Yield the results of a function in the order of the items, computed by threads.

    Args:
        function: called once for each item.
        items: what it is called with.
        what: words for the line of progress, such as `images read`.
    """
    progress = Progress(f'of {len(items)} {what}')
    try:
        with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
            # In chunks, so that results do not pile up before they are taken.
            for start in range(0, len(items), _CHUNK):
                yield from threads.map(function, items[start : start + _CHUNK])
                progress(min(start + _CHUNK, len(items)))
    finally:
        progress.end()
