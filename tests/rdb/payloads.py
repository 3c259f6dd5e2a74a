"""Values that one server has dumped, restored by the other."""

from __future__ import annotations

import random

from report import Report
from values import LATE_MS, Value, make, read, values
from wire import Client, ErrorReply


def play_payloads(real: Client, ours: Client, report: Report, chance: random.Random) -> list[tuple[Value, bytes]]:
    """Dumps on each and restores on the other; the payloads of the real server."""
    payloads = []
    for value in values(chance):
        if value.expires_fields and isinstance(real("HPEXPIRETIME", "none", "FIELDS", 1, "f"), ErrorReply):
            continue
        made = make(real, value, "own"), make(ours, value, "own")
        report.same("making", value.name, repr(made[0]), repr(made[1]))
        theirs, mine = real("DUMP", "own"), ours("DUMP", "own")
        payloads.append((value, theirs))
        # A table has another order on each server.
        ordered = value.ordered and real("OBJECT", "ENCODING", "own") != b"hashtable"
        if ordered:
            report.same("payload", value.name, theirs, mine)
        for name, ttl in (("a", []), ("b", [LATE_MS, "ABSTTL"])):
            options = [ttl[0] if ttl else 0]
            real_says = real("RESTORE", name, *options, mine, "REPLACE", *ttl[1:])
            our_says = ours("RESTORE", name, *options, theirs, "REPLACE", *ttl[1:])
            report.same("restoring", value.name, "OK", str(real_says))
            report.same("restoring", value.name, "OK", str(our_says))
        for key in ("own", "a", "b"):
            seen = [read(client, key, value.expires_fields) for client in (real, ours)]
            report.same("value", f"{value.name} under {key}", *seen)
            digests = [client("DEBUG", "DIGEST-VALUE", key) for client in (real, ours)]
            report.same("digest", f"{value.name} under {key}", *digests)
        again = [client("DUMP", "a") for client in (real, ours)]
        if ordered:
            report.same("payload", f"{value.name}, restored", *again)
        for name in value.config:
            default = -2 if name == "list-max-listpack-size" else None
            [client("CONFIG", "SET", name, default) for client in (real, ours)]
    return payloads
