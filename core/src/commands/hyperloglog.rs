//! `HyperLogLog`s: counts of different elements, kept in strings.

use crate::command::{Args, Command, KeyAccess, command, flag};
use crate::data::hyperloglog::{self as hll, Corrupted, Encoding, REGISTERS, Run};
use crate::data::text::Text;
use crate::engine::Ctx;
use crate::resp::{Error, Reply, Result};
use bytes::{Bytes, BytesMut};

#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    command("PFADD key [element [element ...]]", pfadd).grows().fast().since("2.8.9")
        .keys(&[KeyAccess::INSERTS])
        .says("Adds elements to a HyperLogLog, creating it if missing."),
    command("PFCOUNT key [key ...]", pfcount).reads().since("2.8.9").cost("O(N)")
        .keys(&[KeyAccess::READ_WRITE.and(KeyAccess::ACCESS)])
        .key_note("RW because it may change the internal representation of the key, and propagate to replicas")
        .says("Estimates how many different elements HyperLogLogs have seen together."),
    command("PFDEBUG subcommand key", pfdebug).grows().with(flag::ADMIN).since("2.8.9").cost("N/A")
        .keys(&[KeyAccess::READ_WRITE.and(KeyAccess::ACCESS)])
        .says("Shows and changes how a HyperLogLog is kept."),
    command("PFMERGE destkey sourcekey [sourcekey ...]", pfmerge).until("7.2.0").arity(-2)
        .grows().since("2.8.9").cost("O(N)").keys(&[KeyAccess::READ_WRITE.and(KeyAccess::ACCESS).and(KeyAccess::INSERT), KeyAccess::READS])
        .says("Adds all that some HyperLogLogs have seen to another."),
    command("PFMERGE destkey [sourcekey [sourcekey ...]]", pfmerge).from("7.2.0")
        .grows().since("2.8.9").cost("O(N)").keys(&[KeyAccess::READ_WRITE.and(KeyAccess::ACCESS).and(KeyAccess::INSERT), KeyAccess::READS])
        .says("Adds all that some HyperLogLogs have seen to another."),
    command("PFSELFTEST", pfselftest).with(flag::ADMIN).since("2.8.9").cost("N/A")
        .says("Tells that HyperLogLogs work, which the tests of this server have shown."),
];

impl From<Corrupted> for Error {
    fn from(Corrupted: Corrupted) -> Error {
        Error::HYPERLOGLOG_CORRUPTED
    }
}

/// Refuses a string that is no `HyperLogLog`.
fn encoding(text: &Text) -> Result<Encoding> {
    hll::encoding(&text.as_bytes()).ok_or(Error::NOT_A_HYPERLOGLOG)
}

/// How long a sparse one may become.
fn max_sparse_len(cx: &Ctx<'_>) -> usize {
    cx.node.config.size("hll-sparse-max-bytes")
}

fn pfadd(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (key, elements, max_sparse_len) = (args.bytes()?, args.all(), max_sparse_len(cx));
    let is_new = match cx.db.look::<Text>(key)? {
        Some(text) => encoding(text).map(|_| false)?,
        None => true,
    };
    let mut text = cx.db.edit_or_create::<Text>(key)?;
    let changed = text.change_and(|bytes| {
        if is_new {
            *bytes = hll::empty();
        }
        let mut changed = is_new;
        for element in elements {
            changed |= hll::add(bytes, element, max_sparse_len)?;
        }
        if changed {
            hll::forget_count(bytes);
        }
        Ok::<_, Corrupted>(changed)
    })?;
    if changed {
        text.changed("pfadd");
    }
    Ok(usize::from(changed).into())
}

fn pfcount(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let keys = args.all();
    if let [key] = keys { count_one(cx, key) } else { count_together(cx, keys) }
}

/// The count of one `HyperLogLog`, which is kept in it for the next time.
fn count_one(cx: &mut Ctx<'_>, key: &Bytes) -> Result<Reply> {
    let Some(text) = cx.db.read::<Text>(key)? else { return Ok(Reply::Int(0)) };
    encoding(text)?;
    let mut text = cx.db.edit_or_create::<Text>(key)?;
    let (count, is_new) = text.change_and(|bytes| {
        if let Some(count) = hll::cached_count(bytes) {
            return Ok((count, false));
        }
        let count = hll::count(bytes)?;
        hll::cache_count(bytes, count);
        Ok::<_, Corrupted>((count, true))
    })?;
    if is_new {
        text.changed_silently();
    }
    Ok(count.cast_signed().into())
}

