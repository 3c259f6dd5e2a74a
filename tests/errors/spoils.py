"""What stands at each place of a request: a word that is right there, and words that are wrong, each in another way."""

from __future__ import annotations

# A key of each type, and what makes it.
KEYS = {
    b"k:string": [[b"SET", b"k:string", b"10"]],
    b"k:text": [[b"SET", b"k:text", b"some text"]],
    b"k:list": [[b"RPUSH", b"k:list", b"a", b"b", b"3"]],
    b"k:hash": [[b"HSET", b"k:hash", b"f", b"1", b"a", b"text"]],
    b"k:set": [[b"SADD", b"k:set", b"a", b"b"]],
    b"k:zset": [[b"ZADD", b"k:zset", b"1", b"a", b"2", b"b"]],
    b"k:geo": [[b"GEOADD", b"k:geo", b"13.361389", b"38.115556", b"a", b"15.087269", b"37.502669", b"b"]],
    b"k:hll": [[b"PFADD", b"k:hll", b"a", b"b"]],
    b"k:stream": [
        [b"XADD", b"k:stream", b"1-1", b"f", b"1"], [b"XADD", b"k:stream", b"2-1", b"f", b"2"],
        [b"XGROUP", b"CREATE", b"k:stream", b"g", b"0"],
        [b"XREADGROUP", b"GROUP", b"g", b"c", b"COUNT", b"1", b"STREAMS", b"k:stream", b">"],
    ],
}  # fmt: skip
MISSING = b"k:none"

# What a family's commands work on, and what they are given instead.
KEYS_OF = {
    "string": [b"k:string", MISSING, b"k:list", b"k:text", b"k:hash"],
    "bitmap": [b"k:string", MISSING, b"k:list", b"k:stream"],
    "list": [b"k:list", MISSING, b"k:string", b"k:hash"],
    "hash": [b"k:hash", MISSING, b"k:string", b"k:list"],
    "set": [b"k:set", MISSING, b"k:string", b"k:zset"],
    "sorted-set": [b"k:zset", MISSING, b"k:string", b"k:set", b"k:list"],
    "geo": [b"k:geo", MISSING, b"k:string", b"k:hash"],
    "hyperloglog": [b"k:hll", MISSING, b"k:list", b"k:text"],
    "stream": [b"k:stream", MISSING, b"k:string", b"k:list"],
    "generic": [b"k:string", MISSING, b"k:list", b"k:hash", b"k:stream"],
}
KEYS_BY_COMMAND = {
    "sort": [b"k:list", MISSING, b"k:string", b"k:set", b"k:hash"],
    "sort_ro": [b"k:list", MISSING, b"k:string", b"k:set", b"k:hash"],
}
# Where something is stored.
TARGETS = [MISSING, b"k:string", b"k:list"]
TARGET_NAMES = {"destination", "newkey", "dst", "destkey", "storekey", "storedistkey"}

INTEGER = "1 abc -1 0 9223372036854775808 1.5"
ID = "1-1 abc 0-0 9-9 $ > 18446744073709551616-0"
RANGE_ID = "- abc ( (9-9 1-x +"
SPAN = "100000000 abc 0 -1 9223372036854775807 9223372036854775"
DISTANCE = "100 abc -1 nan"
NAMED = "2 abc -1 0 9223372036854775808"
HOW_MANY = "1 abc 0 2 -1 99"

