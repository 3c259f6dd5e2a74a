"""Reads back what both servers hold after a sequence: a difference that no reply has shown."""

from __future__ import annotations

from notation import Value, write
from pair import DATABASES, Pair
from rules import Case, allowed
from sequences import Known, Request

# How the value of each type is read.
VALUES = {
    b"string": [[b"GET"]],
    b"list": [[b"LRANGE", b"0", b"-1"]],
    b"set": [[b"SMEMBERS"]],
    b"hash": [[b"HGETALL"]],
    b"zset": [[b"ZRANGE", b"0", b"-1", b"WITHSCORES"]],
    b"stream": [[b"XRANGE", b"-", b"+"], [b"XINFO", b"STREAM"], [b"XINFO", b"GROUPS"]],
}

Where = tuple[int, bytes]
Found = tuple[Request, str, str]


def look(pair: Pair, known: Known) -> Found | None:
    """The first request that reads something else from one server than from the other."""
    everywhere = [(db, [b"KEYS", b"*"]) for db in range(DATABASES)]
    replies, found = _asked(pair, everywhere)
    if found:
        return found
    keys = [(db, one.content) for (db, _), reply in zip(everywhere, replies, strict=True)
            for one in sorted(reply.content, key=lambda one: one.content)]  # fmt: skip
    about = [(db, [*words, key]) for db, key in keys for words in ([b"TYPE"], [b"OBJECT", b"ENCODING"], [b"PEXPIRETIME"])]
    replies, found = _asked(pair, about)
    if found:
        return found
    values = [(db, _about(words, key)) for (db, key), kind in zip(keys, replies[::3], strict=True)
              for words in VALUES.get(kind.content, [])]  # fmt: skip
    replies, found = _asked(pair, values)
    if found or not known.has("hpexpiretime"):
        return found
    hashes = [(db, [b"HPEXPIRETIME", words[1], b"FIELDS", b"%d" % (len(reply.content) // 2), *names(reply)])
              for (db, words), reply in zip(values, replies, strict=True) if words[0] == b"HGETALL"]  # fmt: skip
    return _asked(pair, hashes)[1]


def names(hash_reply: Value) -> list[bytes]:
    return sorted(one.content for one in hash_reply.content[::2])


def _about(words: list[bytes], key: bytes) -> list[bytes]:
    at = 2 if words[0] == b"XINFO" else 1
    return [*words[:at], key, *words[at:]]


def _asked(pair: Pair, questions: list[tuple[int, list[bytes]]]) -> tuple[list[Value], Found | None]:
    """What the real server replies, and the first reply of ours that is another."""
    if not questions:
        return [], None
    requests = [request for db, words in questions for request in ([b"SELECT", b"%d" % db], words)]
    reals, others = (side.ask(requests)[1::2] for side in pair.sides)
    for (db, words), real, ours in zip(questions, reals, others, strict=True):
        request = Request("1" if db == 0 else f"1@{db}", tuple(words))
        if not allowed(Case(request, real, ours)):
            return reals, (request, write(real), write(ours))
    return reals, None
