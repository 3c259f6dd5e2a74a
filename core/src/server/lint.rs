//! Lint: how the server was used.
use super::FauxRedis;
use crate::double::{Failure, Finding, Lint};
use crate::engine::World;
use crate::net::runtime;
use std::sync::mpsc;
use std::time::Duration;

/// How often the server's thread gets its turn, so that what clients have sent or closed is seen.
const TURNS: usize = 16;

/// The server's thread gets its turns sooner, unless something is wrong with it.
const PATIENCE: Duration = Duration::from_secs(10);

impl FauxRedis {
    /// What is likely to hurt in the way the server was used so far, whether that fails verification or not.
    pub fn lint(&self, lint: &Lint) -> Vec<Finding> {
        self.catch_up();
        self.shared.with(|world| world.lint(lint))
    }

    /// What the lint finds that the server was started with.
    pub fn findings(&self) -> Vec<Finding> {
        let lint = self.shared.look(|world| world.double.lint.clone());
        lint.map(|lint| self.lint(&lint)).unwrap_or_default()
    }

    pub(super) fn lint_failures(&self) -> Vec<Failure> {
        if self.shared.look(|world| world.double.lint.is_none()) {
            return Vec::new();
        }
        self.catch_up();
        self.shared.with(World::lint_failures)
    }

    /// Returns when the server has seen what its clients did before, such as closing their connections.
    fn catch_up(&self) {
        if !self.shared.is_at_home() || self.shared.is_stopped() {
            return;
        }
        let (done, is_done) = mpsc::channel();
        runtime().spawn(async move {
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
            // Nobody waits any more if this took too long.
            let _ = done.send(());
        });
        let _ = is_done.recv_timeout(PATIENCE);
    }
}
