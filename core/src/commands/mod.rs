//! The families. A new command is a row and a function in one of these files.
use crate::command::Family;

mod array;
mod bitmap;
mod client;
mod command_info;
mod connection;
mod dump;
mod expire;
mod generic;
mod geo;
mod hash;
mod help;
mod hyperloglog;
mod lifetime;
mod list;
mod migrate;
mod persistence;
mod pubsub;
mod replication;
mod scan;
mod server;
mod set;
mod sort;
mod sorted_set;
mod span;
mod stream;
mod string;
#[cfg(test)]
mod testing;
mod timeout;
mod transaction;
mod wait;

/// Every command, family by family, in the order in which COMMAND lists them.
#[rustfmt::skip]
pub(crate) const FAMILIES: &[Family] = &[
    Family { group: "string", commands: string::COMMANDS },
    Family { group: "bitmap", commands: bitmap::COMMANDS },
    Family { group: "bitmap", commands: bitmap::FIELDS },
    Family { group: "string", commands: string::COMPARING },
    Family { group: "string", commands: string::INCREASING },
    Family { group: "string", commands: string::SEVERAL },
    Family { group: "string", commands: string::SUBSEQUENCES },
    Family { group: "generic", commands: generic::COMMANDS },
    Family { group: "generic", commands: dump::COMMANDS },
    Family { group: "generic", commands: expire::COMMANDS },
    Family { group: "generic", commands: migrate::COMMANDS },
    Family { group: "generic", commands: sort::COMMANDS },
    Family { group: "generic", commands: wait::COMMANDS },
    Family { group: "geo", commands: geo::COMMANDS },
    Family { group: "geo", commands: geo::SEARCHING },
    Family { group: "hash", commands: hash::COMMANDS },
    Family { group: "hash", commands: hash::EXPIRING },
    Family { group: "hyperloglog", commands: hyperloglog::COMMANDS },
    Family { group: "hash", commands: hash::EXPIRING_OF_VALKEY },
    Family { group: "hash", commands: hash::IMPORTING },
    Family { group: "array", commands: array::COMMANDS },
    Family { group: "list", commands: list::COMMANDS },
    Family { group: "list", commands: list::WAITING },
    Family { group: "list", commands: list::SEVERAL },
    Family { group: "set", commands: set::COMMANDS },
    Family { group: "set", commands: set::COUNTING },
    Family { group: "sorted-set", commands: sorted_set::COMMANDS },
    Family { group: "sorted-set", commands: sorted_set::POPPING },
    Family { group: "sorted-set", commands: sorted_set::RANGING },
    Family { group: "sorted-set", commands: sorted_set::COMBINING },
    Family { group: "stream", commands: stream::COMMANDS },
    Family { group: "stream", commands: stream::RANGING },
    Family { group: "stream", commands: stream::READING },
    Family { group: "stream", commands: stream::GROUPS },
    Family { group: "stream", commands: stream::PENDING },
    Family { group: "stream", commands: stream::CLAIMING },
    Family { group: "stream", commands: stream::REFERENCES },
    Family { group: "stream", commands: stream::IDEMPOTENCE },
    Family { group: "stream", commands: stream::INFO },
    Family { group: "pubsub", commands: pubsub::COMMANDS },
    Family { group: "transactions", commands: transaction::COMMANDS },
    Family { group: "connection", commands: connection::COMMANDS },
    Family { group: "connection", commands: client::COMMANDS },
    Family { group: "server", commands: server::COMMANDS },
    Family { group: "server", commands: command_info::COMMANDS },
    Family { group: "server", commands: dump::SERVER_COMMANDS },
    Family { group: "server", commands: persistence::COMMANDS },
    Family { group: "server", commands: replication::COMMANDS },
    #[cfg(test)]
    Family { group: "testing", commands: testing::COMMANDS },
];
