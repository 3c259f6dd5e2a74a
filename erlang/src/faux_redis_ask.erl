%% @private
%% @doc What the public modules share: asking a server's process and the native library, and telling what was said wrongly.
-module(faux_redis_ask).

-export([said/1, failed/2, whole/3, without/2, only/2, plain/1, value/1, unasked/1]).
-export([answered/1, search/4, waited/3, patience/0]).
-export([label/1, place_of_caller/0]).

%% How long a wait lasts when nothing else is said, in milliseconds.
-define(PATIENCE, 5000).

%% @doc What was said wrongly comes back as an error.
said(Say) ->
    try
        Say()
    catch
        throw:{faux_redis, Error} -> {error, Error}
    end.

%% @doc Gives up, in words that begin with what was wrong.
-spec failed(string(), [term()]) -> no_return().
failed(Format, Values) ->
    throw({faux_redis, {option, unicode:characters_to_binary(io_lib:format(Format, Values))}}).

%% @doc An option that is a whole number, not less than the least one.
whole(_, N, Least) when is_integer(N), N >= Least -> N;
whole(Name, Other, Least) ->
    failed("option '~ts' takes an integer of ~b or more, not ~0tp", [Name, Least, Other]).

%% @doc Options but for those of these names.
without(Names, Options) ->
    [Option || Option <- proplists:unfold(Options), not lists:member(element(1, Option), Names)].

%% @doc Checks that there are no options but of these names.
only(Names, Options) when is_list(Options) ->
    case without(Names, Options) of
        [] -> ok;
        [Other | _] -> failed("~0tp is no option here; there is ~ts", [Other, listed(Names)])
    end;
only(Names, Other) ->
    failed("options are a list of ~ts, not ~0tp", [listed(Names), Other]).

listed(Names) -> lists:join(" and ", [atom_to_list(Name) || Name <- Names]).

%% @doc What the library answers, without a value that tells nothing.
plain({ok, ok}) -> ok;
plain(Other) -> Other.

%% @doc What the library answers, without the tag of its success.
value({ok, Value}) -> Value;
value(Error) -> Error.

%% @doc Which connections are meant, where nobody can be asked.
unasked({_, []} = Client) ->
    Client;
unasked(_) ->
    failed("here connections are meant without functions and regular expressions; use {glob, Pattern}", []).

%% @doc Asks the library something that takes time, and waits for its message.
answered(Ask) ->
    Reference = make_ref(),
    case Ask(Reference) of
        {ok, ok} ->
            receive
                {Reference, Answer} -> Answer
            end;
        Error ->
            Error
    end.

%% @doc Asks about the calls that match.
search(Server, Matcher, Options, Ask) ->
    said(fun() ->
        {Conditions, Kept} = faux_redis_terms:matcher(Matcher, Options),
        Handle = gen_server:call(Server, {keep, Kept}, infinity),
        try
            answered(fun(Reference) -> Ask(Handle, Conditions, Reference) end)
        after
            Kept =:= [] orelse gen_server:cast(Server, {forget, Kept})
        end
    end).

%% @doc Waits until something is so, as often as `n' says and for no longer than `timeout'.
waited(Server, Options, Ask) ->
    said(fun() ->
        Count = whole(n, proplists:get_value(n, Options, 1), 0),
        Timeout = whole(timeout, proplists:get_value(timeout, Options, ?PATIENCE), 0),
        [failed("~0tp is no option here; there are n and timeout", [Other]) || Other <- without([n, timeout], Options)],
        Handle = faux_redis:handle(Server),
        answered(fun(Reference) -> Ask(Handle, Count, Timeout, Reference) end)
    end).

%% @doc How long a wait lasts, in milliseconds.
patience() -> ?PATIENCE.

%% @doc What a handle is told of itself: the line that makes it, and the name that the options give it.
label(Options) ->
    case proplists:get_value(name, Options, nil) of
        Absent when Absent =:= nil; Absent =:= undefined -> {place_of_caller(), nil};
        Name -> {place_of_caller(), faux_redis_terms:named(Name)}
    end.

%% @doc The file and line that called into this application.
place_of_caller() ->
    {current_stacktrace, Stack} = process_info(self(), current_stacktrace),
    Callers = [Frame || {Module, _, _, _} = Frame <- Stack, not is_ours(Module)],
    %% A last call leaves no trace of where it was made: then its caller's is nearer than a line of a library's.
    Places = [{Module, Place} || {Module, _, _, Where} <- Callers, Place <- place(Where)],
    case {[Place || {Module, Place} <- Places, not is_installed(Module)], Places} of
        {[Place | _], _} -> Place;
        {[], [{_, Place} | _]} -> Place;
        {[], []} -> <<"(unknown)">>
    end.

place(Where) ->
    case proplists:get_value(line, Where) of
        Line when is_integer(Line), Line > 0 ->
            [iolist_to_binary([proplists:get_value(file, Where, "?"), ":", integer_to_list(Line)])];
        _ ->
            []
    end.

is_ours(Module) ->
    lists:member(Module, [
        ?MODULE, faux_redis, faux_redis_rules, faux_redis_planes, faux_redis_data, 'Elixir.FauxRedis',
        'Elixir.FauxRedis.Case', 'Elixir.FauxRedis.Connections', 'Elixir.FauxRedis.Data', 'Elixir.FauxRedis.Gate',
        'Elixir.FauxRedis.Link', 'Elixir.FauxRedis.Rules', 'Elixir.FauxRedis.State'
    ]).

%% It came with Erlang or Elixir, as ExUnit and EUnit do.
is_installed(Module) ->
    case code:which(Module) of
        Path when is_list(Path) ->
            Folders = [code:lib_dir() | [applications_of(Kernel) || Kernel <- [code:which('Elixir.Kernel')], is_list(Kernel)]],
            lists:any(fun(Folder) -> lists:prefix(Folder ++ "/", Path) end, Folders);
        _ ->
            Module =:= erlang
    end.

%% The folder of the applications, of a file in the `ebin' of one of them.
applications_of(File) -> filename:dirname(filename:dirname(filename:dirname(File))).