# By argument, or command and argument, as a server documents them: first what is right.
WORDS = {
    "integer": INTEGER,
    "double": "1.5 abc nan -1 inf 1e400",
    "string": "v",
    "pattern": "* k:s*",
    "unix-time": "4102444800 abc 0 -1 9223372036854775807",
    "bit": "1 2 abc -1",
    "by-pattern": "w_* nosort",
    "get-pattern": "# w_*",
    "comparison-value": "10 x",
    "consumer": "c nobody",
    "consumername": "c nobody",
    "count": NAMED,
    "cursor": "0 abc -1 18446744073709551616",
    "db": "1 abc -1 16 0",
    "destination-db": "1 abc -1 16 0",
    "decrement": "1 abc -9223372036854775808 9223372036854775808",
    "element": "a nosuch",
    "encoding": "u8 x8 u64 i65 i0",
    "start": "0 abc -1 9223372036854775808",
    "end": "1 abc -1 9223372036854775808",
    "stop": "1 abc -1 9223372036854775808",
    "field": "f a nosuch",
    "frequency": "10 abc -1 256",
    "group": "g nosuch",
    "groupname": "g nosuch",
    "host": "127.0.0.1",
    "id": ID,
    "xadd id": "5-5 abc 0-0 1-1 5-x 5-*",
    "xreadgroup id": "> abc 0 $",
    "xread id": "0 abc > $ +",
    "increment-double": "1.5 abc nan inf 1e400",
    "increment-integer": "1 abc 9223372036854775807 1.5",
    "index": "1 abc 100 -100",
    "last-id": ID,
    "lastid": ID,
    "latitude": "38 abc 100 nan",
    "longitude": "13 abc 200 nan",
    "len": NAMED,
    "limit": NAMED,
    "max-double": "2 abc (x nan",
    "min-double": "1 abc (x nan",
    "max-string": "+ abc ( 1",
    "min-string": "- abc ( 1",
    "max-deleted-id": ID,
    "max_deleted_entry_id": ID,
    "member": "a nosuch",
    "member1": "a nosuch",
    "member2": "b nosuch",
    "milliseconds": SPAN,
    "seconds": SPAN,
    "ttl": SPAN,
    "unix-time-milliseconds": "4102444800000 abc 0 -1 9223372036854775807",
    "unix-time-seconds": "4102444800 abc 0 -1 9223372036854775807",
    "min-idle-time": "0 abc -1",
    "ms": "0 abc -1",
    # None that would make half a gigabyte of it.
    "offset": "0 abc -1 4294967296",
    "operation": "AND NOPE NOT",
    "num-vertices": "3 abc 2 -1",
    "numkeys": HOW_MANY,
    "numfields": HOW_MANY,
    "pivot": "a nosuch",
    "port": "1 abc -1",
    "radius": DISTANCE,
    "width": DISTANCE,
    "height": DISTANCE,
    "rank": "1 0 abc -9223372036854775808",
    "score": "1 abc nan inf",
    "serialized-value": "junk",
    "xrange start": RANGE_ID,
    "xrange end": "+ abc ( (0 1-x",
    "xrevrange start": RANGE_ID,
    "xrevrange end": "+ abc ( (0 1-x",
    "xpending start": RANGE_ID,
    "xpending end": "+ abc ( (0 1-x",
    "xautoclaim start": "0 abc ( (9-9 -",
    "zrange start": "0 abc (1 [a",
    "zrange stop": "1 abc (2 [b",
    "zrangestore min": "0 abc (1 [a",
    "zrangestore max": "1 abc (2 [b",
    "subcommand": "GETREG NOPE",
    "threshold": "1 abc -1 1-1 0",
    # None that would wait for long.
    "timeout-double": "0.01 abc -1 nan 1e20",
    "timeout-integer": "10 abc -1 9223372036854775808",
    "type": "string nosuch",
    "value-integer": "1 abc 9223372036854775808",
    "setbit value": "1 2 abc -1",
    "weight": "1 abc nan",
}


def words(command: str, group: str, name: str, kind: str) -> list[bytes]:
    """What may stand for an argument: first what is right, then what is wrong."""
    command = command.partition("|")[0]
    if kind == "key":
        if name in TARGET_NAMES:
            return TARGETS
        return KEYS_BY_COMMAND.get(command) or KEYS_OF.get(group, KEYS_OF["generic"])
    keys = (f"{command} {name}", f"{name}-{kind}", name, kind)
    return next((WORDS[key] for key in keys if key in WORDS), "v").encode().split()


def made(request: tuple[bytes, ...]) -> list[list[bytes]]:
    """The requests that make the keys this request names."""
    return [making for key, makings in KEYS.items() if key in request for making in makings]
