# SPDX-License-Identifier: Apache-2.0
"""Facts of a graph and a machine with which nothing is wrong, to be spoiled one at a time."""

from typing import Any

from mobilenet_perception.pipeline.arrivals import ArrivalSummary
from mobilenet_perception.pipeline.regions import RegionRules
from mobilenet_perception.pipeline.timing import FrameRecord, Outcome
from mobilenet_perception.recordings.cdr import IMAGE
from mobilenet_perception.ros.qos import BEST_EFFORT
from mobilenet_perception.system.machine import MachineState
from mobilenet_perception.tools.bags.info.scan import Ages, Rate, Stamps
from mobilenet_perception.tools.doctor.facts import (
    BOXES,
    Endpoint,
    GraphFacts,
    NodeFacts,
    Query,
    RegionTopicFacts,
    StreamFacts,
    TopicFacts,
)
from mobilenet_perception.tools.doctor.machine_facts import MachineFacts
from mobilenet_perception.tools.doctor.processes import RosProcess
from mobilenet_perception.tools.doctor.region_stream import Matches, RegionStream

TOPIC = '/front/image_raw'
NODE = '/classifier'
CAMERA = '/driver'
OURS = RosProcess(1, 'doctor', {})

STAMPS = Stamps(Ages(5.0, 4.0, 9.0), 0, 0, 0, 0, '', 0)
HEARD = StreamFacts(
    messages=300, seconds=10.0, reliable=True, compared=290, best_effort=290,
    frame_bytes=921_600.0, rate=Rate(30.0, 28.0, 0.04, 1.0, 0, 0), stamps=STAMPS,
    arrivals=ArrivalSummary(30.0, 0.0, 921_600), simulated_age_ms=None, encodings={'rgb8': 300},
    sizes={'640x480': 300}, decoded=50, rejected={},
)  # fmt: skip
RECORD = FrameRecord('front', 1, 1, Outcome.ON_TIME, 'small', 50.0, predicted_ms=3.0)
CLASSIFIER = NodeFacts(
    NODE, state='active', parameters={'use_sim_time': False}, records={'front': (RECORD,) * 300}
)
PUBLISHER = Endpoint(CAMERA, IMAGE, elsewhere=False)
SUBSCRIBER = Endpoint(NODE, IMAGE, BEST_EFFORT)
FRONT = TopicFacts(TOPIC, (PUBLISHER,), (SUBSCRIBER,), HEARD, CLASSIFIER, 'front', IMAGE)
DETECTOR = Endpoint('/detector', BOXES, elsewhere=False)
HEARD_BOXES = RegionStream(
    messages=300, seconds=10.0, boxes=900, labels={'traffic light': 600, 'car': 300}, wanted=900,
    ids=9, outside=0, reach=(630, 470), matches=Matches(290, 290, '', 20.0),
)  # fmt: skip
REGIONS = RegionTopicFacts(
    '/detector/boxes', CLASSIFIER, 'front', TOPIC, RegionRules(), (DETECTOR,),
    (Endpoint(NODE, BOXES, BEST_EFFORT),), HEARD_BOXES, ('640x480',),
)  # fmt: skip
GRAPH = GraphFacts(
    seconds=10.0, domain=0, middleware='rmw_fastrtps_cpp',
    profile_variable='FASTRTPS_DEFAULT_PROFILES_FILE', query=Query(), nodes=(CLASSIFIER,),
    topics=(FRONT,), image_topics={TOPIC: IMAGE}, left_out=(), clock_publishers=0, clock_ticks=0,
    processes=(), ours=OURS, largest_input=224, regions=(REGIONS,),
)  # fmt: skip
MACHINE = MachineFacts(
    libraries={
        'onnxruntime': {'version': '1.31.1'},
        'psutil': {'version': '7.2.2'},
        'simplejpeg': {'version': '1.9.0'},
        'vision_msgs': {'from': '/opt'},
        'cv_bridge': {'version': 'not installed'},
    },
    numpy='2.2.6', ros={'distribution': 'lyrical', 'rmw': 'rmw_fastrtps_cpp'},
    runtimes=('onnxruntime',),
    bundles={'/bundle': ''}, engines=(), engine_trouble='', state=MachineState(),
    before=MachineState(), busy=0.3, shared_memory_bytes=10**9,
)  # fmt: skip


def with_topic(**changes: Any) -> GraphFacts:
    """Return the graph with another topic."""
    return GRAPH._replace(topics=(FRONT._replace(**changes),))


def with_heard(**changes: Any) -> GraphFacts:
    """Return the graph with other frames."""
    return with_topic(heard=HEARD._replace(**changes))


def with_stamps(**changes: Any) -> GraphFacts:
    """Return the graph with other stamps."""
    return with_heard(stamps=STAMPS._replace(**changes))


def with_node(**changes: Any) -> GraphFacts:
    """Return the graph with another node."""
    node = CLASSIFIER._replace(**changes)
    return GRAPH._replace(nodes=(node,), topics=(FRONT._replace(node=node),))


def with_publisher(**changes: Any) -> GraphFacts:
    """Return the graph with another publisher."""
    return with_topic(publishers=(PUBLISHER._replace(**changes),))


def with_subscriber(**changes: Any) -> GraphFacts:
    """Return the graph with another subscriber."""
    return with_topic(subscribers=(SUBSCRIBER._replace(**changes),))


def with_regions(**changes: Any) -> GraphFacts:
    """Return the graph with another topic of regions."""
    return GRAPH._replace(regions=(REGIONS._replace(**changes),))


def with_matches(matches: Matches, rules: RegionRules = REGIONS.rules) -> GraphFacts:
    """Return the graph with frames that found their regions otherwise, as the node says too."""
    expired = RECORD._replace(
        outcome=Outcome.EXPIRED, predicted_ms=None, reason='no regions of its stamp came in time'
    )
    node = CLASSIFIER._replace(records={'front': (expired,) * 30})
    return with_regions(node=node, heard=HEARD_BOXES._replace(matches=matches), rules=rules)


def with_boxes(rules: RegionRules = REGIONS.rules, **changes: Any) -> GraphFacts:
    """Return the graph with other boxes, and perhaps with other rules for them."""
    return with_regions(heard=HEARD_BOXES._replace(**changes), rules=rules)
