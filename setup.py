# SPDX-License-Identifier: Apache-2.0
"""The package for colcon, which reads this file, and for pip."""

from pathlib import Path

from setuptools import find_packages, setup

NAME = 'mobilenet_perception'
SHARE = Path('share') / NAME
PLUGIN = 'tools.replay.testing.plugin'

# What pip may install beside the package; exact versions are in constraints/. OpenCV is an extra
# because apt's has no metadata by which pip would know it.
EXTRAS = {
    'opencv': ['opencv-python-headless>=4.5,<5'],
    'onnxruntime': ['onnxruntime>=1.15'],
    # Sees where a JPEG lost data on the way; apt has no such package.
    'jpeg': ['simplejpeg>=1.7'],
    # ROS 2 for machines without it: wheels, for Linux on x86-64 alone. The last three are for
    # scripts/build_interfaces.py.
    'ros': [
        'ros-rclpy[fastrtps]',
        'ros-ament-index-python',
        'ros-diagnostic-msgs',
        'ros-lifecycle-msgs',
        'ros-rcl-interfaces',
        'ros-sensor-msgs',
        'ros-std-msgs',
        'ros-std-srvs',
        'ros-wheels-bootstrapper',
        'empy',
        'lark-parser',
        'setuptools',
    ],
    'replay': ['rosbags>=0.10'],
    # Compiles engines without a GPU: by it, tests see what TensorRT takes.
    'rtx': [
        "tensorrt-rtx-cu13-bindings; platform_machine == 'x86_64' and sys_platform == 'linux'",
        "tensorrt-rtx-cu13-libs; platform_machine == 'x86_64' and sys_platform == 'linux'",
    ],
    # Replays of many bags on several machines, by `replay --address`.
    'cluster': ['ray', 'rosbags>=0.10'],
    # training/ runs from a checkout: it is not installed with the package.
    'training': [
        'h5py',
        'keras>=3',
        'matplotlib',
        'onnx',
        'pillow',
        'rosbags>=0.10',
        'scikit-learn',
        'scipy',
        'tensorflow-cpu',
        'tf2onnx',
    ],
    # Searches, by `python -m training sweep`.
    'sweep': ['ray[tune]'],
    'test': ['hypothesis', 'onnx', 'pytest', 'pytest-timeout', 'pytest-xdist', 'PyYAML'],
    'lint': ['mypy', 'ruff', 'types-PyYAML'],
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
    package_data={NAME: ['py.typed']},
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{NAME}']),
        *share_files(),
    ],
    python_requires='>=3.10',
    install_requires=['numpy>=1.21', 'psutil>=5.9'],
    extras_require=EXTRAS,
    entry_points={
        'console_scripts': [
            f'advisor = {NAME}.ros.advisor:main',
            f'classifier = {NAME}.ros.classifier:main',
            f'simulation_driver = {NAME}.tools.simulate.ros.driver:main',
        ],
        # Named as its module, so that `-p` and `pytest_plugins` do not load it a second time.
        'pytest11': [f'{NAME}.{PLUGIN} = {NAME}.{PLUGIN}'],
    },
    zip_safe=False,
)
