# SPDX-License-Identifier: Apache-2.0
"""`simulate`: the node in a simulated street, its decisions scored by what was true."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.runtimes import RuntimeSettings, choose_runtime
from mobilenet_perception.recordings import SourceCamera
from mobilenet_perception.ros.domain import isolated_ros, user_domain
from mobilenet_perception.street import TIMES_OF_DAY, sidewalk_world
from mobilenet_perception.street.gazebo import (
    FRONT,
    POSE,
    SIGNAL_MAP,
    image_topic,
    mounts,
    regions_topic,
    signal_regions_parameters,
)
from mobilenet_perception.system.child_process import Child
from mobilenet_perception.system.files import share_folder
from mobilenet_perception.tools.arguments import not_negative, positive, share
from mobilenet_perception.tools.replay import settings as replay_settings
from mobilenet_perception.tools.replay.demo import print_second
from mobilenet_perception.tools.replay.reporting import finish, in_folder
from mobilenet_perception.tools.report import pages
from mobilenet_perception.tools.report.run import Run, describe_bundle, describe_machine
from mobilenet_perception.tools.simulate import encounters
from mobilenet_perception.tools.simulate.localization import PoseError
from mobilenet_perception.tools.simulate.route_follower import is_at_end
from mobilenet_perception.tools.terminal import notify

if TYPE_CHECKING:
    from mobilenet_perception.ros.listener import Listener
    from mobilenet_perception.tools.simulate.ros.listener import SimulationListener

# Loading a bundle, starting Gazebo and discovering each other take seconds on a busy machine.
_START_S = 120.0
# The robot stands at the end so long before the drive is over; then the last outcomes are here.
_LINGER_S = 1.0
_MODULES = 'mobilenet_perception.tools.simulate.ros'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        '--attach', action='store_true',
        help='score the simulation that simulate.launch.py runs (default: draw one here)',
    )  # fmt: skip
    parser.add_argument('--time-of-day', choices=TIMES_OF_DAY, default=TIMES_OF_DAY[0])
    parser.add_argument('--out', type=Path, default=Path('out/simulate'),
                        help='folder of the report (%(default)s)')  # fmt: skip
    parser.add_argument('--seconds', type=positive, help='of the simulation (default: the route)')
    parser.add_argument(
        '--cameras', default=FRONT, metavar='NAMES',
        help='with --attach: names with commas between them (%(default)s)',
    )  # fmt: skip
    parser.add_argument(
        '--pose-error-m', type=not_negative, default=0.0, metavar='M',
        help='how far the robot takes itself from where it is (%(default)s)',
    )  # fmt: skip
    parser.add_argument(
        '--pose-error-deg', type=not_negative, default=0.0, metavar='DEG',
        help='by how much at most it takes itself turned (%(default)s)',
    )  # fmt: skip
    replay_settings.add_node(parser)
    parser.add_argument('--min-right', type=share, metavar='SHARE',
                        help='exit 1 if fewer of the signals are decided right')  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Simulate, write `report.json` and `report.html`, and print the summary."""
    pages.require_jinja2()
    settings = SimulateSettings(
        replay_settings.settings_of(arguments, mode='ros', seconds=arguments.seconds),
        time_of_day=arguments.time_of_day,
        cameras=tuple(name.strip() for name in arguments.cameras.split(',') if name.strip()),
        attach=arguments.attach,
        pose_error=PoseError(arguments.pose_error_m, arguments.pose_error_deg),
    )
    files = in_folder(arguments.out)
    simulated = simulate(settings, arguments.out, print_second, notify)
    print()
    finish(simulated.run, files, more={'signs': encounters.as_values(simulated.encounters)})
    if simulated.run.interrupted:
        return 130
    right = sum(item.verdict == encounters.RIGHT for item in simulated.encounters)
    count = len(simulated.encounters)
    if arguments.min_right is not None and right < arguments.min_right * max(1, count):
        print(f'error: {right} of {count} signals were decided right, below '
              f'{arguments.min_right:g} of them', file=sys.stderr)  # fmt: skip
        return 1
    return 0


class SimulateSettings(NamedTuple):
    """What to simulate.

    Attributes:
        node: how the node is run; of its source only `seconds` count: of the simulation.
        time_of_day: one of `TIMES_OF_DAY`.
        cameras: names of the robot's cameras.
        attach: score a simulation that runs already, instead of drawing one.
        pose_error: of the robot's localisation, where the simulation is drawn here.
    """

    node: replay_settings.ReplaySettings
    time_of_day: str = TIMES_OF_DAY[0]
    cameras: tuple[str, ...] = (FRONT,)
    attach: bool = False
    pose_error: PoseError = PoseError()


class SimulationOutcome(NamedTuple):
    """A drive, ended: the run as of a replay, and the signals that the robot came to."""

    run: Run
    encounters: list[encounters.Encounter]


