//! Settings with rules of their own.
use super::takes::{Read, Takes, c_integer, memory_of, not_one_of, number, one_of, within};
use super::{OutputLimit, OutputLimits};
use crate::number::{format_f64, parse_i64};
use crate::persona::Persona;
use std::net::{Ipv4Addr, Ipv6Addr};

pub(super) const BACKLOG: Takes = Takes::Checked(|said, _, persona| {
    let bytes = memory_of(persona, said).ok_or("argument must be a memory value")?;
    // What is smaller is not refused: the backlog is then as small as it can be.
    Ok(within(bytes, 1, i64::MAX as u64)?.max(16_384).to_string())
});

pub(super) const BIND: Takes = Takes::Checked(|said, before, _| {
    // What a server of a test listens on stays as its owner has said.
    unchanged(said, before, "Failed to bind to specified addresses.")
});

pub(super) const DEFRAG: Takes =
    Takes::Checked(|said, _, persona| match one_of(said, &["yes", "no"]) {
        Some("no") => Ok("no".to_owned()),
        Some(_) => Err(no_defragmentation(persona).into()),
        None => Err("argument must be 'yes' or 'no'".into()),
    });

pub(super) const DIR: Takes = Takes::Checked(|said, _, persona| match said {
    "" if persona.is_valkey() => Err("dir can't be empty".into()),
    "" => Err("No such file or directory".into()),
    dir => Ok(dir.to_owned()),
});

pub(super) const EVENTS: Takes = Takes::Checked(|said, _, _| {
    if said.chars().any(|letter| !"Ag$lshzxeKEtmdn".contains(letter)) {
        return Err("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.".into());
    }
    let classes = classes(said);
    let named = |letters: &str| -> String {
        letters.chars().filter(|letter| classes.contains(&(*letter as u8))).collect()
    };
    let kinds = named("g$lshzxetdn");
    // `A` does not stand for new keys, but hides them.
    let kinds = if ALL.iter().all(|class| classes.contains(class)) { "A" } else { &kinds };
    Ok(format!("{kinds}{}", named("KEm")))
});

pub(super) const FILE_NAME: Takes = Takes::Checked(|said, _, persona| {
    if said.contains('/') {
        Err("dbfilename can't be a path, just a filename".into())
    } else if said.is_empty() && persona.is_valkey() {
        Err("dbfilename can't be empty".into())
    } else {
        Ok(said.to_owned())
    }
});

pub(super) const HOSTNAME: Takes = Takes::Checked(|said, _, _| {
    if said.len() >= 256 {
        return Err("Hostnames must be less than 256 characters".into());
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    all(said, fits, "Hostnames may only contain alphanumeric characters, hyphens or dots")
});

pub(super) const HZ: Takes = Takes::Checked(|said, _, _| {
    Ok(number(said, 0, i64::from(i32::MAX))?.clamp(1, 500).to_string())
});

pub(super) const IPV4: Takes = Takes::Checked(|said, _, _| {
    let fits = said.is_empty() || said.parse::<Ipv4Addr>().is_ok();
    if fits { Ok(said.to_owned()) } else { Err("Invalid IPv4 address".into()) }
});

pub(super) const IPV6: Takes = Takes::Checked(|said, _, _| {
    let fits = said.is_empty() || said.parse::<Ipv6Addr>().is_ok();
    if fits { Ok(said.to_owned()) } else { Err("Invalid IPv6 address".into()) }
});

pub(super) const LOCALE: Takes = Takes::Checked(|said, _, _| {
    // The locales that every system has.
    if ["", "C", "POSIX", "C.UTF-8", "C.utf8"].contains(&said) {
        Ok(said.to_owned())
    } else {
        Err("Invalid locale name".into())
    }
});

pub(super) const MEMORY_OR_PERCENT: Takes = Takes::Checked(|said, _, persona| {
    let wrong = "argument must be a memory or percent value";
    match said.strip_suffix('%') {
        Some(percent) => match parse_i64(percent.as_bytes()) {
            Some(percent) if percent > 100 => {
                Err("percentage argument must be less or equal to 100".into())
            }
            Some(percent) if percent >= 0 => Ok(format!("{percent}%")),
            _ => Err(wrong.into()),
        },
        // What is too large to have a sign is taken for one: a negative number is a percentage.
        None => match memory_of(persona, said).ok_or(wrong)?.cast_signed() {
            bytes @ 0.. => Ok(bytes.to_string()),
            percent @ -100..0 => Ok(format!("{}%", -percent)),
            _ => Err("percentage argument must be less or equal to 100".into()),
        },
    }
});

pub(super) const NODE_NAME: Takes = Takes::Checked(|said, _, _| {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ' ');
    all(said, fits, "Announced human node name contained invalid character")
});

