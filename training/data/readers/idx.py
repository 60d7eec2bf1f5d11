# SPDX-License-Identifier: Apache-2.0
"""IDX files, as MNIST and Fashion-MNIST come: `train-images-idx3-ubyte(.gz)` and so on.

Format: LeCun, Cortes, Burges: The MNIST database of handwritten digits (1998).
"""

import gzip
import hashlib
import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mobilenet_perception.recordings.labels import canonical_label
from training.data.data_set import DataSet, Sample
from training.data.readers.files import checked_labels, require_folder
from training.errors import TrainingError

SOURCE = 'idx'
PARTS = {'train': 'train', 't10k': 'test', 'test': 'test'}
NAMES_FILE = 'labels.txt'
FASHION_NAMES = (
    't_shirt_top', 'trouser', 'pullover', 'dress', 'coat', 'sandal', 'shirt', 'sneaker', 'bag',
    'ankle_boot',
)  # fmt: skip
FASHION_CREDIT = (
    'Articles of clothing: Fashion-MNIST, Zalando SE (Xiao, Rasul, Vollgraf, 2017), MIT.'
)
# Of the labels of its training images: file names do not tell it from MNIST.
_FASHION_SHA256 = '657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7'
_UNSIGNED_BYTES = 8


def read_idx(folder: Path) -> DataSet:
    """Read the IDX files of a folder into memory; grey images become RGB.

    Files `train-*` are for training and, as far as configured, validation; `t10k-*` or `test-*`
    for testing. Labels are named by the lines of `labels.txt`, if there is one; else
    Fashion-MNIST has its own names, and others the numbers as words.

    Raises:
        TrainingError: a file is missing, damaged, or of another format.
    """
    require_folder(folder, 'train-images-idx3-ubyte and its labels')
    found = {prefix: place for prefix in PARTS if (place := find(folder, prefix, 'images'))}
    if not found:
        raise TrainingError(f'{folder} holds no train-images-idx3-ubyte(.gz)')
    names: tuple[str, ...] = _stored_names(folder)
    credits: tuple[str, ...] = ()
    samples: list[Sample] = []
    parts: dict[str, str] = {}
    for prefix, place in found.items():
        images, numbers = read_array(place, 3), _numbers(folder, prefix)
        if len(images) != len(numbers):
            raise TrainingError(
                f'{place} holds {len(images)} images, but there are {len(numbers)} labels'
            )
        if hashlib.sha256(numbers.tobytes()).hexdigest() == _FASHION_SHA256:
            names, credits = names or FASHION_NAMES, (FASHION_CREDIT,)
        rgb = np.repeat(images[..., None], 3, axis=-1)
        for index, (pixels, number) in enumerate(zip(rgb, numbers.tolist(), strict=True)):
            name = f'{prefix}/{index:05d}'
            label = _name(names, number, folder)
            samples.append(Sample(pixels, label, f'{SOURCE}/{name}', SOURCE, name))
            parts[samples[-1].group] = PARTS[prefix]
    labels = checked_labels((sample.label for sample in samples), str(folder))
    order = {name: place for place, name in enumerate(names)}
    ordered = tuple(sorted(labels, key=lambda label: (order.get(label, 0), label)))
    return DataSet(samples, ordered, parts=parts, credits=credits)


def find(folder: Path, prefix: str, what: str) -> Path | None:
    """Return the file of `images` or `labels` of a part, packed or not, if it is there."""
    rank = {'images': 3, 'labels': 1}[what]
    for separator in ('-', '.'):
        for suffix in ('.gz', ''):
            path = folder / f'{prefix}-{what}{separator}idx{rank}-ubyte{suffix}'
            if path.is_file():
                return path
    return None


def read_array(path: Path, rank: int) -> npt.NDArray[np.uint8]:
    """Return the array of an IDX file of unsigned bytes with `rank` dimensions.

    Raises:
        TrainingError: it is damaged, cut short, or of another kind.
    """
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == '.gz' else path.read_bytes()
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise TrainingError(f'{path} is damaged ({error}): fetch it again') from None
    if len(data) < 4 + 4 * rank or data[:4] != bytes((0, 0, _UNSIGNED_BYTES, rank)):
        raise TrainingError(
            f'{path} is no IDX file of unsigned bytes in {rank} dimension(s): '
            f'it starts with {data[:4].hex(" ") or "nothing"}'
        )
    shape = struct.unpack_from(f'>{rank}I', data, 4)
    values = np.frombuffer(data, np.uint8, offset=4 + 4 * rank)
    if values.size != int(np.prod(shape, dtype=np.int64)):
        raise TrainingError(
            f'{path} is cut short or damaged: it says {" x ".join(map(str, shape))}, '
            f'but holds {values.size} bytes'
        )
    return values.reshape(shape)


def _numbers(folder: Path, prefix: str) -> npt.NDArray[np.uint8]:
    place = find(folder, prefix, 'labels')
    if place is None:
        raise TrainingError(f'{folder} lacks {prefix}-labels-idx1-ubyte(.gz)')
    return read_array(place, 1)


def _stored_names(folder: Path) -> tuple[str, ...]:
    place = folder / NAMES_FILE
    if not place.is_file():
        return ()
    lines = canonical_label(place.read_text('utf-8')).splitlines()
    return tuple(line.strip() for line in lines if line.strip())


def _name(names: tuple[str, ...], number: int, folder: Path) -> str:
    if not names:
        return str(number)
    if number >= len(names):
        raise TrainingError(
            f'{folder} has an image of class {number}, but {NAMES_FILE} names {len(names)}: '
            'give a line for each, from class 0'
        )
    return names[number]
