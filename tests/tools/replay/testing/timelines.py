# SPDX-License-Identifier: Apache-2.0
"""Timelines made up for tests, a letter for each frame."""

from mobilenet_perception.tools.replay.testing.golden import (
    Golden,
    Replayed,
    TimelineFrame,
    Tolerances,
)

NAMES = {'s': 'stop', 'y': 'yield', 'n': 'no_entry', 'r': 'road_work'}
LABELS = tuple(NAMES.values())
PERIOD_S = 0.1


def frames(letters: str) -> list[TimelineFrame]:
    """Return a frame for each letter: s, y, n, r; `x` is one that expired, a blank one missing."""
    found = []
    for number, letter in enumerate(letters):
        label = NAMES.get(letter, '')
        outcome = 'on_time' if label else 'expired'
        time_s = number * PERIOD_S
        score = 0.9 if label else None
        frame = TimelineFrame(
            round(time_s * 1e9), time_s, outcome, label, score, label or 'stale', 'large'
        )
        if letter != ' ':
            found.append(frame)
    return found


def a_replay(letters: str, mode: str = 'fast', **changes: object) -> Replayed:
    """Return a replay of one camera that gave these labels."""
    made = Replayed(
        version='1.0',
        mode=mode,
        source='street',
        source_digest='aa',
        bundle={'name': 'signals', 'digest': 'ab' * 32, 'labels': list(LABELS)},
        machine={'processor': 'one', 'runtime': 'onnxruntime 1'},
        settings={'latency_budget_ms': None, 'rate_hz': None},
        inference_ms={'large': 5.0},
        stages_ms={'decode': 1.0},
        cameras={'camera': frames(letters)},
    )
    return made._replace(**changes)  # type: ignore[arg-type]


def a_golden(letters: str, mode: str = 'fast') -> Golden:
    """Return the golden file of such a replay."""
    return Golden('street.golden.json', a_replay(letters, mode), Tolerances())
