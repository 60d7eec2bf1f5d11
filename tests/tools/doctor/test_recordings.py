# SPDX-License-Identifier: Apache-2.0
"""A sound bag, and one with frames that the node would reject."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from mobilenet_perception.frames.messages import Header, ImageMessage, to_time
from mobilenet_perception.recordings import (
    BagOptions,
    Source,
    SourceCamera,
    SourceFrame,
    write_bag,
)
from tests.support.colours import assert_one_sentence, command


def doctor(bag: Path) -> tuple[int, list[dict[str, Any]]]:
    done = command('doctor', '--bag', bag, '--json')
    return done.returncode, json.loads(done.stdout)['findings']


def frames(stamp_ns: int, encoding: str) -> list[SourceFrame]:
    data = np.zeros(27, np.uint8)
    messages = [
        ImageMessage(Header(to_time(stamp_ns), 'lens'), 3, 3, encoding, 0, 9, data)
        for _ in range(20)
    ]
    return [
        SourceFrame('camera', stamp_ns, (number + 1) * 50_000_000, message)
        for number, message in enumerate(messages)
    ]


def test_a_sound_bag(labelled_bag: Path) -> None:
    status, findings = doctor(labelled_bag)
    assert (status, {finding['level'] for finding in findings}) == (0, {'ok'})


def test_a_bag_of_troubles(tmp_path: Path) -> None:
    camera = SourceCamera('camera', '/camera/image_raw', False)
    write_bag(Source('troubles', (camera,), iter(frames(0, 'rgb9'))), tmp_path / 'bag',
              BagOptions())  # fmt: skip
    status, findings = doctor(tmp_path / 'bag')
    said = [f'{finding["what"]} {finding["cure"]}' for finding in findings]
    assert status == 1
    assert any("did you mean 'rgb8'" in words for words in said)
    assert any('set header.stamp' in words for words in said)


def test_bad_usage(tmp_path: Path) -> None:
    done = command('doctor', '--bag', tmp_path, '--topic', '/camera/image_raw')
    assert done.returncode == 2 and '--bag goes without' in done.stderr
    done = command('doctor', '--bag', tmp_path / 'absent')
    assert done.returncode == 1
    assert_one_sentence(done.stderr)
