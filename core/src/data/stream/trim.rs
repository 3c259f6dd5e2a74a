//! Trimming a stream from its head.
use super::{References, Stream, StreamId};

/// What a stream is trimmed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    MaxLen(usize),
    MinId(StreamId),
}

/// How a stream is trimmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trim {
    pub(crate) keep: Keep,
    /// Only whole nodes go.
    pub(crate) whole_nodes: bool,
    /// No more entries than these go; none sets no limit.
    pub(crate) limit: Option<usize>,
    pub(crate) references: References,
}

impl Stream {
    /// Trims, in time that grows with what goes; how many entries went.
    pub(crate) fn trim(&mut self, trim: &Trim) -> usize {
        let len = self.log.len();
        let mut start = StreamId::MIN;
        while let Some((_, node)) = self.log.nodes.range(start..).next() {
            let (first, last, live) = (node.first, node.last, node.live);
            let gone = len - self.log.len();
            let whole = match trim.keep {
                Keep::MaxLen(max) if self.log.len() <= max => break,
                Keep::MaxLen(max) => self.log.len() - live >= max,
                Keep::MinId(id) => last < id,
            };
            let too_many = trim.limit.is_some_and(|limit| gone + live > limit);
            if too_many || (trim.whole_nodes && !whole) {
                break;
            }
            if self.trim_node(first, last, whole, trim) {
                break;
            }
            let Some(next) = last.next() else { break };
            start = next;
        }
        len - self.log.len()
    }

    /// Trims the entries of a node, which goes as a whole or stays, though all of its entries may go: then the last that
    /// it ever had, deleted before, is one to be kept. Whether what is kept was reached.
    fn trim_node(&mut self, first: StreamId, last: StreamId, whole: bool, trim: &Trim) -> bool {
        let mut start = first;
        loop {
            let Some((id, _)) = self.log.range(start, last).next() else { return false };
            let reached = match trim.keep {
                Keep::MaxLen(max) => self.log.len() <= max,
                Keep::MinId(min) => id >= min,
            };
            if reached {
                return true;
            }
            if trim.references != References::Acked || !self.is_referenced(id) {
                if whole {
                    self.log.remove(id)
                } else {
                    self.log.strike(id)
                };
            }
            if trim.references == References::Delete {
                self.forget(id);
            }
            let Some(next) = id.next() else { return false };
            start = next;
        }
    }
}
