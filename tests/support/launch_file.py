# SPDX-License-Identifier: Apache-2.0
"""Loads a launch file of this checkout, where the package is installed."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


def load_launch_file(path: Path) -> ModuleType:
    """Return a launch file as a module; skips where the package is not installed."""
    packages = pytest.importorskip('ament_index_python.packages')
    try:
        packages.get_package_share_directory('mobilenet_perception')
    except packages.PackageNotFoundError:
        pytest.skip('mobilenet_perception is not installed: build it with colcon and source it')
    specification = importlib.util.spec_from_file_location(path.name.partition('.')[0], path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module
