//! A server that is down, restarts, pauses, kills, pushes, and has too many clients: over real sockets.
mod support;

use faux_redis::blocking::FauxRedis;
use faux_redis::{
    Client as Who, Clock, DownMode, Ending, ErrorKind, Keep, Matcher, Pattern, Reply,
};
use std::io::{ErrorKind as Io, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;
use support::{Client, Ended, PATIENCE};

fn start() -> (FauxRedis, Client) {
    let redis = FauxRedis::start().expect("a port is free");
    let client = Client::connect(&redis);
    (redis, client)
}

fn connect(redis: &FauxRedis) -> std::io::Result<TcpStream> {
    let socket = TcpStream::connect(redis.address())?;
    socket.set_read_timeout(Some(PATIENCE))?;
    Ok(socket)
}

#[test]
fn a_server_that_is_down_refuses_and_comes_back_on_its_port_with_its_data() {
    let (redis, mut client) = start();
    client.says("SET k v", "+OK\r\n");
    let down = redis.down(DownMode::Refuse).unwrap();
    assert_eq!(client.rest(), (Vec::new(), Ended::Closed));
    assert!(redis.is_down());
    assert_eq!(connect(&redis).unwrap_err().kind(), Io::ConnectionRefused);
    let taken = TcpListener::bind(redis.address()).unwrap_err();
    assert_eq!(taken.kind(), Io::AddrInUse, "no other process gets the port meanwhile");
    down.up().unwrap();
    assert!(!redis.is_down());
    Client::connect(&redis).says("GET k", "$1\r\nv\r\n");
}

#[test]
fn a_server_can_be_down_many_times() {
    let redis = FauxRedis::start().unwrap();
    for n in 1..=20 {
        let mut client = Client::connect(&redis);
        client.says("INCR n", &format!(":{n}\r\n"));
        let down = redis.down(DownMode::Refuse).unwrap().scoped();
        assert_eq!(connect(&redis).unwrap_err().kind(), Io::ConnectionRefused);
        drop(down);
        assert_eq!(client.rest(), (Vec::new(), Ended::Closed));
    }
}

#[test]
fn a_server_may_accept_and_close() {
    let (redis, mut client) = start();
    client.says("PING", "+PONG\r\n");
    let down = redis.down(DownMode::AcceptClose).unwrap();
    assert_eq!(client.rest(), (Vec::new(), Ended::Closed));
    for _ in 0..3 {
        assert_eq!(connect(&redis).unwrap().read(&mut [0]).unwrap(), 0);
    }
    down.up().unwrap();
    Client::connect(&redis).says("PING", "+PONG\r\n");
}

#[test]
fn a_server_may_accept_and_never_read() {
    let (redis, mut client) = start();
    client.says("PING", "+PONG\r\n");
    let down = redis.down(DownMode::Blackhole).unwrap();
    assert_eq!(client.rest(), (Vec::new(), Ended::Closed));
    let calls = redis.calls().len();
    let mut client = Client::connect(&redis);
    client.send("SET k v");
    client.has_nothing();
    assert_eq!(redis.calls().len(), calls);
    down.up().unwrap();
    // What was sent is lost with the connection, in order or not: as the system sees fit to say of unread bytes.
    assert_eq!(client.rest().0, b"");
    Client::connect(&redis).says("GET k", "$-1\r\n");
}

#[test]
fn it_is_up_when_nobody_has_it_down_any_more() {
    let redis = FauxRedis::start().unwrap();
    let first = redis.down(DownMode::Refuse).unwrap();
    let second = redis.down(DownMode::AcceptClose).unwrap();
    assert_eq!(connect(&redis).unwrap().read(&mut [0]).unwrap(), 0);
    second.up().unwrap();
    assert_eq!(connect(&redis).unwrap_err().kind(), Io::ConnectionRefused);
    first.up().unwrap();
    Client::connect(&redis).says("PING", "+PONG\r\n");
    let _down = redis.down(DownMode::Refuse).unwrap();
    redis.up().unwrap();
    Client::connect(&redis).says("PING", "+PONG\r\n");
    let _down = redis.down(DownMode::Refuse).unwrap();
    redis.reset();
    Client::connect(&redis).says("PING", "+PONG\r\n");
}

#[test]
fn a_server_that_is_down_can_be_stopped_and_leaves_its_port() {
    let redis = FauxRedis::start().unwrap();
    let address = redis.address();
    let down = redis.down(DownMode::Refuse).unwrap();
    redis.stop();
    TcpListener::bind(&address).expect("the port is free");
    down.up().expect("there is nothing to bring up");
    TcpListener::bind(&address).expect("the port is free");
}

#[test]
fn a_unix_socket_is_down_and_up_as_well() {
    let path = std::env::temp_dir().join(format!("faux-down-{}.sock", std::process::id()));
    let builder = faux_redis::FauxRedis::builder().unix_socket(&path);
    let redis = FauxRedis::start_with(builder).unwrap();
    let connect = || std::os::unix::net::UnixStream::connect(&path);
    let ping = || {
        let mut socket = connect()?;
        socket.write_all(b"PING\r\n")?;
        let mut reply = [0; 7];
        socket.read_exact(&mut reply).map(|()| reply)
    };
    assert_eq!(&ping().unwrap(), b"+PONG\r\n");
    for _ in 0..2 {
        let down = redis.down(DownMode::Refuse).unwrap();
        assert_eq!(connect().unwrap_err().kind(), Io::ConnectionRefused);
        down.up().unwrap();
        assert_eq!(&ping().unwrap(), b"+PONG\r\n");
    }
    redis.stop();
    assert!(!path.exists());
}

#[test]
fn a_restart_cuts_connections_keeps_or_loses_the_data_and_is_seen_in_info() {
    let clock = Clock::starting_at(Duration::from_secs(1_000_000));
    let builder = faux_redis::FauxRedis::builder().clock(clock.clone());
    let redis = FauxRedis::start_with(builder).unwrap();
    let stub = redis.stub("GETDEL").reply("stub");
    let mut client = Client::connect(&redis);
    let info = |client: &mut Client, name: &str| {
        client.send("INFO server");
        let head = client.line();
        let length: usize = head[1..].parse().unwrap();
        let mut text = String::new();
        while text.len() < length {
            text += &client.line();
            text += "\r\n";
        }
        client.line();
        let start = text.find(&format!("\r\n{name}:")).unwrap() + name.len() + 3;
        text[start..].split("\r\n").next().unwrap().to_owned()
    };
    client.says("SET k v EX 100", "+OK\r\n");
    client.says("CONFIG SET maxmemory 100mb", "+OK\r\n");
    clock.advance(Duration::from_secs(60));
    let run_id = info(&mut client, "run_id");
    assert_eq!(info(&mut client, "uptime_in_seconds"), "60");
    let port = redis.port();

    redis.restart(Keep::Data).unwrap();
    assert_eq!(client.rest(), (Vec::new(), Ended::Closed));
    assert_eq!(redis.port(), port);
    let mut client = Client::connect(&redis);
    client.says("TTL k", ":40\r\n");
    client.says("CONFIG GET maxmemory", "*2\r\n$9\r\nmaxmemory\r\n$1\r\n0\r\n");
    assert_eq!(info(&mut client, "uptime_in_seconds"), "0");
    let second = info(&mut client, "run_id");
    assert_ne!(second, run_id);
    assert_eq!(second.len(), 40);
    client.says("GETDEL k", "$4\r\nstub\r\n");
    assert_eq!(stub.handled().hits, 1);

    redis.restart(Keep::Nothing).unwrap();
    assert_eq!(client.rest(), (Vec::new(), Ended::Closed));
    Client::connect(&redis).says("DBSIZE", ":0\r\n");
}

#[test]
fn a_restart_cuts_connections_that_were_not_accepted_yet() {
    let redis = FauxRedis::start().unwrap();
    for _ in 0..50 {
        let mut client = Client::connect(&redis);
        redis.restart(Keep::Data).unwrap();
        assert_eq!(client.rest().0, b"");
        Client::connect(&redis).says("PING", "+PONG\r\n");
    }
}

#[test]
fn a_restart_while_a_command_waits_or_is_answered_by_the_test_leaves_the_server_usable() {
    let (redis, mut waiting) = start();
    let mut asked = Client::connect(&redis);
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    redis.stub("GET").call(move |_| {
        released.lock().unwrap().recv_timeout(PATIENCE).unwrap();
        "late"
    });
    waiting.send("BLPOP list 0");
    asked.send("GET k");
    redis.wait_for("BLPOP", PATIENCE).unwrap();
    redis.wait_for("GET", PATIENCE).unwrap();
    redis.restart(Keep::Data).unwrap();
    assert_eq!(waiting.rest(), (Vec::new(), Ended::Closed));
    assert_eq!(asked.rest(), (Vec::new(), Ended::Closed));
    release.send(()).unwrap();
    let mut client = Client::connect(&redis);
    client.says("RPUSH list a", ":1\r\n");
    client.says("LLEN list", ":1\r\n");
}

#[test]
fn a_pause_leaves_what_comes_unread_until_it_is_over() {
    let (redis, mut client) = start();
    let mut other = Client::connect(&redis);
    client.says("PING", "+PONG\r\n");
    let pause = redis.pause(1);
    client.send("INCR n");
    other.says("INCR n", ":1\r\n");
    client.has_nothing();
    pause.resume();
    client.receives(":2\r\n");
    let everybody = redis.pause(Who::any()).scoped();
    let mut late = Client::connect(&redis);
    late.send("PING");
    other.send("PING");
    late.has_nothing();
    other.has_nothing();
    drop(everybody);
    late.receives("+PONG\r\n");
    other.receives("+PONG\r\n");
}

#[test]
fn connections_are_killed_in_order_or_with_a_reset_and_counted() {
    let (redis, mut first) = start();
    let mut second = Client::connect(&redis);
    first.says("CLIENT SETNAME worker-1", "+OK\r\n");
    second.says("CLIENT SETNAME worker-2", "+OK\r\n");
    let workers = || Who::any().name(Pattern::Glob("worker-*".into()));
    assert_eq!(redis.kill(Who::any().name("worker-2"), Ending::Reset), 1);
    assert_eq!(second.rest(), (Vec::new(), Ended::Reset));
    assert_eq!(redis.kill(workers(), Ending::Close), 1);
    assert_eq!(first.rest(), (Vec::new(), Ended::Closed));
    assert_eq!(redis.kill(workers(), Ending::Close), 0);
}

#[test]
fn a_kill_is_not_slowed_by_what_waits() {
    let clock = Clock::starting_at(Duration::from_secs(1));
    let builder = faux_redis::FauxRedis::builder().clock(clock);
    let redis = FauxRedis::start_with(builder).unwrap();
    let mut client = Client::connect(&redis);
    client.says("PING", "+PONG\r\n");
    redis.link(Who::any()).latency(Duration::from_secs(9)).slow_close(Duration::from_secs(9));
    client.send("PING");
    redis.wait_for_times("PING", 2, PATIENCE).unwrap();
    assert_eq!(redis.kill(1, Ending::Close), 1);
    assert_eq!(client.rest(), (Vec::new(), Ended::Closed));
}

#[test]
fn clients_above_the_limit_get_the_error_of_a_real_server() {
    let (redis, mut first) = start();
    first.says("PING", "+PONG\r\n");
    let limit = redis.max_clients(1).unwrap();
    let mut second = Client::connect(&redis);
    let told = b"-ERR max number of clients reached\r\n".to_vec();
    assert_eq!(second.rest(), (told, Ended::Closed));
    first.says("CONFIG GET maxclients", "*2\r\n$10\r\nmaxclients\r\n$1\r\n1\r\n");
    limit.remove();
    Client::connect(&redis).says("PING", "+PONG\r\n");
    {
        let _limit = redis.max_clients(1).unwrap().scoped();
        Client::connect(&redis).receives("-ERR max number of clients reached\r\n");
    }
    Client::connect(&redis).says("PING", "+PONG\r\n");
    let error = redis.max_clients(0).unwrap_err();
    assert_eq!(error.to_string(), "max_clients takes a number from 1 to 4294967295, not 0");
}

#[test]
fn a_push_reaches_those_who_speak_resp3_between_two_replies() {
    let (redis, mut client) = start();
    redis.stub("HELLO").execute().wrong_type().times(1);
    client.send("HELLO 3");
    client.receives(":1\r\n");
    assert_eq!(redis.push(1, Reply::invalidate(["k"])).unwrap(), 1);
    client.receives(">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n");
    redis.push(Who::any(), Reply::invalidate([""; 0])).unwrap();
    client.receives(">2\r\n$10\r\ninvalidate\r\n_\r\n");
    redis.push(1, Reply::message("ch", "payload")).unwrap();
    client.receives(">3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$7\r\npayload\r\n");
    redis.push(1, Reply::Array(vec!["own".into(), 1.into()])).unwrap();
    client.receives(">2\r\n$3\r\nown\r\n:1\r\n");
    assert_eq!(redis.push(Who::id(9), Reply::message("ch", "x")).unwrap(), 0);
    let error = redis.push(1, Reply::Int(1)).unwrap_err();
    assert_eq!(error.to_string(), "push takes a push or an array, not Int(1)");
}

#[test]
fn over_resp2_only_subscribers_hear_pushes_and_only_messages() {
    let (redis, mut client) = start();
    client.says("PING", "+PONG\r\n");
    let error = redis.push(1, Reply::message("ch", "x")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Option);
    assert!(error.to_string().starts_with("connection 1 speaks RESP2, where only subscribers"));
    client.send("SUBSCRIBE ch");
    client.receives("*3\r\n$9\r\nsubscribe\r\n$2\r\nch\r\n:1\r\n");
    redis.push(1, Reply::message("ch", "x")).unwrap();
    client.receives("*3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$1\r\nx\r\n");
    redis.push(1, Reply::invalidate(["k"])).unwrap_err();
    client.send("SUBSCRIBE __redis__:invalidate");
    client.receives("*3\r\n$9\r\nsubscribe\r\n$20\r\n__redis__:invalidate\r\n:2\r\n");
    redis.push(1, Reply::invalidate(["k"])).unwrap();
    client.receives("*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$1\r\nk\r\n");
    let error = redis.push(1, Reply::Push(vec!["other".into()])).unwrap_err();
    assert!(error.to_string().contains("it has 2 subscriptions"), "{error}");
}

#[test]
fn rules_still_answer_what_comes_through_after_a_restart_and_a_link() {
    let (redis, mut client) = start();
    redis.stub(Matcher::command("GET")).reply("x");
    redis.link(Who::any()).slice(1);
    client.says("PING", "+PONG\r\n");
    redis.restart(Keep::Nothing).unwrap();
    assert_eq!(client.rest(), (Vec::new(), Ended::Closed));
    Client::connect(&redis).says("GET k", "$1\r\nx\r\n");
}

#[test]
fn of_several_limits_of_clients_the_latest_counts_that_has_not_ended() {
    let redis = FauxRedis::start().unwrap();
    let mut client = Client::connect(&redis);
    let mut limit = |expected: &str| {
        let reply = format!("*2\r\n$10\r\nmaxclients\r\n${}\r\n{expected}\r\n", expected.len());
        client.says("CONFIG GET maxclients", &reply);
    };
    let (first, second) = (redis.max_clients(5).unwrap(), redis.max_clients(7).unwrap());
    limit("7");
    first.remove();
    limit("7");
    second.remove();
    limit("10000");
    let (first, second) = (redis.max_clients(5).unwrap(), redis.max_clients(7).unwrap());
    second.remove();
    limit("5");
    first.remove();
    limit("10000");
}
