# SPDX-License-Identifier: Apache-2.0
"""A simulated drive from its start to its report: drawn here, or running already in Gazebo."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.runtimes import RuntimeSettings
from mobilenet_perception.inference.runtimes.choose import AUTO, choose_runtime
from mobilenet_perception.recordings import Camera
from mobilenet_perception.ros.domain import isolated_ros, user_domain
from mobilenet_perception.street.gazebo import FRONT, POSE, image_topic, mounts
from mobilenet_perception.street.sidewalk import TIMES_OF_DAY, sidewalk_world
from mobilenet_perception.system.child_process import Child
from mobilenet_perception.tools.replay.live_settings import LiveSettings, node_arguments
from mobilenet_perception.tools.report.run import Run, describe_bundle, describe_machine
from mobilenet_perception.tools.simulate.account import account_of
from mobilenet_perception.tools.simulate.encounters import Encounter
from mobilenet_perception.tools.simulate.route_follower import is_at_end

if TYPE_CHECKING:
    from mobilenet_perception.ros.listener import Listener
    from mobilenet_perception.tools.simulate.ros.witness import Witness

# Loading a bundle, starting Gazebo and discovering each other take seconds on a busy machine.
_START_S = 120.0
# The robot stands at the end so long before the drive is over; then the last outcomes are here.
_LINGER_S = 1.0
_MODULES = 'mobilenet_perception.tools.simulate.ros'


class SimulateSettings(NamedTuple):
    """What to simulate. The names are those of `simulate`'s arguments."""

    bundle: Path
    time_of_day: str = TIMES_OF_DAY[0]
    seconds: float | None = None
    latency_budget_ms: float = 50.0
    runtime: str = AUTO
    threads: int = 1
    cameras: tuple[str, ...] = (FRONT,)
    attach: bool = False


class Simulated(NamedTuple):
    """A drive, ended: the run as of a replay, and the signals that the robot came to."""

    run: Run
    encounters: list[Encounter]


def simulate(
    settings: SimulateSettings,
    folder: Path,
    on_second: Callable[[float, 'Listener'], None] = lambda seconds, listener: None,
    notify: Callable[[str], None] = lambda words: None,
) -> Simulated:
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
    bundle = load_bundle(settings.bundle)
    runtime = choose_runtime(settings.runtime, RuntimeSettings(threads=settings.threads))
    settings = settings._replace(runtime=runtime.name)
    start = time.monotonic()
    with user_domain() if settings.attach else isolated_ros() as environment:
        # After the environment is set.
        from mobilenet_perception.ros.process import joined_ros  # noqa: PLC0415
        from mobilenet_perception.tools.simulate.ros.witness import Witness  # noqa: PLC0415

        interrupted = False
        with joined_ros(), closing(Witness(world, settings.cameras)) as witness:
            try:
                with _processes(settings, environment, folder, notify) as children:
                    _watch(witness, settings, children, on_second)
            except KeyboardInterrupt:
                interrupted = True
    account = account_of(world, witness, bundle.manifest.labels)
    return Simulated(
        Run(
            mode='simulation',
            source=f'sidewalk, {settings.time_of_day}',
            bundle=describe_bundle(bundle),
            machine=describe_machine(runtime),
            latency_budget_ms=settings.latency_budget_ms,
            frames=account.frames,
            missed=[],
            thumbnails=account.thumbnails,
            troubles=witness.troubles,
            wall_s=time.monotonic() - start,
            interrupted=interrupted,
        ),
        account.encounters,
    )


@contextmanager
def _processes(
    settings: SimulateSettings,
    environment: Mapping[str, str],
    folder: Path,
    notify: Callable[[str], None],
) -> Iterator[list[Child]]:
    """Start the street, the node and the driver, or none where they run already."""
    if settings.attach:
        notify('listening to the simulation that runs; Ctrl-C ends it ...')
        yield []
        return
    folder.mkdir(parents=True, exist_ok=True)
    cameras = [Camera(name, image_topic(name), compressed=False) for name in settings.cameras]
    live = LiveSettings(
        source='',
        bundle=settings.bundle,
        latency_budget_ms=settings.latency_budget_ms,
        runtime=settings.runtime,
        threads=settings.threads,
    )
    on_sim_time = ['-p', 'use_sim_time:=true']
    notify(f'starting the street, the node and the driver, in ROS domain '
        f'{environment["ROS_DOMAIN_ID"]} ...')  # fmt: skip
    arguments = {
        f'{_MODULES}.drawn_simulator': ['--time-of-day', settings.time_of_day],
        'mobilenet_perception.ros.classifier': [*node_arguments(live, cameras), *on_sim_time],
        f'{_MODULES}.driver': ['--ros-args', *on_sim_time],
    }
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                Child(module, given, environment, folder / f'{module.rpartition(".")[2]}.log')
            )
            for module, given in arguments.items()
        ]


def _watch(
    witness: 'Witness',
    settings: SimulateSettings,
    children: list[Child],
    on_second: Callable[[float, 'Listener'], None],
) -> None:
    """Listen until the route is driven, or for so many seconds of the simulation."""
    world = sidewalk_world(settings.time_of_day)
    give_up_s = time.monotonic() + _START_S
    start_s: float | None = None
    at_end_s: float | None = None
    told = 0.0
    while True:
        witness.spin(0.05)
        for child in children:
            child.check()
        latest = witness.observed.latest
        if latest is None or not witness.records:
            if time.monotonic() > give_up_s:
                raise PerceptionError(_silence(latest is None))
            continue
        now_s, place = latest
        start_s = now_s if start_s is None else start_s
        if now_s >= start_s + told + 1.0:
            told += 1.0
            on_second(told, witness)
        if settings.seconds is not None and now_s >= start_s + settings.seconds:
            return
        if is_at_end(world, place):
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
        f'the classifier reported no frame in {_START_S:g} s: see `ros2 topic echo /diagnostics`'
    )
