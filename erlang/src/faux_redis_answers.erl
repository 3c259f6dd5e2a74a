%% @private
%% @doc What calls are answered with, as the native library takes it, and the functions of it.
-module(faux_redis_answers).

-export([answering/2, replacement/1, actions/2, fault/1]).

%% @doc What a rule is told to answer; `Answer' is `{answer, Term}' or `none'.
-spec answering({answer, term()} | none, term()) -> {[term()], faux_redis_matchers:kept()}.
answering(none, last) ->
    {[], []};
answering(none, _) ->
    faux_redis_error:fail(option, "option 'then' says what comes after an answer, and there is none", []);
answering({answer, [_ | _] = Sequence}, Then) ->
    is_list(catch lists:reverse(Sequence)) orelse
        faux_redis_error:fail(answer, "a sequence is a list, not ~ts", [Sequence]),
    {Answers, Kept} = lists:unzip([steps(Answer, fun callback/1) || Answer <- Sequence]),
    {[{replies, Answers, Then}], lists:append(Kept)};
answering({answer, Answer}, last) ->
    {Actions, Kept} = steps(Answer, fun callback/1),
    {[{then, Actions}], Kept};
answering({answer, Answer}, Then) ->
    answering({answer, [Answer]}, Then).

%% @doc What a rule is told to answer from now on, and the functions of it.
-spec replacement(term()) -> {term(), faux_redis_matchers:kept()}.
replacement([_ | _] = Sequence) ->
    {[Told], Kept} = answering({answer, Sequence}, last),
    {Told, Kept};
replacement(Answer) ->
    {Actions, Kept} = steps(Answer, fun callback/1),
    {{replace, Actions}, Kept}.

%% @doc The actions of an answer a callback has given. A function in it answers in its place, here and now.
-spec actions(term(), term()) -> [term()].
actions(Answer, Call) ->
    {Actions, []} = steps(Answer, fun(Function) -> {actions(Function(Call), Call), []} end),
    Actions.

%% @doc The actions of a fault. It is made of words: a function would have to know the server that it spoils.
-spec fault(term()) -> [term()].
fault(Fault) ->
    Refuse = fun(Function) -> faux_redis_error:fail(answer, "a fault is an answer or an action, not ~ts", [Function]) end,
    {Actions, []} = steps(Fault, Refuse),
    Actions.

callback(Function) ->
    Number = erlang:unique_integer([positive]),
    {[{callable, Number, faux_redis_terms:shown(Function)}], [{Number, answer, Function}]}.

%% The actions of an answer; `OnFunction' says what stands for a function.
steps({delay, Ms, Answer}, OnFunction) ->
    before([{delay, Ms}], Answer, OnFunction);
steps({delay, Ms}, _) ->
    {[{delay, Ms}], []};
steps(Word, _) when Word =:= timeout; Word =:= no_reply ->
    {[no_reply], []};
steps(Word, _) when Word =:= close; Word =:= reset; Word =:= execute; Word =:= drop_reply; Word =:= hang;
        Word =:= duplicate; Word =:= reorder; Word =:= wrong_type ->
    {[Word], []};
steps({Ending, Answer}, OnFunction) when Ending =:= close; Ending =:= reset ->
    {Actions, Kept} = steps(Answer, OnFunction),
    {Actions ++ [Ending], Kept};
steps({Word, Length}, _) when is_integer(Length), Length >= 0, (Word =:= truncate orelse Word =:= garbage) ->
    {[{Word, Length}], []};
steps({template, Text}, _) ->
    {[{template, faux_redis_terms:text(answer, Text)}], []};
steps({protocol_error, Bytes}, _) ->
    {[{reply, {raw, faux_redis_terms:text(answer, Bytes)}}], []};
steps({raw, Bytes}, _) ->
    {[{reply, {raw, faux_redis_terms:text(answer, Bytes)}}], []};
steps({partial, Chunks}, OnFunction) ->
    steps({partial, Chunks, 0}, OnFunction);
steps({partial, Chunks, Gap}, _) when is_list(Chunks) ->
    {[{partial, [chunk(Chunk) || Chunk <- Chunks], Gap}], []};
steps({do, Steps}, OnFunction) when is_list(Steps) ->
    {Actions, Kept} = lists:unzip([steps(Step, OnFunction) || Step <- Steps]),
    {lists:append(Actions), lists:append(Kept)};
steps({'fun', Function}, OnFunction) when is_function(Function, 1) ->
    OnFunction(Function);
steps(Function, OnFunction) when is_function(Function, 1) ->
    OnFunction(Function);
steps(Function, _) when is_function(Function) ->
    faux_redis_error:fail(answer, "a callback takes one argument, the call; this one does not: ~ts", [Function]);
steps({error, Line}, _) when is_list(Line) ->
    {[{reply, {error, faux_redis_terms:text(answer, Line)}}], []};
steps(Value, _) ->
    {[{reply, Value}], []}.

before(First, Answer, OnFunction) ->
    {Actions, Kept} = steps(Answer, OnFunction),
    {First ++ Actions, Kept}.

chunk(Length) when is_integer(Length) -> Length;
chunk(Bytes) -> faux_redis_terms:text(answer, Bytes).
