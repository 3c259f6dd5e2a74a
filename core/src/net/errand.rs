//! Running errands of the engine: files, and connections to other servers.
use crate::engine::{Errand, Migration, Report, Trouble};
use bytes::{Bytes, BytesMut};
use std::io;
use std::path::{Path, PathBuf};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The longest line that is looked at of another server's reply.
const LONGEST_LINE: usize = 1024;

/// Runs an errand, however long it takes.
pub(super) async fn run(errand: Errand) -> Report {
    match errand {
        Errand::Migrate(migration) => migrate(&migration).await,
        Errand::Read { path } => Report::Read(aside(move || std::fs::read(path)).await),
        Errand::Find { folder } => Report::Found(aside(move || find(&folder)).await),
        Errand::Write { path, bytes } => Report::Written(aside(move || write(&path, &bytes)).await),
    }
}

/// Does what would stop all connections in a thread of its own.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    super::runtime().spawn_blocking(work).await.map_err(io::Error::other)?
}

/// The full name of a folder that can be entered.
fn find(folder: &Path) -> io::Result<PathBuf> {
    let folder = std::fs::canonicalize(folder)?;
    std::fs::read_dir(&folder)?;
    Ok(folder)
}

/// Writes a file as a whole: whoever reads it meanwhile finds the one before.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let unfinished = path.with_file_name(format!("temp-{}-{name}", std::process::id()));
    std::fs::write(&unfinished, bytes)?;
    std::fs::rename(&unfinished, path)
}

async fn migrate(migration: &Migration) -> Report {
    let mut lines = Vec::new();
    let trouble = converse(migration, &mut lines).await.err();
    Report::Migrated(lines, trouble)
}

async fn converse(migration: &Migration, lines: &mut Vec<Bytes>) -> Result<(), Trouble> {
    let connecting = TcpStream::connect((migration.host.as_str(), migration.port));
    let connected = timeout(migration.timeout, connecting).await;
    let mut socket =
        connected.map_err(|_| Trouble::Connecting)?.map_err(|error| trouble_of(&error))?;
    let writing = timeout(migration.timeout, socket.write_all(&migration.requests)).await;
    writing.ok().and_then(Result::ok).ok_or(Trouble::Writing)?;
    let mut input = BytesMut::new();
    while lines.len() < migration.replies {
        let line = timeout(migration.timeout, line(&mut socket, &mut input)).await;
        lines.push(line.ok().and_then(Result::ok).ok_or(Trouble::Reading)?);
    }
    Ok(())
}

/// A real server does not find out that it was refused before it writes.
fn trouble_of(error: &io::Error) -> Trouble {
    let refused = error.kind() == io::ErrorKind::ConnectionRefused;
    if refused { Trouble::Writing } else { Trouble::Connecting }
}

/// The next line, without its end.
async fn line(socket: &mut TcpStream, input: &mut BytesMut) -> io::Result<Bytes> {
    loop {
        if let Some(end) = input.iter().position(|byte| *byte == b'\n') {
            let line = input.split_to(end + 1).freeze();
            return Ok(line.slice(..line.trim_ascii_end().len()));
        }
        if input.len() > LONGEST_LINE || socket.read_buf(input).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}
