#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write worlds/, models/ and config/gazebo_bridge.yaml anew, from the world of the drawn drive."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from gazebo_world.write import write_simulation  # noqa: E402


def main() -> int:
    """Write into this checkout."""
    paths = write_simulation(ROOT)
    size = sum(path.stat().st_size for path in paths)
    print(f'{len(paths)} files, {size / 1e6:.1f} MB')
    return 0


if __name__ == '__main__':
    sys.exit(main())
