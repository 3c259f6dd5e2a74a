//! Waiting until something is so, by the system's time whatever the server's clock says.
use super::FauxRedis;
use crate::double::Client;
use crate::engine::World;
use crate::error::{Error, ErrorKind};
use crate::net::{Shared, within};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

impl FauxRedis {
    /// Returns once so many clients are blocked on a key, in whatever database; without a key, on any or on none.
    ///
    /// # Errors
    /// There were fewer in this time ([`ErrorKind::Timeout`]), which tells who is blocked on what; or the server stopped.
    pub async fn wait_until_blocked(
        &self,
        key: impl Into<Option<&str>>,
        n: usize,
        timeout: Duration,
    ) -> Result<(), Error> {
        let key = key.into().map(|key| Bytes::copy_from_slice(key.as_bytes()));
        self.wait_until_blocked_on(key, n, timeout).await
    }

    /// [`FauxRedis::wait_until_blocked`] on a key of any bytes, for bindings to other languages.
    #[doc(hidden)]
    pub async fn wait_until_blocked_on(
        &self,
        key: Option<Bytes>,
        n: usize,
        timeout: Duration,
    ) -> Result<(), Error> {
        let on = key.as_ref().map(|key| format!(" on {}", crate::double::matcher::quoted(key)));
        let what = format!("{} to be blocked{}", counted(n, "client"), on.unwrap_or_default());
        let look = move |world: &World| (world.blocked(key.as_ref()) >= n).then_some(());
        let vain = move |world: &World| told(&what, "nobody is blocked", &world.blocked_lines());
        self.shared.wait_until(timeout, look, vain).await
    }

    /// Returns once so many clients would hear what is published on a channel: because they are subscribed to it, or
    /// to a pattern that fits it. A pattern may also be named as it was subscribed to.
    ///
    /// # Errors
    /// There were fewer in this time ([`ErrorKind::Timeout`]), which tells which channels have whom; or the server
    /// stopped.
    pub async fn wait_for_subscribers(
        &self,
        channel: impl AsRef<[u8]>,
        n: usize,
        timeout: Duration,
    ) -> Result<(), Error> {
        let channel = Bytes::copy_from_slice(channel.as_ref());
        let what =
            format!("{} of {}", counted(n, "subscriber"), crate::double::matcher::quoted(&channel));
        let look = move |world: &World| (world.subscribers(&channel).len() >= n).then_some(());
        let vain =
            move |world: &World| told(&what, "nobody is subscribed", &world.subscribed_lines());
        self.shared.wait_until(timeout, look, vain).await
    }

    /// Returns once so many of these clients are connected; for 0, once none of them is any more.
    ///
    /// # Errors
    /// There were fewer in this time, or for 0 there were some ([`ErrorKind::Timeout`]), which tells who is connected; or
    /// the server stopped.
    pub async fn wait_for_connections(
        &self,
        n: usize,
        client: impl Into<Client>,
        timeout: Duration,
    ) -> Result<(), Error> {
        let client = client.into();
        let what = format!("{} of {client}", counted(n, "connection"));
        let look = move |world: &World| {
            let count = world.connected(&client);
            (if n == 0 { count == 0 } else { count >= n }).then_some(())
        };
        let vain =
            move |world: &World| told(&what, "nobody is connected", &world.connected_lines());
        self.shared.wait_until(timeout, look, vain).await
    }

    /// Returns once all is done: what was sent to the server before is carried out, no command is delayed, held, or
    /// waits for the test's own code, and every reply has been handed to the system. A command that is blocked is at
    /// rest.
    ///
    /// # Errors
    /// That was not so in this time ([`ErrorKind::Timeout`]), which tells what is still being worked on; or the server
    /// stopped.
    pub async fn wait_idle(&self, timeout: Duration) -> Result<(), Error> {
        let shared = Arc::clone(&self.shared);
        let idle = async move { shared.idle().await };
        let vain = |world: &World| {
            let mut lines = world.unfinished();
            if lines.is_empty() {
                lines.push("replies to clients that have left are not sent yet".into());
            }
            told("all to be done", "", &lines)
        };
        self.shared.in_time(timeout, idle, vain).await
    }
}

fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// What was waited for, and what there is instead.
fn told(what: &str, nothing: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return format!("{what}; {nothing}");
    }
    let lines: Vec<_> = lines.iter().map(|line| format!("\n    {line}")).collect();
    format!("{what}; what there is:{}", lines.concat())
}

impl Shared {
    /// Returns what is found in the world once it is there. `vain` says what was waited for, and what there is instead.
    pub(super) async fn wait_until<T: Send + 'static>(
        self: &Arc<Self>,
        timeout: Duration,
        look: impl Fn(&World) -> Option<T> + Send + Sync + 'static,
        vain: impl FnOnce(&World) -> String,
    ) -> Result<T, Error> {
        let shared = Arc::clone(self);
        let wait = async move { shared.found(|inner| look(&inner.world)).await };
        self.in_time(timeout, wait, vain).await
    }

    /// Runs a wait for this time, by the system's clock: the server's may stand.
    pub(super) async fn in_time<T: Send + 'static>(
        self: &Arc<Self>,
        timeout: Duration,
        wait: impl Future<Output = Result<T, Error>> + Send + 'static,
        vain: impl FnOnce(&World) -> String,
    ) -> Result<T, Error> {
        if let Some(found) = within(timeout, wait).await {
            return found;
        }
        let message = self.look(|world| format!("waited {timeout:?} for {}", vain(world)));
        Err(Error::new(ErrorKind::Timeout, message))
    }
}
