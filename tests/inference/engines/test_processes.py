# SPDX-License-Identifier: Apache-2.0
"""Processes that want the same engine build it once, and die without harm."""

import multiprocessing.process
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.engine_kills import kill_builders
from mobilenet_perception.inference.engines import EngineKey, EngineStore
from mobilenet_perception.tools.cli import main
from tests.inference.engines.builds import (
    KEY,
    NAME,
    PROCESSES,
    builder,
    engine_file,
    flip,
    get_and_report,
    plan_of,
    refuse,
    reports,
)

FOREVER_S = 600.0


class Place:
    """Where processes meet: the cache, a line for each build, what came of each."""

    def __init__(self, root: Path) -> None:
        self.engines, self.counts, self.results = root / 'engines', root / 'counts', root / 'out'
        self.results.mkdir()

    def start(
        self, seconds: float, key: EngineKey = KEY, barrier: Any = None
    ) -> multiprocessing.process.BaseProcess:
        """Start a process that wants an engine, and builds for so long."""
        given = (self.engines, key, self.results, self.counts, seconds, barrier)
        process = PROCESSES.Process(target=get_and_report, args=given)
        process.start()
        return process

    @property
    def builds(self) -> int:
        return len(self.counts.read_text().splitlines()) if self.counts.exists() else 0


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.parametrize('damaged', [False, True])
def test_fifty_at_once_build_once(damaged: bool, place: Place) -> None:
    if damaged:
        EngineStore(place.engines).get(KEY, NAME, builder(KEY))
        flip(engine_file(place.engines))
    barrier = PROCESSES.Barrier(50)
    processes = [place.start(0.3, barrier=barrier) for _ in range(50)]
    for process in processes:
        process.join()
    found = reports(place.results)
    assert place.builds == 1
    assert len(found) == 50 and all(one['right'] for one in found)
    assert sum(one['built'] for one in found) == 1
    assert not any(one['trouble'] for one in found)
    (facts,) = (file.facts for file in EngineStore(place.engines).files() if file.facts)
    assert ('damaged' in facts.reason) == damaged


def test_who_waits_is_told_and_builds_when_the_builder_dies(place: Place) -> None:
    first = place.start(FOREVER_S)
    wait_until(lambda: place.builds == 1)
    second = place.start(0.0)
    told: list[str] = []

    def hear(words: str) -> None:
        told.append(words)
        first.kill()

    engine = EngineStore(place.engines).get(KEY, NAME, builder(KEY, place.counts), on_wait=hear)
    second.join()
    first.join()
    (other,) = reports(place.results)
    assert engine.plan == plan_of(KEY) and other['right']
    # The one or the other built it.
    assert place.builds == 2 and engine.built != other['built']
    assert told[0].startswith(f'another process ({first.pid}) is building {NAME}, since ')


def test_what_is_raised_while_waiting_ends_it(place: Place) -> None:
    process = place.start(FOREVER_S)
    wait_until(lambda: place.builds == 1)

    def stop(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        EngineStore(place.engines).get(KEY, NAME, refuse, on_wait=stop)
    process.kill()
    process.join()


def test_while_one_builds_others_load_what_is_there(place: Place) -> None:
    EngineStore(place.engines).get(KEY, NAME, builder(KEY))
    process = place.start(FOREVER_S, KEY._replace(model_sha256='f' * 64))
    wait_until(lambda: place.builds == 1)
    store = EngineStore(place.engines)
    assert store.get(KEY, NAME, refuse).plan == plan_of(KEY)
    # Another GPU's builds need not wait, either.
    thor = KEY._replace(gpu_name='Thor')
    assert store.get(thor, NAME, builder(thor)).built
    assert len(store.files()) == 4
    assert main(['engines', 'clean', '--all', '--folder', str(place.engines)]) == 0
    assert store.files() == []
    process.kill()
    process.join()


def test_a_killed_builder_never_leaves_an_engine_that_loads_wrongly(tmp_path: Path) -> None:
    assert sum(kill_builders(tmp_path, 12, size=1_000_000).values()) == 12
