//! The server by itself, for the hand and for other languages' test suites.
use clap::{Parser, Subcommand, ValueEnum};
use faux_redis::{Error, FauxRedis, Flavour, Mode, Version};
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// A controllable Redis for tests.
#[derive(Debug, Parser)]
#[command(name = "faux-redis", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until SIGINT, SIGTERM or SHUTDOWN; print one line when ready.
    Serve(Serve),
}

#[derive(Debug, clap::Args)]
struct Serve {
    /// The port to listen on; 0 takes one that is free.
    #[arg(long, default_value_t = 6379, value_name = "PORT")]
    port: u16,
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    ip: IpAddr,
    /// Listen on a Unix socket at this path, and not on a port.
    #[arg(long, value_name = "PATH")]
    unix_socket: Option<PathBuf>,
    /// The server to play.
    #[arg(long, value_enum, default_value_t = Player::Redis)]
    flavour: Player,
    /// The version to play, such as 7.0.15; the newest known by default.
    #[arg(long, value_name = "VERSION")]
    version: Option<Version>,
    /// Who answers: rules, the store, or both.
    #[arg(long, default_value = "mock_first", value_name = "mock_first|stateful_only|mock_only")]
    mode: Mode,
    /// Require clients to AUTH with this password.
    #[arg(long, value_name = "PASSWORD")]
    password: Option<String>,
    /// Load this RDB file at the start.
    #[arg(long, value_name = "PATH")]
    rdb: Option<PathBuf>,
    /// A setting as in redis.conf, such as maxmemory=100mb; may be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    config: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Player {
    Redis,
    Valkey,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a setting is written name=value")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Command::Serve(serve) = Cli::parse().command;
    match serve.run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell when even this cannot be written.
            let _ = writeln!(io::stderr(), "faux-redis: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Serve {
    async fn run(self) -> Result<(), Box<dyn std::error::Error>> {
        let mut interrupted = signal(SignalKind::interrupt())?;
        let mut terminated = signal(SignalKind::terminate())?;
        let redis = self.start().await?;
        let persona = redis.persona();
        writeln!(
            io::stdout(),
            "faux-redis plays {:?} {} on {}",
            persona.flavour,
            persona.version,
            redis.address()
        )?;
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
            () = redis.stopped() => {}
        }
        redis.stop().await;
        Ok(())
    }

    async fn start(self) -> Result<FauxRedis, Error> {
        let flavour = match self.flavour {
            Player::Redis => Flavour::Redis,
            Player::Valkey => Flavour::Valkey,
        };
        let mut builder =
            FauxRedis::builder().ip(self.ip).port(self.port).mode(self.mode).flavour(flavour);
        if let Some(path) = self.unix_socket {
            builder = builder.unix_socket(path);
        }
        if let Some(version) = self.version {
            builder = builder.version(version);
        }
        if let Some(password) = self.password {
            builder = builder.password(password);
        }
        if let Some(path) = self.rdb {
            builder = builder.rdb(path);
        }
        for (name, value) in self.config {
            builder = builder.config(name, value);
        }
        builder.start().await
    }
}
