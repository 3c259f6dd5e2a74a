//! The names of all commands that Redis, its modules or Valkey have, whether this release has them or not.
use bytes::Bytes;

/// Whether a real server has a command of this name, in capitals.
pub(crate) fn is_known(name: &str) -> bool {
    NAMES.binary_search(&name).is_ok()
}

/// Whether the command of this name, in capitals, has subcommands on a real server.
pub(crate) fn is_container(name: &str) -> bool {
    CONTAINERS.binary_search(&name).is_ok()
}

/// How a request for a command that a server does not have is recorded: its name in capitals, a container's with
/// its subcommand; and how many words that is.
pub(crate) fn name_of(words: &[Bytes]) -> (String, usize) {
    let name = String::from_utf8_lossy(&words[0]).to_uppercase();
    match words.get(1).and_then(|word| subcommand_of(word)).filter(|_| is_container(&name)) {
        Some(subcommand) => (format!("{name} {subcommand}"), 2),
        None => (name, 1),
    }
}

/// The name in capitals of the subcommand that a word may be.
pub(crate) fn subcommand_of(word: &[u8]) -> Option<String> {
    let is_of_names = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let may_be = (1..=LONGEST_SUBCOMMAND).contains(&word.len()) && word.iter().all(is_of_names);
    may_be.then(|| String::from_utf8_lossy(word).to_uppercase())
}

/// Longer than any there is: what is longer is somebody's data.
const LONGEST_SUBCOMMAND: usize = 64;

#[rustfmt::skip]
const CONTAINERS: &[&str] = &[
    "ACL", "BACKUP", "CLIENT", "CLUSTER", "COMMAND", "COMMANDLOG", "CONFIG", "FUNCTION", "HIMPORT",
    "HOTKEYS", "LATENCY", "MEMORY", "MODULE", "OBJECT", "PUBSUB", "SCRIPT", "SENTINEL", "SLOWLOG",
    "XGROUP", "XINFO",
];

