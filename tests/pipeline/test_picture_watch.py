# SPDX-License-Identifier: Apache-2.0
"""A fault of the picture is told once it lasts, and no longer; through the pipeline, too."""

from typing import Any

import numpy as np
import pytest

from mobilenet_perception.frames.quality import Quality
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.pipeline.health import camera_health
from mobilenet_perception.pipeline.parameters import CameraSettings
from mobilenet_perception.pipeline.picture_watch import PictureFacts, PictureWatch
from tests.pipeline.bench import Bench
from tests.support.image_messages import Image, plain_message
from tests.support.manual_clock import MS

SOUND = Quality(0, swapped=False, dark=False, level=90.0)
DARK = SOUND._replace(dark=True, level=3.0)


def watched(looks: list[Quality], period_s: float = 1.0) -> PictureFacts:
    watch = PictureWatch()
    for number, quality in enumerate(looks):
        watch.update(quality, round(number * period_s * 1e9))
    return watch.facts()


@pytest.mark.parametrize(
    ('looks', 'dark_s'),
    [
        ([DARK] * 3, 0.0),
        ([DARK] * 4, 3.0),
        ([DARK] * 9, 8.0),
        ([DARK] * 4 + [SOUND], 3.0),  # a glimpse
        ([DARK] * 4 + [SOUND] + [DARK], 5.0),
        ([DARK] * 9 + [SOUND] * 2, 0.0),
        ([DARK, SOUND] * 9, 0.0),
    ],
)
def test_darkness_is_told_when_it_lasts(looks: list[Quality], dark_s: float) -> None:
    assert watched(looks).dark_s == dark_s


def test_a_tunnel_of_two_seconds_is_no_covered_lens() -> None:
    assert watched([SOUND] * 9 + [DARK] * 20, period_s=0.1).dark_s == 0.0


@pytest.mark.parametrize(
    ('seen', 'bits'),
    [
        ([12, 12], 0),
        ([12, 12, 12], 12),
        ([10, 12, 12, 12], 12),
        ([12] * 9 + [16], 12),  # one damaged frame
        ([14] * 9 + [16] * 3, 16),
        ([16] * 3 + [14] * 99, 16),  # a dim scene says nothing of a sensor that is known
        ([0] * 9, 0),
    ],
)
def test_bits_are_what_several_looks_needed(seen: list[int], bits: int) -> None:
    assert watched([SOUND._replace(bits=number) for number in seen]).bits == bits


def test_swapped_bytes_are_told_until_they_are_right() -> None:
    swapped = SOUND._replace(swapped=True)
    assert not watched([swapped] * 2).swapped
    assert watched([swapped] * 3).swapped
    assert not watched([swapped] * 3 + [SOUND] * 2).swapped


def test_it_is_looked_at_twice_a_second() -> None:
    watch = PictureWatch()
    assert watch.is_due(5)
    watch.update(SOUND, 10**10)
    assert not watch.is_due(10**10 + 10**8) and watch.is_due(10**10 + 6 * 10**8)
    assert watch.is_due(5)  # the clock was set back


def troubles(bench: Bench, message: Any) -> str:
    for _ in range(8):
        bench.submit(message)
        bench.pipeline.run_once()
        bench.clock.elapsed_ns += 600 * MS
    assert set(bench.outcomes) == {'on_time'}
    return '; '.join(camera_health(bench.pipeline.state('front'), 1.0, '/c', '').troubles)


def red_12_bits() -> Image:
    rng = np.random.default_rng(1)
    values = np.zeros((20, 30, 3), np.uint16)
    values[..., 0] = np.linspace(3300, 4095, 30) + rng.uniform(-20, 0, (20, 30))
    return Image(20, 30, 'rgb16', 0, 180, values.astype('<u2').tobytes())


def test_the_pipeline_says_what_to_set_and_sees_rightly_when_it_is_set(
    classifier: Classifier,
) -> None:
    bench = Bench(classifier)
    message = red_12_bits()
    assert 'set front.significant_bits: 12' in troubles(bench, message)
    before = bench.results[-1].top
    bench.pipeline.set_camera('front', CameraSettings(50.0, significant_bits=12))
    assert troubles(bench, message) == ''
    after = bench.results[-1].top
    assert after[0].label == 'red' and after[0].score > before[0].score
    bench.pipeline.set_camera('front', CameraSettings(50.0, significant_bits=10))
    assert 'set front.significant_bits: 12' in troubles(bench, message)


def test_the_pipeline_tells_a_covered_lens_and_when_it_is_free(classifier: Classifier) -> None:
    bench = Bench(classifier)
    assert troubles(bench, plain_message('red')) == ''
    assert 'take the cap off' in troubles(bench, Image(20, 30, 'rgb8', 0, 90, bytes(1800)))
    assert troubles(bench, plain_message('red')) == ''
