"""What is drawn, as a table: a line a form, with its weight; `grammar.py` tells how a line reads.

A family draws half of its requests from its own lines and half from what the server documents of its group, so that new
commands come by themselves. Lines of commands that one of the two servers does not have are left out.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """What a family draws: whose documentation, on which keys, and which lines besides."""

    group: str
    favourite: str
    lines: str
    # Out of a hundred requests, how many begin a transaction, and how many sequences watch keyspace events.
    transactions: int = 2
    notified: int = 20
    connections: int = 3


# Never drawn from documentation: what ends or stalls a server, and what draws lots about what is stored.
NOT_DRAWN = {
    "migrate": "speaks with another server",
    "wait": "waits for replicas that never come",
    "waitaof": "waits for a file that is not written",
    "object|freq": "asks for an eviction policy that is not set",
    "zrangebylex": "promises an order only among equal scores: its own line keeps to keys that have such",
    "zrevrangebylex": "the same",
    "zlexcount": "the same",
    "zremrangebylex": "the same",
    "zrange": "the same, with BYLEX",
    "zrangestore": "the same, with BYLEX",
    "sort": "breaks ties in the order of a hash table: with BY its own lines keep to lists",
    "sort_ro": "the same",
    "pfdebug": "is for the server's own tests",
    "pfselftest": "takes seconds",
    "randomkey": "removes the dead keys it meets by chance: its own line is where there are none",
    "dump": "has a family of its own: SORT ... STORE of Redis 7.0 divides lists by other limits than those set",
    "restore": "needs a payload: its own line makes one",
    "quit": "has its own line, so that connections live a while",
}

STRINGS = Family("string", "str", """
    8 SET key value
    4 SET key value [NX|XX] [GET] [EX seconds|PX milliseconds|EXAT unix-time|PXAT unix-time-milliseconds|KEEPTTL]
    2 SET key integers
    2 SET key floats
    4 GET key
    2 APPEND key value
    2 INCRBY key integers
    3 INCRBYFLOAT key floats
    2 GETEX key [EX seconds|PX milliseconds|EXAT unix-time|PXAT unix-time-milliseconds|PERSIST]
    2 SETRANGE key far-offset value
    2 LCS key key [LEN] [IDX] [MINMATCHLEN index] [WITHMATCHLEN]
    2 MSET <key value> ...
    1 MSETEX numkeys <key value> ... [NX|XX] [EX seconds|PXAT unix-time-milliseconds|KEEPTTL]
    2 OBJECT ENCODING key
""")  # fmt: skip

HASHES = Family("hash", "hash", """
    8 HSET key <field value> ...
    2 HSET key field integers
    2 HSET key field floats
    4 HGETALL key
    2 HDEL key field ...
    2 HINCRBYFLOAT key field floats
    2 HINCRBY key field integers
    3 HEXPIRE key seconds [NX|XX|GT|LT] FIELDS numfields field ...
    4 HEXPIREAT key unix-time [NX|XX|GT|LT] FIELDS numfields field ...
    2 HPEXPIREAT key unix-time-milliseconds [NX|XX|GT|LT] FIELDS numfields field ...
    2 HSETEX key [FNX|FXX] [EX seconds|PXAT unix-time-milliseconds|KEEPTTL] FVS numfields <field value> ...
    2 HSETEX key [FNX|FXX] [EX seconds|PXAT unix-time-milliseconds|KEEPTTL] FIELDS numfields <field value> ...
    2 HGETEX key [EX seconds|PXAT unix-time-milliseconds|PERSIST] FIELDS numfields field ...
    2 HPERSIST key FIELDS numfields field ...
    1 HEXPIRETIME key FIELDS numfields field ...
    2 HTTL key FIELDS numfields field ...
    1 HSCAN key 0 [MATCH pattern] [COUNT 1000] [NOVALUES]
    1 HRANDFIELD key [random-count [WITHVALUES]]
    2 OBJECT ENCODING key
