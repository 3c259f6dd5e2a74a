//! Which calls a rule is for.
use super::answer::CallbackError;
use super::client::Client;
use super::journal::{Call, Via};
use crate::glob;
use bytes::Bytes;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

type Work = Pin<Box<dyn Future<Output = Result<bool, CallbackError>> + Send>>;

/// What one argument must be.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Pattern {
    /// Anything.
    Any,
    /// These bytes.
    Exact(Bytes),
    /// A glob, in the words of KEYS.
    Glob(Bytes),
    /// Bytes in which the expression finds a match.
    Regex(regex::bytes::Regex),
    /// Whatever the test's own code says.
    Predicate(Predicate),
    /// Any number of arguments, to the end.
    Rest,
}

/// Code of the test that looks at one argument. It runs outside the server's lock.
#[derive(Clone)]
pub struct Predicate {
    ask: Arc<dyn Fn(Bytes) -> Work + Send + Sync>,
    name: Arc<str>,
}

/// Code of the test that looks at a whole call. It runs outside the server's lock.
#[derive(Clone)]
pub struct CallPredicate {
    ask: Arc<dyn Fn(Call) -> Work + Send + Sync>,
    name: Arc<str>,
}

impl Predicate {
    /// A predicate that may block, run on a thread of its own.
    pub fn blocking(predicate: impl Fn(&[u8]) -> bool + Send + Sync + 'static) -> Predicate {
        let predicate = Arc::new(predicate);
        Predicate::new(move |bytes| {
            let predicate = Arc::clone(&predicate);
            on_a_thread(move || predicate(&bytes))
        })
    }

    /// The predicate as a pattern for an argument or a key.
    pub fn into_pattern(self) -> Pattern {
        Pattern::Predicate(self)
    }

    /// A predicate that gives a future.
    pub fn new<F, W>(predicate: F) -> Predicate
    where
        F: Fn(Bytes) -> W + Send + Sync + 'static,
        W: Future<Output = Result<bool, CallbackError>> + Send + 'static,
    {
        let ask = Arc::new(move |bytes| -> Work { Box::pin(predicate(bytes)) });
        Predicate { ask, name: "predicate".into() }
    }

    /// How messages show it.
    pub fn shown_as(mut self, name: &str) -> Predicate {
        self.name = name.into();
        self
    }
}

impl CallPredicate {
    /// A predicate that may block, run on a thread of its own.
    pub fn blocking(predicate: impl Fn(&Call) -> bool + Send + Sync + 'static) -> CallPredicate {
        let predicate = Arc::new(predicate);
        CallPredicate::new(move |call| {
            let predicate = Arc::clone(&predicate);
            on_a_thread(move || predicate(&call))
        })
    }

    /// A predicate that gives a future.
    pub fn new<F, W>(predicate: F) -> CallPredicate
    where
        F: Fn(Call) -> W + Send + Sync + 'static,
        W: Future<Output = Result<bool, CallbackError>> + Send + 'static,
    {
        let ask = Arc::new(move |call| -> Work { Box::pin(predicate(call)) });
        CallPredicate { ask, name: "predicate".into() }
    }

    /// How messages show it.
    pub fn shown_as(mut self, name: &str) -> CallPredicate {
        self.name = name.into();
        self
    }
}

async fn on_a_thread(work: impl FnOnce() -> bool + Send + 'static) -> Result<bool, CallbackError> {
    let work = tokio::task::spawn_blocking(work);
    work.await.map_err(|error| CallbackError::from_panic(error.into_panic()))
}

impl fmt::Debug for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Debug for CallPredicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl<T: AsRef<[u8]>> From<T> for Pattern {
    fn from(exact: T) -> Pattern {
        Pattern::Exact(Bytes::copy_from_slice(exact.as_ref()))
    }
}

impl Pattern {
    /// What the pattern says without asking the host: `None` when only the host can tell.
    pub(super) fn knows(&self, arg: &[u8]) -> Option<bool> {
        match self {
            Pattern::Any | Pattern::Rest => Some(true),
            Pattern::Exact(bytes) => Some(bytes == arg),
            Pattern::Glob(glob) => Some(glob::matches(glob, arg, glob::Case::Sensitive)),
            Pattern::Regex(regex) => Some(regex.is_match(arg)),
            Pattern::Predicate(_) => None,
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Any => f.write_str("ANY"),
            Pattern::Exact(bytes) => f.write_str(&quoted(bytes)),
            Pattern::Glob(glob) => write!(f, "glob({})", quoted(glob)),
            Pattern::Regex(regex) => write!(f, "re({})", quoted(regex.as_str().as_bytes())),
            Pattern::Predicate(predicate) => f.write_str(&predicate.name),
            Pattern::Rest => f.write_str("REST"),
        }
    }
}

/// Bytes as a text in double quotes, what is not printable escaped.
pub(crate) fn quoted(bytes: &[u8]) -> String {
    let shown = match std::str::from_utf8(bytes) {
        Ok(text) => text.escape_debug().to_string().replace("\\'", "'"),
        Err(_) => bytes.escape_ascii().to_string().replace("\\'", "'"),
    };
    format!("\"{shown}\"")
}

