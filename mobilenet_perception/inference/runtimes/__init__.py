# SPDX-License-Identifier: Apache-2.0
"""One file or folder per inference runtime behind one small interface; imported if asked for."""

from mobilenet_perception.inference.runtimes.base import Runtime, RuntimeSettings, Session
from mobilenet_perception.inference.runtimes.choose import RUNTIMES, choose_runtime, create_runtime

__all__ = [
    'RUNTIMES',
    'Runtime',
    'RuntimeSettings',
    'Session',
    'choose_runtime',
    'create_runtime',
]
