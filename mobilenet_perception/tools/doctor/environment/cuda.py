# SPDX-License-Identifier: Apache-2.0
"""CUDA's driver and runtime, and the GPUs, asked of the libraries themselves.

Source: the CUDA driver API and runtime API (cuDriverGetVersion, cuDeviceGetAttribute,
cudaRuntimeGetVersion). Versions are 1000 x major + 10 x minor.
"""

import ctypes
from collections.abc import Callable, Iterable

_DRIVER = ('libcuda.so.1',)
_RUNTIME = ('libcudart.so', 'libcudart.so.13', 'libcudart.so.12', 'libcudart.so.11.0')
NOT_INSTALLED = 'not installed'
# CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR.
_CAPABILITY = (75, 76)
_NAME_BYTES = 128


def cuda() -> dict[str, str]:
    """Return the versions that are here, and each GPU with its compute capability."""
    found = {'driver': NOT_INSTALLED, 'runtime': NOT_INSTALLED}
    driver, runtime = _library(_DRIVER), _library(_RUNTIME)
    if driver is not None:
        found['driver'] = _version(driver.cuDriverGetVersion)
        status = driver.cuInit(0)
        if status:
            found['trouble'] = f'the driver does not start: CUDA error {status}'
        else:
            found |= {f'gpu_{number}': name for number, name in enumerate(_devices(driver))}
    if runtime is not None:
        found['runtime'] = _version(runtime.cudaRuntimeGetVersion)
    return found


def _library(names: Iterable[str]) -> ctypes.CDLL | None:
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None


def _version(ask: Callable[..., int]) -> str:
    number = ctypes.c_int()
    status = ask(ctypes.byref(number))
    if status:
        return f'CUDA error {status}'
    return f'{number.value // 1000}.{number.value % 1000 // 10}'


def _devices(driver: ctypes.CDLL) -> list[str]:
    count = ctypes.c_int()
    driver.cuDeviceGetCount(ctypes.byref(count))
    found = []
    for number in range(count.value):
        device = ctypes.c_int()
        driver.cuDeviceGet(ctypes.byref(device), number)
        name = ctypes.create_string_buffer(_NAME_BYTES)
        driver.cuDeviceGetName(name, _NAME_BYTES, device)
        parts = []
        for attribute in _CAPABILITY:
            part = ctypes.c_int()
            driver.cuDeviceGetAttribute(ctypes.byref(part), attribute, device)
            parts.append(str(part.value))
        found.append(f'{name.value.decode(errors="replace")}, compute {".".join(parts)}')
    return found
