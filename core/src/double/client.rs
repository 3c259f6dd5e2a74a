//! Which connections are meant: by what is known of each.
use super::matcher::{Look, Pattern, quoted};
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
/// use faux_redis::Client;
///
/// let workers = Client::named("worker-*").db(1);
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

    /// The connections whose names match this glob.
    pub fn named(glob: impl AsRef<[u8]>) -> Client {
        Client::any().name(Pattern::glob(glob))
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

    /// Whether the host must be asked who is meant, which only a matcher can.
    pub fn asks(&self) -> bool {
        let patterns = [&self.name, &self.user, &self.library, &self.address];
        patterns.into_iter().flatten().any(Pattern::asks)
    }

    /// Whether a connection with this database selected is meant. A predicate, which only a matcher has asked, meets
    /// nobody here: whoever takes a client for anything else refuses one that [asks](Client::asks).
    pub(crate) fn is(&self, info: &ClientInfo, db: usize) -> bool {
        matches!(self.look(info, db), Look::Yes)
    }

    /// Whether a connection with this database selected is meant, as far as that is known without the host.
    pub(super) fn look(&self, info: &ClientInfo, db: usize) -> Look {
        let is_known = self.ids.as_ref().is_none_or(|ids| ids.contains(&info.id))
            && self.db.is_none_or(|wanted| wanted == db)
            && self.protocol.is_none_or(|protocol| protocol == info.protocol);
        let parts: [(&Option<Pattern>, &[u8]); 4] = [
            (&self.name, &info.name),
            (&self.user, info.user.as_bytes()),
            (&self.library, &info.library),
            (&self.address, info.address.as_bytes()),
        ];
        let asked = parts.into_iter().filter_map(|(pattern, bytes)| {
            let pattern = pattern.as_ref()?;
            let is_missing = bytes.is_empty() && pattern.speaks_of_absence();
            Some(pattern.look((!is_missing).then_some(bytes)))
        });
        if is_known { Look::all(asked) } else { Look::No }
    }

    /// What a connection is that is not meant, and what it would have to be.
    pub(crate) fn differences(&self, info: &ClientInfo, db: usize) -> Vec<String> {
        let mut told = Vec::new();
        if let Some(ids) = self.ids.as_ref().filter(|ids| !ids.contains(&info.id)) {
            let wanted: Vec<_> = ids.iter().map(ToString::to_string).collect();
            told.push(format!("another connection: {}, not {}", info.id, wanted.join(" or ")));
        }
        if let Some(wanted) = self.db.filter(|wanted| *wanted != db) {
            told.push(format!("another database: {db}, not {wanted}"));
        }
        if let Some(wanted) = self.protocol.filter(|wanted| *wanted != info.protocol) {
            let (is, wanted) = (info.protocol.number(), wanted.number());
            told.push(format!("another protocol: RESP{is}, not RESP{wanted}"));
        }
        let words: [(&str, &Option<Pattern>, &[u8]); 4] = [
            ("name", &self.name, &info.name),
            ("user", &self.user, info.user.as_bytes()),
            ("library", &self.library, &info.library),
            ("address", &self.address, info.address.as_bytes()),
        ];
        for (word, pattern, is) in words {
            if let Some(wanted) =
                pattern.as_ref().filter(|wanted| matches!(wanted.look(Some(is)), Look::No))
            {
                told.push(format!("a connection of another {word}: {}, not {wanted}", quoted(is)));
            }
        }
        told
    }
}

impl From<u64> for Client {
    fn from(id: u64) -> Client {
        Client::id(id)
    }
}

impl<const N: usize> From<[u64; N]> for Client {
    fn from(ids: [u64; N]) -> Client {
        Client::ids(ids)
    }
}

impl From<Vec<u64>> for Client {
    fn from(ids: Vec<u64>) -> Client {
        Client::ids(ids)
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
