# SPDX-License-Identifier: Apache-2.0
"""Keep copies of one picture together, so that no split can put them into two parts."""

import numpy as np

from training.data.components import Components
from training.data.copies import find_copies
from training.data.data_set import DataSet
from training.data.fingerprints import Fingerprints, take_fingerprints


def group_duplicates(data_set: DataSet, fingerprints: Fingerprints | None = None) -> DataSet:
    """Return the data with groups joined that hold copies of one picture.

    Groups whose part the data fix, or that are held out, stay as they are: what leaks between
    those, only the maker of the data can mend.
    """
    samples = data_set.samples
    taken = take_fingerprints(samples) if fingerprints is None else fingerprints
    names = sorted({sample.group for sample in samples})
    number = {name: place for place, name in enumerate(names)}
    fixed = {*data_set.parts, *data_set.held_out}
    of = np.array(
        [-1 if sample.group in fixed else number[sample.group] for sample in samples], np.int64
    )
    copies = find_copies(samples, taken, of)
    groups = Components(len(names))
    if copies:
        first, second = (
            of[[copy.image for copy in copies]],
            of[[copy.original for copy in copies]],
        )
        groups.join(first, second)
    joined = groups.numbers()
    first_of: dict[int, str] = {}
    for name, component in zip(names, joined, strict=True):
        first_of.setdefault(component, name)
    renamed = [s._replace(group=first_of[joined[number[s.group]]]) for s in samples]
    return data_set._replace(samples=renamed)
