# SPDX-License-Identifier: Apache-2.0
"""Encodings that are unknown here are decoded by cv_bridge; where it is not, refusals name it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames import ENCODINGS, decode
from mobilenet_perception.frames.foreign import set_foreign_decoder
from mobilenet_perception.ros import bridge_decoder
from tests.frames.raw import RawMessage

# Stands in for the compiled half, and for the class of the other.
STAND_IN = """
import numpy as np

class CvBridgeError(TypeError):
    pass

class CvBridge:
    def imgmsg_to_cv2(self, img_msg, desired_encoding='passthrough'):
        if img_msg.encoding == 'float':
            return np.zeros((img_msg.height, img_msg.width), np.float32)
        if img_msg.encoding != 'rgb_planes':
            raise CvBridgeError(f'Unrecognized image encoding [{img_msg.encoding}]')
        assert desired_encoding == 'bgr8'
        planes = np.frombuffer(img_msg.data, np.uint8).reshape(3, img_msg.height, img_msg.width)
        return np.ascontiguousarray(planes[::-1].transpose(1, 2, 0))
"""
RGB = np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8)
PLANES = RawMessage(4, 6, 'rgb_planes', 6, RGB.transpose(2, 0, 1).tobytes())


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    bridge_decoder._bridge.cache_clear()
    bridge_decoder.use_cv_bridge()
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.partition('.')[0] == 'cv_bridge':
            del sys.modules[name]
    bridge_decoder._bridge.cache_clear()
    set_foreign_decoder(None)


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, compiled: str = '') -> None:
    write_stand_in(folder, compiled)
    monkeypatch.syspath_prepend(str(folder))


def write_stand_in(folder: Path, compiled: str = '') -> None:
    """Write a package `cv_bridge` with the class and the modules of the real one."""
    boost = folder / 'cv_bridge' / 'boost'
    boost.mkdir(parents=True)
    (folder / 'cv_bridge' / '__init__.py').write_text(STAND_IN)
    (boost / '__init__.py').touch()
    (boost / 'cv_bridge_boost.py').write_text(compiled)


def test_what_cv_bridge_decodes_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch)
    np.testing.assert_array_equal(decode(PLANES).rgb(), RGB)


@pytest.mark.parametrize(
    ('changes', 'reason'),
    [
        (
            {'encoding': 'mystery'},
            r'known ones are .*; cv_bridge does not decode it either \(Unrecognized',
        ),
        ({'encoding': 'float'}, 'gives no colour picture'),
        ({'data': b''}, 'no data'),
        ({'data': PLANES.data[:-1]}, 'does not decode it either'),
        ({'height': 2**32 - 1}, 'above the limit'),
    ],
)
def test_what_it_does_not_decode_is_refused_in_a_sentence(
    changes: dict[str, object], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch)
    with pytest.raises(FrameError, match=reason) as caught:
        decode(PLANES._replace(**changes))  # type: ignore[arg-type]
    assert '\n' not in str(caught.value)


def test_where_it_is_missing_the_refusal_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('importlib.util.find_spec', lambda name: None)
    with pytest.raises(
        FrameError, match=r'known ones are rgb8, .*apt install ros-\$ROS_DISTRO-cv'
    ):
        decode(PLANES)
    set_foreign_decoder(None)
    with pytest.raises(FrameError, match=r'apt install ros-\$ROS_DISTRO-cv-bridge'):
        decode(PLANES)


def test_one_that_was_built_for_another_numpy_is_said_to_be_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, compiled="raise ImportError('_ARRAY_API\\nnot found')")
    for _ in range(2):
        with pytest.raises(
            FrameError, match=r'known .* broken here \(ImportError: _ARRAY_API not f'
        ) as e:
            decode(PLANES)
        assert '\n' not in str(e.value)


def test_known_encodings_are_never_given_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge_decoder, '_bridge', lambda: pytest.fail('it was asked for'))
    np.testing.assert_array_equal(decode(RawMessage(4, 6, 'rgb8', 18, RGB.tobytes())).rgb(), RGB)


@pytest.mark.parametrize('encoding', ['rgb8', 'bgra8', 'mono8', 'bayer_rggb8'])
def test_the_real_cv_bridge_gives_what_we_give(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip('cv_bridge.boost.cv_bridge_boost', reason='needs cv_bridge')
    channels = {'rgb8': 3, 'bgra8': 4}.get(encoding, 1)
    data = np.random.default_rng(1).integers(0, 256, (8, 12, channels), np.uint8)
    message = RawMessage(8, 12, encoding, 12 * channels, data.tobytes())
    ours = decode(message).rgb()
    monkeypatch.delitem(ENCODINGS, encoding)
    # The border of a mosaic has no neighbours.
    np.testing.assert_array_equal(decode(message).rgb()[2:-2, 2:-2], ours[2:-2, 2:-2])
