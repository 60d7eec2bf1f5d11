# SPDX-License-Identifier: Apache-2.0
"""The pages of training in a real browser: evaluation, comparison, sweep, inspection."""

from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from mobilenet_perception.tools.bundle.open_world import (
    Frames,
    OpenWorld,
    measure_open_world,
)
from mobilenet_perception.tools.report import pages
from tests.support.browser import DARK, check_page
from tests.training.conftest import tiny
from tests.training.data.pictures import picture, write
from tests.training.evaluation.comparison.entries import entry
from tests.training.evaluation.metrics.examples import tracks
from training.configuration.settings import Data, Number
from training.data.data_set import DataSet
from training.data.inspection.inspection import inspect_data
from training.data.inspection.write import write_inspection
from training.data.readers.by_name import read
from training.evaluation.comparison import compare, comparison_report
from training.evaluation.metrics.assessment import assess
from training.evaluation.predictions import worst_mistakes
from training.evaluation.report import (
    Findings,
    UnknownScores,
    evaluation_report,
    mistake_card,
)
from training.evaluation.unknown import max_probability, measure_detection
from training.sweep.effects import measure_effects
from training.sweep.record import Attribute, Sweep, Trial
from training.sweep.report import sweep_report
from training.sweep.results import FinishedTrial, Results

LONG = 'mobilenet_v4_conv_small_0.75_112_of_the_second_stage'


def open_world() -> OpenWorld:
    """Return figures of two sources with long names, of which a label is decided."""
    random = np.random.default_rng(0)
    scores = random.dirichlet([0.3, 0.3], 60).astype(np.float32)
    sources = [LONG, 'kerbs', 'known'] * 20
    truth = np.array([-1, -1, 0] * 20)
    names = [str(number) for number in range(60)]
    seen = Frames(scores, truth, sources, names, names)
    return measure_open_world(seen, ('red', 'green'), {'red': 0.9, 'green': 0.5})


def evaluation(folder: Path) -> str:
    predictions = tracks(np.random.default_rng(0), groups=40)
    mistakes = worst_mistakes(predictions, 3)
    known = max_probability(predictions.probabilities)
    detection = measure_detection('max_probability', known, known)
    found = Findings(
        name=LONG,
        words='Three labels.',
        predictions=predictions,
        assessment=assess(predictions, predictions.probabilities, resamples=50),
        facts={'data': LONG * 3},
        epochs=[{'epoch': 1, 'loss': 1.0}, {'epoch': 2, 'loss': 0.5}],
        mistakes=mistakes,
        images=[np.full((40, 20, 3), 80, np.uint8)] * len(mistakes),
        unknown=[UnknownScores(known, known, detection)],
        limits=(LONG * 3,),
        open_world=open_world(),
        worst=[mistake_card(mistakes[0], np.full((40, 20, 3), 80, np.uint8))],
    )
    html = pages.render(evaluation_report(found))
    assert 'false decisions, of 40 frames that show nothing' in html
    return html


def comparison(folder: Path) -> str:
    entries = [entry('poor', 9), entry(LONG, 1, alpha=1.0)]
    entries = [one._replace(open_world=open_world()) for one in entries]
    html = pages.render(comparison_report(compare(entries, against='poor', rounds=1)))
    assert f'false of {LONG}' in html and 'missed of known' in html
    return html


def sweep(folder: Path) -> str:
    attributes = (
        Attribute('network.alpha', (0.5, 1.0)),
        Attribute('optimizer.learning_rate', (0.001, 0.01)),
    )
    values: list[dict[str, Number]] = [
        {'network.alpha': alpha, 'optimizer.learning_rate': rate}
        for alpha, rate in product(*(attribute.values for attribute in attributes))
    ]
    names = [f'{number:03}_alpha_learning_rate' for number in range(len(values))]
    alphas = [float(one['network.alpha']) for one in values]
    entries = [
        entry(name, number, alpha=alpha)
        for number, (name, alpha) in enumerate(zip(names, alphas, strict=True))
    ]
    compared = compare(entries, rounds=1)
    rows = {row.name: row for row in compared.rows}
    trials = [Trial(name, found) for name, found in zip(names, values, strict=True)]
    ended = tuple(FinishedTrial(trial, 0.9, rows[trial.name]) for trial in trials)
    accuracies = [one.row.accuracy or 0.0 for one in ended]
    effects = (
        measure_effects('accuracy', attributes, values, accuracies),
        measure_effects('macs', attributes, values, [1e6 * a for a in alphas], ratios=True),
    )
    about = Sweep(tiny(), attributes, 0, 1, 0, '/data', '0' * 64)
    results = Results(about, ended, {}, tuple(trials), compared, effects, (LONG,))
    return pages.render(sweep_report(results))


def inspection(folder: Path) -> str:
    for label, count in (('stop', 4), (LONG, 3)):
        for index in range(count):
            write(folder / label / f'{index}.png', picture(9 * len(label) + index, 40, 60))
    write(folder / LONG / 'copy.png', picture(36, 40, 60))
    (folder / LONG / f'{LONG}.jpg').write_text('no image')
    data_set: DataSet = read('folder', folder)
    out = folder.parent / 'out'
    return write_inspection(inspect_data(data_set, Data()), data_set, out).read_text()


@pytest.mark.parametrize('make', [evaluation, comparison, sweep, inspection])
def test_a_page_is_whole_on_a_telephone_and_on_a_desk(
    make: Callable[[Path], str], tmp_path: Path
) -> None:
    folder = tmp_path / 'data'
    folder.mkdir()
    html = make(folder)
    for width, options in ((400, (DARK,)), (1200, ())):
        assert check_page(html, tmp_path, width, *options)['pictures']
