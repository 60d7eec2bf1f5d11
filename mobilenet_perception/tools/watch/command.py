# SPDX-License-Identifier: Apache-2.0
"""`watch`: a running node in the terminal, a line for each camera and each thing, live."""

import argparse
import math
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.ros.domain import user_domain
from mobilenet_perception.tools.arguments import positive
from mobilenet_perception.tools.terminal import notify
from mobilenet_perception.tools.watch.camera import CameraView, camera_table, note, sentence
from mobilenet_perception.tools.watch.things import thing_sentence

if TYPE_CHECKING:
    from mobilenet_perception.tools.watch.ros.watcher import Watcher

_REDRAW_S = 0.25
_LINE_S = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument('--node', default='/classifier', help='which node (%(default)s)')
    parser.add_argument('--seconds', type=positive, help='stop after so long; exit 1 if nothing '
                        'was heard (default: at Ctrl-C)')  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Show what the node does until a person has seen enough."""
    target = f'/{arguments.node.strip("/")}'
    end_s = time.monotonic() + (arguments.seconds or math.inf)
    try:
        with user_domain() as environment:
            # After the environment is set.
            from mobilenet_perception.ros.process import joined_ros  # noqa: PLC0415
            from mobilenet_perception.tools.watch.ros.watcher import Watcher  # noqa: PLC0415

            started_s, domain = time.monotonic(), environment['ROS_DOMAIN_ID']

            def trouble(patience_s: float = 0.0) -> str:
                waited_s = time.monotonic() - started_s + patience_s
                return note(
                    target, domain, watcher.nodes, watcher.views(), watcher.state, waited_s
                )

            with joined_ros(), closing(Watcher(target)) as watcher:
                window = terminal_window()
                if window is None:
                    _log(watcher, trouble, end_s)
                else:
                    _redraw(window, watcher, trouble, f'{target} in ROS domain {domain}', end_s)
                if not watcher.cameras:
                    raise PerceptionError(trouble(math.inf))
    except KeyboardInterrupt:
        # The way in which a person ends this: nothing has gone wrong.
        return 0
    return 0


def terminal_window() -> Any:
    """Return rich's console of a terminal; None: lines are to be printed."""
    if not sys.stdout.isatty():
        return None
    try:
        from rich.console import Console  # noqa: PLC0415 (an extra)
    except ImportError:
        notify(
            'rich is not installed: lines instead of a screen; apt install python3-rich, or pip '
            'install rich'
        )
        return None
    console = Console()
    return console if console.is_interactive else None


def _redraw(
    window: Any, watcher: 'Watcher', trouble: Callable[[], str], heading: str, end_s: float
) -> None:
    """Fill a terminal's window, in place; it is given back as it was."""
    from rich.live import Live  # noqa: PLC0415

    with Live(console=window, screen=True, auto_refresh=False, redirect_stdout=False,
              redirect_stderr=False) as live:  # fmt: skip
        while (left_s := end_s - time.monotonic()) > 0:
            watcher.spin(min(_REDRAW_S, left_s))
            above = f'{heading}, {time.strftime("%H:%M:%S")}   (Ctrl-C ends)'
            live.update(screen(above, trouble(), watcher.views(), window.width), refresh=True)


def screen(heading: str, trouble: str, views: Sequence[CameraView], width: int) -> Any:
    """Return what fills a window, to be drawn by rich: cameras, and what is wrong around them."""
    from rich.console import Group  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    return Group(
        Text(heading, no_wrap=True, overflow='ellipsis'),
        *([Text(f'! {trouble}', style='red')] if trouble else []),
        camera_table(views, width),
        *(Text(f'! {view.camera}: {view.trouble}', style='red') for view in views if view.trouble),
    )


def _log(watcher: 'Watcher', trouble: Callable[[], str], end_s: float) -> None:
    """Print lines, for a file or another program; what is wrong only when it is news."""
    said: dict[str, str] = {}
    while (left_s := end_s - time.monotonic()) > 0:
        watcher.spin(min(_LINE_S, left_s))
        now, views = time.strftime('%H:%M:%S'), watcher.views()
        for view in views:
            print(f'{now}  {sentence(view)}', flush=True)
            for thing in view.things or ():
                print(f'{now}    {thing_sentence(view.camera, thing)}', flush=True)
        wrong = {f'{view.camera}: ': view.trouble for view in views} | {'': trouble()}
        for name, words in wrong.items():
            if words and said.get(name) != words:
                print(f'{now}  ! {name}{words}', flush=True)
        said = wrong
