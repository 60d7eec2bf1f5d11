# SPDX-License-Identifier: Apache-2.0
"""`check`: whether a bundle is sound, how fast it is here, and what it makes of pictures."""

import argparse
import statistics
from pathlib import Path

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import Frame
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.tools.arguments import (
    add_runtime,
    add_windows,
    bundle_path,
    load_classifier,
)
from mobilenet_perception.tools.terminal import table

_RUNS = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        'bundle', nargs='?', type=Path, metavar='BUNDLE',
        help='folder of the model bundle (default: the built-in one)',
    )  # fmt: skip
    parser.add_argument(
        '--images', type=Path, nargs='+', metavar='FOLDER',
        help='pictures, a sub-folder a source: one named after a label shows it, all others show '
        'none of the labels; what is decided of them is measured',
    )  # fmt: skip
    add_windows(parser)
    parser.add_argument('--report', type=Path, metavar='FILE', help='write a page, with the worst')
    add_runtime(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check a bundle and print its table.

    Raises:
        BundleError: it is not sound.
        PerceptionError: there are no pictures, or a page is asked for without any.
    """
    if arguments.report and not arguments.images:
        raise PerceptionError('--report is a page about pictures: give --images FOLDER')
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
    if arguments.images:
        _look(arguments, classifier)
    return 0


def _look(arguments: argparse.Namespace, classifier: Classifier) -> None:
    """Measure what is decided of pictures, print it, and write the page that was asked for."""
    from mobilenet_perception.tools.bundle.check_pictures import (  # noqa: PLC0415
        measure_bundle,
        pictures_report,
        pictures_text,
    )
    from mobilenet_perception.tools.report import pages  # noqa: PLC0415

    if arguments.report:
        pages.require_jinja2()
    found = measure_bundle(classifier, arguments.images, arguments.windows)
    print(f'\n{pictures_text(found)}')
    if arguments.report:
        page = pages.render(pictures_report(classifier.bundle.manifest.name, found))
        write_atomically(arguments.report, page)
        print(f'report: {arguments.report}')


def _latency_ms(classifier: Classifier, variant: str) -> tuple[float, float]:
    """Measure crop, resize and inference of a golden frame: median and 95th percentile."""
    image = next(iter(classifier.bundle.golden_images.values()))
    times = []
    for _ in range(_RUNS):
        scores = classifier.classify(Frame(image, 'rgb'), variant=variant)
        times.append(scores.preprocess_ms + scores.inference_ms)
    return statistics.median(times), sorted(times)[int(0.95 * _RUNS)]
