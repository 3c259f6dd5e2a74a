"""Servers, who shares them, and one that listens on a port."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from .. import _private
from ..data import Data
from ..errors import OptionError
from ..server import FauxRedis

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["FakeServer", "TcpFakeServer", "Version"]

Version = tuple[int, ...] | str | int
"""A version, such as `(7,)`, `(7, 0)`, `"7.0"` or `7`."""

TYPES = ("redis", "valkey", "dragonfly", "kividb")


class FakeServer:
    """A server that clients share by being given it as `server`.

    `connected` says whether clients reach it; `dbs` are its databases, `faux` the server itself.
    """

    _shared: dict[tuple[Any, ...], FakeServer] = {}  # noqa: RUF012 - it is what a process shares
    _sharing = threading.Lock()

    def __init__(
        self,
        version: Version = (8,),
        server_type: str = "redis",
        config: Mapping[Any, Any] | None = None,
    ) -> None:
        self.connected = True
        self.lock = threading.RLock()
        self.server_type = server_type
        self.version = version
        self._options = options(version, server_type)
        if config:
            self._options["config"] = {_text(name): _text(value) for name, value in config.items()}
        self._faux: FauxRedis | None = None

    @property
    def faux(self) -> FauxRedis:
        """The server itself, with all that can be done to it. It starts when it is first needed."""
        with self.lock:
            if self._faux is None:
                self._faux = _private.start(verify=False, **self._options)
            return self._faux

    @property
    def dbs(self) -> _Databases:
        """The databases: `server.dbs[0]["key"]`."""
        return _Databases(self.faux)

    @classmethod
    def get_server(
        cls, key: str, version: Version = (7,), server_type: str = "redis", **config: Any
    ) -> FakeServer:
        """The server of an address, the same for each who asks in this process."""
        place = (key, server_type, _numbers(version)[:1])
        with cls._sharing:
            if place not in cls._shared:
                cls._shared[place] = cls(version, server_type, **config)
            return cls._shared[place]


class _Databases(Mapping[int, Data]):
    """The databases of a server, by their numbers."""

    def __init__(self, faux: FauxRedis) -> None:
        self._faux = faux

    def __getitem__(self, db: int) -> Data:
        return self._faux.data(db=db)

    def __iter__(self) -> Iterator[int]:
        return (db for db in range(16) if len(self._faux.data(db=db)))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class TcpFakeServer:
    """A server that listens on a port, with what `socketserver` calls its methods."""

    def __init__(
        self,
        server_address: tuple[str | bytes | bytearray, int],
        bind_and_activate: bool = True,
        server_type: str = "redis",
        server_version: Version = (8, 0),
    ) -> None:
        host, port = server_address
        name = host if isinstance(host, str) else bytes(host).decode()
        ip = socket.gethostbyname(name) if name else "0.0.0.0"
        self.faux = FauxRedis(ip=ip, port=port, verify=False, **options(server_version, server_type))
        self.server_address: tuple[str | bytes | bytearray, int] = server_address
        self._ends = threading.Event()
        if bind_and_activate:
            self.server_bind()
            self.server_activate()

    def server_bind(self) -> None:
        """Listens, and answers from then on."""
        self.faux.start()
        self.server_address = (self.server_address[0], self.faux.port)

    def server_activate(self) -> None:
        """Does nothing more: a server that listens answers."""

    def serve_forever(self, poll_interval: float = 0.5) -> None:
        """Returns after `shutdown`."""
        self._ends.wait()
        self._ends.clear()

    def shutdown(self) -> None:
        """Lets `serve_forever` return, now or as soon as it is called."""
        self._ends.set()

    def server_close(self) -> None:
        """Stops the server, its connections included."""
        self.faux.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.server_close()


def options(version: Version, server_type: str) -> dict[str, Any]:
    """The options of a server that is as a version and a type say."""
    if server_type not in TYPES:
        raise OptionError(f"option 'server_type' takes one of {', '.join(TYPES)}, not {server_type!r}")
    flavour: Literal["redis", "valkey"] = "valkey" if server_type == "valkey" else "redis"
    numbers = _numbers(version) if server_type in ("redis", "valkey") else ()
    return {"flavour": flavour, "version": _played(flavour, numbers)}


def _played(flavour: str, numbers: tuple[int, ...]) -> str | None:
    if flavour == "valkey":
        if numbers[:1] < (9,):
            return None if len(numbers) < 2 or numbers < (7, 2, 4) else ".".join(map(str, numbers))
        return "9.1" if len(numbers) == 1 else ".".join(map(str, numbers))
    if not numbers or numbers == (8,):
        return None
    if numbers < (6, 2):
        return "6.2"
    return "7.4" if numbers == (7,) else ".".join(map(str, numbers))


def _numbers(version: Version) -> tuple[int, ...]:
    try:
        if isinstance(version, str):
            return tuple(int(number) for number in version.split("."))
        return (version,) if isinstance(version, int) else tuple(int(number) for number in version)
    except (TypeError, ValueError):
        accepts = "a tuple such as (7, 0), a str such as '7.0', or an int"
        raise OptionError(f"option 'version' takes {accepts}, not {version!r}") from None


def _text(part: Any) -> Any:
    return part.decode() if isinstance(part, bytes) else part