def simulate(
    settings: SimulateSettings,
    folder: Path,
    on_second: Callable[[float, 'Listener'], None] = lambda seconds, listener: None,
    notify: Callable[[str], None] = lambda words: None,
) -> SimulationOutcome:
    """Drive through the simulated street, and score the decisions by what was true.

    Ctrl-C ends the drive: what was heard until then is scored, and marked as interrupted.

    Args:
        settings: what to simulate.
        folder: for the logs of the processes.
        on_second: called each second of the simulation with its time since the start.
        notify: called with what is being done, in words.

    Raises:
        PerceptionError: ROS is not here, a process failed, or nothing was heard.
    """
    world = sidewalk_world(settings.time_of_day)
    known = list(mounts(world)) if settings.attach else [FRONT]
    for camera in settings.cameras:
        if camera not in known:
            street = 'the robot in Gazebo' if settings.attach else 'the robot drawn here'
            raise PerceptionError(f'{street} has no camera {camera!r}: take {", ".join(known)}')
    if settings.attach and any(settings.pose_error):
        raise PerceptionError(
            'a simulation that runs already has its own pose error: give it to '
            'simulate.launch.py, as pose_error_m:= and pose_error_deg:='
        )
    node = settings.node
    bundle = load_bundle(node.bundle)
    runtime = choose_runtime(node.runtime, RuntimeSettings(threads=node.threads))
    settings = settings._replace(node=node._replace(runtime=runtime.name))
    start = time.monotonic()
    with user_domain() if settings.attach else isolated_ros() as environment:
        # After the environment is set.
        from mobilenet_perception.ros.process import joined_ros  # noqa: PLC0415
        from mobilenet_perception.tools.simulate.ros.listener import SimulationListener  # noqa: PLC0415

        interrupted = False
        with joined_ros(), closing(SimulationListener(world, settings.cameras)) as listener:
            try:
                with _processes(settings, environment, folder, notify) as children:
                    _watch(listener, settings, children, on_second)
            except KeyboardInterrupt:
                interrupted = True
    score = encounters.score_drive(world, listener, bundle.manifest.labels)
    return SimulationOutcome(
        Run(
            mode='simulation',
            source=f'sidewalk, {settings.time_of_day}',
            bundle=describe_bundle(bundle),
            machine=describe_machine(runtime),
            latency_budget_ms=node.budget_ms,
            frames=score.frames,
            missed=[],
            thumbnails=score.thumbnails,
            troubles=listener.troubles,
            wall_s=time.monotonic() - start,
            interrupted=interrupted,
        ),
        score.encounters,
    )


@contextmanager
def _processes(
    settings: SimulateSettings,
    environment: Mapping[str, str],
    folder: Path,
    notify: Callable[[str], None],
) -> Iterator[list[Child]]:
    """Start the street, the nodes and the driver, or none where they run already."""
    if settings.attach:
        notify('listening to the simulation that runs; Ctrl-C ends it ...')
        yield []
        return
    folder.mkdir(parents=True, exist_ok=True)
    cameras = [
        SourceCamera(name, image_topic(name), compressed=False) for name in settings.cameras
    ]
    world = sidewalk_world(settings.time_of_day)
    notify(f'starting the street, the nodes and the driver, in ROS domain '
        f'{environment["ROS_DOMAIN_ID"]} ...')  # fmt: skip
    on_sim_time = {'use_sim_time': True}
    regions: dict[str, object] = {}
    for name in settings.cameras:
        regions[f'{name}.regions_topic'] = regions_topic(name)
        # They have room for the pose already.
        regions[f'{name}.regions_margin'] = 0.0
    signal_regions = {
        'map_file': share_folder() / SIGNAL_MAP,
        **signal_regions_parameters(world, settings.cameras),
    }
    driver = {
        **on_sim_time,
        'pose_error_m': settings.pose_error.metres,
        'pose_error_deg': settings.pose_error.degrees,
    }
    arguments = {
        f'{_MODULES}.drawn_simulator': ['--time-of-day', settings.time_of_day],
        'mobilenet_perception.ros.classifier': [
            *replay_settings.node_arguments(settings.node, cameras),
            *replay_settings.parameter_arguments({**on_sim_time, **regions}),
        ],
        'mobilenet_perception.ros.signal_regions': [
            '--ros-args',
            *replay_settings.parameter_arguments(signal_regions),
        ],
        f'{_MODULES}.driver': ['--ros-args', *replay_settings.parameter_arguments(driver)],
    }
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                Child(module, given, environment, folder / f'{module.rpartition(".")[2]}.log')
            )
            for module, given in arguments.items()
        ]


def _watch(
    listener: 'SimulationListener',
    settings: SimulateSettings,
    children: list[Child],
    on_second: Callable[[float, 'Listener'], None],
) -> None:
    """Listen until the route is driven, or for so many seconds of the simulation."""
    world, seconds = sidewalk_world(settings.time_of_day), settings.node.seconds
    give_up_s = time.monotonic() + _START_S
    start_s: float | None = None
    at_end_s: float | None = None
    told = 0.0
    while True:
        listener.spin(0.05)
        for child in children:
            child.check()
        latest = listener.ground_truth.latest
        if latest is None or not listener.records:
            if time.monotonic() > give_up_s:
                raise PerceptionError(_silence(latest is None))
            continue
        now_s, pose = latest
        start_s = now_s if start_s is None else start_s
        if now_s >= start_s + told + 1.0:
            told += 1.0
            on_second(told, listener)
        if seconds is not None and now_s >= start_s + seconds:
            return
        if is_at_end(world, pose):
            at_end_s = now_s if at_end_s is None else at_end_s
            if now_s >= at_end_s + _LINGER_S:
                return


def _silence(no_pose: bool) -> str:
    if no_pose:
        return (
            f'nothing came on {POSE} in {_START_S:g} s: is simulate.launch.py running, and is '
            'ROS_DOMAIN_ID the same here'
        )
    return (
        f'the classifier reported no frame in {_START_S:g} s: see '
        '`ros2 topic echo --full-length /diagnostics`'
    )
