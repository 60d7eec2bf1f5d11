# SPDX-License-Identifier: Apache-2.0
"""Reported frames: each is taken, or refused with the reason that its table names."""

import itertools
import random

import pytest

from benchmarks.harness.reported_frames import Reported, reported_cameras, uneven_gaps_s
from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames import decode
from mobilenet_perception.frames.quality import measure

KINDS = [kind for camera in reported_cameras().values() for kind in camera.kinds]


@pytest.mark.parametrize('kind', KINDS, ids=lambda kind: kind.name)
def test_it_is_taken_or_refused_for_its_reason(kind: Reported) -> None:
    for seed in range(3):
        message = kind.message(random.Random(seed))
        if kind.reason:
            with pytest.raises(FrameError, match=kind.reason):
                decode(message)
        else:
            assert decode(message).pixels.size


def test_kinds_of_a_camera_have_names_of_their_own() -> None:
    for camera in reported_cameras().values():
        assert len({kind.name for kind in camera.kinds}) == len(camera.kinds)


def test_twelve_bits_are_seen() -> None:
    message = reported_cameras()['wide'].kinds[0].message(random.Random(0))
    assert measure(message, decode(message)).bits == 12


def test_uneven_rates_alternate_scatter_burst_and_follow_the_light() -> None:
    gaps_s = list(itertools.islice(uneven_gaps_s(random.Random(0)), 2500))
    assert gaps_s[:3] == [0.033, 0.067, 0.033]
    assert 0.01 in gaps_s and max(gaps_s) == 0.4
    assert 110 < sum(gaps_s) < 200
