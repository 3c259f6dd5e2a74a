"""Values that Python has no type of its own for, and how all of them go into the core and come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .errors import OptionError

__all__ = ["Group", "Pending", "array", "plain", "read", "sorted_set", "stream", "text_of", "zset"]


class zset(dict[Any, float]):  # noqa: N801 - it reads as the value it makes
    """A sorted set: its members and their scores.

    >>> from faux_redis import FauxRedis, zset
    >>> with FauxRedis() as redis:
    ...     redis.data["board"] = zset({"ada": 2, "bob": 1.5})
    ...     redis.data(decode=True)["board"]
    zset({'bob': 1.5, 'ada': 2.0})
    """

    def __repr__(self) -> str:
        return f"zset({super().__repr__()})"


sorted_set = zset


class array(dict[int, Any]):  # noqa: N801 - it reads as the value it makes
    """A sparse array: its elements by their places."""

    def __repr__(self) -> str:
        return f"array({super().__repr__()})"


class Pending(NamedTuple):
    """An entry of a stream that was delivered and not acknowledged."""

    id: str
    """The entry's id."""
    consumer: Any
    """Who has it; None, if it was released."""
    deliveries: int
    """How often it was delivered."""


class Group(NamedTuple):
    """A group of a stream's consumers."""

    name: Any
    """Its name."""
    last_id: str
    """The id of the last entry it was given."""
    consumers: list[Any]
    """The names of its consumers, sorted."""
    pending: list[Pending]
    """What was delivered and not acknowledged."""


class stream(list[Any]):  # noqa: N801 - it reads as the value it makes
    """A stream: its entries, each an id with a dict of fields, or a dict alone, which gets the next id.

    A stream that was read has entries `(id, fields)`; fields that repeat are a list of pairs. It also
    knows the `last_id` that was given, and the `groups` that read it.

    >>> from faux_redis import FauxRedis, stream
    >>> with FauxRedis() as redis:
    ...     redis.data["log"] = stream([("1-1", {"what": "begun"}), ("2-1", {"what": "done"})])
    ...     redis.data(decode=True)["log"]
    stream([('1-1', {'what': 'begun'}), ('2-1', {'what': 'done'})])
    """

    last_id: str | None = None
    groups: Sequence[Group] = ()

    def __repr__(self) -> str:
        return f"stream({super().__repr__()})"


_DEEPEST = 100
"""What is nested deeper is taken for what holds itself."""


def plain(value: Any, depth: int = _DEEPEST) -> Any:
    """A value as the core takes it."""
    if depth == 0:
        raise OptionError("a value is nested too deeply, or holds itself")
    if isinstance(value, zset):
        return {"$zset": dict(value)}
    if isinstance(value, array):
        return {"$array": dict(value)}
    if isinstance(value, stream):
        marked: dict[str, Any] = {"$stream": list(value)}
        if value.last_id is not None:
            marked["$last_id"] = value.last_id
        if value.groups:
            marked["$groups"] = {group.name: _plain_group(group) for group in value.groups}
        return marked
    if isinstance(value, Mapping):
        return {name: plain(part, depth - 1) for name, part in value.items()}
    return value


def _plain_group(group: Group) -> dict[str, Any]:
    pending = [[entry.id, entry.consumer, entry.deliveries] for entry in group.pending]
    return {"last_id": group.last_id, "consumers": group.consumers, "pending": pending}


def read(kind: str, value: Any, decode: bool) -> Any:
    """A value that the core has read, by the name of its type."""

    def text(part: Any) -> Any:
        return text_of(part, decode)

    if kind == "string":
        return text(value)
    if kind == "list":
        return [text(element) for element in value]
    if kind == "set":
        return {text(member) for member in value}
    if kind == "hash":
        return {text(field): text(part) for field, part in value}
    if kind == "zset":
        return zset({text(member): score for member, score in value})
    if kind == "array":
        return array({place: text(element) for place, element in value})
    return _stream(value, text)


def _stream(value: Any, text: Any) -> stream:
    entries, last_id, groups = value
    made = stream(
        (id_, _fields([(text(name), text(part)) for name, part in pairs])) for id_, pairs in entries
    )
    made.last_id = last_id
    made.groups = tuple(
        Group(
            text(name),
            group_id,
            [text(consumer) for consumer in consumers],
            [Pending(id_, None if owner is None else text(owner), times) for id_, owner, times in pending],
        )
        for name, group_id, consumers, pending in groups
    )
    return made


def _fields(pairs: list[tuple[Any, Any]]) -> Any:
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else pairs


def text_of(part: bytes, decode: bool) -> Any:
    """A part of a value: bytes, or a text."""
    return part.decode("utf-8", "backslashreplace") if decode else part
