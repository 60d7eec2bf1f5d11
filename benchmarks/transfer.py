# SPDX-License-Identifier: Apache-2.0
"""What `training fit --weights` makes of photographs, beside a logistic regression.

.venv-training/bin/python -m benchmarks.transfer FOLDER

FOLDER is that of the test data (`MOBILENET_PERCEPTION_DATA`). Each data set is fitted by the
command that a user types, and the logistic regression of scikit-learn is fitted to the features
that the same weights give for the same images at the same size, its strength chosen by the
accuracy on the same validation part. Both are judged by the same test part; the interval of the
difference resamples its groups. Ends with 1 if a network is more than half a point below.
"""

import argparse
import csv
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from training.configuration.file import default_data
from training.configuration.settings import Configuration, Data
from training.data.data_set import Array, DataSet, Sample, Split
from training.data.readers.by_name import read_data
from training.evaluation.metrics.bootstrap import ACCURACY, Interval, difference
from training.evaluation.predictions import Predictions
from training.fit.run_folder import Run

V1 = 'weights/mobilenet_1_0_224_tf_no_top.h5'
V2 = 'weights/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5'
STRENGTHS = 10.0 ** np.arange(-5, 2.01, 0.5)
FASHION = Path('/usr/share/datasets/fashion-mnist')
FASHION_IMAGES = {'train': 1000, 'validation': 200, 'test': 1000}
_WORSE = -0.005


class Task(NamedTuple):
    """One data set: what `fit` is given beside the weights, and the weights."""

    data: Callable[[Path, Path], Path]
    flags: tuple[str, ...] = ()
    weights: str = V2


class Result(NamedTuple):
    """How the two compare on the test part, and what they took.

    Attributes:
        network: accuracy of what `fit` made, 0 to 1.
        regression: accuracy of the logistic regression, 0 to 1.
        interval: of the difference; None: too few groups.
        seconds: of the command `fit`.
        processor_seconds: of all cores, in these.
        regression_seconds: for features and regression.
        images: of training, validation and test.
        size: side of the input, in pixels.
    """

    network: float
    regression: float
    interval: Interval | None
    seconds: float
    processor_seconds: float
    regression_seconds: float
    images: tuple[int, int, int]
    size: int


def listed(place: Path, rows: Iterable[tuple[Path, str]]) -> Path:
    """Write a list of images with labels, and return it."""
    with place.open('w', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(['path', 'label'])
        writer.writerows(rows)
    return place


def buses(data: Path, scratch: Path) -> Path:
    """Return photographs of streets with and without a bus."""
    with (data / 'street-photos.csv').open(newline='') as file:
        rows = [(data / row['path'], row['bus'] == '1') for row in csv.DictReader(file)]
    return listed(scratch / 'buses.csv', [(path, 'bus' if bus else 'none') for path, bus in rows])


def crosswalks(data: Path, scratch: Path) -> Path:
    """Return photographs of crossings, and of kerbs and streets without one."""
    streets = sorted((data / 'street-photos').glob('*.jpg'))
    others = [*sorted((data / 'kerb-views').glob('*.jpg')), *random.Random(1).sample(streets, 350)]
    crossings = sorted((data / 'crosswalks').glob('*.jpg'))
    rows = [(path, 'crosswalk') for path in crossings] + [(path, 'none') for path in others]
    return listed(scratch / 'crosswalks.csv', rows)


def fashion(data: Path, scratch: Path) -> Path:
    """Return a part of Fashion-MNIST, written as a folder of parts."""
    data_set = read_data(Data(reader='idx'), FASHION)
    folder = scratch / 'fashion'
    for source, parts in (('train', ('train', 'validation')), ('test', ('test',))):
        samples = [s for s in data_set.samples if data_set.parts.get(s.group, 'train') == source]
        chosen = random.Random(1).sample(samples, sum(FASHION_IMAGES[part] for part in parts))
        for part in parts:
            for number in range(FASHION_IMAGES[part]):
                sample = chosen.pop()
                place = folder / part / sample.label.replace('/', ' ') / f'{number}.png'
                place.parent.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(place), sample.pixels[..., ::-1])
    return folder


TASKS = {
    'pavements': Task(lambda data, scratch: data / 'pavements'),
    'pavements_v1': Task(lambda data, scratch: data / 'pavements', ('--size', '128'), V1),
    'signs': Task(
        lambda data, scratch: data,
        ('--set', 'data.reader=signs', 'data.fraction=0.1'),
    ),
    'crosswalks': Task(crosswalks, ('--set', 'data.fraction=0.5')),
    'buses': Task(buses, ('--set', 'data.fraction=0.3')),
    'fashion': Task(fashion, ('--set', 'data.allow_leaks=true')),
}


