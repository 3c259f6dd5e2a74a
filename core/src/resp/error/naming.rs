//! The errors that name what was wrong.
use super::Error;
use bytes::Bytes;

impl Error {
    /// `name` as in the table: lower case, a subcommand after a bar.
    pub(crate) fn arity(name: &str) -> Error {
        Error::line(format!("ERR wrong number of arguments for '{name}' command"))
    }

    pub(crate) fn not_in_multi(name: &str) -> Error {
        Error::line(format!("ERR Command '{name}' not allowed inside a transaction"))
    }

    /// BITOP was given one key where its operation, as the client wrote it, takes several.
    pub(crate) fn bitop_of_one(operation: &[u8]) -> Error {
        let shown = operation.to_ascii_uppercase();
        let why = b" must be called with at least two source keys.";
        Error::line([b"ERR BITOP ", &shown[..], why].concat())
    }

    pub(crate) fn not_an_integer(option: &str) -> Error {
        Error::line(format!("ERR {option} is not an integer or out of range"))
    }

    /// What a client sees when the test's own code failed while answering it.
    pub(crate) fn callback_failed(message: &str) -> Error {
        Error::line(format!("ERR faux_redis: callback failed: {message}"))
    }

    /// A template cannot be filled: the journal is so short that its call has been dropped.
    pub(crate) fn call_forgotten() -> Error {
        Error::fixed("ERR faux_redis: a template's call is no longer in the journal")
    }

    /// A setting that cannot be set, and why.
    pub(crate) fn config_set(name: &[u8], why: &str) -> Error {
        let start = b"ERR CONFIG SET failed (possibly related to argument '";
        Error::line([&start[..], name, b"') - ", why.as_bytes()].concat())
    }

    /// The last BGSAVE has failed, and nothing is to be changed before one succeeds.
    pub(crate) fn cannot_persist(server: &str) -> Error {
        Error::line(format!(
            "MISCONF {server} is configured to save RDB snapshots, but it's currently unable to persist to disk. \
             Commands that may modify the data set are disabled, because this instance is configured to report \
             errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the \
             {server} logs for details about the RDB error."
        ))
    }

    /// What is written on a replica is of no interest to WAIT; Redis says since when.
    pub(crate) fn wait_by_replica(since: &str) -> Error {
        Error::line(format!(
            "ERR WAIT cannot be used with replica instances. Please also note that {since}if a replica is configured \
             to be writable (which is not the default) writes to replicas are just local and are not propagated."
        ))
    }

    pub(crate) fn replconf_option(option: &[u8]) -> Error {
        let option = text_of(option, usize::MAX);
        Error::line([b"ERR Unrecognized REPLCONF option: ", option].concat())
    }

    pub(crate) fn replica_version(version: &[u8]) -> Error {
        let version = text_of(version, usize::MAX);
        Error::line([b"ERR Unrecognized version format: ", version].concat())
    }

    pub(crate) fn replica_address_too_long(bytes: usize) -> Error {
        let what = "REPLCONF ip-address provided by replica instance is too long";
        Error::line(format!("ERR {what}: {bytes} bytes"))
    }

    /// EXEC was refused, and its transaction with it.
    pub(crate) fn exec_aborted_by(error: &Error) -> Error {
        let why = error.as_bytes();
        let why = why.strip_prefix(b"ERR ").unwrap_or(why);
        Error::line([b"EXECABORT Transaction discarded because of: ", why].concat())
    }

    /// `command` is the name that the client wrote.
    pub(crate) fn geo_centre_missing(command: &[u8]) -> Error {
        let why = b"ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ";
        Error::line([&why[..], text_of(command, usize::MAX)].concat())
    }

    pub(crate) fn geo_member_missing(member: &[u8]) -> Error {
        Error::line([b"ERR member ", text_of(member, usize::MAX), b" does not exist"].concat())
    }

    /// A place is not on the map.
    pub(crate) fn geo_position_invalid(longitude: f64, latitude: f64) -> Error {
        let line = format!("ERR invalid longitude,latitude pair {longitude:.6},{latitude:.6}");
        Error::line(line)
    }

    /// `shapes` are those that the server knows, `command` is the name that the client wrote.
    pub(crate) fn geo_shape_missing(shapes: &str, command: &[u8]) -> Error {
        let why = format!("ERR exactly one of {shapes} can be specified for ");
        Error::line([why.as_bytes(), text_of(command, usize::MAX)].concat())
    }