#[rustfmt::skip]
const NAMES: &[&str] = &[
    "ACL", "APPEND", "ARCOUNT", "ARDEL", "ARDELRANGE", "ARGET", "ARGETRANGE", "ARGREP", "ARINFO",
    "ARINSERT", "ARLASTITEMS", "ARLEN", "ARMGET", "ARMSET", "ARNEXT", "AROP", "ARRING", "ARSCAN",
    "ARSEEK", "ARSET", "ASKING", "AUTH", "BACKUP", "BF.ADD", "BF.CARD", "BF.DEBUG", "BF.EXISTS",
    "BF.INFO", "BF.INSERT", "BF.LOADCHUNK", "BF.MADD", "BF.MEXISTS", "BF.RESERVE", "BF.SCANDUMP",
    "BGREWRITEAOF", "BGSAVE", "BITCOUNT", "BITFIELD", "BITFIELD_RO", "BITOP", "BITPOS", "BLMOVE",
    "BLMOVEM", "BLMPOP", "BLPOP", "BRPOP", "BRPOPLPUSH", "BZMPOP", "BZPOPMAX", "BZPOPMIN", "CF.ADD",
    "CF.ADDNX", "CF.COMPACT", "CF.COUNT", "CF.DEBUG", "CF.DEL", "CF.EXISTS", "CF.INFO", "CF.INSERT",
    "CF.INSERTNX", "CF.LOADCHUNK", "CF.MEXISTS", "CF.RESERVE", "CF.SCANDUMP", "CLIENT", "CLUSTER", "CLUSTERSCAN",
    "CMS.INCRBY", "CMS.INFO", "CMS.INITBYDIM", "CMS.INITBYPROB", "CMS.MERGE", "CMS.QUERY",
    "COMMAND", "COMMANDLOG", "CONFIG", "COPY", "DBSIZE", "DEBUG", "DECR", "DECRBY", "DEL", "DELEX", "DELIFEQ", "DIGEST",
    "DISCARD", "DUMP", "ECHO", "EVAL", "EVALSHA", "EVALSHA_RO", "EVAL_RO", "EXEC", "EXISTS",
    "EXPIRE", "EXPIREAT", "EXPIRETIME", "FAILOVER", "FCALL", "FCALL_RO", "FLUSHALL", "FLUSHDB",
    "FT.ADD", "FT.AGGREGATE", "FT.ALIASADD", "FT.ALIASDEL", "FT.ALIASLIST", "FT.ALIASUPDATE",
    "FT.ALTER", "FT.CONFIG", "FT.CREATE", "FT.CURSOR", "FT.DEL", "FT.DICTADD", "FT.DICTDEL",
    "FT.DICTDUMP", "FT.DROP", "FT.DROPINDEX", "FT.EXPLAIN", "FT.EXPLAINCLI", "FT.GET", "FT.HYBRID",
    "FT.INFO", "FT.MGET", "FT.PROFILE", "FT.SAFEADD", "FT.SEARCH", "FT.SPELLCHECK", "FT.SUGADD",
    "FT.SUGDEL", "FT.SUGGET", "FT.SUGLEN", "FT.SYNADD", "FT.SYNDUMP", "FT.SYNUPDATE", "FT.TAGVALS",
    "FT._ALIASADDIFNX", "FT._ALIASDELIFX", "FT._ALTERIFNX", "FT._CREATEIFNX", "FT._DROPIFX",
    "FT._DROPINDEXIFX", "FT._LIST", "FUNCTION", "GEOADD", "GEODIST", "GEOHASH", "GEOPOS",
    "GEORADIUS", "GEORADIUSBYMEMBER", "GEORADIUSBYMEMBER_RO", "GEORADIUS_RO", "GEOSEARCH",
    "GEOSEARCHSTORE", "GET", "GETBIT", "GETDEL", "GETEX", "GETRANGE", "GETSET", "HDEL", "HELLO",
    "HEXISTS", "HEXPIRE", "HEXPIREAT", "HEXPIRETIME", "HGET", "HGETALL", "HGETDEL", "HGETEX",
    "HIMPORT", "HINCRBY", "HINCRBYFLOAT", "HKEYS", "HLEN", "HMGET", "HMSET", "HOTKEYS", "HPERSIST",
    "HPEXPIRE", "HPEXPIREAT", "HPEXPIRETIME", "HPTTL", "HRANDFIELD", "HSCAN", "HSET", "HSETEX",
    "HSETNX", "HSTRLEN", "HTTL", "HVALS", "INCR", "INCRBY", "INCRBYFLOAT", "INCREX", "INFO",
    "JSON.ARRAPPEND", "JSON.ARRINDEX", "JSON.ARRINSERT", "JSON.ARRLEN", "JSON.ARRPOP",
    "JSON.ARRTRIM", "JSON.CLEAR", "JSON.DEBUG", "JSON.DEL", "JSON.FORGET", "JSON.GET", "JSON.MERGE",
    "JSON.MGET", "JSON.MSET", "JSON.NUMINCRBY", "JSON.NUMMULTBY", "JSON.NUMPOWBY", "JSON.OBJKEYS",
    "JSON.OBJLEN", "JSON.RESP", "JSON.SET", "JSON.STRAPPEND", "JSON.STRLEN", "JSON.TOGGLE",
    "JSON.TYPE", "KEYS", "LASTSAVE", "LATENCY", "LCS", "LINDEX", "LINSERT", "LLEN", "LMOVE",
    "LMOVEM", "LMPOP", "LOLWUT", "LPOP", "LPOS", "LPUSH", "LPUSHX", "LRANGE", "LREM", "LSET",
    "LTRIM", "MEMORY", "MGET", "MIGRATE", "MODULE", "MONITOR", "MOVE", "MSET", "MSETEX", "MSETNX",
    "MULTI", "OBJECT", "PERSIST", "PEXPIRE", "PEXPIREAT", "PEXPIRETIME", "PFADD", "PFCOUNT",
    "PFDEBUG", "PFMERGE", "PFSELFTEST", "PING", "PSETEX", "PSUBSCRIBE", "PSYNC", "PTTL", "PUBLISH",
    "PUBSUB", "PUNSUBSCRIBE", "QUIT", "RANDOMKEY", "READONLY", "READWRITE", "RENAME", "RENAMENX",
    "REPLCONF", "REPLICAOF", "RESET", "RESTORE", "RESTORE-ASKING", "ROLE", "RPOP", "RPOPLPUSH",
    "RPUSH", "RPUSHX", "SADD", "SAVE", "SCAN", "SCARD", "SCRIPT", "SDIFF", "SDIFFCARD",
    "SDIFFSTORE", "SEARCH.CLUSTERINFO", "SEARCH.CLUSTERREFRESH", "SEARCH.CLUSTERSET", "SELECT",
    "SENTINEL", "SET", "SETBIT", "SETEX", "SETNX", "SETRANGE", "SHUTDOWN", "SINTER", "SINTERCARD",
    "SINTERSTORE", "SISMEMBER", "SLAVEOF", "SLOWLOG", "SMEMBERS", "SMISMEMBER", "SMOVE", "SORT",
    "SORT_RO", "SPOP", "SPUBLISH", "SRANDMEMBER", "SREM", "SSCAN", "SSUBSCRIBE", "STRLEN",
    "SUBSCRIBE", "SUBSTR", "SUNION", "SUNIONCARD", "SUNIONSTORE", "SUNSUBSCRIBE", "SWAPDB", "SYNC",
    "TDIGEST.ADD", "TDIGEST.BYRANK", "TDIGEST.BYREVRANK", "TDIGEST.CDF", "TDIGEST.CREATE",
    "TDIGEST.INFO", "TDIGEST.MAX", "TDIGEST.MERGE", "TDIGEST.MIN", "TDIGEST.QUANTILE",
    "TDIGEST.RANK", "TDIGEST.RESET", "TDIGEST.REVRANK", "TDIGEST.TRIMMED_MEAN", "TIME",
    "TIMESERIES.CLUSTERSET", "TIMESERIES.REFRESHCLUSTER", "TOPK.ADD", "TOPK.COUNT", "TOPK.INCRBY",
    "TOPK.INFO", "TOPK.LIST", "TOPK.QUERY", "TOPK.RESERVE", "TOUCH", "TRIMSLOTS", "TS.ADD",
    "TS.ALTER", "TS.CREATE", "TS.CREATERULE", "TS.DECRBY", "TS.DEL", "TS.DELETERULE", "TS.GET",
    "TS.INCRBY", "TS.INFO", "TS.MADD", "TS.MGET", "TS.MRANGE", "TS.MREVRANGE", "TS.NRANGE",
    "TS.NREVRANGE", "TS.QUERYINDEX", "TS.QUERYLABELS", "TS.RANGE", "TS.READ", "TS.REVRANGE", "TTL",
    "TYPE", "UNLINK", "UNSUBSCRIBE", "UNWATCH", "VADD", "VCARD", "VDIM", "VEMB", "VGETATTR",
    "VINFO", "VISMEMBER", "VLINKS", "VRANDMEMBER", "VRANGE", "VREM", "VSETATTR", "VSIM", "WAIT",
    "WAITAOF", "WATCH", "XACK", "XACKDEL", "XADD", "XAUTOCLAIM", "XCFGSET", "XCLAIM", "XDEL",
    "XDELEX", "XGROUP", "XIDMPRECORD", "XINFO", "XLEN", "XNACK", "XPENDING", "XRANGE", "XREAD",
    "XREADGROUP", "XREVRANGE", "XSETID", "XTRIM", "ZADD", "ZCARD", "ZCOUNT", "ZDIFF", "ZDIFFSTORE",
    "ZINCRBY", "ZINTER", "ZINTERCARD", "ZINTERSTORE", "ZLEXCOUNT", "ZMPOP", "ZMSCORE", "ZPOPMAX",
    "ZPOPMIN", "ZRANDMEMBER", "ZRANGE", "ZRANGEBYLEX", "ZRANGEBYSCORE", "ZRANGESTORE", "ZRANK",
    "ZREM", "ZREMRANGEBYLEX", "ZREMRANGEBYRANK", "ZREMRANGEBYSCORE", "ZREVRANGE", "ZREVRANGEBYLEX",
    "ZREVRANGEBYSCORE", "ZREVRANK", "ZSCAN", "ZSCORE", "ZUNION", "ZUNIONSTORE", "_FT.CONFIG",
    "_FT.DEBUG",
];

#[cfg(test)]
mod tests {
    use super::{CONTAINERS, NAMES, is_known, name_of};
    use bytes::Bytes;

    #[test]
    fn names_are_in_order() {
        assert!(NAMES.is_sorted());
        assert!(is_known("XADD") && !is_known("XYZZY"));
        assert!(CONTAINERS.is_sorted() && CONTAINERS.iter().all(|name| is_known(name)));
    }

    #[test]
    fn a_container_is_named_with_its_subcommand_unless_that_is_data() {
        let named = |words: &[&'static str]| {
            name_of(&words.iter().map(|word| Bytes::from(*word)).collect::<Vec<_>>())
        };
        assert_eq!(named(&["script", "load", "return 1"]), ("SCRIPT LOAD".into(), 2));
        assert_eq!(named(&["SCRIPT"]), ("SCRIPT".into(), 1));
        assert_eq!(named(&["SCRIPT", "return 1"]), ("SCRIPT".into(), 1));
        assert_eq!(named(&["EVAL", "load"]), ("EVAL".into(), 1));
    }
}
