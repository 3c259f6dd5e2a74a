//! Flags and ACL categories by their names, as COMMAND INFO and COMMAND LIST tell them.
use super::keys::KeyRange;
use super::{Entry, Handler, flag};
use crate::persona::Persona;

/// Flags in the order in which the servers list them.
const FLAGS: [(u32, &str); 17] = [
    (flag::WRITE, "write"),
    (flag::READ_ONLY, "readonly"),
    (flag::DENY_OOM, "denyoom"),
    (flag::ADMIN, "admin"),
    (flag::PUBSUB, "pubsub"),
    (flag::NO_SCRIPT, "noscript"),
    (flag::BLOCKING, "blocking"),
    (flag::LOADING, "loading"),
    (flag::STALE, "stale"),
    (flag::SKIP_MONITOR, "skip_monitor"),
    (flag::SKIP_SLOWLOG, "skip_slowlog"),
    (flag::ASKING, "asking"),
    (flag::FAST, "fast"),
    (flag::NO_AUTH, "no_auth"),
    (flag::NO_ASYNC_LOADING, "no_async_loading"),
    (flag::NO_MULTI, "no_multi"),
    (flag::ALLOW_BUSY, "allow_busy"),
];

/// Categories in the order in which the servers list them.
const CATEGORIES: [&str; 22] = [
    "keyspace",
    "read",
    "write",
    "set",
    "sortedset",
    "list",
    "hash",
    "string",
    "bitmap",
    "hyperloglog",
    "geo",
    "stream",
    "pubsub",
    "admin",
    "fast",
    "slow",
    "blocking",
    "dangerous",
    "connection",
    "transaction",
    "scripting",
    "array",
];

/// The names of all ACL categories, without the `@`.
pub(crate) fn category_names() -> &'static [&'static str] {
    &CATEGORIES
}

/// The names of all flags, as a persona tells them.
pub(crate) fn flag_names(persona: Persona) -> Vec<&'static str> {
    let named = FLAGS.iter().map(|(flag, name)| name_of(*flag, name, persona));
    named.chain(["movablekeys"]).collect()
}

fn name_of(flag: u32, name: &'static str, persona: Persona) -> &'static str {
    let renamed = flag == flag::SKIP_SLOWLOG && persona.is_valkey_from(8, 1);
    if renamed { "skip_commandlog" } else { name }
}

impl Entry {
    /// Whether it has one of these flags.
    pub(crate) fn has_flag(&self, flags: u32, persona: Persona) -> bool {
        self.flags(persona) & flags != 0
    }

    fn flags(&self, persona: Persona) -> u32 {
        let valkey = if persona.is_valkey() { self.command.valkey_flags } else { 0 };
        let old = if persona.at_least(7, 2) { 0 } else { self.command.old_flags };
        let newest = persona.is_valkey_from(9, 1);
        let newest = if newest { self.command.valkey_9_flags } else { 0 };
        self.command.flags | valkey | newest | old
    }

    /// The names of its flags, in the servers' order.
    pub(crate) fn flag_names(&self, persona: Persona) -> Vec<&'static str> {
        let flags = self.flags(persona);
        let mut names = Vec::new();
        for (flag, name) in FLAGS {
            // It may be followed by flags of other names, but by none that stands before it.
            if flag == flag::ALLOW_BUSY && KeyRange::of(&self.keys).movable {
                names.push("movablekeys");
            }
            if flags & flag != 0 {
                names.push(name_of(flag, name, persona));
            }
        }
        names
    }

    /// What it advises to clients of clusters.
    pub(crate) fn tips(&self, persona: Persona) -> &'static [&'static str] {
        let old = self.command.old_tips.filter(|_| !persona.at_least(7, 2));
        old.unwrap_or(self.command.tips)
    }

    /// The names of its ACL categories, without the `@`, in the servers' order.
    pub(crate) fn categories(&self) -> Vec<&'static str> {
        CATEGORIES.into_iter().filter(|name| self.is_of(name)).collect()
    }

    /// Whether it is of an ACL category, by its name without the `@`.
    pub(crate) fn is_of(&self, category: &str) -> bool {
        let has = |flags| self.command.is(flags);
        self.own_categories().is_some_and(|own| own.split(' ').any(|own| own == category))
            || match category {
                "read" => has(flag::READ_ONLY) && self.group != "scripting",
                "write" => has(flag::WRITE) && self.group != "scripting",
                "admin" => has(flag::ADMIN),
                "dangerous" => has(flag::ADMIN | flag::DANGEROUS),
                "pubsub" => has(flag::PUBSUB),
                "fast" => has(flag::FAST),
                "slow" => !has(flag::FAST),
                "blocking" => has(flag::BLOCKING),
                _ => false,
            }
    }

    /// The category of its group, unless the row names others. A container has none.
    fn own_categories(&self) -> Option<&'static str> {
        if self.command.category.is_some() {
            return self.command.category;
        }
        if matches!(self.command.handler, Handler::Container) {
            return None;
        }
        match self.group {
            "generic" => Some("keyspace"),
            "sorted-set" => Some("sortedset"),
            "transactions" => Some("transaction"),
            "pubsub" | "server" | "cluster" => None,
            group => Some(group),
        }
    }
}
