# SPDX-License-Identifier: Apache-2.0
"""The lifecycle node `classifier`: its parameters, topics and transitions, and its process."""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType, JumpThreshold
from rclpy.duration import Duration
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.timer import Timer

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.bundle import Bundle, default_bundle_path, load_bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import Runtime
from mobilenet_perception.inference.runtimes.choose import plan_runtime
from mobilenet_perception.pipeline.clock_ticks import ClockTicks
from mobilenet_perception.pipeline.parameters import (
    NODE_PARAMETERS,
    Specification,
    camera_parameters,
    camera_settings,
    largest_batch,
    pipeline_settings,
    refusal,
    region_rules,
    runtime_settings,
)
from mobilenet_perception.pipeline.pipeline import Pipeline
from mobilenet_perception.pipeline.result import Result
from mobilenet_perception.pipeline.runtime_switch import RuntimeSwitch, build_order
from mobilenet_perception.pipeline.timing import NS_PER_MS
from mobilenet_perception.ros.advisor.node import ADVISOR_PARAMETERS
from mobilenet_perception.ros.bond import Bond
from mobilenet_perception.ros.bridge_decoder import use_cv_bridge
from mobilenet_perception.ros.classifier import topics
from mobilenet_perception.ros.classifier.diagnostics import Diagnostics, NodeStatus
from mobilenet_perception.ros.classifier.region_topics import RegionPublishers, RegionSubscription
from mobilenet_perception.ros.messages import stamp_ns
from mobilenet_perception.ros.parameters import (
    DumpableParameters,
    check_given_parameters,
    declare_parameters,
    read_parameters,
    typed_value,
)
from mobilenet_perception.ros.process import RosClock, run_node
from mobilenet_perception.ros.signal_regions.parameters import SIGNAL_REGIONS_PARAMETERS
from mobilenet_perception.ros.transitions import SafeTransitions, logged
from mobilenet_perception.system.realtime import set_realtime_priority

# Looks at the decision so many times per timeout: a label goes stale with this resolution.
_DECISION_CHECKS = 10
_DIAGNOSTICS_PERIOD_S = 1.0
_SWITCH_INTERVAL_S = 0.0005


