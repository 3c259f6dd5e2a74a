//! Messages that the test has the server send by itself.
use super::FauxRedis;
use super::link::known;
use crate::double::Client;
use crate::error::{Error, ErrorKind};
use crate::resp::Reply;

impl FauxRedis {
    /// Sends these connections a message that nobody asked for, between two replies; how many there were.
    ///
    /// The value is a [`Reply::Push`], or an array of what is in it: [`Reply::message`] and [`Reply::invalidate`] make
    /// those of a real server. Over RESP2 a connection can take only messages, and only while it is subscribed to
    /// something, as from a real server; an invalidation comes there as the message that a real server redirects to
    /// `__redis__:invalidate`.
    ///
    /// ```
    /// # use faux_redis::{Client, Reply, blocking::FauxRedis};
    /// let redis = FauxRedis::start()?;
    /// assert_eq!(redis.push(Client::any(), Reply::invalidate(["k"]))?, 0);
    /// # Ok::<(), faux_redis::Error>(())
    /// ```
    ///
    /// # Errors
    /// The value is no push, or a connection cannot take it; nothing is sent then ([`ErrorKind::Option`]).
    pub fn push(&self, client: impl Into<Client>, value: Reply) -> Result<usize, Error> {
        let (Reply::Push(items) | Reply::Array(items)) = value else {
            let message = format!("push takes a push or an array, not {value:?}");
            return Err(Error::new(ErrorKind::Option, message));
        };
        let client = known(client.into())?;
        let pushed = self.shared.with(|world| world.push(&client, &items));
        pushed.map_err(|message| Error::new(ErrorKind::Option, message))
    }
}
