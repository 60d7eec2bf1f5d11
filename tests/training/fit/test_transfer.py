# SPDX-License-Identifier: Apache-2.0
"""Training from weights, for real: the head first, then fine-tuning, never below the head."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.training.conftest import shared
from tests.training.fit.test_fit import kill
from tests.training.fit.toy import squares, tiny, train
from training.commands.cli import main
from training.configuration.settings import Stage
from training.data.data_set import Array, Sample
from training.fit.limit import TimeLimit
from training.fit.network import label_indices, load_network, network_inputs
from training.fit.run_folder import Run

STAGES = 'stages=[{"epochs": 2, "height": 24, "width": 24}]'


@pytest.fixture(scope='session')
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def make(folder: Path) -> None:
        train(folder, tiny('patience=0', stages=(Stage(4, 24, 24),)))

    return shared(tmp_path_factory, 'weights', make)


def settings_of(weights: Path, *more: str) -> tuple[str, ...]:
    # With a penalty so strong that fine-tuning has something left to learn.
    head = ('head.views=3', 'head.penalties=[10.0, 3.0]')
    start = (f'network.weights={weights}', *head)
    return (*start, 'optimizer.learning_rate=0.003', STAGES, *more)


@pytest.fixture(scope='session')
def transferred(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    def make(folder: Path) -> None:
        train(folder, tiny(*settings_of(weights)))

    return Run(shared(tmp_path_factory, 'transferred', make))


def validated(run: Run) -> tuple[float, float]:
    """Return loss and accuracy of the model that was kept, on validation images."""
    validation = run.split().select(squares().samples, 'validation')
    images = network_inputs(validation, 24, 24).astype(np.float32)
    logits = load_network(run).predict(images, verbose=0).astype(np.float64)
    truth = label_indices(validation, ('red', 'green', 'blue'))
    logits -= logits.max(axis=1, keepdims=True)
    loss = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(truth)), truth]
    return float(loss.mean()), float((logits.argmax(axis=1) == truth).mean())


def same_weights(one: Run, other: Run, tolerance: float = 0.0) -> None:
    pairs = zip(load_network(one).get_weights(), load_network(other).get_weights(), strict=True)
    for mine, theirs in pairs:
        np.testing.assert_allclose(mine, theirs, atol=tolerance)


def base(run: Run) -> list[Array]:
    return list(load_network(run).get_weights()[:-2])


def test_the_head_alone_leaves_the_base_as_it_was(weights: Path, tmp_path: Path) -> None:
    none = 'stages=[{"epochs": 0, "height": 24, "width": 24}]'
    run = train(tmp_path / 'run', tiny(*settings_of(weights), none))
    pairs = zip(base(run), base(Run(weights)), strict=True)
    assert all(np.array_equal(mine, theirs) for mine, theirs in pairs)
    head = run.read_json('head.json')
    assert validated(run) == pytest.approx((head['val_loss'], head['val_accuracy']), rel=1e-3)
    assert head['views'] == 3
    assert run.read_json('curves.json') == {'seconds': head['seconds'], 'epochs': []}
    assert head['val_accuracy'] > 0.8


def test_fine_tuning_never_ends_below_the_head(weights: Path, tmp_path: Path) -> None:
    wild = settings_of(weights, 'optimizer.learning_rate=1.0', 'optimizer.ema=0')
    run = train(tmp_path / 'run', tiny(*wild))
    head = run.read_json('head.json')
    assert min(line['val_loss'] for line in run.read_json('curves.json')['epochs']) > 1.0
    assert validated(run) == pytest.approx((head['val_loss'], head['val_accuracy']), rel=1e-3)


def test_fine_tuning_is_kept_where_it_validates_better(transferred: Run) -> None:
    head, lines = transferred.read_json('head.json'), transferred.read_json('curves.json')
    found = validated(transferred)
    best = min(line['val_loss'] for line in lines['epochs'])
    assert found[0] == pytest.approx(best, rel=1e-3)
    assert best < head['val_loss'] - 0.05
    assert found[1] >= head['val_accuracy']


def test_killed_at_any_point_it_ends_as_if_it_had_not_been(
    transferred: Run, weights: Path, tmp_path: Path
) -> None:
    folder, settings = tmp_path / 'run', settings_of(weights)
    # In the midst of writing features, while the head is written, and in fine-tuning.
    kill(folder, 'training.fit.checkpoint', 'np.savez', 3, *settings)
    kept = {path: path.read_bytes() for path in folder.glob('checkpoints/features/[a-z]*')}
    assert 0 < len(kept) < 4
    kill(folder, 'training.fit.checkpoint', 'save_weights', 1, *settings)
    assert all(
        (folder / 'checkpoints/features' / name).read_bytes() == kept[name] for name in kept
    )
    kill(folder, 'training.fit.checkpoint', 'AfterStep.on_train_batch_end', 3, *settings)
    resumed = train(folder, tiny(*settings))
    same_weights(resumed, transferred, 1e-5)


def test_the_best_weights_are_kept_without_patience_too(tmp_path: Path) -> None:
    settings = ('patience=0', 'optimizer.learning_rate=0.3', 'optimizer.schedule=constant')
    run = train(tmp_path / 'best', tiny(*settings, stages=(Stage(6, 24, 24),)))
    losses = [line['val_loss'] for line in run.read_json('curves.json')['epochs']]
    assert losses.index(min(losses)) < len(losses) - 1
    assert validated(run)[0] == pytest.approx(min(losses), rel=1e-3)
    last = train(tmp_path / 'last', tiny(*settings, 'keep=last', stages=(Stage(6, 24, 24),)))
    assert validated(last)[0] == pytest.approx(losses[-1], rel=1e-3)


@pytest.mark.parametrize('asked', [5, 40])
def test_a_limit_of_time_ends_a_training_without_end(
    weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    asked: int,
) -> None:
    left = iter([1e6] * asked)
    # A clock that is asked so often before the time is up, however slow this machine is.
    monkeypatch.setattr(TimeLimit, 'left', lambda self: next(left, 0.0))
    endless = 'stages=[{"epochs": 100000, "height": 24, "width": 24}]'
    run = train(tmp_path / 'run', tiny(*settings_of(weights), 'minutes=5', 'patience=0', endless))
    assert run.model_file.is_file()
    said = capsys.readouterr().out
    assert 'limit of 5 minutes leaves no time' in said
    assert 'kept: ' in said


def test_without_a_head_what_is_learnt_in_time_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TimeLimit, 'left', lambda self: 0.0)
    run = train(tmp_path / 'run', tiny('minutes=5', stages=(Stage(100_000, 24, 24),)))
    assert len(run.read_json('curves.json')['epochs']) == 1
    assert run.model_file.is_file()


def test_a_limit_leaves_time_to_write_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('training.fit.limit.time.monotonic', lambda: 1000.0)
    limit = TimeLimit(10, begun=700.0)
    assert 270 < limit.left() < 300
    limit.count(200.0)
    assert 70 < limit.left() < 100
    assert limit.left_for_head(alone=True)
    assert not limit.left_for_head(alone=False)
    assert limit.left_for_steps(1.0, 60)
    assert not limit.left_for_steps(1.0, 160)
    assert TimeLimit(0).left_for_head(alone=False)


def photographs(folder: Path) -> Path:
    samples: list[Sample] = list(squares(60, 40).samples)
    for sample in samples:
        place = folder / sample.label / f'{sample.name}.png'
        place.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(place), sample.pixels[..., ::-1])
    return folder


def test_a_folder_and_weights_are_enough(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos = photographs(tmp_path / 'photos')
    command = ['fit', str(photos), '--weights', str(weights), '--runs', str(tmp_path / 'runs')]
    assert main([*command, '--epochs', '1']) == 0
    said = capsys.readouterr().out
    assert '--architecture separable_cnn --alpha 0.5 --size 24 --epochs 1 ' in said
    found = Run(tmp_path / 'runs' / 'separable_cnn_0.5_24').configuration()
    assert (found.network.architecture, found.network.alpha) == ('separable_cnn', 0.5)
    assert found.head.views > 1
    assert found.patience
    chosen = ['--name', 'alone', '--head-epochs', '1', '--epochs', '0', '--set', 'head.views=1']
    assert main([*command, *chosen]) == 0
    alone = Run(tmp_path / 'runs' / 'alone')
    assert [stage.epochs for stage in alone.configuration().stages] == [1, 0]
    assert 'at 24 x 24 pixels, 2 steps each, training head' in capsys.readouterr().out
    pairs = zip(base(alone), base(Run(weights)), strict=True)
    assert all(np.array_equal(mine, theirs) for mine, theirs in pairs)


@pytest.mark.parametrize(
    ('flags', 'message'),
    [
        (['--alpha', '0.25'], 'does not fit this separable_cnn: its layer'),
        (['--set', 'data.validation_share=0'], 'chosen by validation images, and there are none'),
        (['--minutes', '0.0001'], 'the time ended before a training image was seen'),
        (['--set', 'head.penalties=[]'], 'head.penalties is empty'),
        (['--set', 'head.views=0', '--epochs', '0'], 'all stages have 0 epochs'),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(
    weights: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    flags: list[str],
    message: str,
) -> None:
    photos = photographs(tmp_path / 'photos')
    command = ['fit', str(photos), '--weights', str(weights), '--runs', str(tmp_path / 'runs')]
    assert main([*command, *flags]) != 0
    assert message in capsys.readouterr().err
    assert not list((tmp_path / 'runs').glob('*/model.keras'))


def test_a_class_of_too_few_pictures_is_named(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos = photographs(tmp_path / 'photos')
    for picture in sorted((photos / 'red').iterdir())[2:]:
        picture.unlink()
    assert main(['fit', str(photos), '--weights', str(weights), '--runs', str(tmp_path)]) != 0
    said = capsys.readouterr().err
    assert 'red has 2 group(s) of near duplicates for train and validation and test' in said


def test_features_take_bounded_memory(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Features of 32 channels: of 20 images. A file that has them ends it.
    monkeypatch.setattr('training.fit.features.MOST_BYTES', 20 * 32 * 4)
    monkeypatch.setattr('training.fit.features._FILE_BATCHES', 1)
    none = 'stages=[{"epochs": 0, "height": 24, "width": 24}]'
    run = train(tmp_path / 'run', tiny(*settings_of(weights), none))
    count = len(run.split().select(squares().samples, 'train'))
    assert run.read_json('head.json')['views'] == pytest.approx(32 / count, abs=0.01)
