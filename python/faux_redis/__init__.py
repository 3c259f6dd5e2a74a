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
from .clients import Client, client
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
from .gate import Gate
from .matchers import ANY, REST, Pattern, absent, between, ge, glob, gt, json, le, lt, re
from .matching import category, flag
from .rule import Rule
from .scenario import STARTED, ScenarioState
from .server import FauxRedis
from .state import InState, State

__all__ = [
    "ANY",
    "CLOSE",
    "CYCLE",
    "ERROR",
    "LAST",
    "NO_REPLY",
    "RESET",
    "REST",
    "STARTED",
    "STORE",
    "Answer",
    "AnswerError",
    "Call",
    "Calls",
    "Client",
    "Clock",
    "Failure",
    "FauxRedis",
    "FauxRedisError",
    "Gate",
    "InState",
    "ListenError",
    "OptionError",
    "Pattern",
    "PatternError",
    "Rule",
    "ScenarioState",
    "State",
    "StoppedError",
    "VerificationError",
    "WaitTimeoutError",
    "absent",
    "between",
    "big_number",
    "category",
    "client",
    "close",
    "delay",
    "double",
    "drop_reply",
    "error",
    "execute",
    "flag",
    "ge",
    "glob",
    "gt",
    "json",
    "le",
    "lt",
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
