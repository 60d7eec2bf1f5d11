# SPDX-License-Identifier: Apache-2.0
"""What a scan has shown, as JSON values: the contract of `bag info --json`."""

from typing import Any

from mobilenet_perception.tools.bags.info.camera_topic import CameraTopic, Figures
from mobilenet_perception.tools.bags.info.findings import bag_findings, camera_findings
from mobilenet_perception.tools.bags.info.scan import Scan
from mobilenet_perception.tools.bags.info.suggestions import suggestions


def info_values(scan: Scan) -> dict[str, Any]:
    """Return all there is to say of a recording; units are in the names, else seconds and Hz."""
    start_ns = scan.start_ns
    duration_s = 0.0 if start_ns is None else (scan.end_ns - start_ns) / 1e9
    figures = {topic: item.figures(start_ns or 0) for topic, item in scan.cameras.items()}
    return {
        'bag': str(scan.path),
        'interrupted': scan.interrupted,
        'damage': scan.damage,
        'files': [{'name': file.name, 'bytes': file.size} for file in scan.files],
        'start_ns': start_ns,
        'duration_s': duration_s,
        'messages': sum(topic.messages for topic in scan.topics),
        'topics': [
            {
                'name': topic.name,
                'type': topic.type,
                'messages': topic.messages,
                'mean_hz': topic.messages / duration_s if duration_s else None,
                'qos': sorted(scan.qos.get(topic.name, ())),
            }
            for topic in scan.topics
        ],
        'cameras': {
            topic: _camera(scan, camera, figures[topic])
            for topic, camera in sorted(scan.cameras.items())
        },
        'findings': bag_findings(scan),
        'suggestions': suggestions(scan, _stamps_are_of_no_use(list(figures.values()))),
    }


def _camera(scan: Scan, camera: CameraTopic, figures: Figures) -> dict[str, Any]:
    labels = scan.labels.get(camera.camera, {})
    here = labels.keys() & scan.stamps_ns(camera.camera) if labels else ()
    known = [labels[stamp_ns] for stamp_ns in here if labels[stamp_ns].truth]
    return {
        'camera': camera.camera,
        'transport': camera.transport,
        'messages': figures.messages,
        'mean_bytes': figures.mean_bytes,
        'encodings': dict(camera.encodings.most_common()),
        'sizes': dict(camera.sizes.most_common()),
        'size_changes': camera.changes,
        'decoded': camera.decoded,
        'rejected': camera.rejected.counts(),
        'rate': figures.rate._asdict() if figures.rate else None,
        'stamps': _stamps(figures),
        'labels': {
            'labelled': len(known),
            'clear': sum(label.clear for label in known),
            'of_no_frame': len(labels) - len(here),
        },
        'findings': camera_findings(camera, figures),
    }


def _stamps(figures: Figures) -> dict[str, Any] | None:
    stamps = figures.stamps
    if stamps is None:
        return None
    ages = stamps.ages_ms
    return {**stamps._asdict(), 'ages_ms': ages._asdict() if ages else None}


def _stamps_are_of_no_use(cameras: list[Figures]) -> bool:
    """Say whether most frames of a camera would count from receipt or expire."""
    return any(
        2 * (figures.stamps.not_believed + figures.stamps.over_budget) > figures.messages
        for figures in cameras
        if figures.stamps
    )
