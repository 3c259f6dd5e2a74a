"""The store in the test's hands: typed values, data files, snapshots and what differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from wire import Wire, ask

from faux_redis import FauxRedis, OptionError, VerificationError, array, sorted_set, stream, zset
from faux_redis.data import KeyChange
from faux_redis.values import Group, Pending


def test_each_type_is_written_and_read_back(faux_redis: FauxRedis) -> None:
    values: list[tuple[Any, Any, str]] = [
        ("text", b"text", "string"),
        (b"\xff\x00", b"\xff\x00", "string"),
        (36, b"36", "string"),
        (2.5, b"2.5", "string"),
        (2**80, str(2**80).encode(), "string"),
        (["a", 1], [b"a", b"1"], "list"),
        (("a", "b"), [b"a", b"b"], "list"),
        ({"a", "b"}, {b"a", b"b"}, "set"),
        (frozenset({1, 2}), {b"1", b"2"}, "set"),
        ({"f": "v", "n": 1}, {b"f": b"v", b"n": b"1"}, "hash"),
        (zset({"a": 1, "b": float("inf")}), zset({b"a": 1.0, b"b": float("inf")}), "zset"),
        (sorted_set({"a": 1.5}), {b"a": 1.5}, "zset"),
        (stream([("1-1", {"f": "v"})]), [("1-1", {b"f": b"v"})], "stream"),
        (stream([("1-1", [("f"), "1", "f", "2"])]), [("1-1", [(b"f", b"1"), (b"f", b"2")])], "stream"),
    ]
    for value, expect, kind in values:
        faux_redis.data["k"] = value
        assert faux_redis.data["k"] == expect
        assert faux_redis.data.type("k") == kind
    assert not list(faux_redis.calls), "what is done by hand is no call"


def test_what_was_read_can_be_written_again(faux_redis: FauxRedis) -> None:
    faux_redis.data.load({"z": zset({"a": 1}), "x": stream([{"f": "v"}, {"f": "w"}]), "h": {"f": "v"}})
    for key in ("z", "x", "h"):
        faux_redis.data["again"] = faux_redis.data[key]
        assert faux_redis.data["again"] == faux_redis.data[key]
        assert repr(faux_redis.data["again"]) == repr(faux_redis.data[key])


def test_arrays_are_written_where_the_server_has_them() -> None:
    with FauxRedis() as redis:
        redis.data["a"] = array({3: "x", 0: "y"})
        assert redis.data["a"] == {0: b"y", 3: b"x"}
        assert repr(redis.data(decode=True)["a"]) == "array({0: 'y', 3: 'x'})"


def test_a_database_is_a_mapping(faux_redis: FauxRedis) -> None:
    data = faux_redis.data
    data["user:1"] = "a"
    data["user:2"] = "b"
    data.set("other", "c", db=3)
    assert list(data) == [b"user:1", b"user:2"]
    assert len(data) == 2
    assert "user:1" in data
    assert b"user:3" not in data
    assert data.keys("*:2") == [b"user:2"]
    assert data(decode=True).items() == [("user:1", "a"), ("user:2", "b")]
    assert data(db=3)["other"] == b"c"
    assert data.get("none", "default") == "default"
    assert data.delete("user:1", "none") == 1
    del data["user:2"]
    with pytest.raises(KeyError):
        del data["user:2"]
    with pytest.raises(KeyError):
        data["none"]
    assert repr(data) == "<Data of db 0: 0 keys>"
    assert data(db=3).clear() == 1


def test_keys_live_as_long_as_was_said() -> None:
    with FauxRedis(clock=1_000) as redis:
        redis.data.set("lock", "me", ttl=60)
        redis.data["plain"] = "x"
        assert redis.data.ttl("lock") == 60.0
        assert redis.data.ttl("plain") is None
        assert redis.data.expire("plain", 5) is True
        assert redis.data.expire("none", 5) is False
        redis.clock.advance(6)
        assert "plain" not in redis.data
        assert redis.data.expire("lock", None)
        assert ask(redis, "TTL lock") == ":-1"
        redis.data.set("h", {"$hash": {"a": 1, "b": 2}, "$field_ttl": {"a": 30}})
        assert redis.data.field_ttls("h") == {b"a": 30.0}
        assert redis.data.field_ttls("lock") == {}


def test_groups_of_a_stream_are_read(faux_redis: FauxRedis) -> None:
    faux_redis.data["log"] = stream([("1-1", {"f": "v"}), ("2-1", {"f": "v"})])
    ask(faux_redis, "XGROUP CREATE log workers 0")
    ask(faux_redis, "XREADGROUP GROUP workers ada COUNT 1 STREAMS log >")
    log = faux_redis.data(decode=True)["log"]
    assert log.last_id == "2-1"
    assert log.groups == (Group("workers", "1-1", ["ada"], [Pending("1-1", "ada", 1)]),)
    faux_redis.data["again"] = faux_redis.data["log"]
    again = faux_redis.data(decode=True)["again"]
    assert (again, again.last_id, again.groups) == (log, log.last_id, log.groups)


def test_who_waits_is_woken_and_who_watches_is_told(faux_redis: FauxRedis) -> None:
    with Wire(faux_redis) as waiting, Wire(faux_redis) as watching:
        watching.ask("WATCH jobs")
        watching.ask("MULTI")
        waiting.send("BLPOP jobs 0")
        faux_redis.wait_for("BLPOP")
        faux_redis.data["jobs"] = ["a"]
        assert waiting.receive() == '["jobs", "a"]'
        assert watching.ask("EXEC") == "(nil array)"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "key 'k': a value is a text, a number, a list"),
        (True, "key 'k': a value is a text, a number, a list"),
        (object, "a value is a str, bytes, int, float, list, dict, set, zset"),
        ([], "key 'k': no key can hold an empty list"),
        ([None], "key 'k': a text or a number is wanted, not null"),
        ({"a": [1]}, "key 'k': a text or a number is wanted, not a list of 1"),
        (zset({"a": "high"}), "key 'k': a score is a number"),  # type: ignore[dict-item]
        (zset({"a": float("nan")}), "key 'k': a score is a number"),
        (stream([1]), "key 'k': an entry of \\$stream is a mapping of fields"),
        ({"$nope": 1}, "key 'k': there is no \\$nope; a value is"),
    ],
)
def test_what_no_key_can_hold_is_refused(faux_redis: FauxRedis, value: Any, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        faux_redis.data["k"] = value
    assert "k" not in faux_redis.data


def test_options_that_make_no_sense_are_named(faux_redis: FauxRedis) -> None:
    data: Any = faux_redis.data
    with pytest.raises(OptionError, match="option 'db': there is no database 16, but 16, from 0 on"):
        data(db=16).get("k")
    with pytest.raises(OptionError, match="option 'db' takes an int of 0 or more, not -1"):
        data(db=-1)
    with pytest.raises(OptionError, match="option 'ttl' takes seconds, or None, not '60'"):
        data.set("k", "v", ttl="60")
    with pytest.raises(OptionError, match="a time to live is a millisecond or more"):
        data.set("k", "v", ttl=0)
    with pytest.raises(OptionError, match="a key is a str, bytes, int or float, not None"):
        data[None]
    with pytest.raises(OptionError, match=r"load\(\) takes a dict, a path"):
        data.load()
    with pytest.raises(OptionError, match="option 'format' takes 'json' or 'yaml', not 'toml'"):
        data.dump("toml")
    with pytest.raises(OptionError, match="option 'data' takes a dict of keys and values, the path"):
        FauxRedis(data=5)  # type: ignore[arg-type]


def test_data_is_there_from_the_start_and_again_after_a_reset(tmp_path: Path) -> None:
    path = tmp_path / "seed.yaml"
    path.write_text("user:1: {name: Ada}\njobs: [a, b]\n")
    for data in (path, str(path), {"user:1": {"name": "Ada"}, "jobs": ["a", "b"]}):
        with FauxRedis(data=data) as redis:
            assert redis.data["user:1"] == {b"name": b"Ada"}
            redis.data.clear()
            redis.reset()
            assert redis.data["jobs"] == [b"a", b"b"]


def test_what_was_dumped_can_be_loaded(tmp_path: Path) -> None:
    data = {"z": zset({"a": 1.5}), "bytes": b"\xff", "h": {"f": "v"}, "l": [1, 2], "s": {"x"}}
    with FauxRedis(data=data) as redis:
        redis.data.set("other", "x", ttl=60, db=2)
        digest = ask(redis, "DEBUG DIGEST")
        for format_ in ("json", "yaml"):
            text = redis.data.dump(format_)
            path = tmp_path / f"dump.{format_}"
            path.write_text(text)
            with FauxRedis(data=path) as again:
                assert ask(again, "DEBUG DIGEST") == digest
            with FauxRedis() as again:
                again.data.load(**{format_: text})
                assert ask(again, "DEBUG DIGEST") == digest


def test_a_mistake_in_a_document_loads_nothing(faux_redis: FauxRedis) -> None:
    with pytest.raises(OptionError, match="it is not YAML: "):
        faux_redis.data.load(yaml="a: [")
    with pytest.raises(OptionError, match="key 'b': no key can hold an empty list"):
        faux_redis.data.load({"a": "x", "b": []})
    assert len(faux_redis.data) == 0


def test_a_block_is_undone_at_its_end(faux_redis: FauxRedis) -> None:
    faux_redis.data.load({"k": "before", "l": ["a"]})
    with faux_redis.snapshot():
        ask(faux_redis, "DEL k")
        ask(faux_redis, "RPUSH l b")
        ask(faux_redis, "SET new 1")
    assert faux_redis.data(decode=True).items() == [("l", ["a"]), ("k", "before")]


def test_a_snapshot_is_gone_back_to_again_and_again(faux_redis: FauxRedis) -> None:
    faux_redis.data["n"] = 1
    first = faux_redis.snapshot()
    faux_redis.data["n"] = 2
    second = faux_redis.snapshot()
    for snapshot, value in ((first, b"1"), (second, b"2"), (first, b"1")):
        faux_redis.data["n"] = 3
        assert faux_redis.restore(snapshot) == 1
        assert faux_redis.data["n"] == value
    faux_redis.reset()
    with pytest.raises(OptionError, match="before the server was last reset or lost its data"):
        faux_redis.restore(first)
    with FauxRedis() as other, pytest.raises(OptionError, match="the snapshot is of another server"):
        other.restore(first)


def test_a_diff_names_the_keys_and_what_changed_in_them() -> None:
    with FauxRedis(clock=1_000, data={"gone": "x", "h": {"a": 1, "b": 1}, "same": "x"}) as redis:
        before = redis.snapshot()
        redis.data.delete("gone")
        redis.data.set("new", ["a"], ttl=5)
        ask(redis, "HSET h a 2")
        diff = redis.diff(before)
        assert (diff.added, diff.removed, diff.changed) == ([b"new"], [b"gone"], [b"h"])
        assert diff[2] == KeyChange(0, b"new", None, [b"a"], None, 5.0)
        assert str(diff) == (
            '- "gone" string "x"\n~ "h" hash\n    ~ "a": "1" → "2"\n+ "new" list ["a"], TTL 5 s'
        )
        assert len(diff.without("h", "g*")) == 1
        after = redis.snapshot()
        redis.data.clear()
        assert str(redis.diff(before, after)) == str(diff)
        redis.restore(before)
        assert not redis.diff(before)
        assert str(redis.diff(before)) == "nothing differs"


def test_a_block_that_may_change_nothing_tells_what_changed(faux_redis: FauxRedis) -> None:
    faux_redis.data["k"] = "v"
    with faux_redis.unchanged(except_=["cache:*", "tmp:*"]):
        faux_redis.data["cache:1"] = faux_redis.data["tmp:1"] = "x"
    with pytest.raises(VerificationError) as raised, faux_redis.unchanged():
        faux_redis.data["k"] = "w"
    assert (
        str(raised.value).rpartition("tests/")[0]
        == 'keys changed that should not have:\n~ "k" string\n    "v" → "w"\n  made at '
    )
    with pytest.raises(RuntimeError, match="first"), faux_redis.unchanged():
        faux_redis.data["k"] = "x"
        raise RuntimeError("first")
    with pytest.raises(OptionError, match="option 'except_' takes a glob"):
        faux_redis.unchanged(except_=[1])  # type: ignore[list-item]


def test_an_rdb_file_is_loaded_over_what_there_is(tmp_path: Path) -> None:
    with FauxRedis(config={"dir": str(tmp_path)}, data={"k": "saved", "l": ["a"]}) as redis:
        assert ask(redis, "SAVE") == "+OK"
    with FauxRedis(data={"k": "old", "other": "x"}) as redis, Wire(redis) as watching:
        watching.ask("WATCH k")
        watching.ask("MULTI")
        redis.data.load(tmp_path / "dump.rdb")
        assert sorted(redis.data(decode=True).items()) == [("k", "saved"), ("l", ["a"]), ("other", "x")]
        assert watching.ask("EXEC") == "(nil array)"
        (tmp_path / "broken.rdb").write_bytes((tmp_path / "dump.rdb").read_bytes()[:-20])
        with pytest.raises(OptionError):
            redis.data.load(tmp_path / "broken.rdb")
        assert len(redis.data) == 3
    with FauxRedis(data=tmp_path / "dump.rdb") as redis:
        assert redis.data["l"] == [b"a"]


def test_a_value_that_holds_itself_is_refused(faux_redis: FauxRedis) -> None:
    itself: dict[str, Any] = {}
    itself["again"] = itself
    with pytest.raises(OptionError, match="a value is nested too deeply, or holds itself"):
        faux_redis.data.load({"k": itself})
