# SPDX-License-Identifier: Apache-2.0
"""What the node would make of recorded frames, in words with the cure, and how to play them."""

from collections.abc import Iterator
from shlex import quote

from mobilenet_perception.pipeline import input_trouble
from mobilenet_perception.recordings.cdr import COMPRESSED, IMAGE
from mobilenet_perception.recordings.reader import without_twins
from mobilenet_perception.recordings.regions import NONE
from mobilenet_perception.recordings.source import camera_topic
from mobilenet_perception.tools.bags.info import scan as scans
from mobilenet_perception.tools.bags.info.regions import assigned
from mobilenet_perception.tools.bags.info.scan import CameraTopic, Figures, Scan, Stamps

# Codecs that image_transport and Foxglove record, and this package does not decode.
_VIDEO = ('theora_image_transport/', 'ffmpeg_image_transport_msgs/', 'CompressedVideo')
# A few lost frames are what best effort is for.
_MISSING_SHARE = 0.02
_LAUNCH = 'ros2 launch mobilenet_perception classify.launch.py use_sim_time:=true'
# At its own 40 Hz the clock of the player would lag behind the stamps by half a budget.
_PLAY = 'ros2 bag play {} --clock 200'


def camera_findings(camera: CameraTopic, figures: Figures) -> list[str]:
    """Return what is wrong with a camera's frames; nothing: the node takes them as they are."""
    if figures.stamps is None:
        return ['no frame was recorded: was the camera running, and on this topic?']
    found = [
        *_rejections(camera),
        *input_trouble.picture(camera.picture.facts(), camera.camera),
        *_stamps(figures.messages, figures.stamps),
    ]
    rate = figures.rate
    if figures.missing_share > _MISSING_SHARE:
        found.append(input_trouble.missing(figures.missing_share, camera.topic))
    if rate and rate.stale_gaps:
        found.append(
            f'decisions go stale in {rate.stale_gaps} gaps of more than '
            f'{scans.default("decision_timeout_ms"):g} ms (decision_timeout_ms)'
        )
    if camera.changes:
        found.append(
            f'the size changes {camera.changes} times: a region of interest, in pixels, fits one'
        )
    if camera.transport == 'raw' and figures.mean_bytes > input_trouble.SMALL_SEGMENT_BYTES:
        found.append(
            f'frames of {figures.mean_bytes / 1e6:.1f} MB get lost on their way through the '
            'shared memory of Fast DDS: play with config/fastdds_large_images.xml in '
            'FASTDDS_DEFAULT_PROFILES_FILE (up to Jazzy: FASTRTPS_DEFAULT_PROFILES_FILE)'
        )
    return found


def bag_findings(scan: Scan) -> list[str]:
    """Return what there is to say of the recording as a whole."""
    found = list(scan.notes)
    found += [
        f'{topic.name} is a video stream ({topic.type}), which the node does not take: record '
        'Image or CompressedImage'
        for topic in scan.topics
        if any(kind in topic.type for kind in _VIDEO)
    ]
    if not scan.cameras:
        found.append('there are no camera images: the node finds nothing to classify here')
    if unclear := assigned(scan).unclear:
        found.append(unclear)
    names = [camera.camera for camera in scan.cameras.values()]
    for camera in sorted({name for name in names if names.count(name) > 1}):
        topics = ', '.join(topic for topic, one in scan.cameras.items() if one.camera == camera)
        found.append(
            f'{camera} is recorded more than once ({topics}): raw images are replayed, unless '
            '--topic names another'
        )
    for camera in sorted({*scan.labels, *scan.things} - set(names)):
        found.append(f'the labels beside it are of a camera {camera}, which it does not have')
    return found


def _rejections(camera: CameraTopic) -> Iterator[str]:
    for reason, count in camera.rejected.counts().items():
        yield f'{count} of {camera.decoded} frames decoded would be rejected: {reason}'


def _stamps(messages: int, stamps: Stamps) -> Iterator[str]:
    if stamps.trouble:
        yield (
            f'{stamps.not_believed} of {messages} stamps would not be believed, and the budget of '
            f'those frames counted from receipt: {stamps.trouble}'
        )
    if stamps.over_budget:
        yield (
            f'{stamps.over_budget} of {messages} frames were as old as the default budget of '
            f'{scans.default("latency_budget_ms"):g} ms when they were recorded, and would '
            'expire: raise latency_budget_ms, or set budget_reference to receipt'
        )
    if stamps.repeated:
        yield f'{stamps.repeated} frames repeat the stamp of the frame before'
    if stamps.backward:
        yield (
            f'the stamps go back {stamps.backward} times: the recording loops or mixes two '
            'drivers, and frames cannot be told apart by stamp'
        )


def suggestions(scan: Scan, receipt: bool) -> list[str]:
    """Return commands to try, one a line; none where no camera can be played.

    Args:
        scan: of the recording.
        receipt: whether its stamps are of no use, so that budgets must count from receipt.
    """
    images = [topic for topic in scan.topics if topic.type in (IMAGE, COMPRESSED)]
    cameras = [scan.cameras[topic.name] for topic in without_twins(images)]
    cameras = [camera for camera in cameras if camera.decoded > camera.rejected.total]
    if not cameras:
        return []
    path = quote(str(scan.path))
    topics = ''
    if len(cameras) < len(images):
        topics = ''.join(f' --topic {quote(camera.topic)}' for camera in cameras)
    bits = [camera.picture.facts().bits for camera in cameras]
    few = max((each for each in bits if 0 < each < 16), default=0)
    options = f' --significant-bits {few}' if few else ''
    names = ','.join(camera.camera for camera in cameras)
    launch = f'{_LAUNCH} cameras:={names}'
    in_file = ['budget_reference: receipt'] if receipt else []
    regions = assigned(scan)
    for camera in cameras:
        if topic := regions.by_camera.get(camera.camera, ''):
            in_file.append(f'{camera.camera}.regions_topic: {topic}')
    if regions.unclear:
        topics += f' --regions {NONE}'
    for camera in cameras:
        for name, value in _arguments(camera):
            # The launch file takes these for one camera.
            if len(cameras) == 1:
                launch += f' {name}:={quote(value)}'
            else:
                in_file.append(f'{camera.camera}.{name}: {value}')
    if in_file:
        launch += f' params_file:=...   # which sets {", ".join(in_file)}'
    return [
        f'python -m mobilenet_perception replay {path}{topics}{options}',
        launch,
        _PLAY.format(path),
    ]


def _arguments(camera: CameraTopic) -> Iterator[tuple[str, str]]:
    """Yield what differs from the node's defaults."""
    if camera.topic != camera_topic(camera.camera, compressed=False):
        yield 'image_topic', camera.topic
    if camera.transport != 'raw':
        yield 'image_transport', camera.transport
    if 0 < camera.picture.facts().bits < 16:
        yield 'significant_bits', str(camera.picture.facts().bits)
