//! Requests of several connections are carried out in the order in which they were sent.
mod support;

use faux_redis::blocking::FauxRedis;
use support::Client;

#[test]
fn a_request_is_not_overtaken_by_one_that_was_sent_after_it_elsewhere() {
    let redis = FauxRedis::start().expect("a port is free");
    let mut writers: Vec<_> = (0..8).map(|_| Client::connect(&redis)).collect();
    let mut reader = Client::connect(&redis);
    for client in writers.iter_mut().chain([&mut reader]) {
        client.says("PING", "+PONG\r\n");
    }
    for round in 0..100 {
        for writer in &mut writers {
            writer.send(&format!("APPEND log {round},"));
        }
        reader.send("STRLEN log");
        let digits = if round < 10 { 1 } else { 2 };
        let before = (0..round).map(|round| if round < 10 { 2 } else { 3 } * 8).sum::<usize>();
        let length = |writers: usize| before + writers * (digits + 1);
        for (nth, writer) in writers.iter_mut().enumerate() {
            writer.receives(&format!(":{}\r\n", length(nth + 1)));
        }
        reader.receives(&format!(":{}\r\n", length(8)));
    }
}
