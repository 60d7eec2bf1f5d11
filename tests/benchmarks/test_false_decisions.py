# SPDX-License-Identifier: Apache-2.0
"""`benchmarks.false_decisions` moves as a camera does, and counts what is decided."""

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.false_decisions import main, pan
from benchmarks.harness.intervals import estimate_rate
from tests.support.tiny_bundle import COLOURS


@pytest.mark.parametrize('size', [(320, 240), (240, 640), (9, 30)])
def test_a_region_moves_smoothly_and_stays_within_the_picture(size: tuple[int, int]) -> None:
    width, height = size
    for seed in range(40):
        regions = pan(width, height, 60, 20.0, np.random.default_rng(seed))
        assert len(regions) == 60
        for x, y, across, down in regions:
            assert x >= 0 and y >= 0 and across >= 1 and down >= 1
            assert x + across <= width and y + down <= height
        for one, other in pairwise(regions):
            # At 20 Hz, of its side: a fiftieth of pan, some shake, and a pixel of rounding.
            assert abs(one.x - other.x) <= 0.12 * max(one.width, other.width) + 2
            assert abs(one.width - other.width) <= 0.06 * one.width + 2


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr('sys.argv', ['false_decisions', *map(str, arguments)])
    return main()


def test_false_decisions_are_counted_by_source(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, colour in (('buses', COLOURS['red']), ('roads', (90, 90, 90))):
        (tmp_path / 'photos' / name).mkdir(parents=True)
        for number in range(6):
            pixels = np.full((60, 80, 3), colour, np.uint8)
            cv2.imwrite(str(tmp_path / 'photos' / name / f'{number}.png'), pixels[..., ::-1])
    given = ('--bundle', tiny, '--images', tmp_path / 'photos', '--minutes', 1)
    assert run(monkeypatch, *given) == 0
    first = capsys.readouterr().out
    lines = {line.split()[0]: line.split() for line in first.splitlines() if line}
    # A decision for each photograph, of two to six seconds, held nearly all of the time.
    assert 5 <= int(lines['buses'][2]) <= 15
    assert float(lines['buses'][3]) == 2 * int(lines['buses'][2])
    assert lines['roads'][2] == '0' and lines['all'][2] == lines['buses'][2]
    assert 'By label: red' in first
    assert run(monkeypatch, *given, '--fail-above', 0.5) == 1
    assert capsys.readouterr().out == first


def test_a_rate_of_none_has_an_upper_end() -> None:
    rate = estimate_rate([0] * 10, [1.0] * 10, [str(number) for number in range(10)])
    assert (rate.value, rate.low) == (0.0, 0.0) and rate.high == pytest.approx(0.3689, abs=1e-3)
    some = estimate_rate([2, 0, 1] * 10, [1.0] * 30, [str(number) for number in range(30)])
    assert some.value == 1.0 and some.low is not None and 0.5 < some.low < 1 < (some.high or 0)
