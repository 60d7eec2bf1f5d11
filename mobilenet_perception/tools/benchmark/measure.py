# SPDX-License-Identifier: Apache-2.0
"""Measure all that was asked for, into a report."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.bundle import Variant
from mobilenet_perception.ros.domain import isolated_ros
from mobilenet_perception.tools.benchmark.end_to_end import measure_end_to_end
from mobilenet_perception.tools.benchmark.rate_search import Settings
from mobilenet_perception.tools.benchmark.report import Report
from mobilenet_perception.tools.benchmark.variants import measure_variants


def measure(
    settings: Settings, variants: Sequence[Variant], report: Report, notify: Callable[[str], None]
) -> None:
    """Measure each variant, then end to end unless the report says that this is skipped.

    What is measured is in the report at once, so that it is not lost with a Ctrl-C.

    Args:
        settings: what to measure.
        variants: of the bundle.
        report: takes what is measured.
        notify: called with what is being done, in words.

    Raises:
        PerceptionError: a variant, the node or the cameras failed.
    """
    for runtime in settings.runtimes:
        notify(
            f'{runtime}: measuring {len(variants)} variant{"s" if len(variants) > 1 else ""} ...'
        )
        for figures in measure_variants(
            settings, runtime, variants, partial(report.leave_out, runtime)
        ):
            report.add(runtime, figures)
            notify(f'{runtime}: {figures.variant}: {figures.latency_ms.p50:.2f} ms')
    if report.skipped:
        return
    with ExitStack() as stack:
        try:
            environment = stack.enter_context(isolated_ros())
        except PerceptionError as error:
            report.skipped = str(error)
            return
        for runtime in settings.runtimes:
            for found in measure_end_to_end(settings, runtime, environment, notify):
                report.add(runtime, found)
