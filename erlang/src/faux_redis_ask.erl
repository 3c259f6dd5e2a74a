%% @private
%% @doc What the public modules share: asking a server's process and the native library, and telling what was said wrongly.
-module(faux_redis_ask).

-export([said/1, called/2, of_handle/3, options/1, whole/3, without/2, only/2, plain/1, value/1, unasked/1]).
-export([answered/1, search/4, keeping/3, waited/4, patience/0]).
-export([label/1, place_of_caller/0]).

%% How long a wait lasts when nothing else is said, in milliseconds.
-define(PATIENCE, 5000).

%% @doc What was said wrongly comes back as an error; so does a server that does not run any more.
said(Say) ->
    try
        Say()
    catch
        throw:{faux_redis, Error} -> {error, Error};
        exit:{Gone, {gen_server, call, [Server | _]}} when Gone =:= noproc; Gone =:= normal; Gone =:= shutdown; Gone =:= killed ->
            {error, {stopped, faux_redis_error:message("the server ~ts does not run", [Server])}}
    end.

%% @doc Asks the process of a server.
called(Server, Request) when is_pid(Server); is_atom(Server); is_tuple(Server) ->
    gen_server:call(Server, Request, infinity);
called(Server, Request) ->
    %% As if there were no such name.
    exit({noproc, {gen_server, call, [Server, Request, infinity]}}).

%% @doc Asks the library about a handle. What is none is told with what one is.
of_handle(What, Handle, Ask) ->
    try
        Ask(Handle)
    catch
        error:badarg -> faux_redis_error:fail(option, "~ts was expected here, not ~ts", [{text, What}, Handle])
    end.

%% @doc Options are a list.
options(Options) ->
    try
        _ = length(Options),
        Options
    catch
        error:badarg -> faux_redis_error:fail(option, "options are a list of pairs, not ~ts", [Options])
    end.

%% @doc An option that is a whole number, not less than the least one.
whole(_, N, Least) when is_integer(N), N >= Least -> N;
whole(Name, Other, Least) ->
    faux_redis_error:fail(option, "option '~ts' takes an integer of ~ts or more, not ~ts", [{text, Name}, Least, Other]).

%% @doc Options but for those of these names.
without(Names, Options) ->
    [Option || Option <- proplists:unfold(options(Options)), not is_named(Names, Option)].

is_named(Names, Option) -> is_tuple(Option) andalso Option =/= {} andalso lists:member(element(1, Option), Names).

%% @doc Checks that there are no options but of these names.
only(Names, Options) ->
    case without(Names, Options) of
        [] -> ok;
        [Other | _] -> faux_redis_error:fail(option, "~ts is no option here; there ~ts", [Other, {text, listed(Names)}])
    end.

listed([Name]) -> ["is ", atom_to_list(Name)];
listed(Names) -> ["are ", lists:join(" and ", [atom_to_list(Name) || Name <- Names])].

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
    faux_redis_error:fail(option, "here connections are meant without functions and regular expressions; use {glob, Pattern}", []).

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
        {Conditions, Kept} = faux_redis_matchers:matcher(Matcher, Options),
        keeping(Server, Kept, fun(Handle) ->
            answered(fun(Reference) -> Ask(Handle, Conditions, Reference) end)
        end)
    end).

%% @doc Has the server keep functions as long as something is asked of it.
keeping(Server, Kept, Ask) ->
    Handle = called(Server, {keep, Kept}),
    try
        Ask(Handle)
    after
        Kept =:= [] orelse gen_server:cast(Server, {forget, Kept})
    end.

%% @doc Waits until something is so, as often as `n' says and for no longer than `timeout'.
waited(Server, Until, Names, Options) ->
    said(fun() ->
        ok = only(Names, Options),
        Count = whole(n, proplists:get_value(n, Options, 1), 0),
        Timeout = whole(timeout, proplists:get_value(timeout, Options, ?PATIENCE), 0),
        Handle = faux_redis:handle(Server),
        answered(fun(Reference) -> faux_redis_nif:wait(Handle, Until, Count, Timeout, Reference) end)
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
