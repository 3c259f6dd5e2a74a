#!/usr/bin/env python3
"""Compares which error comes first: requests in which several things are wrong, to a real server and to this project's.

    errors.py --start-cmd 'faux-redis serve {persona} --port {port}' [--server redis-7.0] [--command zadd]
              [--limit 200] [--seed 1]

Of every data command that both servers document, `places.py` draws up the requests. Without `--limit` all are sent, with it
so many of each command, half of them without options. Those without options are sent in all situations besides:
within a transaction, to a server without memory, and so on. Before each request its keys are made anew; after it a digest
of all keys shows whether a request that failed has changed something. The exit code is 1 if anything differs.
"""

from __future__ import annotations

import argparse
import random
import select
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), *(str(FOLDER.parent / room) for room in ("differential", "oracles", "conversations"))]

import grammar  # noqa: E402
import notation  # noqa: E402
import oracles  # noqa: E402
import places  # noqa: E402
import spoils  # noqa: E402
from differential import SERVERS, documented, why_not  # noqa: E402
from notation import Value  # noqa: E402
from pair import PATIENCE_S, Gone, Link, Pair, decoded, paired  # noqa: E402
from places import Command, Request  # noqa: E402
from report import written  # noqa: E402
from rules import Case, allowed, random_pick  # noqa: E402
from sequences import Request as Sent  # noqa: E402

GROUPS = set("string bitmap list hash set sorted-set stream geo hyperloglog generic transactions pubsub".split())

# As many requests are sent at once.
BATCH = 100

Words = list[bytes]


@dataclass(frozen=True)
class Situation:
    """What a server is brought into before a request, and out of after it."""

    name: str
    before: tuple[Words, ...] = ()
    after: tuple[Words, ...] = ()
    # Nobody who waits is waited for: what may wait is refused, or only for a moment.
    settles: bool = True


USUAL = Situation("", settles=False)
TRANSACTION = Situation("in a transaction", ([b"MULTI"],), ([b"EXEC"], [b"RESET"]))
SITUATIONS = [
    TRANSACTION,
    Situation("without memory", ([b"CONFIG", b"SET", b"maxmemory", b"1"],), ([b"CONFIG", b"SET", b"maxmemory", b"0"],), settles=False),
    Situation("with a password", ([b"CONFIG", b"SET", b"requirepass", b"secret"], [b"RESET"]), ([b"AUTH", b"secret"], [b"CONFIG", b"SET", b"requirepass", b""])),
    Situation("subscribed", ([b"SUBSCRIBE", b"news"],), ([b"RESET"],)),
    Situation("subscribed, with RESP3", ([b"HELLO", b"3"], [b"SUBSCRIBE", b"news"],), ([b"RESET"],)),
]  # fmt: skip

# What HELP replies are this project's own words.
NOT_COMPARED = {"help"}

# MIGRATE waits for another server, which a transaction here cannot.
NOT_IN_A_TRANSACTION = {"migrate"}


@dataclass(frozen=True)
class Difference:
    """A request that the servers answer differently, or after which they hold something else."""

    situation: Situation
    request: Request
    real: str
    ours: str

    @property
    def signature(self) -> tuple[str, str, str, str]:
        """The same for differences that are probably one."""
        return self.situation.name, self.request[0].decode("latin-1").upper(), self.real[:60], self.ours[:60]


# ---- what is asked ---------------------------------------------------------------------------------------------------


def commands(pair: Pair) -> list[Command]:
    """The data commands that both servers document."""
    ours = documented(pair.ours)
    blocking = {name for name, flags in _flags(pair).items() if b"blocking" in flags}
    found = []
    for name, told in documented(pair.real).items():
        group = told["group"].content.decode()
        compared = group in GROUPS and name.rpartition("|")[2] not in NOT_COMPARED
        if compared and name in ours and "subcommands" not in told:
            arguments = list(told["arguments"].content) if "arguments" in told else []
            found.append(Command(name, group, name.partition("|")[0] in blocking, arguments))
    # For its documentation Valkey 9 makes clients of its own.
    pair.number_clients_alike()
    return found


