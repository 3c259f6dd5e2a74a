%% @private
%% @doc The native library. This module is its stub and nothing else: it cannot be upgraded while it is used, so all
%% that may change is in other modules.
-module(faux_redis_nif).

-define(FUNCTIONS, [
    start/3, stop/1, servers/0, info/1, reset/1, now/1, advance/2,
    rule/5, edit/2, rule_info/1, title/1, source/1, remove/1,
    calls/1, calls_of/3, wait_for/5, verify_called/5, subscribe/3,
    unmatched/1, unused/1, dropped_calls/1, dropped_bytes/1, failures/1, transcript/1,
    answer/3, matches/3, fail/4,
    set_time/2, freeze/1, thaw/2, pace/2, enter/3, leave/1, in_force/1, scenario/2, set_scenario/3,
    hold/5, gate_wait/4, gate_held/1, gate_release/2, gate_release_call/2,
    wait/5,
    link/4, down/3, up/1, is_down/1, restart/2, kill/3, push/3, max_clients/3,
    verify_order/3, verify_no_more/1, context/1, export/2, lint/2, findings/1,
    data_get/3, data_put/5, data_expire/4, data_delete/3, data_ttl/3, data_field_ttls/3, data_type/3,
    data_keys/3, data_clear/2, data_load/3, data_dump/2, snapshot/2, restore/2, diff/4,
    inject/3, injected/1, swept/4, shown/1, forms/1,
    encode/2, decode/1, glob/2
]).

-export(?FUNCTIONS).
-nifs(?FUNCTIONS).
-on_load(init/0).

init() ->
    %% The library has no upgrade function: it loads only where no older code of the module is left.
    code:purge(?MODULE),
    %% It spells terms as the language does that is there.
    erlang:load_nif(library(), code:is_loaded('Elixir.Kernel') =/= false).

%% Without its suffix, which the loader adds.
library() ->
    case os:getenv("FAUX_REDIS_NIF") of
        Path when Path =:= false; Path =:= "" -> filename:join(priv(), "faux_redis_nif");
        Path -> filename:rootname(Path)
    end.

priv() ->
    case code:priv_dir(faux_redis) of
        {error, bad_name} -> filename:join(filename:dirname(filename:dirname(code:which(?MODULE))), "priv");
        Dir -> Dir
    end.

