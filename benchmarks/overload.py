# SPDX-License-Identifier: Apache-2.0
"""Age of labels when frames come twice as fast as they can be run.

`python -m benchmarks.overload` runs this node and the textbook node (queue of 10, inference in the
callback) one after the other on the same stream and the same slow model, and prints both.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rclpy
from rclpy.qos import QoSProfile
from vision_msgs.msg import Classification

from benchmarks.harness.processes import Listener, child, node_arguments
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.ros.messages import stamp_ns
from tests.support.tiny_bundle import write_tiny_bundle

# Side of the matrices that make the model take tens of milliseconds.
_WORK = 1024


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seconds', type=float, default=10.0)
    parser.add_argument('--overload', type=float, default=2.0, help='offered over possible rate')
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        bundle = write_tiny_bundle(Path(scratch) / 'slow', work=_WORK)
        inference_ms = Classifier(bundle, create_runtime()).profile_ms['tiny']
        rate = options.overload * 1e3 / inference_ms
        budget_ms = 3 * inference_ms
        print(
            f'a model of {inference_ms:.0f} ms, fed VGA frames at {rate:.0f} Hz '
            f'({options.overload:g} x capacity), budget {budget_ms:.0f} ms'
        )
        print(f'{"node":<10}{"labels":>8}{"age p50":>10}{"p95":>8}{"max":>8}{"over budget":>13}')
        nodes = {
            'textbook': ('benchmarks.harness.textbook_node', [str(bundle.folder)]),
            'ours': (
                'mobilenet_perception.ros.classifier',
                node_arguments(bundle=bundle.folder, latency_budget_ms=budget_ms),
            ),
        }
        for name, (module, arguments) in nodes.items():
            ages_ms = _ages_ms(module, arguments, rate, options.seconds)
            p50, p95 = np.percentile(ages_ms, (50, 95))
            over = np.mean(ages_ms > budget_ms)
            print(
                f'{name:<10}{len(ages_ms):>8}{p50:>10.0f}{p95:>8.0f}{ages_ms.max():>8.0f}{over:>13.1%}'
            )


def _ages_ms(
    module: str, arguments: list[str], rate: float, seconds: float
) -> npt.NDArray[np.float64]:
    listener = Listener()
    ages_ms: list[float] = []

    def on_label(message: Classification) -> None:
        now_ns = listener.node.get_clock().now().nanoseconds
        ages_ms.append((now_ns - stamp_ns(message.header)) / 1e6)

    listener.listen(
        Classification, '/classifier/camera/classification', on_label, QoSProfile(depth=10)
    )
    camera = ['/camera/image_raw', '--rate', str(rate), '--frames', str(round(rate * seconds))]
    with (
        child(module, arguments),
        child('benchmarks.harness.camera', [*camera, '--reliable']) as publisher,
    ):
        listener.spin_while(lambda: publisher.poll() is None, 60 + seconds)
        listener.spin_while(rclpy.ok, 1.5)
    listener.close()
    return np.array(ages_ms[10:])


if __name__ == '__main__':
    main()
