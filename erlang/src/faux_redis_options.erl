%% @private
%% @doc The options of a server, as the native library takes them.
-module(faux_redis_options).

-export([start/2]).

-define(CALLBACK_TIMEOUT, 5000).
%% As good as no limit, and a number the library can count with.
-define(FOREVER, 1000 * 60 * 60 * 24 * 365).

%% @doc The name to register, the library's options, and what the library is told of its host.
-spec start(list(), elixir | erlang) -> {term(), [{atom(), term()}], {pos_integer(), [atom()]}}.
start(Options, Language) ->
    Others = faux_redis_ask:without([name, compat, callback_timeout, 'require_auth?', require_auth], Options),
    Compat = compat(proplists:get_value(compat, Options, application:get_env(faux_redis, compat, none))),
    Limit = limit(proplists:get_value(callback_timeout, Options, ?CALLBACK_TIMEOUT)),
    Password = password(Options, Others),
    Taken = lists:append([option(Option) || Option <- Password]),
    {proplists:get_value(name, Options), Taken ++ quirks(Compat), {Limit, style(Language, Compat)}}.

option({_, Absent}) when Absent =:= nil; Absent =:= undefined -> [];
option({ip, Ip}) when is_tuple(Ip) ->
    case inet:ntoa(Ip) of
        {error, _} -> faux_redis_error:fail(option, "option 'ip' takes an IP address such as {127,0,0,1}, not ~ts", [Ip]);
        Text -> [{ip, list_to_binary(Text)}]
    end;
option({clock, #{'__struct__' := 'Elixir.DateTime'} = Time}) ->
    [{clock, 'Elixir.DateTime':to_unix(Time, microsecond) / 1.0e6}];
option({Name, Smells}) when is_list(Smells), (Name =:= lint orelse Name =:= lint_ignore) -> [{Name, Smells}];
option({data, Data}) when is_map(Data) -> [{data, Data}];
option({clock, Clock}) when is_number(Clock) -> [{clock, Clock}];
option({config, Settings}) when is_map(Settings) -> option({config, maps:to_list(Settings)});
option({config, Settings}) when is_list(Settings) ->
    [{config, [setting(Setting) || Setting <- Settings]}];
option({Name, Value}) when is_boolean(Value); is_number(Value) -> [{Name, Value}];
option({Name, Value}) when is_list(Value) -> [{Name, faux_redis_terms:word(Name, Value)}];
option({Name, Value}) when is_atom(Name) -> [{Name, Value}];
option(Other) -> faux_redis_error:fail(option, "options are a list of pairs of a name and a value; ~ts is none", [Other]).

%% Version 1 asked for a password only where `require_auth?' said so.
password(Options, Others) ->
    Required = proplists:get_value('require_auth?', Options, proplists:get_value(require_auth, Options)),
    case {Required, lists:keymember(password, 1, Others)} of
        {true, false} -> faux_redis_error:fail(option, "option 'require_auth?' needs the option 'password'", []);
        {false, _} -> lists:keydelete(password, 1, Others);
        {Word, _} when Word =:= true; Word =:= undefined; Word =:= nil -> Others;
        {Other, _} -> faux_redis_error:fail(option, "option 'require_auth?' takes true or false, not ~ts", [Other])
    end.

compat(None) when None =:= none; None =:= nil; None =:= undefined -> none;
compat(v1) -> v1;
compat(Other) -> faux_redis_error:fail(option, "option 'compat' takes v1, not ~ts", [Other]).

limit(infinity) -> ?FOREVER;
limit(Ms) when is_integer(Ms), Ms > 0 -> Ms;
limit(Other) -> faux_redis_error:fail(option, "option 'callback_timeout' takes milliseconds, 1 or more, or infinity, not ~ts", [Other]).

style(Language, Compat) ->
    ['__struct__' || Language =:= elixir] ++ [args || Compat =:= v1].

quirks(v1) -> [{membership_as_text, true}];
quirks(none) -> [].

setting({Name, true}) -> {faux_redis_terms:word(config, Name), <<"yes">>};
setting({Name, false}) -> {faux_redis_terms:word(config, Name), <<"no">>};
setting({Name, N}) when is_integer(N) -> {faux_redis_terms:word(config, Name), integer_to_binary(N)};
setting({Name, Value}) -> {faux_redis_terms:word(config, Name), faux_redis_terms:word(Name, Value)};
setting(Other) ->
    faux_redis_error:fail(option, "option 'config' takes settings as in redis.conf, pairs of a name and a value; ~ts is none",
        [Other]).
