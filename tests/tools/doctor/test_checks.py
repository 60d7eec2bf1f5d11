# SPDX-License-Identifier: Apache-2.0
"""Each trouble is named with its cure, by a table; where there is none, nothing is wrong."""

import pytest

from mobilenet_perception.pipeline.picture_watch import PictureFacts
from mobilenet_perception.pipeline.regions import EXACT, RegionRules
from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.recordings.cdr import COMPRESSED
from mobilenet_perception.ros.qos import BEST_EFFORT, TRANSIENT_LOCAL
from mobilenet_perception.system.machine import Clock, MachineState
from mobilenet_perception.tools.bags.info.scan import Rate
from mobilenet_perception.tools.doctor.checks import graph_findings, in_order, machine_findings
from mobilenet_perception.tools.doctor.facts import Finding, GraphFacts, Level, Query
from mobilenet_perception.tools.doctor.machine_facts import CachedEngine, MachineFacts
from mobilenet_perception.tools.doctor.processes import RosProcess
from mobilenet_perception.tools.doctor.region_stream import Matches
from tests.tools.doctor.facts import (
    DETECTOR,
    FRONT,
    GRAPH,
    HEARD,
    MACHINE,
    NODE,
    PUBLISHER,
    RECORD,
    REGIONS,
    TOPIC,
    with_boxes,
    with_heard,
    with_matches,
    with_node,
    with_publisher,
    with_regions,
    with_stamps,
    with_subscriber,
    with_topic,
)

ELSEWHERE = RosProcess(77, 'driver.py', {'ROS_DOMAIN_ID': '42'})
EMPTY = GRAPH._replace(nodes=(), topics=(), image_topics={}, regions=())
ZERO = 'frames carry no capture stamp (it is zero): set header.stamp in the camera driver'
OLD = 'capture stamps are 99 s old on arrival: the clocks differ'
UNEVEN = Rate(30.0, 10.0, 0.1, 1.0, 100, 0, spread=2.0)
LATE = RECORD._replace(outcome=Outcome.LATE, transport_ms=60.0)
EXPIRED = RECORD._replace(outcome=Outcome.EXPIRED, predicted_ms=80.0)
FAILED = RECORD._replace(outcome=Outcome.FAILED, reason='RuntimeError: no memory')
UNHEARD = EXPIRED._replace(predicted_ms=None, reason='no regions have come')
DEAF = REGIONS.node._replace(records={'front': (UNHEARD,) * 9})
LIGHTS = RegionRules(classes=('traffic_lights', 'stop sign'))
EXACTLY = RegionRules(match=EXACT)
APART = 'the last 99 frames had no regions of their stamp: copy the header of the image'

