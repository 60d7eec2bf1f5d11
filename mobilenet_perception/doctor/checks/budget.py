# SPDX-License-Identifier: Apache-2.0
"""The latency budget: whether the node can hold it on its machine."""

from collections.abc import Iterator

from mobilenet_perception import input_trouble
from mobilenet_perception.doctor.facts import GraphFacts
from mobilenet_perception.doctor.finding import Finding, Level, fine, told
from mobilenet_perception.timing import Outcome, miss_rate

# Of the frames, not answered in time: no trouble yet.
_FEW = 0.1


def check_budget(facts: GraphFacts) -> Iterator[Finding]:
    """Judge what became of the frames that the nodes received."""
    for node in facts.nodes:
        for camera, records in node.records.items():
            where = f'{node.name}: {camera}'
            predictions = [item.predicted_ms for item in records if item.predicted_ms is not None]
            missed = input_trouble.missed_budget(records, min(predictions, default=0.0))
            if missed:
                yield told(Level.WRONG, 'budget', where, missed)
            if any(record.outcome is Outcome.FAILED for record in records):
                failures = [item for item in records if item.outcome is Outcome.FAILED]
                yield told(Level.WRONG, 'failed', where, input_trouble.rejections(failures))
            missed_share = miss_rate(records)
            if missed_share is not None and missed_share <= _FEW:
                kept = f'{1 - missed_share:.0%} of {len(records)} frames were answered in time'
                yield fine('budget', where, kept)
