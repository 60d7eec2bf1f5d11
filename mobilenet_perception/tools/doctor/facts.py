# SPDX-License-Identifier: Apache-2.0
"""Facts of a running graph, gathered before it is judged, and what a check finds in them.

A finding says what is wrong, where, and what to do.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

from mobilenet_perception.pipeline.arrivals import ArrivalSummary
from mobilenet_perception.pipeline.parameters import NODE_PARAMETERS
from mobilenet_perception.pipeline.picture_watch import PictureFacts
from mobilenet_perception.pipeline.regions import RegionRules
from mobilenet_perception.pipeline.timing import FrameRecord
from mobilenet_perception.ros.qos import RELIABLE, VOLATILE
from mobilenet_perception.tools.bags.info.scan import Rate, Stamps
from mobilenet_perception.tools.doctor.processes import RosProcess
from mobilenet_perception.tools.doctor.region_stream import RegionStream

# The message type of regions.
BOXES = 'vision_msgs/msg/Detection2DArray'


class Query(NamedTuple):
    """What to look at.

    Attributes:
        nodes: full names of nodes; none: all classifiers.
        topics: camera topics; none: those of the nodes, and without a node all there are.
        expected_hz: frames a second that cameras should give; None: not said.
    """

    nodes: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    expected_hz: float | None = None


class Endpoint(NamedTuple):
    """A publisher or a subscriber.

    Attributes:
        node: full name of its node.
        message_type: such as `sensor_msgs/msg/Image`.
        reliability: `reliable` or `best_effort`, offered or asked for.
        durability: `transient_local` or `volatile`.
        elsewhere: whether it is on another machine; None: not known.
        process: its process, if it is one of this user's on this machine.
    """

    node: str
    message_type: str
    reliability: str = RELIABLE
    durability: str = VOLATILE
    elsewhere: bool | None = None
    process: RosProcess | None = None


class StreamFacts(NamedTuple):
    """What came on a camera topic.

    Attributes:
        messages: frames.
        seconds: from the first to the last.
        reliable: lost frames were sent again; otherwise they are lost.
        compared: frames heard while a second listener asked for best effort, as the node does.
        best_effort: how many of those that one heard.
        lost: frames that the middleware counted lost on their way to who asks for best effort;
            None: it does not count.
        frame_bytes: size of a frame's data, the mean.
        rate: by capture stamps where they are in order, else by receipt; None: too few frames.
        stamps: against the clock that the node uses; None: no frame.
        arrivals: by capture stamps.
        simulated_age_ms: time on `/clock` minus capture stamp, the median; None: no `/clock`.
        encodings: frames by encoding.
        sizes: frames by size, such as `640x480`.
        decoded: frames decoded to see whether the node would reject them.
        rejected: how many of these it would reject, by reason.
        picture: what they show, decoded with all bits.
    """

    messages: int
    seconds: float
    reliable: bool
    compared: int
    best_effort: int
    frame_bytes: float
    rate: Rate | None
    stamps: Stamps | None
    arrivals: ArrivalSummary
    simulated_age_ms: float | None
    encodings: Mapping[str, int]
    sizes: Mapping[str, int]
    decoded: int
    rejected: Mapping[str, int]
    picture: PictureFacts = PictureFacts()
    lost: int | None = None

    @property
    def mean_hz(self) -> float:
        """Frames a second; 0: fewer than two frames."""
        return (self.messages - 1) / self.seconds if self.seconds else 0.0


class NodeFacts(NamedTuple):
    """A classifier node.

    Attributes:
        name: its full name.
        instances: how many nodes have this name.
        state: of its lifecycle; empty: it did not answer.
        parameters: by name; none: it did not answer.
        trouble: what it says of itself on `/diagnostics`; empty: nothing.
        records: what became of frames, by camera.
        elsewhere: whether it is on another machine; None: not known.
    """

    name: str
    instances: int = 1
    state: str = ''
    parameters: Mapping[str, Any] = {}
    trouble: str = ''
    records: Mapping[str, tuple[FrameRecord, ...]] = {}
    elsewhere: bool | None = None

    def value(self, parameter: str) -> Any:
        """Return a parameter's value, or its default where the node did not tell."""
        return self.parameters.get(parameter, NODE_PARAMETERS[parameter].default)

    @property
    def simulated(self) -> bool:
        """Whether it is on simulation time."""
        return bool(self.parameters.get('use_sim_time', False))


