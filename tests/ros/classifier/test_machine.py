# SPDX-License-Identifier: Apache-2.0
"""What /diagnostics says of the computer, over DDS."""

from collections.abc import Callable
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.msg import Transition

from mobilenet_perception.system.machine import Sensors, processor_name
from tests.ros.classifier.node_elsewhere import ROOT_VARIABLE
from tests.ros.classifier.peer import NodeProcess, Peer
from tests.system.machine.trees import orin, write

Start = Callable[..., NodeProcess]


def test_the_machine_is_told_of_in_every_state(start: Start, peer: Peer) -> None:
    start(autostart='false')
    idle = peer.wait_for(lambda: peer.health('classifier: machine'))
    values = {pair.key: pair.value for pair in idle.values}
    assert values['processor'] == processor_name()
    known = Sensors().read().values()
    assert set(known) <= set(values)
    for name in ('power_mode', 'governor'):
        assert values.get(name) == known.get(name)
    assert peer.change_state(Transition.TRANSITION_CONFIGURE)
    assert peer.change_state(Transition.TRANSITION_ACTIVATE)
    peer.wait_for_more('/diagnostics', count=2)
    names = [status.name for status in peer['/diagnostics'][-1].status]
    assert names == ['classifier', 'classifier: camera', 'classifier: machine']


def test_a_hot_jetson_warns(
    start: Start, peer: Peer, environment: dict[str, str], tmp_path: Path
) -> None:
    environment[ROOT_VARIABLE] = str(orin(tmp_path / 'jetson'))
    start(module='tests.ros.classifier.node_elsewhere')
    well = peer.wait_for(lambda: peer.health('classifier: machine'))
    assert (well.level, well.message) == (
        DiagnosticStatus.OK, 'nothing is known to slow it down',
    )  # fmt: skip
    values = {pair.key: pair.value for pair in well.values}
    assert values['board'] == 'NVIDIA Jetson Orin Nano Developer Kit'
    assert (values['jetpack'], values['power_mode']) == ('6.2', 'MAXN_SUPER')
    assert (values['cpu_mhz'], values['hottest_c']) == ('1510.400', '46.500')
    write(tmp_path / 'jetson', {'sys/class/thermal/cooling_device0/cur_state': 4})
    hot = peer.wait_for(
        lambda: (
            (found := peer.health('classifier: machine')).level == DiagnosticStatus.WARN and found
        )
    )
    assert 'slowed down because of heat (cpufreq-cpu0)' in hot.message
