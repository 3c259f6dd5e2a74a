"""The store in the test's hands: typed values, snapshots, and what differs."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from . import _core, _options
from ._handle import Handle
from .errors import OptionError
from .rule import place_of_caller
from .values import plain, read, text_of

if TYPE_CHECKING:
    from ._served import Served

__all__ = [
    "Data",
    "Diff",
    "KeyChange",
    "Snapshot",
    "Unchanged",
]

Key = str | bytes | int | float
"""The name of a key."""


class Data:
    """One database of a server, read and written without a client: `faux_redis.data["key"]`.

    What is read are `bytes`, and with `data(decode=True)` texts: a string is `bytes`, a list a
    `list`, a set a `set`, a hash a `dict`, a sorted set a `zset`, a stream a `stream`. What is
    written is a `str`, `bytes`, `int` or `float`, a `list`, `set` or `dict`, or one of the others;
    also a dict of a data file's words, such as `{"$string": "me", "$ttl": 60}` (see `load`).

    Writing goes through the server: it voids watches, wakes who waits for the key and notifies the
    keyspace as the command would that writes such a value, with DEL before it where something else
    was there and EXPIRE after it for a time to live. No call is recorded, and no stub is asked.
    Reading does not count as a use of the key.

    >>> from faux_redis import FauxRedis
    >>> with FauxRedis() as redis:
    ...     redis.data["user:1"] = {"name": "Ada"}
    ...     redis.data.set("lock", "me", ttl=60)
    ...     "lock" in redis.data, redis.data["user:1"], redis.data.keys("user:*")
    (True, {b'name': b'Ada'}, [b'user:1'])
    """

    def __init__(self, server: Served, db: int = 0, decode: bool = False) -> None:
        self._server = server
        self._db = db
        self._decode = decode

    def __call__(self, db: int | None = None, decode: bool | None = None) -> Data:
        """Another database of the same server, or texts in place of bytes."""
        wanted = self._db if db is None else _database(db)
        return Data(
            self._server, wanted, self._decode if decode is None else _options.truth("decode", decode)
        )

    def get(self, key: Key, default: Any = None) -> Any:
        """What a key holds; the default, if it is not there."""
        held = self._core.data_get(self._db, key)
        return default if held is None else read(*held, self._decode)

    def set(self, key: Key, value: Any, ttl: float | None = None, db: int | None = None) -> None:
        """Lets a key hold a value, whatever it held; with `ttl`, for so many seconds.

        Raises:
            OptionError: No key can hold such a value, as an empty list.
        """
        wanted = self._db if db is None else _database(db)
        self._core.data_set(wanted, key, plain(value), _seconds(ttl))

    def delete(self, *keys: Key) -> int:
        """Removes keys; how many were there."""
        return sum(self._core.data_delete(self._db, key) for key in keys)

    def expire(self, key: Key, ttl: float | None) -> bool:
        """Lets a key live so many seconds longer, or with None for ever; whether it is there."""
        return self._core.data_expire(self._db, key, _seconds(ttl))

    def ttl(self, key: Key) -> float | None:
        """How many seconds longer a key lives; None, if it does so for ever or is not there."""
        return self._core.data_ttl(self._db, key)

    def field_ttls(self, key: Key) -> dict[Any, float]:
        """The fields of a hash that have a time to live of their own, and how many seconds it is."""
        ttls = self._core.data_field_ttls(self._db, key)
        return {text_of(field, self._decode): ttl for field, ttl in ttls}

    def type(self, key: Key) -> str | None:
        """The type of a key in the words of TYPE; None, if it is not there."""
        return self._core.data_type(self._db, key)

    def keys(self, glob: str | bytes = "*") -> list[Any]:
        """The keys that match a glob, as KEYS answers them."""
        return [text_of(key, self._decode) for key in self._core.data_keys(self._db, glob)]

    def items(self, glob: str | bytes = "*") -> list[tuple[Any, Any]]:
        """The keys that match a glob, and what they hold."""
        return [(key, self[key]) for key in self.keys(glob)]

    def clear(self) -> int:
        """Removes all keys of this database; how many there were."""
        return self._core.data_clear(self._db)

    def load(
        self,
        data: Mapping[Any, Any] | str | os.PathLike[str] | None = None,
        *,
        json: str | None = None,
        yaml: str | None = None,
    ) -> None:
        """Loads data into the server, over what there is: all of it or, on a mistake, nothing.

        Args:
            data: A dict of keys and values, or the path of a `.json`, `.yaml` or `.rdb` file.
            json: A document of JSON.
            yaml: A document of YAML.

        A document maps keys to values. A text or number is a string, a list a list, a mapping a
        hash. What needs more words is a mapping of names with `$`: `$string`, `$list`, `$set`,
        `$hash`, `$zset` (members and scores), `$stream` (ids and fields, or a list of fields),
        `$array` (places and elements) or `$dump` (what DUMP answers), and beside it `$ttl` in
        seconds, for a hash `$field_ttl`, and for a stream `$last_id` and `$groups`. Keys of several
        databases are `{"$databases": {"0": {...}, "1": {...}}}`. A text that begins with `$base64:`
        is the bytes that follow, in base64.

        >>> from faux_redis import FauxRedis
        >>> with FauxRedis() as redis:
        ...     redis.data.load(yaml="board: {$zset: {ada: 2}, $ttl: 60}")
        ...     redis.data["board"], redis.data.type("board")
        (zset({b'ada': 2.0}), 'zset')

        Raises:
            OptionError: The data cannot be read, or a key cannot hold what it says.
        """
        given = [
            (kind, _options.text(kind, text))
            for kind, text in (("json", json), ("yaml", yaml))
            if text is not None
        ]
        if isinstance(data, Mapping):
            given.append(("document", document(data)))  # type: ignore[arg-type]
        elif data is not None:
            given.append(("file", _options.path("data", data, "a dict, or the path of a file")))
        if len(given) != 1:
            raise OptionError("load() takes a dict, a path, json='...' or yaml='...', one of them")
        self._core.data_load(*given[0])

    def dump(self, format: Literal["json", "yaml"] = "json") -> str:  # noqa: A002 - the word for it
        """All databases as a document that `load` takes, its keys sorted."""
        return self._core.data_dump(_options.one_of("format", format, "json", "yaml"))

    def __getitem__(self, key: Key) -> Any:
        held = self._core.data_get(self._db, key)
        if held is None:
            raise KeyError(key)
        return read(*held, self._decode)

    def __setitem__(self, key: Key, value: Any) -> None:
        self.set(key, value)

    def __delitem__(self, key: Key) -> None:
        if not self._core.data_delete(self._db, key):
            raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        return self._core.data_type(self._db, cast(Any, key)) is not None

    def __iter__(self) -> Iterator[Any]:
        return iter(self.keys())

    def __len__(self) -> int:
        return self._core.data_len(self._db)

    def __repr__(self) -> str:
        return f"<Data of db {self._db}: {len(self)} keys>"

    @property
    def _core(self) -> _core.Server:
        return self._server._running()


class Snapshot(Handle):
    """All keys of a server as they were at one moment.

    As a context manager it goes back to that moment at the end of the block.
    """

    def __init__(self, server: Served) -> None:
        super().__init__(place_of_caller())
        self._server = server
        self._core = server._running().snapshot(self.source)

    def remove(self) -> None:
        """Forgets it, without going back: what changes is no longer kept for it."""
        self._core.remove()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server._running().restore(self._core)

    def __repr__(self) -> str:
        return repr(self._core)

    def _rename(self, name: str) -> None:
        self._core.named(name)


class KeyChange(NamedTuple):
    """A key that differs."""

    db: int
    """The database it is in."""
    key: bytes
    """Its name."""
    before: Any
    """What it held; None, if it was added."""
    after: Any
    """What it holds; None, if it was removed."""
    ttl_before: float | None
    """How many seconds it had to live."""
    ttl_after: float | None
    """How many seconds it has to live."""


class Diff(Sequence[KeyChange]):
    """What differs between two states of the store, key by key; it is false if nothing does.

    Printed, it has a line for each key that was added (`+`), removed (`-`) or changed (`~`), and
    below it a line for each field, member, element or entry in which the key differs.
    """

    def __init__(self, diff: _core.Diff) -> None:
        self._core = diff

    def without(self, *globs: str) -> Diff:
        """The same without the keys that match one of these globs."""
        return Diff(
            self._core.without([_options.text("globs", glob, "globs such as 'cache:*'") for glob in globs])
        )

    @property
    def added(self) -> list[bytes]:
        """The keys that were added."""
        return [change.key for change in self if change.before is None]

    @property
    def removed(self) -> list[bytes]:
        """The keys that were removed."""
        return [change.key for change in self if change.after is None]

    @property
    def changed(self) -> list[bytes]:
        """The keys that hold something else, or for another time."""
        return [change.key for change in self if None not in (change.before, change.after)]

    def __getitem__(self, index: Any) -> Any:
        return self._all()[index]

    def __len__(self) -> int:
        return len(self._core)

    def __str__(self) -> str:
        return str(self._core)

    def __repr__(self) -> str:
        return f"<Diff: {self}>"

    def _all(self) -> list[KeyChange]:
        return [_change(*change) for change in self._core.changes]


class Unchanged(Handle):
    """A block in which no key may change but those that match a glob; it begins when this is made."""

    def __init__(self, server: Served, except_: Iterable[str]) -> None:
        super().__init__(place_of_caller())
        self._core = server._running().unchanged(list(except_), self.source)
        self._is_open = True

    def verify(self) -> None:
        """Checks now that nothing has changed; then keys may change again.

        Raises:
            VerificationError: Something has; the message tells what differs.
        """
        __tracebackhide__ = True
        self._is_open = False
        self._core.verify()

    def remove(self) -> None:
        """Takes the guard away: keys may change again, and nothing is checked."""
        self._is_open = False
        self._core.remove()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        __tracebackhide__ = True
        if kind is None:
            self.verify()
        else:
            self.remove()

    def __del__(self) -> None:
        if getattr(self, "_is_open", False):
            warnings.warn(
                f"{self!r} made at {self.source} has ended without a look: use a `with` block, or verify()",
                ResourceWarning,
                source=self,
                stacklevel=2,
            )

    def __repr__(self) -> str:
        return repr(self._core)

    def _rename(self, name: str) -> None:
        self._core.named(name)


def globs(except_: str | Iterable[str] | None) -> tuple[str, ...]:
    """The globs of `except_`."""
    accepts = "a glob such as 'cache:*', or several"
    if except_ is None:
        return ()
    if isinstance(except_, bytes | Mapping) or not isinstance(except_, Iterable):
        raise OptionError(f"option 'except_' takes {accepts}, not {except_!r}")
    given = (except_,) if isinstance(except_, str) else tuple(except_)
    return tuple(_options.text("except_", glob, accepts) for glob in given)


def document(data: Mapping[Any, Any]) -> dict[Any, Any]:
    """A document as the core takes it."""
    return {key: plain(value) for key, value in data.items()}


def _change(db: int, key: bytes, before: Any, after: Any) -> KeyChange:
    def value(held: Any) -> Any:
        return None if held is None else read(held[0], held[1], False)

    def ttl(held: Any) -> float | None:
        return None if held is None else cast("float | None", held[2])

    return KeyChange(db, key, value(before), value(after), ttl(before), ttl(after))


def _database(db: int) -> int:
    return _options.whole("db", db, 0)


def _seconds(ttl: float | None) -> float | None:
    if ttl is None:
        return None
    return _options.number("ttl", ttl, "seconds, or None")
