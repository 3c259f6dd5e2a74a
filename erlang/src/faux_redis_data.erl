%% @doc The store of a server, read and written without a client.
%%
%% What is written goes through the server: it voids watches, wakes who waits for the key and notifies the keyspace as the
%% command would that writes such a value, with DEL before it where something else was there and EXPIRE after it for a
%% time to live. No call is recorded, and no stub is asked. Reading does not count as a use of the key.
%%
%% ```
%% ok = faux_redis_data:put(Redis, <<"user:1">>, #{<<"name">> => <<"Ada">>}),
%% ok = faux_redis_data:put(Redis, <<"lock">>, <<"me">>, [{ttl, 60000}]),
%% #{<<"name">> := <<"Ada">>} = faux_redis_data:get(Redis, <<"user:1">>),
%% [<<"user:1">>] = faux_redis_data:keys(Redis, <<"user:*">>).
%% '''
%%
%% == Values ==
%% A string is a binary (or a number, when it is written), a list a list, a hash a map, a set `{set, List}', a sorted set
%% `{zset, [{Member, Score}]}', where a score may be `inf' or `` '-inf' '', a stream `{stream, [{Id, [{Field, Value}]}]}', which is
%% read as `{stream, Entries, #{last_id => Id, groups => Groups}}', and a sparse array `{array, #{Place => Element}}'.
%% Whatever DUMP answers is written as `{dump, Binary}'. The type may be said of the others too: `{hash, Map}' has fields of any
%% name, while a map with names that begin with `$' is read as a document has it.
%%
%% == Documents ==
%% A document is a map of keys and values, or `#{<<"$databases">> => #{0 => Keys}}'. A value that has more to say is a map with one of
%% `$string', `$list', `$set', `$hash', `$zset', `$stream', `$array' and `$dump', and beside it `$ttl' in seconds, for a hash `$field_ttl'.
%%
%% The option `db' says which database, 0 by default. Times to live are in milliseconds.
-module(faux_redis_data).

-export([get/2, get/3, put/3, put/4, delete/2, delete/3, expire/3, expire/4]).
-export([ttl/2, ttl/3, field_ttls/2, field_ttls/3, type/2, type/3, keys/1, keys/2, keys/3, clear/1, clear/2]).
-export([load/2, dump/1, dump/2]).
-export([snapshot/1, snapshot/2, restore/2, diff/2, diff/3, unchanged/2, unchanged/3]).
%% For the module of Elixir's.
-export([guarded/2, unchanged_since/2]).

-export_type([key/0, value/0, snapshot/0, diff/0, change/0]).

-type server() :: faux_redis:server().
-type error() :: faux_redis:error().
-type key() :: iodata().
-type value() :: term().
-type option() :: {db, non_neg_integer()}.
-type snapshot() :: reference().
%% All keys of a server as they were at one moment, as long as it is held.
-type change() :: #{
    db := non_neg_integer(), key := binary(), before := value() | nil, 'after' := value() | nil,
    ttl_before := non_neg_integer() | nil, ttl_after := non_neg_integer() | nil
}.
%% A key that differs: what it held (`nil' if it was added) and what it holds (`nil' if it was removed).
-type diff() :: #{changes := [change()], text := binary()}.
%% What differs, key by key, and all of it as text: `+' before a key that was added, `-' removed, `~' changed.

%% Keys.

%% @equiv get(Server, Key, [])
-spec get(server(), key()) -> value() | nil | {error, error()}.
get(Server, Key) -> get(Server, Key, []).

%% @doc What a key holds; `nil' if it is not there.
-spec get(server(), key(), [option()]) -> value() | nil | {error, error()}.
get(Server, Key, Options) -> of_key(fun faux_redis_nif:data_get/3, Server, Key, Options).

%% @equiv put(Server, Key, Value, [])
-spec put(server(), key(), value()) -> ok | {error, error()}.
put(Server, Key, Value) -> put(Server, Key, Value, []).

%% @doc Lets a key hold a value, whatever it held; with `ttl' for so many milliseconds.
-spec put(server(), key(), value(), [option() | {ttl, pos_integer()}]) -> ok | {error, error()}.
put(Server, Key, Value, Options) ->
    faux_redis_ask:said(fun() ->
        ok = faux_redis_ask:only([db, ttl], Options),
        Ttl = proplists:get_value(ttl, Options, nil),
        faux_redis_ask:plain(
            faux_redis_nif:data_put(faux_redis:handle(Server), db(Options), bytes(Key), Value, Ttl))
    end).

%% @equiv delete(Server, Key, [])
-spec delete(server(), key()) -> boolean() | {error, error()}.
delete(Server, Key) -> delete(Server, Key, []).

%% @doc Removes a key; whether it was there.
-spec delete(server(), key(), [option()]) -> boolean() | {error, error()}.
delete(Server, Key, Options) -> of_key(fun faux_redis_nif:data_delete/3, Server, Key, Options).

%% @equiv expire(Server, Key, Ttl, [])
-spec expire(server(), key(), pos_integer() | infinity) -> boolean() | {error, error()}.
expire(Server, Key, Ttl) -> expire(Server, Key, Ttl, []).

%% @doc Lets a key live so many milliseconds longer, or for ever; whether it is there.
-spec expire(server(), key(), pos_integer() | infinity, [option()]) -> boolean() | {error, error()}.
expire(Server, Key, infinity, Options) -> expire(Server, Key, nil, Options);
expire(Server, Key, Ttl, Options) ->
    of_key(fun(Handle, Db, Name) -> faux_redis_nif:data_expire(Handle, Db, Name, Ttl) end, Server, Key, Options).

%% @equiv ttl(Server, Key, [])
-spec ttl(server(), key()) -> non_neg_integer() | nil | {error, error()}.
ttl(Server, Key) -> ttl(Server, Key, []).

%% @doc How many milliseconds longer a key lives; `nil' if it does so for ever or is not there.
-spec ttl(server(), key(), [option()]) -> non_neg_integer() | nil | {error, error()}.
ttl(Server, Key, Options) -> of_key(fun faux_redis_nif:data_ttl/3, Server, Key, Options).

%% @equiv field_ttls(Server, Key, [])
-spec field_ttls(server(), key()) -> #{binary() => non_neg_integer()} | {error, error()}.
field_ttls(Server, Key) -> field_ttls(Server, Key, []).

%% @doc The fields of a hash that have a time to live of their own, and how many milliseconds it is.
-spec field_ttls(server(), key(), [option()]) -> #{binary() => non_neg_integer()} | {error, error()}.
field_ttls(Server, Key, Options) -> of_key(fun faux_redis_nif:data_field_ttls/3, Server, Key, Options).

%% @equiv type(Server, Key, [])
-spec type(server(), key()) -> binary() | nil | {error, error()}.
type(Server, Key) -> type(Server, Key, []).

%% @doc The type of a key in the words of TYPE; `nil' if it is not there.
-spec type(server(), key(), [option()]) -> binary() | nil | {error, error()}.
type(Server, Key, Options) -> of_key(fun faux_redis_nif:data_type/3, Server, Key, Options).

%% @equiv keys(Server, <<"*">>, [])
-spec keys(server()) -> [binary()] | {error, error()}.
keys(Server) -> keys(Server, <<"*">>).

%% @equiv keys(Server, Glob, [])
-spec keys(server(), iodata()) -> [binary()] | {error, error()}.
keys(Server, Glob) -> keys(Server, Glob, []).

%% @doc The keys that match a glob, as KEYS answers them.
-spec keys(server(), iodata(), [option()]) -> [binary()] | {error, error()}.
keys(Server, Glob, Options) -> of_key(fun faux_redis_nif:data_keys/3, Server, Glob, Options).

%% @equiv clear(Server, [])
-spec clear(server()) -> non_neg_integer() | {error, error()}.
clear(Server) -> clear(Server, []).

%% @doc Removes all keys of a database; how many there were.
-spec clear(server(), [option()]) -> non_neg_integer() | {error, error()}.
clear(Server, Options) ->
    of_key(fun(Handle, Db, _) -> faux_redis_nif:data_clear(Handle, Db) end, Server, <<>>, Options).

%% Documents.

%% @doc Loads data over what there is, all of it or, on a mistake, nothing: a document, the path of a `.json', `.yaml' or `.rdb'
%% file, `{json, Text}' or `{yaml, Text}'.
-spec load(server(), map() | iodata() | {json | yaml | file, iodata()}) -> ok | {error, error()}.
load(Server, Document) when is_map(Document) -> load_as(Server, <<"document">>, Document);
load(Server, {Kind, Text}) when Kind =:= json; Kind =:= yaml; Kind =:= file -> load_text(Server, Kind, Text);
load(Server, Path) when is_binary(Path); is_list(Path) -> load_text(Server, file, Path);
load(_, Other) ->
    faux_redis_ask:said(fun() ->
        faux_redis_error:fail(option, "data is a map, a path, {json, Text} or {yaml, Text}, not ~ts", [Other])
    end).

load_text(Server, Kind, Text) ->
    faux_redis_ask:said(fun() -> load_as(Server, atom_to_binary(Kind), bytes(Text)) end).

load_as(Server, Kind, Data) ->
    faux_redis_ask:plain(faux_redis_nif:data_load(faux_redis:handle(Server), Kind, Data)).

%% @equiv dump(Server, json)
-spec dump(server()) -> binary() | {error, error()}.
dump(Server) -> dump(Server, json).

%% @doc All databases as a document that {@link load/2} takes, its keys sorted.
-spec dump(server(), json | yaml) -> binary() | {error, error()}.
dump(Server, Format) ->
    faux_redis_ask:said(fun() ->
        Word = faux_redis_terms:word(format, Format),
        faux_redis_ask:value(faux_redis_nif:data_dump(faux_redis:handle(Server), Word))
    end).

%% Snapshots.

%% @equiv snapshot(Server, [])
-spec snapshot(server()) -> snapshot().
snapshot(Server) -> snapshot(Server, []).

%% @doc Takes a snapshot of all keys of all databases, in constant time. The option `name' names it in messages.
-spec snapshot(server(), [{name, binary() | atom()}]) -> snapshot() | {error, error()}.
snapshot(Server, Options) ->
    faux_redis_ask:said(fun() ->
        ok = faux_redis_ask:only([name], Options),
        faux_redis_ask:value(faux_redis_nif:snapshot(faux_redis:handle(Server), faux_redis_ask:label(Options)))
    end).

%% @doc Puts all keys back as they were at a snapshot; how many had changed. It can be gone back to again.
-spec restore(server(), snapshot()) -> {ok, non_neg_integer()} | {error, error()}.
restore(Server, Snapshot) ->
    faux_redis_ask:said(fun() -> faux_redis_nif:restore(faux_redis:handle(Server), Snapshot) end).

%% @equiv diff(Server, Before, [])
-spec diff(server(), snapshot()) -> {ok, diff()} | {error, error()}.
diff(Server, Before) -> diff(Server, Before, []).

%% @doc What differs now from a snapshot; with the option `to' what differs at another. Keys that match one of the globs of
%% `except' are left out.
-spec diff(server(), snapshot(), [{to, snapshot()} | {except, iodata() | [iodata()]}]) -> {ok, diff()} | {error, error()}.
diff(Server, Before, Options) ->
    faux_redis_ask:said(fun() ->
        ok = faux_redis_ask:only([to, except], Options),
        To = proplists:get_value(to, Options, nil),
        case faux_redis_nif:diff(faux_redis:handle(Server), Before, To, globs(Options)) of
            {ok, {Text, Changes}} -> {ok, #{text => Text, changes => Changes}};
            Error -> Error
        end
    end).

%% @equiv unchanged(Server, Function, [])
-spec unchanged(server(), fun(() -> Result)) -> Result | {error, error()}.
unchanged(Server, Function) -> unchanged(Server, Function, []).

%% @doc What a function returns, if no key has changed while it ran but those that match one of the globs of `except'. The
%% option `name' names it in the error.
-spec unchanged(server(), fun(() -> Result), [{except, iodata() | [iodata()]} | {name, binary() | atom()}]) ->
    Result | {error, error()}.
unchanged(Server, Function, Options) ->
    case guarded(Server, Options) of
        {ok, Guard} ->
            Result = Function(),
            case unchanged_since(Server, Guard) of
                ok -> Result;
                Error -> Error
            end;
        Error ->
            Error
    end.

%% @private
guarded(Server, Options) ->
    faux_redis_ask:said(fun() ->
        ok = faux_redis_ask:only([except, name], Options),
        {Named, Except} = {faux_redis_ask:without([except], Options), faux_redis_ask:without([name], Options)},
        Before = snapshot(Server, Named),
        case diff(Server, Before, Except) of
            {ok, _} -> {ok, {Before, Named, Except}};
            Error -> Error
        end
    end).

%% @private
unchanged_since(Server, {Before, Named, Except}) ->
    case diff(Server, Before, Except) of
        {ok, #{changes := []}} ->
            ok;
        {ok, #{text := Text}} ->
            Title = [["unchanged '", faux_redis_terms:named(Name), "': "] || {name, Name} <- Named],
            Told = [{text, Said} || Said <- [Title, Text, faux_redis:source(Before)]],
            Message = faux_redis_error:message("~tskeys changed that should not have:\n~ts\n  made at ~ts", Told),
            Failure = #{kind => changed, message => Message, raised => nil},
            {error, {verification, <<Message/binary, (faux_redis:context(Server))/binary>>, [Failure]}};
        Error ->
            Error
    end.

%% What options say.

of_key(Ask, Server, Key, Options) ->
    faux_redis_ask:said(fun() ->
        ok = faux_redis_ask:only([db], Options),
        faux_redis_ask:value(Ask(faux_redis:handle(Server), db(Options), bytes(Key)))
    end).

db(Options) -> proplists:get_value(db, Options, 0).

%% One glob, or a list of them.
globs(Options) ->
    case proplists:get_value(except, Options, []) of
        [] -> [];
        [First | _] = Text when is_integer(First) -> [bytes(Text)];
        Globs when is_list(Globs) -> [bytes(Glob) || Glob <- Globs];
        Glob -> [bytes(Glob)]
    end.

bytes(Text) when is_binary(Text) -> Text;
bytes(Text) ->
    case is_list(Text) andalso catch unicode:characters_to_binary(Text) of
        Binary when is_binary(Binary) -> Binary;
        _ -> faux_redis_error:fail(option, "a key, a glob or a text is a binary or a string, not ~ts", [Text])
    end.
