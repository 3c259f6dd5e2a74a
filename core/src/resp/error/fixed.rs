//! The errors whose text is always the same, by name.
use super::Error;

impl Error {
    pub(crate) const AOF_CANNOT_LOAD: Error =
        Error::fixed("ERR Error trying to load the AOF files, check server logs.");
    pub(crate) const APPLIED_INCREMENT_OVERFLOW: Error =
        Error::fixed("ERR applied increment would overflow");
    pub(crate) const ARRAY_COUNT_TOO_LARGE: Error =
        Error::fixed("ERR count exceeds maximum of 1000000 items");
    pub(crate) const ARRAY_CURSOR_OVERFLOW: Error = Error::fixed("ERR insert index overflow");
    pub(crate) const ARRAY_INDEX: Error = Error::fixed("ERR invalid array index");
    pub(crate) const ARRAY_RANGE_TOO_LONG: Error =
        Error::fixed("ERR range exceeds maximum of 1000000 items");
    pub(crate) const BAD_FORMAT: Error = Error::fixed("ERR Bad data format");
    pub(crate) const BGSAVE_UNDER_WAY: Error =
        Error::fixed("ERR Background save already in progress");
    pub(crate) const BITFIELD_OVERFLOW_INVALID: Error =
        Error::fixed("ERR Invalid OVERFLOW type specified");
    pub(crate) const BITFIELD_RO_WRITES: Error =
        Error::fixed("ERR BITFIELD_RO only supports the GET subcommand");
    pub(crate) const BITFIELD_TYPE_INVALID: Error = Error::fixed(
        "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.",
    );
    pub(crate) const BITOP_NOT_OF_SEVERAL: Error =
        Error::fixed("ERR BITOP NOT must be called with a single source key.");
    pub(crate) const BIT_INVALID: Error = Error::fixed("ERR bit is not an integer or out of range");
    pub(crate) const BIT_NOT_0_OR_1: Error = Error::fixed("ERR The bit argument must be 1 or 0.");
    pub(crate) const BIT_OFFSET_INVALID: Error =
        Error::fixed("ERR bit offset is not an integer or out of range");
    pub(crate) const BLOCK_NOT_AN_INTEGER: Error =
        Error::fixed("ERR timeout is not an integer or out of range");
    pub(crate) const BOUNDS_EXCHANGED: Error =
        Error::fixed("ERR LBOUND can't be greater than UBOUND");
    pub(crate) const BUSY_KEY: Error = Error::fixed("BUSYKEY Target key name already exists.");
    pub(crate) const BYFLOAT_INFINITE: Error =
        Error::fixed("ERR BYFLOAT increment cannot be Infinity");
    pub(crate) const CANNOT_MIGRATE_AT_ONCE: Error = Error::fixed(
        "ERR faux_redis: MIGRATE waits for another server, which a transaction cannot",
    );
    pub(crate) const CANNOT_RELOAD: Error =
        Error::fixed("ERR Error trying to load the RDB dump, check server logs.");
    pub(crate) const CANNOT_SAVE: Error = Error::fixed("ERR");
    pub(crate) const CLAIM_NEGATIVE: Error =
        Error::fixed("ERR min-idle-time must be a positive integer");
    pub(crate) const CLAIM_NOT_AN_INTEGER: Error =
        Error::fixed("ERR min-idle-time is not an integer");
    pub(crate) const CLIENT_ID_NOT_POSITIVE: Error =
        Error::fixed("ERR client-id should be greater than 0");
    pub(crate) const CONDITION_ON_NO_STRING: Error =
        Error::fixed("ERR Key should be of string type if conditions are specified");
    pub(crate) const COUNT_NOT_POSITIVE: Error = Error::fixed("ERR count should be greater than 0");
    pub(crate) const DB_OUT_OF_RANGE: Error = Error::fixed("ERR DB index is out of range");
    pub(crate) const DECREMENT_OVERFLOW: Error = Error::fixed("ERR decrement would overflow");
    pub(crate) const DISCARD_WITHOUT_MULTI: Error = Error::fixed("ERR DISCARD without MULTI");
    pub(crate) const DUMP_FOOTER: Error =
        Error::fixed("ERR DUMP payload version or checksum are wrong");
    pub(crate) const ENTRIES_ADDED_NEGATIVE: Error =
        Error::fixed("ERR entries_added must be positive");
    pub(crate) const ENTRIES_READ_NEGATIVE: Error =
        Error::fixed("ERR value for ENTRIESREAD must be positive or -1");
    pub(crate) const ENX_WITHOUT_LIFETIME: Error =
        Error::fixed("ERR ENX flag requires an expiration (EX, PX, EXAT or PXAT)");
    pub(crate) const EXEC_ABORTED: Error =
        Error::fixed("EXECABORT Transaction discarded because of previous errors.");
    pub(crate) const EXEC_WITHOUT_MULTI: Error = Error::fixed("ERR EXEC without MULTI");
    pub(crate) const EXPIRE_GT_AND_LT: Error =
        Error::fixed("ERR GT and LT options at the same time are not compatible");
    pub(crate) const EXPIRE_MISSING: Error = Error::fixed("ERR missing expire time");
    pub(crate) const EXPIRE_NEGATIVE: Error = Error::fixed("ERR invalid expire time, must be >= 0");
    pub(crate) const EXPIRE_NX_AND_OTHERS: Error =
        Error::fixed("ERR NX and XX, GT or LT options at the same time are not compatible");
    pub(crate) const EXPRESSION_EMPTY: Error = Error::fixed("ERR regular expression is empty");
    pub(crate) const EXPRESSION_INVALID: Error = Error::fixed("ERR invalid regular expression");
    pub(crate) const EXPRESSION_REFERS_BACK: Error =
        Error::fixed("ERR backreferences are not supported");
    pub(crate) const EXPRESSION_TOO_LONG: Error =
        Error::fixed("ERR regular expression too long, maximum is 2048 bytes");
    pub(crate) const FAILOVER_FORCE: Error = Error::fixed(
        "ERR FAILOVER with force option requires both a timeout and target HOST and IP.",
    );
    pub(crate) const FAILOVER_NOT_A_REPLICA: Error =
        Error::fixed("ERR FAILOVER target HOST and PORT is not a replica.");
    pub(crate) const FAILOVER_OF_REPLICA: Error =
        Error::fixed("ERR FAILOVER is not valid when server is a replica.");
    pub(crate) const FAILOVER_TIMEOUT: Error =
        Error::fixed("ERR FAILOVER timeout must be greater than 0");
    pub(crate) const FAILOVER_UNSUPPORTED: Error =
        Error::fixed("ERR faux_redis: FAILOVER is not supported: no replica takes over");
    pub(crate) const FAILOVER_WITHOUT_REPLICAS: Error =
        Error::fixed("ERR FAILOVER requires connected replicas.");
    pub(crate) const FIELDSET_DUPLICATE: Error =
        Error::fixed("ERR duplicate field name in fieldset");
    pub(crate) const FIELDSET_VALUE_COUNT: Error =
        Error::fixed("ERR value count does not match the fieldset's field count");
    pub(crate) const FIELDS_MISSING: Error =
        Error::fixed("ERR Mandatory argument FIELDS is missing or not at the right position");
    pub(crate) const FIELD_COUNT_INVALID: Error = Error::fixed("ERR invalid number of fields");
    pub(crate) const FIELD_COUNT_MISMATCH: Error =
        Error::fixed("ERR The `numfields` parameter must match the number of arguments");
    pub(crate) const FIELD_COUNT_NOT_POSITIVE: Error =
        Error::fixed("ERR Number of fields must be a positive integer");
    pub(crate) const FIELD_COUNT_TOO_SMALL: Error =
        Error::fixed("ERR Parameter `numFields` should be greater than 0");
    pub(crate) const FIELD_COUNT_WRONG: Error = Error::fixed(
        "ERR numfields should be greater than 0 and match the provided number of fields",
    );
    pub(crate) const FLOAT_VALUE_INFINITE: Error = Error::fixed("ERR value cannot be Infinity");
    pub(crate) const GEO_ANY_WITHOUT_COUNT: Error =
        Error::fixed("ERR the ANY argument requires COUNT argument");
    pub(crate) const GEO_BOX_NEGATIVE: Error =
        Error::fixed("ERR height or width cannot be negative");
    pub(crate) const GEO_COUNT_NOT_POSITIVE: Error = Error::fixed("ERR COUNT must be > 0");
    pub(crate) const GEO_FEW_VERTICES: Error =
        Error::fixed("ERR GEOSEARCH BYPOLYGON must have at least 3 vertices");
    pub(crate) const GEO_HEIGHT_NOT_A_NUMBER: Error = Error::fixed("ERR need numeric height");
    pub(crate) const GEO_NO_SUCH_MEMBER: Error =
        Error::fixed("ERR could not decode requested zset member");
    pub(crate) const GEO_RADIUS_NEGATIVE: Error = Error::fixed("ERR radius cannot be negative");
    pub(crate) const GEO_RADIUS_NOT_A_NUMBER: Error = Error::fixed("ERR need numeric radius");
    pub(crate) const GEO_STORE_AND_SHOW: Error = Error::fixed(
        "ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
    );
    pub(crate) const GEO_STORE_AND_SHOW_IN_SEARCH: Error = Error::fixed(
        "ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
    );
    pub(crate) const GEO_UNIT_INVALID: Error =
        Error::fixed("ERR unsupported unit provided. please use M, KM, FT, MI");
    pub(crate) const GEO_VERTICES_NOT_AN_INTEGER: Error =
        Error::fixed("ERR invalid number of vertices");
    pub(crate) const GEO_WIDTH_NOT_A_NUMBER: Error = Error::fixed("ERR need numeric width");
    pub(crate) const GROUP_EXISTS: Error =
        Error::fixed("BUSYGROUP Consumer Group name already exists");
    pub(crate) const GROUP_GONE: Error =
        Error::fixed("NOGROUP the consumer group this client was blocked on no longer exists");
    pub(crate) const HASH_VALUE_NOT_AN_INTEGER: Error =
        Error::fixed("ERR hash value is not an integer");
    pub(crate) const HASH_VALUE_NOT_A_FLOAT: Error = Error::fixed("ERR hash value is not a float");
    pub(crate) const HELLO_WITHOUT_AUTH: Error = Error::fixed(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
    );
    pub(crate) const HELLO_WITHOUT_AUTH_7_0: Error = Error::fixed(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
    );
    pub(crate) const HSETEX_CONDITIONS: Error =
        Error::fixed("ERR Only one of FXX or FNX arguments can be specified");
    pub(crate) const HSETEX_LIFETIMES: Error =
        Error::fixed("ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified");
    pub(crate) const HYPERLOGLOG_CORRUPTED: Error =
        Error::fixed("INVALIDOBJ Corrupted HLL object detected");
    pub(crate) const HYPERLOGLOG_NOT_SPARSE: Error = Error::fixed("ERR HLL encoding is not sparse");
    pub(crate) const IDLE_NOT_AN_INTEGER: Error =
        Error::fixed("ERR idle is not an integer or out of range");
    pub(crate) const IDLE_NOT_POSITIVE: Error = Error::fixed("ERR idle should be greater than 0");
    pub(crate) const IDMPAUTO_NO_PRODUCER: Error =
        Error::fixed("ERR IDMPAUTO requires a non-empty producer ID");
    pub(crate) const IDMP_DURATION: Error =
        Error::fixed("ERR IDMP-DURATION must be between 1 and 86400 seconds");
    pub(crate) const IDMP_EMPTY: Error =
        Error::fixed("ERR XIDMPRECORD requires a non-empty producer ID and idempotent ID");
    pub(crate) const IDMP_MAXSIZE: Error =
        Error::fixed("ERR IDMP-MAXSIZE must be between 1 and 10000 entries");
    pub(crate) const IDMP_NOTHING_SET: Error =
        Error::fixed("ERR At least one parameter must be specified");
    pub(crate) const IDMP_NO_ENTRY: Error = Error::fixed("ERR no such entry in the stream");
    pub(crate) const IDMP_NO_NAME: Error =
        Error::fixed("ERR IDMP requires a non-empty idempotent ID");
    pub(crate) const IDMP_NO_PRODUCER: Error =
        Error::fixed("ERR IDMP requires a non-empty producer ID");
    pub(crate) const IDMP_OTHER_ENTRY: Error =
        Error::fixed("ERR the idempotent ID already belongs to another entry");
    pub(crate) const IDMP_TWICE: Error = Error::fixed("ERR IDMP/IDMPAUTO specified multiple times");
    pub(crate) const IDMP_WITH_ID: Error =
        Error::fixed("ERR IDMP/IDMPAUTO can be used only with auto-generated IDs");
    pub(crate) const INCREMENT_NAN: Error =
        Error::fixed("ERR increment would produce NaN or Infinity");
    pub(crate) const INCREMENT_NOT_AN_INTEGER: Error =
        Error::fixed("ERR Increment is not an integer or out of range");
    pub(crate) const INCREMENT_NOT_A_FLOAT: Error =
        Error::fixed("ERR Increment is not a valid float");
    pub(crate) const INCREMENT_NOT_FINITE: Error = Error::fixed("ERR value is NaN or Infinity");
    pub(crate) const INCREMENT_OVERFLOW: Error =
        Error::fixed("ERR increment or decrement would overflow");
    pub(crate) const INVALID_ARGUMENTS: Error =
        Error::fixed("ERR Invalid arguments specified for command");
    pub(crate) const INVALID_ARGUMENT_COUNT: Error =
        Error::fixed("ERR Invalid number of arguments specified for command");
    pub(crate) const INVALID_CLIENT_ID: Error = Error::fixed("ERR Invalid client ID");
    pub(crate) const INVALID_COMMAND: Error = Error::fixed("ERR Invalid command specified");
    pub(crate) const INVALID_CONDITION: Error =
        Error::fixed("ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE");
    pub(crate) const INVALID_CURSOR: Error = Error::fixed("ERR invalid cursor");
    pub(crate) const INVALID_FIRST_DB: Error = Error::fixed("ERR invalid first DB index");
    pub(crate) const INVALID_FREQUENCY: Error =
        Error::fixed("ERR Invalid FREQ value, must be >= 0 and <= 255");
    pub(crate) const INVALID_IDLE_TIME: Error =
        Error::fixed("ERR Invalid IDLETIME value, must be >= 0");
    pub(crate) const INVALID_MASTER_PORT: Error = Error::fixed("ERR Invalid master port");
    pub(crate) const INVALID_NAME: Error =
        Error::fixed("ERR Client names cannot contain spaces, newlines or special characters.");
    pub(crate) const INVALID_RANGE_END: Error = Error::fixed("ERR invalid end ID for the interval");
    pub(crate) const INVALID_RANGE_START: Error =
        Error::fixed("ERR invalid start ID for the interval");
    pub(crate) const INVALID_SECOND_DB: Error = Error::fixed("ERR invalid second DB index");
    pub(crate) const INVALID_STREAM_ID: Error =
        Error::fixed("ERR Invalid stream ID specified as stream command argument");
    pub(crate) const INVALID_TTL: Error = Error::fixed("ERR Invalid TTL value, must be >= 0");
    pub(crate) const LCS_LEN_AND_IDX: Error =
        Error::fixed("ERR If you want both the length and indexes, please just use IDX.");
    pub(crate) const LCS_NOT_STRINGS: Error =
        Error::fixed("ERR The specified keys must contain string values");
    pub(crate) const LCS_TOO_LONG: Error = Error::fixed("ERR String too long for LCS");
    pub(crate) const LIMIT_NEGATIVE: Error = Error::fixed("ERR The LIMIT argument must be >= 0.");
    pub(crate) const LIMIT_WITHOUT_TILDE: Error =
        Error::fixed("ERR syntax error, LIMIT cannot be used without the special ~ option");
    pub(crate) const LIMIT_WITHOUT_TRIM: Error = Error::fixed(
        "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy",
    );
    pub(crate) const LPOS_NEGATIVE_COUNT: Error = Error::fixed("ERR COUNT can't be negative");
    pub(crate) const LPOS_NEGATIVE_LEN: Error = Error::fixed("ERR MAXLEN can't be negative");
    pub(crate) const LPOS_ZERO_RANK: Error = Error::fixed(
        "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list",
    );
    pub(crate) const MAXAGE_NOT_AN_INTEGER: Error =
        Error::fixed("ERR maxage is not an integer or out of range");
    pub(crate) const MAXAGE_NOT_POSITIVE: Error =
        Error::fixed("ERR maxage should be greater than 0");
    pub(crate) const MAXCOUNT_BELOW_COUNT: Error =
        Error::fixed("ERR MAXCOUNT must be greater than or equal to COUNT");
    pub(crate) const MAXCOUNT_NOT_POSITIVE: Error =
        Error::fixed("ERR MAXCOUNT must be a positive integer");
    pub(crate) const MAXLEN_AND_MINID: Error = Error::fixed(
        "ERR syntax error, MAXLEN and MINID options at the same time are not compatible",
    );
    pub(crate) const MAXLEN_NEGATIVE: Error = Error::fixed("ERR The MAXLEN argument must be >= 0.");
    pub(crate) const MAXSIZE_NOT_POSITIVE: Error =
        Error::fixed("ERR MAXSIZE must be a positive integer");
    pub(crate) const MAX_CLIENTS: Error = Error::fixed("ERR max number of clients reached");
    pub(crate) const MIGRATE_KEYS: Error = Error::fixed(
        "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string",
    );
    pub(crate) const NEEDS_RESP3: Error =
        Error::fixed("ERR RESP2 is not supported by this command");
    pub(crate) const NEGATIVE_LIMIT: Error = Error::fixed("ERR LIMIT can't be negative");
    pub(crate) const NEITHER_ON_NOR_OFF: Error = Error::fixed("ERR Argument must be ON or OFF");
    pub(crate) const NESTED_MULTI: Error = Error::fixed("ERR MULTI calls can not be nested");
    pub(crate) const NEW_WITHOUT_GROUP: Error = Error::fixed(
        "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.",
    );
    pub(crate) const NOT_AN_INTEGER: Error =
        Error::fixed("ERR value is not an integer or out of range");
    pub(crate) const NOT_A_FLOAT: Error = Error::fixed("ERR value is not a valid float");
    pub(crate) const NOT_A_HYPERLOGLOG: Error =
        Error::fixed("WRONGTYPE Key is not a valid HyperLogLog string value.");
    pub(crate) const NOT_A_RANGE_OF_NAMES: Error =
        Error::fixed("ERR min or max not valid string range item");
    pub(crate) const NOT_A_RANGE_OF_SCORES: Error = Error::fixed("ERR min or max is not a float");
    pub(crate) const NOT_A_WEIGHT: Error =
        Error::fixed("ERR One or more scores can't be converted into double");
    pub(crate) const NOT_HASHTABLE: Error = Error::fixed(
        "ERR The value stored at the specified key is not represented using an hash table",
    );
    pub(crate) const NOT_IN_IMPORT_MODE: Error = Error::fixed("ERR Server is not in import mode");
    pub(crate) const NOT_IN_MULTI: Error =
        Error::fixed("ERR Command not allowed inside a transaction");
    pub(crate) const NOT_LISTPACK: Error = Error::fixed("ERR Not a listpack encoded object.");
    pub(crate) const NOT_POSITIVE: Error =
        Error::fixed("ERR value is out of range, must be positive");
    pub(crate) const NOT_QUICKLIST: Error = Error::fixed("ERR Not a quicklist encoded object.");
    pub(crate) const NOT_SDS: Error = Error::fixed("ERR Not an sds encoded string.");
    pub(crate) const NO_ACCESS_FREQUENCY: Error = Error::fixed(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.",
    );
    pub(crate) const NO_APPEND_ONLY_FILE: Error =
        Error::fixed("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
    pub(crate) const NO_AUTH: Error = Error::fixed("NOAUTH Authentication required.");
    pub(crate) const NO_CONFIG_FILE: Error =
        Error::fixed("ERR The server is running without a config file");
    pub(crate) const NO_FAILOVER: Error = Error::fixed("ERR No failover in progress.");
    pub(crate) const NO_IDLE_TIME: Error = Error::fixed(
        "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.",
    );
    pub(crate) const NO_KEY_ARGUMENTS: Error = Error::fixed("ERR The command has no key arguments");
    pub(crate) const NO_MASTER_LINK: Error =
        Error::fixed("NOMASTERLINK Can't SYNC while not connected with my master");
    pub(crate) const NO_PASSWORD_SET: Error = Error::fixed(
        "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?",
    );
    pub(crate) const NO_PROTOCOL: Error = Error::fixed("NOPROTO unsupported protocol version");
    pub(crate) const NO_SCORES_BUT_IN_ZSCAN: Error =
        Error::fixed("ERR NOSCORES option can only be used in ZSCAN");
    pub(crate) const NO_SHUTDOWN: Error = Error::fixed("ERR No shutdown in progress.");
    pub(crate) const NO_SUCH_CLIENT: Error = Error::fixed("ERR No such client");
    pub(crate) const NO_SUCH_DB: Error = Error::fixed("ERR Out of range database");
    pub(crate) const NO_SUCH_FIELDSET: Error = Error::fixed("ERR no such fieldset");
    pub(crate) const NO_SUCH_HYPERLOGLOG: Error =
        Error::fixed("ERR The specified key does not exist");
    pub(crate) const NO_SUCH_KEY: Error = Error::fixed("ERR no such key");
    pub(crate) const NO_VALUES_BUT_IN_HSCAN: Error =
        Error::fixed("ERR NOVALUES option can only be used in HSCAN");
    pub(crate) const NUMIDS_MISMATCH: Error =
        Error::fixed("ERR The `numids` parameter must match the number of arguments");
    pub(crate) const NUMIDS_NOT_POSITIVE: Error =
        Error::fixed("ERR Number of IDs must be a positive integer");
    pub(crate) const NUMKEYS_INVALID: Error =
        Error::fixed("ERR invalid numkeys value or out of range");
    pub(crate) const NUMKEYS_NOT_POSITIVE: Error =
        Error::fixed("ERR numkeys should be greater than 0");
    pub(crate) const NUMKEYS_TOO_LARGE: Error =
        Error::fixed("ERR Number of keys can't be greater than number of args");
    pub(crate) const OFFSET_OUT_OF_RANGE: Error = Error::fixed("ERR offset is out of range");
    pub(crate) const OUT_OF_MEMORY: Error =
        Error::fixed("OOM command not allowed when used memory > 'maxmemory'.");
    pub(crate) const OUT_OF_RANGE: Error = Error::fixed("ERR index out of range");
    pub(crate) const PACKED_THRESHOLD: Error =
        Error::fixed("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
    pub(crate) const PAUSE_MODE: Error = Error::fixed("ERR CLIENT PAUSE mode must be WRITE or ALL");
    pub(crate) const PROTOCOL_NOT_AN_INTEGER: Error =
        Error::fixed("ERR Protocol version is not an integer or out of range");
    pub(crate) const PSYNC_FAILOVER: Error =
        Error::fixed("ERR PSYNC FAILOVER can't be sent to a master.");
    pub(crate) const RELOAD_OPTIONS: Error =
        Error::fixed("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
    pub(crate) const REPLICAOF_BY_REPLICA: Error =
        Error::fixed("ERR Command is not valid when client is a replica.");
    pub(crate) const REPLICA_KEYSPACE: Error =
        Error::fixed("ERR Replica can't interact with the keyspace");
    pub(crate) const RING_SIZE: Error = Error::fixed("ERR invalid ring size");
    pub(crate) const ROLE_CHANGED: Error = Error::fixed(
        "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
    );
    pub(crate) const SAME_KEY: Error =
        Error::fixed("ERR source and destination objects are the same");
    pub(crate) const SCORE_NAN: Error = Error::fixed("ERR resulting score is not a number (NaN)");
    pub(crate) const SHUTDOWN_FAILED: Error =
        Error::fixed("ERR Errors trying to SHUTDOWN. Check logs.");
    pub(crate) const SHUTDOWN_FAILOVER: Error =
        Error::fixed("ERR SHUTDOWN FAILOVER is only supported in cluster mode.");
    pub(crate) const SSUBSCRIBE_IN_MULTI: Error =
        Error::fixed("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
    pub(crate) const STREAM_ENTRY_TOO_LARGE: Error =
        Error::fixed("ERR Elements are too large to be stored");
    pub(crate) const STREAM_EXHAUSTED: Error =
        Error::fixed("ERR The stream has exhausted the last possible ID, unable to add more items");
    pub(crate) const STREAM_GONE: Error = Error::fixed("UNBLOCKED the stream key no longer exists");
    pub(crate) const STREAM_ID_TOO_SMALL: Error = Error::fixed(
        "ERR The ID specified in XADD is equal or smaller than the target stream top item",
    );
    pub(crate) const STREAM_ID_ZERO: Error =
        Error::fixed("ERR The ID specified in XADD must be greater than 0-0");
    pub(crate) const STREAM_LAST_ID_ZERO: Error =
        Error::fixed("ERR the stream last element ID is 0-0");
    pub(crate) const STRING_TOO_LONG: Error =
        Error::fixed("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    pub(crate) const SYNTAX: Error = Error::fixed("ERR syntax error");
    pub(crate) const TARGET_CONNECTING: Error =
        Error::fixed("IOERR error or timeout connecting to the client");
    pub(crate) const TARGET_READING: Error =
        Error::fixed("IOERR error or timeout reading to target instance");
    pub(crate) const TARGET_WRITING: Error =
        Error::fixed("IOERR error or timeout writing to target instance");
    pub(crate) const TIMEOUT_NEGATIVE: Error = Error::fixed("ERR timeout is negative");
    pub(crate) const TIMEOUT_NOT_AN_INTEGER: Error =
        Error::fixed("ERR timeout is not an integer or out of range");
    pub(crate) const TIMEOUT_NOT_A_FLOAT: Error =
        Error::fixed("ERR timeout is not a float or out of range");
    pub(crate) const TIMEOUT_OUT_OF_RANGE: Error = Error::fixed("ERR timeout is out of range");
    pub(crate) const TOO_MANY_PATTERNS: Error =
        Error::fixed("ERR too many predicates, maximum is 250");
    pub(crate) const TRIM_MISSING: Error =
        Error::fixed("ERR syntax error, XTRIM must be called with a trimming strategy");
    pub(crate) const UNBALANCED_STREAMS_7_0: Error = Error::fixed(
        "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.",
    );
    pub(crate) const UNBLOCKED: Error =
        Error::fixed("UNBLOCKED client unblocked via CLIENT UNBLOCK");
    pub(crate) const UNBLOCK_REASON: Error =
        Error::fixed("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    pub(crate) const UNKNOWN_PROTOCOL_TYPE: Error = Error::fixed(
        "ERR Wrong protocol type name. Please use one of the following: \
         string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false",
    );
    pub(crate) const VALUE_OUT_OF_RANGE: Error = Error::fixed("ERR value is out of range");
    pub(crate) const WATCH_IN_MULTI: Error = Error::fixed("ERR WATCH inside MULTI is not allowed");
    pub(crate) const WEIGHT_NOT_A_FLOAT: Error = Error::fixed("ERR weight value is not a float");
    pub(crate) const WRONG_PASSWORD: Error =
        Error::fixed("WRONGPASS invalid username-password pair or user is disabled.");
    pub(crate) const WRONG_TYPE: Error =
        Error::fixed("WRONGTYPE Operation against a key holding the wrong kind of value");
    pub(crate) const XAUTOCLAIM_COUNT: Error = Error::fixed("ERR COUNT must be > 0");
    pub(crate) const XAUTOCLAIM_IDLE_TIME: Error =
        Error::fixed("ERR Invalid min-idle-time argument for XAUTOCLAIM");
    pub(crate) const XCLAIM_IDLE: Error =
        Error::fixed("ERR Invalid IDLE option argument for XCLAIM");
    pub(crate) const XCLAIM_IDLE_TIME: Error =
        Error::fixed("ERR Invalid min-idle-time argument for XCLAIM");
    pub(crate) const XCLAIM_RETRYCOUNT: Error =
        Error::fixed("ERR Invalid RETRYCOUNT option argument for XCLAIM");
    pub(crate) const XCLAIM_TIME: Error =
        Error::fixed("ERR Invalid TIME option argument for XCLAIM");
    pub(crate) const XGROUP_WITHOUT_KEY: Error = Error::fixed(
        "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.",
    );
    pub(crate) const XNACK_IDS_MISMATCH: Error =
        Error::fixed("ERR number of IDs doesn't match numids");
    pub(crate) const XNACK_MODE: Error = Error::fixed("ERR mode must be SILENT, FAIL, or FATAL");
    pub(crate) const XNACK_NUMIDS: Error = Error::fixed("ERR numids must be a positive integer");
    pub(crate) const XNACK_RETRYCOUNT: Error =
        Error::fixed("ERR Invalid RETRYCOUNT value, must be >= 0");
    pub(crate) const XNACK_WITHOUT_IDS: Error =
        Error::fixed("ERR syntax error, expected IDS keyword");
    pub(crate) const XREADGROUP_WITHOUT_GROUP: Error =
        Error::fixed("ERR Missing GROUP option for XREADGROUP");
    pub(crate) const XSETID_BELOW_DELETED: Error =
        Error::fixed("ERR The ID specified in XSETID is smaller than current max_deleted_entry_id");
    pub(crate) const XSETID_BELOW_GIVEN_DELETED: Error = Error::fixed(
        "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
    );
    pub(crate) const XSETID_BELOW_TOP: Error =
        Error::fixed("ERR The ID specified in XSETID is smaller than the target stream top item");
    pub(crate) const XSETID_TOO_FEW_ADDED: Error = Error::fixed(
        "ERR The entries_added specified in XSETID is smaller than the target stream length",
    );
    pub(crate) const ZADD_GT_LT_NX: Error =
        Error::fixed("ERR GT, LT, and/or NX options at the same time are not compatible");
    pub(crate) const ZADD_INCR_SEVERAL: Error =
        Error::fixed("ERR INCR option supports a single increment-element pair");
    pub(crate) const ZADD_NX_AND_XX: Error =
        Error::fixed("ERR XX and NX options at the same time are not compatible");
    pub(crate) const ZRANGE_LIMIT_OF_RANKS: Error = Error::fixed(
        "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
    );
    pub(crate) const ZRANGE_SCORES_OF_NAMES: Error =
        Error::fixed("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
}