""")  # fmt: skip

LISTS = Family("list", "list", """
    8 RPUSH key element ...
    4 LPUSH key element ...
    2 RPUSH key value ...
    4 LRANGE key 0 -1
    2 LINSERT key <BEFORE|AFTER> element element
    2 LREM key index element
    2 LPOS key element [RANK index] [COUNT count] [MAXLEN count]
    2 LTRIM key index index
    3 BLPOP key ... timeout
    2 BRPOP key ... timeout
    2 BLMOVE key key <LEFT|RIGHT> <LEFT|RIGHT> timeout
    2 BLMPOP timeout numkeys key ... <LEFT|RIGHT> [COUNT count]
    2 LMPOP numkeys key ... <LEFT|RIGHT> [COUNT count]
    2 OBJECT ENCODING key
""")  # fmt: skip

SETS = Family("set", "set", """
    8 SADD key member ...
    4 SADD key integers ...
    4 SMEMBERS key
    2 SREM key member ...
    2 SMOVE key key member
    2 SINTERCARD numkeys key ... [LIMIT count]
    2 SPOP key 1000
    2 SPOP key 0
    2 SPOP key [count]
    2 SRANDMEMBER key [random-count]
    1 RANDOMKEY
    1 SSCAN key 0 [MATCH pattern] [COUNT 1000]
    2 OBJECT ENCODING key
""")  # fmt: skip

SORTED_SETS = Family("sorted-set", "zset", """
    8 ZADD key <score member> ...
    4 ZADD key [NX|XX] [GT|LT] [CH] [INCR] <score member> ...
    2 SADD set-key member ...
    4 ZRANGE key 0 -1 WITHSCORES
    3 ZRANGE key bound bound BYSCORE [REV] [LIMIT offset count] [WITHSCORES]
    6 ZADD lex-key <0 member> ...
    1 ZREM lex-key member ...
    1 SET lex-key value
    3 ZRANGE lex-key lex lex BYLEX [REV] [LIMIT offset count]
    2 ZRANGEBYLEX lex-key lex lex [LIMIT offset count]
    2 ZLEXCOUNT lex-key lex lex
    1 ZREMRANGEBYLEX lex-key lex lex
    2 ZRANGESTORE key lex-key lex lex BYLEX [REV] [LIMIT offset count]
    2 ZRANGE key index index [REV] [WITHSCORES]
    2 ZRANGESTORE key key <index index|bound bound BYSCORE> [REV] [LIMIT offset count]
    2 ZRANGEBYSCORE key bound bound [WITHSCORES] [LIMIT offset count]
    2 ZREVRANGEBYLEX lex-key lex lex [LIMIT offset count]
    2 ZINCRBY key score member
    2 <ZUNION|ZINTER> numkeys <key|set-key> ... [WEIGHTS weight weight] [AGGREGATE <SUM|MIN|MAX>] [WITHSCORES]
    2 <ZUNIONSTORE|ZINTERSTORE> key numkeys <key|set-key> ... [WEIGHTS weight] [AGGREGATE <SUM|MIN|MAX>]
    2 <BZPOPMIN|BZPOPMAX> key ... timeout
    2 BZMPOP timeout numkeys key ... <MIN|MAX> [COUNT count]
    2 ZMPOP numkeys key ... <MIN|MAX> [COUNT count]
    1 ZSCAN key 0 [MATCH pattern] [COUNT 1000]
    2 ZRANDMEMBER key [random-count [WITHSCORES]]
    2 OBJECT ENCODING key
""")  # fmt: skip

KEYS = Family("generic", "str", """
    3 SET str-key value
    2 SET str-key value EXAT unix-time
    2 HSET hash-key <field value> ...
    2 RPUSH list-key element ...
    2 SADD set-key member ...
    2 ZADD zset-key <score member> ...
    2 SET any-key value
    3 DEL any-key ...
    3 RENAME any-key any-key
    2 RENAMENX any-key any-key
    4 COPY any-key any-key [DB destination-db] [REPLACE]
    3 MOVE any-key destination-db
    4 EXPIREAT any-key unix-time [NX|XX|GT|LT]
    3 PEXPIREAT any-key unix-time-milliseconds [NX|XX|GT|LT]
    2 EXPIRE any-key seconds [NX|XX|GT|LT]
    2 PERSIST any-key
    2 TTL any-key
    2 EXPIRETIME any-key
    2 TYPE any-key
    2 EXISTS any-key ...
    2 KEYS pattern
    2 SCAN 0 [MATCH pattern] [COUNT 1000] [TYPE <'string'|'hash'|'list'|'set'|'zset'|'stream'|'x'>]
    2 OBJECT ENCODING any-key
    1 OBJECT REFCOUNT hash-key
    1 DBSIZE
    1 SWAPDB db db
    1 SELECT db
    1 FLUSHDB [SYNC|ASYNC]
    1 FLUSHALL
