# SPDX-License-Identifier: Apache-2.0
"""A look at libraries, each in a process of its own, since a broken one may raise, crash or hang.

That process is `python -m <this module> NAME`, and prints JSON.
"""

import importlib
import importlib.metadata
import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

from mobilenet_perception.errors import RuntimeUnavailableError
from mobilenet_perception.inference.runtimes import RUNTIMES
from mobilenet_perception.ros.start import start_ros
from mobilenet_perception.system.cuda import cuda_versions, load_cuda

NOT_INSTALLED = 'not installed'
# What is looked at, by the name it is reported under.
MODULES: Mapping[str, str] = {
    'numpy': 'numpy',
    'opencv': 'cv2',
    **{library: library for entry in RUNTIMES.values() for library in entry.libraries},
    'psutil': 'psutil',
    'simplejpeg': 'simplejpeg',
    'rosbags': 'rosbags',
    'cv_bridge': 'cv_bridge',
    'rclpy': 'rclpy',
    'vision_msgs': 'vision_msgs',
}
# Where its name does not say it, and a camera suffers.
_INSTALL = {'simplejpeg': {'install': 'pip install simplejpeg: it sees where JPEGs lost data'}}
_THIS_MODULE = 'mobilenet_perception.tools.doctor.environment.probe'
# The first import of a large library from a slow card.
_LIMIT_S = 60.0


def look_at_libraries() -> dict[str, dict[str, str]]:
    """Return what `library` says of each, or how it failed."""
    return {name: look(name) for name in MODULES}


def look(name: str, limit_s: float = _LIMIT_S) -> dict[str, str]:
    """Return what the probe says of one thing.

    Args:
        name: one of `MODULES`, or `cuda`, or `ros`: whether ROS starts.
        limit_s: a probe that takes longer hangs, in seconds.
    """
    command = [sys.executable, '-m', _THIS_MODULE, name]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=limit_s, check=False,
            stdin=subprocess.DEVNULL, errors='replace',
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {'version': f'broken: no answer within {limit_s:g} s'}
    said = done.stdout.splitlines()
    if done.returncode == 0 and said:
        found: dict[str, str] = json.loads(said[-1])
        return found
    return {'version': f'broken: {_cause(done)}'}


def _cause(done: 'subprocess.CompletedProcess[str]') -> str:
    if done.returncode < 0:
        return f'the import was ended by {signal.Signals(-done.returncode).name}'
    # A traceback's last line names the error.
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return lines[-1] if lines else f'the import ended with status {done.returncode}'


def providers(module: ModuleType) -> dict[str, str]:
    """Return ONNX Runtime's execution providers."""
    return {'providers': ', '.join(module.get_available_providers())}


def middleware(module: ModuleType) -> dict[str, str]:
    """Return the ROS middleware that is in use, and the executor that nodes run on."""
    utilities = importlib.import_module(f'{module.__name__}.utilities')
    executor = importlib.import_module('mobilenet_perception.ros.executor')
    return {
        'rmw': utilities.get_rmw_implementation_identifier(),
        'executor': executor.executor_name(),
    }


def compiled(module: ModuleType) -> dict[str, str]:
    """Import the compiled half of cv_bridge, whose failure the other half keeps to itself."""
    importlib.import_module(f'{module.__name__}.boost.cv_bridge_boost')
    return {}


_MORE: Mapping[str, Callable[[ModuleType], dict[str, str]]] = {
    'onnxruntime': providers,
    'cv_bridge': compiled,
    'rclpy': middleware,
}


def ros_start() -> dict[str, str]:
    """Start ROS and end it again; some faults of its environment end the process."""
    rclpy = importlib.import_module('rclpy')
    start_ros()
    rclpy.create_node(f'probe_{os.getpid()}').destroy_node()
    found = middleware(rclpy)
    rclpy.shutdown()
    return found


def cuda() -> dict[str, str]:
    """Return CUDA's versions, and each GPU with its compute capability."""
    driver, runtime = cuda_versions()
    found = {'driver': driver or NOT_INSTALLED, 'runtime': runtime or NOT_INSTALLED}
    if driver:
        try:
            library = load_cuda()
            for number in range(library.gpus()):
                gpu = library.gpu(number)
                found[f'gpu_{number}'] = f'{gpu.name}, compute {gpu.compute_capability}'
        except RuntimeUnavailableError as error:
            found['trouble'] = str(error)
    return found


_STARTS: Mapping[str, Callable[[], dict[str, str]]] = {'cuda': cuda, 'ros': ros_start}


def library(name: str) -> dict[str, str]:
    """Import a library and return its version, its package, where it lies, and more of some.

    Raises:
        Exception: whatever the library raises.
    """
    module_name = MODULES[name]
    if importlib.util.find_spec(module_name) is None:
        return {'version': NOT_INSTALLED, **_INSTALL.get(name, {})}
    module = importlib.import_module(module_name)
    found = {'version': str(getattr(module, '__version__', ''))}
    if module.__file__:
        found['from'] = str(Path(module.__file__).parent)
    try:
        found['package'] = _package(module_name)
        found.update(_MORE[name](module) if name in _MORE else {})
    except Exception as error:  # as above: it is broken, and this is to be said
        found['trouble'] = f'{type(error).__name__}: {error}'
    return {key: value for key, value in found.items() if value}


def _package(module_name: str) -> str:
    packages = importlib.metadata.packages_distributions().get(module_name)
    if not packages:
        return 'none that pip knows: of apt, of JetPack, or built here'
    return f'{packages[0]} {importlib.metadata.version(packages[0])}'


if __name__ == '__main__':
    asked = sys.argv[1]
    # The last line: some libraries print when they are imported.
    print(f'\n{json.dumps(_STARTS[asked]() if asked in _STARTS else library(asked))}')