def measure(task: Task, data: Path, folder: Path, minutes: float) -> Result:
    """Fit both, and compare them."""
    folder.mkdir(parents=True, exist_ok=True)
    place = task.data(data, folder)
    weights = data / task.weights
    command = [sys.executable, '-m', 'training', 'fit', str(place), '--weights', str(weights)]
    command += ['--name', 'run', '--runs', str(folder), *task.flags]
    command += ['--minutes', str(minutes)] if minutes else []
    begun, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, env={**os.environ, 'TF_CPP_MIN_LOG_LEVEL': '3'})
    seconds = time.monotonic() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = Run(folder / 'run')
    configuration = run.configuration()
    data_set = read_data(configuration.data, place)
    split = run.split()
    test = split.select(data_set.samples, 'test')
    truth = np.array([data_set.labels.index(sample.label) for sample in test])
    begun = time.monotonic()
    regression = by_regression(configuration, data_set, split)
    regression_seconds = time.monotonic() - begun
    network = by_network(run, configuration, test)
    pair = [
        Predictions(
            data_set.labels,
            np.eye(len(data_set.labels), dtype=np.float32)[said],
            truth,
            tuple(sample.group for sample in test),
            tuple(sample.name for sample in test),
        )
        for said in (network, regression)
    ]
    counts = [len(split.select(data_set.samples, part)) for part in Split._fields]
    return Result(
        float((network == truth).mean()),
        float((regression == truth).mean()),
        difference(pair[0], pair[1], ACCURACY),
        seconds,
        after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        regression_seconds,
        (counts[0], counts[1], counts[2]),
        configuration.height,
    )


def by_network(run: Run, configuration: Configuration, test: Sequence[Sample]) -> Array:
    """Return what the trained network says of the test part: (n,) positions of labels."""
    from training.fit.network import load_network  # noqa: PLC0415

    said = _outputs(load_network(run), configuration, test)
    return np.asarray(said.argmax(axis=1))


def by_regression(configuration: Configuration, data_set: DataSet, split: Split) -> Array:
    """Return what a logistic regression on frozen features says of the test part, likewise."""
    import keras  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    from training.fit.network import network_settings, trained_network  # noqa: PLC0415
    from training.networks.weights import load_weights  # noqa: PLC0415

    network = trained_network(configuration, len(data_set.labels))
    settings = network_settings(configuration, len(data_set.labels))
    load_weights(network, configuration.network.weights, settings)
    frozen = keras.Model(network.input, network.get_layer('logits').input)
    values, truths = [], []
    for part in Split._fields:
        samples = split.select(data_set.samples, part)
        values.append(_outputs(frozen, configuration, samples))
        truths.append(np.array([data_set.labels.index(sample.label) for sample in samples]))
    scale = values[0].std()
    train, validation, test = (each / scale for each in values)
    best: tuple[float, Any] = (-1.0, None)
    for strength in STRENGTHS:
        regression = LogisticRegression(C=strength, max_iter=1000).fit(train, truths[0])
        accuracy = float((regression.predict(validation) == truths[1]).mean())
        if accuracy > best[0]:
            best = accuracy, regression
    return np.asarray(best[1].predict(test))


def _outputs(model: Any, configuration: Configuration, samples: Sequence[Sample]) -> Array:
    from training.fit.network import network_inputs  # noqa: PLC0415

    size = (configuration.height, configuration.width)
    return np.concatenate(
        [
            model.predict_on_batch(network_inputs(samples[first : first + 64], *size))
            for first in range(0, len(samples), 64)
        ]
    )


def line(name: str, result: Result) -> str:
    """Return a row of the table."""
    interval = result.interval
    ends = f'{100 * interval.low:+.1f} to {100 * interval.high:+.1f}' if interval else ''
    gain = 100 * (result.network - result.regression)
    return (
        f'| {name} | {"/".join(map(str, result.images))} | {result.size} | '
        f'{result.regression:.1%} | {result.network:.1%} | {gain:+.1f} ({ends}) | '
        f'{result.regression_seconds:.0f} s | {result.seconds:.0f} s '
        f'({result.processor_seconds:.0f} s) |'
    )


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('data', nargs='?', type=Path, default=default_data())
    parser.add_argument('--only', nargs='+', choices=[*TASKS], default=[*TASKS])
    parser.add_argument('--minutes', type=float, default=0.0, help='limit of each `fit`')
    parser.add_argument('--out', type=Path, help='folder of the runs (default: a scratch one)')
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        lines, good = [], True
        for name in options.only:
            folder = (options.out or Path(scratch)).resolve() / name
            result = measure(TASKS[name], options.data.resolve(), folder, options.minutes)
            good &= result.network - result.regression >= _WORSE
            lines.append(line(name, result))
            print(lines[-1], flush=True)
    print(
        '| data | images: train/validation/test | size | logistic regression | fit | difference '
        '(95 %) | its time | time of fit (of processors) |'
    )
    print('\n'.join(['|---' * 8 + '|', *lines]))
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
