# SPDX-License-Identifier: Apache-2.0
"""Lifecycle transitions whose failure is logged, and that end no node: rclpy does neither."""

import functools
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn

Node = TypeVar('Node', bound=Any)
Transition = Callable[[Node, LifecycleState], TransitionCallbackReturn]


def logged(transition: Transition[Node]) -> Transition[Node]:
    """Let a callback `on_<transition>` end in ERROR, and its reason in the log, if it raises.

    Every callback of every lifecycle node is one of these. ERROR is what rclpy makes of an
    exception too, and takes the node through `on_error`.
    """
    name = transition.__name__.removeprefix('on_')
    what = 'recover from an error' if name == 'error' else name.replace('cleanup', 'clean up')

    @functools.wraps(transition)
    def run(node: Node, state: LifecycleState) -> TransitionCallbackReturn:
        try:
            return transition(node, state)
        except Exception as error:
            reason = ' '.join(str(error).split()) or type(error).__name__
            node.get_logger().fatal(f'cannot {what}: {reason}')
            node.get_logger().debug(traceback.format_exc())
            return TransitionCallbackReturn.ERROR

    return run


class SafeTransitions:
    """A base before `LifecycleNode`: a transition that the state does not have is refused.

    rclpy lets the error out of the service up to Kilted, and with it the node ends: any
    lifecycle manager that configures a node which has activated itself would kill it.
    """

    # By the name under which rclpy calls it, in each of its releases.
    def _LifecycleNodeMixin__change_state(self, transition: int) -> TransitionCallbackReturn:  # noqa: N802
        try:
            return super()._LifecycleNodeMixin__change_state(transition)  # type: ignore[misc]
        except RuntimeError:  # RCLError
            node: Any = self
            _, state = node._state_machine.current_state
            node.get_logger().error(
                f'refused the lifecycle transition {transition}, which the state {state} does not '
                'have: under a lifecycle manager set autostart: false'
            )
            return TransitionCallbackReturn.FAILURE
