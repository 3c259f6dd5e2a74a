//! The command table: one row a command, in the file of its family.
use super::Args;
use crate::commands;
use crate::engine::Ctx;
use crate::persona::{Flavour, Persona, Version};
use crate::resp::{Error, Reply, Result};
use bytes::Bytes;
use once_cell::sync::Lazy;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Carries out a command at once.
pub(crate) type Run = fn(&mut Ctx<'_>, Args<'_>) -> Result<Reply>;
/// Carries out a command that may have to wait: `None` says "not yet".
pub(crate) type Attempt = fn(&mut Ctx<'_>, Args<'_>) -> Result<Option<Reply>>;

/// How a command is carried out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Handler {
    /// A command whose subcommands have rows of their own.
    Container,
    /// The engine runs what a transaction queued: it alone can decide the rules for each command.
    Exec,
    Run(Run),
    Try(Attempt),
}

/// The flags of a command, as COMMAND INFO names them.
pub(crate) mod flag {
    pub(crate) const ADMIN: u32 = 1;
    pub(crate) const ALLOW_BUSY: u32 = 1 << 1;
    pub(crate) const BLOCKING: u32 = 1 << 2;
    pub(crate) const DENY_OOM: u32 = 1 << 3;
    pub(crate) const FAST: u32 = 1 << 4;
    pub(crate) const LOADING: u32 = 1 << 5;
    pub(crate) const NO_AUTH: u32 = 1 << 6;
    pub(crate) const NO_MULTI: u32 = 1 << 7;
    pub(crate) const NO_SCRIPT: u32 = 1 << 8;
    pub(crate) const PUBSUB: u32 = 1 << 9;
    pub(crate) const READ_ONLY: u32 = 1 << 10;
    pub(crate) const SKIP_MONITOR: u32 = 1 << 11;
    pub(crate) const SKIP_SLOWLOG: u32 = 1 << 12;
    pub(crate) const STALE: u32 = 1 << 13;
    pub(crate) const WRITE: u32 = 1 << 14;
    /// Not shown: in the category `@dangerous` without being `admin`.
    pub(crate) const DANGEROUS: u32 = 1 << 15;
    /// Not shown: carried out at once inside MULTI instead of being queued.
    pub(crate) const NOT_QUEUED: u32 = 1 << 16;
}

/// One row of the table. Arity, key positions and COMMAND DOCS follow from `usage`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Command {
    pub(crate) usage: &'static str,
    pub(crate) handler: Handler,
    pub(crate) flags: u32,
    pub(crate) since: &'static str,
    /// The first version of Valkey that has it, where Redis had it only after the two parted.
    pub(crate) valkey_since: Option<&'static str>,
    /// The one server that has it, if the other does not.
    pub(crate) only: Option<Flavour>,
    pub(crate) summary: &'static str,
    pub(crate) cost: &'static str,
    pub(crate) tips: &'static [&'static str],
    /// The version that deprecated it, and what to use instead.
    pub(crate) deprecated: Option<(&'static str, &'static str)>,
}

/// A command that answers at once.
pub(crate) const fn command(usage: &'static str, run: Run) -> Command {
    Command::new(usage, Handler::Run(run))
}

/// A command that may have to wait.
pub(crate) const fn waiting(usage: &'static str, attempt: Attempt) -> Command {
    Command::new(usage, Handler::Try(attempt)).with(flag::BLOCKING)
}

/// A command whose subcommands have rows of their own.
pub(crate) const fn container(usage: &'static str) -> Command {
    Command::new(usage, Handler::Container)
}

impl Command {
    pub(crate) const fn new(usage: &'static str, handler: Handler) -> Command {
        Command {
            usage,
            handler,
            flags: 0,
            since: "1.0.0",
            valkey_since: None,
            only: None,
            summary: "",
            cost: "O(1)",
            tips: &[],
            deprecated: None,
        }
    }

    /// It reads its keys.
    pub(crate) const fn reads(self) -> Command {
        self.with(flag::READ_ONLY)
    }

    /// It writes its keys, and never makes the store larger.
    pub(crate) const fn writes(self) -> Command {
        self.with(flag::WRITE)
    }

    /// It writes its keys, and may make the store larger: refused when memory has run out.
    pub(crate) const fn grows(self) -> Command {
        self.with(flag::WRITE | flag::DENY_OOM)
    }

    pub(crate) const fn fast(self) -> Command {
        self.with(flag::FAST)
    }

    /// It is carried out also while the server loads and while its data is stale.
    pub(crate) const fn always(self) -> Command {
        self.with(flag::LOADING | flag::STALE)
    }

    pub(crate) const fn with(mut self, flags: u32) -> Command {
        self.flags |= flags;
        self
    }

    pub(crate) const fn since(mut self, version: &'static str) -> Command {
        self.since = version;
        self
    }

    pub(crate) const fn valkey(mut self, since: &'static str) -> Command {
        self.valkey_since = Some(since);
        self
    }

    pub(crate) const fn only(mut self, flavour: Flavour) -> Command {
        self.only = Some(flavour);
        self
    }

    /// How its time grows, in the notation of the documentation.
    pub(crate) const fn cost(mut self, cost: &'static str) -> Command {
        self.cost = cost;
        self
    }

    pub(crate) const fn tips(mut self, tips: &'static [&'static str]) -> Command {
        self.tips = tips;
        self
    }

    pub(crate) const fn deprecated(mut self, since: &'static str, instead: &'static str) -> Command {
        self.deprecated = Some((since, instead));
        self
    }

    pub(crate) const fn says(mut self, summary: &'static str) -> Command {
        self.summary = summary;
        self
    }

    pub(crate) const fn is(&self, flags: u32) -> bool {
        self.flags & flags != 0
    }

    fn exists_in(&self, persona: Persona) -> bool {
        if self.only.is_some_and(|flavour| flavour != persona.flavour) {
            return false;
        }
        let since = match (persona.flavour, self.valkey_since) {
            (Flavour::Valkey, Some(since)) => return persona.version >= Version::known(since),
            _ => Version::known(self.since),
        };
        persona.redis_version() >= since
    }
}

/// The commands of one group, in the words of COMMAND DOCS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family {
    pub(crate) group: &'static str,
    pub(crate) commands: &'static [Command],
}
