# SPDX-License-Identifier: Apache-2.0
"""The clock and the load of a GPU that is part of the chip, as of a Jetson.

Sources: the Linux kernel's class devfreq (ABI/testing/sysfs-class-devfreq), in Hz; `load`, in
thousandths, is the GPU driver's of Jetson Linux up to JetPack 6, where jetson-stats reads it too.
"""

import re
from pathlib import Path
from typing import NamedTuple

from mobilenet_perception.system.machine.files import numbered, read_number

# 17000000.gpu and 17000000.ga10b (Orin), 17000000.gv11b (Xavier), gpu-gpc-0 (Thor).
_GPU = re.compile(r'(^|\W)(gpu|gpu-gpc-0|ga10b|gv11b|gp10b|gm20b)$')


class Gpu(NamedTuple):
    """How the GPU is doing; None: it does not tell.

    Attributes:
        mhz: its clock now.
        limit_mhz: the highest clock allowed, by the power mode or by heat.
        load: share of the time in which it was busy, 0 to 1.
    """

    mhz: float | None
    limit_mhz: float | None
    load: float | None


class GpuSensor:
    """Reads the first GPU of the class devfreq; one of a card in a slot is not there."""

    def __init__(self, root: Path) -> None:
        folders = numbered((root / 'sys/class/devfreq').glob('*'))
        self._folder = next((str(path) for path in folders if _GPU.search(path.name)), '')

    def read(self) -> Gpu | None:
        """Return how it is doing; None: there is none."""
        if not self._folder:
            return None
        load = read_number(f'{self._folder}/device/load')
        mhz, limit_mhz = (_mhz(f'{self._folder}/{name}_freq') for name in ('cur', 'max'))
        return Gpu(mhz, limit_mhz, None if load is None else load / 1e3)


def _mhz(path: str) -> float | None:
    hertz = read_number(path)
    return None if hertz is None else hertz / 1e6
