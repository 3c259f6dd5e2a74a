//! What the tasks of one server share.
use super::door::{Doors, DownMode};
use crate::clock::{Clock, Follower, Micros};
use crate::engine::{Ask, Asked, HostSays, SessionId, World};
use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// A server as its tasks and its handles see it.
#[derive(Debug)]
pub(crate) struct Shared {
    inner: Mutex<Inner>,
    pub(crate) clock: Clock,
    /// The timer must look at its deadline again.
    timer: Notify,
    /// Something was called or answered: whoever waits for that looks again.
    pub(crate) progress: Notify,
    stopped: AtomicBool,
    stop: Notify,
    /// The door was opened or closed: who accepts connections looks at it again.
    pub(super) door: Notify,
    /// A connection has ended.
    ended: Condvar,
    /// Tasks that hold a socket: one a connection, one that accepts them.
    holders: AtomicUsize,
    /// The process that started the server. A fork of it has the memory but not the tasks.
    process: u32,
}

/// No foreign code runs while this is locked, and nothing is awaited.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) world: World,
    pub(crate) doors: Doors,
    wakers: HashMap<SessionId, Arc<Notify>>,
    /// What the timer waits for.
    armed: Option<Micros>,
    /// How often something has happened.
    pub(super) told: u64,
}

/// How long the timer rests after it failed, so that one that goes on failing leaves others time.
const REST_AFTER_FAILURE: Duration = Duration::from_millis(100);

/// How long the test waits for connections to end that it has cut: it takes no time, unless the system is stuck.
const LONGEST_CUT: Duration = Duration::from_secs(5);

/// Counts a task as one that holds a socket, as long as it lives.
#[derive(Debug)]
pub(crate) struct Holder(Arc<Shared>);

impl Drop for Holder {
    fn drop(&mut self) {
        self.0.holders.fetch_sub(1, Ordering::SeqCst);
        self.0.progress.notify_waiters();
    }
}

/// A connection's place among those that are served, as long as its task lives.
#[derive(Debug)]
pub(crate) struct Registered {
    pub(crate) id: SessionId,
    pub(crate) waker: Arc<Notify>,
    holder: Holder,
}

impl Drop for Registered {
    fn drop(&mut self) {
        let shared = &self.holder.0;
        let mut inner = shared.lock();
        inner.wakers.remove(&self.id);
        shared.ended.notify_all();
        inner.world.disconnect(self.id);
        shared.tell(&mut inner, Vec::new());
    }
}

/// Asks the host, or does what is to be done outside.
async fn answer(ask: Ask) -> HostSays {
    match ask.what {
        Asked::Predicate(question) => HostSays::Matches(question.ask().await),
        Asked::Callback(callback, call) => HostSays::Answers(callback.ask(*call).await),
        Asked::Errand(errand) => HostSays::Reports(super::errand::run(errand).await),
    }
}

impl Follower for Shared {
    fn next_due(&self) -> Option<Micros> {
        self.lock().world.next_deadline()
    }

    fn catch_up(self: Arc<Self>) {
        if !self.is_stopped() {
            self.tick();
        }
    }
}

impl Inner {
    /// How many connections are still to be told something though their sessions have ended.
    pub(crate) fn leaving(&self) -> usize {
        self.wakers.keys().filter(|id| self.world.clients.get(**id).is_none()).count()
    }
}

impl Shared {
    pub(crate) fn new(world: World, clock: Clock) -> Shared {
        Shared {
            inner: Mutex::new(Inner {
                world,
                doors: Doors::default(),
                wakers: HashMap::new(),
                armed: None,
                told: 0,
            }),
            clock,
            timer: Notify::new(),
            progress: Notify::new(),
            stopped: AtomicBool::new(false),
            stop: Notify::new(),
            door: Notify::new(),
            ended: Condvar::new(),
            holders: AtomicUsize::new(0),
            process: std::process::id(),
        }
    }

