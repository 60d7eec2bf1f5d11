# SPDX-License-Identifier: Apache-2.0
"""What a recording holds, in words and tables for the terminal."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from mobilenet_perception.tools.report.tables import table

# How many sizes or encodings of one camera are named.
_TOLD = 3


def info_text(values: Mapping[str, Any]) -> str:
    """Return what `info_values` found, for a person to read."""
    parts = [_headline(values)]
    if values['topics']:
        parts.append(_topics(values))
    for topic, camera in values['cameras'].items():
        parts.append('\n'.join(_camera(topic, camera)))
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
