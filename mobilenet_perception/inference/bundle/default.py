# SPDX-License-Identifier: Apache-2.0
"""The bundle that comes with the package."""

from pathlib import Path

from mobilenet_perception.system.files import share_folder


def default_bundle_path() -> Path:
    """Return the folder of the default bundle: street signals for a delivery robot.

    Raises:
        PerceptionError: the package is neither in a checkout nor installed with its data.
    """
    return share_folder() / 'bundles' / 'street_signals'
