# SPDX-License-Identifier: Apache-2.0
"""Every variant on the NVIDIA GPU of this machine: built, proven against the CPU, measured.

    benchmarks/gpu.sh [--source VIDEO_BAG_OR_FOLDER] [--json gpu.json]

Frames are the bundle's golden ones and those of a source. Each variant is built in one process and
measured in another: latency with a CUDA graph and without, a bare loop over the engine, throughput
by frames at once, the GPU's own times for upload, compute and download, and its memory. Exits with
1 where the scores are not those of ONNX Runtime on the CPU.
"""

import argparse
import json
import subprocess
import sys
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np

from mobilenet_perception import __version__
from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import Frame, crop_and_resize, decode
from mobilenet_perception.inference.bundle import Bundle, Variant, default_bundle_path, load_bundle
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.recordings import open_source
from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.system.machine import processor_name
from mobilenet_perception.tools.arguments import positive, whole
from mobilenet_perception.tools.report.run import describe_bundle
from mobilenet_perception.tools.terminal import table


def main() -> int:
    """Measure, print the table and write the JSON."""
    options = _options()
    # As in the node.
    cv2.setNumThreads(1)
    try:
        return _measure(options)
    except PerceptionError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('interrupted', file=sys.stderr)
        return 130


def _measure(options: argparse.Namespace) -> int:
    bundle = load_bundle(options.bundle)
    frames = _frames(bundle, options.source, options.frames)
    variants: list[dict[str, Any]] = []
    status = 0
    with TemporaryDirectory(prefix='gpu-') as scratch:
        for variant in bundle.manifest.variants:
            print(f'{variant.name} ...', file=sys.stderr)
            _write_expected(bundle, variant, frames, Path(scratch))
            for step in ('build', 'measure'):
                status = _run_probe(step, variant.name, Path(scratch), options)
                if status:
                    break
            if status:
                break
            variants.append(json.loads((Path(scratch) / 'measured.json').read_text()))
    if not variants:
        return status
    print(_table(variants))
    if options.json:
        write_atomically(options.json, json.dumps(_report(bundle, options, variants), indent=1))
    for found in variants:
        if found['parity']['largest_difference'] > options.tolerance:
            print(
                f'error: {found["variant"]} is off by {found["parity"]["largest_difference"]:.4f} '
                f'from ONNX Runtime, where {options.tolerance:g} is allowed',
                file=sys.stderr,
            )
            status = 1
    return status


def _frames(bundle: Bundle, source: str, count: int) -> list[Frame]:
    """Return the golden frames, then as many of a source."""
    frames = [Frame(image, 'rgb') for image in bundle.golden_images.values()]
    opened = open_source(source)
    return frames + [decode(frame.message) for frame in islice(opened.frames, count)]


def _write_expected(bundle: Bundle, variant: Variant, frames: list[Frame], scratch: Path) -> None:
    """Write the model, the frames as it sees them, and what the CPU says of each."""
    model = bundle.models[variant.name]
    session = create_runtime().load(model, variant.name)
    images = np.stack([crop_and_resize(frame, variant.height, variant.width) for frame in frames])
    expected = np.stack([session.run(image) for image in images])
    (scratch / 'model.onnx').write_bytes(model)
    np.savez(scratch / 'expected.npz', images=images, expected=expected)


def _run_probe(step: str, variant: str, scratch: Path, options: argparse.Namespace) -> int:
    """Run a step in a process of its own; it tells its errors itself."""
    settings = {
        'device': options.device,
        'workspace_mb': options.workspace_mb,
        'dla_core': options.dla_core,
        'largest_batch': options.largest_batch,
    }
    arguments = [step, variant, str(scratch), json.dumps(settings), str(options.runs)]
    arguments += [] if options.engines is None else [str(options.engines.resolve())]
    command = [sys.executable, '-m', 'benchmarks.harness.gpu_probe', *arguments]
    return subprocess.run(command, cwd=Path(__file__).parents[1], check=False).returncode


def _report(
    bundle: Bundle, options: argparse.Namespace, variants: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        'schema': 'mobilenet_perception gpu',
        'schema_version': 1,
        'version': __version__,
        'measured_at': datetime.now(timezone.utc).isoformat(timespec='seconds'),
        'processor': processor_name(),
        'bundle': describe_bundle(bundle),
        'source': options.source,
        'runs': options.runs,
        'variants': variants,
    }


def _table(variants: list[dict[str, Any]]) -> str:
    first = variants[0]
    heading = (
        f'{first["gpu"]["name"]} (compute capability {first["gpu"]["compute_capability"]}), '
        f'TensorRT {first["tensorrt"]}; times in ms'
    )
    rows = [
        ['variant', 'precision', 'p50', 'p99', 'Hz', 'Hz together', 'bare p50', 'no graph p50',
         'up', 'compute', 'down', 'GPU MB', 'build s', 'off by', 'same label']
    ]  # fmt: skip
    for found in variants:
        graph, kernels, stages = found['cuda_graph'], found['kernels'], found['stages_ms']
        parity = found['parity']
        rows.append(
            [
                found['variant'],
                found['precision_asked'],
                *(f'{graph["latency_ms"][key]:.3f}' for key in ('p50', 'p99')),
                *(f'{graph["throughput_hz"][key]:.0f}' for key in _ends(graph['throughput_hz'])),
                f'{graph["bare_ms"]["p50"]:.3f}',
                f'{kernels["latency_ms"]["p50"]:.3f}',
                *(f'{stages[stage]:.3f}' for stage in ('upload', 'compute', 'download')),
                f'{found["gpu_bytes"] / 1e6:.0f}',
                f'{found["build_seconds"]:.0f}',
                f'{parity["largest_difference"]:.4f}',
                f'{parity["same_label"]} of {parity["frames"]}',
            ]
        )
    reasons = {found['without_graph'] for found in variants if found['without_graph']}
    notes = [f'no CUDA graph was recorded: {reason}' for reason in sorted(reasons)]
    return '\n'.join([heading, table(rows), *notes])


def _ends(by_count: dict[str, float]) -> tuple[str, str]:
    """Return the names of one frame at once, and of the most."""
    return min(by_count, key=int), max(by_count, key=int)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog='benchmarks/gpu.sh', description=__doc__.splitlines()[0])
    parser.add_argument('--bundle', type=Path, default=default_bundle_path())
    parser.add_argument(
        '--source', default='drive', help='frames beside the golden ones: a bag, video or folder '
        '(default: a drawn drive)'
    )  # fmt: skip
    parser.add_argument('--frames', type=whole, default=200, help='how many of it (%(default)s)')
    parser.add_argument('--runs', type=whole, default=2000, help='timed each way (%(default)s)')
    parser.add_argument('--device', type=int, default=0, help='number of the GPU (%(default)s)')
    parser.add_argument('--workspace-mb', type=whole, default=256)
    parser.add_argument('--dla-core', type=int, default=-1)
    parser.add_argument('--largest-batch', type=whole, default=4, help='frames at once')
    parser.add_argument('--engines', type=Path, help="folder of built engines (the user's cache)")
    parser.add_argument(
        '--tolerance', type=positive, default=0.02,
        help='largest difference of a probability from the CPU (%(default)s)',
    )  # fmt: skip
    parser.add_argument('--json', type=Path, help='write the figures here')
    return parser.parse_args()


if __name__ == '__main__':
    sys.exit(main())
