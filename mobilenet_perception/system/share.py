# SPDX-License-Identifier: Apache-2.0
"""Where the files beside the code lie: in a checkout, or in an install space."""

from pathlib import Path

import mobilenet_perception
from mobilenet_perception.errors import PerceptionError

PACKAGE_FOLDER = Path(mobilenet_perception.__file__).resolve().parent


def share_folder() -> Path:
    """Return the folder that holds config/, launch/ and bundles/: a checkout, or `share`.

    Raises:
        PerceptionError: the package is neither in a checkout nor installed with its data.
    """
    package = PACKAGE_FOLDER
    # lib/python3.x/site-packages (or dist-packages, or local/lib/...) lies within the prefix.
    prefixes = [parent / 'share' / package.name for parent in package.parents]
    for folder in (package.parent, *prefixes):
        if (folder / 'config' / 'classifier.yaml').is_file():
            return folder
    raise PerceptionError(
        f'no config folder belongs to {package}: install the package with colcon or pip, '
        'or run it from its checkout'
    )
