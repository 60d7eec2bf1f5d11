# SPDX-License-Identifier: Apache-2.0
"""What a network makes of the unknown, as tables, sections of a page, and cards of the worst."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import cv2

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.tools.bundle.open_world import Figure, Frames, OpenWorld
from mobilenet_perception.tools.bundle.unknown_pictures import Pixels
from mobilenet_perception.tools.report import pages

NONE = '-'
UNKNOWN_HEADS = (
    'source', 'frames', 'groups', 'false decisions', '95 % interval', 'mostly', 'AUROC', 'FPR95',
)  # fmt: skip
KNOWN_HEADS = (
    'source', 'frames', 'groups', 'missed', '95 % interval', 'another decided', '95 % interval',
)  # fmt: skip
UNKNOWN_WORDS = (
    'What shows none of the labels. A false decision: its best label has a score of at least the '
    "label's decide_above. AUROC: how often what is known scores above it (0.5 is chance); FPR95: "
    'how much of it scores as high as 95 % of what is known.'
)
KNOWN_WORDS = (
    'What shows a label: missed is what is not decided to show it; a part of that is decided to '
    'show another.'
)
# Of a card's picture, in pixels; letters of a file's name.
_PICTURE_PX, _NAME = 192, 22
_COLUMN_PX = 165
_MOSTLY = 2


def unknown_rows(found: OpenWorld) -> list[tuple[str, ...]]:
    """Return the cells of each source of what is unknown, as `UNKNOWN_HEADS` has them."""
    return [
        (
            name, f'{one.frames:,}', f'{one.groups:,}', share(one.false.value),
            between(one.false), _mostly(one.labels),
            *(('-', '-') if one.auroc is None or one.kept is None
              else (f'{one.auroc.value:.3f}', share(one.kept.value))),
        )
        for name, one in found.unknown.items()
    ]  # fmt: skip


def known_rows(found: OpenWorld) -> list[tuple[str, ...]]:
    """Return the cells of each source of what is known, as `KNOWN_HEADS` has them."""
    return [
        (
            name, f'{one.frames:,}', f'{one.groups:,}', share(one.missed.value),
            between(one.missed), share(one.wrong.value), between(one.wrong),
        )
        for name, one in found.known.items()
    ]  # fmt: skip


def open_world_sections(found: OpenWorld, cards: Sequence[pages.Card]) -> Iterator[pages.Section]:
    """Yield the sections of a page: what is unknown, what of it is worst, and what is known."""
    if found.unknown:
        table = pages.Table('Unknown, by source', UNKNOWN_HEADS, unknown_rows(found), wide=True)
        yield pages.Section('What it does not know', UNKNOWN_WORDS, (table,))
    if cards:
        words = (
            f'The {len(cards)} it is surest of, no more than two of one group. What does show a '
            'label should be removed; the rest is what to train on.'
        )
        yield pages.Section('Worst false decisions', words, cards, column_px=_COLUMN_PX)
    if found.known:
        table = pages.Table('Known, by source', KNOWN_HEADS, known_rows(found), wide=True)
        yield pages.Section('What it misses', KNOWN_WORDS, (table,))


def worst_cards(
    frames: Frames,
    labels: Sequence[str],
    chosen: Sequence[int],
    pixels_of: Callable[[int], Pixels],
) -> list[pages.Card]:
    """Return a card for each of some frames; those whose picture is gone are left out.

    Args:
        frames: of which they are.
        labels: of the network.
        chosen: their positions.
        pixels_of: gives the picture of a frame, (height, width, 3) uint8 RGB.
    """
    found = []
    for index in chosen:
        try:
            pixels = pixels_of(index)
        except PerceptionError:
            continue
        scores = frames.scores[index]
        label = labels[int(scores.argmax())]
        name = frames.names[index].rpartition('/')[2]
        found.append(
            pages.Card(
                title='',
                said=f'{label.replace("_", " ")} {float(scores.max()):.1%}',
                kind='bad',
                lines=(frames.sources[index], _short(name)),
                picture=_png(pixels),
                alt=name,
            )
        )
    return found


def share(value: float) -> str:
    """Return 0.0123 as 1.23 %; never rounded up to 100 %, nor what is not nothing down to it."""
    text = f'{100 * value:.2f}'
    if text == '100.00' and value < 1:
        text = '99.99'
    if text == '0.00' and value > 0:
        text = '0.01'
    return f'{text} %'


def between(figure: Figure) -> str:
    """Return the ends of a figure's interval."""
    if figure.low is None or figure.high is None:
        return NONE
    return f'{share(figure.low)} to {share(figure.high)}'


def _mostly(labels: Mapping[str, int]) -> str:
    words = [f'{label} {count}' for label, count in list(labels.items())[:_MOSTLY]]
    return ', '.join(words) or NONE


def _short(name: str) -> str:
    return name if len(name) <= _NAME else f'{name[:8]}\N{HORIZONTAL ELLIPSIS}{name[-12:]}'


def _png(pixels: Pixels) -> bytes:
    scale = min(1.0, _PICTURE_PX / max(pixels.shape[:2]))
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return cv2.imencode('.png', small[..., ::-1])[1].tobytes()
