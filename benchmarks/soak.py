# SPDX-License-Identifier: Apache-2.0
"""The node for half an hour at 30 Hz, with faults drawn at random: `python -m benchmarks.soak`.

Faults of the runtime and of the frames come and go over real DDS. Prints the node's memory, file
descriptors and threads over time, and exits with 1 if the node dies, if a frame has no outcome, if
descriptors or threads grow, or if memory does.
"""

import argparse
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from benchmarks.harness.processes import Listener, child, node_arguments
from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.tools.replay.faults import FAULTS, REGION_FAULTS

_RUNTIME = ('slow', 'stall', 'raise', 'nan', 'shape')
_RATE_HZ = 30.0
# Episodes of a fault, and pauses between them, in seconds; each kind of process has its own.
_LASTS_S, _PAUSE_S = (0.5, 6.0), (1.0, 10.0)
_SAMPLE_S = 5.0
_LINES = 12
_GROWTH_MB_PER_HOUR = 6.0


class Sample(NamedTuple):
    """The node at one moment.

    Attributes:
        seconds: since the start.
        megabytes: of its own; segments shared with other processes, which have a fixed size, fill
            up as they are used.
        descriptors: open files.
        threads: all of them.
    """

    seconds: float
    megabytes: float
    descriptors: int
    threads: int


def main() -> int:
    """Run, print, and say whether it holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--minutes', type=float, default=30.0)
    parser.add_argument('--seed', type=int, default=0)
    options = parser.parse_args()
    seconds = 60.0 * options.minutes
    random = np.random.default_rng(options.seed)
    runtime = plan(_RUNTIME, seconds, random)
    of_frames = [kind for kind in FAULTS if kind not in (*_RUNTIME, *REGION_FAULTS)]
    frames = plan(of_frames, seconds, random)
    print(f'{len(runtime)} episodes of a failing runtime, {len(frames)} of failing frames')
    listener = Listener()
    samples: list[Sample] = []
    with TemporaryDirectory() as folder:
        sent, switch = Path(folder) / 'sent', Path(folder) / 'switch'
        node = [str(switch), *runtime, *node_arguments(latency_budget_ms=60.0)]
        camera = [str(sent), str(switch), '--frames', str(round(seconds * _RATE_HZ))]
        camera += [part for text in frames for part in ('--fault', text)]
        with (
            child('benchmarks.harness.faulty_node', node) as classifier,
            child('benchmarks.harness.faulty_camera', camera) as publisher,
        ):
            while publisher.poll() is None and classifier.poll() is None:
                listener.spin_while(lambda: publisher.poll() is None, _SAMPLE_S)
                if classifier.poll() is None:
                    samples.append(sample(classifier.pid, len(samples) * _SAMPLE_S))
                listener.timings['camera'].clear()
            listener.hear_counts()
            alive = classifier.poll() is None
        count = len(sent.read_text().splitlines())
    listener.close()
    return 0 if report(samples, listener.health.get('camera', {}), count) and alive else 1


def plan(
    kinds: list[str] | tuple[str, ...], seconds: float, random: np.random.Generator
) -> list[str]:
    """Draw faults one after the other, as `replay --fault` takes them."""
    faults, at = [], 10.0
    while at < seconds - _LASTS_S[1]:
        end = at + random.uniform(*_LASTS_S)
        faults.append(f'{random.choice(kinds)}@{at:.2f}-{end:.2f}')
        at = end + random.uniform(*_PAUSE_S)
    return faults


def sample(process: int, seconds: float) -> Sample:
    """Look at a process."""
    folder = Path(f'/proc/{process}')
    status = (folder / 'status').read_text()
    own = re.search(r'RssAnon:\s+(\d+) kB', status)
    threads = re.search(r'Threads:\s+(\d+)', status)
    assert own and threads
    descriptors = len(list((folder / 'fd').iterdir()))
    return Sample(seconds, int(own[1]) / 1024, descriptors, int(threads[1]))


def report(samples: list[Sample], health: dict[str, str], sent: int) -> bool:
    """Print what was seen; the first two thirds are left for warming up."""
    for one in samples[:: max(1, len(samples) // _LINES)]:
        print(f'{one.seconds / 60:5.1f} min {one.megabytes:7.1f} MB')
    settled = samples[2 * len(samples) // 3 :]
    seconds, megabytes = np.array([(one.seconds, one.megabytes) for one in settled]).T
    slope = float(np.polyfit(seconds, megabytes, 1)[0]) * 3600
    counts = {str(outcome): int(health.get(str(outcome), 0)) for outcome in Outcome}
    received = int(health.get('received', 0))
    steady = True
    for what in ('descriptors', 'threads'):
        values = [getattr(one, what) for one in settled]
        steady &= values[-1] <= values[0]
        print(f'{what}: {values[0]} at two thirds, {values[-1]} at the end, at most {max(values)}')
    print(
        f'memory: {megabytes[0]:.1f} MB at two thirds, {megabytes[-1]:.1f} MB at the end, '
        f'{slope:+.2f} MB an hour'
    )
    exact = received > 0 and received == sum(counts.values())
    print(f'{sent} sent, {received} received = {counts}: {"exact" if exact else "NOT EXACT"}')
    return exact and steady and slope < _GROWTH_MB_PER_HOUR


if __name__ == '__main__':
    sys.exit(main())