/// Which calls a rule is for. What is not said is not asked.
///
/// ```
/// use faux_redis::{Matcher, Pattern};
///
/// let matcher = Matcher::command("SET").arg("lock").arg(Pattern::Rest);
/// assert_eq!(matcher.to_string(), r#"SET "lock" REST"#);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Matcher {
    /// The command in capitals; `None` for any.
    name: Option<String>,
    /// The arguments after the name; none given means any.
    args: Vec<Pattern>,
    key: Option<Pattern>,
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
        let words: Vec<_> = name.split_ascii_whitespace().collect();
        Matcher { name: Some(words.join(" ").to_uppercase()), ..Matcher::default() }
    }

    /// The next argument must be this. Once one is given, all must be, or `REST` the last.
    pub fn arg(mut self, pattern: impl Into<Pattern>) -> Matcher {
        self.args.push(pattern.into());
        self
    }

    /// The arguments must be these, from the first on.
    pub fn args<P: Into<Pattern>>(mut self, patterns: impl IntoIterator<Item = P>) -> Matcher {
        self.args.extend(patterns.into_iter().map(Into::into));
        self
    }

    /// One of the command's keys must be this.
    pub fn key(mut self, pattern: impl Into<Pattern>) -> Matcher {
        self.key = Some(pattern.into());
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
        self.name.as_deref()
    }

    /// A first argument that is a subcommand's name belongs to the command's name, so that its
    /// case does not matter.
    pub(crate) fn fold_subcommand(mut self, is_container: impl Fn(&str) -> bool) -> Matcher {
        if let (Some(name), Some(Pattern::Exact(sub))) = (&self.name, self.args.first())
            && is_container(name)
        {
            self.name = Some(format!("{name} {}", String::from_utf8_lossy(sub).to_uppercase()));
            self.args.remove(0);
        }
        self
    }

    /// Looks at a call as far as that is possible without the host.
    pub(crate) fn look(&self, call: &Call) -> Look {
        if !self.is_for(call) {
            return Look::No;
        }
        let mut asks = Vec::new();
        let pairs = self.args.iter().zip(call.args());
        for (pattern, arg) in pairs.take_while(|(pattern, _)| !matches!(pattern, Pattern::Rest)) {
            match (pattern, pattern.knows(arg)) {
                (_, Some(false)) => return Look::No,
                (Pattern::Predicate(predicate), _) => asks.push((predicate.ask)(arg.clone())),
                _ => {}
            }
        }
        match &self.key {
            Some(Pattern::Predicate(predicate)) => {
                let keys: Vec<_> =
                    call.keys().into_iter().map(|key| (predicate.ask)(key.clone())).collect();
                asks.push(Box::pin(any_of(keys)));
            }
            Some(pattern)
                if !call.keys().into_iter().any(|key| pattern.knows(key) == Some(true)) =>
            {
                return Look::No;
            }
            _ => {}
        }
        asks.extend(self.call.as_ref().map(|predicate| (predicate.ask)(call.clone())));
        if asks.is_empty() { Look::Yes } else { Look::Ask(Question(asks)) }
    }

    /// Looks at a call, asking the host what only it can tell.
    pub(crate) async fn accepts(&self, call: &Call) -> bool {
        match self.look(call) {
            Look::No => false,
            Look::Yes => true,
            Look::Ask(question) => question.ask().await.unwrap_or(false),
        }
    }

    fn is_for(&self, call: &Call) -> bool {
        self.has_name(call)
            && self.conn.as_ref().is_none_or(|client| client.is(&call.client, call.db))
            && self.via.is_none_or(|via| via == call.via)
            && self.has_count(call.args().len())
    }

    /// A container's name stands for all its subcommands.
    fn has_name(&self, call: &Call) -> bool {
        let Some(name) = &self.name else { return true };
        *call.name == **name
            || call.name.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with(' '))
    }

    fn has_count(&self, count: usize) -> bool {
        match self.args.last() {
            None => true,
            Some(Pattern::Rest) => count >= self.args.len() - 1,
            Some(_) => count == self.args.len(),
        }
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_deref().unwrap_or("ANY"))?;
        for arg in &self.args {
            write!(f, " {arg}")?;
        }
        if let Some(key) = &self.key {
            write!(f, " key={key}")?;
        }
        if let Some(client) = &self.conn {
            write!(f, " conn={client}")?;
        }
        if let Some(via) = self.via {
            write!(f, " via={}", format!("{via:?}").to_lowercase())?;
        }
        if let Some(predicate) = &self.call {
            write!(f, " when={}", predicate.name)?;
        }
        Ok(())
    }
}

impl From<&str> for Matcher {
    fn from(name: &str) -> Matcher {
        Matcher::command(name)
    }
}

/// What a matcher can say of a call by itself.
pub(crate) enum Look {
    No,
    Yes,
    Ask(Question),
}

/// What only the host can tell: all must be true.
pub(crate) struct Question(Vec<Work>);

impl Question {
    pub(crate) async fn ask(self) -> Result<bool, CallbackError> {
        for work in self.0 {
            if !work.await? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Question({})", self.0.len())
    }
}

async fn any_of(works: Vec<Work>) -> Result<bool, CallbackError> {
    for work in works {
        if work.await? {
            return Ok(true);
        }
    }
    Ok(false)
}
