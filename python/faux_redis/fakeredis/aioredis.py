"""The same for asyncio, as `fakeredis.aioredis` has it."""

from ._clients import FakeAsyncConnection as FakeConnection
from ._clients import FakeAsyncRedis as FakeRedis
from ._server import FakeServer

__all__ = ["FakeConnection", "FakeRedis", "FakeServer"]
