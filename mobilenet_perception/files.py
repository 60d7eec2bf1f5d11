# SPDX-License-Identifier: Apache-2.0
"""Write files whole or not at all."""

import os
import tempfile
from pathlib import Path


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write a file under a temporary name in its folder, then rename it; text as UTF-8.

    Raises:
        OSError: it cannot be written: what was there before is untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    handle, scratch = tempfile.mkstemp(prefix=f'.{path.name}.', dir=path.parent)
    try:
        with os.fdopen(handle, 'wb') as file:
            file.write(data)
        # mkstemp makes files that only their owner can read.
        Path(scratch).chmod(0o644)
        Path(scratch).replace(path)
    except OSError as error:
        Path(scratch).unlink(missing_ok=True)
        # A write to a full disk fails without saying which file.
        raise OSError(error.errno, error.strerror, str(path)) from error
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise
