# SPDX-License-Identifier: Apache-2.0
"""Whether a training that is killed ends as if it had not been.

python -m benchmarks.training_resume --kills 10

A small network learns scikit-learn's handwritten digits: once undisturbed, once again undisturbed
to see what noise there is, and once killed by SIGKILL at random moments and begun again.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from training.configuration.settings import Augmentation, Configuration, Network, Optimizer, Stage
from training.data.data_set import DataSet, Sample, make_split
from training.fit.run_folder import Run, RunData

# 1259 images in batches of 32.
EPOCH_STEPS = 40


def digits() -> DataSet:
    """Return 1797 handwritten digits, each a group of its own."""
    from sklearn.datasets import load_digits  # noqa: PLC0415

    found = load_digits()
    samples = [
        Sample(
            np.repeat((image * 15.9).astype(np.uint8)[..., None], 3, axis=2),
            str(label),
            f'digit/{index}',
            'digits',
            str(index),
        )
        for index, (image, label) in enumerate(zip(found.images, found.target, strict=True))
    ]
    return DataSet(samples, tuple('0123456789'))


def configuration() -> Configuration:
    """Return a training of everything that has a state: stages, averages, dropout, patience."""
    return Configuration(
        'digits',
        (Stage(2, 16, 16), Stage(4, 24, 24, learning_rate=5e-3)),
        network=Network('separable_cnn', 1.0),
        optimizer=Optimizer(learning_rate=1e-2, ema=0.95),
        augmentation=Augmentation(mixup=0.2),
        batch_size=32,
        patience=3,
    )


def train(folder: Path) -> None:
    """Train, or go on."""
    from training.fit import checkpoint  # noqa: PLC0415
    from training.fit.fitting import fit  # noqa: PLC0415

    # After each step, so that the midst of an epoch is resumed, too.
    checkpoint.SAVE_SECONDS = 0.0
    data_set = digits()
    settings = configuration()
    run = Run(folder)
    split = make_split(data_set, settings.data)
    run.start(settings, RunData('digits', 'digits', data_set.labels, {}, ()), split)
    fit(run, settings, data_set, split)


def child(folder: Path) -> 'subprocess.Popen[bytes]':
    """Start a process that trains."""
    return subprocess.Popen(
        [sys.executable, '-m', 'benchmarks.training_resume', '--run', str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, 'TF_CPP_MIN_LOG_LEVEL': '2'},
    )


def steps_done(folder: Path) -> int:
    """Return the steps that the checkpoint in a run folder has."""
    from training.fit.checkpoint import read_position  # noqa: PLC0415

    position = read_position(folder / 'checkpoints')
    return 0 if position is None else position.epoch * EPOCH_STEPS + position.step


def undisturbed(folder: Path) -> None:
    """Train in one go."""
    process = child(folder)
    if process.wait():
        raise SystemExit('training failed')


def killed(folder: Path, kills: int) -> int:
    """Train, killed after random numbers of steps, at any point of a step; returns how often."""
    total = EPOCH_STEPS * configuration().epochs
    for count in range(kills):
        begun = steps_done(folder)
        process = child(folder)
        target = begun + random.randint(1, max(1, 2 * (total - begun) // (kills - count + 1)))
        while process.poll() is None and steps_done(folder) < target:
            time.sleep(0.01)
        time.sleep(random.uniform(0.0, 0.1))
        if process.poll() is not None:
            return count
        process.send_signal(signal.SIGKILL)
        process.wait()
        print(f'killed after {steps_done(folder)} of {total} steps', flush=True)
    undisturbed(folder)
    return kills


def report(name: str, run: Run) -> list[np.ndarray]:  # type: ignore[type-arg]
    """Print how a training ended; returns its weights."""
    from training.fit.network import load_network  # noqa: PLC0415

    last = run.read_json('curves.json')['epochs'][-1]
    print(
        f'{name:20} epoch {last["epoch"]}, loss {last["loss"]:.6f}, validation loss '
        f'{last["val_loss"]:.6f}, accuracy {last["val_accuracy"]:.4f}'
    )
    return list(load_network(run).get_weights())


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--kills', type=int, default=10)
    parser.add_argument('--run', type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        train(options.run)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        undisturbed(folder / 'one')
        undisturbed(folder / 'again')
        times = killed(folder / 'killed', options.kills)
        weights = report('undisturbed', Run(folder / 'one'))
        for name, place in (('again', 'again'), (f'killed {times} times', 'killed')):
            found = report(name, Run(folder / place))
            pairs = zip(weights, found, strict=True)
            most = max(float(np.abs(ours - theirs).max()) for ours, theirs in pairs)
            print(f'{"":20} weights differ by at most {most:.2g}')


if __name__ == '__main__':
    main()
