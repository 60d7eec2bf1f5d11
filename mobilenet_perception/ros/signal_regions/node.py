# SPDX-License-Identifier: Apache-2.0
"""The node `signal_regions`: where each signal of a map is in each image, for the classifier.

Regions go out when a `CameraInfo` comes: drivers publish one with each image, under its stamp, and
the regions take this header over. The pose is the one of that stamp.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.clock import Clock, ClockType, JumpThreshold
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo as CameraInfoMessage
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames.signal_map import (
    CameraInfo,
    CameraModel,
    SignalMap,
    ViewRules,
    read_signal_map,
    signals_in_view,
)
from mobilenet_perception.pipeline.parameters import NODE_PARAMETERS
from mobilenet_perception.pipeline.timing import NS_PER_MS
from mobilenet_perception.ros.advisor.node import ADVISOR_PARAMETERS
from mobilenet_perception.ros.messages import key_values, mapped_regions, stamp_ns, status_name
from mobilenet_perception.ros.parameters import (
    DumpableParameters,
    check_given_parameters,
    declare_parameters,
    read_parameters,
)
from mobilenet_perception.ros.process import run_node
from mobilenet_perception.ros.signal_regions.parameters import (
    SIGNAL_REGIONS_PARAMETERS,
    mapped_camera_parameters,
    mount_parameter,
    signal_regions_refusal,
    view_rules,
)
from mobilenet_perception.ros.signal_regions.poses import (
    PoseRules,
    PoseSource,
    TfPoses,
    TopicPoses,
    covariance_of,
)

NODE = 'signal_regions'
# A map that could not be read is tried again, and poses are looked for, so often.
_PERIOD_S = 1.0
# Without calibration for so many periods a camera is silent.
_SILENT = 2


class SignalRegionsNode(DumpableParameters, Node):  # type: ignore[misc]
    """Node `signal_regions`; its parameters and topics are described in docs/regions.md.

    Raises:
        PerceptionError: a parameter's value is not allowed, or TF is asked for and not installed.
    """

    def __init__(self) -> None:
        self.specifications = SIGNAL_REGIONS_PARAMETERS
        super().__init__(NODE)
        values = self._read_parameters()
        self._path = Path(values['map_file']).expanduser()
        self._values = values
        self._map: SignalMap | None = None
        self._map_trouble = ''
        self._poses: PoseSource | None = None
        self._diagnostics = self.create_publisher(DiagnosticArray, '/diagnostics', 10)
        if not values['pose_topic']:
            # What is missing ends it now, and not when the map can be read.
            TfPoses.require()
        self._read_map()
        rules = view_rules(values)
        self._cameras = [MappedCamera(self, camera, values, rules) for camera in values['cameras']]
        # Simulation time may stand still; diagnostics may not.
        self.create_timer(
            _PERIOD_S, self._look_after, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )
        # The handle must be kept: rclpy crashes when it is collected.
        self._jump_handle = self.get_clock().create_jump_callback(
            JumpThreshold(
                min_forward=None, min_backward=Duration(nanoseconds=-1), on_clock_change=True
            ),
            post_callback=self._on_time_jump,
        )

    @property
    def poses(self) -> PoseSource | None:
        """Where the robot is; None: there is no map yet."""
        return self._poses

    @property
    def signal_map(self) -> SignalMap | None:
        """The map; None: it cannot be read."""
        return self._map

    def _read_parameters(self) -> dict[str, Any]:
        declare_parameters(self, SIGNAL_REGIONS_PARAMETERS)
        values = read_parameters(self, SIGNAL_REGIONS_PARAMETERS)
        self._refuse(values)
        cameras = {
            name: specification
            for camera in values['cameras']
            for name, specification in mapped_camera_parameters(camera).items()
        }
        self.specifications = {**SIGNAL_REGIONS_PARAMETERS, **cameras}
        declare_parameters(self, cameras)
        of_cameras = read_parameters(self, cameras)
        self._refuse(of_cameras)
        check_given_parameters(self, values['cameras'], {*NODE_PARAMETERS, *ADVISOR_PARAMETERS})
        return {**values, **of_cameras}

    def _refuse(self, values: dict[str, Any]) -> None:
        for name, value in values.items():
            if reason := signal_regions_refusal(name, self.specifications[name], value):
                raise PerceptionError(reason)

    def _read_map(self) -> None:
        """Read the map, or say once what is wrong with it."""
        try:
            self._map = read_signal_map(self._path)
        except PerceptionError as error:
            if str(error) != self._map_trouble:
                self.get_logger().error(str(error))
            self._map_trouble = str(error)
            return
        self._map_trouble = ''
        values = self._values
        rules = PoseRules(
            self._map.frame,
            values['pose_max_age_ms'] * NS_PER_MS,
            covariance_of(values['position_sigma_m'], values['rotation_sigma_deg']),
        )
        topic = values['pose_topic']
        self._poses = TopicPoses(self, topic, rules) if topic else TfPoses(self, rules)
        self._poses.follow()
        count = len(self._map.signals)
        self.get_logger().info(f'{count} signals from {self._path}, in the frame {rules.frame}')

    def _look_after(self) -> None:
        if self._map is None:
            self._read_map()
        if self._poses is not None:
            self._poses.follow()
        header = Header(stamp=self.get_clock().now().to_msg())
        statuses = [self._status(), *(camera.status() for camera in self._cameras)]
        self._diagnostics.publish(DiagnosticArray(header=header, status=statuses))

    def _status(self) -> DiagnosticStatus:
        signals = self._map.signals if self._map else ()
        return DiagnosticStatus(
            level=DiagnosticStatus.ERROR if self._map_trouble else DiagnosticStatus.OK,
            name=status_name(self),
            message=self._map_trouble or 'the map is read',
            hardware_id=self.get_fully_qualified_name(),
            values=key_values({'map_file': self._path, 'signals': len(signals)}),
        )

    def _on_time_jump(self, jump: object) -> None:
        if self._poses is not None:
            self._poses.clear()


class MappedCamera:
    """One camera: its calibration in, its regions out.

    Args:
        node: has the map and the poses.
        name: of the camera.
        values: of the parameters.
        rules: which signals it is to look at.
    """

    def __init__(
        self, node: SignalRegionsNode, name: str, values: dict[str, Any], rules: ViewRules
    ) -> None:
        self._node = node
        self._name = name
        self._rules = rules
        self._mount = mount_parameter(values[f'{name}.mount'])
        self._rectified: bool = values[f'{name}.rectified']
        self._frame: str = values[f'{name}.optical_frame']
        self._info: CameraInfo | None = None
        self._model: CameraModel | None = None
        self._trouble = ''
        self._periods = 0
        self._in_view = 0
        self._publisher = node.create_publisher(Detection2DArray, f'~/{name}/regions', 5)
        self._subscription = node.create_subscription(
            CameraInfoMessage,
            values[f'{name}.camera_info_topic'],
            self._take,
            qos_profile_sensor_data,
        )

    def status(self) -> DiagnosticStatus:
        """Return how it stands."""
        trouble = self._trouble or self._silence()
        self._periods += 1
        return DiagnosticStatus(
            level=DiagnosticStatus.WARN if trouble else DiagnosticStatus.OK,
            name=status_name(self._node, self._name),
            message=trouble or 'looking',
            hardware_id=self._node.get_fully_qualified_name(),
            values=key_values({
                'camera_info_topic': self._subscription.topic_name,
                'regions_topic': self._publisher.topic_name,
                'signals_in_view': self._in_view,
            }),
        )  # fmt: skip

    def _silence(self) -> str:
        if self._periods < _SILENT:
            return ''
        topic = self._subscription.topic_name
        if self._node.count_publishers(topic):
            return f'no calibration comes on {topic}: its driver must publish one with each image'
        return f'nobody publishes a calibration on {topic}: set {self._name}.camera_info_topic'

    def _take(self, message: CameraInfoMessage) -> None:
        self._periods = 0
        try:
            self._publish(message)
        except PerceptionError as error:
            # No regions, and not an empty list: that would say that nothing is in view.
            if str(error) != self._trouble:
                self._node.get_logger().warning(
                    f'{self._name}: {error}', throttle_duration_sec=10.0
                )
            self._trouble, self._in_view = str(error), 0
        else:
            self._trouble = ''

    def _publish(self, message: CameraInfoMessage) -> None:
        """Publish the regions of the image that a calibration came with.

        Raises:
            PerceptionError: there is no calibration, no map or no pose.
        """
        node = self._node
        model = self._model_of(camera_info(message))
        if node.signal_map is None or node.poses is None:
            raise PerceptionError('there is no map: the status of the node says why')
        frame = self._frame or message.header.frame_id
        where = node.poses.find(stamp_ns(message.header), frame, self._mount)
        regions = signals_in_view(node.signal_map, model, where.pose, where.mount, self._rules)
        self._in_view = len(regions)
        self._publisher.publish(mapped_regions(message.header, regions))

    def _model_of(self, info: CameraInfo) -> CameraModel:
        if self._model is None or info != self._info:
            self._model, self._info = None, info
            self._model = CameraModel(info, self._rectified)
        return self._model


def camera_info(message: CameraInfoMessage) -> CameraInfo:
    """Return the record of a message."""
    part = message.roi
    return CameraInfo(
        message.width,
        message.height,
        message.distortion_model,
        tuple(message.d),
        tuple(message.k),
        tuple(message.r),
        tuple(message.p),
        (message.binning_x, message.binning_y),
        (part.x_offset, part.y_offset, part.width, part.height),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the node until it is told to end.

    Returns:
        Exit status: 0; or 1 when it could not start, the reason having been logged.
    """
    return run_node(NODE, SignalRegionsNode, arguments)
