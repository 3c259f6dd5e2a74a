//! A row of the command table: what a command is, in the file of its family.
use super::docs::Note;
use super::keys::KeySpec;
use super::{Args, KeyAccess};
use crate::engine::Ctx;
use crate::persona::{Flavour, Persona, Version};
use crate::resp::{Reply, Result};

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
    pub(crate) const ASKING: u32 = 1 << 17;
    pub(crate) const NO_ASYNC_LOADING: u32 = 1 << 18;
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
    /// It takes more words than its usage line says.
    pub(crate) takes_more: bool,
    /// The versions of Redis this row is for, the second no more, where several rows tell of one command.
    pub(crate) from: Option<&'static str>,
    pub(crate) until: Option<&'static str>,
    /// The versions of Valkey this row is for, likewise.
    pub(crate) valkey_from: Option<&'static str>,
    pub(crate) valkey_until: Option<&'static str>,
    pub(crate) summary: &'static str,
    pub(crate) cost: &'static str,
    pub(crate) tips: &'static [&'static str],
    /// What COMMAND INFO notes of its key specs.
    pub(crate) key_note: Option<&'static str>,
    /// Its key specs, each with its note, where they cannot be seen in its usage line.
    pub(crate) own_keys: Option<&'static [(KeySpec, Option<&'static str>)]>,
    /// Flags that only Valkey gives it.
    pub(crate) valkey_flags: u32,
    /// Flags that only Valkey from 9.1 on gives it.
    pub(crate) valkey_9_flags: u32,
    /// Flags that only Redis before 7.2 gives it, and its tips there, if they are others.
    pub(crate) old_flags: u32,
    pub(crate) old_tips: Option<&'static [&'static str]>,
    /// What COMMAND DOCS says of its arguments where custom is not enough.
    pub(crate) notes: &'static [(&'static str, Note)],
    /// Its arity as COMMAND INFO shows it, where its usage line does not tell it.
    pub(crate) arity: Option<i64>,
    /// Its ACL categories, without the `@`, where they are not its group's.
    pub(crate) category: Option<&'static str>,
    /// The version that deprecated it, and what to use instead.
    pub(crate) deprecated: Option<(&'static str, &'static str)>,
    /// What it does to the keys of each of its key specs; the last stands for all that follow.
    pub(crate) accesses: &'static [KeyAccess],
    /// Its name is two words.
    pub(crate) is_subcommand: bool,
}

/// A command that answers at once.
pub(crate) const fn command(usage: &'static str, run: Run) -> Command {
    Command::new(usage, Handler::Run(run))
}

/// A command that may have to wait.
pub(crate) const fn waiting(usage: &'static str, attempt: Attempt) -> Command {
    Command::new(usage, Handler::Try(attempt)).with(flag::BLOCKING)
}

/// A command under a container: its name is two words.
pub(crate) const fn subcommand(usage: &'static str, run: Run) -> Command {
    let mut command = Command::new(usage, Handler::Run(run));
    command.is_subcommand = true;
    command
}

/// A command under a container that may have to wait.
pub(crate) const fn waiting_subcommand(usage: &'static str, attempt: Attempt) -> Command {
    let mut command = Command::new(usage, Handler::Try(attempt));
    command.is_subcommand = true;
    command
}