def _flags(pair: Pair) -> dict[str, set[bytes]]:
    told = pair.real.ask([[b"COMMAND"]])[0].content
    return {one.content[0].content.decode(): {flag.content for flag in one.content[2].content} for one in told}


def chosen(command: Command, situation: Situation, limit: int | None, seed: int) -> list[Request]:
    """The requests of a command: all, or so many, half of which have no options, if there are more."""
    everything = (
        [] if situation is not USUAL else places.requests(command, places.BUDGET if limit is None else places.SMALL_BUDGET)
    )
    first = places.plain(command)
    if limit is None:
        return everything or first
    dice = random.Random(f"{seed} {command.name} {situation.name}")
    first = dice.sample(first, min(len(first), limit // 2))
    taken = set(first)
    others = [request for request in everything if request not in taken]
    return [*first, *dice.sample(others, min(len(others), limit - len(first)))]


def conversation(command: Command, request: Request, situation: Situation) -> list[Words]:
    """A request with what comes before it and after it, between two words by which its replies are found."""
    if command.blocking and not situation.settles:
        # There nothing waits.
        asked = [[b"MULTI"], list(request), [b"EXEC"]]
    else:
        asked = [list(request)]
    if command.group in ("pubsub", "transactions"):
        asked.append([b"RESET"])
    asked = [[b"ECHO", MARK], *situation.before, *asked, *situation.after, [b"ECHO", MARK], [b"DEBUG", b"DIGEST"]]
    return [[b"FLUSHALL"], *spoils.made(request), *asked]


MARK = b"#errors#"


# ---- comparing -------------------------------------------------------------------------------------------------------


def compare(pair: Pair, command: Command, requests: list[Request], situation: Situation) -> Iterator[Difference]:
    """What differs among these requests."""
    for start in range(0, len(requests), BATCH):
        batch = requests[start : start + BATCH]
        payload = b"".join(notation.encode(words) for request in batch for words in conversation(command, request, situation))
        try:
            real, ours = answers(pair, payload)
        except Gone as gone:
            pair.start()
            yield from _alone(pair, command, batch, situation, gone)
            continue
        if real != ours:
            yield from _differences(batch, situation, real, ours)


def answers(pair: Pair, payload: bytes) -> tuple[bytes, bytes]:
    """What both servers answer to a batch."""
    for side in pair.sides:
        side.link("errors").send(payload + notation.encode([b"ECHO", END]))
    real, ours = (_whole(side.links["errors"], pair) for side in pair.sides)
    return real, ours


END = b"#end of errors#"


def _whole(link: Link, pair: Pair) -> bytes:
    deadline = time.monotonic() + PATIENCE_S
    end = b"$%d\r\n%s\r\n" % (len(END), END)
    while not link.received.endswith(end):
        others = [side.links["errors"] for side in pair.sides]
        ready, _, _ = select.select(
            [one.socket for one in others if not one.closed], [], [], max(0.0, deadline - time.monotonic())
        )
        if link.closed or not ready:
            raise Gone(link.server, "has ended" if link.closed else "does not answer")
        for one in others:
            one.read()
    received, link.received = link.received[: -len(end)], b""
    return received


def _alone(pair: Pair, command: Command, batch: list[Request], situation: Situation, gone: Gone) -> Iterator[Difference]:
    """Sends the requests one by one, to find that at which a server ends or keeps silent."""
    if len(batch) == 1:
        real, ours = (gone.how if side.name == gone.server else "answers" for side in pair.sides)
        yield Difference(situation, batch[0], f"({real})", f"({ours})")
        return
    for request in batch:
        yield from compare(pair, command, [request], situation)


def _differences(batch: list[Request], situation: Situation, real: bytes, ours: bytes) -> Iterator[Difference]:
    for request, one, other in zip(batch, _by_request(real), _by_request(ours), strict=True):
        if one == other:
            continue
        (replies, digest), (our_replies, our_digest) = one, other
        if replies == our_replies:
            yield Difference(situation, request, f"then keeps {digest}", f"then keeps {our_digest}")
        elif not _let_pass(request, replies, our_replies):
            yield Difference(situation, request, _written(replies), _written(our_replies))


def _by_request(received: bytes) -> list[tuple[list[Value], str]]:
    """The replies to each request, and the digest after it."""
    values = decoded(received)
    assert values is not None, "the last reply ended the batch"
    mark = Value("bulk", MARK)
    marks = [at for at, value in enumerate(values) if value == mark]
    return [
        (values[start + 1 : end], notation.write(values[end + 1])) for start, end in zip(marks[::2], marks[1::2], strict=True)
    ]


def _let_pass(request: Request, real: list[Value], ours: list[Value]) -> bool:
    sent = Sent("1", request)
    return len(real) == len(ours) and all(_same(sent, *both) for both in zip(real, ours, strict=True))


def _same(sent: Sent, real: Value, ours: Value) -> bool:
    if real.kind == ours.kind == "array" and len(real.content) == len(ours.content) == 1:
        # What EXEC brings.
        real, ours = real.content[0], ours.content[0]
    case = Case(sent, real, ours)
    if sent.name == "spop":
        return real == ours or random_pick(case)
    if sent.name == "dump" and real.kind == ours.kind == "bulk":
        # A stream tells when its entries were delivered.
        return b"k:stream" in sent.words and len(real.content) == len(ours.content)
    return allowed(case)


def _written(replies: list[Value]) -> str:
    return " ".join(map(notation.write, replies)) or "(nothing)"


# ---- the run ---------------------------------------------------------------------------------------------------------


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--start-cmd", required=True, help="how to start this project's server; {persona} and {port} are filled in"
    )
    parser.add_argument(
        "--server", action="append", choices=[source.name for source in oracles.SERVERS], help="default: " + ", ".join(SERVERS)
    )
    parser.add_argument("--command", action="append", help="a name, subcommands as `xgroup|create`; default: all")
    parser.add_argument("--limit", type=int, help="requests of each command (default: all)")
    parser.add_argument("--seed", type=int, default=1, help="which requests, where they are limited (default: 1)")
    options = parser.parse_args(argv)
    differences = sum(_server(name, options) for name in options.server or SERVERS)
    print(f"{differences} differences")
    return 1 if differences else 0


def _server(name: str, options: argparse.Namespace) -> int:
    if reason := why_not(name, asked_for=bool(options.server)):
        print(f"{name}: not compared: {reason}")
        return 0
    found: dict[tuple[str, ...], list[Difference]] = {}
    sent = 0
    start = time.monotonic()
    with paired(name, options.start_cmd) as pair:
        asked = [one for one in commands(pair) if not options.command or one.name in options.command]
        for situation in (USUAL, *SITUATIONS):
            for command in asked:
                if situation is TRANSACTION and command.name in NOT_IN_A_TRANSACTION:
                    continue
                requests = chosen(command, situation, options.limit, options.seed)
                sent += len(requests)
                for difference in compare(pair, command, requests, situation):
                    found.setdefault(difference.signature, []).append(difference)
        for alike in found.values():
            print(f"{pair.real.name}, {len(alike)} like this:", _shown(min(alike, key=lambda one: len(one.request))), sep="\n")
        seconds = time.monotonic() - start
        print(
            f"{pair.real.name}: {sent} requests of {len(asked)} commands, {len(found)} differences ({seconds:.0f} s)", flush=True
        )
    return len(found)


def _shown(difference: Difference) -> str:
    lines = [*spoils.made(difference.request), *difference.situation.before, list(difference.request)]
    asked = "\n".join(written(Sent("1", tuple(line))) for line in lines)
    return f"{asked}\n{difference.real}\n# ours: {difference.ours}\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
