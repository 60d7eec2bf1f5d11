# SPDX-License-Identifier: Apache-2.0
"""What can be told of a recording, without ROS."""

from collections.abc import Iterator

from mobilenet_perception.bag_info.findings import bag_findings, camera_findings
from mobilenet_perception.bag_info.scan import Scan
from mobilenet_perception.doctor.finding import Finding, Level, fine, told


def recording_findings(scan: Scan) -> Iterator[Finding]:
    """Judge a recording that was read."""
    where = str(scan.path)
    for damage in scan.damage:
        yield told(Level.WRONG, 'damage', where, damage)
    for sentence in bag_findings(scan):
        yield told(Level.WRONG, 'recording', where, sentence)
    for topic, camera in sorted(scan.cameras.items()):
        figures = camera.figures(scan.start_ns or 0)
        for sentence in camera_findings(camera, figures):
            # That one is of the machine that plays it.
            level = Level.NOTE if 'shared memory' in sentence else Level.WRONG
            yield told(level, 'frames', topic, sentence)
        looks = ', '.join((*camera.sizes, *camera.encodings))
        rate = f' at {figures.rate.median_hz:.1f} Hz' if figures.rate else ''
        yield fine('recorded', topic, f'{figures.messages} frames{rate}, {looks}')
