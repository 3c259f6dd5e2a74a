//! One server: its persona, settings and statistics.
use super::aof::Aof;
use super::persistence::Persistence;
use super::replication::Replication;
use crate::clock::Micros;
use crate::command::Table;
use crate::config::Config;
use crate::dice::Dice;
use crate::double::condition::Conditions;
use crate::persona::Persona;
use crate::rdb::Form;
use crate::resp::{DoubleStyle, Encoding, Error, Result};
use crate::store::Store;
use bytes::Bytes;
use std::collections::BTreeMap;

/// What belongs to a server and not to its store or its clients.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) persona: Persona,
    pub(crate) table: &'static Table,
    pub(crate) config: Config,
    /// The test's limits of clients, the latest last, by their numbers: what was in force before each.
    pub(crate) client_limits: Vec<(u64, String)>,
    /// The settings and the seed it was started with.
    initial: (Config, u64),
    pub(crate) dice: Dice,
    pub(crate) now: Micros,
    pub(crate) started: Micros,
    pub(crate) run_id: String,
    pub(crate) port: u16,
    pub(crate) stats: Stats,
    pub(crate) pause: Option<Pause>,
    /// Until when DEBUG SLEEP keeps the server from serving anybody.
    pub(crate) asleep_until: Option<Micros>,
    /// A pause was ended before its time: what it held back is to be tried again.
    pub(super) resumes: bool,
    /// SHUTDOWN was carried out: the shell stops this server.
    pub(crate) stopped: bool,
    pub(crate) persistence: Persistence,
    pub(crate) membership: Membership,
    pub(crate) aof: Aof,
    pub(crate) replication: Replication,
    /// DEBUG has said that RESTORE takes payloads with wrong checksums.
    pub(crate) skips_checksums: bool,
    /// What a test has put it into.
    pub(crate) conditions: Conditions,
}

/// How SISMEMBER answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Membership {
    #[default]
    Number,
    /// As version 1 of the Elixir package did.
    Text,
}

/// What INFO counts.
#[derive(Debug, Default)]
pub(crate) struct Stats {
    pub(crate) connections: u64,
    pub(crate) rejected_connections: u64,
    pub(crate) commands: u64,
    pub(crate) error_replies: u64,
    /// Calls, rejected calls and failed calls of each command, by its index in the table.
    pub(crate) calls: Vec<CallStats>,
    /// Error replies by their code.
    pub(crate) errors: BTreeMap<Vec<u8>, u64>,
    pub(crate) input_bytes: u64,
    pub(crate) output_bytes: u64,
}

/// What INFO counts of one command.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CallStats {
    pub(crate) calls: u64,
    pub(crate) rejected: u64,
    pub(crate) failed: u64,
}

/// CLIENT PAUSE in force.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pause {
    pub(crate) until: Micros,
    pub(crate) scope: PauseScope,
}

/// Which commands a pause holds back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PauseScope {
    Writes,
    All,
}

impl Node {
    pub(crate) fn new(persona: Persona, config: Config, seed: u64, now: Micros) -> Node {
        let table = Table::of(persona);
        let mut dice = Dice::new(seed);
        let run_id = run_id(&mut dice);
        let replication = Replication::new(run_id.chars().rev().collect());
        Node {
            persona,
            table,
            initial: (config.clone(), seed),
            config,
            client_limits: Vec::new(),
            dice,
            now,
            started: now,
            run_id,
            port: 0,
            stats: Stats {
                calls: vec![CallStats::default(); table.entries().len()],
                ..Stats::default()
            },
            pause: None,
            asleep_until: None,
            resumes: false,
            stopped: false,
            persistence: Persistence::default(),
            membership: Membership::default(),
            aof: Aof::default(),
            replication,
            skips_checksums: false,
            conditions: Conditions::default(),
        }
    }

    /// It listens on this port, which CONFIG GET tells.
    pub(crate) fn listens_on(&mut self, port: u16) {
        self.port = port;
        self.config.listens_on(port);
    }

    /// As it was at the start, at the same time of day.
    pub(crate) fn restart(&mut self) {
        let (config, seed) = self.initial.clone();
        let port = self.port;
        let membership = self.membership;
        *self = Node { membership, ..Node::new(self.persona, config, seed, self.now) };
        self.listens_on(port);
    }

