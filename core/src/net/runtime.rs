//! The one runtime of the process; every server is a few tasks on it.
use once_cell::sync::OnceCell;
use tokio::runtime::{Builder, Handle};

/// A runtime and the process it belongs to.
struct Generation {
    process: u32,
    runtime: Handle,
    /// The runtime of a process forked off this one.
    next: OnceCell<Box<Generation>>,
}

/// The runtime of this process. A fork leaves its parent's threads behind, so a child gets a
/// runtime of its own, and never touches its parent's.
pub(crate) fn runtime() -> &'static Handle {
    static FIRST: OnceCell<Generation> = OnceCell::new();
    let process = std::process::id();
    let mut generation = FIRST.get_or_init(|| Generation::new(process));
    while generation.process != process {
        generation = generation.next.get_or_init(|| Box::new(Generation::new(process)));
    }
    &generation.runtime
}

/// Runs a future to its end in this thread, for hosts that have no runtime of their own. Sockets
/// and timers are the process's runtime's.
pub fn block_on<F: Future>(future: F) -> F::Output {
    runtime().block_on(future)
}

/// Runs a future in a task of its own on that runtime, for bindings to other languages.
pub fn spawn(future: impl Future<Output = ()> + Send + 'static) {
    runtime().spawn(future);
}

/// The name of the thread that runs the tasks.
const THREAD: &str = "faux-redis";

/// Whether this is the thread that runs the tasks: it must not wait for what another of them does.
pub(super) fn is_here() -> bool {
    std::thread::current().name() == Some(THREAD)
}

impl Generation {
    /// One thread runs all the tasks, in the order in which they were woken: so requests of
    /// several connections are carried out in the order they came, as by a real server. The
    /// scheduler with several threads would run the task woken last first.
    fn new(process: u32) -> Generation {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("the system has an event queue to give");
        let handle = runtime.handle().clone();
        std::thread::Builder::new()
            .name(THREAD.to_owned())
            .spawn(move || runtime.block_on(std::future::pending::<()>()))
            .expect("the system has a thread to give");
        Generation { process, runtime: handle, next: OnceCell::new() }
    }
}
