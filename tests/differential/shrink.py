"""Makes a failing sequence small: by leaving out requests, then words, as long as it still fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from sequences import Request

Item = TypeVar("Item")


def smallest(items: Sequence[Item], fails: Callable[[list[Item]], bool]) -> list[Item]:
    """A sequence of which no part can be left out: halves are tried first, then ever smaller parts."""
    kept = list(items)
    size = max(1, len(kept) // 2)
    while True:
        at, shorter = 0, False
        while at < len(kept):
            without = kept[:at] + kept[at + size :]
            if without and fails(without):
                kept, shorter = without, True
            else:
                at += size
        if size == 1 and not shorter:
            return kept
        size = max(1, size // 2)


def simplest(requests: Sequence[Request], fails: Callable[[list[Request]], bool]) -> list[Request]:
    """The same requests with as few words as will do, and all on one connection if that will do."""
    kept = list(requests)
    alone = [replace(request, connection="1") for request in kept]
    if alone != kept and fails(alone):
        kept = alone
    for at in range(len(kept)):

        def fails_with(words: list[bytes], at: int = at) -> bool:
            return fails([*kept[:at], replace(kept[at], words=tuple([kept[at].words[0], *words])), *kept[at + 1 :]])

        words = list(kept[at].words[1:])
        for size in (2, 1):
            place = 0
            while place < len(words):
                without = words[:place] + words[place + size :]
                if fails_with(without):
                    words = without
                else:
                    place += 1
        kept[at] = replace(kept[at], words=(kept[at].words[0], *words))
    return kept