GRAPHS = {
    'nothing seen': (EMPTY, 'discovery', 'ROS_DOMAIN_ID'),
    'nothing but another domain': (
        EMPTY._replace(processes=(ELSEWHERE,)), 'discovery', 'driver.py with ROS_DOMAIN_ID=42'),
    'another middleware': (
        EMPTY._replace(processes=(ELSEWHERE._replace(variables={
            'RMW_IMPLEMENTATION': 'rmw_cyclonedds_cpp'}),)), 'discovery', 'rmw_cyclonedds_cpp'),
    'this machine only': (
        EMPTY._replace(ours=ELSEWHERE._replace(variables={
            'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'})), 'discovery', 'hides other machines'),
    'node absent': (GRAPH._replace(query=Query(('/rear',))), 'node', 'there is /classifier'),
    'node silent': (with_node(state=''), 'node_state', 'does not answer'),
    'node inactive': (with_node(state='inactive'), 'node_state',
                      'ros2 lifecycle set /classifier activate'),
    'two nodes': (with_node(instances=2), 'two_nodes', 'namespace'),
    'node in trouble': (with_node(trouble='the runtime hangs: restart the node'), 'node_trouble',
                        'restart the node'),
    'no publisher': (with_topic(publishers=(), heard=None), 'no_publisher', 'start the camera'),
    'a topic of another name': (
        with_topic(publishers=(), heard=None)._replace(image_topics={'/front/image': FRONT[6]}),
        'no_publisher', 'set front.image_topic to a topic that is published: /front/image'),
    'compressed': (with_publisher(message_type=COMPRESSED), 'message_type',
                   'front.image_transport:=compressed'),
    'no images': (with_publisher(message_type='std_msgs/msg/String'), 'message_type',
                  'no camera topic'),
    'two publishers': (with_topic(publishers=(PUBLISHER, PUBLISHER._replace(node='/bag'))),
                       'two_publishers', '/bag, /driver'),
    'reliability': (
        with_topic(publishers=(PUBLISHER._replace(reliability=BEST_EFFORT),),
                   subscribers=(PUBLISHER._replace(node=NODE),)),
        'qos_reliability', f'-p qos_overrides.{TOPIC}.subscription.reliability:=best_effort'),
    'durability': (with_subscriber(durability=TRANSIENT_LOCAL), 'qos_durability',
                   f'-p qos_overrides.{TOPIC}.subscription.durability:=volatile'),
    'durability of another': (with_subscriber(node='/rviz', durability=TRANSIENT_LOCAL),
                              'qos_durability', 'have /rviz ask for volatile'),
    'silence': (with_heard(messages=0, stamps=None, rate=None), 'silence', 'paused'),
    'silence afar': (
        with_topic(heard=None, publishers=(PUBLISHER._replace(elsewhere=True),)), 'silence',
        'firewall'),
    'deaf node': (with_node(records={}), 'node_hears_nothing', 'restart'),
    'bits': (with_heard(picture=PictureFacts(bits=12)), 'picture',
             'set front.significant_bits: 12'),
    'bytes': (with_heard(picture=PictureFacts(swapped=True)), 'picture', 'is_bigendian'),
    'lens': (with_heard(picture=PictureFacts(dark_s=4.0, level=2.0)), 'picture',
             'take the cap off'),
    'encoding': (with_heard(rejected={"the encoding 'x' is not supported: known are y": 7}),
                 'encoding', '7 of 50 frames'),
    'compressed alone': (
        with_topic(publishers=())._replace(image_topics={f'{TOPIC}/compressed': COMPRESSED}),
        'no_publisher', f'front.image_transport to compressed, which takes {TOPIC}/compressed'),
    'clock absent': (with_node(parameters={'use_sim_time': True}), 'clock', 'nobody publishes'),
    'clock stands': (with_node(parameters={'use_sim_time': True})._replace(clock_publishers=1),
                     'clock', 'paused'),
    'simulated stamps': (
        with_heard(simulated_age_ms=3.0,
                   stamps=HEARD.stamps._replace(not_believed=300, trouble=OLD)),  # type: ignore[union-attr]
        'stamps', '-p use_sim_time:=true'),
    'no stamps': (with_stamps(not_believed=300, zero=300, trouble=ZERO), 'stamps', 'header.stamp'),
    'clock comes seldom': (
        with_node(parameters={'use_sim_time': True})._replace(
            clock_publishers=1, clock_ticks=15, clock_step_ms=200.0, clock_hz=5.0),
        'clock', '5.0 times a second'),
    'old stamps': (with_stamps(not_believed=300, trouble=OLD), 'stamps', 'clocks differ'),
    'clocks of two machines': (
        with_topic(heard=HEARD._replace(stamps=HEARD.stamps._replace(  # type: ignore[union-attr]
            not_believed=300, trouble=OLD)), publishers=(PUBLISHER._replace(elsewhere=True),)),
        'stamps', '/driver is on another machine'),
    'stamps back': (with_stamps(backward=3), 'stamps_backward', '3 times'),
    'stamps repeated': (with_stamps(repeated=200), 'stamps_repeated', 'each frame'),
    'loss': (with_heard(reliable=False, lost=200), 'loss', '40%'),
    'loss of large frames': (with_heard(reliable=False, lost=200), 'loss',
                             'fastdds_large_images.xml'),
    'loss counted beside who listens reliably': (with_heard(lost=290), 'loss', '50%'),
    'loss to the node alone': (with_heard(best_effort=100), 'loss', '66%'),
    'loss without profile': (
        with_topic(heard=HEARD._replace(best_effort=100),
                   publishers=(PUBLISHER._replace(process=ELSEWHERE),)),
        'loss', 'driver.py, process 77, was started without'),
    'loss with profile': (
        with_topic(heard=HEARD._replace(best_effort=100), publishers=(PUBLISHER._replace(
            process=ELSEWHERE._replace(variables={'FASTRTPS_DEFAULT_PROFILES_FILE': 'x'})),)),
        'loss', 'too busy'),
    'nearly all lost': (with_heard(reliable=False, messages=1), 'loss', 'no more than 1 frames'),
    'loss between machines': (
        with_topic(heard=HEARD._replace(best_effort=100),
                   publishers=(PUBLISHER._replace(elsewhere=True),)), 'loss', 'rmem_max'),
    'slow': (GRAPH._replace(query=Query(expected_hz=60.0)), 'rate', '29.9 Hz, where 60 Hz'),
    'gaps': (with_heard(rate=Rate(30.0, 1.0, 1.0, 4.0, 1, 1)), 'gaps', '1.00 s'),
    'budget out of reach': (with_node(records={'front': (EXPIRED,) * 30}), 'budget', '80 ms'),
    'budget missed': (with_node(records={'front': (LATE,) * 30}), 'budget', 'free the processor'),
    'no regions': (with_regions(publishers=(), heard=None)._replace(box_topics=('/detector/box',)),
                   'no_regions', 'set front.regions_topic to a topic that is published: /detect'),
    'regions of another domain': (
        with_regions(publishers=(), heard=None)._replace(processes=(ELSEWHERE,)),
        'no_regions', 'driver.py with ROS_DOMAIN_ID=42'),
    'regions of another type': (
        with_regions(publishers=(DETECTOR._replace(message_type='yolo_msgs/msg/DetectionArray'),),
                     heard=None), 'regions_type', 'yolo_msgs/msg/DetectionArray'),
    'regions that are not reliable': (
        with_regions(publishers=(DETECTOR._replace(reliability=BEST_EFFORT),),
                     subscribers=(DETECTOR._replace(node=NODE),)),
        'qos_reliability',
        '-p qos_overrides./detector/boxes.subscription.reliability:=best_effort'),
    'regions of two': (with_regions(publishers=(DETECTOR, DETECTOR._replace(node='/map'))),
                       'two_regions', '/detector, /map'),
    'regions do not come': (with_boxes(messages=0), 'regions_silent', 'empty list'),
    'regions do not come to the node': (with_regions(node=DEAF), 'regions_unheard', 'restart'),
    'regions of no stamp': (with_matches(Matches(90, 0, APART), EXACTLY), 'regions_match',
                            'copy the header of the image'),
    'regions that come late': (
        with_matches(Matches(90, 0, APART, 130.0), EXACTLY), 'regions_match',
        'they come 130 ms after the images'),
    'regions of some frames': (with_matches(Matches(90, 30), EXACTLY), 'regions_match',
                               'only 30 of 90 frames'),
    'regions too old': (
        with_matches(Matches(90, 0, 'the regions are 900 ms from the frames: raise it')),
        'regions_match', '900 ms from the frames -> raise it'),
    'boxes left out': (with_boxes(troubles={'a second box of the id 7: look at it': 12}), 'boxes',
                       'in 12 of 300 messages a second box of the id 7'),
    'boxes of no class': (with_boxes(LIGHTS, wanted=0, labels={}, other_classes=900),
                          'regions_classes', "set front.regions_classes to ['']"),
    'boxes of other classes': (with_boxes(LIGHTS, wanted=0, other_classes=900), 'regions_classes',
                               "for 'traffic_lights' did you mean 'traffic light'?"),
    'boxes in shares': (with_boxes(wanted=0, too_small=900, shares=900), 'boxes_size',
                        "the image's width and height"),
    'boxes too small': (with_boxes(wanted=0, too_small=900), 'boxes_size',
                        'front.regions_min_pixels (8)'),
    'boxes outside': (with_boxes(outside=600, reach=(1900, 1070)), 'boxes_outside',
                      '600 of 900 boxes lie outside the image of 640x480 pixels on /front/image'),
    'boxes without ids': (with_boxes(without_id=900, ids=0), 'boxes_ids', 'no decisions'),
    'boxes with ids anew': (with_boxes(ids=900), 'boxes_ids', '900 different ids'),
    'runtime fails': (with_node(records={'front': (RECORD, FAILED)}), 'failed', 'no memory'),
}  # fmt: skip
CLOCK = Clock('powersave', 'cpufreq-dt', 600.0, 1500.0, 1500.0)
NUMPY_ABI = {'trouble': 'AttributeError: _ARRAY_API not found'}
ENGINE = CachedEngine('street/small', 'tensorrt', '10.3.0')
MACHINES = {
    'no ROS': (MACHINE._replace(ros={'version': 'broken: no rmw'}), 'ros', 'setup.bash'),
    'no HOME': (
        MACHINE._replace(ros={'version': 'broken: errors.PerceptionError: no HOME: set it'}),
        'ros', 'set it'),
    'no middleware': (
        MACHINE._replace(ros={'version': "broken: [rcl]: Expected RMW implementation 'x'"}),
        'ros', 'install what it names'),
    'no vision_msgs': (
        MACHINE._replace(libraries={**MACHINE.libraries, 'vision_msgs': {
            'version': 'not installed'}}), 'ros', 'vision-msgs'),
    'no runtime': (
        MACHINE._replace(libraries={**MACHINE.libraries, 'onnxruntime': {
            'version': 'broken: ImportError: libgomp'}}), 'runtime', 'libgomp'),
    'no TensorRT': (
        MACHINE._replace(runtimes=('tensorrt',), libraries={**MACHINE.libraries, 'tensorrt': {
            'version': 'not installed'}}), 'runtime', 'runtime:=onnxruntime'),
    'bundle': (MACHINE._replace(bundles={'/b': 'x does not match: fetch it again'}), 'bundle',
               'fetch it again'),
    'governor': (MACHINE._replace(state=MachineState(clocks=(CLOCK,))), 'computer', 'powersave'),
    'old engines': (
        MACHINE._replace(engines=(ENGINE,), libraries={**MACHINE.libraries, 'tensorrt': {
            'version': '10.13.0'}}), 'engines', '10.3.0, and tensorrt 10.13.0 is installed'),
    'engine cache': (MACHINE._replace(engine_trouble='others can write: chmod'), 'engines',
                     'chmod'),
}  # fmt: skip


