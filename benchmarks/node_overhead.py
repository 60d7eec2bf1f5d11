# SPDX-License-Identifier: Apache-2.0
"""What the node adds to inference: `python -m benchmarks.node_overhead`.

The publisher is another process. Overhead is `total_ms` minus `inference_ms`: from the message in
the callback to the moment before its label is published. At the default 30 Hz.
"""

import argparse

import numpy as np

from benchmarks.harness.processes import Listener, child, node_arguments

_STAGES = ('wait_ms', 'decode_ms', 'preprocess_ms', 'inference_ms', 'postprocess_ms', 'total_ms')


def main() -> None:
    """Print a table for VGA and 1080p."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--bundle', default='', help='folder of a bundle; empty: the default one')
    parser.add_argument('--frames', type=int, default=300)
    parser.add_argument('--rate', type=float, default=30.0)
    options = parser.parse_args()
    print('median and 99th percentile, milliseconds')
    names = ('frames', 'transport', *(stage[:-3] for stage in _STAGES), 'overhead', 'age')
    print(f'{"size":>9}', *(f'{name:>13}' for name in names))
    for width, height in ((640, 480), (1920, 1080)):
        listener = Listener()
        parameters = {'latency_budget_ms': 1000.0, 'bundle': options.bundle or "''"}
        camera = ['/camera/image_raw', '--width', str(width), '--height', str(height)]
        camera += ['--frames', str(options.frames), '--rate', str(options.rate)]
        with (
            child('mobilenet_perception.ros.classifier', node_arguments(**parameters)),
            child('benchmarks.harness.camera', camera) as publisher,
        ):
            limit_s = 60 + options.frames / options.rate
            listener.spin_while(lambda: publisher.poll() is None, limit_s)
            listener.spin_until_quiet()
        heard = listener.timings['camera']
        run = [timing for timing in heard if timing['outcome'] == 'on_time'][10:]
        listener.close()
        columns = {name: np.array([float(timing[name]) for timing in run]) for name in _STAGES}
        overhead = columns['total_ms'] - columns['inference_ms']
        extra = {name: [float(t[name]) for t in run] for name in ('transport_ms', 'age_ms')}
        cells = [extra['transport_ms'], *columns.values(), overhead, extra['age_ms']]
        texts = (f'{np.median(cell):6.2f} {np.percentile(cell, 99):6.2f}' for cell in cells)
        print(f'{width:>4}x{height:<4}', f'{len(run):>13}', *texts)


if __name__ == '__main__':
    main()
