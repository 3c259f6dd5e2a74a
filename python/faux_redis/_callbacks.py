"""The threads on which callbacks and predicates of tests run, and how all of it ends.

The core puts its questions into a queue. Threads that Python started take them from there, so
that no code of a test runs below a frame of the core's: Python may end such a thread when the
interpreter exits. They are daemon threads, since a callback that never returns must not keep the
process alive.
"""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import inspect
import itertools
import os
import threading
import time
import weakref
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from . import _core
from .errors import AnswerError

# Threads that wait for a question beyond this number end.
SPARE_THREADS = 4

# How often a thread that waits for a coroutine looks whether its event loop still runs.
LOOK_S = 0.1

# How long the interpreter's exit waits for threads that are about to leave the core.
PATIENCE_S = 5.0


class Stoppable(Protocol):
    """What is stopped before the interpreter exits."""

    def stop(self) -> None: ...


class Host:
    """The callables of one server's test, and what they raised.

    The core knows them by their numbers alone, so the garbage collector sees every reference.
    """

    def __init__(self) -> None:
        self.number = next(_numbers)
        self.raised: dict[int, BaseException] = {}
        self.failed: dict[int, BaseException] = {}
        """What callables raised last, by the callables' numbers."""
        self._callables: dict[int, tuple[Callable[..., Any], asyncio.AbstractEventLoop | None]] = {}
        _hosts[self.number] = self

    def add(self, callable_: Callable[..., Any]) -> tuple[int, _core.Callable]:
        """Takes a callable; gives its number, and what stands for it in the core."""
        number = next(_numbers)
        self._callables[number] = (callable_, _running_loop())
        workers = _process.workers()
        return number, workers.asks.callable(self.number, number, name_of(callable_))

    def remove(self, number: int) -> None:
        """Forgets a callable that will not be asked again."""
        self._callables.pop(number, None)
        self.failed.pop(number, None)

    def clear(self) -> None:
        """Forgets everything."""
        self._callables.clear()
        self.raised.clear()
        self.failed.clear()

    def serve(self, ask: _core.Ask) -> None:
        """Asks the callable, and hands back what it says."""
        found = self._callables.get(ask.callable)
        if found is None:
            ask.fail("the rule is gone", 0)
            return
        callable_, loop = found
        try:
            result = callable_(ask.subject)
            ask.answer(_awaited(result, loop) if inspect.isawaitable(result) else result)
        except BaseException as error:
            # What a test raises to fail itself is not an `Exception`; it must reach the test too.
            number = next(_numbers)
            self.raised[number] = self.failed[ask.callable] = _without_our_frames(error)
            ask.fail(" ".join(f"{type(error).__name__}: {error}".split()), number)


def name_of(callable_: Callable[..., Any]) -> str:
    """How messages show a callable."""
    name = getattr(callable_, "__qualname__", None)
    return name.rpartition("<locals>.")[2] if isinstance(name, str) else repr(callable_)


def stop_at_exit(server: Stoppable) -> None:
    """Has a server stopped when the interpreter exits while it runs."""
    _process.servers.add(server)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _awaited(result: Awaitable[Any], loop: asyncio.AbstractEventLoop | None) -> object:
    """Awaits on the event loop in which the rule was made; if there was none, on one of its own."""

    async def coroutine() -> object:
        return await result

    if loop is None:
        return asyncio.run(coroutine())
    waiting = coroutine()
    try:
        future = asyncio.run_coroutine_threadsafe(waiting, loop)
    except RuntimeError:
        waiting.close()
        close = getattr(result, "close", None)
        if close is not None:
            close()
        raise AnswerError("the event loop in which the rule was made is closed") from None
    while not concurrent.futures.wait([future], LOOK_S).done:
        if loop.is_closed():
            raise AnswerError("the event loop in which the rule was made has been closed meanwhile")
    return future.result()


def _without_our_frames(error: BaseException) -> BaseException:
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_frame.f_code.co_filename == __file__:
        traceback = traceback.tb_next
    return error.with_traceback(traceback)


class _Workers:
    """Threads that work off a queue. One more than is busy always waits, so none waits for another."""

    def __init__(self) -> None:
        self.asks = _core.Asks()
        self._lock = threading.Lock()
        self._spare = 0
        self._start()

    def _start(self) -> None:
        with self._lock:
            self._spare += 1
        try:
            threading.Thread(target=self._work, name="faux_redis callback", daemon=True).start()
        except RuntimeError:
            # The interpreter is about to exit, or the system has no thread left: then questions
            # wait for the threads there are.
            with self._lock:
                self._spare -= 1

    def _work(self) -> None:
        while (ask := self.asks.next()) is not None:
            with self._lock:
                self._spare -= 1
                is_last = self._spare == 0
            if is_last:
                self._start()
            _serve(ask)
            del ask
            with self._lock:
                if self._spare >= SPARE_THREADS:
                    return
                self._spare += 1


def _serve(ask: _core.Ask) -> None:
    host = _hosts.get(ask.host)
    if host is None:
        ask.fail("the server is gone", 0)
    else:
        host.serve(ask)


class _Process:
    """What one process has: its threads for callbacks, and the servers it must stop."""

    def __init__(self) -> None:
        self.servers: weakref.WeakSet[Stoppable] = weakref.WeakSet()
        self._workers: _Workers | None = None
        self._lock = threading.Lock()

    def workers(self) -> _Workers:
        with self._lock:
            if self._workers is None:
                self._workers = _Workers()
            return self._workers

    def close(self) -> None:
        """Gets every thread out of the core, as long as it can come back."""
        _core.close()
        if self._workers is not None:
            self._workers.asks.close()
        for server in list(self.servers):
            server.stop()
        deadline = time.monotonic() + PATIENCE_S
        while _core.waiting_threads() and time.monotonic() < deadline:
            time.sleep(0.001)


_numbers = itertools.count(1)
_hosts: weakref.WeakValueDictionary[int, Host] = weakref.WeakValueDictionary()
_process = _Process()


def _after_fork() -> None:
    """Leaves threads and servers to the parent, where they are."""
    global _process
    _core.after_fork()
    _process = _Process()


def _at_exit() -> None:
    _process.close()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
