# SPDX-License-Identifier: Apache-2.0
"""The frames of the page: each with the region looked at, and what was said of it."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from mobilenet_perception.report.run import Thumbnail


def frame_cards(report: Mapping[str, Any], thumbnails: Sequence[Thumbnail]) -> str:
    """Return the section of frames; empty where there are none."""
    frames = {
        (name, frame['stamp_ns']): frame
        for name, camera in report['cameras'].items()
        for frame in camera['frames']
    }
    found = ((item, frames.get((item.camera, item.stamp_ns))) for item in thumbnails)
    cards = [_card(item, frame, report) for item, frame in found if frame]
    if not cards:
        return ''
    return (
        '<section><h2>Frames</h2><p>One frame of each stretch that shows a signal clearly, or '
        'one every two seconds where the truth is not known. The blue rectangle is the region of '
        'interest: the network sees only that.</p>'
        f'<div class="frames">{"".join(cards)}</div></section>'
    )


def _card(item: Thumbnail, frame: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    data = base64.b64encode(item.jpeg).decode()
    camera = f', {item.camera}' if len(report['cameras']) > 1 else ''
    where = f'{frame["time_s"]:.1f} s{camera}'
    label = frame['label'] or frame['outcome']
    said = label.replace('_', ' ')
    score = f' {frame["score"]:.2f}' if frame['score'] is not None else ''
    truth, kind, mark = frame['truth'], '', ''
    if truth in report['bundle']['labels']:
        kind, mark = ('good', '&#10003; ') if truth == label else ('bad', '&#10007; ')
    words = [escape(where)]
    if truth is not None and truth != label:
        words.append(f'truly {escape(truth.replace("_", " "))}')
    if frame['times_ms'].get('age') is not None:
        words.append(f'{frame["times_ms"]["age"]:.1f} ms old')
    return (
        f'<div class="card"><div class="picture"><img alt="frame at {escape(where)}" '
        f'src="data:image/jpeg;base64,{data}"/>{_region(item, frame["roi"])}</div>'
        f'<div class="said"><b class="{kind}">{mark}{escape(said)}{score}</b>'
        f'<span>{", ".join(words)}</span></div></div>'
    )


def _region(item: Thumbnail, roi: Sequence[int] | None) -> str:
    if roi is None:
        return ''
    x, y, width, height = roi
    # In the units of the drawing, so that lines are as thick on every camera.
    scale = 320 / item.width
    box = (
        f'<rect class="roi" x="{x * scale:.1f}" y="{y * scale:.1f}" '
        f'width="{width * scale:.1f}" height="{height * scale:.1f}"/>'
    )
    return f'<svg viewBox="0 0 320 {item.height * scale:.1f}" aria-hidden="true">{box}{box}</svg>'