def wrong(findings: list[Finding]) -> dict[str, str]:
    return {f.check: f'{f.what} -> {f.cure}' for f in findings if f.level is Level.WRONG}


@pytest.mark.parametrize('name', GRAPHS)
def test_trouble_of_a_graph(name: str) -> None:
    facts, check, words = GRAPHS[name]
    assert words in wrong(list(graph_findings(facts)))[check]


@pytest.mark.parametrize('name', MACHINES)
def test_trouble_of_a_machine(name: str) -> None:
    facts, check, words = MACHINES[name]
    assert words in wrong(list(machine_findings(facts)))[check]


@pytest.mark.parametrize('name', GRAPHS)
def test_one_trouble_is_not_told_as_many(name: str) -> None:
    assert len(wrong(list(graph_findings(GRAPHS[name][0])))) <= 2


NOTES: dict[str, tuple[GraphFacts | MachineFacts, str]] = {
    'no node': (GRAPH._replace(nodes=(), topics=(FRONT._replace(node=None),)), 'node'),
    'node afar': (with_node(elsewhere=True), 'node'),
    'clock unused': (GRAPH._replace(clock_publishers=1, clock_ticks=9), 'clock'),
    'large': (with_heard(sizes={'3840x2160': 300})._replace(largest_input=96), 'size'),
    'sizes': (with_heard(sizes={'640x480': 200, '320x240': 100}), 'size'),
    'boxes in a corner': (with_boxes(reach=(300, 200)), 'boxes_corner'),
    'a class that never came': (with_boxes(LIGHTS._replace(classes=('car', 'traffic_lights'))),
                                'regions_classes'),
    'some boxes too small': (with_boxes(wanted=300, too_small=600), 'boxes_size'),
    'regions left': (
        with_regions(node=REGIONS.node._replace(records={'front': (RECORD._replace(
            regions=9, regions_classified=1, regions_left=8),) * 30})), 'regions_left'),
    'left out': (GRAPH._replace(left_out=('/depth',)), 'left_out'),
    'load': (MACHINE._replace(busy=0.99), 'load'),
    'shared memory': (MACHINE._replace(shared_memory_bytes=10**6), 'shared_memory'),
    'numpy 2': (MACHINE._replace(libraries={**MACHINE.libraries, 'cv_bridge': NUMPY_ABI}),
                'cv_bridge'),
    'no simplejpeg': (
        MACHINE._replace(
            libraries={**MACHINE.libraries, 'simplejpeg': {'version': 'not installed'}}),
        'simplejpeg'),
    'uneven': (with_heard(rate=UNEVEN), 'uneven'),
    'uneven, best effort': (with_heard(rate=UNEVEN, reliable=False, lost=0), 'uneven'),
    'no psutil': (
        MACHINE._replace(libraries={**MACHINE.libraries, 'psutil': {'version': 'not installed'}}),
        'psutil'),
}  # fmt: skip


