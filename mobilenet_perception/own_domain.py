# SPDX-License-Identifier: Apache-2.0
"""A ROS domain that no other process of this machine uses, held as long as it is needed."""

import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from mobilenet_perception.errors import PerceptionError

# Domains whose ports lie below those that Linux hands out to clients (32768 and up); 0 is
# everybody's default, and is left to them.
_DOMAINS = range(1, 102)

# Of the 250 ports of a domain (RTPS specification, 9.6.2.3), counted from its first: 0 is
# discovery multicast, 10 discovery unicast of the first participant. 2 to 9 are nobody's: by
# one of them processes that have no participant yet, or none any more, know of each other.
_RESERVED = 5


@contextmanager
def own_domain() -> Iterator[int]:
    """Hold a ROS domain in which no process of this machine takes part, drawn by chance.

    Until it is left, or this process ends, no other draw on this machine gives the same.

    Raises:
        PerceptionError: all domains from 1 to 101 are in use.
    """
    domains = list(_DOMAINS)
    random.SystemRandom().shuffle(domains)
    for domain in domains:
        with _udp_socket() as held:
            if _binds(held, domain, _RESERVED) and not _has_participants(domain):
                yield domain
                return
    raise PerceptionError('all ROS domains from 1 to 101 are in use: end some ROS processes')


def _has_participants(domain: int) -> bool:
    with _udp_socket() as multicast, _udp_socket() as unicast:
        return not (_binds(multicast, domain, 0) and _binds(unicast, domain, 10))


def _udp_socket() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def _binds(probe: socket.socket, domain: int, offset: int) -> bool:
    try:
        probe.bind(('', 7400 + 250 * domain + offset))
    except OSError:
        return False
    return True
