//! The one runtime of the process; every server is a few tasks on it.
use once_cell::sync::OnceCell;
use tokio::runtime::{Builder, Runtime};

/// A runtime and the process it belongs to.
struct Generation {
    process: u32,
    runtime: Runtime,
    /// The runtime of a process forked off this one.
    next: OnceCell<Box<Generation>>,
}

/// The runtime of this process. A fork leaves its parent's threads behind, so a child gets a
/// runtime of its own, and never touches its parent's.
pub(crate) fn runtime() -> &'static Runtime {
    static FIRST: OnceCell<Generation> = OnceCell::new();
    let process = std::process::id();
    let mut generation = FIRST.get_or_init(|| Generation::new(process));
    while generation.process != process {
        generation = generation.next.get_or_init(|| Box::new(Generation::new(process)));
    }
    &generation.runtime
}

/// Runs a future to its end on the process's runtime, for hosts that have no runtime of their own.
pub fn block_on<F: Future>(future: F) -> F::Output {
    runtime().block_on(future)
}

impl Generation {
    fn new(process: u32) -> Generation {
        let mut builder = Builder::new_multi_thread();
        // One worker comes close to the one thread of a real server; of two tasks that wake
        // together it may still run the later one first. The host's code has its own threads.
        let runtime = builder.worker_threads(1).thread_name("faux-redis").enable_all().build();
        let runtime = runtime.expect("the system has threads and an event queue to give");
        Generation { process, runtime, next: OnceCell::new() }
    }
}
