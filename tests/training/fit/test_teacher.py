# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from mobilenet_perception.errors import BundleError
from mobilenet_perception.inference.bundle import default_bundle_path, load_bundle
from training.configuration.settings import Loss
from training.errors import TrainingError
from training.fit.images import Teacher, softened

BUNDLE = default_bundle_path()


def test_a_temperature_softens() -> None:
    sure = np.array([[0.9, 0.1, 0.0]], np.float32)
    np.testing.assert_allclose(softened(sure, 1.0), sure, atol=1e-6)
    soft = softened(sure, 2.0)
    np.testing.assert_allclose(soft[0, :2], [0.75, 0.25], atol=1e-4)
    assert soft.sum() == pytest.approx(1.0)


def test_a_bundle_teaches_what_it_scores() -> None:
    bundle = load_bundle(BUNDLE)
    variant = bundle.manifest.variants[0].name
    labels = tuple(reversed(bundle.manifest.labels))
    teacher = Teacher(
        Loss(teacher=str(BUNDLE), teacher_weight=0.25, teacher_temperature=1.0), labels, {}
    )
    golden = bundle.manifest.golden[0]
    image = bundle.golden_images[golden.file]
    truth = np.zeros((1, len(labels)), np.float32)
    truth[0, 0] = 1.0
    found = teacher.teach(image[None], truth)
    # In the student's order of labels.
    expected = 0.75 * truth[0] + 0.25 * np.array(golden.scores[variant][::-1])
    np.testing.assert_allclose(found[0], expected, atol=1e-3)


def test_a_teacher_of_other_labels_is_refused() -> None:
    loss = Loss(teacher=str(BUNDLE))
    with pytest.raises(TrainingError, match='other labels than the data'):
        Teacher(loss, ('cat', 'dog'), {})
    with pytest.raises(TrainingError, match='not merged'):
        Teacher(loss, ('cat', 'dog'), {'cat': 'animal', 'dog': 'animal'})
    with pytest.raises(BundleError, match='not a model bundle'):
        Teacher(Loss(teacher='absent'), ('cat', 'dog'), {})