    pub(crate) fn hello_option(option: &[u8]) -> Error {
        let shown = text_of(option, usize::MAX);
        Error::line([b"ERR Syntax error in HELLO option '", shown, b"'"].concat())
    }

    /// `option` is the name of what CLIENT SETINFO was to set.
    pub(crate) fn invalid_info(option: &[u8]) -> Error {
        let shown = text_of(option, usize::MAX);
        let why = b" cannot contain spaces, newlines or special characters.";
        Error::line([b"ERR ", shown, why].concat())
    }

    /// XREADGROUP reads no such id.
    pub(crate) fn meaningless_id(id: char) -> Error {
        Error::line(format!(
            "ERR The {id} ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The {id} ID would just return an empty result set."
        ))
    }

    pub(crate) fn no_group(key: &[u8], group: &[u8]) -> Error {
        Error::line(no_group_line(key, group))
    }

    pub(crate) fn no_group_for_key(key: &[u8], group: &[u8]) -> Error {
        let (key, group) = (text_of(key, usize::MAX), text_of(group, usize::MAX));
        let start = &b"NOGROUP No such consumer group '"[..];
        Error::line([start, group, b"' for key name '", key, b"'"].concat())
    }

    pub(crate) fn no_group_to_read(key: &[u8], group: &[u8]) -> Error {
        let line = no_group_line(key, group);
        Error::line([&line[..], b" in XREADGROUP with GROUP option"].concat())
    }

    /// An option of XREADGROUP that XREAD does not have.
    pub(crate) fn only_xreadgroup(option: &str) -> Error {
        Error::line(format!(
            "ERR The {option} option is only supported by XREADGROUP. You called XREAD instead."
        ))
    }

    /// The text a client asked for, with DEBUG ERROR.
    pub(crate) fn asked_for(line: &Bytes) -> Error {
        Error(line.clone())
    }

    pub(crate) fn invalid_expire(command: &str) -> Error {
        Error::line(format!("ERR invalid expire time in '{command}' command"))
    }

    /// CLIENT LIST was asked for a database behind the last, by this option.
    pub(crate) fn no_such_client_db(option: &str, last: usize) -> Error {
        Error::line(format!("ERR {option} number should be between 0 and {last}"))
    }

    pub(crate) fn no_such_user(name: &[u8]) -> Error {
        Error::line([b"ERR No such user '", text_of(name, usize::MAX), b"'"].concat())
    }

    pub(crate) fn no_input_key(command: &str) -> Error {
        Error::line(format!("ERR at least 1 input key is needed for '{command}' command"))
    }

    /// An integer is outside the range it must be in.
    pub(crate) fn not_between(least: i64, most: i64) -> Error {
        Error::line(format!("ERR value is out of range, value must between {least} and {most}"))
    }

    /// What another server has answered to MIGRATE.
    pub(crate) fn of_target(line: &[u8]) -> Error {
        Error::line([b"ERR Target instance replied with error: ", line].concat())
    }

    /// What a client sees when our own code failed while answering it.
    pub(crate) fn panicked(name: &str) -> Error {
        Error::line(format!("ERR faux_redis: internal error in '{name}', reported to the test"))
    }

    pub(crate) fn subscribe_mode(name: &str) -> Error {
        Error::line(format!(
            "ERR Can't execute '{name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
        ))
    }

    /// The request's subcommand takes fewer words, as its row does not tell.
    pub(crate) fn subcommand_arity(words: &[Bytes]) -> Error {
        let [container, subcommand, ..] = words else { return Error::SYNTAX };
        let start = &b"ERR unknown subcommand or wrong number of arguments for '"[..];
        let hint = [b"'. Try ", &container.to_ascii_uppercase()[..], b" HELP."].concat();
        Error::line([start, text_of(subcommand, SHOWN), &hint].concat())
    }

    pub(crate) fn unknown_capabilities(said: &[u8]) -> Error {
        let start = b"ERR Unknown capa found in the provided filter: ";
        Error::line([&start[..], text_of(said, usize::MAX)].concat())
    }

    pub(crate) fn unknown_client_flags(said: &[u8]) -> Error {
        let start = b"ERR Unknown flags found in the provided filter: ";
        Error::line([&start[..], text_of(said, usize::MAX)].concat())
    }

