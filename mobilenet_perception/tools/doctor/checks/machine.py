# SPDX-License-Identifier: Apache-2.0
"""Checks of this machine: ROS, runtimes, the bundle, the computer, engines, cv_bridge."""

from collections.abc import Iterator

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.runtimes import RUNTIMES
from mobilenet_perception.pipeline import input_trouble
from mobilenet_perception.ros.start import known_cause
from mobilenet_perception.system.machine import troubles
from mobilenet_perception.tools.doctor.environment.probe import NOT_INSTALLED
from mobilenet_perception.tools.doctor.facts import MACHINE, Finding, fine, note, told, wrong
from mobilenet_perception.tools.doctor.machine_facts import MachineFacts

# Those of ROS 2 for which this package is meant; `rolling` is what the next will be.
DISTRIBUTIONS = ('humble', 'jazzy', 'kilted', 'lyrical', 'rolling')
# Of the processor's time.
_FULL = 0.9
# The segment of config/fastdds_large_images.xml.
_SEGMENT_BYTES = 64 * 1024**2
_ENGINES = 'the engine cache'


def check_ros(facts: MachineFacts) -> Iterator[Finding]:
    """Say whether ROS starts."""
    said = facts.ros.get('version', '')
    if sentence := _start_trouble(said):
        yield told('ros', MACHINE, sentence)
    elif said:
        yield wrong(
            'ros', MACHINE, f'ROS 2 does not start ({said.removeprefix("broken: ")})',
            'source a ROS 2 installation (. /opt/ros/<distribution>/setup.bash) or run '
            '`make setup`; unset RMW_IMPLEMENTATION, or install what it names',
        )  # fmt: skip
    elif trouble := facts.trouble('vision_msgs'):
        yield wrong(
            'ros', MACHINE, f'the messages vision_msgs cannot be used ({trouble})',
            'install them: apt install ros-$ROS_DISTRO-vision-msgs',
        )  # fmt: skip
    else:
        # One that is built from source, and not sourced, has no name.
        name = facts.ros.get('distribution', '')
        if name and name not in DISTRIBUTIONS:
            yield note(
                'ros', MACHINE, f'this package is not meant for ROS 2 {name}',
                f'use one of {", ".join(DISTRIBUTIONS)}',
            )  # fmt: skip
        starts = f'{name} starts' if name else 'starts'
        yield fine('ros', MACHINE, f'ROS 2 {starts} ({facts.ros.get("rmw", "")})')


def _start_trouble(said: str) -> str:
    """Return why ROS does not start although it is here; empty: it does, or that is not known."""
    _, known, sentence = said.partition(f'{PerceptionError.__name__}: ')
    return sentence if known else known_cause(said)


def check_runtime(facts: MachineFacts) -> Iterator[Finding]:
    """Say which runtimes cannot be loaded."""
    for runtime in facts.runtimes:
        library = RUNTIMES[runtime].libraries[0]
        trouble = facts.trouble(library)
        if not trouble:
            yield fine('runtime', MACHINE, f'{runtime} {facts.version(library)} loads')
            continue
        others = [name for name in RUNTIMES if name != runtime]
        cure = RUNTIMES[runtime].install
        if others:
            cure += f'; or start the node with -p runtime:={others[0]}'
        yield wrong(
            'runtime', MACHINE, f'the runtime {runtime} cannot be loaded ({trouble})', cure
        )


def check_bundle(facts: MachineFacts) -> Iterator[Finding]:
    """Say whether each bundle is sound."""
    for folder, trouble in facts.bundles.items():
        if trouble:
            yield told('bundle', folder, trouble)
        else:
            yield fine('bundle', folder, 'the files of the bundle match their checksums')


