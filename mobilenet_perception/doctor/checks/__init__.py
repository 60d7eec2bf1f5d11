# SPDX-License-Identifier: Apache-2.0
"""One kind of trouble a file; the most important first."""

from mobilenet_perception.doctor.checks.budget import check_budget
from mobilenet_perception.doctor.checks.bundle import check_bundle
from mobilenet_perception.doctor.checks.clock import check_clock
from mobilenet_perception.doctor.checks.computer import check_computer
from mobilenet_perception.doctor.checks.cv_bridge import check_cv_bridge
from mobilenet_perception.doctor.checks.discovery import check_discovery
from mobilenet_perception.doctor.checks.engines import check_engines
from mobilenet_perception.doctor.checks.loss import check_loss
from mobilenet_perception.doctor.checks.nodes import check_nodes
from mobilenet_perception.doctor.checks.pictures import check_pictures
from mobilenet_perception.doctor.checks.publishers import check_publishers
from mobilenet_perception.doctor.checks.qos import check_qos
from mobilenet_perception.doctor.checks.rate import check_rate
from mobilenet_perception.doctor.checks.ros import check_ros
from mobilenet_perception.doctor.checks.runtime import check_runtime
from mobilenet_perception.doctor.checks.silence import check_silence
from mobilenet_perception.doctor.checks.stamps import check_stamps

GRAPH_CHECKS = (
    check_discovery,
    check_nodes,
    check_publishers,
    check_qos,
    check_silence,
    check_pictures,
    check_clock,
    check_stamps,
    check_loss,
    check_rate,
    check_budget,
)
MACHINE_CHECKS = (
    check_ros,
    check_runtime,
    check_bundle,
    check_computer,
    check_engines,
    check_cv_bridge,
)
