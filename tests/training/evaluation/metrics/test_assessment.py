# SPDX-License-Identifier: Apache-2.0
"""Everything at once, as JSON."""

import json

import numpy as np

from tests.training.evaluation.metrics.examples import tracks
from training.configuration.records import to_json
from training.evaluation.metrics.assessment import assess
from training.evaluation.predictions import Predictions


def test_an_assessment_is_json_without_nan() -> None:
    predictions = tracks(np.random.default_rng(0), groups=30)
    even = np.full_like(predictions.probabilities, 1 / 3)
    found = assess(predictions, even, resamples=100)
    value = json.loads(json.dumps(to_json(found), allow_nan=False))
    assert set(value['intervals']) == {'accuracy', 'macro_f1', 'ece'}
    assert value['uncalibrated']['ece'] != value['calibration']['ece']
    assert len(value['groups']) == 30
    assert value['metrics']['top_k'] == {'1': value['metrics']['accuracy']}


def test_no_frames_and_one_frame_give_figures_without_nan() -> None:
    for frames in (0, 1):
        probabilities = np.array([[0.7, 0.3]] * frames, np.float32).reshape(frames, 2)
        truth = np.zeros(frames, np.int64)
        nothing = Predictions(('a', 'b'), probabilities, truth, ('g',) * frames, ('n',) * frames)
        found = assess(nothing)
        json.dumps(to_json(found), allow_nan=False)
        assert found.intervals == {}
        assert found.metrics.frames == frames
