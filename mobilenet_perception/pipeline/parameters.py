# SPDX-License-Identifier: Apache-2.0
"""Parameters of the node: names, defaults, ranges, units; and the pipeline's settings by them.

Settings are what can change while the pipeline runs: of one camera, and of all.
"""

import re
from collections.abc import Iterable, Mapping, Sequence, Sized
from typing import Any, NamedTuple

from mobilenet_perception.frames import SIGNIFICANT_BITS, RegionOfInterest
from mobilenet_perception.inference.bundle import Decision as BundleDecision
from mobilenet_perception.inference.runtimes import RUNTIMES, RuntimeSettings
from mobilenet_perception.inference.runtimes.choose import AUTO
from mobilenet_perception.pipeline.budget import DEFAULT_RISK
from mobilenet_perception.pipeline.decision import DecisionRules
from mobilenet_perception.pipeline.regions import EXACT, LATEST, RegionRules

# What image_transport adds to a base topic.
COMPRESSED_SUFFIX = '/compressed'
# Its other transports, and what to do instead.
_REPUBLISH = 'let ros2 run image_transport republish turn it into raw'
_OTHER_TRANSPORTS = {
    'theora': _REPUBLISH,
    'ffmpeg': _REPUBLISH,
    'zstd': _REPUBLISH,
    'compressedDepth': 'it carries depth, which is no picture; take the colour camera',
}


class CameraSettings(NamedTuple):
    """Settings of one camera.

    Attributes:
        latency_budget_ms: time that a frame may take from capture to publication; infinite:
            every frame is run and none is late.
        roi: where to look, in pixels of the camera; None: everywhere.
        priority: share of the answers, relative to other cameras, when there is not time for all.
        significant_bits: of its 16-bit samples, 8 to 16; 0: all.
        regions: which regions to look at, in place of `roi`; None: the camera has none.
    """

    latency_budget_ms: float
    roi: RegionOfInterest | None = None
    priority: float = 1.0
    significant_bits: int = 0
    regions: RegionRules | None = None


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


# How users write the types.
_KINDS = {float: 'number', int: 'whole number', str: 'text', bool: 'true or false'}
_CAMERA_NAME = re.compile(r'[A-Za-z][A-Za-z0-9_]*\Z')
# Of a topic or a node, as ROS has it: parts may be {node}, {ns} or {namespace}.
_PART = r'(?:[A-Za-z_]|\{(?:node|ns|namespace)\})(?:\w|\{(?:node|ns|namespace)\})*'
_ROS_NAME = re.compile(rf'(?:~?/)?{_PART}(?:/{_PART})*\Z', re.ASCII)
# What /diagnostics calls the computer, beside the cameras.
MACHINE = 'machine'


# The region that is no region: the whole frame.
NO_ROI = [0, 0, 0, 0]


class Specification(NamedTuple):
    """One parameter.

    Attributes:
        default: its default, which also says its type.
        description: what it means, with its unit.
        minimum: smallest value allowed.
        maximum: largest value allowed.
        choices: all values allowed, when they are few.
        at_run_time: whether it may change while the node is configured.
        is_name: whether it is the name of a topic or a node.
        read_only: whether it is read once, at the start of the node.
        empty: what stands for an empty list, which ROS's parameter files cannot carry: they make
            of it a parameter without a type, which `ros2 param dump` writes as `null`.
    """

    default: Any
    description: str
    minimum: float | None = None
    maximum: float | None = None
    choices: Sequence[str] = ()
    at_run_time: bool = True
    is_name: bool = False
    read_only: bool = False
    empty: Sequence[Any] = ()


