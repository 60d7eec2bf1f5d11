# SPDX-License-Identifier: Apache-2.0
"""The cache of engines: native code, built on this machine, found again at the next start."""

from mobilenet_perception.inference.engines.sidecar import EngineKey, Sidecar
from mobilenet_perception.inference.engines.store import Built, Engine, EngineStore

__all__ = ['Built', 'Engine', 'EngineKey', 'EngineStore', 'Sidecar']
