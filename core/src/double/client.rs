//! Which connections are meant: by what is known of each.
use super::matcher::Pattern;
use crate::resp::Protocol;
use bytes::Bytes;
use std::fmt;
use std::sync::Arc;

/// What is known of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientInfo {
    /// Its id, as CLIENT ID tells it.
    pub id: u64,
    /// The name it gave itself with CLIENT SETNAME or HELLO, or nothing.
    pub name: Bytes,
    /// The user it is logged in as.
    pub user: Arc<str>,
    /// The protocol it speaks.
    pub protocol: Protocol,
    /// The library it is written with, as CLIENT SETINFO told, or nothing.
    pub library: Bytes,
    /// The library's version, or nothing.
    pub library_version: Bytes,
    /// Where it comes from: `127.0.0.1:50123`, or the path of the Unix socket and `:0`.
    pub address: Arc<str>,
}

/// Which connections are meant. What is not said is not asked.
///
/// ```
/// use faux_redis::{Client, Pattern};
///
/// let workers = Client::any().name(Pattern::Glob("worker-*".into())).db(1);
/// assert_eq!(workers.to_string(), r#"client(name=glob("worker-*"), db=1)"#);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Client {
    ids: Option<Vec<u64>>,
    name: Option<Pattern>,
    user: Option<Pattern>,
    db: Option<usize>,
    protocol: Option<Protocol>,
    library: Option<Pattern>,
    address: Option<Pattern>,
}

impl Client {
    /// Any connection.
    pub fn any() -> Client {
        Client::default()
    }

    /// The connection of this id, as CLIENT ID tells it.
    pub fn id(id: u64) -> Client {
        Client::ids([id])
    }

    /// The connections of these ids.
    pub fn ids(ids: impl IntoIterator<Item = u64>) -> Client {
        Client { ids: Some(ids.into_iter().collect()), ..Client::default() }
    }

    /// Its name, as CLIENT SETNAME or HELLO gave it.
    pub fn name(mut self, name: impl Into<Pattern>) -> Client {
        self.name = Some(name.into());
        self
    }

    /// The user it is logged in as.
    pub fn user(mut self, user: impl Into<Pattern>) -> Client {
        self.user = Some(user.into());
        self
    }

    /// The database it has selected.
    pub fn db(mut self, db: usize) -> Client {
        self.db = Some(db);
        self
    }

    /// The protocol it speaks.
    pub fn protocol(mut self, protocol: Protocol) -> Client {
        self.protocol = Some(protocol);
        self
    }

    /// The name of the library it is written with, as CLIENT SETINFO told.
    pub fn library(mut self, library: impl Into<Pattern>) -> Client {
        self.library = Some(library.into());
        self
    }

    /// Where it comes from, such as `127.0.0.1:50123`.
    pub fn address(mut self, address: impl Into<Pattern>) -> Client {
        self.address = Some(address.into());
        self
    }

    /// Whether a connection with this database selected is meant. A predicate, which only the host could ask, is
    /// refused where such a pattern is made, and meets nobody here.
    pub(crate) fn is(&self, info: &ClientInfo, db: usize) -> bool {
        let knows = |pattern: &Option<Pattern>, bytes: &[u8]| {
            pattern.as_ref().is_none_or(|pattern| pattern.knows(bytes) == Some(true))
        };
        self.ids.as_ref().is_none_or(|ids| ids.contains(&info.id))
            && self.db.is_none_or(|wanted| wanted == db)
            && self.protocol.is_none_or(|protocol| protocol == info.protocol)
            && knows(&self.name, &info.name)
            && knows(&self.user, info.user.as_bytes())
            && knows(&self.library, &info.library)
            && knows(&self.address, info.address.as_bytes())
    }
}

impl From<u64> for Client {
    fn from(id: u64) -> Client {
        Client::id(id)
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = Vec::new();
        match self.ids.as_deref() {
            Some([id]) => said.push(format!("id={id}")),
            Some(ids) => said.push(format!("id={ids:?}")),
            None => {}
        }
        let patterns = [
            ("name", &self.name),
            ("user", &self.user),
            ("lib", &self.library),
            ("addr", &self.address),
        ];
        for (word, pattern) in patterns {
            said.extend(pattern.as_ref().map(|pattern| format!("{word}={pattern}")));
        }
        said.extend(self.db.map(|db| format!("db={db}")));
        said.extend(self.protocol.map(|protocol| format!("resp={}", protocol.number())));
        write!(f, "client({})", said.join(", "))
    }
}
