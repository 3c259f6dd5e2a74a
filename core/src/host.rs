//! What bindings to other languages need beside the interface for Rust: news of calls, the codec, globs.
use crate::double::{Call, Matcher};
use crate::error::Error;
use crate::glob;
use crate::resp::{Encoding, Protocol, Reply, encode, parse};
use crate::server::{FauxRedis, accepts};
use bytes::BytesMut;

pub use crate::resp::{Malformed, Parsed};

impl FauxRedis {
    /// The calls after the one of this number that match, once there are calls after it; and the number of the last
    /// one that was looked at. Nothing once the server has stopped and all was told.
    #[doc(hidden)]
    pub async fn news(&self, matcher: &Matcher, after: u64) -> Option<(Vec<Call>, u64)> {
        loop {
            let progress = self.shared.progress.notified();
            tokio::pin!(progress);
            // From here on no call is missed, so the calls are looked at after.
            progress.as_mut().enable();
            let calls = self.shared.look(|world| world.double.journal.after(after));
            if let Some(last) = calls.last().map(|call| call.seq) {
                let mut found = Vec::new();
                for call in calls {
                    if accepts(&self.shared, matcher, &call).await {
                        found.push(call);
                    }
                }
                return Some((found, last));
            }
            if self.is_stopped() {
                return None;
            }
            progress.await;
        }
    }

    /// The number of the last call so far.
    #[doc(hidden)]
    pub fn last_call(&self) -> u64 {
        self.shared.look(|world| world.double.journal.next_seq() - 1)
    }

    /// A matcher as this server's table reads it: a subcommand belongs to the command's name.
    ///
    /// # Errors
    /// It asks for an option or a group of commands that there is not.
    #[doc(hidden)]
    pub fn as_meant(&self, matcher: Matcher) -> Result<Matcher, Error> {
        self.resolved(matcher)
    }
}

/// A reply as it is sent.
pub fn encoded(reply: &Reply, protocol: Protocol) -> Vec<u8> {
    let mut out = BytesMut::new();
    encode(reply, Encoding { protocol, ..Encoding::default() }, &mut out);
    out.to_vec()
}

/// The reply that bytes begin with, as a client reads it.
pub fn decoded(bytes: &[u8]) -> Parsed {
    parse(bytes)
}

/// Whether KEYS would list a key of this name for the pattern.
pub fn glob_matches(pattern: &[u8], text: &[u8]) -> bool {
    // KEYS and SCAN take everything for a single star; held against an empty name it would match nothing.
    pattern == b"*" || glob::matches(pattern, text, glob::Case::Sensitive)
}
