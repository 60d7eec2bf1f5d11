# SPDX-License-Identifier: Apache-2.0
"""The default bundle: sound, and as good as its card says on what it was not trained on."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mobilenet_perception.frames import Frame, crop_and_resize, decode_file
from mobilenet_perception.inference.bundle import Bundle, check_golden_frames, load_bundle
from mobilenet_perception.inference.runtimes import Session, create_runtime
from mobilenet_perception.street import LABELS, Drive, random_world, sidewalk_world
from training.data.readers.gtsrb import SIGN_NAMES, street_label
from training.data.readers.streets import HELD_OUT, read_scenes
from training.data.scenes import scene_samples

Labelled = tuple[Frame, str]


@pytest.fixture(scope='module')
def bundle(default_bundle: Path) -> Bundle:
    return load_bundle(default_bundle)


@pytest.fixture(scope='module')
def sessions(bundle: Bundle) -> dict[str, Session]:
    return check_golden_frames(bundle, create_runtime()).sessions


def held_out_signs(bundle: Bundle, data: Path) -> Iterator[Labelled]:
    for name in bundle.manifest.provenance['held_out']['gtsrb']:
        number = int(name.split('_')[0])
        path = data / 'gtsrb' / 'frames' / f'{number:02d}' / name
        yield decode_file(path), street_label(SIGN_NAMES[number])


def held_out_lights(bundle: Bundle, data: Path) -> Iterator[Labelled]:
    names = set(bundle.manifest.provenance['held_out']['lights'])
    for colour in ('red', 'yellow', 'green'):
        for path in (data / 'traffic-lights' / colour).iterdir():
            if path.name in names:
                yield decode_file(path), f'traffic_light_{colour}'


def right(session: Session, labels: tuple[str, ...], frames: list[Labelled]) -> list[bool]:
    """Return of each frame whether it is classified right."""
    hits = []
    for frame, label in frames:
        scores = session.run(crop_and_resize(frame, session.height, session.width))
        hits.append(labels[int(np.argmax(scores))] == label)
    return hits


def told(bundle: Bundle, variant: str) -> dict[str, float]:
    """Return the accuracy that a bundle says that a variant has, by set of held-out frames."""
    figures = bundle.manifest.provenance['runs'][variant]['figures']
    return {name: found['accuracy'] for name, found in figures.items()}


def test_it_is_a_ladder(bundle: Bundle) -> None:
    variants = bundle.manifest.variants
    assert len(variants) >= 4
    assert max(v.macs for v in variants) >= 10 * min(v.macs for v in variants)
    ranks = [(variant.accuracy, variant.macs) for variant in variants]
    assert ranks == sorted(ranks, reverse=True)
    for variant in variants:
        assert variant.accuracy == pytest.approx(told(bundle, variant.name)['test'], abs=1e-5)


def test_it_is_sound_small_and_complete(bundle: Bundle, sessions: dict[str, Session]) -> None:
    assert bundle.manifest.labels == LABELS
    assert {frame.label for frame in bundle.manifest.golden} == set(LABELS)
    files = [path for path in bundle.folder.rglob('*') if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 25_000_000
    assert set(sessions) == {variant.name for variant in bundle.manifest.variants}


def test_signs_and_lights_never_seen(
    bundle: Bundle, sessions: dict[str, Session], data: Path
) -> None:
    lights, signs = list(held_out_lights(bundle, data)), list(held_out_signs(bundle, data))
    assert len(lights) + len(signs) > 2000
    for variant in bundle.manifest.variants:
        session, figures = sessions[variant.name], told(bundle, variant.name)
        of_lights = right(session, bundle.manifest.labels, lights)
        of_signs = right(session, bundle.manifest.labels, signs)
        accuracy = np.mean(of_lights + of_signs)
        assert accuracy >= 0.89
        assert np.mean(of_lights) == pytest.approx(figures['test_lights'], abs=0.002)
        assert np.mean(of_signs) == pytest.approx(figures['test_gtsrb'], abs=0.002)
        assert np.mean(of_lights) >= 0.98
        if variant is bundle.manifest.variants[0]:
            assert accuracy >= 0.985


def test_windows_of_streets_never_seen(
    bundle: Bundle, sessions: dict[str, Session], data: Path
) -> None:
    for source in HELD_OUT:
        scenes = [scene for scene in read_scenes(data) if scene.source == source]
        windows = [(Frame(s.pixels, 'rgb'), 'background') for s in scene_samples(scenes, 6)]
        assert len(windows) > 2000
        for variant in bundle.manifest.variants[:2]:
            hits = right(sessions[variant.name], bundle.manifest.labels, windows)
            expected = told(bundle, variant.name)[f'test_{source}']
            assert np.mean(hits) == pytest.approx(expected, abs=0.002)
            assert np.mean(hits) >= 0.97


def test_whole_sequences_are_among_what_was_held_out(bundle: Bundle, data: Path) -> None:
    sequences = {path.name for path in (data / 'gtsrb' / 'sequences').iterdir()}
    names = bundle.manifest.provenance['held_out']['gtsrb']
    assert sequences <= {f'{int(name[:5]):02d}_{name[6:11]}' for name in names}


@pytest.mark.parametrize(('world', 'least'), [('day', 0.97), ('dusk', 0.97), (0, 0.95), (1, 0.95)])
def test_drawn_streets(
    bundle: Bundle, sessions: dict[str, Session], world: int | str, least: float
) -> None:
    drive = Drive(sidewalk_world(world) if isinstance(world, str) else random_world(world))
    frames: list[Labelled] = []
    for index in range(0, len(drive), 10):
        if drive.truth(index).clear:
            frame = drive.frame(index)
            x, y, width, height = frame.roi
            crop = frame.image[y : y + height, x : x + width]
            frames.append((Frame(crop, 'rgb'), frame.truth))
    assert len(frames) > 30
    best = bundle.manifest.variants[0].name
    assert np.mean(right(sessions[best], bundle.manifest.labels, frames)) >= least