""")  # fmt: skip

PUBSUB = Family("pubsub", "str", """
    6 SUBSCRIBE channel ...
    4 PSUBSCRIBE pattern ...
    2 SSUBSCRIBE shardchannel ...
    3 UNSUBSCRIBE channel ...
    2 UNSUBSCRIBE
    2 PUNSUBSCRIBE pattern ...
    1 PUNSUBSCRIBE
    1 SUNSUBSCRIBE shardchannel ...
    1 SUNSUBSCRIBE
    9 PUBLISH channel message
    2 SPUBLISH shardchannel message
    2 PUBSUB CHANNELS [pattern]
    2 PUBSUB NUMSUB channel ...
    1 PUBSUB NUMPAT
    1 PUBSUB SHARDCHANNELS [pattern]
    1 PUBSUB SHARDNUMSUB channel ...
    2 PING [message]
    1 GET key
    1 RESET
    1 QUIT
    1 HELLO protover
    1 SELECT db
""", connections=5)  # fmt: skip

TRANSACTIONS = Family("transactions", "str", """
    6 WATCH any-key ...
    2 UNWATCH
    6 SET any-key value
    3 INCR any-key
    3 GET any-key
    2 DEL any-key
    2 EXPIREAT any-key unix-time
    2 RPUSH list-key element ...
    2 LPOP list-key
    2 BLPOP list-key ... timeout
    2 BZPOPMIN zset-key timeout
    2 ZADD zset-key score member
    2 SADD set-key member
    2 SREM set-key member
    2 HSET hash-key field value
    1 PUBLISH channel message
    1 SUBSCRIBE channel
    1 UNSUBSCRIBE channel
    1 SELECT db
    1 SWAPDB 0 1
    1 FLUSHDB
    1 FLUSHALL
    1 RENAME any-key any-key
    1 HELLO protover
    1 RESET
    1 NOSUCHCOMMAND value
    1 SET key
""", transactions=15)  # fmt: skip

CONNECTIONS = Family("connection", "str", """
    4 PING [message]
    2 ECHO message
    3 HELLO [protover [AUTH username password] [SETNAME clientname]]
    2 SELECT db
    1 RESET
    1 QUIT
    2 CLIENT SETNAME clientname
    2 CLIENT GETNAME
    2 CLIENT ID
    1 CLIENT SETINFO <LIB-NAME|LIB-VER|'x'> clientname
    1 CLIENT NO-EVICT <ON|OFF|'x'>
    1 CLIENT NO-TOUCH <ON|OFF|'x'>
    1 CLIENT REPLY <ON|'x'>
    1 CLIENT TRACKING <ON|OFF> [BCAST] [PREFIX value] [OPTIN|OPTOUT] [NOLOOP]
    1 CLIENT TRACKINGINFO
    1 CLIENT CACHING <YES|NO>
    1 CLIENT GETREDIR
    1 CLIENT UNBLOCK 999999 [TIMEOUT|ERROR|'x']
    1 AUTH [username] password
    3 SET key value
    3 GET key
    1 COMMAND COUNT value
    1 COMMAND GETKEYS <SET key value|MSET <key value> ...|ZUNIONSTORE key 2 key key|ZUNION 3 key key|GET>
    1 COMMAND GETKEYSANDFLAGS <SET key value|LMOVE key key LEFT RIGHT|ZUNION 1 key>
    1 CONFIG GET <'maxmemory'|'save'|'hash-max-*'|'x'|'appendonly'|'databases'>
    1 CONFIG SET <'lfu-log-factor'|'x'> value
