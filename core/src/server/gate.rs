//! Gates: commands that a test holds back until it lets them go on.
use super::FauxRedis;
use crate::double::gate::{GateId, Which};
use crate::double::label::Label;
use crate::double::rule::Source;
use crate::double::{At, Call, Matcher};
use crate::error::{Error, ErrorKind};
use crate::net::Shared;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

/// Holds commands that match, as long as this lives. What it then still holds goes on.
///
/// The connection of a held command takes no further one, as with any command that is not answered yet. A client that
/// leaves while its command is held is forgotten, and a command that was not carried out by then never is.
#[derive(Debug)]
#[must_use = "what is held goes on once this is dropped"]
pub struct Gate {
    shared: Arc<Shared>,
    id: GateId,
    source: Source,
    lasts: bool,
}

impl FauxRedis {
    /// Holds commands that match: before they are carried out, or after that and before they are answered.
    ///
    /// A command that is held before has come, and no rule has been asked about it: what the test changes meanwhile
    /// counts. A command of a transaction is held when EXEC runs it, and EXEC with it; so is every other command of that
    /// transaction, as nothing comes between two of them.
    ///
    /// ```
    /// # faux_redis::block_on(async {
    /// use faux_redis::{At, FauxRedis};
    /// # use std::io::{Read, Write};
    /// use std::time::Duration;
    ///
    /// let redis = FauxRedis::start().await?;
    /// let gate = redis.hold("SET", At::Before);
    /// # let mut client = std::net::TcpStream::connect(redis.address())?;
    /// # client.write_all(b"SET k v\r\n")?;
    /// // … a client sends SET k v …
    /// let held = gate.wait(Duration::from_secs(5)).await?;
    /// assert_eq!(held.args()[0], "k");
    /// gate.release();
    /// # let mut reply = [0; 5];
    /// # client.read_exact(&mut reply)?;
    /// # assert_eq!(&reply, b"+OK\r\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn hold(&self, matcher: impl Into<Matcher>, at: At) -> Gate {
        let matcher = self.folded(matcher.into());
        let source = Source::from(Location::caller());
        let label = Label::from(source.clone());
        let id = self.shared.with(|world| world.double.gates.add(matcher, at, label));
        Gate { shared: Arc::clone(&self.shared), id, source, lasts: false }
    }
}

impl Gate {
    /// Holds no more than the first so many commands.
    pub fn times(self, n: u64) -> Gate {
        self.edit(|gate| gate.limit = Some(n));
        self
    }

    /// The name it has in messages.
    pub fn named(self, name: impl Into<String>) -> Gate {
        self.rename(name);
        self
    }

    /// Names it through a shared handle, for bindings to other languages.
    #[doc(hidden)]
    pub fn rename(&self, name: impl Into<String>) {
        let name = name.into();
        self.edit(|gate| gate.label.name = Some(name));
    }

    /// The gate as messages show it; nothing once it is gone.
    pub fn title(&self) -> Option<String> {
        let title = crate::double::gate::Gate::title;
        self.shared.look(|world| world.double.gates.get(self.id).map(title))
    }

    /// Where it was made: `tests/cache.rs:12`.
    pub fn source(&self) -> &str {
        &self.source.0
    }

    /// It was made elsewhere, for bindings to other languages.
    #[doc(hidden)]
    pub fn made_at(mut self, source: impl Into<String>) -> Gate {
        self.source = Source(source.into());
        self.edit(|gate| gate.label.source = self.source.clone());
        self
    }

    /// It stays until the server is reset, or [`Gate::remove`] is called.
    pub fn lasting(mut self) -> Gate {
        self.lasts = true;
        self
    }

    /// Returns the command that is held, once there is one; of several the one that came first.
    ///
    /// # Errors
    /// There was none in this time ([`ErrorKind::Timeout`]), the gate is gone because of a reset, or the server stopped
    /// ([`ErrorKind::Stopped`]).
    pub async fn wait(&self, timeout: Duration) -> Result<Call, Error> {
        Ok(self.wait_for(1, timeout).await?.remove(0))
    }

    /// Returns the commands that are held, once there are so many, in the order in which they came.
    ///
    /// # Errors
    /// There were fewer in this time ([`ErrorKind::Timeout`]), the gate is gone because of a reset, or the server stopped
    /// ([`ErrorKind::Stopped`]).
    pub async fn wait_for(&self, n: usize, timeout: Duration) -> Result<Vec<Call>, Error> {
        let id = self.id;
        let gone = "the gate is gone: its server was reset";
        let look = move |world: &crate::engine::World| {
            let Some(gate) = world.double.gates.get(id) else {
                return Some(Err(Error::new(ErrorKind::Stopped, gone)));
            };
            let held: Vec<_> = gate.held().cloned().collect();
            (held.len() >= n.max(1)).then_some(Ok(held))
        };
        let vain = move |world: &crate::engine::World| {
            let Some(gate) = world.double.gates.get(id) else { return gone.into() };
            let held: Vec<_> = gate.held().map(|call| format!("\n    {call}")).collect();
            let commands = if n > 1 { "commands" } else { "command" };
            let made = gate.label.source.told();
            let what = format!("{} {commands} at {}", n.max(1), gate.title());
            if held.is_empty() {
                return format!("{what}{}{made}", world.double.seen_instead(&gate.matcher, true));
            }
            format!("{what}; it holds {}:{}{made}", held.len(), held.concat())
        };
        self.shared.wait_until(timeout, look, vain).await?
    }

    /// The commands that are held, in the order in which they came. Held after they were carried out, they tell what
    /// they will be answered.
    pub fn held(&self) -> Vec<Call> {
        let held = |world: &crate::engine::World| {
            let gate = world.double.gates.get(self.id);
            gate.into_iter().flat_map(|gate| gate.held().cloned()).collect()
        };
        self.shared.look(held)
    }

    /// Lets all that is held go on, in the order in which it came; how many that were. What is carried out at once has
    /// been when this returns.
    pub fn release(&self) -> usize {
        self.let_go(Which::All)
    }

    /// Lets so many go on, those that came first; how many there were.
    pub fn release_first(&self, n: usize) -> usize {
        self.let_go(Which::First(n))
    }

    /// Lets this one go on. False if it is not held.
    pub fn release_call(&self, call: &Call) -> bool {
        self.release_seq(call.seq)
    }

    /// Lets the call of this number go on, for bindings to other languages.
    #[doc(hidden)]
    pub fn release_seq(&self, seq: u64) -> bool {
        self.let_go(Which::Call(seq)) > 0
    }

    /// Takes the gate away; what it holds goes on.
    pub fn remove(&self) {
        if self.shared.is_at_home() {
            self.shared.act(|world, asks| world.remove_gate(self.id, asks));
        }
    }

    fn edit(&self, edit: impl FnOnce(&mut crate::double::gate::Gate)) {
        self.shared.with(|world| world.double.gates.get_mut(self.id).map(edit));
    }

    fn let_go(&self, which: Which) -> usize {
        self.shared.act(|world, asks| world.release(self.id, which, asks))
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        if !self.lasts {
            self.remove();
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title().as_deref().unwrap_or("gate (gone)"))
    }
}
