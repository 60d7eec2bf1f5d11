# SPDX-License-Identifier: Apache-2.0
"""The model bundle: whether every file is what was written."""

from collections.abc import Iterator

from mobilenet_perception.doctor.finding import Finding, Level, fine, told
from mobilenet_perception.doctor.machine_facts import MachineFacts


def check_bundle(facts: MachineFacts) -> Iterator[Finding]:
    """Say whether each bundle is sound."""
    for folder, trouble in facts.bundles.items():
        if trouble:
            yield told(Level.WRONG, 'bundle', folder, trouble)
        else:
            yield fine('bundle', folder, 'the files of the bundle match their checksums')
