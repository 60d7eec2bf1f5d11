# SPDX-License-Identifier: Apache-2.0
"""The cache of engines: native code, built on this machine, found again at the next start."""

from mobilenet_perception.engines.key import EngineKey
from mobilenet_perception.engines.sidecar import Sidecar
from mobilenet_perception.engines.store import Built, Engine, EngineStore

__all__ = ['Built', 'Engine', 'EngineKey', 'EngineStore', 'Sidecar']
