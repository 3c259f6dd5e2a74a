//! Time that leaps by itself: to the next deadline, once nothing is left to do before it.
use super::Shared;
use crate::clock::{Micros, Pace};
use std::sync::Arc;

impl Shared {
    /// Lets time leap once, if it is a time that does, and everybody waits. It returns when it has.
    pub(super) async fn leap(self: &Arc<Self>) {
        loop {
            let (progress, moved) = (self.progress.notified(), self.clock.moved());
            tokio::pin!(progress, moved);
            // From here on nothing that happens is missed, so all is looked at after.
            progress.as_mut().enable();
            moved.as_mut().enable();
            if let Some((told, _)) = self.next_leap() {
                // What has been sent to this server by now is read and carried out first.
                for _ in 0..2 {
                    tokio::task::yield_now().await;
                }
                if let Some((_, at)) = self.next_leap().filter(|(now, _)| *now == told) {
                    let _late = self.clock.move_to(|now| at.max(now));
                    return;
                }
                continue;
            }
            // Time that goes otherwise leaps no earlier than it is made to go so.
            let leaps = self.clock.pace() == Pace::Leaps;
            tokio::select! {
                () = progress, if leaps => {}
                () = moved => {}
            }
        }
    }

    /// Where time leaps to now, if it does, and how much has happened so far.
    fn next_leap(&self) -> Option<(u64, Micros)> {
        if self.clock.pace() != Pace::Leaps {
            return None;
        }
        let inner = self.lock();
        let waking = self.clock.next_waking();
        let waits = inner.world.all_wait(waking.is_some());
        let at = inner.world.next_patience().into_iter().chain(waking).min();
        at.filter(|_| waits).map(|at| (inner.told, at))
    }
}
