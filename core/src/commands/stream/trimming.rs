//! How XADD and XTRIM are told to trim.
use super::ids;
use crate::command::Args;
use crate::data::limits::Limits;
use crate::data::stream::{Keep, References, Trim};
use crate::engine::Ctx;
use crate::resp::{Error, Result};

/// The options of trimming, as far as they are read.
#[derive(Debug, Default)]
pub(super) struct Options {
    keep: Option<Keep>,
    whole_nodes: bool,
    limit: Option<usize>,
    references: References,
}

impl Options {
    /// Takes an option, if one stands there.
    pub(super) fn take(&mut self, cx: &Ctx<'_>, args: &mut Args<'_>) -> Result<bool> {
        let more = args.len() > 1;
        if more && args.word("MAXLEN") {
            self.start_keeping(args)?;
            let most = usize::try_from(args.int()?).map_err(|_| Error::MAXLEN_NEGATIVE)?;
            self.keep = Some(Keep::MaxLen(most));
        } else if more && args.word("MINID") {
            self.start_keeping(args)?;
            self.keep = Some(Keep::MinId(ids::id(args.bytes()?)?));
        } else if more && args.word("LIMIT") {
            let limit = usize::try_from(args.int()?).map_err(|_| Error::LIMIT_NEGATIVE)?;
            self.limit = Some(limit);
        } else if cx.at_least(8, 2) {
            let references = references(args);
            self.references = references.unwrap_or(self.references);
            return Ok(references.is_some());
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn start_keeping(&mut self, args: &mut Args<'_>) -> Result<()> {
        if self.keep.is_some() {
            return Err(Error::MAXLEN_AND_MINID);
        }
        self.whole_nodes = args.option_before("~");
        if !self.whole_nodes {
            args.option_before("=");
        }
        Ok(())
    }

    /// Whether they say nothing: a limit of zero is none.
    pub(super) fn say_nothing(&self) -> bool {
        self.keep.is_none() && self.limit.is_none_or(|limit| limit == 0)
    }

    /// What they come to, if they ask for any trimming.
    pub(super) fn trim(&self, cx: &Ctx<'_>) -> Result<Option<Trim>> {
        let Some(keep) = self.keep else {
            return match self.limit {
                None => Ok(None),
                Some(0) => Err(Error::LIMIT_WITHOUT_TILDE),
                Some(_) => Err(Error::LIMIT_WITHOUT_TRIM),
            };
        };
        let limit = match self.limit {
            // What the append only file says was limited when it was said first.
            Some(_) if cx.is_replaying() => None,
            Some(_) if !self.whole_nodes => return Err(Error::LIMIT_WITHOUT_TILDE),
            Some(limit) => (limit > 0).then_some(limit),
            None => self.whole_nodes.then(|| usual_limit(&cx.db.store.limits)),
        };
        let Options { whole_nodes, references, .. } = *self;
        Ok(Some(Trim { keep, whole_nodes, limit, references }))
    }
}

/// A hundred nodes, so that one command does not take too long.
fn usual_limit(limits: &Limits) -> usize {
    match limits.stream_node_max_entries.saturating_mul(100) {
        0 => 10_000,
        limit => limit.min(1_000_000),
    }
}

/// What is to become of references, if that stands there.
pub(super) fn references(args: &mut Args<'_>) -> Option<References> {
    let words = [
        ("KEEPREF", References::Keep),
        ("DELREF", References::Delete),
        ("ACKED", References::Acked),
    ];
    words.into_iter().find(|(word, _)| args.word(word)).map(|(_, references)| references)
}
