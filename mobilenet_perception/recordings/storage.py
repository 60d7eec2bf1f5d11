# SPDX-License-Identifier: Apache-2.0
"""Storage of rosbag2 recordings: which lie below a folder, and which files hold one of them."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.recordings.foreign import is_ros1_bag, ros1_error

METADATA = 'metadata.yaml'
URI_MARKS = frozenset('%#?')
SUFFIXES = ('.mcap', '.db3', '.mcap.zstd', '.db3.zstd')


class BagFiles(NamedTuple):
    """The storage files of one recording, in the order in which they were written.

    Attributes:
        path: the recording.
        files: those that are there: one at least.
        missing: names of those that its metadata list besides.
    """

    path: Path
    files: tuple[Path, ...]
    missing: tuple[str, ...] = ()

    @property
    def lack(self) -> str:
        """What to tell of the missing files; empty: none is missing."""
        if not self.missing:
            return ''
        return (
            f'{self.path} lacks {", ".join(self.missing)}, which its {METADATA} lists: '
            'copy the whole folder from the robot'
        )


def is_bag(path: Path) -> bool:
    """Say whether a path looks like a recording; one of ROS 1 does, too, to be refused as such."""
    if path.is_dir():
        return (path / METADATA).is_file() or bool(_storage_files(path))
    return path.name.endswith(SUFFIXES) or is_ros1_bag(path)


def find_files(path: Path) -> BagFiles:
    """Find the storage files of a recording.

    Only the list and order of files is taken from `metadata.yaml`: what a recording was cut off
    or re-indexed from often disagrees with its storage files, and those are what was recorded.

    Raises:
        PerceptionError: there is no recording at `path`, all files of it are missing, or the
            recording is in a format that is not supported.
    """
    if not path.exists():
        raise PerceptionError(f'{path} does not exist: give a rosbag2 folder, .mcap or .db3 file')
    if path.is_file():
        if is_ros1_bag(path):
            raise ros1_error(path)
        if not path.name.endswith(SUFFIXES):
            raise PerceptionError(
                f'{path} is not a rosbag2 recording: give a bag folder, .mcap or .db3 file'
            )
        return BagFiles(path, (path,))
    if (path / METADATA).is_file():
        return _listed(path)
    return BagFiles(path, _unlisted(path))


def find_bags(path: Path) -> list[Path]:
    """Return the bags in a folder and its subfolders, in the order of their names.

    What is no folder of bags, such as a bag, a video or a folder of images, is returned as it is.
    """
    return (_below(path) if path.is_dir() else []) or [path]


@contextmanager
def plain_file(path: Path) -> Iterator[Path]:
    """Give the storage file itself, decompressed into a temporary folder where it is zstd.

    Raises:
        PerceptionError: the compressed file is damaged.
    """
    if path.suffix != '.zstd':
        yield path
        return
    zstd = _zstd()
    with TemporaryDirectory() as folder:
        target = Path(folder, path.stem)
        try:
            with zstd.open(path, 'rb') as source, target.open('wb') as sink:
                shutil.copyfileobj(source, sink)
        except (zstd.ZstdError, EOFError) as error:
            raise PerceptionError(
                f'{path} is a damaged zstd file ({error}): copy it again from the robot'
            ) from None
        yield target


@contextmanager
def uri_safe(path: Path) -> Iterator[Path]:
    """Give a file or folder, or a link to it, by a path that means itself within a URI.

    rosbags names databases to SQLite by a URI and escapes nothing: of `run #2/bag.db3` it would
    read and write the file `run `.
    """
    if URI_MARKS.isdisjoint(str(path)):
        yield path
        return
    with TemporaryDirectory() as folder:
        link = Path(folder, f'bag{path.suffix}' if path.is_file() else 'bag')
        link.symlink_to(path.absolute())
        yield link


def decompress_message(data: bytes) -> bytes:
    """Undo rosbag2's compression of single messages, recognised by zstd's magic number.

    CDR cannot start like it: its first byte is zero.
    """
    return decompress_zstd(data) if data[:4] == b'\x28\xb5\x2f\xfd' else data


def decompress_zstd(data: bytes) -> bytes:
    """Undo zstd's compression; raises what its library does."""
    return bytes(_zstd().decompress(data))


def _below(folder: Path) -> list[Path]:
    if (folder / METADATA).is_file():
        return [folder]
    children = sorted(path for path in folder.iterdir() if not path.name.startswith('.'))
    deeper = {child: _below(child) for child in children if child.is_dir()}
    if not any(deeper.values()) and _is_one_recording(folder):
        return [folder]
    found = []
    for child in children:
        found += [child] if child.name.endswith(SUFFIXES) else deeper.get(child, [])
    return found


def _is_one_recording(folder: Path) -> bool:
    """Say whether storage files without metadata are the parts of one recording."""
    try:
        return is_bag(folder) and bool(find_files(folder))
    except PerceptionError:
        return False


def _zstd() -> Any:
    try:
        from compression import zstd  # type: ignore[import-not-found]  # noqa: PLC0415
    except ImportError:
        from backports import zstd  # noqa: PLC0415
    return zstd


def _storage_files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.endswith(SUFFIXES)]


def _listed(folder: Path) -> BagFiles:
    from ruamel.yaml import YAML  # noqa: PLC0415 (comes with rosbags)
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    source = folder / METADATA
    try:
        loaded = YAML(typ='safe').load(source.read_text(encoding='utf-8'))
        information = loaded['rosbag2_bagfile_information']
        names = [PurePath(name).name for name in information['relative_file_paths']]
        formats = {
            topic['topic_metadata']['serialization_format']
            for topic in information['topics_with_message_count']
        }
    except (YAMLError, UnicodeDecodeError, KeyError, TypeError) as error:
        first_line = str(error).splitlines()[0]
        raise PerceptionError(
            f'{source} cannot be read ({type(error).__name__}: {first_line}): '
            f'`ros2 bag reindex {folder}` writes it anew'
        ) from None
    if foreign := formats - {'cdr'}:
        raise PerceptionError(
            f'{folder} is serialised as {", ".join(sorted(foreign))}, of which only cdr can be '
            'read: record it with a DDS middleware'
        )
    files = tuple(path for name in names if (path := folder / name).is_file())
    found = BagFiles(folder, files, tuple(name for name in names if not (folder / name).is_file()))
    if not files and found.missing:
        raise PerceptionError(found.lack)
    return found


def _unlisted(folder: Path) -> tuple[Path, ...]:
    files = _storage_files(folder)
    if not files:
        if foreign := sorted(path for path in folder.iterdir() if is_ros1_bag(path)):
            raise ros1_error(foreign[0])
        raise PerceptionError(
            f'{folder} is not a rosbag2 recording: it holds no {METADATA}, .mcap or .db3 file'
        )
    stems = {_split_name(file)[0] for file in files}
    if len(stems) > 1:
        names = ', '.join(sorted(file.name for file in files))
        raise PerceptionError(
            f'{folder} holds several recordings and no {METADATA}: name one of {names}'
        )
    return tuple(sorted(files, key=lambda file: _split_name(file)[1]))


def _split_name(file: Path) -> tuple[str, int]:
    stem, _, suffix = file.name.partition('.')
    match = re.fullmatch(r'(.*)_(\d+)', stem)
    return (f'{match[1]}.{suffix}', int(match[2])) if match else (file.name, 0)