    /// A process that starts anew on the same port: another run id, settings as at the start, nothing counted.
    pub(crate) fn start_anew(&mut self) {
        let dice = self.dice.clone();
        self.restart();
        self.dice = dice;
        self.run_id = run_id(&mut self.dice);
    }

    /// The seed of all chance.
    pub(crate) fn seed(&self) -> u64 {
        self.initial.1
    }

    /// Holds commands back for a time. A pause in force ends no earlier for that, and holds back
    /// no less.
    pub(crate) fn hold(&mut self, for_micros: Micros, scope: PauseScope) {
        let asked = Pause { until: self.now.saturating_add(for_micros), scope };
        self.pause = Some(self.pause.map_or(asked, |pause| Pause {
            until: pause.until.max(asked.until),
            scope: pause.scope.max(asked.scope),
        }));
    }

    /// What happens by itself, next: a pause or a sleep ends, or replicas are shown that this server lives.
    pub(super) fn next_deadline(&self) -> Option<Micros> {
        let pause = self.pause.map(|pause| pause.until);
        let ping = self.replication.next_deadline();
        [pause, self.asleep_until, ping].into_iter().flatten().min()
    }

    /// Ends what is over; whether commands that were held back may be tried again.
    pub(super) fn end_due(&mut self) -> bool {
        let now = self.now;
        let pause = self.pause.take_if(|pause| pause.until <= now).is_some();
        let sleep = self.asleep_until.take_if(|until| *until <= now).is_some();
        pause || sleep
    }

    /// Ends a pause.
    pub(crate) fn resume(&mut self) {
        self.resumes = self.pause.take().is_some();
    }

    /// Changes settings, and what goes by them.
    pub(crate) fn change_settings(
        &mut self,
        store: &mut Store,
        pairs: &[[Bytes; 2]],
    ) -> Result<()> {
        self.config.change(pairs)?;
        self.configure(store);
        self.keep_aof(store);
        store.is_followed = self.is_followed();
        Ok(())
    }

    /// Lets the store go by the settings.
    pub(crate) fn configure(&self, store: &mut Store) {
        store.limits = self.config.limits(self.persona);
        store.pace = self.config.pace();
        store.imports = self.persona.is_valkey() && self.config.text("import-mode") == "yes";
        let policy = self.config.text("maxmemory-policy");
        let tells_keys_apart = policy.ends_with("lru") || policy.ends_with("lfu");
        let may_share = self.config.size("maxmemory") == 0 || !tells_keys_apart;
        store.shares_integers = may_share && !self.persona.is_valkey_from(8, 1);
    }

    /// When all was last saved, in seconds; before the first time, when the server was started.
    pub(crate) fn saved_at_s(&self) -> i64 {
        self.persistence.saved_at_s.unwrap_or_else(|| self.started.div_euclid(1_000_000))
    }

    /// How values are written for DUMP and into files.
    pub(crate) fn rdb_form(&self) -> Form {
        let is_relaxed =
            self.persona.is_valkey() && self.config.text("rdb-version-check") == "relaxed";
        Form::new(self.persona, self.config.text("rdbcompression") == "yes", is_relaxed)
    }

    /// How a new connection's replies are written.
    pub(crate) fn encoding(&self) -> Encoding {
        let newer = self.persona.at_least(7, 2);
        let doubles = if newer { DoubleStyle::Shortest } else { DoubleStyle::Digits17 };
        Encoding { doubles, ..Encoding::default() }
    }

    /// Counts an error reply.
    pub(crate) fn count_error(&mut self, error: &Error) {
        self.stats.error_replies += 1;
        if let Some(count) = self.stats.errors.get_mut(error.code()) {
            *count += 1;
        } else if self.stats.errors.len() < 128 {
            self.stats.errors.insert(error.code().to_vec(), 1);
        }
    }

    /// Forgets what was counted, as CONFIG RESETSTAT does.
    pub(crate) fn reset_stats(&mut self) {
        let calls = vec![CallStats::default(); self.table.entries().len()];
        self.stats = Stats { calls, ..Stats::default() };
    }
}

/// Forty random hexadecimal digits.
fn run_id(dice: &mut Dice) -> String {
    (0..5).fold(String::new(), |id, _| format!("{id}{:08x}", dice.next() >> 32))
}
