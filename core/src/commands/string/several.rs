//! Several strings set at once, with one lifetime.
use super::super::lifetime::{self, Lifetime};
use crate::command::{Args, Command, KeyAccess, command};
use crate::data::text::Text;
use crate::engine::Ctx;
use crate::resp::{Error, Reply, Result};
use crate::store::Kind as _;

#[rustfmt::skip]
pub(in super::super) const COMMANDS: &[Command] = &[
    command("MSETEX numkeys key value [key value ...] [NX|XX] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL]", msetex)
        .grows().since("8.4.0").valkey("9.1.0").cost("O(N)").keys(&[KeyAccess::STORES])
        .tips(&["request_policy:multi_shard", "response_policy:all_succeeded"])
        .says("Sets the strings of several keys at once, under conditions and with a lifetime if asked."),
];

#[derive(Clone, Copy, Debug, Default)]
struct Options<'a> {
    /// All keys must be there, or none of them.
    present: Option<bool>,
    keep_ttl: bool,
    lifetime: Option<Lifetime<'a>>,
}

impl<'a> Options<'a> {
    fn parse(mut args: Args<'a>) -> Result<Options<'a>> {
        let mut options = Options::default();
        while !args.is_empty() {
            if args.word("NX") {
                options.require(false)?;
            } else if args.word("XX") {
                options.require(true)?;
            } else if options.lifetime.is_none() && args.word("KEEPTTL") {
                options.keep_ttl = true;
            } else if !options.keep_ttl
                && let Some(lifetime) = Lifetime::option(&mut args)
            {
                options.lifetime = Some(lifetime.instead_of(options.lifetime)?);
            } else {
                return Err(Error::SYNTAX);
            }
        }
        Ok(options)
    }

    fn require(&mut self, wanted: bool) -> Result<()> {
        let before = self.present.replace(wanted);
        if before.is_none_or(|before| before == wanted) { Ok(()) } else { Err(Error::SYNTAX) }
    }
}

fn msetex(cx: &mut Ctx<'_>, mut args: Args<'_>) -> Result<Reply> {
    let count = args.int_or(Error::NUMKEYS_INVALID)?;
    let count = i32::try_from(count).ok().filter(|count| *count > 0);
    let count = count.ok_or(Error::NUMKEYS_INVALID)?;
    let words = usize::try_from(count).ok().and_then(|count| count.checked_mul(2));
    let (pairs, _) = args.take(words.ok_or(Error::NUMKEYS_INVALID)?)?.as_chunks::<2>();
    let options = Options::parse(args)?;
    let ends = options.lifetime.map(|l| l.ends_at_ms(cx.now_ms(), &cx.entry.name)).transpose()?;
    let is_met = |wanted| pairs.iter().all(|[key, _]| cx.db.contains(key) == wanted);
    if !options.present.is_none_or(is_met) {
        return Ok(Reply::Int(0));
    }
    for [key, value] in pairs {
        let kept = if options.keep_ttl { cx.db.expires_at_ms(key) } else { None };
        cx.db.put(key, Text::from(value.clone()).wrap(), ends.or(kept), "set");
        if ends.is_some() {
            cx.db.changed(key, "expire");
        }
    }
    if let Some(ends) = ends {
        let options = 2 + 2 * pairs.len();
        cx.propagate_rewritten(|words| lifetime::ending_at(words, options, ends));
    }
    Ok(Reply::Int(1))
}
