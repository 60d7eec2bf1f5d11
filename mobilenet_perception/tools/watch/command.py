# SPDX-License-Identifier: Apache-2.0
"""`watch`: a running node in the terminal, a line for each camera, live."""

import argparse
import math
import sys
import time
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.ros.domain import user_domain
from mobilenet_perception.tools.arguments import positive
from mobilenet_perception.tools.watch.lines import (
    cut,
    note,
    screen,
    sentence,
    table_lines,
    wrapped,
)

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

            def notify(patience_s: float = 0.0) -> str:
                waited_s = time.monotonic() - started_s + patience_s
                return note(
                    target, domain, watcher.nodes, watcher.views(), watcher.state, waited_s
                )

            with joined_ros(), closing(Watcher(target)) as watcher:
                show = _redraw if sys.stdout.isatty() else _log
                show(watcher, notify, f'{target} in ROS domain {domain}', end_s)
                if not watcher.cameras:
                    raise PerceptionError(notify(math.inf))
    except KeyboardInterrupt:
        # The way in which a person ends this: nothing has gone wrong.
        return 0
    return 0


def _redraw(watcher: 'Watcher', note: Callable[[], str], heading: str, end_s: float) -> None:
    with screen(sys.stdout) as window:
        while (left_s := end_s - time.monotonic()) > 0:
            watcher.spin(min(_REDRAW_S, left_s))
            width = window.width
            lines = [cut(f'{heading}, {time.strftime("%H:%M:%S")}   (Ctrl-C ends)', width)]
            if words := note():
                lines += wrapped(f'! {words}', width)
            window.show([*lines, *table_lines(watcher.views(), width)])


def _log(watcher: 'Watcher', note: Callable[[], str], heading: str, end_s: float) -> None:
    """Print lines, for a file or another program; what is wrong only when it is news."""
    said: dict[str, str] = {}
    while (left_s := end_s - time.monotonic()) > 0:
        watcher.spin(min(_LINE_S, left_s))
        now, views = time.strftime('%H:%M:%S'), watcher.views()
        for view in views:
            print(f'{now}  {sentence(view)}', flush=True)
        troubles = {f'{view.camera}: ': view.trouble for view in views} | {'': note()}
        for name, words in troubles.items():
            if words and said.get(name) != words:
                print(f'{now}  ! {name}{words}', flush=True)
        said = troubles
