# SPDX-License-Identifier: Apache-2.0
"""The package for colcon, which reads this file, and for pip."""

import ast
import sys
from pathlib import Path

from setuptools import find_packages, setup

NAME = 'mobilenet_perception'
SHARE = Path('share') / NAME
PLUGIN = 'tools.replay.testing.plugin'

# What the tools read bags with, and write pages, tables and GIFs with; the node does without.
TOOL_LIBRARIES = ['jinja2>=3', 'pillow>=9', 'rich>=11', 'rosbags>=0.10']

# What pip may install beside the package; exact versions are in constraints/. OpenCV is an extra
# because apt's has no metadata by which pip would know it.
EXTRAS = {
    'opencv': ['opencv-python-headless>=4.5'],
    'onnxruntime': ['onnxruntime>=1.15'],
    # Sees where a JPEG lost data on the way; apt has no such package.
    'jpeg': ['simplejpeg>=1.7'],
    # ROS 2 for machines without it: wheels, for Linux on x86-64 alone. The last three are for
    # scripts/build_interfaces.py.
    'ros': [
        'ros-rclpy[fastrtps]',
        'ros-ament-index-python',
        'ros-diagnostic-msgs',
        'ros-geometry-msgs',
        'ros-lifecycle-msgs',
        'ros-nav-msgs',
        'ros-rcl-interfaces',
        'ros-sensor-msgs',
        'ros-std-msgs',
        'ros-std-srvs',
        'ros-wheels-bootstrapper',
        'empy',
        'lark-parser',
        'setuptools',
    ],
    'tools': TOOL_LIBRARIES,
    # Models that one has become a bundle, by `bundle import`, where TensorFlow is not.
    'import': ['flatbuffers', 'onnx>=1.15', 'onnxruntime>=1.15'],
    # Compiles engines without a GPU: by it, tests see what TensorRT takes.
    'rtx': [
        "tensorrt-rtx-cu13-bindings; platform_machine == 'x86_64' and sys_platform == 'linux'",
        "tensorrt-rtx-cu13-libs; platform_machine == 'x86_64' and sys_platform == 'linux'",
    ],
    # Replays of many bags on several machines, by `replay --address`.
    'cluster': ['ray', *TOOL_LIBRARIES],
    # training/ runs from a checkout: it is not installed with the package.
    'training': [
        *TOOL_LIBRARIES,
        'h5py',
        'keras>=3',
        'matplotlib',
        'msgspec>=0.19',
        'onnx',
        'pillow>=10.1',
        'scikit-learn',
        'scipy',
        'tensorflow-cpu',
        'tf2onnx',
        'typing-extensions>=4.2',
    ],
    # Searches, by `python -m training sweep`, and the analysis of their variance.
    'sweep': ['ray[tune]', 'statsmodels>=0.14'],
    # Models that Keras 2 wrote. It asks for `tensorflow`, which tensorflow-cpu serves as well.
    'keras2': ['tf-keras>=2.16'],
    'test': ['hypothesis', 'onnx', 'pytest', 'pytest-timeout', 'pytest-xdist'],
    # msgspec, so that mypy knows the records of training/.
    'lint': ['import-linter', 'msgspec', 'mypy', 'ruff', 'types-PyYAML'],
    'colcon': [
        'colcon-core',
        'colcon-defaults',
        'colcon-library-path',
        'colcon-metadata',
        'colcon-output',
        'colcon-package-selection',
        'colcon-python-setup-py',
        'colcon-recursive-crawl',
        'colcon-ros',
        'colcon-test-result',
    ],
}


def executables() -> list[str]:
    """Return the console scripts: the nodes, and for `ros2 run` each tool by its name.

    colcon and ROS's own packaging run `setup.py install` or `develop`, whose scripts setup.cfg
    puts where `ros2 run` alone looks. Those of a wheel go to bin/, where `env` and `watch` would
    hide the system's: there `python -m mobilenet_perception <tool>` does.
    """
    names = tools() if {'install', 'develop'} & set(sys.argv) else ()
    return [
        f'advisor = {NAME}.ros.advisor:main',
        f'classifier = {NAME}.ros.classifier:main',
        f'signal_regions = {NAME}.ros.signal_regions.node:main',
        f'simulation_driver = {NAME}.tools.simulate.ros.driver:main',
        *(f'{tool} = {NAME}.tools.cli:ros2_run' for tool in names),
    ]


def tools() -> list[str]:
    """Return the commands of `PROGRAM` in tools/cli.py, read and not imported.

    What builds this package need not have it on its path.
    """
    tree = ast.parse(Path(NAME, 'tools', 'cli.py').read_text(encoding='utf-8'))
    program = next(
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == 'PROGRAM'
    )
    commands = next(item.value for item in program.keywords if item.arg == 'commands')
    return sorted(ast.literal_eval(name) for name in commands.keys)


def share_files() -> list[tuple[str, list[str]]]:
    """Return the files of share/mobilenet_perception, by folder."""
    files = {SHARE: ['package.xml']}
    for top in ('launch', 'config', 'bundles', 'worlds', 'models'):
        for path in sorted(Path(top).rglob('*')):
            if path.is_file() and '__pycache__' not in path.parts:
                files.setdefault(SHARE / path.parent, []).append(str(path))
    return [(str(folder), names) for folder, names in files.items()]


setup(
    name=NAME,
    version='0.1.0',
    description='Classifies camera frames with MobileNets within a latency budget, on ROS 2',
    license='Apache-2.0',
    packages=find_packages(include=[NAME, f'{NAME}.*']),
    package_data={NAME: ['py.typed'], f'{NAME}.tools.report': ['templates/*.j2']},
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{NAME}']),
        *share_files(),
    ],
    classifiers=[f'Programming Language :: Python :: 3.{minor}' for minor in range(10, 15)],
    python_requires='>=3.10',
    # PyYAML reads maps; rclpy brings it too.
    install_requires=['numpy>=1.21', 'psutil>=5.9', 'PyYAML>=5.4'],
    extras_require=EXTRAS,
    entry_points={
        'console_scripts': executables(),
        # Named as its module, so that `-p` and `pytest_plugins` do not load it a second time.
        'pytest11': [f'{NAME}.{PLUGIN} = {NAME}.{PLUGIN}'],
    },
    zip_safe=False,
)