class ClassifierNode(DumpableParameters, SafeTransitions, LifecycleNode):  # type: ignore[misc]
    """Node `classifier`; topics, parameters and outcomes are described in the README.

    Raises:
        rclpy.exceptions.ParameterException: a parameter's value is not allowed.
        PerceptionError: an override of a topic's QoS is not.
    """

    def __init__(self) -> None:
        self.specifications: dict[str, Specification] = dict(NODE_PARAMETERS)
        super().__init__('classifier')
        use_cv_bridge()
        self._pipeline: Pipeline | None = None
        self._priority_trouble = ''
        self._runtime_switch: RuntimeSwitch | None = None
        self._camera_subscriptions: dict[str, topics.CameraSubscription] = {}
        self._region_subscriptions: dict[str, RegionSubscription] = {}
        self._camera_publishers: dict[str, topics.CameraPublishers | RegionPublishers] = {}
        self._info_publishers: topics.InfoPublishers | None = None
        self._overlay_publishers: topics.OverlayPublishers | None = None
        self._decision_timer: Timer | None = None
        self._bond: Bond | None = None
        # Kept beside the parameter, for it is read with every frame.
        self._publish_late = False
        self._time = RosClock(self)
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.add_on_set_parameters_callback(self._on_set_parameters)
        declare_parameters(self, NODE_PARAMETERS)
        self._declare_cameras()
        others = {*ADVISOR_PARAMETERS, *SIGNAL_REGIONS_PARAMETERS}
        check_given_parameters(self, self.cameras, others)
        # The handle must be kept: rclpy crashes when it is collected.
        self._jump_handle = self.get_clock().create_jump_callback(
            JumpThreshold(
                min_forward=None, min_backward=Duration(nanoseconds=-1), on_clock_change=True
            ),
            post_callback=self._on_time_jump,
        )
        self._ticks = ClockTicks()
        # Called with each tick of simulation time, and never without it.
        self._tick_handle = self.get_clock().create_jump_callback(
            JumpThreshold(
                min_forward=Duration(nanoseconds=1), min_backward=None, on_clock_change=False
            ),
            post_callback=self._on_tick,
        )
        self._diagnostics = Diagnostics(self, self._read_status, self._ticks)
        # On the steady clock: it speaks while simulation time stands still.
        self.create_timer(_DIAGNOSTICS_PERIOD_S, self._diagnostics.publish, clock=self._steady)

    @property
    def autostart(self) -> bool:
        """Whether to configure and activate without a lifecycle manager."""
        return bool(self.values['autostart'])

    @property
    def values(self) -> dict[str, Any]:
        """All parameters' values, by name."""
        return read_parameters(self, self.specifications)

    @property
    def cameras(self) -> list[str]:
        """Names of the cameras."""
        return list(self.values['cameras'])

    def start(self) -> bool:
        """Configure and activate; False when one of them fails, the reason having been logged."""
        success = TransitionCallbackReturn.SUCCESS
        return self.trigger_configure() is success and self.trigger_activate() is success

    def close(self) -> None:
        """End what runs, in whatever state the node is."""
        if self._bond is not None and self.context.ok():
            self._bond.close()
        self._stop_runtime_switch()
        self._stop()
        self._diagnostics.close()
        self._jump_handle.unregister()
        self._tick_handle.unregister()

    @logged
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load and self-test the bundle, warm up the runtime, create the topics."""
        self._declare_cameras()
        values = self.values
        # Before warm-up, so that times are measured as they will be.
        self._priority_trouble = set_realtime_priority(values['realtime_priority'])
        if self._priority_trouble:
            self.get_logger().error(self._priority_trouble)
        try:
            bundle = load_bundle(Path(values['bundle'] or default_bundle_path()))
            plan = plan_runtime(values['runtime'], runtime_settings(values), bundle.models)
            for note in plan.notes:
                self.get_logger().info(note)
            classifier = self._classifier(bundle, plan.now)
            self._pipeline = Pipeline(
                classifier,
                {camera: camera_settings(values, camera) for camera in self.cameras},
                self._on_result,
                pipeline_settings(values, bundle.manifest.decision),
                self._time,
            )
        except PerceptionError as error:
            self.get_logger().fatal(f'cannot configure: {error}')
            return TransitionCallbackReturn.FAILURE
        self._bundle = bundle
        self._camera_publishers = {
            camera: (
                RegionPublishers(self, camera)
                if region_rules(values, camera)
                else topics.CameraPublishers(self, camera)
            )
            for camera in self.cameras
        }
        self._info_publishers = topics.InfoPublishers(self)
        self._overlay_publishers = topics.OverlayPublishers(self, self.cameras)
        self._log_proven(classifier)
        if plan.later:
            order = build_order(values, bundle, partial(self._classifier, bundle, plan.later))
            self._runtime_switch = RuntimeSwitch(self._pipeline, order, self._on_runtime_switch)
        return TransitionCallbackReturn.SUCCESS

    @logged
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Publish what classifies, and subscribe to the cameras."""
        super().on_activate(state)
        assert self._pipeline is not None and self._info_publishers is not None
        self._info_publishers.publish(
            self._bundle,
            self._pipeline.settings.decision.decide_above
            or self._bundle.manifest.decision.decide_above,
        )
        self._pipeline.forget()
        self._pipeline.start()
        self._set_decision_timer()
        values = self.values
        for camera in self.cameras:
            if rules := region_rules(values, camera):
                self._region_subscriptions[camera] = RegionSubscription(
                    self,
                    values[f'{camera}.regions_topic'],
                    rules,
                    partial(self._pipeline.submit_regions, camera),
                )
            topic, transport = (
                values[f'{camera}.image_{what}'] for what in ('topic', 'transport')
            )
            subscription = topics.CameraSubscription(
                self,
                camera,
                topic,
                transport,
                partial(self._on_image, camera),
                partial(self._pipeline.lost, camera),
            )
            self._pipeline.count_losses(camera, subscription.counts_losses)
            self._camera_subscriptions[camera] = subscription
            self.get_logger().info(
                f'camera {camera}: {subscription.topic} ({transport}), budget '
                f'{self._pipeline.state(camera).settings.latency_budget_ms:g} ms'
            )
        if not self.autostart:
            self._form_bond()
        return TransitionCallbackReturn.SUCCESS

    @logged
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop listening; each frame received still gets its outcome."""
        stopped = self._stop()
        super().on_deactivate(state)
        if not stopped:
            self.get_logger().error('the runtime hangs: its frame could not be ended')
            return TransitionCallbackReturn.ERROR
        return TransitionCallbackReturn.SUCCESS

    @logged
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free the runtime and take the topics down."""
        for publishers in self._camera_publishers.values():
            publishers.destroy()
        if self._info_publishers is not None:
            self._info_publishers.destroy()
        if self._overlay_publishers is not None:
            self._overlay_publishers.destroy()
        self._camera_publishers, self._info_publishers, self._overlay_publishers = {}, None, None
        self._stop_runtime_switch()
        self._pipeline = None
        return TransitionCallbackReturn.SUCCESS

    @logged
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """End from any state."""
        self._stop()
        return self.on_cleanup(state)

    @logged
    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Return to unconfigured, so that a manager can try again."""
        self._stop()
        return self.on_cleanup(state)

    def _classifier(self, bundle: Bundle, runtime: Runtime) -> Classifier:
        return Classifier(bundle, runtime, self.values['warmup_runs'], largest_batch(self.values))

    def _on_runtime_switch(self, end: Classifier | str) -> None:
        if isinstance(end, str):
            self.get_logger().error(f'engines are not in use: {end}')
        else:
            self._log_proven(end)

    def _stop_runtime_switch(self) -> None:
        if self._runtime_switch is not None:
            self._runtime_switch.stop()
            self._runtime_switch = None

    def _log_proven(self, classifier: Classifier) -> None:
        bundle, runtime = classifier.bundle.manifest.name, classifier.runtime
        profile = ', '.join(f'{name} {ms:.2f} ms' for name, ms in classifier.profile_ms.items())
        self.get_logger().info(
            f'bundle {bundle} proven on {runtime.name} {runtime.version}: {profile}'
        )
        for variant, reason in classifier.left_out.items():
            self.get_logger().info(f'variant {variant} is not run here: {reason}')

    def _read_status(self) -> NodeStatus | None:
        if self._pipeline is None:
            return None
        switching = self._runtime_switch.trouble if self._runtime_switch else ''
        return NodeStatus(
            self._pipeline,
            self._bundle.manifest.name,
            float(self.get_parameter('watchdog_ms').value),
            [trouble for trouble in (self._priority_trouble, switching) if trouble],
            self._camera_subscriptions,
            self._region_subscriptions,
        )

    def _form_bond(self) -> None:
        try:
            self._bond = self._bond or Bond(self)
        except PerceptionError as error:  # another manager may ask for none
            self.get_logger().info(str(error))
        else:
            self._bond.form()

    def _stop(self) -> bool:
        if self._bond is not None and self.context.ok():
            self._bond.break_up()
        for regions in self._region_subscriptions.values():
            regions.destroy()
        for subscription in self._camera_subscriptions.values():
            subscription.destroy()
        self._camera_subscriptions, self._region_subscriptions = {}, {}
        if self._decision_timer is not None:
            self.destroy_timer(self._decision_timer)
            self._decision_timer = None
        return self._pipeline is None or self._pipeline.stop()

    def _on_image(self, camera: str, message: Any) -> None:
        assert self._pipeline is not None
        self._pipeline.submit(camera, message, stamp_ns(message.header))

    def _on_result(self, result: Result) -> None:
        steady_ns = self._time.steady_ns()
        try:
            publishers = self._camera_publishers[result.record.camera]
            publishers.publish(result, self._publish_late, steady_ns)
            if self._overlay_publishers is not None:
                self._overlay_publishers.publish(result)
        except Exception as error:  # the context may be gone: the worker must outlive that
            if self.context.ok():
                self.get_logger().error(
                    f'a result could not be published: {error}', throttle_duration_sec=5.0
                )

    def _check_decisions(self) -> None:
        assert self._pipeline is not None
        steady_ns = self._time.steady_ns()
        timeout_ms = self._pipeline.settings.decision.timeout_ms
        # One check early, so that no gap between decisions exceeds the timeout.
        period_ns = round(timeout_ms * (1 - 1 / _DECISION_CHECKS)) * NS_PER_MS
        for publishers in self._camera_publishers.values():
            publishers.publish_due(self._pipeline, steady_ns, period_ns)

    def _set_decision_timer(self) -> None:
        assert self._pipeline is not None
        if self._decision_timer is not None:
            self.destroy_timer(self._decision_timer)
        period_s = self._pipeline.settings.decision.timeout_ms / 1e3 / _DECISION_CHECKS
        self._decision_timer = self.create_timer(
            period_s, self._check_decisions, clock=self._steady
        )

    def _on_time_jump(self, jump: Any) -> None:
        if self._pipeline is not None:
            self._pipeline.forget()
            self.get_logger().warning('time jumped: decisions start anew')
        if self._camera_subscriptions:
            self._check_decisions()

    def _on_tick(self, jump: Any) -> None:
        self._ticks.add(self._time.now_ns(), self._time.steady_ns())

    def _declare_cameras(self) -> None:
        for camera in self.cameras:
            specifications = camera_parameters(camera)
            self.specifications.update(specifications)
            declare_parameters(self, specifications)

    def _on_set_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        new = {}
        for parameter in parameters:
            specification = self.specifications.get(parameter.name)
            if specification is None:
                continue
            reason = refusal(parameter.name, specification, parameter.value)
            if not reason and self._pipeline is not None and not specification.at_run_time:
                reason = (
                    f'{parameter.name} cannot change while the node is configured: deactivate '
                    'and clean up, set it, and configure again'
                )
            if reason:
                return SetParametersResult(successful=False, reason=reason)
            new[parameter.name] = typed_value(parameter.value, specification)
        return self._apply(new)

    def _apply(self, new: dict[str, Any]) -> SetParametersResult:
        self._publish_late = new.get('publish_late', self._publish_late)
        if self._pipeline is not None and new:
            values = {**self.values, **new}
            try:
                self._pipeline.set_settings(
                    pipeline_settings(values, self._bundle.manifest.decision)
                )
            except PerceptionError as error:
                return SetParametersResult(successful=False, reason=str(error))
            for camera in self.cameras:
                self._pipeline.set_camera(camera, camera_settings(values, camera))
            if 'decision_timeout_ms' in new and self._decision_timer is not None:
                self._set_decision_timer()
        return SetParametersResult(successful=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the node until it is told to end.

    Returns:
        Exit status: 0; or 1 when it could not start, the reason having been logged.
    """
    # One frame at a time, and small ones: OpenCV's threads cost more than they give.
    cv2.setNumThreads(1)
    # The worker must not wait 5 ms, Python's default, for the executor's thread to let go.
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    return run_node(
        'classifier',
        ClassifierNode,
        arguments,
        start=lambda node: not node.autostart or node.start(),
        close=ClassifierNode.close,
    )
