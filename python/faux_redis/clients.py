"""Which connections are meant: by what is known of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import _core, _options
from .errors import OptionError
from .matchers import Arg, Known, Pattern, as_pattern, glob

__all__ = ["Client", "Who", "client"]


@dataclass(frozen=True, repr=False)
class Client:
    """Connections of which all that is said is true, made by `client`."""

    ids: tuple[int, ...] | None = None
    name: Pattern | None = None
    user: Pattern | None = None
    db: int | None = None
    resp: int | None = None
    lib: Pattern | None = None
    addr: Pattern | None = None

    def build(self, known: Known) -> _core.Client:
        """Makes the core's; `known` takes in the predicates."""

        def built(pattern: Pattern | None) -> _core.Pattern | None:
            return None if pattern is None else pattern.build(known)

        return _core.Client(
            None if self.ids is None else list(self.ids),
            built(self.name),
            built(self.user),
            self.db,
            self.resp,
            built(self.lib),
            built(self.addr),
        )

    def core(self) -> _core.Client:
        """Makes the core's, where nobody can be asked.

        Raises:
            OptionError: A predicate, or an expression of Python's `re`, is part of it.
        """

        def refuse(predicate: object) -> _core.Callable:
            raise OptionError(f"{self!r} cannot ask a predicate here; a glob(...) needs no asking")

        return self.build(refuse)

    def __repr__(self) -> str:
        ids = self.ids[0] if self.ids is not None and len(self.ids) == 1 else self.ids
        parts = {"id": ids if ids is None or isinstance(ids, int) else list(ids)}
        said: dict[str, Any] = {
            **parts,
            "name": self.name,
            "user": self.user,
            "lib": self.lib,
            "addr": self.addr,
            "db": self.db,
            "resp": self.resp,
        }
        return (
            f"client({', '.join(f'{word}={value!r}' for word, value in said.items() if value is not None)})"
        )


def client(
    named: str | bytes | Pattern | None = None,
    /,
    *,
    id: int | Iterable[int] | None = None,  # noqa: A002 - it is CLIENT ID's word
    name: Arg | None = None,
    user: Arg | None = None,
    db: int | None = None,
    resp: int | None = None,
    lib: Arg | None = None,
    addr: Arg | None = None,
    protocol: int | None = None,
    library: Arg | None = None,
    address: Arg | None = None,
) -> Client:
    """Says which connections are meant. What is not said is not asked.

    >>> client("worker-*", db=1)
    client(name=glob("worker-*"), db=1)

    Args:
        named: A glob for its name.
        id: Its id, as CLIENT ID tells it, or several ids.
        name: Its name, as CLIENT SETNAME or HELLO gave it: exact, or a pattern.
        user: The user it is logged in as.
        db: The database it has selected.
        resp: The protocol it speaks: 2 or 3.
        lib: The name of the library it is written with, as CLIENT SETINFO told.
        addr: Where it comes from, such as `127.0.0.1:50123`.
        protocol: `resp` by its full name.
        library: `lib` by its full name.
        address: `addr` by its full name.

    Raises:
        OptionError: Something makes no sense; the message names it.
    """
    if named is not None and name is not None:
        raise OptionError("client() takes a name once: as a glob in the first place, or as name=")
    if named is not None:
        name = named if isinstance(named, Pattern) else glob(named)
    resp = _either("resp", resp, "protocol", protocol)
    lib = _either("lib", lib, "library", library)
    addr = _either("addr", addr, "address", address)
    if resp not in (None, 2, 3):
        raise OptionError(f"option 'resp' takes 2 or 3, not {resp!r}")
    db = None if db is None else _options.whole("db", db, 0)
    patterns = [None if value is None else as_pattern(value) for value in (name, user, lib, addr)]
    name_, user_, lib_, addr_ = patterns
    return Client(None if id is None else ids("id", id), name_, user_, db, resp, lib_, addr_)


def _either(short: str, value: Any, full: str, other: Any) -> Any:
    """What was said by one of two words for the same."""
    if value is not None and other is not None:
        raise OptionError(f"client() takes '{short}' or '{full}', which are the same, not both")
    return other if value is None else value


def core_client(option: str, value: int | Iterable[int] | Client | None) -> _core.Client:
    """Makes the core's of what a test has said, where nobody can be asked; None means any."""
    if not isinstance(value, Client):
        value = Client(None if value is None else ids(option, value))
    return value.core()


def ids(option: str, value: Any) -> tuple[int, ...]:
    """One id of a connection, or several."""
    found = (value,) if isinstance(value, int) else value
    accepts = "a connection's id, or a list of ids" + (
        ", or client(...)" if option in ("conn", "client") else ""
    )
    if isinstance(found, str | bytes | bytearray | Mapping) or not isinstance(found, Iterable):
        raise OptionError(f"option '{option}' takes {accepts}, not {value!r}")
    found = tuple(found)
    if not all(isinstance(id_, int) and not isinstance(id_, bool) and 0 <= id_ < 2**63 for id_ in found):
        raise OptionError(f"option '{option}' takes {accepts}, not {value!r}")
    return found


Who = Client | int | Iterable[int] | None
"""Which connections: what `client` says, an id, several ids, or None for all."""


def who(option: str, value: Who) -> _core.Client:
    """The connections as the core knows them."""
    if value is None:
        value = Client()
    return value.core() if isinstance(value, Client) else Client(ids(option, value)).core()
