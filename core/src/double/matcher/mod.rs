//! Which calls a rule is for.

mod head;
mod json;
mod number;
mod options;
mod parts;
mod pattern;
mod predicate;
mod question;
#[cfg(test)]
pub(super) mod tests;

pub(crate) use head::{Group, Head, has};
pub use json::{JsonHolds, JsonPattern};
pub use number::Number;
pub use options::OptionPattern;
pub(in crate::double) use parts::UnlikeOption;
pub use pattern::Pattern;
pub use predicate::{CallPredicate, Predicate};
pub(crate) use question::{Look, Question};

use super::answer::CallbackError;
use super::client::Client;
use super::journal::{Call, Via};
use crate::command::named::Named;
use crate::command::{Entry, Table, is_container, subcommand_of};
use crate::error::{Error, ErrorKind};
use crate::persona::Persona;
use bytes::Bytes;
use options::Wanted;
use std::cell::OnceCell;
use std::fmt;

/// Which calls a rule is for. What is not said is not asked.
///
/// ```
/// use faux_redis::{Matcher, Pattern};
///
/// let matcher = Matcher::command("SET").key("lock").option("NX", true).option("EX", Pattern::gt(30));
/// assert_eq!(matcher.to_string(), r#"SET key="lock" NX=True EX=gt(30)"#);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Matcher {
    head: Head,
    /// The arguments after the name; none given means any.
    args: Vec<Pattern>,
    key: Option<Pattern>,
    options: Vec<Wanted>,
    conn: Option<Client>,
    via: Option<Via>,
    call: Option<CallPredicate>,
}

impl Matcher {
    /// Any call.
    pub fn any() -> Matcher {
        Matcher::default()
    }

    /// Calls of this command, whatever its case: `GET`, or a subcommand such as `CLIENT KILL`.
    pub fn command(name: &str) -> Matcher {
        Matcher { head: Head::command(name), ..Matcher::default() }
    }

    /// Calls of the commands of an ACL category: `@write`.
    pub fn category(name: &str) -> Matcher {
        let name = name.strip_prefix('@').unwrap_or(name).to_lowercase();
        Matcher { head: Head::group(Group::Category(name)), ..Matcher::default() }
    }

    /// Calls of the commands that have a flag, as COMMAND INFO names it: `blocking`.
    pub fn flag(name: &str) -> Matcher {
        let name = name.to_lowercase();
        Matcher { head: Head::group(Group::Flag(name)), ..Matcher::default() }
    }

    /// The next argument must be this. Once one is given, all must be, or `REST` the last; where an
    /// [option](Matcher::option) is given by name, those behind may be anything else.
    pub fn arg(mut self, pattern: impl Into<Pattern>) -> Matcher {
        self.args.push(pattern.into());
        self
    }

    /// The arguments must be these, from the first on.
    pub fn args<P: Into<Pattern>>(mut self, patterns: impl IntoIterator<Item = P>) -> Matcher {
        self.args.extend(patterns.into_iter().map(Into::into));
        self
    }

    /// One of the command's keys must be this; [`Pattern::Absent`] for a command that has none.
    pub fn key(mut self, pattern: impl Into<Pattern>) -> Matcher {
        self.key = Some(pattern.into());
        self
    }

    /// An option must be this: a word in capitals of the command's usage line, wherever it stands in the request, with
    /// the values that follow it.
    ///
    /// ```
    /// use faux_redis::{Matcher, Pattern};
    ///
    /// Matcher::command("SET").option("NX", true).option("EX", Pattern::gt(30)).option("GET", false);
    /// Matcher::command("ZRANGE").option("LIMIT", [0, 10]);
    /// Matcher::command("XREADGROUP").option("GROUP", ("workers", Pattern::Any));
    /// ```
    ///
    /// The server the matcher is given to refuses what its command does not have.
    pub fn option(mut self, name: &str, pattern: impl Into<OptionPattern>) -> Matcher {
        self.options.push(Wanted::new(name, pattern.into()));
        self
    }

    /// Only calls of these connections.
    pub fn conn(mut self, client: impl Into<Client>) -> Matcher {
        self.conn = Some(client.into());
        self
    }

    /// Only calls that come this way.
    pub fn via(mut self, via: Via) -> Matcher {
        self.via = Some(via);
        self
    }

    /// Only calls this predicate accepts.
    pub fn when(mut self, predicate: CallPredicate) -> Matcher {
        self.call = Some(predicate);
        self
    }

    /// The command's name, if the matcher is for one.
    pub fn name(&self) -> Option<&str> {
        match &self.head {
            Head::Command(name) => Some(name),
            Head::Any | Head::Group(..) => None,
        }
    }

    pub(super) fn head(&self) -> &Head {
        &self.head
    }

    /// The same by a server's table: a subcommand belongs to the command's name, so that its case does not matter;
    /// groups and options are looked up. An error says what there is instead.
    pub(crate) fn resolve(mut self, table: &Table, persona: Persona) -> Result<Matcher, Error> {
        let wrong = |message: String| Error::new(ErrorKind::Option, message);
        self.fold_subcommand(table);
        self.head.resolve(table, persona).map_err(wrong)?;
        let is_command = matches!(self.head, Head::Command(_));
        if self.key.is_some() && is_command && self.head.entries(table).is_empty() {
            return Err(wrong(format!(
                "key needs the command's grammar, and {persona} has no command '{}'; \
                 its arguments can be told by their places",
                self.head
            )));
        }
        let last = self.args.len().saturating_sub(1);
        if self.args[..last].iter().any(|arg| matches!(arg, Pattern::Rest)) {
            return Err(wrong(format!(
                "REST is the last of the arguments, which it is not in {self}"
            )));
        }
        self.options =
            options::resolved(self.options, &self.head, table, persona).map_err(wrong)?;
        Ok(self)
    }

