//! The condition a server is in: what a test puts it into, for as long as it likes.
use super::FauxRedis;
use crate::double::Condition;
use crate::double::condition::ConditionId;
use crate::net::Shared;
use std::fmt;
use std::sync::Arc;

/// Puts a server into conditions in which a real one refuses commands or connections. Each is in force until what
/// comes back is dropped, or the server is reset. Several may be in force at once; what is refused by more than one is
/// refused as a real server refuses it.
///
/// What is refused, and in which words, is what the played version refuses: by the flags of its commands, and inside
/// MULTI too, which EXEC then discards. Stubs answer before that, as they see every request first.
#[derive(Clone, Copy, Debug)]
pub struct State<'a>(&'a Arc<Shared>);

/// A condition a server is in as long as this lives.
#[derive(Debug)]
#[must_use = "the condition ends once this is dropped"]
pub struct InState {
    shared: Arc<Shared>,
    id: ConditionId,
    lasts: bool,
}

impl FauxRedis {
    /// The condition the server is in.
    ///
    /// ```
    /// # faux_redis::block_on(async {
    /// use faux_redis::FauxRedis;
    ///
    /// let redis = FauxRedis::start().await?;
    /// {
    ///     let _replica = redis.state().readonly();
    ///     assert_eq!(redis.state().in_force(), ["readonly"]);
    /// }
    /// assert!(redis.state().in_force().is_empty());
    /// # Ok::<(), faux_redis::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn state(&self) -> State<'_> {
        State(&self.shared)
    }
}

impl State<'_> {
    /// It loads its data: `LOADING`, for all but what is carried out then too. INFO tells of it.
    pub fn loading(self) -> InState {
        self.enter(Condition::Loading)
    }

    /// It is a replica, and takes no writes: `READONLY`.
    pub fn readonly(self) -> InState {
        self.enter(Condition::ReadOnly)
    }

    /// Its memory has run out: `OOM`, for what may need more.
    pub fn oom(self) -> InState {
        self.enter(Condition::Oom)
    }

    /// It could not save its data to disk: `MISCONF`, for writes and PING.
    pub fn misconf(self) -> InState {
        self.enter(Condition::Misconf)
    }

    /// A script runs that does not end: `BUSY`, for all but what may end it.
    pub fn busy(self) -> InState {
        self.enter(Condition::Busy)
    }

    /// It is a replica that has lost its master: `MASTERDOWN`, for what would tell of old data.
    pub fn masterdown(self) -> InState {
        self.enter(Condition::MasterDown)
    }

    /// Too few replicas would get what is written: `NOREPLICAS`, for writes.
    pub fn noreplicas(self) -> InState {
        self.enter(Condition::NoReplicas)
    }

    /// Its cluster is down: `CLUSTERDOWN`, for what names keys.
    pub fn clusterdown(self) -> InState {
        self.enter(Condition::ClusterDown)
    }

    /// It has as many clients as it takes: who connects is told so, and turned away.
    pub fn maxclients(self) -> InState {
        self.enter(Condition::MaxClients)
    }

    /// Its password is one that no client has said, whatever was said before: `NOAUTH`, and `WRONGPASS` to AUTH.
    pub fn noauth(self) -> InState {
        self.enter(Condition::NoAuth)
    }

    /// It is in protected mode, and takes who connects as coming from elsewhere: `DENIED`, and the connection is closed.
    pub fn protected(self) -> InState {
        self.enter(Condition::Protected)
    }

    /// Any of these conditions.
    pub fn enter(self, condition: Condition) -> InState {
        let id = self.0.with(|world| world.node.conditions.set(condition));
        InState { shared: Arc::clone(self.0), id, lasts: false }
    }

    /// What is in force, in the order in which it was set: `readonly`, or `readonly 'failover'` if it has a name.
    pub fn in_force(self) -> Vec<String> {
        self.0.look(|world| world.node.conditions.titles())
    }
}

impl InState {
    /// The name it has in messages.
    pub fn named(self, name: impl Into<String>) -> InState {
        let name = name.into();
        self.shared.with(|world| world.node.conditions.name(self.id, name));
        self
    }

    /// It stays in force until the server is reset, or [`InState::end`] is called.
    pub fn lasting(mut self) -> InState {
        self.lasts = true;
        self
    }

    /// Whether it is in force.
    pub fn is_in_force(&self) -> bool {
        self.shared.look(|world| world.node.conditions.title(self.id).is_some())
    }

    /// Ends it. False if it had ended before.
    pub fn end(&self) -> bool {
        self.shared.is_at_home() && self.shared.with(|world| world.node.conditions.end(self.id))
    }
}

impl Drop for InState {
    fn drop(&mut self) {
        if !self.lasts {
            self.end();
        }
    }
}

impl fmt::Display for InState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = self.shared.look(|world| world.node.conditions.title(self.id));
        f.write_str(title.as_deref().unwrap_or("condition (ended)"))
    }
}
