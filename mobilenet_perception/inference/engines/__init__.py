# SPDX-License-Identifier: Apache-2.0
"""The cache of engines: native code, built on this machine, found again at the next start."""

from mobilenet_perception.inference.engines.engine_file import EngineFacts, EngineKey
from mobilenet_perception.inference.engines.store import Built, Engine, EngineStore, StoredFile

__all__ = ['Built', 'Engine', 'EngineFacts', 'EngineKey', 'EngineStore', 'StoredFile']
