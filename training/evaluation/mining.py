# SPDX-License-Identifier: Apache-2.0
"""Hard negatives: windows of pictures that show nothing, of which a network is wrongly sure.

Sung, Poggio: Example-based learning for view-based human face detection. PAMI 20(1), 1998, section
2.5, the bootstrap strategy: train, let the network look at what shows nothing, add what it takes
for something, and train again.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2

from mobilenet_perception.frames import Frame, crop_and_resize
from mobilenet_perception.street.signals import BACKGROUND
from mobilenet_perception.system.files import whole_folder, write_atomically
from mobilenet_perception.tools.bundle.windows import random_of
from training.data.data_set import Window, read_rgb
from training.data.negatives import MINED_LIST
from training.data.scenes import Scene
from training.errors import TrainingError
from training.evaluation.predict import Network


class Mined(NamedTuple):
    """A window that the network takes for something.

    Attributes:
        window: where it is.
        label: what it is taken for.
        score: how sure the network is, 0 to 1.
    """

    window: Window
    label: str
    score: float


class Mining(NamedTuple):
    """How pictures are gone through.

    Attributes:
        windows: of each picture, at random sizes and places, always the same.
        least: score from which a window is kept.
        most: windows kept of a picture, the surest first.
        nothing: the label of what shows nothing.
    """

    windows: int = 24
    least: float = 0.5
    most: int = 3
    nothing: str = BACKGROUND


def mine(network: Network, files: Sequence[Path], settings: Mining) -> Iterator[list[Mined]]:
    """Yield, for each picture, the windows of which the network is wrongly sure.

    Raises:
        TrainingError: a picture cannot be read, or the network has no label for nothing.
    """
    session, labels = network
    if settings.nothing not in labels:
        raise TrainingError(
            f'the network has no label {settings.nothing}, only {", ".join(labels)}: every window '
            'would be taken for something; say with --nothing which of them it is'
        )
    for file in files:
        pixels = read_rgb(file)
        random = random_of(file.name)
        scene = Scene(file, file.stem, 'mined')
        placed = (scene.place_window(pixels, random) for _ in range(settings.windows))
        windows = list(dict.fromkeys(window for window in placed if window is not None))
        found = []
        for window in windows:
            frame = Frame(window.cut(pixels), 'rgb')
            scores = session.run(crop_and_resize(frame, session.height, session.width))
            best = int(scores.argmax())
            if labels[best] != settings.nothing and scores[best] >= settings.least:
                found.append(Mined(window, labels[best], float(scores[best])))
        yield sorted(found, key=lambda one: -one.score)[: settings.most]


def write_mined(folder: Path, mined: Sequence[Mined]) -> None:
    """Write the windows as PNG, and `mined.csv`, which says what each was taken for.

    The surest come first. What was in the folder before is replaced.

    Raises:
        OSError: it cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(['file', 'taken_for', 'score', 'picture', *Window._fields[1:]])
    with whole_folder(folder) as new:
        new.mkdir()
        for number, (window, label, score) in enumerate(sorted(mined, key=lambda m: -m.score)):
            name = f'{number:05d}_{window.path.stem}.png'
            png = cv2.imencode('.png', window.cut(read_rgb(window.path))[..., ::-1])[1]
            (new / name).write_bytes(png.tobytes())
            writer.writerow([name, label, f'{score:.4f}', window.path, *window[1:]])
        write_atomically(new / MINED_LIST, text.getvalue())