pub(super) const NO_RDMA: Takes =
    Takes::Checked(|said, before, _| unchanged(said, before, "No RDMA building support."));

pub(super) const OOM_SCORE: Takes = Takes::Checked(|said, _, _| {
    const WORDS: &[&str] = &["no", "yes", "relative", "absolute"];
    let word = one_of(said, WORDS).ok_or_else(|| not_one_of(WORDS))?;
    // They are the same, and the first is told.
    Ok(if word == "relative" { "yes" } else { word }.to_owned())
});

pub(super) const OOM_SCORES: Takes = Takes::Checked(|said, _, _| {
    let words = words(said);
    if words.len() != 3 {
        return Err("wrong number of arguments".into());
    }
    let fits = |score: &i64| (-2000..=2000).contains(score);
    let scores = words.into_iter().map(|word| c_integer(word).filter(fits));
    let scores: Option<Vec<_>> = scores.map(|score| score.map(|score| score.to_string())).collect();
    let wrong = "Invalid oom-score-adj-values, elements must be between -2000 and 2000.";
    Ok(scores.ok_or(wrong)?.join(" "))
});

pub(super) const OUTPUT_LIMITS: Takes = Takes::Checked(|said, before, persona| {
    let mut limits = output_limits(before);
    let words = words(said);
    if !words.len().is_multiple_of(4) {
        return Err("Wrong number of arguments in buffer limit configuration.".into());
    }
    // All classes are looked at before the first limit is.
    for group in words.chunks(4) {
        if limits.class(group[0]).is_none() {
            return Err("Invalid client class specified in buffer limit configuration.".into());
        }
        if limit(group, persona).is_none() {
            return Err(
                "Error in hard, soft or soft_seconds setting in buffer limit configuration.".into(),
            );
        }
    }
    for group in words.chunks(4) {
        if let (Some(class), Some(limit)) = (limits.class(group[0]), limit(group, persona)) {
            *class = limit;
        }
    }
    Ok(limits.to_string())
});

/// A number of bytes, or -1 for any number.
pub(super) const FAILOVER_BYTES: Takes = Takes::Checked(|said, _, persona| match said {
    "-1" => Ok("-1".to_owned()),
    said => Ok(memory_of(persona, said).ok_or("argument must be a memory value")?.to_string()),
});

/// How many elements of an array stand together.
pub(super) const SLICE_SIZE: Takes = Takes::Checked(|said, _, _| {
    let size = number(said, 16, 65_536)?;
    if size.count_ones() == 1 {
        Ok(size.to_string())
    } else {
        Err("argument must be a power of two".into())
    }
});

pub(super) const PERCENTILES: Takes = Takes::Checked(|said, _, persona| {
    let mut told = Vec::new();
    for word in words(said) {
        let number = persona
            .parse_f64(word.as_bytes())
            .ok_or("Invalid latency-tracking-info-percentiles parameters")?;
        if !(0.0..=100.0).contains(&number) {
            return Err(
                "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"
                    .into(),
            );
        }
        told.push(format_f64(number));
    }
    Ok(told.join(" "))
});

pub(super) const PORT: Takes = Takes::Checked(|said, before, _| {
    let port = number(said, 0, 65_535)?.to_string();
    unchanged(&port, before, "Unable to listen on this port. Check server logs.")
});

pub(super) const SAVE: Takes = Takes::Checked(|said, _, _| {
    let words = words(said);
    let number = |(at, word): (usize, &&str)| {
        // A time of no seconds makes no sense; no changes do.
        let least = i64::from(at % 2 == 0);
        c_integer(word).filter(|number| *number >= least).map(|number| number.to_string())
    };
    let numbers: Option<Vec<_>> = words.iter().enumerate().map(number).collect();
    let numbers = numbers.filter(|_| words.len().is_multiple_of(2));
    Ok(numbers.ok_or("Invalid save parameters")?.join(" "))
});

