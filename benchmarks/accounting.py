# SPDX-License-Identifier: Apache-2.0
"""Do the counts add up under load, and does memory stay flat? `python -m benchmarks.accounting`.

Three cameras send more than the node can run, one frame in ten malformed, while parameters change
and the node is deactivated and activated again. Exits with 1 if a frame went uncounted.
"""

import argparse
import itertools
import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter

from benchmarks.harness.processes import Listener, child, node_arguments
from mobilenet_perception.pipeline.timing import Outcome
from tests.support.tiny_bundle import write_tiny_bundle

_CAMERAS = ('left', 'middle', 'right')
_CHANGES = (
    ('latency_budget_ms', 40.0),
    ('left.roi', [4, 4, 20, 20]),
    ('middle.latency_budget_ms', 5.0),
    ('left.roi', [0, 0, 0, 0]),
    ('right.roi', [600, 600, 9, 9]),  # outside the image: its frames are rejected
    ('middle.latency_budget_ms', 0.0),
    ('right.roi', [0, 0, 0, 0]),
)


def main() -> int:
    """Run, print what was counted, and say whether it adds up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--frames', type=int, default=20_000, help='frames of all cameras')
    parser.add_argument('--rate', type=float, default=150.0, help='frames per second and camera')
    options = parser.parse_args()
    listener = Listener(_CAMERAS)
    memory: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as scratch:
        bundle = write_tiny_bundle(Path(scratch) / 'slow', work=512)
        names = '[' + ','.join(_CAMERAS) + ']'
        node = node_arguments(bundle=bundle.folder, cameras=names, latency_budget_ms=50.0)
        topics = [f'/{name}/image_raw' for name in _CAMERAS]
        frames = options.frames // len(_CAMERAS)
        camera = [*topics, '--rate', str(options.rate), '--frames', str(frames)]
        camera += ['--width', '160', '--height', '120', '--broken', '0.1']
        with (
            child('mobilenet_perception.ros.classifier', node) as classifier,
            child('benchmarks.harness.camera', camera) as publisher,
        ):
            disturb = _Disturbance(listener)
            start = time.monotonic()
            while (
                publisher.poll() is None and time.monotonic() < start + 120 + options.frames / 50
            ):
                listener.spin_while(lambda: publisher.poll() is None, 0.5)
                disturb.next()
                memory.append((time.monotonic() - start, _resident_mb(classifier.pid)))
            listener.hear_counts()
            alive = classifier.poll() is None
    good = _report(listener, memory, disturb.transitions) and alive
    listener.close()
    print('every frame has its outcome' if good else 'FRAMES ARE MISSING, or the node died')
    return 0 if good else 1


class _Disturbance:
    """Changes a parameter at each call, and the state at every fourth, without waiting."""

    def __init__(self, listener: Listener) -> None:
        create = listener.node.create_client
        self._set = create(SetParameters, '/classifier/set_parameters')
        self._change = create(ChangeState, '/classifier/change_state')
        self._changes = itertools.cycle(_CHANGES)
        self._calls = 0
        self.transitions = 0

    def next(self) -> None:
        """Disturb."""
        self._calls += 1
        name, value = next(self._changes)
        parameter = Parameter(name, value=value).to_parameter_msg()
        self._set.call_async(SetParameters.Request(parameters=[parameter]))
        if self._calls % 4 == 0:
            for transition in (
                Transition.TRANSITION_DEACTIVATE,
                Transition.TRANSITION_ACTIVATE,
            ):
                request = ChangeState.Request(transition=Transition(id=transition))
                self._change.call_async(request)
                self.transitions += 1


def _report(listener: Listener, memory: list[tuple[float, float]], transitions: int) -> bool:
    good = True
    for name in _CAMERAS:
        health = listener.health.get(name, {})
        counts = {str(outcome): int(health.get(str(outcome), 0)) for outcome in Outcome}
        received = int(health.get('received', 0))
        heard = Counter(timing['outcome'] for timing in listener.timings[name])
        good &= received > 0 and received == sum(counts.values())
        print(f'{name:>7}: received {received} = {counts}; heard on timing {sum(heard.values())}')
    seconds, megabytes = np.array(memory[len(memory) // 3 :]).T
    slope = np.polyfit(seconds, megabytes, 1)[0] * 60
    print(
        f'{transitions} transitions; resident memory {megabytes[0]:.1f} MB at a third, '
        f'{megabytes[-1]:.1f} MB at the end ({slope:+.2f} MB a minute)'
    )
    return good


def _resident_mb(process: int) -> float:
    status = Path(f'/proc/{process}/status').read_text()
    found = re.search(r'VmRSS:\s+(\d+) kB', status)
    return int(found[1]) / 1024 if found else 0.0


if __name__ == '__main__':
    sys.exit(main())
