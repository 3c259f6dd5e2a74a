//! How much a reply may hold over all of its streams: MAXCOUNT and MAXSIZE of XREAD and XREADGROUP, from Redis 8.10 on.
use crate::command::Args;
use crate::resp::{Encoding, Error, Reply, Result, encode};
use bytes::{Bytes, BytesMut};

/// What a request says about it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    entries: Option<usize>,
    bytes: Option<usize>,
}

impl Limits {
    /// Whether the next argument sets a limit, which is taken then.
    pub(super) fn parse(&mut self, args: &mut Args<'_>) -> Result<bool> {
        if args.option_before("MAXCOUNT") {
            self.entries = Some(positive(args, Error::MAXCOUNT_NOT_POSITIVE)?);
        } else if args.option_before("MAXSIZE") {
            self.bytes = Some(positive(args, Error::MAXSIZE_NOT_POSITIVE)?);
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// All streams together cannot have less than each of them; a count of zero sets no limit.
    pub(super) fn check(self, count: usize) -> Result<()> {
        match self.entries {
            Some(entries) if entries < count => Err(Error::MAXCOUNT_BELOW_COUNT),
            _ => Ok(()),
        }
    }

    /// The room in a reply that is still empty.
    pub(super) fn room(self, encoding: Encoding) -> Room {
        Room { limits: self, encoding, entries: 0, bytes: 0, heading: 0 }
    }
}

fn positive(args: &mut Args<'_>, error: Error) -> Result<usize> {
    let number = args.int_or(error.clone())?;
    usize::try_from(number).ok().filter(|number| *number > 0).ok_or(error)
}

/// A reply's limits, and what is in it already.
#[derive(Debug)]
pub(super) struct Room {
    limits: Limits,
    encoding: Encoding,
    entries: usize,
    bytes: usize,
    /// The size of a stream's name, of which nothing has come yet.
    heading: usize,
}

impl Room {
    /// Whether no other entry may come. One always may, whatever its size.
    pub(super) fn is_full(&self) -> bool {
        let reached = |limit: Option<usize>, used| limit.is_some_and(|limit| used >= limit);
        reached(self.limits.entries, self.entries)
            || (self.entries > 0 && reached(self.limits.bytes, self.bytes))
    }

    /// As many of the entries as there is room for. What comes behind is not asked for.
    pub(super) fn fill(&mut self, entries: impl IntoIterator<Item = Reply>) -> Vec<Reply> {
        let mut shown = Vec::new();
        let mut entries = entries.into_iter();
        while !self.is_full() {
            let Some(entry) = entries.next() else { break };
            self.add(&entry);
            shown.push(entry);
        }
        shown
    }

    /// An entry takes its place, and so does its stream's name if it is the first.
    pub(super) fn add(&mut self, entry: &Reply) {
        self.entries += 1;
        self.bytes += std::mem::take(&mut self.heading) + self.size(entry);
    }

    /// What comes next is of this stream.
    pub(super) fn begin(&mut self, key: &Bytes) {
        self.heading = self.size(&key.clone().into());
    }

    /// How long it is on the wire, if that is of any interest.
    fn size(&self, part: &Reply) -> usize {
        let mut written = BytesMut::new();
        if self.limits.bytes.is_some() {
            encode(part, self.encoding, &mut written);
        }
        written.len()
    }
}
