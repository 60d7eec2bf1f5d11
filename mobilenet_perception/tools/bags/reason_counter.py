# SPDX-License-Identifier: Apache-2.0
"""Count sentences that say the same with other figures as one."""

import re

# What is broken in a thousand ways is broken: no more kinds are told apart.
_MOST_KINDS = 20
_OTHER = 'for other reasons'


class ReasonCounter:
    """How often each kind of sentence was said; the first of each kind speaks for it."""

    def __init__(self) -> None:
        self._kinds: dict[str, tuple[str, int]] = {}

    def add(self, sentence: str) -> None:
        """Count a sentence."""
        kind = re.sub(r'[0-9.]+', '#', sentence)
        if kind not in self._kinds and len(self._kinds) >= _MOST_KINDS:
            kind = sentence = _OTHER
        first, count = self._kinds.get(kind, (sentence, 0))
        self._kinds[kind] = first, count + 1

    @property
    def total(self) -> int:
        """Sentences counted."""
        return sum(count for _, count in self._kinds.values())

    def counts(self) -> dict[str, int]:
        """Return the first sentence of each kind and its count, the most frequent first."""
        return dict(sorted(self._kinds.values(), key=lambda item: -item[1]))
