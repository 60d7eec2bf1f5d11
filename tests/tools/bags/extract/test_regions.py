# SPDX-License-Identifier: Apache-2.0
"""Regions of recordings become images: a folder a class where it is known, else a folder an id."""

import csv
from pathlib import Path

import numpy as np
import pytest

from mobilenet_perception.frames import decode_file
from mobilenet_perception.frames.boxes import Box
from mobilenet_perception.pipeline.regions import EXACT, RegionRules, choose_regions
from mobilenet_perception.recordings.labels import ThingLabel, ThingLabels, labels_to_json
from mobilenet_perception.tools.bags.extract.command import ExtractSettings, extract
from mobilenet_perception.tools.bags.extract.manifest import Sightings
from mobilenet_perception.tools.cli import main
from tests.support.recordings import MS, START_NS, Recorded, frame, regions, write_recording
from tests.tools.bags.extract.test_extract import files, manifest, scene

SIGN, LIGHT = Box('sign', 20.0, 24.0, 16.0, 16.0), Box('light/3', 44.0, 24.0, 12.0, 20.0)


def street(
    path: Path, *boxes: Box, labels: list[ThingLabel] | None = None, late_ms: float = 30.0
) -> Path:
    """Write six scenes 200 ms apart, and boxes of each, late."""
    items: list[Recorded] = [frame(scene(n), 200.0 * n) for n in range(6)]
    items += [regions(*boxes, at_ms=200.0 * n + late_ms, age_ms=5.0 + late_ms) for n in range(6)]
    write_recording(path, sorted(items, key=lambda item: item[1]))
    if labels:
        (path / 'labels.json').write_text(labels_to_json({}, {'front': ThingLabels(labels)}))
    return path


def test_what_is_known_is_a_folder_a_class_the_rest_a_folder_an_id(tmp_path: Path) -> None:
    last_ns = START_NS + (2 * 200 - 5) * MS
    labels = [ThingLabel('sign', None, last_ns, 'stop'), ThingLabel('sign', last_ns + 1, None, 'x',
                                                                     clear=False)]  # fmt: skip
    bag = street(tmp_path / 'bag', SIGN, LIGHT, labels=labels)
    out = tmp_path / 'out'
    summary = extract([bag], out, ExtractSettings())
    assert (summary.sampled, summary.crops, dict(summary.labels)) == (6, 12, {'stop': 3, '': 9})
    assert {path.split('/')[0] for path in files(out)} == {'stop', '__unlabelled'}
    for row in manifest(out):
        assert (row['label'], row['id'], row['bag']) == ('stop', 'sign', 'bag')
        assert row['path'] == f'stop/bag_0000/front_{row["stamp_ns"]}_sign.png'
    others = manifest(out / '__unlabelled')
    assert {row['id']: Path(row['path']).parts[0] for row in others} == {
        'sign': 'sign', 'light/3': 'light_3',
    }  # fmt: skip
    assert all((out / '__unlabelled' / row['path']).is_file() for row in others)


def test_crops_are_those_of_the_nodes_own_margin_and_frame(tmp_path: Path) -> None:
    bag = street(tmp_path / 'bag', SIGN)
    for rules in (RegionRules(match=EXACT), RegionRules(margin=0.5)):
        out = tmp_path / f'{rules.margin}'
        extract([bag], out, ExtractSettings(region_rules=rules))
        ((_, roi),) = choose_regions([SIGN], 0, rules).regions
        for row in manifest(out / '__unlabelled'):
            n = (int(row['stamp_ns']) - START_NS + 5 * MS) // (200 * MS)
            crop = scene(n)[roi.y : roi.y + roi.height, roi.x : roi.x + roi.width]
            found = decode_file(out / '__unlabelled' / row['path']).rgb()
            np.testing.assert_array_equal(found, crop)


def test_regions_that_come_late_are_those_of_their_frame(tmp_path: Path) -> None:
    """The node would have taken the ones before with the frame; a crop must show the thing."""
    places = [Box('sign', 10.0 + 8 * n, 24.0, 16.0, 16.0) for n in range(6)]
    items: list[Recorded] = []
    for n, box in enumerate(places):
        items.append(frame(scene(n), 200.0 * n))
        items.append(regions(box, at_ms=200.0 * n + 150, age_ms=155.0))
    bag = write_recording(tmp_path / 'bag', items)
    extract([bag], tmp_path / 'out', ExtractSettings())
    rows = sorted(manifest(tmp_path / 'out' / '__unlabelled'), key=lambda row: row['stamp_ns'])
    assert len(rows) == 6
    for n, row in enumerate(rows):
        ((_, roi),) = choose_regions([places[n]], 0, RegionRules()).regions
        found = decode_file(tmp_path / 'out' / '__unlabelled' / row['path']).rgb()
        crop = scene(n)[roi.y : roi.y + roi.height, max(0, roi.x) : roi.x + roi.width]
        np.testing.assert_array_equal(found, crop)


def test_parts_outside_the_image_and_frames_without_regions_are_left_out(tmp_path: Path) -> None:
    far = Box('far', 900.0, 10.0, 20.0, 20.0)
    items: list[Recorded] = [frame(scene(n), 1000.0 * n) for n in range(3)]
    items.insert(2, regions(far, SIGN._replace(x=62.0), at_ms=1010, age_ms=15.0))
    extract([write_recording(tmp_path / 'bag', items)], tmp_path / 'out', ExtractSettings())
    (row,) = manifest(tmp_path / 'out' / '__unlabelled')
    assert row['id'] == 'sign'
    height, width, _ = decode_file(tmp_path / 'out' / '__unlabelled' / row['path']).rgb().shape
    assert (height, width) == (20, 12)


def test_regions_without_an_id_do_not_overwrite_one_another(tmp_path: Path) -> None:
    bag = street(tmp_path / 'bag', SIGN._replace(id=''), LIGHT._replace(id=''))
    extract([bag], tmp_path / 'out', ExtractSettings())
    rows = manifest(tmp_path / 'out' / '__unlabelled')
    assert len({row['path'] for row in rows}) == 12
    assert all(row['path'].startswith('without_id/') for row in rows)


def test_command_says_what_to_do_with_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bag = street(tmp_path / 'bag', SIGN)
    assert main(['bag', 'extract', str(bag), '-o', str(tmp_path / 'out')]) == 0
    told = capsys.readouterr().out
    out, whole = tmp_path / 'out', tmp_path / 'whole'
    assert '6 images of 6 regions of 6 frames looked at' in told
    assert f'move what a folder {out}/__unlabelled/<id>/ holds to {out}/<label>/' in told
    assert main(['bag', 'extract', str(bag), '-o', str(whole), '--regions', 'none']) == 0
    with (whole / '__unlabelled' / 'manifest.csv').open() as file:
        assert {row['id'] for row in csv.DictReader(file)} == {''}


def test_a_segment_goes_on_while_something_stays_in_view() -> None:
    sightings = Sightings()
    seen = [{'a'}, {'a', 'b'}, {'b'}, set(), {'b', 'c'}, {'d'}, {'d'}]
    assert [sightings.number('front', ids) for ids in seen] == list('0000011')
