# SPDX-License-Identifier: Apache-2.0
"""Four cameras that offer three times what can be run: `python -m benchmarks.fairness`.

Who is served, is a label published late, do the counts add up? Prints a line for each camera and
exits with 1 if one of them gets less than 80 % of its fair share, a label came after its budget,
or if a frame has no outcome.
"""

import argparse
import sys
import tempfile
from collections import Counter
from functools import partial
from pathlib import Path

from rclpy.qos import QoSProfile
from vision_msgs.msg import Classification

from benchmarks.harness.processes import Listener, child, node_arguments
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.tools.terminal import table
from tests.support.tiny_bundle import write_tiny_bundle

_CAMERAS = ('front', 'left', 'right', 'rear')
# Side of the matrices that make the model take some milliseconds.
_WORK = 512
_LEAST_SHARE = 0.8


def main() -> int:
    """Run, print the table, and say whether it holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seconds', type=float, default=20.0)
    parser.add_argument('--overload', type=float, default=3.0, help='offered over possible rate')
    parser.add_argument('--budget', type=float, default=6.0, help='in inference times')
    options = parser.parse_args()
    listener = Listener(_CAMERAS)
    labels: Counter[str] = Counter()
    for name in _CAMERAS:
        topic = f'/classifier/{name}/classification'
        count = partial(lambda camera, _: labels.update([camera]), name)
        listener.listen(Classification, topic, count, QoSProfile(depth=1000))
    with tempfile.TemporaryDirectory() as scratch:
        bundle = write_tiny_bundle(Path(scratch) / 'slow', work=_WORK)
        inference_ms = Classifier(bundle, create_runtime()).profile_ms['tiny']
        rate = options.overload * 1e3 / inference_ms / len(_CAMERAS)
        budget_ms = options.budget * inference_ms
        names = '[' + ','.join(_CAMERAS) + ']'
        node = node_arguments(bundle=bundle.folder, cameras=names, latency_budget_ms=budget_ms)
        camera = [f'/{name}/image_raw' for name in _CAMERAS]
        camera += ['--width', '160', '--height', '120', '--rate', str(rate)]
        camera += ['--frames', str(round(rate * options.seconds))]
        print(
            f'four cameras at {rate:.0f} Hz, a model of {inference_ms:.1f} ms, budget '
            f'{budget_ms:.0f} ms: {options.overload:g} x capacity'
        )
        with (
            child('mobilenet_perception.ros.classifier', node),
            child('benchmarks.harness.camera', camera) as publisher,
        ):
            listener.spin_while(lambda: publisher.poll() is None, 60 + options.seconds)
            listener.hear_counts()
    listener.close()
    return 0 if _report(listener, labels) else 1


def _report(listener: Listener, labels: Counter[str]) -> bool:
    rows, good, served = [['camera', 'received', *map(str, Outcome), 'of its share']], True, {}
    for name in _CAMERAS:
        health = listener.health.get(name, {})
        counts = {outcome: int(health.get(str(outcome), 0)) for outcome in Outcome}
        received = int(health.get('received', 0))
        served[name] = counts[Outcome.ON_TIME]
        good &= received > 0 and received == sum(counts.values())
        rows.append([name, str(received), *map(str, counts.values())])
    fair = sum(served.values()) / len(served)
    for row in rows[1:]:
        row.append(f'{served[row[0]] / fair:.1%}')
    timings = [timing for name in _CAMERAS for timing in listener.timings[name]]
    late = [
        timing
        for timing in timings
        if timing['outcome'] == 'on_time'
        and float(timing['age_ms']) > float(timing['latency_budget_ms'])
    ]
    worst = min(served.values()) / fair
    extra = sum(labels.values()) - sum(served.values())
    print(table(rows))
    print(
        f'counts {"add up" if good else "DO NOT ADD UP"}; labels published late: '
        f'{len(late) + max(0, extra)}; the worst served has {worst:.1%} of its fair share'
    )
    return good and not late and extra <= 0 and worst >= _LEAST_SHARE


if __name__ == '__main__':
    sys.exit(main())
