# SPDX-License-Identifier: Apache-2.0
"""Cards of frames, and the small pictures of the timeline.

Two sections of the page of a run: the frames that went worst, and some along the way.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import cv2
import numpy as np

from mobilenet_perception.tools.report import pages
from mobilenet_perception.tools.report.run import Thumbnail
from mobilenet_perception.tools.report.scoring import is_answered
from mobilenet_perception.tools.report.thumbnails import WorstFrame, worst_frames
from mobilenet_perception.tools.report.timeline import Still

_COLUMN_PX = 215
_SMALL, _SMALL_QUALITY = 132, 70
_MOST_SMALL = 40
_KINDS = {
    'decision': 'Wrong decision',
    'label': 'Wrong label',
    'unanswered': 'No label in time',
    'oldest': 'Oldest answer',
}
_STAGES = {
    'transport': 'on its way to the node',
    'wait': 'waiting for the worker',
    'decode': 'being decoded',
    'preprocess': 'being cropped and resized',
    'inference': 'in the network',
    'postprocess': 'after the network',
}
_RIGHT, _WRONG = '\N{CHECK MARK}', '\N{BALLOT X}'


def frame_cards(
    report: Mapping[str, Any], thumbnails: Sequence[Thumbnail]
) -> pages.Section | None:
    """Return the section of frames picked on the way; None where there are none."""
    frames = {
        (name, frame['stamp_ns']): frame
        for name, camera in report['cameras'].items()
        for frame in camera['frames']
    }
    found = ((item, frames.get((item.camera, item.stamp_ns))) for item in thumbnails)
    cards = [_card(item, frame, report) for item, frame in found if frame]
    words = (
        'One frame of each stretch that shows a signal clearly, or one every two seconds where '
        'the truth is not known. The blue rectangle is the region of interest: the network sees '
        'only that.'
    )
    return (
        pages.Section('Frames along the way', words, cards, column_px=_COLUMN_PX)
        if cards
        else None
    )


def worst_cards(report: Mapping[str, Any], pictures: Iterable[Thumbnail]) -> pages.Section | None:
    """Return the section of the worst frames; None where nothing was answered or missed."""
    known = {(item.camera, item.stamp_ns): item for item in pictures}
    cards = [_worst_card(item, known.get(item.key), report) for item in worst_frames(report)]
    words = (
        'What to look at first: frames with a wrong decision or label, those the network was '
        'surest of before others; one frame for each reason why there was no label in time; and '
        'the answers that took longest, which may still have been in time.'
    )
    return pages.Section('Worst frames', words, cards, column_px=_COLUMN_PX) if cards else None


def film(
    thumbnails: Iterable[Thumbnail], camera: str, times: Mapping[int, float]
) -> tuple[str, list[Still]]:
    """Return small pictures as SVG definitions, and where each belongs on the timeline.

    Args:
        thumbnails: of all cameras; those that cannot be read are left out.
        camera: whose to take.
        times: seconds by stamp.
    """
    mine = [item for item in thumbnails if item.camera == camera and item.stamp_ns in times]
    mine = sorted({item.stamp_ns: item for item in mine}.values(), key=lambda x: times[x.stamp_ns])
    images, stills = [], []
    for item in mine[:: max(1, -(-len(mine) // _MOST_SMALL))]:
        if data := _smaller(item.jpeg):
            shape = item.height / item.width
            name = f'{escape(camera)}-{item.stamp_ns}'
            images.append(f'<image id="{name}" width="1" height="{shape:.4f}" href="{data}"/>')
            stills.append(Still(times[item.stamp_ns], name, shape))
    if not images:
        return '', []
    return f'<svg class="film" aria-hidden="true"><defs>{"".join(images)}</defs></svg>', stills


def _card(item: Thumbnail, frame: Mapping[str, Any], report: Mapping[str, Any]) -> pages.Card:
    kind, said = _said(frame, report)
    lines = [', '.join((_where(frame, item.camera, report), *_facts(frame)))]
    return _with_picture(pages.Card('', said, kind, lines), item, frame)


def _worst_card(
    item: WorstFrame, picture: Thumbnail | None, report: Mapping[str, Any]
) -> pages.Card:
    frame = item.frame
    kind, said = _said(frame, report)
    words = [_where(frame, item.camera, report), *_facts(frame)]
    decision = _words(frame['decision'] or 'none heard')
    alone = ''
    if item.kind == 'decision':
        words.append(f'truly {_words(frame["truth"])}')
        alone = f'the frame alone {said}'
        kind, said = 'bad', f'{_WRONG} decision {decision}'
    elif item.kind != 'oldest':
        words.append(f'decision {decision}')
    why = frame['reason'] or (_longest(frame) if item.kind == 'oldest' else '')
    lines = [', '.join(dict.fromkeys(words)), *filter(None, [alone, why])]
    more = f'1 of {item.like_it}' if item.like_it > 1 and item.kind != 'oldest' else ''
    card = pages.Card(_KINDS[item.kind], said, kind, lines, aside=more)
    return _with_picture(card, picture, frame) if picture else card


def _said(frame: Mapping[str, Any], report: Mapping[str, Any]) -> tuple[str, str]:
    """Return the kind and the words of what was said of a frame."""
    label = _words(frame['label'] or f'no label: {frame["outcome"]}')
    score = f' {frame["score"]:.2f}' if frame['score'] is not None else ''
    if frame['truth'] not in report['bundle']['labels']:
        return '', f'{label}{score}'
    right = frame['truth'] == frame['label']
    return 'good' if right else 'bad', f'{_RIGHT if right else _WRONG} {label}{score}'


def _facts(frame: Mapping[str, Any]) -> list[str]:
    words = []
    if frame['truth'] is not None and frame['truth'] != frame['label']:
        words.append(f'truly {_words(frame["truth"])}')
    if is_answered(frame):
        words.append(f'{frame["times_ms"]["age"]:.1f} ms old')
    return words


def _where(frame: Mapping[str, Any], camera: str, report: Mapping[str, Any]) -> str:
    named = f', {camera}' if len(report['cameras']) > 1 else ''
    return f'at {frame["time_s"]:.1f} s{named}'


def _longest(frame: Mapping[str, Any]) -> str:
    spent = {stage: frame['times_ms'].get(stage, 0.0) for stage in _STAGES}
    stage = max(spent, key=lambda name: spent[name])
    return f'{spent[stage]:.1f} ms of it {_STAGES[stage]}'


def _with_picture(card: pages.Card, item: Thumbnail, frame: Mapping[str, Any]) -> pages.Card:
    return card._replace(
        picture=item.jpeg,
        alt=f'frame at {frame["time_s"]:.1f} s',
        overlay=_region(item, frame['roi']),
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


def _smaller(jpeg: bytes) -> str:
    """Return a picture for the timeline as a data address; empty: it cannot be read."""
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        return ''
    height = max(1, round(image.shape[0] * _SMALL / image.shape[1]))
    small = cv2.resize(image, (_SMALL, height), interpolation=cv2.INTER_AREA)
    _, found = cv2.imencode('.jpg', small, [cv2.IMWRITE_JPEG_QUALITY, _SMALL_QUALITY])
    return f'data:image/jpeg;base64,{base64.b64encode(found.tobytes()).decode()}'


def _words(label: str) -> str:
    return label.replace('_', ' ')
