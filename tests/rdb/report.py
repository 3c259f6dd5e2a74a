"""What was compared between two servers, and what differed."""

from __future__ import annotations

import collections
from dataclasses import dataclass, field


@dataclass
class Report:
    """What was compared, and what differed."""

    server: str
    counts: collections.Counter[str] = field(default_factory=collections.Counter)
    differences: list[str] = field(default_factory=list)

    def same(self, what: str, name: str, theirs: object, ours: object) -> bool:
        self.counts[what] += 1
        if theirs == ours:
            return True
        self.differences.append(f"{what} of {name}:\n    theirs {_short(theirs)}\n    ours   {_short(ours)}")
        return False


def _short(shown: object) -> str:
    text = repr(shown)
    return text if len(text) < 400 else f"{text[:300]} ... {text[-80:]} ({len(text)})"
