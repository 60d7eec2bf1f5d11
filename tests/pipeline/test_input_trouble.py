# SPDX-License-Identifier: Apache-2.0
"""Each trouble is named with its cure; a healthy input gives no sentence."""

from mobilenet_perception.pipeline import input_trouble
from mobilenet_perception.pipeline.arrivals import ArrivalSummary
from mobilenet_perception.pipeline.input_trouble import Publisher
from mobilenet_perception.pipeline.picture_watch import PictureFacts
from mobilenet_perception.pipeline.timing import FrameRecord, Outcome

IMAGE = 'sensor_msgs/msg/Image'


def records(outcome: Outcome, count: int, reason: str = '') -> list[FrameRecord]:
    return [
        FrameRecord('front', n, 0, outcome, '', 50.0, transport_ms=60.0, reason=reason)
        for n in range(count)
    ]


def test_silence_names_its_cause() -> None:
    def say(*publishers: Publisher) -> str:
        return input_trouble.silence('/front/image', IMAGE, 'front.image_topic', publishers)

    assert 'nobody publishes /front/image' in say()
    assert 'sensor_msgs/msg/CompressedImage' in say(
        Publisher('driver', 'sensor_msgs/msg/CompressedImage', '')
    )
    assert 'qos_overrides./front/image.subscription' in say(Publisher('d', IMAGE, 'DURABILITY'))
    assert 'firewall' in say(Publisher('driver', IMAGE, ''))
    kind = 'sensor_msgs/msg/CompressedImage'
    assert 'set front.image_transport to compressed,' in say(Publisher('driver', kind, ''))
    assert 'republish' in say(Publisher('driver', 'theora_image_transport/msg/Packet', ''))
    raw = input_trouble.silence(
        '/f/compressed', kind, 'f.image_topic', [Publisher('d', IMAGE, '')]
    )
    assert 'set f.image_transport to raw,' in raw
    beside = input_trouble.silence('/f', IMAGE, 'f.image_topic', (), has_compressed=True)
    assert '/f/compressed is published; set f.image_transport to compressed' in beside


def test_loss_of_large_frames_names_the_profile() -> None:
    large = input_trouble.loss('/c', ArrivalSummary(20.0, 0.4, 921_600))
    assert '40%' in large and 'fastdds_large_images.xml' in large
    small = input_trouble.loss('/c', ArrivalSummary(20.0, 0.4, 20_000))
    assert small and 'xml' not in small
    by_stamp = input_trouble.loss('/c', ArrivalSummary(20.0, 0.4, 921_600, counted=False))
    assert 'skipped by the camera' in by_stamp and 'xml' not in by_stamp
    assert input_trouble.loss('/c', ArrivalSummary(30.0, 0.01, 921_600)) == ''


def test_a_clock_that_comes_too_seldom_is_named_with_its_rate() -> None:
    said = input_trouble.clock_trouble(200.0, 5.0)
    assert '5.0 times a second' in said and '--clock 100' in said and 'Gazebo' in said
    # 100 Hz, and a simulator's steps of 1 ms.
    assert input_trouble.clock_trouble(10.0, 100.0) == ''
    assert input_trouble.clock_trouble(1.0, 900.0) == ''


def test_a_stamp_ahead_of_a_slow_clock_is_not_blamed_on_clocks_that_differ() -> None:
    slow = input_trouble.stamp_trouble(1, -150.0, 5000.0, clock_step_ms=200.0)
    assert '/clock' in slow and 'every 200 ms' in slow and 'chrony' not in slow
    assert 'chrony' in input_trouble.stamp_trouble(1, -250.0, 5000.0, clock_step_ms=200.0)
    assert 'chrony' in input_trouble.stamp_trouble(1, -150.0, 5000.0)
    assert input_trouble.stamp_trouble(1, -15.0, 5000.0, clock_step_ms=200.0) == ''


def test_rejections_quote_the_reason_until_a_good_frame_comes() -> None:
    bad = records(Outcome.REJECTED, 3, 'unknown encoding zzz')
    assert 'unknown encoding zzz' in input_trouble.rejections(bad)
    assert input_trouble.rejections(bad + records(Outcome.ON_TIME, 1)) == ''
    assert input_trouble.rejections([]) == ''


def test_missed_budget() -> None:
    assert 'not reachable' in input_trouble.missed_budget(records(Outcome.EXPIRED, 1), 80.0)
    missed = input_trouble.missed_budget(records(Outcome.LATE, 40), 10.0)
    assert '40 of the last 40' in missed and '60 ms old on arrival' in missed
    assert input_trouble.missed_budget(records(Outcome.ON_TIME, 40), 10.0) == ''
    assert input_trouble.missed_budget([], 10.0) == ''
    # Those that never came so far that a time was predicted had no regions.
    assert input_trouble.missed_budget(records(Outcome.EXPIRED, 40), 10.0) == ''
    expired = [record._replace(predicted_ms=60.0) for record in records(Outcome.EXPIRED, 40)]
    assert '40 of the last 40' in input_trouble.missed_budget(expired, 10.0)


def test_picture_says_what_to_set() -> None:
    def said(facts: PictureFacts, bits: int = 0) -> str:
        return '; '.join(input_trouble.picture(facts, 'front', bits))

    assert said(PictureFacts()) == said(PictureFacts(bits=16)) == ''
    few = PictureFacts(bits=12, dark_s=9.0)
    assert said(few).endswith('use 12 of 16 bits: set front.significant_bits: 12')
    assert said(PictureFacts(bits=12), 12) == said(PictureFacts(bits=10), 12) == ''
    assert said(PictureFacts(bits=12), 10).endswith('set front.significant_bits: 12')
    assert 'is_bigendian' in said(PictureFacts(swapped=True))
    assert 'for 9 s' in said(PictureFacts(dark_s=9.0))
    assert said(PictureFacts(unchecked=True)).endswith('pip install simplejpeg')
