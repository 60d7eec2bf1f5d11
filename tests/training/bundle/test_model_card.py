# SPDX-License-Identifier: Apache-2.0
"""The card says what was measured: sources, thresholds, confusions, and where not to use it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mobilenet_perception.inference.bundle import Decision, Manifest, Variant
from mobilenet_perception.tools.bundle.open_world import Frames, OpenWorld, measure_open_world
from training.bundle.model_card import Figures, model_card
from training.data.data_set import DataSet, Sample, Split
from training.evaluation.record import SetMetrics

LABELS = ('stop', 'yield', 'background')
ABOVE = {'stop': 0.8, 'yield': 0.6, 'background': 0.5}


def figures(variant: Variant, open_world: OpenWorld | None) -> Figures:
    per_class = {
        'stop': {'precision': 1.0, 'recall': 1.0, 'support': 30},
        'yield': {'precision': 1.0, 'recall': 0.8, 'support': 10},
        'background': {'precision': 0.9, 'recall': 0.5, 'support': 40},
    }
    confusion = [[30, 0, 0], [2, 8, 0], [1, 0, 39]]
    metrics: dict[str, Any] = {
        'test': {'metrics': {'per_class': per_class, 'confusion': confusion}}
    }
    return Figures(variant, {'test': SetMetrics(80, 77, 0.9625, 0.01)}, {}, metrics, open_world)


def card(open_world: OpenWorld | None, credits: tuple[str, ...] = ()) -> str:
    """Return the card of one variant; thirteen held-out groups of stop, two of yield."""
    samples = [
        Sample(Path(f'{label}{number}.png'), label, f'{label}{number}', 'signs', '')
        for label, count in (('stop', 13), ('yield', 2), ('background', 20))
        for number in range(count)
    ]
    split = Split((), (), tuple(sample.group for sample in samples))
    variant = Variant(
        'small', 'small.onnx', 'mobilenet_v2', 0.35, 96, 96, 'fp32', 0.96, 400_000, 11_000_000,
        1.0, {'stop': 0.8765},
    )  # fmt: skip
    manifest = Manifest('mine', 'signs', LABELS, (variant,), {}, Decision(0.9, 0.6), 0.01, (), {})
    found = [figures(variant, open_world)]
    return model_card(
        manifest, found, DataSet(samples, LABELS), split, credits, {}, '## Use\n\nOf a test.'
    )


def seen(false: int) -> OpenWorld:
    """Of 200 frames of kerbs that show nothing, some are decided to be stop signs."""
    scores = np.array([(0.9, 0.05, 0.05)] * false + [(0.1, 0.1, 0.8)] * (200 - false), np.float32)
    names = [str(number) for number in range(200)]
    frames = Frames(scores, np.full(200, 2), ['kerbs'] * 200, names, names)
    return measure_open_world(frames, LABELS, ABOVE)


def test_what_was_measured_stands_in_it() -> None:
    text = card(seen(4), ('Signs: a friend, CC BY 4.0.',))
    for words in (
        'Of a test.',
        '| signs | 0 of 0 | 0 of 0 | 35 of 35 |',
        '- Signs: a friend, CC BY 4.0.',
        '| small | kerbs | 200 of 200 | 2.00 % (',
        # Its own threshold, and that of the bundle where it has none.
        '| stop | 0.8765 |',
        '| yield | 0.9000 |',
        '| yield | stop | 2 of 10 |',
        '| kerbs | stop 4 |',
        'Where the camera sees what `kerbs` shows',
        '`yield` (80% found, 2 groups)',
    ):
        assert words in text, words
    assert '`stop` (' not in text and '`background` (' not in text


def test_a_source_within_the_promise_is_no_place_to_keep_out_of() -> None:
    assert 'Where the camera sees' not in card(seen(1))


@pytest.mark.parametrize('open_world', [None, OpenWorld((), {}, {})])
def test_what_was_never_shown_the_unknown_says_so(open_world: OpenWorld | None) -> None:
    text = card(open_world)
    assert text.count('whatever it sees') == 2
    assert 'none given: ask who made the images' in text
