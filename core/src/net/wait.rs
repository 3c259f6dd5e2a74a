//! Waiting for something to be so: on the process's runtime, whatever runtime the test uses, and by the system's time.
use super::shared::Inner;
use super::{Shared, runtime};
use crate::error::{Error, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::task::JoinHandle;

/// A task that ends with who waits for it.
struct Attended<T>(JoinHandle<T>);

impl<T> Future for Attended<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        Pin::new(&mut self.0).poll(cx).map(Result::ok)
    }
}

impl<T> Drop for Attended<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs a future for no longer than this; nothing when it was not done by then.
pub(crate) async fn within<T: Send + 'static>(
    timeout: Duration,
    wait: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    let timed = async move { tokio::time::timeout(timeout, wait).await };
    Attended(runtime().spawn(timed)).await?.ok()
}

impl Shared {
    /// Returns what is found once it is there.
    ///
    /// # Errors
    /// The server has stopped.
    pub(crate) async fn found<T>(&self, look: impl Fn(&Inner) -> Option<T>) -> Result<T, Error> {
        loop {
            let progress = self.progress.notified();
            tokio::pin!(progress);
            // From here on nothing that happens is missed, so it is looked at after.
            progress.as_mut().enable();
            if let Some(found) = look(&self.lock()) {
                return Ok(found);
            }
            if self.is_stopped() {
                return Err(Error::new(ErrorKind::Stopped, "the server has stopped"));
            }
            progress.await;
        }
    }

    /// Returns once nothing is left to do.
    ///
    /// # Errors
    /// The server has stopped.
    pub(crate) async fn idle(&self) -> Result<(), Error> {
        let is_idle = |inner: &Inner| {
            (inner.leaving() == 0 && inner.world.unfinished().is_empty()).then_some(inner.told)
        };
        loop {
            let told = self.found(is_idle).await?;
            // What has been sent to this server by now is read and carried out first.
            for _ in 0..2 {
                tokio::task::yield_now().await;
            }
            if is_idle(&self.lock()) == Some(told) {
                return Ok(());
            }
        }
    }
}
