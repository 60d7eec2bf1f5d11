# SPDX-License-Identifier: Apache-2.0
"""`check`: whether a bundle is sound, and how fast its variants are on this machine."""

import argparse
import statistics
from pathlib import Path

from mobilenet_perception.frames import Frame
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.tools.arguments import add_runtime, bundle_path, load_classifier
from mobilenet_perception.tools.terminal import table

_RUNS = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        'bundle', nargs='?', type=Path, metavar='BUNDLE',
        help='folder of the model bundle (default: the built-in one)',
    )  # fmt: skip
    add_runtime(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check a bundle and print its table.

    Raises:
        BundleError: it is not sound.
    """
    classifier = load_classifier(arguments)
    bundle, runtime = classifier.bundle, classifier.runtime
    manifest = bundle.manifest
    rows = [['variant', 'architecture', 'input', 'precision', 'accuracy', 'size', 'MACs',
             f'latency p50 ({runtime.name} {runtime.version})', 'p95']]  # fmt: skip
    for variant in classifier.variants.values():
        p50, p95 = _latency_ms(classifier, variant.name)
        accuracy = '-' if variant.accuracy is None else f'{variant.accuracy:.2%}'
        rows.append([
            variant.name, f'{variant.architecture} x{variant.alpha:g}',
            f'{variant.width}x{variant.height}', variant.precision, accuracy,
            f'{len(bundle.models[variant.name]) / 1e6:.2f} MB', f'{variant.macs / 1e6:.1f} M',
            f'{p50:.2f} ms', f'{p95:.2f} ms',
        ])  # fmt: skip
    print(f'{bundle_path(arguments)} is sound: {manifest.name}, sha256 {bundle.digest}')
    print(f'labels ({len(manifest.labels)}): {", ".join(manifest.labels)}')
    print(f'golden frames: {len(manifest.golden)} give their scores on every variant below')
    print(table(rows))
    for name, reason in classifier.left_out.items():
        print(f'not run here: {name}: {reason}')
    return 0


def _latency_ms(classifier: Classifier, variant: str) -> tuple[float, float]:
    """Measure crop, resize and inference of a golden frame: median and 95th percentile."""
    image = next(iter(classifier.bundle.golden_images.values()))
    times = []
    for _ in range(_RUNS):
        scores = classifier.classify(Frame(image, 'rgb'), variant=variant)
        times.append(scores.preprocess_ms + scores.inference_ms)
    return statistics.median(times), sorted(times)[int(0.95 * _RUNS)]
