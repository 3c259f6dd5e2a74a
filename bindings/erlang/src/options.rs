//! The options of a server, and what each takes.
use crate::convert::{bytes, proper};
use crate::error::{Error, Result};
use crate::lint;
use crate::spelling::shown;
use crate::value::plain;
use faux_redis::{Builder, Clock, FauxRedis, Seed, Spelling, Strict};
use rustler::Term;
use std::str::FromStr;
use std::time::Duration;

/// Every option, and what it takes.
const OPTIONS: &[(&str, &str)] = &[
    ("port", "an integer from 0 to 65535"),
    ("ip", "an IP address such as {127, 0, 0, 1} or \"127.0.0.1\""),
    ("unix_socket", "a path"),
    ("mode", "mock_first, stateful_only or mock_only"),
    ("password", "a binary"),
    ("flavour", "redis or valkey"),
    ("version", "a version such as \"7.0.15\""),
    ("databases", "an integer from 1 to 2147483647"),
    ("strict", "true, false or all"),
    ("seed", "an integer from 0 to 2^64 - 1"),
    ("clock", "system, or a start time in seconds since 1970"),
    ("journal_limit", "an integer of 1 or more"),
    ("journal_limit_bytes", "an integer of 1 or more"),
    ("config", "settings as in redis.conf, as a list of pairs or a map"),
    ("rdb", "a path"),
    ("data", "a map of keys and values, or the path of a file of data"),
    ("tls", "true or false"),
];

/// Options of the application's own, which the core never sees.
const OURS: &str = "name, require_auth?, compat and callback_timeout (and verify, where FauxRedis.Case starts the server)";

/// A builder with these options: a list of pairs of a name and a value, both as the host has normalised them.
pub(crate) fn builder<'a>(options: Term<'a>, spelling: Spelling) -> Result<Builder> {
    let bad = || Error::option(format!("options are a list of pairs, not {}", shown(options)));
    let named = |option: Term<'a>| -> Result<(String, Term<'a>)> {
        let (name, value): (Term<'_>, Term<'_>) = option.decode().map_err(|_| bad())?;
        Ok((name.atom_to_string().map_err(|_| bad())?, value))
    };
    let options = proper(options).map_err(|_| bad())?.map(named).collect::<Result<Vec<_>>>()?;
    let (of_lint, others): (Vec<_>, Vec<_>) =
        options.into_iter().partition(|(name, _)| lint::is_option(name));
    let builder = FauxRedis::builder().spelling(spelling);
    let builder = others
        .into_iter()
        .try_fold(builder, |builder, (name, value)| with_option(builder, &name, value))?;
    Ok(match lint::lint_of(&of_lint)? {
        Some(lint) => builder.lint(lint),
        None => builder,
    })
}

fn with_option(builder: Builder, name: &str, value: Term<'_>) -> Result<Builder> {
    // What `compat` asks for has a name that no user writes.
    if name == "membership_as_text" {
        return Ok(builder.membership_as_text());
    }
    let Some((_, accepts)) = OPTIONS.iter().find(|(option, _)| *option == name) else {
        let names: Vec<_> = OPTIONS.iter().map(|(name, _)| *name).chain(lint::NAMES).collect();
        let message = format!("unknown option '{name}'; there are {}, {OURS}", names.join(", "));
        return Err(Error::option(message));
    };
    let bad = || Error::option(format!("option '{name}' takes {accepts}, not {}", shown(value)));
    if name == "data" {
        return Ok(builder.data(seed(value)?.ok_or_else(bad)?));
    }
    set(builder, name, value).ok_or_else(bad)
}

fn set(builder: Builder, name: &str, value: Term<'_>) -> Option<Builder> {
    Some(match name {
        // A narrower type would be read by cutting off what does not fit.
        "port" => builder.port(value.decode::<u64>().ok()?.try_into().ok()?),
        "ip" => builder.ip(parsed(value)?),
        "unix_socket" => builder.unix_socket(text(value)?),
        "mode" => builder.mode(parsed(value)?),
        "password" => builder.password(text(value)?),
        "flavour" => builder.flavour(parsed(value)?),
        "version" => builder.version(parsed(value)?),
        "databases" => {
            builder.databases(value.decode().ok().filter(|n| (1..=0x7fff_ffff).contains(n))?)
        }
        "strict" => match value.decode::<bool>() {
            Ok(strict) => builder.strict(strict),
            Err(_) if text(value)? == "all" => builder.strict(Strict::All),
            Err(_) => return None,
        },
        "journal_limit_bytes" => {
            builder.journal_limit_bytes(value.decode().ok().filter(|n| *n > 0)?)
        }
        "seed" => builder.seed(value.decode().ok()?),
        "clock" => match text(value) {
            Some(text) if text == "system" => builder,
            _ => builder.clock(Clock::starting_at(start_time(value)?)),
        },
        "journal_limit" => builder.journal_limit(value.decode().ok().filter(|n| *n > 0)?),
        "config" => {
            let settings = proper(value).ok()?;
            settings.into_iter().try_fold(builder, |builder, setting| {
                let (name, value): (Term<'_>, Term<'_>) = setting.decode().ok()?;
                Some(builder.config(text(name)?, text(value)?))
            })?
        }
        "rdb" => builder.rdb(text(value)?),
        "tls" => builder.tls(value.decode().ok()?),
        _ => return None,
    })
}

/// Data to begin with: a map, or the path of a file.
fn seed(value: Term<'_>) -> Result<Option<Seed>> {
    if value.is_map() {
        return Ok(Some(Seed::from(plain(value)?)));
    }
    Ok(text(value).map(Seed::file))
}

/// A binary, or a word that is an atom.
fn text(value: Term<'_>) -> Option<String> {
    let word = || value.atom_to_string().ok().filter(|word| word != "true" && word != "false");
    bytes(value).and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()).or_else(word)
}

fn parsed<T: FromStr>(value: Term<'_>) -> Option<T> {
    text(value)?.parse().ok()
}

fn start_time(value: Term<'_>) -> Option<Duration> {
    if let Ok(seconds) = value.decode::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    Duration::try_from_secs_f64(value.decode().ok()?).ok()
}
