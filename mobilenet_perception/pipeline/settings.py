# SPDX-License-Identifier: Apache-2.0
"""Settings of the pipeline that can change while it runs: of one camera, and of all."""

from typing import NamedTuple

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.pipeline.budget import DEFAULT_RISK
from mobilenet_perception.pipeline.decision import DecisionRules


class CameraSettings(NamedTuple):
    """Settings of one camera.

    Attributes:
        latency_budget_ms: time that a frame may take from capture to publication; infinite:
            every frame is run and none is late.
        roi: where to look, in pixels of the camera; None: everywhere.
        priority: share of the answers, relative to other cameras, when there is not time for all.
    """

    latency_budget_ms: float
    roi: RegionOfInterest | None = None
    priority: float = 1.0


class PipelineSettings(NamedTuple):
    """Settings of all cameras.

    Attributes:
        variant: name of the only variant to run; empty: the most accurate that fits.
        accuracy_floor: variants below this accuracy are not run, 0 to 1; a bundle that does not
            state the accuracy of a variant is taken to be accurate enough.
        risk: probability of overrunning the budget to plan for, above 0 to 0.5.
        second_look: begin with the fastest variant, and look at a weak answer again on the most
            accurate that fits the time left: less work for frames that are clear.
        finish_late: whether a run that misses its deadline goes on, for its answer to be seen.
        top_k: labels to give per frame, at least 1.
        budget_reference: `capture`: the budget runs from the stamp in the message's header;
            `receipt`: from the moment the message came.
        max_clock_skew_ms: a stamp further than this in the past is not believed.
        decision: when a label is taken and left.
    """

    variant: str = ''
    accuracy_floor: float = 0.0
    risk: float = DEFAULT_RISK
    second_look: bool = False
    finish_late: bool = False
    top_k: int = 3
    budget_reference: str = 'capture'
    max_clock_skew_ms: float = 10_000.0
    decision: DecisionRules = DecisionRules()