start(_Owner, _Options, _Host) -> erlang:nif_error(not_loaded).
stop(_Server) -> erlang:nif_error(not_loaded).
servers() -> erlang:nif_error(not_loaded).
info(_Server) -> erlang:nif_error(not_loaded).
reset(_Server) -> erlang:nif_error(not_loaded).
now(_Server) -> erlang:nif_error(not_loaded).
advance(_Server, _Ms) -> erlang:nif_error(not_loaded).
rule(_Server, _Kind, _Matcher, _Source, _Edits) -> erlang:nif_error(not_loaded).
edit(_Rule, _Edits) -> erlang:nif_error(not_loaded).
rule_info(_Rule) -> erlang:nif_error(not_loaded).
title(_Handle) -> erlang:nif_error(not_loaded).
source(_Handle) -> erlang:nif_error(not_loaded).
remove(_Handle) -> erlang:nif_error(not_loaded).
calls(_Server) -> erlang:nif_error(not_loaded).
calls_of(_Server, _Matcher, _Reference) -> erlang:nif_error(not_loaded).
wait_for(_Server, _Matcher, _Count, _TimeoutMs, _Reference) -> erlang:nif_error(not_loaded).
verify_called(_Server, _Matcher, _Least, _Most, _Reference) -> erlang:nif_error(not_loaded).
subscribe(_Server, _Subscriber, _Matcher) -> erlang:nif_error(not_loaded).
unmatched(_Server) -> erlang:nif_error(not_loaded).
unused(_Server) -> erlang:nif_error(not_loaded).
dropped_calls(_Server) -> erlang:nif_error(not_loaded).
dropped_bytes(_Server) -> erlang:nif_error(not_loaded).
failures(_Server) -> erlang:nif_error(not_loaded).
transcript(_Server) -> erlang:nif_error(not_loaded).
answer(_Server, _Id, _Actions) -> erlang:nif_error(not_loaded).
matches(_Server, _Id, _Says) -> erlang:nif_error(not_loaded).
fail(_Server, _Id, _Message, _Raised) -> erlang:nif_error(not_loaded).
encode(_Term, _Version) -> erlang:nif_error(not_loaded).
decode(_Bytes) -> erlang:nif_error(not_loaded).
glob(_Text, _Pattern) -> erlang:nif_error(not_loaded).
set_time(_Server, _Seconds) -> erlang:nif_error(not_loaded).
freeze(_Server) -> erlang:nif_error(not_loaded).
thaw(_Server, _Number) -> erlang:nif_error(not_loaded).
pace(_Server, _How) -> erlang:nif_error(not_loaded).
enter(_Server, _Condition, _Label) -> erlang:nif_error(not_loaded).
leave(_State) -> erlang:nif_error(not_loaded).
in_force(_Server) -> erlang:nif_error(not_loaded).
scenario(_Server, _Name) -> erlang:nif_error(not_loaded).
set_scenario(_Server, _Name, _State) -> erlang:nif_error(not_loaded).
hold(_Server, _Matcher, _At, _Times, _Label) -> erlang:nif_error(not_loaded).
gate_wait(_Gate, _Count, _TimeoutMs, _Reference) -> erlang:nif_error(not_loaded).
gate_held(_Gate) -> erlang:nif_error(not_loaded).
gate_release(_Gate, _Count) -> erlang:nif_error(not_loaded).
gate_release_call(_Gate, _Seq) -> erlang:nif_error(not_loaded).
wait(_Server, _Until, _Count, _TimeoutMs, _Reference) -> erlang:nif_error(not_loaded).
link(_Server, _Client, _Effects, _Label) -> erlang:nif_error(not_loaded).
down(_Server, _Mode, _Label) -> erlang:nif_error(not_loaded).
up(_Server) -> erlang:nif_error(not_loaded).
is_down(_Server) -> erlang:nif_error(not_loaded).
restart(_Server, _Keep) -> erlang:nif_error(not_loaded).
kill(_Server, _Client, _How) -> erlang:nif_error(not_loaded).
push(_Server, _Client, _Value) -> erlang:nif_error(not_loaded).
max_clients(_Server, _Most, _Label) -> erlang:nif_error(not_loaded).
verify_order(_Server, _Matchers, _Reference) -> erlang:nif_error(not_loaded).
verify_no_more(_Server) -> erlang:nif_error(not_loaded).
context(_Server) -> erlang:nif_error(not_loaded).
export(_Server, _Format) -> erlang:nif_error(not_loaded).
lint(_Server, _Options) -> erlang:nif_error(not_loaded).
findings(_Server) -> erlang:nif_error(not_loaded).
data_get(_Server, _Db, _Key) -> erlang:nif_error(not_loaded).
data_put(_Server, _Db, _Key, _Value, _TtlMs) -> erlang:nif_error(not_loaded).
data_expire(_Server, _Db, _Key, _TtlMs) -> erlang:nif_error(not_loaded).
data_delete(_Server, _Db, _Key) -> erlang:nif_error(not_loaded).
data_ttl(_Server, _Db, _Key) -> erlang:nif_error(not_loaded).
data_field_ttls(_Server, _Db, _Key) -> erlang:nif_error(not_loaded).
data_type(_Server, _Db, _Key) -> erlang:nif_error(not_loaded).
data_keys(_Server, _Db, _Glob) -> erlang:nif_error(not_loaded).
data_clear(_Server, _Db) -> erlang:nif_error(not_loaded).
data_load(_Server, _Kind, _Data) -> erlang:nif_error(not_loaded).
data_dump(_Server, _Format) -> erlang:nif_error(not_loaded).
snapshot(_Server, _Label) -> erlang:nif_error(not_loaded).
restore(_Server, _Snapshot) -> erlang:nif_error(not_loaded).
diff(_Server, _Before, _After, _Except) -> erlang:nif_error(not_loaded).
shown(_Term) -> erlang:nif_error(not_loaded).
forms(_Message) -> erlang:nif_error(not_loaded).
inject(_Server, _At, _Fault) -> erlang:nif_error(not_loaded).
injected(_Server) -> erlang:nif_error(not_loaded).
swept(_Steps, _Faults, _Runs, _LeftOut) -> erlang:nif_error(not_loaded).
