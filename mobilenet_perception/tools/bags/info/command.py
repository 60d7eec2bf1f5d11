# SPDX-License-Identifier: Apache-2.0
"""`bag info`: what a recording holds, and what the node would make of it."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from mobilenet_perception.tools.bags.info import findings
from mobilenet_perception.tools.bags.info.regions import region_lines, region_values
from mobilenet_perception.tools.bags.info.scan import CameraTopic, Figures, Scan
from mobilenet_perception.tools.terminal import Progress, table

# How many sizes or encodings of one camera are named.
_TOLD = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this action's arguments."""
    parser.add_argument('bag', metavar='BAG', type=Path, help='bag folder, .mcap or .db3 file')
    parser.add_argument('--all', action='store_true', help='decode every frame, not a sample')
    parser.add_argument('--json', action='store_true', help='print JSON')


def run(arguments: argparse.Namespace) -> int:
    """Scan the bag and print what came out; 1 if it is damaged.

    Ctrl-C ends the reading: what was read until then is printed.
    """
    scan = Scan(arguments.bag)
    try:
        with Progress('camera frames read') as progress:
            scan.read(arguments.all, progress)
    except KeyboardInterrupt:
        scan.interrupted = True
    values = info_values(scan)
    print(json.dumps(values, indent=1) if arguments.json else info_text(values))
    for damage in scan.damage:
        print(f'error: {damage}', file=sys.stderr)
    if scan.interrupted:
        return 130
    return 1 if scan.damage else 0


def info_values(scan: Scan) -> dict[str, Any]:
    """Return all there is to say of a recording, as JSON values: the contract of `--json`.

    Units are in the names, else seconds and Hz.
    """
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
            topic: _camera_values(scan, camera, figures[topic])
            for topic, camera in sorted(scan.cameras.items())
        },
        'regions': region_values(scan),
        'findings': findings.bag_findings(scan),
        'suggestions': findings.suggestions(scan, _stamps_are_of_no_use(list(figures.values()))),
    }


def _camera_values(scan: Scan, camera: CameraTopic, figures: Figures) -> dict[str, Any]:
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
        'stamps': _stamp_values(figures),
        'labels': {
            'labelled': len(known),
            'clear': sum(label.clear for label in known),
            'of_no_frame': len(labels) - len(here),
        },
        'findings': findings.camera_findings(camera, figures),
    }


def _stamp_values(figures: Figures) -> dict[str, Any] | None:
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


def info_text(values: Mapping[str, Any]) -> str:
    """Return what `info_values` found, for a person to read."""
    parts = [_headline(values)]
    if values['topics']:
        parts.append(_topics(values))
    for topic, camera in values['cameras'].items():
        parts.append('\n'.join(_camera(topic, camera)))
    for topic, found in values['regions'].items():
        parts.append('\n'.join(region_lines(topic, found)))
    if values['findings']:
        parts.append('\n'.join(values['findings']))
    if values['suggestions']:
        commands = '\n'.join(f'  {command}' for command in values['suggestions'])
        parts.append(f'to play it:\n{commands}')
    return '\n\n'.join(parts)


def _headline(values: Mapping[str, Any]) -> str:
    size = sum(file['bytes'] for file in values['files'])
    files = len(values['files'])
    told = f'{values["bag"]}: {files} file{"s" if files > 1 else ""}, {_bytes(size)}; '
    if values['start_ns'] is None:
        told += 'no message'
    else:
        start = datetime.fromtimestamp(values['start_ns'] / 1e9, timezone.utc)
        told += (
            f'{values["messages"]} messages in {values["duration_s"]:.1f} s from '
            f'{start:%Y-%m-%d %H:%M:%S} UTC'
        )
    return told + ('; INTERRUPTED' if values['interrupted'] else '')


def _topics(values: Mapping[str, Any]) -> str:
    rows = [['topic', 'type', 'messages', 'mean Hz', 'QoS']]
    for topic in values['topics']:
        rate = '-' if topic['mean_hz'] is None else f'{topic["mean_hz"]:.1f}'
        qos = ' / '.join(topic['qos'])
        rows.append([topic['name'], topic['type'], str(topic['messages']), rate, qos])
    return table(rows)


def _camera(topic: str, camera: Mapping[str, Any]) -> Iterator[str]:
    yield f'{topic}: {camera["transport"]} images of the camera {camera["camera"]}'
    if camera['messages']:
        sizes, encodings = _counts(camera['sizes']), _counts(camera['encodings'])
        yield (
            f'  frames   {camera["messages"]} of {sizes or "unknown size"}, {encodings}; '
            f'{_bytes(camera["mean_bytes"])} each'
        )
    if rate := camera['rate']:
        yield (
            f'  rate     {rate["median_hz"]:.1f} Hz (median), longest gap '
            f'{rate["longest_gap_s"]:.3f} s at {rate["longest_gap_at_s"]:.1f} s'
        )
    if stamps := camera['stamps']:
        yield f'  stamps   {_stamps(stamps)}'
    if camera['decoded']:
        good = camera['decoded'] - sum(camera['rejected'].values())
        yield f'  decoded  {good} of {camera["decoded"]} looked at'
    labels = camera['labels']
    if labels['labelled'] or labels['of_no_frame']:
        lost = f', {labels["of_no_frame"]} of no frame here' if labels['of_no_frame'] else ''
        yield f'  labels   {labels["labelled"]} frames, {labels["clear"]} of them clear{lost}'
    for finding in camera['findings'] or ['the node takes these frames as they are']:
        yield f'  - {finding}'


def _stamps(stamps: Mapping[str, Any]) -> str:
    if stamps['ages_ms'] is None:
        return 'none: all are zero'
    ages = stamps['ages_ms']
    zero = f'; {stamps["zero"]} are zero' if stamps['zero'] else ''
    return (
        f'{ages["median"]:.1f} ms before recording (median; {ages["min"]:.1f} to '
        f'{ages["max"]:.1f}){zero}'
    )


def _counts(counts: Mapping[str, int]) -> str:
    if len(counts) < 2:
        return ''.join(counts)
    told = [f'{name} ({count})' for name, count in list(counts.items())[:_TOLD]]
    more = [f'{len(counts) - _TOLD} more'] if len(counts) > _TOLD else []
    return ', '.join([*told, *more])


def _bytes(size: float) -> str:
    for unit in ('B', 'kB', 'MB'):
        if size < 1000:
            return f'{size:.3g} {unit}'
        size /= 1000
    return f'{size:.1f} GB'
