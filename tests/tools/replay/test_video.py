# SPDX-License-Identifier: Apache-2.0
"""Annotated videos, read back by another reader than their writer."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.recordings import Source, open_source
from mobilenet_perception.tools.cli import main
from mobilenet_perception.tools.replay import video
from mobilenet_perception.tools.replay.in_process import play_fast
from mobilenet_perception.tools.replay.settings import ReplaySettings
from mobilenet_perception.tools.replay.video import GifWriter, write_video
from mobilenet_perception.tools.report.run import Run
from tests.support.colours import FRAMES, PER_LABEL, assert_one_sentence
from tests.support.tiny_bundle import COLOURS, LABELS


def read(path: Path) -> tuple[list[npt.NDArray[np.uint8]], float]:
    """Return the frames of a video as RGB, and its rate."""
    capture = cv2.VideoCapture(str(path))
    rate_hz, frames = capture.get(cv2.CAP_PROP_FPS), []
    while (read := capture.read())[0]:
        frames.append(np.asarray(read[1])[..., ::-1].astype(np.uint8))
    capture.release()
    return frames, rate_hz


@pytest.fixture(scope='module')
def run(tiny: Path, labelled_bag: Path) -> Run:
    classifier = Classifier(load_bundle(tiny), create_runtime(), warmup_runs=1)
    return play_fast(classifier, open_source(str(labelled_bag)), ReplaySettings())


@pytest.mark.parametrize('suffix', ['.mp4', '.webm'])
def test_each_frame_is_drawn_at_the_rate_of_the_bag(
    run: Run, labelled_bag: Path, tmp_path: Path, suffix: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / 'deep' / f'film{suffix}'
    assert write_video(path, open_source(str(labelled_bag)), run) == [path]
    frames, rate_hz = read(path)
    assert rate_hz == pytest.approx(20.0)
    assert len(frames) == FRAMES
    for number, label in enumerate(sorted(LABELS)):
        picture = frames[number * PER_LABEL + 2]
        assert picture.shape == (48, 64, 3)
        # The colour above, the darkened bar with words below.
        np.testing.assert_allclose(picture[4:16].mean((0, 1)), COLOURS[label], atol=12)
        assert np.median(picture[-20:]) < 0.7 * picture[4:16].mean()
    assert list(path.parent.iterdir()) == [path]
    assert capfd.readouterr() == ('', '')


def test_gif_keeps_the_time_with_fewer_frames(
    run: Run, labelled_bag: Path, tmp_path: Path
) -> None:
    path = tmp_path / 'film.gif'
    write_video(path, open_source(str(labelled_bag)), run)
    frames, rate_hz = read(path)
    assert rate_hz == pytest.approx(10.0)
    assert abs(len(frames) - FRAMES / 2) <= 1


def test_a_gif_is_read_as_it_was_written(tmp_path: Path) -> None:
    # Noise fills the table of codes and starts it anew; plain areas make long codes.
    rng = np.random.default_rng(3)
    noise = rng.integers(0, 256, (90, 130, 3), np.uint8)
    ramp = np.zeros((90, 130, 3), np.uint8)
    ramp[..., 1] = np.linspace(0, 255, 130).astype(np.uint8)
    plain = np.full((90, 130, 3), 255, np.uint8)
    path = tmp_path / 'x.gif'
    writer = GifWriter(path, 130, 90, 0.1)
    for image in (noise, ramp, plain):
        writer.write(image)
    writer.close()
    frames, _ = read(path)
    assert len(frames) == 3
    assert np.abs(frames[0].astype(int) - noise).max() <= 52
    assert np.corrcoef(frames[0].ravel(), noise.ravel())[0, 1] > 0.95
    # Between two levels, both are mixed: seen from afar it is the colour that was meant.
    afar = cv2.blur(frames[1], (8, 8))[8:-8, 8:-8, 1].astype(int)
    assert np.abs(afar - ramp[8:-8, 8:-8, 1]).max() <= 16
    assert (frames[2] == 255).all()


@pytest.mark.parametrize('size', [(1, 1), (3, 2), (16, 16)])
def test_tiny_gifs(tmp_path: Path, size: tuple[int, int]) -> None:
    writer = GifWriter(tmp_path / 'x.gif', *size, 0.1)
    writer.write(np.zeros((size[1], size[0], 3), np.uint8))
    writer.close()
    (frame,), _ = read(tmp_path / 'x.gif')
    assert frame.shape == (size[1], size[0], 3) and not frame.any()


def test_a_gif_without_pillow_is_one_sentence(
    tiny: Path, labelled_bag: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(video, 'find_spec', lambda name: None)
    path = tmp_path / 'film.gif'
    assert main(['replay', str(labelled_bag), '--bundle', str(tiny), '--video', str(path)]) == 1
    nothing, told = capsys.readouterr()
    assert_one_sentence(told)
    assert not nothing, 'it was said only after the replay'
    assert 'pip install pillow, apt install python3-pil, or choose another of .mp4' in told
    assert not list(tmp_path.iterdir())


def test_a_pause_is_kept_but_a_long_one_cut_short(
    run: Run, labelled_bag: Path, tmp_path: Path
) -> None:
    for pause_s, frames in ((0.5, FRAMES + 10), (3600.0, FRAMES)):
        results = [
            item._replace(time_s=item.time_s + (pause_s if number >= 7 else 0.0))
            for number, item in enumerate(run.frames['camera'])
        ]
        path = tmp_path / f'{pause_s}.mp4'
        paused = run._replace(frames={'camera': results})
        write_video(path, open_source(str(labelled_bag)), paused)
        assert len(read(path)[0]) == frames


def test_each_camera_has_its_own(run: Run, labelled_bag: Path, tmp_path: Path) -> None:
    def both() -> Any:
        for frame in open_source(str(labelled_bag)).frames:
            yield frame._replace(camera='left')
            yield frame._replace(camera='right')

    results = run.frames['camera']
    two = run._replace(frames={'left': results, 'right': results})
    written = write_video(tmp_path / 'film.mp4', Source('two', (), both()), two)
    assert written == [tmp_path / 'film-left.mp4', tmp_path / 'film-right.mp4']
    assert sorted(tmp_path.iterdir()) == written


def test_nothing_is_left_of_an_interrupted_video(
    run: Run, labelled_bag: Path, tmp_path: Path
) -> None:
    path = tmp_path / 'film.mp4'
    path.write_bytes(b'before')

    def stop(frames: int) -> None:
        if frames == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_video(path, open_source(str(labelled_bag)), run, stop)
    assert list(tmp_path.iterdir()) == [path] and path.read_bytes() == b'before'


def test_a_video_of_nothing_is_refused(run: Run, labelled_bag: Path, tmp_path: Path) -> None:
    source = open_source(str(labelled_bag), stamps=())
    with pytest.raises(PerceptionError, match=r'no frame of .* could be drawn'):
        write_video(tmp_path / 'film.mp4', source, run)
    assert not list(tmp_path.iterdir())


def test_replay_writes_a_video(
    tiny: Path, labelled_bag: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / 'film.gif'
    assert main(['replay', str(labelled_bag), '--bundle', str(tiny), '--video', str(path)]) == 0
    assert f'video: {path}' in capsys.readouterr().out
    assert path.read_bytes()[:6] == b'GIF89a'
    with pytest.raises(SystemExit):
        main(['replay', str(labelled_bag), '--video', str(tmp_path / 'film.doc')])
    assert 'must end in .mp4, .webm, .gif' in capsys.readouterr().err
