"""A controllable Redis that lives inside a test.

>>> from faux_redis import FauxRedis
>>> with FauxRedis() as redis:
...     rule = redis.stub("GET", "user:1").reply("Ada")
...     address = redis.address
"""

from .actions import (
    CLOSE,
    CYCLE,
    ERROR,
    LAST,
    NO_REPLY,
    RESET,
    STORE,
    Answer,
    big_number,
    close,
    delay,
    double,
    drop_reply,
    error,
    execute,
    map_,
    no_reply,
    null,
    ok,
    partial,
    push,
    raw,
    reset,
    set_,
    status,
    verbatim,
)
from .calls import Call, Calls
from .clock import Clock
from .errors import (
    AnswerError,
    Failure,
    FauxRedisError,
    ListenError,
    OptionError,
    PatternError,
    StoppedError,
    VerificationError,
    WaitTimeoutError,
)
from .matchers import ANY, REST, Pattern, glob, re
from .rule import Rule
from .server import FauxRedis

__all__ = [
    "ANY",
    "CLOSE",
    "CYCLE",
    "ERROR",
    "LAST",
    "NO_REPLY",
    "RESET",
    "REST",
    "STORE",
    "Answer",
    "AnswerError",
    "Call",
    "Calls",
    "Clock",
    "Failure",
    "FauxRedis",
    "FauxRedisError",
    "ListenError",
    "OptionError",
    "Pattern",
    "PatternError",
    "Rule",
    "StoppedError",
    "VerificationError",
    "WaitTimeoutError",
    "big_number",
    "close",
    "delay",
    "double",
    "drop_reply",
    "error",
    "execute",
    "glob",
    "map_",
    "no_reply",
    "null",
    "ok",
    "partial",
    "push",
    "raw",
    "re",
    "reset",
    "set_",
    "status",
    "verbatim",
]
