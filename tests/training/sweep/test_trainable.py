# SPDX-License-Identifier: Apache-2.0
"""What a machine of a cluster must see before a trial begins on it."""

from pathlib import Path

import pytest

from tests.training.conftest import tiny
from training.errors import TrainingError
from training.sweep.record import Sweep, begin_sweep

pytest.importorskip('ray', reason="Ray Tune is not installed: pip install 'ray[tune]'")


def test_a_machine_that_does_not_see_the_sweep_or_its_data_says_so(tmp_path: Path) -> None:
    from training.sweep.trainable import check_machine

    with pytest.raises(TrainingError, match=r'the machine \S+ does not see the sweep in'):
        check_machine(tmp_path / 'sweep')
    begin_sweep(tmp_path / 'sweep', Sweep(tiny(), (), 0, 1, 0, str(tmp_path / 'data'), ''))
    with pytest.raises(TrainingError, match=r'the machine \S+ does not see the data in'):
        check_machine(tmp_path / 'sweep')
    (tmp_path / 'data').mkdir()
    check_machine(tmp_path / 'sweep')