NODE_PARAMETERS: Mapping[str, Specification] = {
    'bundle': Specification(
        '', 'folder of the model bundle; empty: the default bundle', at_run_time=False
    ),
    'runtime': Specification(
        AUTO,
        'inference runtime; auto: tensorrt where it can run, else onnxruntime',
        choices=(AUTO, *RUNTIMES),
        at_run_time=False,
    ),
    'runtime_threads': Specification(1, 'CPU threads of one inference', 1, 64, at_run_time=False),
    'device': Specification(0, 'number of the GPU (tensorrt)', 0, 63, at_run_time=False),
    'dla_core': Specification(
        -1,
        'number of the deep learning accelerator to run on (tensorrt); -1: the GPU',
        -1,
        7,
        at_run_time=False,
    ),
    'engine_build_limit_s': Specification(
        1800.0,
        'time after which to give up building engines, in seconds (tensorrt)',
        1.0,
        86_400.0,
        at_run_time=False,
    ),
    'realtime_priority': Specification(
        0,
        "real-time priority of the node's threads, 1 to 99; 0: none",
        0,
        99,
        at_run_time=False,
    ),
    'warmup_runs': Specification(
        10, 'runs of each variant before it is timed', 1, 1000, at_run_time=False
    ),
    'variant': Specification(
        '', 'name of the only variant to run; empty: the most accurate that fits the budget'
    ),
    'accuracy_floor': Specification(
        0.0, 'accuracy below which a variant is not run, 0 to 1', 0.0, 1.0
    ),
    'risk': Specification(0.01, 'probability of overrunning the budget to plan for', 1e-6, 0.5),
    'second_look': Specification(
        False, 'begin with the fastest variant, and look again where its answer is weak'
    ),
    'cameras': Specification(['camera'], 'names of the cameras', at_run_time=False),
    'latency_budget_ms': Specification(
        50.0, 'time a frame may take from capture to publication, in milliseconds', 1.0, 60_000.0
    ),
    'budget_reference': Specification(
        'capture',
        'where the budget starts: at the capture stamp or at receipt',
        choices=('capture', 'receipt'),
    ),
    'max_clock_skew_ms': Specification(
        10_000.0, 'age on arrival above which a stamp is not believed, in ms', 1.0, 1e7
    ),
    'decision_timeout_ms': Specification(
        500.0, 'age of the evidence from which a decision is stale, in ms', 10.0, 60_000.0
    ),
    'decide_above': Specification(
        0.0, "score from which a label is decided, 0 to 1; 0: the variant's own for each", 0.0, 1.0
    ),
    'leave_below': Specification(
        0.0,
        "score below which a frame does not support its label, 0 to 1; 0: the bundle's own",
        0.0,
        1.0,
    ),
    'label_persistence_ms': Specification(
        2000.0, 'mean time that a label lasts: older frames weigh little, in ms', 10.0, 1e7
    ),
    'top_k': Specification(3, 'labels per classification', 1, 1000),
    'publish_late': Specification(False, 'publish classifications that missed the budget too'),
    'watchdog_ms': Specification(
        2000.0, 'time after which a run counts as hung, in milliseconds', 10.0, 600_000.0
    ),
    'autostart': Specification(
        True,
        'configure and activate without a lifecycle manager',
        at_run_time=False,
        read_only=True,
    ),
}


