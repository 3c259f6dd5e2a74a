"""Which replies may differ, as a table: the commands, how they are compared instead of byte by byte, and why.

A request's reply is compared by the rule of its command. What EXEC replies is compared member by member.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from notation import Value
from sequences import Request

# Keys, deadlines and the like may be apart by as long as a sequence takes.
TOLERANCE_S = 2
TOLERANCE_MS = 2000


# The types of RDB that are written in the order of a hash table, or of a small set that was made of one: sets, hashes, sets
# in listpacks, hashes with deadlines of fields (of Redis and of Valkey).
TABLES = {bytes([kind]) for kind in (2, 4, 20, 22, 24)}

# What a message or a push that nobody asked for begins with.
MESSAGES = {b"message", b"pmessage", b"smessage", b"invalidate"}


@dataclass(frozen=True)
class Case:
    """One reply of both servers, with what it answers."""

    request: Request
    real: Value
    ours: Value
    # The encodings that a key of this name has in the real server's databases.
    encodings: Callable[[bytes], list[str]] = lambda key: []


@dataclass(frozen=True)
class Rule:
    """How some commands' replies are compared."""

    commands: str
    allows: Callable[[Case], bool]
    because: str


# ---- comparing -----------------------------------------------------------------------------------------------------


def members(value: Value) -> list[str]:
    """The members of a reply, to be compared whatever their order."""
    return sorted(map(repr, value.content)) if isinstance(value.content, tuple) else [repr(value)]


def pairs(value: Value) -> list[str]:
    """The same for fields with their values, and for members with their scores."""
    content = value.content
    if value.kind == "array" and len(content) % 2 == 0 and not any(one.kind == "array" for one in content):
        content = tuple(zip(content[::2], content[1::2], strict=True))
    return sorted(map(repr, content)) if isinstance(content, tuple) else [repr(value)]


def _same_kind(case: Case) -> bool:
    return case.real.kind == case.ours.kind


def any_order(case: Case) -> bool:
    return _same_kind(case) and members(case.real) == members(case.ours)


def any_order_in_a_table(case: Case) -> bool:
    """The order of small collections is kept, that of hash tables is nobody's promise."""
    return _in_a_table(case) and any_order(case)


def pairs_in_a_table(case: Case) -> bool:
    return _in_a_table(case) and _same_kind(case) and pairs(case.real) == pairs(case.ours)


def same_pairs(case: Case) -> bool:
    return _same_kind(case) and pairs(case.real) == pairs(case.ours)


def _in_a_table(case: Case) -> bool:
    keys = case.request.words[1:]
    found = [encoding for key in keys for encoding in case.encodings(key)]
    return not found or any(encoding in ("hashtable", "skiplist") for encoding in found)


def scanned(case: Case) -> bool:
    """A scan that began at its beginning and came to its end shows the same; of others only the shape counts."""
    (real_cursor, real), (ours_cursor, ours) = (value.content for value in (case.real, case.ours)) if (
        case.real.kind == case.ours.kind == "array") else ((None, case.real), (None, case.ours))  # fmt: skip
    if real_cursor is None or ours_cursor is None:
        return False
    at = 1 if case.request.name == "scan" else 2
    began = len(case.request.words) > at and case.request.words[at] == b"0"
    if began and real_cursor == ours_cursor == Value("bulk", b"0"):
        return members(real) == members(ours) if case.request.name in ("scan", "sscan") else pairs(real) == pairs(ours) or members(real) == members(ours)  # fmt: skip
    return real.kind == ours.kind


def random_pick(case: Case) -> bool:
    """As many, of the same kinds, and all different if each may come once only."""
    real, ours = case.real, case.ours
    if real.kind != ours.kind:
        return False
    if real.kind != "array":
        return real.kind == "bulk"
    if len(real.content) != len(ours.content):
        return False
    return all(_shape(one) == _shape(other) for one, other in zip(real.content, ours.content, strict=True))


def _shape(value: Value) -> object:
    return tuple(map(_shape, value.content)) if isinstance(value.content, tuple) else value.kind


def together_the_same(taken: Value, left: Value, other_taken: Value, other_left: Value) -> bool:
    """Whether what was popped and what is left of it are together the same on both servers."""
    if taken.kind != other_taken.kind:
        return False
    return sorted(members(taken) + members(left)) == sorted(members(other_taken) + members(other_left))


def near(case: Case) -> bool:
    """Numbers that are no further apart than the clock may be."""
    return _near(case.real, case.ours, TOLERANCE_MS if case.request.name.startswith(("p", "hp")) else TOLERANCE_S)


def _near(real: Value, ours: Value, tolerance: int) -> bool:
    if real.kind != ours.kind:
        return False
    if real.kind == "integer":
        return real == ours or min(real.content, ours.content) > 0 and abs(real.content - ours.content) <= tolerance
    if isinstance(real.content, tuple):
        same = len(real.content) == len(ours.content)
        return same and all(_near(*both, tolerance) for both in zip(real.content, ours.content, strict=True))
    return real == ours


def same_but_modules(case: Case) -> bool:
    return _without(case.real, "modules") == _without(case.ours, "modules")


def _without(value: Value, name: str) -> list[tuple[Value, Value]]:
    """What a map tells, but for what stands under this name."""
    if value.kind not in ("map", "array"):
        return [(value, value)]
    told = value.content if value.kind == "map" else zip(value.content[::2], value.content[1::2], strict=False)
    return [pair for pair in told if pair[0].content != name.encode()]


