# SPDX-License-Identifier: Apache-2.0
"""TensorRT engines in the cache: whether the installed version can use them."""

from collections.abc import Iterator

from mobilenet_perception.doctor.finding import Finding, Level, fine, told, wrong
from mobilenet_perception.doctor.machine_facts import MachineFacts

_WHERE = 'the engine cache'


def check_engines(facts: MachineFacts) -> Iterator[Finding]:
    """Compare the versions that built engines with those installed."""
    if facts.engine_trouble:
        yield told(Level.WRONG, 'engines', _WHERE, facts.engine_trouble)
    for library in sorted({engine.library for engine in facts.engines}):
        installed = facts.version(library)
        old = [
            engine
            for engine in facts.engines
            if engine.library == library and engine.library_version != installed
        ]
        if not old:
            yield fine('engines', _WHERE, f'its engines fit {library} {installed}')
            continue
        built = ', '.join(sorted({engine.library_version for engine in old}))
        now = f'{library} {installed} is installed' if installed else f'no {library} is installed'
        yield wrong(
            'engines', _WHERE,
            f'{len(old)} engines were built by {library} {built}, and {now}: they are not used '
            'again, and a start takes minutes to build others',
            'start the node once before it is needed, and remove the old ones: '
            'python -m mobilenet_perception engines clean --older-than 30',
        )  # fmt: skip
