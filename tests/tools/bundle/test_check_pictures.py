# SPDX-License-Identifier: Apache-2.0
"""`check --images` says what a bundle decides of pictures, by source, and shows the worst."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from mobilenet_perception.tools.cli import main
from tests.support.browser import check_page
from tests.support.tiny_bundle import COLOURS

GREY = (120, 120, 120)


def write(path: Path, colour: tuple[int, int, int], seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(-3, 4, (40, 60, 3))
    pixels = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)
    assert cv2.imwrite(str(path), pixels[..., ::-1])


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Greys of streets, of which one is red; and a folder of blue pictures that says so."""
    folder = tmp_path / 'pictures'
    for number in range(8):
        write(folder / 'streets' / f'photo{number}.png', GREY, number)
        write(folder / 'Blue' / f'{number}.png', COLOURS['blue'], number)
    write(folder / 'streets' / 'bus.png', COLOURS['red'])
    for number in range(3):
        write(folder / 'kerbs' / 'monday' / f'{number}.png', COLOURS['green'], number)
    return folder


def row(text: str, source: str) -> list[str]:
    line = next(line for line in text.splitlines() if f'  {source}  ' in line)
    return line.split('  ' + source)[1].split()


def test_figures_are_by_source(
    tiny: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(['check', str(tiny), '--images', str(pictures)]) == 0
    text = capsys.readouterr().out
    assert row(text, 'streets')[:4] == ['9', '9', '11.11', '%']
    assert 'red 1' in text
    # Three pictures of one morning are one group, and no interval comes of one.
    assert row(text, 'kerbs')[:5] == ['3', '1', '100.00', '%', '-']
    assert row(text, 'all')[:2] == ['12', '10']
    # Blue is known: nothing of it is missed, and it tells the scores of what is known.
    assert row(text, 'Blue')[2:4] == ['0.00', '%']
    assert 'does not tell' not in text


def test_the_page_shows_the_worst(tiny: Path, pictures: Path, tmp_path: Path) -> None:
    page = tmp_path / 'page.html'
    arguments = ['--images', str(pictures), '--windows', '2', '--report', str(page)]
    assert main(['check', str(tiny), *arguments]) == 0
    html = page.read_text()
    assert 'bus.png' in html and 'green 9' in html
    for width in (400, 1200):
        found = check_page(html, tmp_path, width)
        # Of the bus and its windows two, and two of that morning: groups would fill the list.
        assert len(found['pictures']) == 4


def test_without_known_pictures_it_says_what_is_missing(
    tiny: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(['check', str(tiny), '--images', str(pictures / 'streets')]) == 0
    text = capsys.readouterr().out
    assert row(text, 'streets')[:4] == ['9', '9', '11.11', '%']
    assert 'add sub-folders of pictures that are named after labels' in text


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (['--images', 'nowhere'], 'no folder nowhere'),
        (['--report', 'page.html'], 'give --images'),
    ],
)
def test_wrong_input_is_one_sentence(
    tiny: Path, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(['check', str(tiny), *arguments]) == 1
    said = capsys.readouterr().err
    assert sentence in said and said.count('\n') == 1


def test_an_unreadable_picture_is_told_of(
    tiny: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (pictures / 'streets' / 'broken.jpg').write_bytes(b'no picture')
    assert main(['check', str(tiny), '--images', str(pictures)]) == 0
    said = capsys.readouterr()
    assert 'broken.jpg' in said.err and row(said.out, 'streets')[0] == '9'
