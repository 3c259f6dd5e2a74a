"""What ends when: forks, collected handles, and the exit of the interpreter, each without a hang or noise."""

from __future__ import annotations

import gc
import multiprocessing
import os
import subprocess
import sys
import textwrap
import threading
import weakref
from typing import Any

import pytest
from wire import Wire, ask, is_open

from faux_redis import FauxRedis, StoppedError, re


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end; one that hangs fails."""
    program = "from faux_redis import FauxRedis\nfrom wire import Wire, ask\n" + textwrap.dedent(code)
    paths = os.pathsep.join(path for path in sys.path if path)
    return subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", program],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def check(code: str, output: str = "") -> None:
    """Runs a program that must end well, and say no more than it should."""
    ended = run(code)
    assert (ended.returncode, ended.stderr, ended.stdout) == (0, "", output)


def test_a_collected_handle_stops_its_server() -> None:
    redis = FauxRedis().start()
    port = redis.port
    with Wire(redis) as wire:
        wire.ask("PING")
        del redis
        gc.collect()
        assert wire.receive() == "(closed)"
    with FauxRedis(port=port) as again:
        assert ask(again, "PING") == "+PONG"


def test_a_cycle_through_a_callback_is_collected() -> None:
    redis = FauxRedis().start()
    gone = weakref.ref(redis)

    def answer(call: Any, redis: FauxRedis = redis) -> int:
        return len(redis.calls)

    redis.stub("GET").call(answer)
    redis.stub("SET", key=re("x"), when=answer).reply("x")
    assert ask(redis, "GET k") == ":1"
    del redis, answer
    gc.collect()
    assert gone() is None


def test_a_cycle_through_an_exception_is_collected() -> None:
    redis = FauxRedis().start()
    gone = weakref.ref(redis)

    def fail(call: Any, redis: FauxRedis = redis) -> None:
        raise ValueError(redis)

    redis.stub("GET").call(fail)
    ask(redis, "GET k")
    del redis, fail
    gc.collect()
    assert gone() is None


def test_a_rule_does_not_keep_its_callables_once_it_is_removed() -> None:
    class Answer:
        def __call__(self, call: Any) -> str:
            return "x"

    answer = Answer()
    gone = weakref.ref(answer)
    with FauxRedis() as redis:
        rule = redis.stub("GET").call(answer)
        del answer
        rule.remove()
        gc.collect()
        assert gone() is None


def in_the_child(redis: FauxRedis, answers: Any) -> None:
    """Uses its parent's server as a client, and has one of its own."""
    answers.put(ask(redis, "GET k"))
    try:
        redis.calls[0]
    except StoppedError as error:
        answers.put(str(error))
    redis.stop()
    with FauxRedis() as own:
        own.stub("GET").call(lambda call: "child")
        answers.put(ask(own, "GET k"))
    with redis:
        answers.put(ask(redis, "GET k"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_uses_its_parents_server_and_has_servers_of_its_own() -> None:
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    with FauxRedis(verify=False) as redis:
        redis.stub("GET").call(lambda call: "parent")
        ask(redis, "GET k")
        child = context.Process(target=in_the_child, args=(redis, answers))
        child.start()
        first, refused, own = answers.get(), answers.get(), answers.get()
        child.join()
        assert (first, own) == ('"parent"', '"child"')
        assert "in the process that this one was forked from" in refused
        assert ask(redis, "GET k") == '"parent"'
        assert len(redis.calls("GET")) >= 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_cannot_verify_what_its_parent_watches_over() -> None:
    context = multiprocessing.get_context("fork")
    answers = context.Queue()

    def verify() -> None:
        try:
            guard.verify()
            answers.put("nothing was said")
        except StoppedError as error:
            answers.put(str(error))

    with FauxRedis() as redis, redis.unchanged() as guard:
        child = context.Process(target=verify)
        child.start()
        assert "in the process that this one was forked from" in answers.get()
        child.join()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_fork_that_exits_like_any_program_leaves_its_parents_server_alone() -> None:
    check(
        """
        import os, sys, warnings
        warnings.simplefilter("ignore")
        redis = FauxRedis().start()
        redis.stub("GET").call(lambda call: "parent")
        ask(redis, "GET k")
        child = os.fork()
        if child == 0:
            sys.exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        print(ask(redis, "GET k"))
        """,
        '"parent"\n',
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_port_is_free_after_the_stop_although_a_fork_still_lives() -> None:
    redis = FauxRedis().start()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(reader, 1)
        os._exit(0)
    redis.stop()
    assert not is_open(redis.port)
    os.write(writer, b"x")
    os.waitpid(child, 0)


def test_the_interpreter_exits_with_connections_open_and_clients_blocked() -> None:
    check(
        """
        redis = FauxRedis().start()
        idle, blocked = Wire(redis), Wire(redis)
        idle.ask("PING")
        blocked.send("BLPOP list 0")
        redis.wait_for("BLPOP")
        redis.expect("NEVER")
        """
    )


def test_the_interpreter_exits_with_callbacks_pending() -> None:
    check(
        """
        import threading, time
        redis = FauxRedis().start()
        def spin(call):
            while True:
                pass
        redis.stub("GET", "forever").call(lambda call: threading.Event().wait())
        redis.stub("GET", "spin").call(spin)
        redis.stub("GET", "sleep").call(lambda call: time.sleep(600))
        redis.stub("GET", "wait").call(lambda call: redis.wait_for("NEVER", timeout=600))
        redis.stub("GET", "ask").call(lambda call: [redis.calls[0] for _ in iter(int, 1)])
        for key in ("forever", "spin", "sleep", "wait", "ask"):
            Wire(redis).send("GET " + key)
            redis.wait_for("GET", key)
        """
    )


def test_the_interpreter_exits_in_the_middle_of_a_stream_of_callbacks() -> None:
    check(
        """
        import threading
        redis = FauxRedis().start()
        redis.stub("GET").call(lambda call: str(call.seq))
        def talk():
            wire = Wire(redis)
            while wire.ask("GET k") != "(closed)":
                pass
        for _ in range(8):
            threading.Thread(target=talk, daemon=True).start()
        redis.wait_for("GET", times=200, timeout=60)
        """
    )


def test_the_interpreter_exits_while_daemon_threads_wait() -> None:
    check(
        """
        import threading
        redis = FauxRedis().start()
        ready = threading.Barrier(5)
        def wait():
            ready.wait()
            redis.wait_for("NEVER", timeout=600)
        threading.excepthook = lambda args: None
        for _ in range(4):
            threading.Thread(target=wait, daemon=True).start()
        ready.wait()
        """
    )


def test_other_exit_handlers_may_still_use_a_server() -> None:
    check(
        """
        import atexit
        redis = FauxRedis().start()
        atexit.register(lambda: print(ask(redis, "PING")))
        """,
        "+PONG\n",
    )


def test_an_uncaught_exception_is_all_that_is_told() -> None:
    ended = run(
        """
        with FauxRedis() as redis:
            redis.expect("NEVER")
            raise SystemExit("over")
        """
    )
    assert (ended.returncode, ended.stderr) == (1, "over\n")


def test_ctrl_c_ends_a_wait() -> None:
    check(
        """
        import os, signal, threading
        # A process that a shell has started in the background ignores the signal.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        redis = FauxRedis().start()
        redis.stub("PING").call(lambda call: os.kill(os.getpid(), signal.SIGINT))
        try:
            Wire(redis).send("PING")
            redis.wait_for("NEVER", timeout=600)
        except KeyboardInterrupt:
            print("ended")
        """,
        "ended\n",
    )


def test_importing_starts_no_thread() -> None:
    check(
        "import threading, os; print(threading.active_count(), len(os.listdir('/proc/self/task')))", "1 1\n"
    )


def test_many_servers_live_at_once_and_leave_no_thread_each() -> None:
    servers = [FauxRedis().start() for _ in range(50)]
    before = threading.active_count()
    assert [ask(server, "PING") for server in servers] == ["+PONG"] * 50
    assert threading.active_count() == before
    for server in servers:
        server.stop()