    fn fold_subcommand(&mut self, table: &Table) {
        if let (Head::Command(name), Some(Pattern::Exact(sub))) = (&self.head, self.args.first())
            && (is_container(name)
                || table.find(name.as_bytes()).is_some_and(|entry| !entry.subcommands.is_empty()))
            && let Some(sub) = subcommand_of(sub)
        {
            self.head = Head::Command(format!("{name} {sub}"));
            self.args.remove(0);
        }
    }

    /// Looks at a call as far as that is possible without the host.
    pub(crate) fn look(&self, call: &Call) -> Look {
        self.look_at(&Subject::of(call))
    }

    /// Looks at a call that other matchers look at too.
    pub(super) fn look_at(&self, subject: &Subject<'_>) -> Look {
        let call = subject.call;
        if !self.head.is_of(call) || self.via.is_some_and(|via| via != call.via) {
            return Look::No;
        }
        let of_conn = || match &self.conn {
            None => Look::Yes,
            Some(client) if client.asks() => client.look(&call.client, call.db),
            Some(client) => client.is(&call.client, call.db).into(),
        };
        let of_args =
            || if self.args.is_empty() { Look::Yes } else { words(self.positions(), call.args()) };
        let of_keys = || self.key.as_ref().map_or(Look::Yes, |pattern| look_at_keys(pattern, call));
        let of_options = || {
            Look::all(self.options.iter().map(|wanted| match subject.entry() {
                None => Look::No,
                Some(_) if !wanted.may_be_in(call.words()) => wanted.look_at_none(),
                Some(entry) => wanted.look(subject.named(entry), call.words()),
            }))
        };
        let of_call = || {
            let ask = |predicate: &CallPredicate| {
                Look::Ask(Question::Call(predicate.clone(), Box::new(call.clone())))
            };
            self.call.as_ref().map_or(Look::Yes, ask)
        };
        let parts: [&dyn Fn() -> Look; 5] = [&of_conn, &of_args, &of_keys, &of_options, &of_call];
        Look::all(parts.into_iter().map(|part| part()))
    }

    /// What the arguments must be, from the first on, and whether more may follow. They may where an option is given
    /// by name: it stands among them.
    pub(super) fn positions(&self) -> (&[Pattern], bool) {
        let (patterns, is_open) = without_rest(&self.args);
        (patterns, is_open || !self.options.is_empty())
    }

    /// Looks at a call, asking the host what only it can tell.
    pub(crate) async fn accepts(&self, call: &Call) -> Result<bool, CallbackError> {
        match self.look(call) {
            Look::No => Ok(false),
            Look::Yes => Ok(true),
            Look::Ask(question) => question.ask().await,
        }
    }

    /// Whether the host must be asked, sometimes at least.
    pub fn asks(&self) -> bool {
        self.call.is_some()
            || self.args.iter().chain(&self.key).any(Pattern::asks)
            || self.options.iter().any(|wanted| wanted.pattern.asks())
            || self.conn.as_ref().is_some_and(Client::asks)
    }
}

/// A call that several matchers look at. What costs something to find out is found out once.
pub(in crate::double) struct Subject<'a> {
    call: &'a Call,
    named: OnceCell<Named>,
}

impl Subject<'_> {
    pub(super) fn of(call: &Call) -> Subject<'_> {
        Subject { call, named: OnceCell::new() }
    }

    /// The command, if the server has it.
    fn entry(&self) -> Option<&'static Entry> {
        self.call.entry
    }

    /// The words of the call by the names of the command's grammar.
    fn named(&self, entry: &Entry) -> &Named {
        self.named.get_or_init(|| entry.usage.name(self.call.words()))
    }
}

/// What comes before `REST`, and whether that is there.
fn without_rest(patterns: &[Pattern]) -> (&[Pattern], bool) {
    match patterns {
        [before @ .., Pattern::Rest] => (before, true),
        patterns => (patterns, false),
    }
}

/// Holds words against patterns, one by one. Words may be missing where the pattern says so.
fn words((patterns, is_open): (&[Pattern], bool), words: &[Bytes]) -> Look {
    if words.len() > patterns.len() && !is_open {
        return Look::No;
    }
    let word = |nth: usize| words.get(nth).map(|word| &**word);
    Look::all(patterns.iter().enumerate().map(|(nth, pattern)| pattern.look(word(nth))))
}

fn look_at_keys(pattern: &Pattern, call: &Call) -> Look {
    let keys = call.keys();
    if keys.is_empty() {
        return pattern.look(None);
    }
    Look::any(keys.into_iter().map(|key| pattern.look(Some(key))))
}

/// Bytes as a text in double quotes, what is not printable escaped.
pub(crate) fn quoted(bytes: &[u8]) -> String {
    let shown = match std::str::from_utf8(bytes) {
        Ok(text) => text.escape_debug().to_string().replace("\\'", "'"),
        Err(_) => bytes.escape_ascii().to_string().replace("\\'", "'"),
    };
    format!("\"{shown}\"")
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.head)?;
        for arg in &self.args {
            write!(f, " {arg}")?;
        }
        if let Some(key) = &self.key {
            write!(f, " key={key}")?;
        }
        for option in &self.options {
            write!(f, " {option}")?;
        }
        if let Some(client) = &self.conn {
            write!(f, " conn={client}")?;
        }
        if let Some(via) = self.via {
            write!(f, " via={}", via.name())?;
        }
        if let Some(predicate) = &self.call {
            write!(f, " when={predicate}")?;
        }
        Ok(())
    }
}

impl From<&str> for Matcher {
    fn from(name: &str) -> Matcher {
        Matcher::command(name)
    }
}
