# SPDX-License-Identifier: Apache-2.0
"""`python -m training`: train classifiers and make bundles of them."""

import sys

from training.commands.cli import main

sys.exit(main())
