# SPDX-License-Identifier: Apache-2.0
"""`build`: TensorRT engines of a bundle for this GPU, each proven and timed."""

import argparse
import os
import time
from pathlib import Path

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.bundle import Bundle, load_bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import RuntimeSettings, create_runtime
from mobilenet_perception.pipeline.parameters import NODE_PARAMETERS, refusal
from mobilenet_perception.tools.arguments import bundle_path
from mobilenet_perception.tools.terminal import table

_LOWEST_PRIORITY = 19
_TELL_S = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    normal = RuntimeSettings()
    parser.add_argument(
        'bundle', nargs='?', type=Path, metavar='BUNDLE',
        help='folder of the model bundle (default: the built-in one)',
    )  # fmt: skip
    parser.add_argument(
        '--precision', nargs='+', metavar='PRECISION', default=[],
        help='only the variants of these, such as fp16 (default: all)',
    )  # fmt: skip
    parser.add_argument(
        '--device', type=int, default=normal.device, help='number of the GPU (%(default)s)'
    )
    parser.add_argument(
        '--dla-core', type=int, default=normal.dla_core, metavar='N',
        help='run on this deep learning accelerator; -1: the GPU (%(default)s)',
    )  # fmt: skip
    parser.add_argument(
        '--background', action='store_true', help='at the lowest priority, as the node does it'
    )


def run(arguments: argparse.Namespace) -> int:
    """Build what is missing, and print a table.

    Raises:
        PerceptionError: TensorRT cannot run here, an argument makes no sense, or the bundle is
            unsound on it.
    """
    for name in ('device', 'dla_core'):
        if reason := refusal(name, NODE_PARAMETERS[name], getattr(arguments, name)):
            raise PerceptionError(reason)
    if arguments.background:
        _step_back()
    bundle = _of_precisions(load_bundle(bundle_path(arguments)), arguments.precision)
    settings = RuntimeSettings(device=arguments.device, dla_core=arguments.dla_core)
    runtime = create_runtime('tensorrt', settings, _Teller())
    classifier = Classifier(bundle, runtime)
    rows = [['variant', 'precision', 'accuracy', 'latency', 'verdict']]
    for variant in bundle.manifest.variants:
        ms = classifier.profile_ms.get(variant.name)
        rows.append([
            variant.name, variant.precision,
            '-' if variant.accuracy is None else f'{variant.accuracy:.2%}',
            '-' if ms is None else f'{ms:.2f} ms',
            classifier.left_out.get(variant.name, 'runs'),
        ])  # fmt: skip
    print(table(rows))
    return 0


def _of_precisions(bundle: Bundle, precisions: list[str]) -> Bundle:
    if not precisions:
        return bundle
    manifest = bundle.manifest
    there = dict.fromkeys(variant.precision for variant in manifest.variants)
    for precision in precisions:
        if precision not in there:
            raise PerceptionError(
                f'{bundle.folder} has no variant in {precision}: it has {", ".join(there)}; '
                'precision is in the model, so make one with training (`quantize`, then `bundle '
                '--precisions`)'
            )
    chosen = tuple(v for v in manifest.variants if v.precision in precisions)
    return bundle._replace(manifest=manifest._replace(variants=chosen))


def _step_back() -> None:
    """Leave the processor to whoever wants it; a real-time priority may have been inherited."""
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    os.nice(_LOWEST_PRIORITY)


class _Teller:
    """Prints progress, a line each, but not every step of it."""

    def __init__(self) -> None:
        self._next_s = 0.0

    def __call__(self, words: str) -> None:
        """Take the words; they are dropped if others have just been printed."""
        now_s = time.monotonic()
        if now_s >= self._next_s:
            self._next_s = now_s + _TELL_S
            print(words, flush=True)
