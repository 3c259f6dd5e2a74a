//! What was called: the journal, and waiting for calls.
use super::FauxRedis;
use crate::double::{Call, Format, Matcher};
use crate::error::{Error, ErrorKind};
use crate::net::{Shared, runtime, within};
use crate::transcript;
use std::sync::Arc;
use std::time::Duration;

impl FauxRedis {
    /// All calls that are remembered, the oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.look(|world| world.double.journal.calls().cloned().collect())
    }

    /// The calls that match, the oldest first. Predicates are asked.
    ///
    /// # Panics
    /// The matcher asks for an option or a group of commands that the server does not have.
    pub async fn calls_of(&self, matcher: impl Into<Matcher>) -> Vec<Call> {
        let matcher = self.folded(matcher.into());
        let shared = Arc::clone(&self.shared);
        let calls = runtime().spawn(async move { calls_of(&shared, &matcher).await });
        calls.await.unwrap_or_default()
    }

    /// How many calls the journal has dropped because it was full.
    pub fn dropped_calls(&self) -> u64 {
        self.shared.look(|world| world.double.journal.dropped().calls)
    }

    /// About how many bytes of arguments and replies went with them.
    pub fn dropped_bytes(&self) -> u64 {
        self.shared.look(|world| world.double.journal.dropped().bytes)
    }

    /// Calls that no rule answered, but for the handshake of connections.
    pub fn unmatched(&self) -> Vec<Call> {
        self.shared.look(|world| world.double.unmatched().into_iter().cloned().collect())
    }

    /// Stubs that no call has used, as text.
    pub fn unused(&self) -> Vec<String> {
        self.shared.look(|world| world.double.unused().iter().map(|rule| rule.title()).collect())
    }

    /// Returns the first call that matches, once there is one; a call that was made before counts.
    ///
    /// # Errors
    /// There was none in this time ([`ErrorKind::Timeout`]), the server stopped, or the matcher asks for an option that
    /// the command does not have ([`ErrorKind::Option`]).
    pub async fn wait_for(
        &self,
        matcher: impl Into<Matcher>,
        timeout: Duration,
    ) -> Result<Call, Error> {
        Ok(self.wait_for_times(matcher, 1, timeout).await?.remove(0))
    }

    /// Returns the calls that match, once there are `times` of them.
    ///
    /// # Errors
    /// There were fewer in this time ([`ErrorKind::Timeout`]), or the server stopped; `times` is 0
    /// ([`ErrorKind::Option`]).
    pub async fn wait_for_times(
        &self,
        matcher: impl Into<Matcher>,
        times: usize,
        timeout: Duration,
    ) -> Result<Vec<Call>, Error> {
        let matcher = self.resolved(matcher.into())?;
        if times == 0 {
            let message =
                "'times' takes 1 or more; what did not come is said by verify_called(..., 0)";
            return Err(Error::new(ErrorKind::Option, message));
        }
        let wait = wait_for_calls(Arc::clone(&self.shared), matcher.clone(), times);
        match within(timeout, wait).await {
            Some(Ok(found)) => {
                let seqs: Vec<_> = found.iter().map(|call| call.seq).collect();
                self.shared.with(|world| {
                    seqs.into_iter().for_each(|seq| world.double.journal.assert(seq));
                });
                Ok(found)
            }
            Some(Err(error)) => Err(error),
            None => Err(self.waited_in_vain(&matcher, times, timeout)),
        }
    }

    fn waited_in_vain(&self, matcher: &Matcher, times: usize, timeout: Duration) -> Error {
        let seen = self.shared.look(|world| world.double.seen_instead(matcher, times > 1));
        let message = format!("waited {timeout:?} for {matcher} ({times}x), in vain{seen}");
        Error::new(ErrorKind::Timeout, message)
    }

    /// What happened, in order, as text to read: a lane for each connection, and of each call its time, the rule that
    /// answered, the reply, and what was done to it.
    pub fn transcript(&self) -> String {
        self.shared.look(|world| transcript::of(&world.double))
    }

    /// All calls that are remembered, for other programs to read.
    pub fn export(&self, format: Format) -> String {
        self.shared.look(|world| match format {
            Format::Text => transcript::of(&world.double),
            Format::JsonLines => world.double.json_lines(),
            Format::Monitor => world.double.monitor(world.node.persona),
        })
    }
}

async fn calls_of(shared: &Arc<Shared>, matcher: &Matcher) -> Vec<Call> {
    let calls = shared.look(|world| world.double.calls(matcher));
    let mut found = Vec::new();
    for call in calls {
        if accepts(shared, matcher, &call).await {
            found.push(call);
        }
    }
    found
}

/// Whether a matcher accepts a call. A predicate that fails does not, and verification tells of it.
pub(crate) async fn accepts(shared: &Arc<Shared>, matcher: &Matcher, call: &Call) -> bool {
    matcher.accepts(call).await.unwrap_or_else(|error| {
        shared.with(|world| world.double.predicate_failed(call.seq, error));
        false
    })
}

async fn wait_for_calls(
    shared: Arc<Shared>,
    matcher: Matcher,
    times: usize,
) -> Result<Vec<Call>, Error> {
    loop {
        let progress = shared.progress.notified();
        tokio::pin!(progress);
        // From here on no call is missed, so the calls are looked at after.
        progress.as_mut().enable();
        let found = calls_of(&shared, &matcher).await;
        if found.len() >= times {
            return Ok(found);
        }
        if shared.is_stopped() {
            return Err(Error::new(ErrorKind::Stopped, "the server has stopped"));
        }
        progress.await;
    }
}
