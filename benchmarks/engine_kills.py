# SPDX-License-Identifier: Apache-2.0
"""Does a builder that is killed ever leave an engine that loads wrongly?

python -m benchmarks.engine_kills --kills 100

A process builds an engine and is killed by SIGKILL, at a random moment of what follows the build;
at every second time another process waits for it, and builds in its stead. Before, there is no
engine, or a damaged one. Exits with 1 if an engine loads wrongly, or cannot be built afterwards.
"""

import argparse
import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from hashlib import sha256
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

from mobilenet_perception.inference.engines import Built, EngineKey, EngineStore

_NAME = 'benchmark/engine'
_KEY = EngineKey('ab' * 32, 'tensorrt', '10.3.0', 'Orin', '8.7', (('largest_batch', '4'),))
_PROCESSES = multiprocessing.get_context('forkserver')
_PROCESSES.set_forkserver_preload([__name__])


def main() -> int:
    """Kill, print what was found, and say whether it holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--kills', type=int, default=100)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        states = kill_builders(Path(folder), options.kills)
    for state, count in states.most_common():
        print(f'{count:4} x killed, and then there was {state}')
    wrong = options.kills - sum(states.values())
    print('an engine loaded always rightly' if not wrong else f'LOADED WRONGLY: {wrong} times')
    return 1 if wrong else 0


def kill_builders(folder: Path, kills: int, size: int = 4_000_000) -> Counter[str]:
    """Kill builders.

    Args:
        folder: an empty folder to work in.
        kills: how many.
        size: of an engine, in bytes.

    Returns:
        How often there was what after a kill, of the times at which all was right.
    """
    engines = folder / 'engines'
    bystander = _KEY._replace(gpu_name='another')
    EngineStore(engines).get(bystander, _NAME, lambda _: _built(size))
    undisturbed = _Process(engines, size)
    undisturbed.hear('building')
    begin = time.monotonic()
    undisturbed.go()
    undisturbed.hear('sound')
    seconds = time.monotonic() - begin
    states: Counter[str] = Counter()
    for number in range(kills):
        _prepare(engines, damaged=number % 4 >= 2)
        builder = _Process(engines, size)
        builder.hear('building')
        waiting = _Process(engines, size) if number % 2 else None
        if waiting:
            waiting.hear('waiting')
            waiting.go()
        builder.go()
        time.sleep(random.uniform(0.0, 1.2 * seconds))
        builder.kill()
        state = 'another process that waited' if waiting else _state(engines)
        if (waiting is None or waiting.ends_well()) and _is_right(engines, size):
            states[state] += 1
    return states


class _Process:
    """A process that wants the engine."""

    def __init__(self, engines: Path, size: int) -> None:
        self._pipe, theirs = _PROCESSES.Pipe()
        self._process = _PROCESSES.Process(target=_want, args=(engines, size, theirs))
        self._process.start()
        theirs.close()

    def hear(self, word: str) -> None:
        """Wait until it says so."""
        if (said := self._pipe.recv()) != word:
            raise RuntimeError(f'a process was to say {word} and said {said}')

    def go(self) -> None:
        """Let it build; once it begins to, it waits for this."""
        self._pipe.send('go')

    def kill(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.join()

    def ends_well(self) -> bool:
        """Say whether it got a sound engine in the end."""
        said = ''
        while said not in ('sound', 'unsound'):
            said = self._pipe.recv()
        self._process.join()
        return said == 'sound'


def _want(engines: Path, size: int, pipe: Connection) -> None:
    def build(_: bytes) -> Built:
        built = _built(size)
        pipe.send('building')
        pipe.recv()
        return built

    store = EngineStore(engines)
    engine = store.get(_KEY, _NAME, build, on_wait=lambda _: pipe.send('waiting'))
    pipe.send('sound' if _is_sound(engine.plan, size) else 'unsound')


def _built(size: int) -> Built:
    """Return an engine unlike any other, that ends in a checksum of its own."""
    body = random.randbytes(size - 32)
    return Built(body + sha256(body).digest(), b'learned', 'fp16', {'fp16': 41})


def _is_sound(plan: bytes, size: int) -> bool:
    return len(plan) == size and sha256(plan[:-32]).digest() == plan[-32:]


def _prepare(engines: Path, damaged: bool) -> None:
    path = engines / _KEY.file_name
    if damaged:
        with path.open('r+b') as file:
            file.seek(-100, os.SEEK_END)
            file.write(b'damaged')
    else:
        path.unlink()


def _state(engines: Path) -> str:
    names = {path.name for path in engines.iterdir()}
    if any(name.startswith('.') for name in names):
        return 'a half-written file'
    return 'an engine' if _KEY.file_name in names else 'nothing'


def _is_right(engines: Path, size: int) -> bool:
    """Say whether there is a sound engine or none, one can be had, and nothing is left over."""
    found = EngineStore(engines).find(_KEY, _NAME)
    had = EngineStore(engines).get(_KEY, _NAME, lambda _: _built(size))
    left = [path for path in engines.iterdir() if path.name.startswith('.')]
    return (
        (found is None or _is_sound(found.plan, size))
        and _is_sound(had.plan, size)
        and not had.trouble
        and (not had.built or not left)
        and not any(file.trouble for file in EngineStore(engines).files() if not file.unfinished)
    )


if __name__ == '__main__':
    sys.exit(main())
