# SPDX-License-Identifier: Apache-2.0
"""What a check finds: what is wrong, where, and what to do."""

from enum import Enum
from typing import NamedTuple

# Where what is not of the graph is.
MACHINE = 'this machine'


class Level(str, Enum):
    """How much a finding matters."""

    WRONG = 'wrong'
    NOTE = 'note'
    OK = 'ok'

    def __str__(self) -> str:
        return self.value


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes:
        level: wrong: it keeps the robot from classifying as it should; note: worth knowing.
        check: names the kind of trouble, such as `qos`, for programs.
        where: the topic, the node, the recording, or `MACHINE`.
        what: what is wrong, a sentence without its full stop.
        cure: what to do, likewise; empty where nothing is to be done.
    """

    level: Level
    check: str
    where: str
    what: str
    cure: str = ''


def wrong(check: str, where: str, what: str, cure: str) -> Finding:
    """Return a finding of something that is wrong."""
    return Finding(Level.WRONG, check, where, what, cure)


def note(check: str, where: str, what: str, cure: str = '') -> Finding:
    """Return a finding that is worth knowing."""
    return Finding(Level.NOTE, check, where, what, cure)


def fine(check: str, where: str, what: str) -> Finding:
    """Return a finding of something that is as it should be."""
    return Finding(Level.OK, check, where, what)


def told(check: str, where: str, sentence: str, level: Level = Level.WRONG) -> Finding:
    """Return a finding of a sentence that says what is wrong, a colon, and what to do."""
    what, _, cure = sentence.partition(': ')
    return Finding(level, check, where, what, cure)
