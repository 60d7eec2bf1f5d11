# SPDX-License-Identifier: Apache-2.0
"""Cards of frames, and the small pictures of the timeline.

Two sections of the page of a run: the frames that went worst, and some along the way.
"""

import base64
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import cv2
import numpy as np

from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.tools.report import pages
from mobilenet_perception.tools.report.run import Thumbnail
from mobilenet_perception.tools.report.scoring import is_answered, judge
from mobilenet_perception.tools.report.thumbnails import WorstFrame, worst_frames
from mobilenet_perception.tools.report.timeline import Still

_COLUMN_PX = 215
# Regions named under a frame; height of a name in it, in units of the drawing, and its letters.
_MOST_REGIONS = 6
_TAG, _TAG_LETTERS = 19.0, 12
_BOX_KINDS = {'right': 'right', 'wrong': 'false'}
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
        'the truth is not known. Rectangles are what the network sees of a frame: its region of '
        'interest is blue, and so are regions of unknown truth; green ones got the right label, '
        'red ones another.'
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
    lines = [', '.join((_where(frame, item.camera, report), *_facts(frame))), *_regions(frame)]
    return _with_picture(pages.Card('', said, kind, lines), item, frame, report)


def _worst_card(
    item: WorstFrame, picture: Thumbnail | None, report: Mapping[str, Any]
) -> pages.Card:
    frame = item.frame
    kind, said = _said(frame, report)
    words = [_where(frame, item.camera, report), *_facts(frame)]
    decision = _words(frame['decision'] or 'none heard')
    has_regions = frame.get('things') is not None
    alone = ''
    if item.kind == 'decision':
        words.append(f'truly {_words(frame["truth"])}')
        alone = f'the frame alone {said}'
        kind, said = 'bad', f'{_WRONG} decision {decision}'
    elif item.kind != 'oldest' and not has_regions:
        words.append(f'decision {decision}')
    why = frame['reason'] or (_longest(frame) if item.kind == 'oldest' else '')
    lines = [', '.join(dict.fromkeys(words)), *filter(None, [alone, why])]
    more = f'1 of {item.like_it}' if item.like_it > 1 and item.kind != 'oldest' else ''
    card = pages.Card(_KINDS[item.kind], said, kind, lines, aside=more)
    return _with_picture(card, picture, frame, report) if picture else card


def _said(frame: Mapping[str, Any], report: Mapping[str, Any]) -> tuple[str, str]:
    """Return the kind and the words of what was said of a frame."""
    if frame.get('things') is not None:
        return _said_of_regions(frame, report)
    label = _words(frame['label'] or f'no label: {frame["outcome"]}')
    score = f' {frame["score"]:.2f}' if frame['score'] is not None else ''
    if frame['truth'] not in report['bundle']['labels']:
        return '', f'{label}{score}'
    right = frame['truth'] == frame['label']
    return 'good' if right else 'bad', f'{_RIGHT if right else _WRONG} {label}{score}'


def _said_of_regions(frame: Mapping[str, Any], report: Mapping[str, Any]) -> tuple[str, str]:
    if frame['outcome'] != Outcome.ON_TIME:
        return '', f'no label: {_words(frame["outcome"])}'
    seen = [thing for thing in frame['things'] if thing['label']]
    found = Counter(judge(thing, 'label', report['bundle']['labels']) for thing in seen)
    kind = 'bad' if found['wrong'] else 'good' if found['right'] else ''
    mark = {'bad': f'{_WRONG} ', 'good': f'{_RIGHT} '}.get(kind, '')
    left = frame['regions']['left']
    words = 'no region' if not seen else '1 region' if len(seen) == 1 else f'{len(seen)} regions'
    return kind, f'{mark}{words}' + (f', {left} left' if left else '')


def _regions(frame: Mapping[str, Any]) -> list[str]:
    """Return a line for each region that was looked at, as far as there is room."""
    lines = [
        f'{thing["id"] or "without id"}: {_words(thing["label"])} {thing["score"]:.2f}'
        for thing in frame.get('things') or ()
        if thing['label']
    ]
    more = len(lines) - _MOST_REGIONS
    return lines if more <= 0 else [*lines[:_MOST_REGIONS], f'and {more} more']


def _facts(frame: Mapping[str, Any]) -> list[str]:
    words = []
    if frame['truth'] is not None and frame['truth'] != frame['label']:
        words.append(f'truly {_words(frame["truth"])}')
    if is_answered(frame):
        words.append(f'{frame["times_ms"]["age"]:.1f} ms old')
    return words


def _where(frame: Mapping[str, Any], camera: str, report: Mapping[str, Any]) -> str:
    named = f', {camera}' if len(report['cameras']) > 1 else ''
    thing = f', {frame["id"] or "without id"}' if 'id' in frame else ''
    return f'at {frame["time_s"]:.1f} s{named}{thing}'


def _longest(frame: Mapping[str, Any]) -> str:
    spent = {stage: frame['times_ms'].get(stage, 0.0) for stage in _STAGES}
    stage = max(spent, key=lambda name: spent[name])
    return f'{spent[stage]:.1f} ms of it {_STAGES[stage]}'


def _with_picture(
    card: pages.Card, item: Thumbnail, frame: Mapping[str, Any], report: Mapping[str, Any]
) -> pages.Card:
    return card._replace(
        picture=item.jpeg,
        alt=f'frame at {frame["time_s"]:.1f} s',
        overlay=_overlay(item, frame, report['bundle']['labels']),
    )


def _overlay(item: Thumbnail, frame: Mapping[str, Any], labels: Sequence[str]) -> str:
    """Draw where the network looked: everywhere, in one place, or in regions."""
    things = frame.get('things')
    if things is None:
        things = [frame]
    boxes = [
        (
            seen['roi'],
            _BOX_KINDS.get(judge(seen, 'label', labels) or '', '') if 'id' in seen else '',
            seen.get('id', ''),
        )
        for seen in things
        if seen['roi'] and (seen['label'] or 'id' not in seen)
    ]
    if not boxes:
        return ''
    # In the units of the drawing, so that lines are as thick on every camera.
    scale = 320 / item.width
    height = item.height * scale
    drawn = ''.join(_box(roi, scale, kind, name, height) for roi, kind, name in boxes)
    return f'<svg viewBox="0 0 320 {height:.1f}" aria-hidden="true">{drawn}</svg>'


def _box(roi: Sequence[int], scale: float, kind: str, name: str, height: float) -> str:
    x, y, wide, high = (number * scale for number in roi)
    box = f'x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}"'
    drawn = f'<rect class="roi" {box}/><rect class="roi{kind and " " + kind}" {box}/>'
    if not name:
        return drawn
    # Above the box, or below it where the picture ends.
    base = y - 5 if y > _TAG else min(height - 4, y + high + _TAG)
    short = name if len(name) <= _TAG_LETTERS else f'{name[: _TAG_LETTERS - 1]}…'
    return f'{drawn}<text class="tag" x="{x:.1f}" y="{base:.1f}">{escape(short)}</text>'


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
