# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a camera's input, in plain words and with the cure: pure functions."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mobilenet_perception.pipeline.arrivals import ArrivalSummary
from mobilenet_perception.pipeline.picture_watch import PictureFacts
from mobilenet_perception.pipeline.timing import FrameRecord, Outcome

# Simulation time comes in steps and through another topic, so a frame may overtake its clock.
FUTURE_TOLERANCE_MS = 20.0
_FASTER_CLOCK = (
    "play it faster with ros2 bag play --clock 100, or bridge the simulator's own /clock, as of "
    'Gazebo, which ticks with each of its steps'
)
# A loss below this is what best effort is for.
_LOST_SHARE = 0.05
_MISSED_SHARE = 0.5
_FEW = 20
# Fast DDS's shared-memory segment of 512 KB holds no image above this.
SMALL_SEGMENT_BYTES = 500_000
_TRANSPORTS = {
    'sensor_msgs/msg/Image': 'raw',
    'sensor_msgs/msg/CompressedImage': 'compressed',
}

JPEG_UNCHECKED = (
    'a JPEG that lost data is taken as whole unless its end is missing, since simplejpeg '
    'is not installed: pip install simplejpeg'
)


class Publisher(NamedTuple):
    """A publisher found on a camera's topic.

    Attributes:
        node: its node's name.
        message_type: such as `sensor_msgs/msg/Image`.
        qos_trouble: why its QoS cannot match ours; empty when it can.
    """

    node: str
    message_type: str
    qos_trouble: str


def silence(
    topic: str,
    expected_type: str,
    parameter: str,
    publishers: Sequence[Publisher],
    has_compressed: bool = False,
) -> str:
    """Say why no frame comes on a topic.

    Args:
        topic: its full name.
        expected_type: what the node listens for.
        parameter: the one that names it, such as `front.image_topic`.
        publishers: those of the topic.
        has_compressed: whether `<topic>/compressed` is published.
    """
    transport = parameter.replace('.image_topic', '.image_transport')
    if not publishers and has_compressed:
        return (
            f'no frames yet: nobody publishes {topic}, but {topic}/compressed is published; set '
            f'{transport} to compressed, which takes that one'
        )
    if not publishers:
        return (
            f'no frames yet: nobody publishes {topic}; start the camera, or set {parameter} to '
            'its topic'
        )
    for publisher in publishers:
        if publisher.message_type != expected_type:
            other = _TRANSPORTS.get(publisher.message_type)
            cure = (
                f'set {transport} to {other}, or {parameter} to another topic'
                if other
                else 'let ros2 run image_transport republish turn it into raw, or set '
                f'{parameter} to a topic of Image or CompressedImage'
            )
            return (
                f'no frames yet: {publisher.node} publishes {topic} as {publisher.message_type}, '
                f'and this node listens for {expected_type}; {cure}'
            )
        if publisher.qos_trouble:
            return (
                f'no frames yet: the QoS of {publisher.node} on {topic} does not match '
                f'({publisher.qos_trouble}); change it there, or override the QoS of this '
                f'subscription with the parameters qos_overrides.{topic}.subscription.*'
            )
    return (
        f'no frames yet on {topic} though {publishers[0].node} publishes there: is it paused, or '
        'are messages lost between machines (firewall, ROS_DOMAIN_ID, discovery range)?'
    )


def clock_trouble(step_ms: float, ticks_per_s: float) -> str:
    """Say that `/clock` comes too seldom for the ages of frames; empty when it does not.

    Args:
        step_ms: simulation time from one tick to the next, in milliseconds.
        ticks_per_s: ticks in a second of real time.
    """
    if step_ms <= FUTURE_TOLERANCE_MS:
        return ''
    return (
        f'/clock comes too seldom, {ticks_per_s:.1f} times a second and {step_ms:.0f} ms apart, '
        f'so that frames overtake it and their ages are wrong by as much: {_FASTER_CLOCK}'
    )


def stamp_trouble(
    stamp_ns: int, transport_ms: float | None, max_skew_ms: float, clock_step_ms: float = 0.0
) -> str:
    """Say why a capture stamp is not believed; empty when it is.

    Args:
        stamp_ns: the stamp, in nanoseconds.
        transport_ms: age of the frame on arrival by that stamp, in milliseconds.
        max_skew_ms: the age above which it is not believed.
        clock_step_ms: by how much the clock that says so goes on at a time, in milliseconds.
    """
    if stamp_ns <= 0:
        return 'frames carry no capture stamp (it is zero): set header.stamp in the camera driver'
    if transport_ms is not None and -clock_step_ms <= transport_ms < -FUTURE_TOLERANCE_MS:
        return (
            f'capture stamps lie {-transport_ms:.0f} ms ahead of /clock, which goes on only every '
            f'{clock_step_ms:.0f} ms: {_FASTER_CLOCK}'
        )
    if transport_ms is None or transport_ms < -FUTURE_TOLERANCE_MS:
        return (
            f'capture stamps lie {-(transport_ms or 0.0) / 1e3:.3f} s in the future: the camera '
            'and this machine have different clocks; synchronise them (chrony, PTP), and set '
            'use_sim_time to the same value everywhere'
        )
    if transport_ms > max_skew_ms:
        return (
            f'capture stamps are {transport_ms / 1e3:.3f} s old on arrival, more than '
            f'max_clock_skew_ms: the clocks differ, or a bag is played without --clock and '
            'use_sim_time'
        )
    return ''


