# SPDX-License-Identifier: Apache-2.0
"""Where the default bundle lies: in the install space, or in the source tree."""

import os
import sys
from pathlib import Path

from mobilenet_perception.errors import BundleError

DEFAULT_BUNDLE = Path('bundles') / 'street_signals'


def default_bundle_path() -> Path:
    """Return the folder of the bundle that comes with the package.

    Raises:
        BundleError: it was not installed.
    """
    source_tree = Path(__file__).resolve().parents[2]
    prefixes = [*os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep), sys.prefix]
    shares = [Path(prefix) / 'share' / 'mobilenet_perception' for prefix in prefixes if prefix]
    for place in (source_tree, *shares):
        if (place / DEFAULT_BUNDLE / 'bundle.json').is_file():
            return place / DEFAULT_BUNDLE
    raise BundleError(
        f'the default bundle {DEFAULT_BUNDLE.name} is not installed: name one with the '
        'parameter bundle (the node) or --bundle (the tools)'
    )
