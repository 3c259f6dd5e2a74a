"""Servers on a Unix socket that nobody else knows of."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from typing import Any

from .server import FauxRedis

__all__ = ["start"]


def start(**options: Any) -> FauxRedis:
    """Starts a server on a socket in a folder of its own, which goes with it."""
    folder = tempfile.mkdtemp(prefix="faux-redis-")
    try:
        server = FauxRedis(unix_socket=os.path.join(folder, "socket"), **options).start()
    except BaseException:
        shutil.rmtree(folder, True)
        raise
    weakref.finalize(server, _remove, folder, os.getpid())
    return server


def _remove(folder: str, process: int) -> None:
    # A fork has the memory of the server, but the server is in its parent.
    if os.getpid() == process:
        shutil.rmtree(folder, True)