fn count_together(cx: &mut Ctx<'_>, keys: &[Bytes]) -> Result<Reply> {
    let mut registers = [0; REGISTERS];
    for key in keys {
        if let Some(text) = cx.db.read::<Text>(key)? {
            encoding(text)?;
            hll::merge(&mut registers, &text.as_bytes())?;
        }
    }
    Ok(hll::count_of(&registers).cast_signed().into())
}

fn pfmerge(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (keys, max_sparse_len) = (args.all(), max_sparse_len(cx));
    let destination = keys.first().ok_or(Error::SYNTAX)?;
    let (mut registers, mut dense) = ([0; REGISTERS], false);
    for key in keys {
        if let Some(text) = cx.db.read::<Text>(key)? {
            dense |= encoding(text)? == Encoding::Dense;
            hll::merge(&mut registers, &text.as_bytes())?;
        }
    }
    let is_new = !cx.db.contains(destination);
    let mut text = cx.db.edit_or_create::<Text>(destination)?;
    text.change_and(|bytes| {
        if is_new {
            *bytes = hll::empty();
        }
        if dense {
            hll::make_dense(bytes)?;
        }
        for (register, value) in registers.into_iter().enumerate().filter(|(_, value)| *value > 0) {
            hll::raise(bytes, register, value, max_sparse_len)?;
        }
        hll::forget_count(bytes);
        Ok::<_, Corrupted>(())
    })?;
    text.changed("pfadd");
    Ok(Reply::OK)
}

fn pfdebug(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let (subcommand, key) = (args.bytes()?, args.bytes()?);
    let is = |name: &str| subcommand.eq_ignore_ascii_case(name.as_bytes());
    let knows_simd = cx.at_least(8, 0) || cx.node.persona.is_valkey_from(8, 1);
    if knows_simd && is("SIMD") {
        return Ok(simd(key));
    }
    let Some(mut text) = cx.db.edit::<Text>(key)? else { return Err(Error::NO_SUCH_HYPERLOGLOG) };
    let encoding = encoding(&text)?;
    text.change_and(|bytes| {
        if is("GETREG") {
            registers(bytes)
        } else if is("DECODE") {
            decoded(bytes, encoding)
        } else if is("ENCODING") {
            let dense = encoding == Encoding::Dense;
            Ok(Reply::status(if dense { "dense" } else { "sparse" }))
        } else if is("TODENSE") {
            hll::make_dense(bytes)?;
            Ok(usize::from(encoding == Encoding::Sparse).into())
        } else {
            Err(Error::unknown_pfdebug(subcommand))
        }
    })
}

/// Whether the vector instructions of the processor are used is a switch that changes nothing one sees.
fn simd(word: &Bytes) -> Reply {
    if word.eq_ignore_ascii_case(b"ON") {
        Reply::status("enabled")
    } else if word.eq_ignore_ascii_case(b"OFF") {
        Reply::status("disabled")
    } else {
        Reply::Many(vec![Reply::Error(Error::NEITHER_ON_NOR_OFF), Reply::status("enabled")])
    }
}

/// The registers of a `HyperLogLog`, which turns dense for it.
fn registers(bytes: &mut BytesMut) -> Result<Reply> {
    hll::make_dense(bytes)?;
    let mut registers = [0; REGISTERS];
    hll::merge(&mut registers, bytes)?;
    Ok(Reply::Array(registers.into_iter().map(|value| Reply::Int(value.into())).collect()))
}

/// The runs of a sparse `HyperLogLog`, in the notation of the real servers.
fn decoded(bytes: &[u8], encoding: Encoding) -> Result<Reply> {
    if encoding == Encoding::Dense {
        return Err(Error::HYPERLOGLOG_NOT_SPARSE);
    }
    let show = |run| match run {
        Run::Zeros(len) => format!("z:{len}"),
        Run::ManyZeros(len) => format!("Z:{len}"),
        Run::Values(value, len) => format!("v:{value},{len}"),
    };
    Ok(hll::runs(bytes).map(show).collect::<Vec<_>>().join(" ").into())
}

fn pfselftest(_: &mut Ctx<'_>, _: Args<'_>) -> Result<Reply> {
    Ok(Reply::OK)
}