    /// `ids` are those that may stand in place of an id.
    pub(crate) fn unbalanced_streams(command: &str, ids: &str) -> Error {
        let ids = if ids.starts_with(',') { ids.to_owned() } else { format!(" {ids}") };
        Error::line(format!(
            "ERR Unbalanced '{command}' list of streams: for each stream key an ID{ids} must be specified."
        ))
    }

    pub(crate) fn unknown_client_type(name: &[u8]) -> Error {
        Error::line([b"ERR Unknown client type '", text_of(name, usize::MAX), b"'"].concat())
    }

    pub(crate) fn unrecognized_option(option: &[u8]) -> Error {
        Error::line([b"ERR Unrecognized option '", text_of(option, usize::MAX), b"'"].concat())
    }

    pub(crate) fn unknown_argument(word: &[u8]) -> Error {
        Error::line([b"ERR unknown argument: ", text_of(word, word.len())].concat())
    }

    pub(crate) fn unknown_command(words: &[Bytes]) -> Error {
        let (name, args) = words.split_first().expect("a request has a name");
        let mut shown = Vec::new();
        for arg in args {
            if shown.len() >= SHOWN {
                break;
            }
            let room = SHOWN - shown.len();
            shown.extend_from_slice(&[b"'", text_of(arg, room), b"' "].concat());
        }
        let name = text_of(name, SHOWN);
        Error::line(
            [b"ERR unknown command '", name, b"', with args beginning with: ", &shown].concat(),
        )
    }

    pub(crate) fn unknown_debug(subcommand: &[u8]) -> Error {
        let shown = text_of(subcommand, SHOWN);
        let hint = b"'. Try DEBUG HELP.";
        Error::line(
            [&b"ERR unknown subcommand or wrong number of arguments for '"[..], shown, hint]
                .concat(),
        )
    }

    pub(crate) fn unknown_pfdebug(subcommand: &[u8]) -> Error {
        let shown = text_of(subcommand, usize::MAX);
        Error::line([b"ERR Unknown PFDEBUG subcommand '", shown, b"'"].concat())
    }

    pub(crate) fn unknown_setting(name: &[u8]) -> Error {
        let shown = text_of(name, name.len());
        let hint = &b"ERR Unknown option or number of arguments for CONFIG SET - '"[..];
        Error::line([hint, shown, b"'"].concat())
    }

    pub(crate) fn unknown_subcommand(container: &str, subcommand: &[u8]) -> Error {
        let hint = format!("'. Try {} HELP.", container.to_uppercase());
        let shown = text_of(subcommand, SHOWN);
        Error::line([b"ERR unknown subcommand '", shown, hint.as_bytes()].concat())
    }

    pub(crate) fn unknown_type(name: &[u8]) -> Error {
        Error::line([b"ERR unknown type name '", text_of(name, usize::MAX), b"'"].concat())
    }

    /// What a client sees in `mock_only` mode for a command without a stub.
    pub(crate) fn unmocked(name: &str) -> Error {
        Error::line(format!("ERR faux_redis: no stub answers '{name}' in mode mock_only"))
    }

    pub(crate) fn xclaim_option(option: &[u8]) -> Error {
        let shown = text_of(option, usize::MAX);
        Error::line([b"ERR Unrecognized XCLAIM option '", shown, b"'"].concat())
    }

    pub(crate) fn xnack_option(option: &[u8]) -> Error {
        let shown = text_of(option, usize::MAX);
        Error::line([b"ERR Unrecognized XNACK option '", shown, b"'"].concat())
    }

    pub(crate) fn unsupported_option(option: &[u8]) -> Error {
        Error::line([b"ERR Unsupported option ", text_of(option, usize::MAX)].concat())
    }
}

fn no_group_line(key: &[u8], group: &[u8]) -> Vec<u8> {
    let (key, group) = (text_of(key, usize::MAX), text_of(group, usize::MAX));
    [&b"NOGROUP No such key '"[..], key, b"' or consumer group '", group, b"'"].concat()
}

/// How much of a client's words an error shows.
const SHOWN: usize = 128;

/// The start of a client's word as a C string shows it: it ends at a zero byte.
fn text_of(word: &[u8], room: usize) -> &[u8] {
    let word = &word[..word.len().min(room)];
    word.split(|byte| *byte == 0).next().unwrap_or_default()
}