class TopicFacts(NamedTuple):
    """A camera topic.

    Attributes:
        name: its full name.
        publishers: who publishes there.
        subscribers: who listens.
        heard: what came; None: nothing could be listened to.
        node: the classifier node that is to hear it; None: there is none.
        camera: the name that the camera has in that node; empty: not known.
        wanted_type: the message type that the node listens for; empty: not known.
    """

    name: str
    publishers: tuple[Endpoint, ...] = ()
    subscribers: tuple[Endpoint, ...] = ()
    heard: StreamFacts | None = None
    node: NodeFacts | None = None
    camera: str = ''
    wanted_type: str = ''


class RegionTopicFacts(NamedTuple):
    """A topic of regions that a classifier node is to hear.

    Attributes:
        name: its full name.
        node: the classifier node.
        camera: the camera's name in it.
        image_topic: the topic of the camera's images.
        rules: which of the boxes it looks at.
        publishers: who publishes there.
        subscribers: who listens.
        heard: what came; None: nothing could be listened to.
        sizes: of the camera's frames, such as `640x480`.
    """

    name: str
    node: NodeFacts
    camera: str
    image_topic: str
    rules: RegionRules
    publishers: tuple[Endpoint, ...] = ()
    subscribers: tuple[Endpoint, ...] = ()
    heard: RegionStream | None = None
    sizes: tuple[str, ...] = ()


class GraphFacts(NamedTuple):
    """A ROS graph, as seen from here.

    Attributes:
        seconds: how long was looked at it.
        domain: the ROS domain.
        middleware: such as `rmw_fastrtps_cpp`.
        profile_variable: where its Fast DDS looks for a profile.
        query: what the user asked to look at.
        nodes: the classifier nodes found.
        topics: the camera topics looked at.
        image_topics: types by name of all camera topics that somebody publishes.
        left_out: camera topics that were too many to listen to.
        clock_publishers: who publishes `/clock`.
        clock_ticks: messages heard there.
        processes: ROS processes of this user on this machine, this one left out.
        ours: this process.
        largest_input: longer side of the largest network's input, in pixels; 0: not known.
        clock_step_ms: simulation time from tick to tick of `/clock`; 0: not known.
        clock_hz: ticks in a second of real time; 0: not known.
        regions: the topics of regions that the nodes are to hear.
        box_topics: topics of boxes that others than the nodes publish.
    """

    seconds: float
    domain: int
    middleware: str
    profile_variable: str
    query: Query
    nodes: tuple[NodeFacts, ...]
    topics: tuple[TopicFacts, ...]
    image_topics: Mapping[str, str]
    left_out: tuple[str, ...]
    clock_publishers: int
    clock_ticks: int
    processes: tuple[RosProcess, ...]
    ours: RosProcess
    largest_input: int = 0
    clock_step_ms: float = 0.0
    clock_hz: float = 0.0
    regions: tuple[RegionTopicFacts, ...] = ()
    box_topics: tuple[str, ...] = ()


# Where what is not of the graph is.
MACHINE = 'this machine'


class Level(str, Enum):
    """How much a finding matters."""

    WRONG = 'wrong'
    NOTE = 'note'
    OK = 'ok'

    def __str__(self) -> str:
        return self.value


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes:
        level: wrong: it keeps the robot from classifying as it should; note: worth knowing.
        check: names the kind of trouble, such as `qos`, for programs.
        where: the topic, the node, the recording, or `MACHINE`.
        what: what is wrong, a sentence without its full stop.
        cure: what to do, likewise; empty where nothing is to be done.
    """

    level: Level
    check: str
    where: str
    what: str
    cure: str = ''


def wrong(check: str, where: str, what: str, cure: str) -> Finding:
    """Return a finding of something that is wrong."""
    return Finding(Level.WRONG, check, where, what, cure)


def note(check: str, where: str, what: str, cure: str = '') -> Finding:
    """Return a finding that is worth knowing."""
    return Finding(Level.NOTE, check, where, what, cure)


def fine(check: str, where: str, what: str) -> Finding:
    """Return a finding of something that is as it should be."""
    return Finding(Level.OK, check, where, what)


def told(check: str, where: str, sentence: str, level: Level = Level.WRONG) -> Finding:
    """Return a finding of a sentence that says what is wrong, a colon, and what to do."""
    what, _, cure = sentence.partition(': ')
    return Finding(level, check, where, what, cure)