@pytest.mark.parametrize('name', NOTES)
def test_what_is_worth_knowing_is_not_wrong(name: str) -> None:
    facts, check = NOTES[name]
    found = list(_findings(facts))
    assert not wrong(found)
    assert check in {finding.check for finding in found if finding.level is Level.NOTE}


def test_nothing_is_wrong_with_sound_facts() -> None:
    found = [*graph_findings(GRAPH), *machine_findings(MACHINE)]
    assert {finding.level for finding in found} == {Level.OK}
    assert {
        'frames',
        'regions',
        'node_state',
        'budget',
        'ros',
        'runtime',
        'bundle',
        'cv_bridge',
    } <= {finding.check for finding in found}


def test_what_is_wrong_comes_first_and_hides_what_is_fine_there() -> None:
    found = in_order(graph_findings(with_stamps(backward=3)._replace(clock_ticks=1)))
    assert [finding.level for finding in found] == sorted(
        (finding.level for finding in found), key=list(Level).index
    )
    assert found[0].check == 'stamps_backward'
    assert not [f for f in found if f.where == TOPIC and f.level is Level.OK]


def test_a_short_look_does_not_call_three_frames_a_loss() -> None:
    assert not wrong(list(graph_findings(with_heard(compared=9, best_effort=5))))
    assert not wrong(list(graph_findings(with_heard(compared=30, best_effort=28))))