def loss(topic: str, arrivals: ArrivalSummary) -> str:
    """Say how many frames get lost between processes, and the cure; empty when few.

    What the middleware counted is a loss; what stamps alone show may be the camera's own doing.
    """
    if arrivals.lost_share < _LOST_SHARE:
        return ''
    if not arrivals.counted:
        return missing(arrivals.lost_share, topic)
    sentence = (
        f'about {arrivals.lost_share:.0%} of the frames on {topic} get lost between the '
        f"publisher's process and this one"
    )
    if arrivals.frame_bytes > SMALL_SEGMENT_BYTES:
        return (
            f'{sentence}: frames of {arrivals.frame_bytes / 1e6:.1f} MB do not fit the '
            "shared-memory segment of Fast DDS; start the publisher with the package's "
            'config/fastdds_large_images.xml in FASTDDS_DEFAULT_PROFILES_FILE (up to Jazzy: '
            'FASTRTPS_DEFAULT_PROFILES_FILE), or use compressed images'
        )
    return (
        f'{sentence}: this machine or the network is too busy; use compressed images, or make the '
        'subscription reliable (qos_overrides)'
    )


def missing(share: float, topic: str) -> str:
    """Say that stamps leave frames out, which were lost or never captured."""
    return (
        f'by their stamps about {share:.0%} of the frames on {topic} are missing between the '
        'others, lost on their way or skipped by the camera: look at its exposure time and at '
        'the load of the machine that it is on'
    )


def picture(facts: PictureFacts, camera: str, significant_bits: int = 0) -> Iterator[str]:
    """Say what is wrong with the picture itself, a sentence for each thing.

    Args:
        facts: what several looks at it have shown.
        camera: the camera's name.
        significant_bits: its parameter of that name.
    """
    parameter = f'{camera}.significant_bits'
    if facts.swapped:
        yield (
            'the bytes of its 16-bit samples are swapped, and the picture is noise: have its '
            'driver fill in is_bigendian as it writes them'
        )
    elif facts.bits and facts.bits > (significant_bits or 16):
        yield (
            f'its samples use {facts.bits} bits and {parameter} is {significant_bits}, so that '
            f'bright parts are cut off: set {parameter}: {facts.bits}'
        )
    elif 0 < facts.bits < 16 and not significant_bits:
        yield (
            f'frames are seen too dark, since their samples use {facts.bits} of 16 bits: set '
            f'{parameter}: {facts.bits}'
        )
    elif facts.dark_s:
        yield (
            f'the picture has been black and without detail for {facts.dark_s:.0f} s (mean '
            f'{facts.level:.0f} of 255): take the cap off, clean the lens, or look at exposure '
            'and gain'
        )
    if facts.unchecked:
        yield JPEG_UNCHECKED


def rejections(records: Sequence[FrameRecord]) -> str:
    """Say why the newest frame was rejected or failed; empty when it was not."""
    ended = [record for record in records if record.outcome is not Outcome.SUPERSEDED]
    if not ended or ended[-1].outcome not in (Outcome.REJECTED, Outcome.FAILED):
        return ''
    bad = sum(record.outcome is ended[-1].outcome for record in ended)
    return f'{bad} of the last {len(ended)} frames {ended[-1].outcome}: {ended[-1].reason}'


def retries(records: Sequence[FrameRecord]) -> str:
    """Say that answers had to come from another variant than was chosen; empty if none had."""
    answered = [record for record in records if record.outcome is Outcome.ON_TIME]
    retried = [record for record in answered if record.reason]
    if not retried:
        return ''
    return (
        f'{len(retried)} of the last {len(answered)} answers took another variant: '
        f'{retried[-1].reason}'
    )


def missed_budget(records: Sequence[FrameRecord], needed_ms: float) -> str:
    """Say when the budget cannot be held on this machine; empty when it can."""
    ended = [record for record in records if record.outcome is not Outcome.SUPERSEDED]
    if not ended:
        return ''
    # Who expired before a time was predicted had no regions: a longer budget is no cure for that.
    missed = [
        r
        for r in ended
        if r.outcome is Outcome.LATE
        or (r.outcome is Outcome.EXPIRED and r.predicted_ms is not None)
    ]
    budget_ms = ended[-1].latency_budget_ms
    if needed_ms > budget_ms:
        return (
            f'the budget of {budget_ms:.0f} ms is not reachable on this machine: the fastest '
            f'variant needs {needed_ms:.0f} ms; raise latency_budget_ms or use a smaller model'
        )
    if len(ended) < _FEW or len(missed) < _MISSED_SHARE * len(ended):
        return ''
    transport = [r.transport_ms for r in missed if r.transport_ms is not None]
    on_arrival = f' ({sum(transport) / len(transport):.0f} ms old on arrival)' if transport else ''
    return (
        f'{len(missed)} of the last {len(ended)} frames missed the budget of {budget_ms:.0f} ms'
        f'{on_arrival}: raise latency_budget_ms, free the processor, or set budget_reference to '
        'receipt if the camera stamps early'
    )
