"""A certificate as a file, for clients that take it as one."""

from __future__ import annotations

import os
import tempfile
import weakref


class File:
    """A file with a text, as long as it is needed."""

    def __init__(self, text: str) -> None:
        handle, self.path = tempfile.mkstemp(prefix="faux-redis-", suffix=".pem")
        with os.fdopen(handle, "w") as file:
            file.write(text)
        self._text = text
        weakref.finalize(self, _remove, self.path, os.getpid())

    def holds(self, text: str) -> bool:
        """Whether this is its text."""
        return self._text == text


def _remove(path: str, process: int) -> None:
    if os.getpid() == process and os.path.exists(path):
        os.remove(path)