    /// Looks at the world.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.lock().world)
    }

    /// Changes the world, and tells whoever must know.
    pub(crate) fn with<T>(self: &Arc<Self>, change: impl FnOnce(&mut World) -> T) -> T {
        let mut inner = self.lock();
        let result = change(&mut inner.world);
        self.tell(&mut inner, Vec::new());
        result
    }

    /// Lets the host do something to the world at this moment, and tells whoever must know.
    pub(crate) fn by_hand<T>(self: &Arc<Self>, act: impl FnOnce(&mut World) -> T) -> T {
        let mut inner = self.lock();
        let now = self.clock.micros();
        let mut asks = Vec::new();
        let done = inner.world.by_hand(now, &mut asks, act);
        self.tell(&mut inner, asks);
        done
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic inside the engine is caught where it happens; what is locked is whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the world at its present time, and lets it settle.
    pub(crate) fn act<T>(self: &Arc<Self>, act: impl FnOnce(&mut World, &mut Vec<Ask>) -> T) -> T {
        let mut inner = self.lock();
        let (result, asks) = inner.world.act(self.clock.micros(), act);
        self.tell(&mut inner, asks);
        result
    }

    /// Wakes the connections that have something to do, the timer, and those who wait for calls;
    /// puts questions to the host.
    pub(crate) fn tell(self: &Arc<Self>, inner: &mut Inner, asks: Vec<Ask>) {
        inner.told += 1;
        if inner.world.clients.has_touched() {
            for id in inner.world.clients.take_touched() {
                if let Some(waker) = inner.wakers.get(&id) {
                    waker.notify_one();
                }
            }
        }
        let next = inner.world.next_deadline();
        if next.is_some_and(|next| inner.armed.is_none_or(|armed| next < armed)) {
            inner.armed = next;
            self.timer.notify_one();
        }
        self.progress.notify_waiters();
        if inner.world.node.stopped {
            self.stop();
        }
        for ask in asks {
            self.ask(ask);
        }
    }

    /// Asks the host in a task of its own: however long it takes, nobody else waits for it.
    fn ask(self: &Arc<Self>, ask: Ask) {
        let shared = Arc::clone(self);
        super::runtime().spawn(async move {
            let (id, call) = (ask.id, ask.call);
            let says = tokio::select! {
                says = answer(ask) => says,
                () = shared.stopped() => return,
            };
            let mut inner = shared.lock();
            let now = shared.clock.micros();
            let asks = inner.world.drive(Some(id), |world| world.resume(now, id, call, says));
            shared.tell(&mut inner, asks.unwrap_or_default());
        });
    }

    /// Lets time do its work until the server stops.
    pub(crate) async fn keep_time(self: Arc<Self>) {
        loop {
            let deadline = {
                let mut inner = self.lock();
                inner.armed = inner.world.next_deadline();
                inner.armed
            };
            let due = async {
                match deadline {
                    Some(deadline) => self.clock.reach(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.stopped() => return,
                () = self.timer.notified() => {}
                () = due => {
                    if self.tick().is_none() {
                        tokio::time::sleep(REST_AFTER_FAILURE).await;
                    }
                }
                () = self.leap() => {}
            }
        }
    }

    /// Does what is due. Nothing, if that failed.
    fn tick(self: &Arc<Self>) -> Option<()> {
        let mut inner = self.lock();
        let now = self.clock.micros();
        let ticked = inner.world.drive(None, |world| world.tick(now));
        ticked.map(|asks| self.tell(&mut inner, asks))
    }

    /// Cuts all connections, and has nobody connect any more; the number under which the server goes up again.
    pub(crate) fn down(self: &Arc<Self>, mode: DownMode) -> io::Result<u64> {
        let mut inner = self.lock();
        let number = inner.doors.down(mode)?;
        let cut = inner.world.cut_all();
        self.tell(&mut inner, Vec::new());
        self.door.notify_waiters();
        self.wait_for_end(inner, &cut);
        Ok(number)
    }

    /// Changes the world, all connections of which are cut by that: those included that nobody has accepted yet.
    pub(crate) fn with_cut(self: &Arc<Self>, change: impl FnOnce(&mut World)) -> io::Result<()> {
        let mut inner = self.lock();
        let cut = inner.doors.cut();
        let ids = inner.world.clients.ids();
        change(&mut inner.world);
        self.tell(&mut inner, Vec::new());
        self.door.notify_waiters();
        self.wait_for_end(inner, &ids);
        cut
    }

    /// Has the world end connections, and returns how many once their peers have been told.
    pub(crate) fn kill(self: &Arc<Self>, kill: impl FnOnce(&mut World) -> Vec<SessionId>) -> usize {
        let mut inner = self.lock();
        let ids = kill(&mut inner.world);
        self.tell(&mut inner, Vec::new());
        self.wait_for_end(inner, &ids);
        ids.len()
    }

    /// Waits until the sockets of these sessions, which have ended, are closed: what a client sees next does not depend
    /// on who is faster.
    fn wait_for_end(&self, inner: MutexGuard<'_, Inner>, ids: &[SessionId]) {
        if super::runtime::is_here() || !self.is_at_home() {
            return;
        }
        let lives = |inner: &mut Inner| ids.iter().any(|id| inner.wakers.contains_key(id));
        let waited = self.ended.wait_timeout_while(inner, LONGEST_CUT, lives);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Lets clients connect again, unless somebody else has the server down; without a number, whoever has.
    pub(crate) fn up(self: &Arc<Self>, number: Option<u64>) -> io::Result<()> {
        let up = self.lock().doors.up(number);
        self.door.notify_waiters();
        up
    }

    pub(crate) fn register(self: &Arc<Self>, inner: &mut Inner, id: SessionId) -> Registered {
        let waker = Arc::new(Notify::new());
        inner.wakers.insert(id, Arc::clone(&waker));
        inner.told += 1;
        self.progress.notify_waiters();
        Registered { id, waker, holder: self.hold() }
    }

    /// A task holds a socket as long as it holds this.
    pub(crate) fn hold(self: &Arc<Self>) -> Holder {
        self.holders.fetch_add(1, Ordering::SeqCst);
        Holder(Arc::clone(self))
    }

    /// Returns once no connection is left, and nobody can connect.
    pub(crate) async fn all_ended(&self) {
        loop {
            let progress = self.progress.notified();
            tokio::pin!(progress);
            progress.as_mut().enable();
            if self.holders.load(Ordering::SeqCst) == 0 {
                return;
            }
            progress.await;
        }
    }

    /// Whether this process runs the server's tasks. A fork of it must leave them alone.
    pub(crate) fn is_at_home(&self) -> bool {
        self.process == std::process::id()
    }

    /// Stops every task of the server.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.stop.notify_waiters();
        self.progress.notify_waiters();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Returns once the server is stopped.
    pub(crate) async fn stopped(&self) {
        loop {
            let stop = self.stop.notified();
            tokio::pin!(stop);
            // From here on a stop is not missed, so the flag is looked at after.
            stop.as_mut().enable();
            if self.is_stopped() {
                return;
            }
            stop.await;
        }
    }
}
