# SPDX-License-Identifier: Apache-2.0
"""Pair what the pipeline says of frames with what the source knows of them."""

import platform
from typing import Any

from mobilenet_perception.inference.bundle import Bundle
from mobilenet_perception.inference.runtimes.base import Runtime
from mobilenet_perception.pipeline.pipeline import Result
from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.recordings import SourceFrame
from mobilenet_perception.system.machine import processor_name
from mobilenet_perception.tools.report.run import FrameResult


def frame_result(result: Result, frame: SourceFrame, first_ns: int) -> FrameResult:
    """Return a frame's result under the source's own stamp."""
    on_time = result.record.outcome is Outcome.ON_TIME
    return FrameResult(
        record=result.record._replace(stamp_ns=frame.stamp_ns),
        time_s=(frame.log_ns - first_ns) / 1e9,
        top=result.top if on_time else (),
        decision=result.decision.label,
        truth=frame.truth,
        clear=frame.clear,
        roi=frame.roi,
    )


def describe_bundle(bundle: Bundle) -> dict[str, Any]:
    """Return what a report says of the bundle."""
    manifest = bundle.manifest
    return {
        'name': manifest.name,
        'digest': bundle.digest,
        'labels': list(manifest.labels),
        'variants': [variant.name for variant in manifest.variants],
        'decide_above': manifest.decision.decide_above,
    }


def describe_machine(runtime: Runtime) -> dict[str, Any]:
    """Return what a report says of the machine."""
    return {
        'processor': processor_name(),
        'python': platform.python_version(),
        'runtime': f'{runtime.name} {runtime.version}',
    }