""")  # fmt: skip

STREAMS = Family("stream", "stream", """
    8 XADD key * field value
    8 XADD key id <field value> ...
    3 XADD key [NOMKSTREAM] [MAXLEN [=|~] count|MINID [=|~] threshold] id field value
    3 XLEN key
    4 XRANGE key - + [COUNT count]
    3 XRANGE key range-id range-id [COUNT count]
    3 XREVRANGE key range-id range-id [COUNT count]
    3 XDEL key read-id ...
    3 XTRIM key <MAXLEN|MINID> [=|~] threshold [LIMIT count]
    2 XREAD [COUNT count] STREAMS key read-id
    2 XREAD [COUNT count] BLOCK ms STREAMS key <$|read-id>
    2 XREAD STREAMS key key read-id read-id
    5 XGROUP CREATE key group <read-id|$> [MKSTREAM] [ENTRIESREAD index]
    1 XGROUP SETID key group <read-id|$> [ENTRIESREAD index]
    1 XGROUP DESTROY key group
    1 XGROUP CREATECONSUMER key group consumer
    1 XGROUP DELCONSUMER key group consumer
    6 XREADGROUP GROUP group consumer [COUNT count] [NOACK] STREAMS key new-id
    2 XREADGROUP GROUP group consumer BLOCK ms STREAMS key '>'
    3 XACK key group read-id ...
    2 XPENDING key group
    2 XPENDING key group [IDLE min-idle-time] - + 10 [consumer]
    3 XCLAIM key group consumer 0 read-id ... [IDLE ms] [RETRYCOUNT count] [FORCE] [JUSTID]
    2 XAUTOCLAIM key group consumer 0 read-id [COUNT count] [JUSTID]
    2 XSETID key read-id [ENTRIESADDED count] [MAXDELETEDID read-id]
    2 XINFO STREAM key
    1 XINFO STREAM key FULL [COUNT count]
    2 XINFO GROUPS key
    2 XINFO CONSUMERS key group
    2 XDELEX key [KEEPREF|DELREF|ACKED] IDS numids read-id
    2 XACKDEL key group [KEEPREF|DELREF|ACKED] IDS numids read-id
""")  # fmt: skip

BITMAPS = Family("bitmap", "bits", """
    6 SETBIT key far-offset bit
    4 SET key value
    3 GETBIT key far-offset
    4 BITCOUNT key [index index [BYTE|BIT]]
    4 BITPOS key bit [index [index [BYTE|BIT]]]
    4 BITOP <AND|OR|XOR|NOT> key key ...
    2 BITOP <DIFF|DIFF1|ANDOR|ONE> key key ...
    4 BITFIELD key <GET encoding bit-offset|SET encoding bit-offset integers|INCRBY encoding bit-offset integers> ...
    4 BITFIELD key [OVERFLOW <WRAP|SAT|FAIL>] <SET encoding bit-offset integers|INCRBY encoding bit-offset integers> ...
    2 BITFIELD_RO key <GET encoding bit-offset> ...
    3 GET key
    2 SETRANGE key far-offset value
""")  # fmt: skip

HYPERLOGLOGS = Family("hyperloglog", "hll", """
    8 PFADD key element ...
    2 PFADD key
    4 PFCOUNT key ...
    4 PFMERGE key key ...
    3 GET key
    1 SET key value
    1 APPEND key value
""")  # fmt: skip

GEO = Family("geo", "geo", """
    8 GEOADD key [NX|XX] [CH] <longitude latitude member> ...
    3 GEODIST key member member [M|KM|FT|MI]
    2 GEOPOS key member ...
    2 GEOHASH key member ...
    3 GEOSEARCH key FROMLONLAT longitude latitude BYRADIUS radius <M|KM|FT|MI> [ASC|DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]
    3 GEOSEARCH key FROMMEMBER member BYBOX width height KM [ASC|DESC] [COUNT count] [WITHCOORD] [WITHDIST]
    2 GEOSEARCHSTORE key key FROMMEMBER member BYRADIUS radius KM [ASC|DESC] [COUNT count] [STOREDIST]
    2 GEORADIUS key longitude latitude radius KM [WITHCOORD] [WITHDIST] [COUNT count] [ASC|DESC] [STORE key|STOREDIST key]
    2 ZRANGE key 0 -1 WITHSCORES
    2 ZADD key score member