def camera_parameters(camera: str) -> dict[str, Specification]:
    """Return the parameters of one camera, by full name."""
    return {
        f'{camera}.image_topic': Specification(
            f'/{camera}/image_raw', "topic of the camera's images", at_run_time=False, is_name=True
        ),
        f'{camera}.image_transport': Specification(
            'raw',
            'raw: sensor_msgs/Image; compressed: sensor_msgs/CompressedImage, of '
            '<image_topic>/compressed',
            choices=('raw', 'compressed'),
            at_run_time=False,
        ),
        f'{camera}.roi': Specification(
            NO_ROI,
            f'region of interest [x, y, width, height] in pixels; {NO_ROI}: the whole frame',
            empty=NO_ROI,
        ),
        f'{camera}.latency_budget_ms': Specification(
            0.0, "this camera's budget in milliseconds; 0: the node's", 0.0, 60_000.0
        ),
        f'{camera}.regions_topic': Specification(
            '',
            'topic of regions to look at (vision_msgs/Detection2DArray), in place of roi; empty: '
            'none',
            at_run_time=False,
        ),
        f'{camera}.regions_match': Specification(
            LATEST,
            'exact: a frame waits for the regions of its own stamp; latest: it takes the newest',
            choices=(EXACT, LATEST),
            at_run_time=False,
        ),
        f'{camera}.regions_max_age_ms': Specification(
            200.0,
            'time between the stamps of frame and regions above which these are not used '
            '(latest), in ms',
            1.0,
            60_000.0,
            at_run_time=False,
        ),
        f'{camera}.regions_classes': Specification(
            [''],
            "the detector's classes to look at; ['']: all",
            at_run_time=False,
            empty=[''],
        ),
        f'{camera}.regions_margin': Specification(
            0.1,
            'what to add on each side of a box, as a share of its width and height',
            0.0,
            2.0,
            at_run_time=False,
        ),
        f'{camera}.regions_min_pixels': Specification(
            8,
            'side below which a box, or its part within the image, is passed over, in pixels',
            1,
            10_000,
            at_run_time=False,
        ),
        f'{camera}.regions_most': Specification(
            16, 'regions of one frame to look at', 1, 64, at_run_time=False
        ),
        f'{camera}.priority': Specification(
            1.0, 'share of the answers, relative to other cameras, under overload', 0.01, 100.0
        ),
        f'{camera}.significant_bits': Specification(
            0, 'bits that its 16-bit samples use, 8 to 16, such as 12; 0: all', 0, 16
        ),
    }


def camera_names(value: Any) -> list[Any]:
    """Return names of cameras, given as a list, or as text with commas between: `front,left`."""
    if isinstance(value, str):
        return [name.strip() for name in value.split(',')]
    return [] if value is None else list(value) if isinstance(value, Iterable) else [value]


def transport_topic(topic: str, transport: str) -> str:
    """Return the topic of a camera's images, by the naming of image_transport.

    Args:
        topic: the base topic, such as `/front/image_raw`, or that of the compressed images itself.
        transport: `raw` or `compressed`.
    """
    if transport != 'compressed' or topic.endswith(COMPRESSED_SUFFIX):
        return topic
    return topic + COMPRESSED_SUFFIX


def refusal(name: str, specification: Specification, value: Any) -> str:
    """Say why a value is not allowed and what is; empty when it is allowed."""
    if name.endswith('.roi'):
        refused = (
            f'{name} must be four integers [x, y, width, height] in pixels, x and y from 0, width '
            f'and height from 1, or {NO_ROI} for the whole frame; it is {_as_list(value)}'
        )
        return '' if _is_roi(value) else refused
    if name.endswith('.regions_classes'):
        good = isinstance(value, list) and all(isinstance(label, str) for label in value)
        refused = f'{name} must be names of classes, as [car, person]; it is {value!r}'
        return '' if good or is_empty(value) else refused
    if name == 'cameras':
        refused = (
            'cameras must be at least one name, each its own, of letters, digits and '
            f'underscores, starting with a letter, and none of them {MACHINE}; it is '
            f'{camera_names(value)}'
        )
        return '' if _are_cameras(camera_names(value)) else refused
    if name.endswith('.image_transport') and value in _OTHER_TRANSPORTS:
        return (
            f'{name} must be one of raw, compressed; it is {value!r}, which this node does not '
            f'decode: {_OTHER_TRANSPORTS[value]}'
        )
    return _misfit(name, specification, value)


def _misfit(name: str, specification: Specification, value: Any) -> str:
    kind = type(specification.default)
    if type(value) is not kind and (kind, type(value)) != (float, int):
        return f'{name} must be a {_KINDS[kind]}; it is {value!r}'
    if specification.is_name:
        return _name_refusal(name, value)
    return _value_refusal(name, specification, value)


def _value_refusal(name: str, specification: Specification, value: Any) -> str:
    """Say why a value of the right type is not allowed; empty when it is."""
    if specification.choices and value not in specification.choices:
        return f'{name} must be one of {", ".join(specification.choices)}; it is {value!r}'
    low, high = specification.minimum, specification.maximum
    if low is not None and high is not None and not low <= value <= high:
        return f'{name} must lie between {low:g} and {high:g}; it is {value:g}'
    if name.endswith('.significant_bits') and value not in SIGNIFICANT_BITS:
        return f'{name} must be 0, for all bits, or 8 to 16; it is {value}'
    return ''