pub(super) const SHUTDOWN: Takes = Takes::Checked(|said, _, _| {
    const WORDS: &[&str] = &["default", "save", "nosave", "now", "force"];
    let mut chosen = Vec::new();
    for word in said.split_ascii_whitespace() {
        chosen.push(one_of(word, WORDS).ok_or_else(|| not_one_of(WORDS))?);
    }
    if chosen.is_empty() {
        return Err(not_one_of(WORDS));
    }
    if chosen.contains(&"save") && chosen.contains(&"nosave") {
        return Err("shutdown options SAVE and NOSAVE can't be used simultaneously".into());
    }
    let told: Vec<_> = WORDS[1..].iter().copied().filter(|word| chosen.contains(word)).collect();
    Ok(if told.is_empty() { "default".to_owned() } else { told.join(" ") })
});

pub(super) const TITLE: Takes = Takes::Checked(|said, _, _| {
    const VARIABLES: [&str; 7] =
        ["title", "listen-addr", "server-mode", "port", "tls-port", "unixsocket", "config-file"];
    let known = said
        .split('{')
        .skip(1)
        .all(|part| part.split_once('}').is_some_and(|(name, _)| VARIABLES.contains(&name)));
    if known && !said.trim_ascii().is_empty() {
        Ok(said.to_owned())
    } else {
        Err("template format is invalid or contains unknown variables".into())
    }
});

pub(super) const TLS_PORT: Takes = Takes::Checked(|said, before, _| {
    let port = number(said, 0, 65_535)?.to_string();
    unchanged(&port, before, "Unable to update TLS configuration. Check server logs.")
});

/// What `A` stands for.
const ALL: &[u8] = b"g$lshzxetd";

/// The letters of `notify-keyspace-events`, `A` spelled out.
pub(super) fn classes(value: &str) -> Vec<u8> {
    let letters = value.bytes().flat_map(|c| if c == b'A' { ALL.to_vec() } else { vec![c] });
    letters.collect()
}

/// The limits that `client-output-buffer-limit` tells back.
pub(super) fn output_limits(told: &str) -> OutputLimits {
    let mut limits = OutputLimits::default();
    for group in words(told).chunks_exact(4) {
        if let (Some(class), Some(limit)) =
            (limits.class(group[0]), limit(group, Persona::default()))
        {
            *class = limit;
        }
    }
    limits
}

impl OutputLimits {
    fn class(&mut self, name: &str) -> Option<&mut OutputLimit> {
        match name.to_ascii_lowercase().as_str() {
            "normal" => Some(&mut self.normal),
            "slave" | "replica" => Some(&mut self.replica),
            "pubsub" => Some(&mut self.pubsub),
            _ => None,
        }
    }
}

impl std::fmt::Display for OutputLimits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (normal, replica, pubsub) = (self.normal, self.replica, self.pubsub);
        write!(f, "normal {normal} slave {replica} pubsub {pubsub}")
    }
}

impl std::fmt::Display for OutputLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.hard, self.soft, self.soft_seconds)
    }
}

/// `class hard soft seconds` without its class.
fn limit(group: &[&str], persona: Persona) -> Option<OutputLimit> {
    let bytes = |word: &str| usize::try_from(memory_of(persona, word)?).ok();
    // Of a larger number a real server keeps the low half.
    #[expect(clippy::cast_possible_truncation, reason = "the low half is what is meant")]
    let soft_seconds = i64::from(c_integer(group[3])? as i32);
    if soft_seconds < 0 {
        return None;
    }
    Some(OutputLimit { hard: bytes(group[1])?, soft: bytes(group[2])?, soft_seconds })
}

/// Words with one space between them; two leave an empty word.
fn words(said: &str) -> Vec<&str> {
    if said.is_empty() { Vec::new() } else { said.split(' ').collect() }
}

fn all(said: &str, fits: impl Fn(char) -> bool, wrong: &'static str) -> Read {
    if said.chars().all(fits) { Ok(said.to_owned()) } else { Err(wrong.into()) }
}

/// What cannot be done here fails as it would on a real server that cannot do it.
fn unchanged(said: &str, before: &str, wrong: &'static str) -> Read {
    if said == before { Ok(said.to_owned()) } else { Err(wrong.into()) }
}

fn no_defragmentation(persona: Persona) -> &'static str {
    if persona.is_valkey() {
        "Active defragmentation cannot be enabled: it requires a server compiled with a modified \
         Jemalloc like the one shipped by default with the source distribution"
    } else {
        "Active defragmentation cannot be enabled: it requires a Redis server compiled with a \
         modified Jemalloc like the one shipped by default with the Redis source distribution"
    }
}