def test_stamps_alone_are_no_loss() -> None:
    missing = HEARD.arrivals._replace(lost_share=0.4, counted=False)
    for lost in (None, 0):
        facts = with_heard(reliable=False, arrivals=missing, lost=lost)
        assert not wrong(list(graph_findings(facts)))
    # A camera of one frame a second has sent no more.
    slow = with_heard(reliable=False, messages=5, lost=0)
    assert not wrong(list(graph_findings(slow)))


def test_a_node_that_found_its_regions_is_believed() -> None:
    facts = with_matches(Matches(90, 0, APART), EXACTLY)
    assert 'regions_match' in wrong(list(graph_findings(facts)))
    found = REGIONS.node._replace(records={'front': (RECORD._replace(regions=2),) * 30})
    sound = facts._replace(regions=(facts.regions[0]._replace(node=found),))
    assert not wrong(list(graph_findings(sound)))


def test_what_the_node_was_told_of_bits_is_not_said_again() -> None:
    facts = with_node(parameters={'front.significant_bits': 12})
    # Decoded with all its bits, as here, such a camera is dark.
    for picture, said in (
        (PictureFacts(bits=12, dark_s=9.0), ''),
        (PictureFacts(bits=14), 'set front.significant_bits: 14'),
        (PictureFacts(dark_s=9.0), 'take the cap off'),
    ):
        heard = HEARD._replace(picture=picture)
        seen = facts._replace(topics=(facts.topics[0]._replace(heard=heard),))
        found = [item.cure for item in graph_findings(seen) if item.check == 'picture']
        assert [cure[: len(said)] for cure in found] == ([said] if said else [])


def _findings(facts: GraphFacts | MachineFacts) -> list[Finding]:
    if isinstance(facts, GraphFacts):
        return list(graph_findings(facts))
    return list(machine_findings(facts))


def test_an_old_ros_is_a_note_and_a_nameless_one_is_none() -> None:
    old = MACHINE._replace(ros={'distribution': 'foxy', 'rmw': 'rmw'})
    said = [one for one in machine_findings(old) if one.check == 'ros']
    assert [one.level for one in said] == [Level.NOTE, Level.OK]
    assert 'lyrical' in said[0].cure
    source = MACHINE._replace(ros={'rmw': 'rmw'})
    assert [one.level for one in machine_findings(source) if one.check == 'ros'] == [Level.OK]
    assert any('ROS 2 lyrical starts' in one.what for one in machine_findings(MACHINE))