def pipeline_settings(values: Mapping[str, Any], bundle: BundleDecision) -> PipelineSettings:
    """Return what the parameters say for all cameras, and the bundle where they say nothing."""
    return PipelineSettings(
        variant=values['variant'],
        accuracy_floor=values['accuracy_floor'],
        risk=values['risk'],
        second_look=values['second_look'],
        finish_late=values['publish_late'],
        top_k=values['top_k'],
        budget_reference=values['budget_reference'],
        max_clock_skew_ms=values['max_clock_skew_ms'],
        decision=DecisionRules(
            decide_above=values['decide_above'],
            leave_below=values['leave_below'] or bundle.leave_below,
            timeout_ms=values['decision_timeout_ms'],
            persistence_ms=values['label_persistence_ms'],
        ),
    )


def runtime_settings(values: Mapping[str, Any]) -> RuntimeSettings:
    """Return what the parameters say of the runtime."""
    return RuntimeSettings(
        threads=values['runtime_threads'],
        device=values['device'],
        dla_core=values['dla_core'],
        largest_batch=max(RuntimeSettings().largest_batch, largest_batch(values)),
    )


def camera_settings(values: Mapping[str, Any], camera: str) -> CameraSettings:
    """Return what the parameters say of one camera."""
    roi = values[f'{camera}.roi']
    budget_ms = values[f'{camera}.latency_budget_ms'] or values['latency_budget_ms']
    return CameraSettings(
        budget_ms,
        RegionOfInterest(*roi) if roi and any(roi) else None,
        values[f'{camera}.priority'],
        values[f'{camera}.significant_bits'],
        region_rules(values, camera),
    )


def region_rules(values: Mapping[str, Any], camera: str) -> RegionRules | None:
    """Return what the parameters say of a camera's regions; None: it has none."""
    if not values[f'{camera}.regions_topic']:
        return None
    return RegionRules(
        match=values[f'{camera}.regions_match'],
        max_age_ms=values[f'{camera}.regions_max_age_ms'],
        classes=tuple(filter(None, values[f'{camera}.regions_classes'])),
        margin=values[f'{camera}.regions_margin'],
        min_pixels=values[f'{camera}.regions_min_pixels'],
        most=values[f'{camera}.regions_most'],
    )


def largest_batch(values: Mapping[str, Any]) -> int:
    """Return the most pictures that are ever run at once: frames of cameras, or regions."""
    most = [rules.most for camera in values['cameras'] if (rules := region_rules(values, camera))]
    return max(len(values['cameras']), *most) if most else len(values['cameras'])


def _name_refusal(name: str, value: str) -> str:
    refused = (
        f'{name} must be a name as ROS has it, parts of letters, digits and underscores that do '
        'not begin with a digit, with single slashes between them and none at the end, as '
        f'/front/image_raw; it is {value!r}'
    )
    return '' if _ROS_NAME.match(value) else refused


def _are_cameras(names: list[Any]) -> bool:
    well_formed = names and all(
        isinstance(name, str) and _CAMERA_NAME.match(name) for name in names
    )
    return bool(well_formed) and MACHINE not in names and len(set(names)) == len(names)


def is_empty(value: Any) -> bool:
    """Return whether a list is empty, in any of the forms that ROS gives to one."""
    if value is None or value == 'null':  # an older dump, or `roi: null` in a file
        return True
    return isinstance(value, Sized) and not isinstance(value, str) and not len(value)


def _as_list(value: Any) -> Any:
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str) else value


def _is_roi(value: Any) -> bool:
    if is_empty(value):
        return True
    try:
        x, y, width, height = value
    except (TypeError, ValueError):
        return False
    if not all(type(number) is int for number in (x, y, width, height)):
        return False
    return (x >= 0 and y >= 0 and width > 0 and height > 0) or not any(value)
