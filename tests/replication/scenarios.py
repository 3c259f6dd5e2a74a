"""Scenarios that chance would not draw: what expires, what waits, what is evicted, and what transactions make of it.

A line is what one connection sends: its name, if it is not the first one, then `>`. `.` waits until what has 1 millisecond to
live is over. A scenario of which a server knows a command not is left out for it.
"""

from __future__ import annotations

# Valkey leaves dead fields where they are when a command finds them.
ONLY_REDIS = {"fields found dead"}

SCENARIOS = {
    "keys found dead": """
        SET a 1 PX 1
        SET b 1
        .
        GET a
        SET c 1 PX 1
        .
        SET c 2
        SADD d x
        PEXPIRE d 1
        .
        SADD d y
        SET e 1 PX 1
        SET f 1 PX 1
        .
        MGET e f
        SET e 1 PX 1
        SET f 1 PX 1
        .
        DEL e f b
        SET g 1 PX 1
        .
        RENAME c g
        SET h 1 PX 1
        .
        COPY g h
        SET i 1 PX 1
        .
        SETNX i 1
        SET j 1 PX 1
        .
        INCR j
        SET k 1 PX 1
        .
        EXPIRE k 100
        SET l 1 PX 1
        .
        GETDEL l
        SET m 1 PX 1
        .
        EXISTS m
        SET n 1 PX 1
        .
        UNLINK n
        """,
    "dead keys met by chance": """
        SET a 1 PX 1
        SET b 1 PX 1
        .
        SCAN 0
        SET a 1 PX 1
        SET b 1 PX 1
        .
        RANDOMKEY
        SET a 1 PX 1
        .
        KEYS *
        """,
    "dead keys in a transaction": """
        SET a 1 PX 1
        SET b 1 PX 1
        .
        MULTI
        GET a
        SET c 1
        GET b
        EXEC
        SET a 1 PX 1
        .
        MULTI
        GET a
        EXEC
        SET a 1 PX 1
        .
        MULTI
        SCAN 0
        EXEC
        """,
    "removal in the background": """
        CONFIG SET lazyfree-lazy-expire yes
        SET a 1 PX 1
        .
        GET a
        SET a 1
        EXPIRE a -1
        SET a 1
        GETEX a PXAT 1
        SET a 1 EXAT 1
        SET a 1
        SET a 1 PXAT 1
        CONFIG SET lazyfree-lazy-expire no
        SET a 1
        EXPIRE a -1
        SET a 1
        PEXPIREAT a 1
        SET a 1
        SET a 1 PXAT 1
        GET a
        CONFIG SET lazyfree-lazy-user-del yes
        SET a 1
        GETDEL a
        SET a 1
        DEL a
        CONFIG SET lazyfree-lazy-user-del no
        SET a 1
        GETDEL a
        CONFIG SET lazyfree-lazy-server-del yes
        SADD s 1 2 3
        SPOP s 10
        CONFIG SET lazyfree-lazy-server-del no
        SADD s 1 2 3
        SPOP s 3
        SADD s 1
        SPOP s
        """,
    "who waits for lists": """
        2> BLPOP a b 0
        RPUSH b 1 2
        2> BRPOP b 0
        2> BLMPOP 0 2 a b LEFT COUNT 5
        RPUSH a 1 2 3
        2> BLMOVE a b left RIGHT 0
        RPUSH a 1
        2> BRPOPLPUSH a b 0
        RPUSH a 1
        2> BLMOVE b c LEFT LEFT 0
        3> BLMOVE c d LEFT LEFT 0
        2> BLPOP e 0
        3> BLPOP e 0
        MULTI
        RPUSH e 1
        RPUSH e 2
        EXEC
        2> BLPOP f 0
        MULTI
        RPUSH f 1
        DEL f
        EXEC
        RPUSH f 2
        """,
    "who waits for sorted sets": """
        2> BZPOPMIN a b 0
        ZADD b 1 x
        ZADD b 1 x 2 y
        2> BZPOPMAX b 0
        2> BZMPOP 0 2 a b MIN COUNT 5
        2> BZMPOP 0 2 a b MAX COUNT 5
        ZADD a 1 x 2 y 3 z
        ZADD a 1 x 2 y 3 z
        ZMPOP 2 b a MAX COUNT 2
        ZPOPMIN a
        """,
    "who reads a stream in a group": """
        XGROUP CREATE s g $ MKSTREAM
        2> XREADGROUP GROUP g alice BLOCK 0 STREAMS s >
        XADD s 9999999999991-* f v
        2> XREADGROUP GROUP g alice STREAMS s 0
        2> XREADGROUP GROUP g bob NOACK STREAMS s >
        XADD s 9999999999992-* f v
        XADD s 9999999999999-* f v
        2> XREADGROUP GROUP g bob NOACK COUNT 1 STREAMS s >
        2> XREADGROUP GROUP g carol STREAMS s >
        XADD s 9999999999999-7 f v
        2> XREADGROUP GROUP g dave NOACK BLOCK 0 STREAMS s >
        2> XREADGROUP GROUP g dave NOACK BLOCK 0 STREAMS s >
        XADD s 9999999999999-8 f v
        XCLAIM s g erin 0 9999999999999-7
        XCLAIM s g erin 0 9999999999999-3 9999999999999-7 FORCE JUSTID
        XCLAIM s g frank 0 1-1 LASTID 9999999999999-9
        XDEL s 9999999999999-7
        XCLAIM s g frank 0 9999999999999-7
        XAUTOCLAIM s g frank 0 0
        XAUTOCLAIM s g gina 0 0 JUSTID
        XACK s g 9999999999999-0 9999999999999-7
        XGROUP DELCONSUMER s g frank
        MULTI
        XADD s * f v
        XREADGROUP GROUP g alice STREAMS s >
        EXEC
        """,
    "streams that are trimmed": """
        CONFIG SET stream-node-max-entries 3
        XADD s 1-1 f v
        XADD s 1-* f v
        XADD s 2 f v
        XADD s 2-5 f v
        XADD s 3-1 f v
        XADD s MAXLEN ~ 2 4-1 f v
        XADD s MAXLEN ~ 1 LIMIT 2 5-1 f v
        XADD s MINID ~ 4 5-* f v
        XADD s MAXLEN = 3 6-1 f v
        XADD s MAXLEN 3 NOMKSTREAM 6-* f v
        XTRIM s MAXLEN ~ 1
        XADD s 7-1 f v
        XADD s 7-2 f v
        XTRIM s MINID ~ 7-2 LIMIT 10
        XTRIM s MAXLEN 0
        XADD s NOMKSTREAM MAXLEN ~ 0 8-1 f v
        """,
    "sets that are popped": """
        SADD s 1
        SPOP s
        SADD s a b c d e f g h
        SPOP s 100
        SADD s a
        SPOP s 0
        SPOP nothing 3
        MULTI
        SPOP s
        SPOP s
        EXEC
        """,
    "messages": """
        PUBLISH news hello
        SPUBLISH news hello
        MULTI
        PUBLISH news hello
        EXEC
        MULTI
        PUBLISH news hello
        SET a 1
        EXEC
        """,
    "databases": """
        SET a 1
        SELECT 3
        SET a 1
        GET a
        MOVE a 4
        SELECT 4
        COPY a b DB 5
        SWAPDB 4 5
        MULTI
        SELECT 6
        SET a 1
        SELECT 7
        SET a 1
        EXEC
        SELECT 0
        FLUSHDB
        FLUSHDB
        FLUSHALL
        FLUSHALL
        """,
    "transactions without effect": """
        MULTI
        EXEC
        MULTI
        GET a
        DEL a
        EXEC
        MULTI
        SET a 1
        EXEC
        MULTI
        SET a 1
        INCR nothing nothing
        EXEC
        WATCH a
        2> SET a 2
        MULTI
        SET a 3
        EXEC
        MULTI
        LPUSH a 1
        SET b 1
        EXEC
        """,
    "numbers and places": """
        INCRBYFLOAT a 1.5
        INCRBYFLOAT a 1e2
        HINCRBYFLOAT h f 0.1
        HINCRBYFLOAT h f 0.2
        GEOADD g 13.361389 38.115556 Palermo
        GEOADD g NX CH 15.087269 37.502669 Catania
        GEOADD g XX 1 1 Nowhere
        GETSET a 1
        SET a 2 GET
        SET a 3 GET EX 100
        SET a 3 PXAT 9999999999999 GET
        SET a 3 EX 100 NX
        SET b 3 NX GET
        SETEX a 100 v
        PSETEX a 100000 v
        GETEX a
        GETEX a PERSIST
        GETEX a PERSIST
        GETEX a EX 100
        EXPIRE a 200 GT
        PEXPIRE a 1 GT
        EXPIREAT a 9999999999 XX
        PEXPIREAT a 9999999999999
        PERSIST a
        PFADD p a b c
        PFCOUNT p
        PFCOUNT p
        PFADD q c d
        PFCOUNT p q
        PFMERGE p q
        """,
    "fields that expire": """
        HSET h a 1 b 2 c 3 d 4
        HEXPIRE h 100 FIELDS 2 a nothing
        HPEXPIRE h 100000 NX FIELDS 2 a b
        HEXPIREAT h 9999999999 FIELDS 1 c
        HPEXPIREAT h 9999999999999 FIELDS 1 c
        HPERSIST h FIELDS 2 a d
        HEXPIRE h 0 FIELDS 1 a
        HPEXPIREAT h 1 FIELDS 2 b nothing
        HSET h a 1 b 2 c 3
        HEXPIREAT h 1 FIELDS 2 a b
        HEXPIREAT h 1 FIELDS 5 a b c d e
        HSET h a 1 b 2
        HEXPIRE h 100 XX FIELDS 2 a b
        HEXPIRE h 100 NX FIELDS 2 a b
        HEXPIRE h 200 GT FIELDS 3 a c b
        HEXPIRE h 100 GT FIELDS 2 a b
        HINCRBY h a 1
        HINCRBYFLOAT h a 1
        HSETNX h a 1
        HSETNX h z 1
        HSET h a 1 b 2
        HMSET h a 1 b 2
        HINCRBY h a 1
        HINCRBYFLOAT h a 1
        HDEL h a b
        """,
    "fields found dead": """
        HSET h a 1 b 2 c 3
        HPEXPIRE h 1 FIELDS 1 c
        .
        HGET h c
        HSET h a 1 b 2
        HPEXPIRE h 1 FIELDS 1 a
        .
        HGETALL h
        HSET h a 1
        HPEXPIRE h 1 FIELDS 1 b
        .
        HSET h b 2
        HINCRBY h a 1
        HDEL h a b
        HSET h d 1
        HPEXPIRE h 1 FIELDS 1 d
        .
        HGETEX h PX 100000 FIELDS 1 d
        """,
    "fields with a lifetime": """
        HSETEX h EX 100 FIELDS 2 a 1 b 2
        HSETEX h FNX PX 100000 FIELDS 1 c 2
        HSETEX h FNX FIELDS 1 c 2
        HSETEX h EXAT 9999999999 FIELDS 1 d 2
        HSETEX h PXAT 9999999999999 FIELDS 1 d 2
        HSETEX h KEEPTTL FIELDS 1 d 3
        HGETEX h EX 100 FIELDS 2 a nothing
        HGETEX h PXAT 9999999999999 FIELDS 1 b
        HGETEX h PERSIST FIELDS 2 a a
        HGETEX h PERSIST FIELDS 1 a
        HGETEX h FIELDS 1 a
        HGETEX h EXAT 1 FIELDS 2 a nothing
        HSETEX h EXAT 1 FIELDS 2 b 1 c 2
        HSETEX h EX 100 FIELDS 2 a 1 b 2
        HGETEX h PXAT 1 FIELDS 1 b
        """,
    "fields that are taken out": """
        HSET h a 1 b 2 c 3
        HGETDEL h FIELDS 2 a nothing
        HGETDEL h FIELDS 1 nothing
        HGETDEL h FIELDS 2 b c
        """,
    "what is evicted": """
        CONFIG SET maxmemory-policy allkeys-random
        SET a 1
        CONFIG SET maxmemory 1
        CONFIG SET maxmemory 0
        CONFIG SET lazyfree-lazy-eviction yes
        SET a 1
        CONFIG SET maxmemory 1
        CONFIG SET maxmemory 0
        CONFIG SET lazyfree-lazy-eviction no
        """,
    "several strings": """
        MSET a 1 b 2
        MSETNX c 1 d 2
        MSETNX c 1 e 2
        SETRANGE a 5 x
        APPEND a y
        SETBIT a 7 1
        SETBIT a 7 1
        BITFIELD a SET u8 0 1 GET u8 0
        BITFIELD a GET u8 0
        BITOP NOT b a
        SORT nothing STORE a
        RPUSH l 3 1 2
        SORT l STORE m
        SORT l
        ZADD z 1 a 2 b
        ZRANGESTORE y z 0 -1
        ZUNIONSTORE y 1 z
        OBJECT ENCODING z
        TOUCH z
        """,
}
