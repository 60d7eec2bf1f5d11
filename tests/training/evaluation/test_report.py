# SPDX-License-Identifier: Apache-2.0
"""The page of an evaluation: whole, self-contained, and true to the figures."""

import base64
import re
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from mobilenet_perception.tools.report import pages
from tests.training.evaluation.metrics.examples import tracks
from training.data.data_set import Scores
from training.evaluation.metrics.assessment import assess
from training.evaluation.predictions import Mistake, Predictions, worst_mistakes
from training.evaluation.report import Findings, UnknownScores, evaluation_report, mistake_card
from training.evaluation.tables import percent
from training.evaluation.unknown import max_probability, measure_detection

_VOID = {'meta', 'img', 'br'}


class _Reader(HTMLParser):
    """Collects tags, and checks that they are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in _VOID:
            self.open.append(tag)
        self.sources += [value or '' for name, value in attrs if name in ('src', 'href')]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _read(text: str) -> _Reader:
    reader = _Reader()
    reader.feed(text)
    assert reader.open == []
    return reader


@pytest.fixture(scope='module')
def findings() -> Findings:
    predictions = tracks(np.random.default_rng(0), groups=40)
    mistakes = worst_mistakes(predictions, 3)
    known = max_probability(predictions.probabilities)
    unknown: Scores = np.arange(30.0, 70.0) / 100
    return Findings(
        name='run of a test',
        words='Three labels.',
        predictions=predictions,
        assessment=assess(predictions, predictions.probabilities, resamples=200),
        facts={'data': 'drawn'},
        epochs=[{'epoch': 1, 'loss': 1.0}, {'epoch': 2, 'loss': 0.5}],
        mistakes=mistakes,
        images=[np.full((8, 8, 3), 80, np.uint8)] * len(mistakes),
        unknown=[
            UnknownScores(known, unknown, measure_detection('max_probability', known, unknown))
        ],
        limits=('Only drawn.',),
    )


def test_the_page_says_the_figures_and_needs_nothing_else(findings: Findings) -> None:
    text = pages.render(evaluation_report(findings))
    reader = _read(text)
    assert 'script' not in reader.tags
    assert len(reader.sources) == reader.tags.count('img') >= 8
    assert all(source.startswith('data:image/') for source in reader.sources)
    assert not re.search(r'(https?:)?//|url\(|@import', re.sub(r'base64,[^"]*', '', text))
    metrics = findings.assessment.metrics
    assert f'{metrics.correct:,} of {metrics.frames:,} frames in 40 groups' in text
    assert percent(findings.assessment.intervals['accuracy'].low) in text
    assert f'Right on {percent(metrics.accuracy)} of the frames; weakest at ' in text
    for words in ('Worst mistakes', 'Reliability', 'Training curves', 'Only drawn.', 'drawn'):
        assert words in text
    pictures = [base64.b64decode(source.partition('base64,')[2]) for source in reader.sources]
    assert all(b'<svg' in one or one.startswith(b'\x89PNG') for one in pictures)


@pytest.mark.parametrize('count', [1, 7])
def test_each_mistake_is_shown_with_both_labels(count: int) -> None:
    images = [np.full((20 + 9 * i, 35, 3), (9 * i, 1, 2), np.uint8) for i in range(count)]
    labels = ('no_entry', 'a_very_long_label_indeed')
    mistakes = [Mistake(i, f'folder/{i}.png', 'g', *labels, 0.987, 0.01) for i in range(count)]
    cards = [mistake_card(*pair) for pair in zip(mistakes, images, strict=True)]
    assert [card.said for card in cards] == ['a very long label indeed 98.7%'] * count
    assert [card.lines[0] for card in cards] == ['truly no entry 1.0%'] * count
    assert cards[-1].alt == cards[-1].lines[-1] == f'{count - 1}.png'
    content = cards[-1].picture
    assert content is not None
    shown = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    np.testing.assert_array_equal(shown[..., ::-1], images[-1])


def test_little_to_report_is_a_page_too() -> None:
    nothing = Predictions(
        ('a', 'b'), np.array([[0.9, 0.1]], np.float32), np.zeros(1, np.int64), ('g',), ('n',)
    )
    text = pages.render(evaluation_report(Findings('x', '', nothing, assess(nothing), {})))
    _read(text)
    assert '1 of 1 frames in 1 groups' in text
    assert 'Too few groups' in text
    assert 'Worst mistakes' not in text
    assert 'nan' not in text.partition('<body>')[2].partition('base64,')[0]


def test_one_frame_missed_is_not_rounded_away() -> None:
    assert percent(1.0).startswith('100.00')
    assert percent(0.999999).startswith('99.99')
    assert percent(0.98765).startswith('98.77')