/// A command whose subcommands have rows of their own.
pub(crate) const fn container(usage: &'static str) -> Command {
    Command::new(usage, Handler::Container).arity(-2)
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
            takes_more: false,
            from: None,
            until: None,
            valkey_from: None,
            valkey_until: None,
            summary: "",
            cost: "O(1)",
            tips: &[],
            key_note: None,
            own_keys: None,
            valkey_flags: 0,
            valkey_9_flags: 0,
            old_flags: 0,
            old_tips: None,
            notes: &[],
            arity: None,
            category: None,
            deprecated: None,
            accesses: &[KeyAccess::LOOKS],
            is_subcommand: false,
        }
    }

    /// It reads its keys.
    pub(crate) const fn reads(self) -> Command {
        self.with(flag::READ_ONLY).keys(&[KeyAccess::READS])
    }

    /// It looks whether its keys are there, or how large they are, and reads nothing of them.
    pub(crate) const fn looks(self) -> Command {
        self.with(flag::READ_ONLY)
    }

    /// It writes its keys, and never makes the store larger.
    pub(crate) const fn writes(self) -> Command {
        self.with(flag::WRITE).keys(&[KeyAccess::UPDATES])
    }

    /// It writes its keys, and may make the store larger: refused when memory has run out.
    pub(crate) const fn grows(self) -> Command {
        self.with(flag::WRITE | flag::DENY_OOM).keys(&[KeyAccess::UPDATES])
    }

    /// What it does to the keys of each of its key specs, where the verb does not say it.
    pub(crate) const fn keys(mut self, accesses: &'static [KeyAccess]) -> Command {
        self.accesses = accesses;
        self
    }

    /// What its usage line names as other commands name their keys is none.
    pub(crate) const fn keyless(mut self) -> Command {
        self.own_keys = Some(&[]);
        self
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

    /// The row holds from the first version of Redis to before the second.
    pub(crate) const fn holds(mut self, from: &'static str, until: &'static str) -> Command {
        self.from = Some(from);
        self.until = Some(until);
        self
    }

    /// It takes more words than its usage line says, and ignores them.
    pub(crate) const fn takes_more(mut self) -> Command {
        self.takes_more = true;
        self
    }

    /// Another row is for the versions before this one.
    pub(crate) const fn from(mut self, version: &'static str) -> Command {
        self.from = Some(version);
        self
    }

    /// Another row is for this version and those after it.
    pub(crate) const fn until(mut self, version: &'static str) -> Command {
        self.until = Some(version);
        self
    }

    /// Another row is for Valkey before this version.
    pub(crate) const fn valkey_from(mut self, version: &'static str) -> Command {
        self.valkey_from = Some(version);
        self
    }

    /// Another row is for this version of Valkey and those after it.
    pub(crate) const fn valkey_until(mut self, version: &'static str) -> Command {
        self.valkey_until = Some(version);
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

    /// What COMMAND INFO notes of its key specs.
    pub(crate) const fn key_note(mut self, note: &'static str) -> Command {
        self.key_note = Some(note);
        self
    }

    /// Its key specs, each with its note, where they cannot be seen in its usage line.
    pub(crate) const fn own_keys(
        mut self,
        specs: &'static [(KeySpec, Option<&'static str>)],
    ) -> Command {
        self.own_keys = Some(specs);
        self
    }

    /// Flags that only Valkey gives it.
    pub(crate) const fn valkey_with(mut self, flags: u32) -> Command {
        self.valkey_flags |= flags;
        self
    }

    /// Flags that only Valkey from 9.1 on gives it.
    pub(crate) const fn valkey_9_with(mut self, flags: u32) -> Command {
        self.valkey_9_flags |= flags;
        self
    }

    /// Flags that only Redis before 7.2 gives it.
    pub(crate) const fn old_with(mut self, flags: u32) -> Command {
        self.old_flags |= flags;
        self
    }

    /// The tips that Redis before 7.2 gives.
    pub(crate) const fn old_tips(mut self, tips: &'static [&'static str]) -> Command {
        self.old_tips = Some(tips);
        self
    }

    /// What COMMAND DOCS says of its arguments where custom is not enough.
    pub(crate) const fn notes(mut self, notes: &'static [(&'static str, Note)]) -> Command {
        self.notes = notes;
        self
    }

    /// Its arity as COMMAND INFO shows it, where its usage line does not tell it.
    pub(crate) const fn arity(mut self, arity: i64) -> Command {
        self.arity = Some(arity);
        self
    }

    /// Its ACL categories, without the `@` and with spaces between, where they are not its group's.
    pub(crate) const fn acl(mut self, category: &'static str) -> Command {
        self.category = Some(category);
        self
    }

    pub(crate) const fn deprecated(
        mut self,
        since: &'static str,
        instead: &'static str,
    ) -> Command {
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

    pub(super) fn exists_in(&self, persona: Persona) -> bool {
        if self.only.is_some_and(|flavour| flavour != persona.flavour) {
            return false;
        }
        let redis = persona.redis_version();
        if self.from.is_some_and(|from| redis < Version::known(from))
            || self.until.is_some_and(|until| redis >= Version::known(until))
        {
            return false;
        }
        if persona.is_valkey()
            && (self.valkey_from.is_some_and(|from| persona.version < Version::known(from))
                || self.valkey_until.is_some_and(|until| persona.version >= Version::known(until)))
        {
            return false;
        }
        let since = match (persona.flavour, self.valkey_since) {
            (Flavour::Valkey, Some(since)) => return persona.version >= Version::known(since),
            _ => Version::known(self.since),
        };
        redis >= since
    }
}
