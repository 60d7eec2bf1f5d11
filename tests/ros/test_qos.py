# SPDX-License-Identifier: Apache-2.0
"""QoS that cannot match is named, by the rule that ROS 2 itself goes by."""

from itertools import product

import pytest

from mobilenet_perception.ros.qos import Mismatch, Policies, incompatibility, mismatches

BEST = Policies('reliable', 'transient_local')
LEAST = Policies('best_effort', 'volatile')


def test_who_offers_less_than_is_requested_is_not_heard() -> None:
    assert mismatches(BEST, LEAST) == mismatches(BEST, BEST) == mismatches(LEAST, LEAST) == []
    assert mismatches(LEAST, BEST) == [
        Mismatch('reliability', 'best_effort', 'reliable'),
        Mismatch('durability', 'volatile', 'transient_local'),
    ]


def test_it_is_the_rule_of_ros() -> None:
    qos = pytest.importorskip('rclpy.qos', reason='needs rclpy: ROS 2 or its wheels')
    reliabilities = (qos.ReliabilityPolicy.RELIABLE, qos.ReliabilityPolicy.BEST_EFFORT)
    durabilities = (qos.DurabilityPolicy.TRANSIENT_LOCAL, qos.DurabilityPolicy.VOLATILE)
    profiles = [
        qos.QoSProfile(depth=1, reliability=reliability, durability=durability)
        for reliability, durability in product(reliabilities, durabilities)
    ]
    for offered, requested in product(profiles, profiles):
        compatible, _ = qos.qos_check_compatible(offered, requested)
        assert bool(incompatibility(offered, requested)) == (
            compatible == qos.QoSCompatibility.ERROR
        )
    words = incompatibility(profiles[-1], profiles[0])
    assert 'reliability: best_effort is offered and reliable is requested' in words