""")  # fmt: skip

SORTING = Family("generic", "list", """
    6 SORT by-key [BY by-pattern] [LIMIT offset count] [GET get-pattern] [ASC|DESC] [ALPHA]
    4 SORT by-key [BY by-pattern] [GET get-pattern] [GET get-pattern] [ALPHA] STORE list-key
    3 SORT_RO by-key [BY by-pattern] [LIMIT offset count] [GET get-pattern] [ASC|DESC] [ALPHA]
    3 SORT sortkey [LIMIT offset count] [GET get-pattern] [GET get-pattern] [ASC|DESC] [ALPHA]
    2 SORT sortkey [LIMIT offset count] [GET get-pattern] [ASC|DESC] [ALPHA] STORE list-key
    3 SORT_RO sortkey [LIMIT offset count] [GET get-pattern] [ASC|DESC] [ALPHA]
    3 RPUSH by-key integers ...
    3 RPUSH by-key element ...
    1 LTRIM by-key 0 5
    3 RPUSH list-key integers ...
    2 RPUSH list-key element ...
    2 SADD set-key member ...
    2 ZADD zset-key <score member> ...
    2 SET str-key value
    2 HSET hash-key 'a' integers 'b' value
    2 SET <'w_a'|'w_1'|'w_2'|'w_b'> integers
    2 OBJECT ENCODING any-key
    1 OBJECT REFCOUNT hash-key
""")  # fmt: skip

DUMPS = Family("generic", "str", """
    6 DUMP any-key
    3 SET str-key value
    3 HSET hash-key <field value> ...
    3 RPUSH list-key element ...
    3 SADD set-key member ...
    3 ZADD zset-key <score member> ...
    2 RESTORE any-key 0 value [REPLACE] [ABSTTL] [IDLETIME index] [FREQ index]
    2 COPY any-key any-key [REPLACE]
    2 RPUSH list-key value ...
    2 LPUSH list-key value ...
    1 LINSERT list-key <BEFORE|AFTER> element value
    1 LSET list-key index value
    1 LREM list-key index element
    1 LPOP list-key count
    1 HSET hash-key field value
    1 HEXPIREAT hash-key unix-time FIELDS numfields field ...
    1 HDEL hash-key field
    1 SREM set-key member
    1 SADD set-key integers ...
    1 ZINCRBY zset-key score member
    1 ZREM zset-key member
    1 APPEND str-key value
    1 SETRANGE str-key far-offset value
    1 INCRBY str-key integers
    1 XADD stream-key id field value
    1 XGROUP CREATE stream-key group read-id
""")  # fmt: skip

FAMILIES = {
    "strings": STRINGS, "hashes": HASHES, "lists": LISTS, "sets": SETS, "sorted-sets": SORTED_SETS, "keys": KEYS,
    "pubsub": PUBSUB, "transactions": TRANSACTIONS, "connections": CONNECTIONS, "streams": STREAMS, "bitmaps": BITMAPS,
    "hyperloglogs": HYPERLOGLOGS, "geo": GEO, "sort": SORTING, "dump": DUMPS,
}  # fmt: skip

# Mixed into every family: keys come to hold other types, lose and get deadlines, and move.
BACKGROUND = """
    3 DEL key
    2 SET any-key value
    2 SET str-key value
    2 HSET hash-key field value
    2 RPUSH list-key element ...
    2 SADD set-key member ...
    2 ZADD zset-key <score member> ...
    2 RENAME key key
    2 COPY key key [REPLACE]
    2 EXPIRE key seconds
    2 EXPIREAT key unix-time
    1 PEXPIREAT key unix-time-milliseconds [NX|XX|GT|LT]
    1 PERSIST key
    1 TTL key
    1 PTTL key
    1 TYPE any-key
    1 EXISTS any-key ...
    1 WATCH key
    1 SELECT <0|1>
    1 MOVE key 1
    1 HELLO <2|3>
    1 FLUSHDB
    1 NOSUCHCOMMAND value
"""

# Settings under which small collections change their encoding already, and how often a sequence begins with one.
SETTINGS = """
    1 CONFIG SET 'hash-max-listpack-entries' 3
    1 CONFIG SET 'hash-max-listpack-value' 8
    1 CONFIG SET 'set-max-intset-entries' 3
    1 CONFIG SET 'set-max-listpack-entries' 4
    1 CONFIG SET 'set-max-listpack-value' 8
    1 CONFIG SET 'zset-max-listpack-entries' 3
    1 CONFIG SET 'zset-max-listpack-value' 8
    1 CONFIG SET 'list-max-listpack-size' <1|3|-1>
    1 CONFIG SET 'stream-node-max-entries' 3
"""