def same_payload(case: Case) -> bool:
    """Payloads of the same parts; behind them stand the version and a checksum of all."""
    real, ours = case.real.content, case.ours.content
    if not _same_kind(case) or case.real.kind != "bulk":
        return False
    return real[:1] == ours[:1] and real[:1] in TABLES and sorted(real[:-8]) == sorted(ours[:-8])


def any_number(case: Case) -> bool:
    return case.real.kind == case.ours.kind == "integer"


def stream_ids_by_the_clock(case: Case) -> bool:
    """Ids that the clock made are the same but for the time."""
    return _timeless(case.real) == _timeless(case.ours)


def _timeless(value: Value) -> object:
    if isinstance(value.content, tuple):
        return (value.kind, tuple(map(_timeless, value.content)))
    if value.kind in ("bulk", "error"):
        return (value.kind, re.sub(rb"\b1[789]\d{11}\b", b"(now)", value.content))
    if value.kind == "integer" and 0 <= value.content < TOLERANCE_MS:
        return (value.kind, "(short)") if value.content > 1 else value
    return (value.kind, value.content)


def settled(values: list[Value]) -> list[Value]:
    """Messages whose place is nobody's promise, in one order: what UNSUBSCRIBE without names replies, what several
    patterns of one client bring of one message (both go through hash tables), and where pushes come between replies."""
    pushes = [one for one in values if one.kind == "push" and announced(one) in MESSAGES]
    values = [one for one in values if not (one.kind == "push" and announced(one) in MESSAGES)] + pushes
    result, at = list(values), 0
    while at < len(values):
        together = _goes_with(values[at])
        end = at + 1
        while together and end < len(values) and _goes_with(values[end]) == together:
            end += 1
        group = values[at:end]
        names = sorted((one.content[1] for one in group), key=repr) if together else []
        for place, (one, name) in enumerate(zip(group, names, strict=False), start=at):
            result[place] = replace(one, content=(one.content[0], name, *one.content[2:]))
        at = end
    return result


def broken_by_pushes(values: list[Value]) -> bool:
    """Whether a message stands inside another reply: a client that hears its own transaction gets it there."""
    return any(one.kind == "array" and any(announced(member) in MESSAGES for member in one.content) for one in values)


def pieces(values: tuple[Value, ...] | list[Value]) -> list[str]:
    """All that is not a list, whatever its order."""
    return sorted(piece for one in values
                  for piece in (pieces(one.content) if isinstance(one.content, tuple) and one.kind != "verbatim" and one.kind != "map" else [repr(one)]))  # fmt: skip


def _goes_with(value: Value) -> object:
    """What messages have in common that come in any order."""
    kind = announced(value)
    if kind.endswith(b"unsubscribe"):
        return kind
    return (kind, value.content[2:]) if kind == b"pmessage" else None


def announced(value: Value) -> bytes:
    """What a message or a push says that it is."""
    if value.kind in ("array", "push") and value.content and value.content[0].kind == "bulk":
        return bytes(value.content[0].content)
    return b""


# ---- the table -----------------------------------------------------------------------------------------------------

RULES = [
    Rule("keys pubsub|channels pubsub|shardchannels", any_order, "the keyspace and the channels are hash tables"),
    Rule("smembers hkeys hvals", any_order_in_a_table, "the order of a hash table depends on a random seed"),
    Rule("hgetall", pairs_in_a_table, "the order of a hash table depends on a random seed"),
    Rule("sinter", any_order_in_a_table, "sets in hash tables are gone through in their order"),
    Rule("sunion sdiff", any_order, "the result is put together in a hash table"),
    Rule("sort sort_ro", any_order_in_a_table, "without an order asked for, that of the hash table remains"),
    Rule("config|get", same_pairs, "the settings are a hash table"),
    Rule("dump", same_payload, "hash tables are written in their order"),
    Rule("hello", same_but_modules, "this server has no modules, and calls none loaded"),
    Rule("scan sscan hscan zscan", scanned, "cursors and the order within a scan are the server's own"),
    Rule("randomkey srandmember hrandfield zrandmember", random_pick, "chance chooses"),
    Rule("spop", any_order, "the order of what is popped is that of a hash table; what chance chose is compared with what is left"),
    Rule("ttl pttl httl hpttl expiretime pexpiretime hexpiretime hpexpiretime", near, "the clocks are read one after the other"),
    Rule("xadd xrange xrevrange xread xreadgroup xclaim xautoclaim xinfo|stream xinfo|groups xinfo|consumers xpending",
         stream_ids_by_the_clock, "ids and idle times come from the clock"),
    Rule("object|refcount", any_number, "whether small integers are shared is the allocation's business"),
    Rule("object|idletime memory|usage time lastsave object|freq", any_number, "told by the clock or by the allocator"),
]  # fmt: skip

BY_COMMAND = {command: rule for rule in RULES for command in rule.commands.split()}


def allowed(case: Case) -> bool:
    """Whether the two replies may differ as they do."""
    if case.real == case.ours:
        return True
    words = case.request.words
    subcommand = f"{case.request.name}|{words[1].decode('latin-1').lower()}" if len(words) > 1 else ""
    rule = BY_COMMAND.get(subcommand) or BY_COMMAND.get(case.request.name)
    return rule is not None and rule.allows(case)
