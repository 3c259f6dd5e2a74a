"""The same with clients of valkey-py, for a server of Valkey's."""

# mypy: ignore-errors
# valkey-py need not be there, and its classes and redis-py's are not one another's.

from __future__ import annotations

from typing import Any

import valkey
import valkey.asyncio

from ._clients import AsyncConnectionMixin, ConnectionMixin, FakeAsyncRedisMixin, FakeRedisMixin

__all__ = ["FakeAsyncValkey", "FakeStrictValkey", "FakeValkey"]


class FakeValkeyConnection(ConnectionMixin, valkey.Connection):
    """A connection of valkey-py's to a server of this process."""


class FakeAsyncValkeyConnection(AsyncConnectionMixin, valkey.asyncio.Connection):
    """The same for asyncio."""


class FakeValkey(FakeRedisMixin, valkey.Valkey):
    """A client of valkey-py's with a server of its own."""

    _library = valkey
    _real = valkey.Valkey
    _connection = FakeValkeyConnection

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("version", (8,))
        super().__init__(*args, **{**kwargs, "server_type": "valkey"})


FakeStrictValkey = FakeValkey


class FakeAsyncValkey(FakeAsyncRedisMixin, valkey.asyncio.Valkey):
    """The same for asyncio."""

    _library = valkey.asyncio
    _real = valkey.asyncio.Valkey
    _connection = FakeAsyncValkeyConnection

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("version", (8,))
        super().__init__(*args, **{**kwargs, "server_type": "valkey"})
