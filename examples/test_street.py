# SPDX-License-Identifier: Apache-2.0
"""Replay tests, to copy: what the classifier must make of a recording.

Record your own, or draw the one of these tests, and keep what they give while it is right:

    python -m mobilenet_perception bag write drive examples/street --seconds 6 --rate 10
    pytest examples/test_street.py --replay-update

(in a checkout, where the package is not installed, add
`-p mobilenet_perception.tools.replay.testing.plugin`). From then on
`pytest examples/test_street.py` fails when something has changed, and says what. Does it notice?
`--replay-fault skip=10` and `--replay-fault stall=20` make something go wrong.
"""

BAG = 'street'


def test_labels(replay):
    """Every frame, as fast as it goes: the same labels always, on any day."""
    run = replay(BAG)
    run.expect(
        decisions=[(1.8, 2.2, 'pedestrians')],
        accuracy_at_least=0.95,
        decision_timeout_ms=500.0,
        golden='street.golden.json',
    )


def test_in_time(replay):
    """At recorded pace: the budget is kept, and no stage has become slower by much."""
    run = replay(BAG, mode='paced', latency_budget_ms=200.0)
    run.expect(miss_rate_at_most=0.05, p99_ms_at_most=200.0, golden='street_paced.golden.json')


def test_over_dds(replay):
    """Through the real node, over DDS: needs ROS 2, and no frame gets lost."""
    run = replay(BAG, mode='ros', latency_budget_ms=1000.0)
    run.expect(lost_at_most=0)