def check_computer(facts: MachineFacts) -> Iterator[Finding]:
    """Say what slows it down."""
    found = troubles(facts.state, facts.before)
    for sentence in found:
        yield told('computer', MACHINE, sentence)
    if not found:
        governor = facts.state.governor
        yield fine(
            'computer', MACHINE,
            'nothing is known to slow it down' + (f' (governor {governor})' if governor else ''),
        )  # fmt: skip
    if facts.busy is not None and facts.busy > _FULL:
        yield note(
            'load', MACHINE, f'the processor was busy for {facts.busy:.0%} of the time',
            'find out with `top` what takes it, or set realtime_priority of the node',
        )  # fmt: skip
    free = facts.shared_memory_bytes
    if free is not None and free < _SEGMENT_BYTES:
        yield note(
            'shared_memory', MACHINE,
            f'/dev/shm has {free / 1e6:.0f} MB left, and config/fastdds_large_images.xml takes '
            f'{_SEGMENT_BYTES / 1e6:.0f} MB a process',
            'start the container with --shm-size=1g (or --ipc=host), or remove what processes '
            'that were killed have left there: fastdds shm clean',
        )  # fmt: skip


def check_psutil(facts: MachineFacts) -> Iterator[Finding]:
    """Say what is not looked at without it."""
    if trouble := facts.trouble('psutil'):
        yield note(
            'psutil', MACHINE,
            f'neither the load of the processor nor other ROS processes were looked at: psutil '
            f'cannot be used ({trouble})',
            'install it: apt install python3-psutil, or pip install psutil',
        )  # fmt: skip


def check_simplejpeg(facts: MachineFacts) -> Iterator[Finding]:
    """Say whether JPEGs that lost data are noticed."""
    if trouble := facts.trouble('simplejpeg'):
        what, _, cure = input_trouble.JPEG_UNCHECKED.partition(': ')
        yield note('simplejpeg', MACHINE, f'{what} ({trouble})', cure)
    else:
        yield fine(
            'simplejpeg', MACHINE,
            f'JPEGs that lost data are noticed (simplejpeg {facts.version("simplejpeg")})',
        )  # fmt: skip


def check_engines(facts: MachineFacts) -> Iterator[Finding]:
    """Compare the versions that built engines with those installed."""
    if facts.engine_trouble:
        yield told('engines', _ENGINES, facts.engine_trouble)
    for library in sorted({engine.library for engine in facts.engines}):
        installed = facts.version(library)
        old = [
            engine
            for engine in facts.engines
            if engine.library == library and engine.library_version != installed
        ]
        if not old:
            yield fine('engines', _ENGINES, f'its engines fit {library} {installed}')
            continue
        built = ', '.join(sorted({engine.library_version for engine in old}))
        now = f'{library} {installed} is installed' if installed else f'no {library} is installed'
        yield wrong(
            'engines', _ENGINES,
            f'{len(old)} engines were built by {library} {built}, and {now}: they are not used '
            'again, and a start takes minutes to build others',
            'remove them (python -m mobilenet_perception engines clean --all), and start the node '
            'once before it is needed',
        )  # fmt: skip


def check_cv_bridge(facts: MachineFacts) -> Iterator[Finding]:
    """Say whether cv_bridge can be used: this package needs it for rare encodings, others more."""
    if facts.libraries['cv_bridge'].get('version') == NOT_INSTALLED:
        yield fine(
            'cv_bridge', MACHINE,
            'no cv_bridge is installed: this package needs it for rare encodings alone',
        )  # fmt: skip
    elif trouble := facts.trouble('cv_bridge'):
        cause = (
            f'it was built for numpy 1, and numpy is {facts.numpy}'
            if not facts.numpy.startswith('1.') and _is_of_numpy(trouble)
            else trouble
        )
        yield note(
            'cv_bridge', MACHINE,
            f'cv_bridge is broken ({cause}): this package needs it for rare encodings alone, '
            'other nodes may for all',
            "for them, use apt's numpy: pip uninstall numpy, or pip install 'numpy<2'",
        )  # fmt: skip
    else:
        yield fine('cv_bridge', MACHINE, f'cv_bridge works with numpy {facts.numpy}')


def _is_of_numpy(trouble: str) -> bool:
    return any(word in trouble for word in ('_ARRAY_API', 'multiarray', 'NumPy 1', 'numpy.core'))
