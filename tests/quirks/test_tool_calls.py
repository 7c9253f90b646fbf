"""T1 to T33: which call a delta belongs to, and what its arguments become. And N1, N2."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sse_core import Opaque, Reset, ToolCallDelta, ToolCallEnd, ToolCallStart, Unknown

from .base import DONE, Read, call, calls, claude, named, parts, read, responses, say, sse

END = sse(say(finish="tool_calls")) + DONE
A, B = '{"a": 1}', '{"b": 2}'
F, G = ("id1", "f", A), ("id2", "g", B)


def made(*entries: Any, anomalies: str = "", outcome: str = "complete") -> Read:
    """Each entry in a chunk of its own; a list of them in one. Then a finish reason."""
    chunks = [calls(*(entry if isinstance(entry, list) else [entry])) for entry in entries]
    return read(sse(*chunks), END, anomalies=anomalies, outcome=outcome)


# -- which call it is --------------------------------------------------------------------------


def test_T1_no_index() -> None:
    seen = made(call(None, "id1", "f", '{"a":'), call(None, arguments=" 1}"), anomalies="T1")
    assert seen.calls == [F]


def test_T1_no_index_and_no_id() -> None:
    stream = sse(calls(call(None, "", "f", A), finish="stop")) + DONE
    seen = read(stream, anomalies="E3 T1 T7 T9")
    assert [found[1:] for found in seen.calls] == [("f", A)]


def test_T1_no_index_and_the_name_in_every_delta() -> None:
    """The same name goes on with arguments that are open; it begins a call behind whole ones."""
    first = [call(None, name="f", arguments='{"a":'), call(None, name="f", arguments=" 1}")]
    seen = made(*first, call(None, name="f", arguments=B), anomalies="T1 T9 T12")
    assert [(name, arguments) for _, name, arguments in seen.calls] == [("f", A), ("f", B)]
    seen = made(*first, call(None, name="g", arguments=B), anomalies="T1 T9 T12")
    assert [(name, arguments) for _, name, arguments in seen.calls] == [("f", A), ("g", B)]


def test_T2_no_index_and_calls_in_separate_chunks() -> None:
    assert made(call(None, *F), call(None, *G), anomalies="T1").calls == [F, G]


def test_T2_two_calls_of_one_tool_without_index() -> None:
    again = ("id2", "f", A)
    assert made(call(None, *F), call(None, *again), anomalies="T1").calls == [F, again]


def test_T3_index_0_for_every_call() -> None:
    assert made(call(0, *F), call(0, *G), anomalies="T3").calls == [F, G]
    assert made([call(0, *F), call(0, *G)], anomalies="T3").calls == [F, G]


def test_T3_two_calls_of_one_tool_at_one_index() -> None:
    again = ("id2", "f", A)
    assert made(call(0, *F), call(0, *again), anomalies="T3").calls == [F, again]


def test_T4_more_of_the_latest_call_at_the_index() -> None:
    seen = made(
        call(0, "id1", "f", ""), call(0, arguments=A),
        call(0, "id2", "g", ""), call(0, arguments='{"b":'), call(0, arguments=" 2}"),
        anomalies="T3",
    )  # fmt: skip
    assert seen.calls == [F, G]


def test_T5_the_first_index_is_1() -> None:
    seen = made(call(1, "id1", "f", ""), call(1, arguments=A), anomalies="T5")
    assert seen.calls == [F]


def test_T6_a_new_id_in_every_delta() -> None:
    pieces = [call(0, f"new{place}", "", piece) for place, piece in enumerate(['{"a"', ":", " 1}"])]
    seen = made(call(0, "id1", "f", ""), *pieces, anomalies="T6 T14")
    assert seen.calls == [F]


def test_T6_a_new_id_and_the_name_in_every_delta() -> None:
    seen = made(call(0, "id1", "f", '{"a":'), call(0, "id9", "f", " 1}"), anomalies="T6 T12")
    assert seen.calls == [F]


def test_T7_an_empty_id_on_what_follows() -> None:
    seen = made(call(0, "id1", "f", ""), call(0, "", None, A), anomalies="T7")
    assert seen.calls == [F]


@pytest.mark.parametrize("id", ["null", "None"])
def test_T8_the_word_null_as_an_id(id: str) -> None:
    seen = made(call(0, "id1", "f", ""), call(0, id, None, A), anomalies="T8")
    assert seen.calls == [F]


def test_T8_in_two_calls_side_by_side() -> None:
    seen = made(
        call(0, "id1", "f", ""), call(1, "id2", "g", ""),
        call(0, "null", "", A), call(1, "null", "", B), anomalies="T8 T14",
    )  # fmt: skip
    assert seen.calls == [F, G]


def test_T9_never_an_id() -> None:
    seen = made(call(0, None, "f", A), call(1, None, "g", B), anomalies="T9")
    assert [found[1:] for found in seen.calls] == [("f", A), ("g", B)]
    ids = [(one.id != "", one.id_is_synthetic) for one in seen.response.tool_calls]
    assert ids == [(True, True)] * 2
    assert len({one.id for one in seen.response.tool_calls}) == 2


def test_T9_the_id_comes_late() -> None:
    """Late it may come, as long as nothing was shown: the call begins with its name."""
    seen = made(call(0, arguments='{"a":'), call(0, "id1", "f", " 1}"))
    assert seen.calls == [F]
    assert seen.of(ToolCallStart) == [ToolCallStart(0, 0, "f", "id1")]


def test_T9_the_id_comes_after_the_name() -> None:
    """The end and the response have it; the start had to make one."""
    seen = made(call(0, name="f", arguments='{"a":'), call(0, "id1", arguments=" 1}"),
                anomalies="T6 T9")  # fmt: skip
    assert seen.calls == [F]
    assert seen.of(ToolCallStart) == [ToolCallStart(0, 0, "f", "call_0_0", True)]
    assert [(end.id, end.id_is_synthetic) for end in seen.of(ToolCallEnd)] == [("id1", False)]


def test_T10_the_id_repeated_in_every_delta() -> None:
    seen = made(call(0, "id1", "f", '{"a"'), call(0, "id1", None, ": 1}"), anomalies="T10")
    assert seen.calls == [F]


def test_T11_ids_that_are_0_and_1_in_every_message() -> None:
    seen = made(call(0, "0", "f", A), call(1, "1", "g", B))
    assert seen.calls == [("0", "f", A), ("1", "g", B)]


def test_T11_one_id_in_two_choices() -> None:
    stream = sse(
        say(index=0, tool_calls=[call(0, "0", "f", A)]),
        say(index=1, tool_calls=[call(0, "0", "g", B)]),
        *(say(finish="tool_calls", index=index) for index in (0, 1)),
    )
    assert read(stream, DONE).calls == [("0", "f", A), ("0", "g", B)]


def test_T12_the_name_in_every_delta() -> None:
    seen = made(call(0, "id1", "f", '{"a"'), call(0, None, "f", ": 1}"), anomalies="T12")
    assert seen.calls == [F]


def test_T12_id_and_name_in_every_delta() -> None:
    seen = made(call(0, "id1", "f", '{"a"'), call(0, "id1", "f", ": 1}"), anomalies="T10 T12")
    assert seen.calls == [F]


def test_T12_another_name_once_there_are_arguments() -> None:
    seen = made(call(0, "id1", "f", '{"a":'), call(0, name="g", arguments=" 1}"), anomalies="T12")
    assert seen.calls == [F]


def test_T13_a_name_in_pieces() -> None:
    seen = made(
        call(0, "id1", "edit_ex"), call(0, None, "isting_file"), call(0, arguments=A),
        anomalies="T13",
    )  # fmt: skip
    assert seen.calls == [("id1", "edit_existing_file", A)]
    ends = seen.of(ToolCallEnd)
    assert [end.name for end in ends] == ["edit_existing_file"]


def test_T13_a_name_that_grows() -> None:
    seen = made(call(0, "id1", "edit"), call(0, None, "edit_file"), call(0, arguments=A),
                anomalies="T13")  # fmt: skip
    assert seen.calls == [("id1", "edit_file", A)]


def test_T14_an_empty_name_later() -> None:
    seen = made(call(0, "id1", "f", '{"a"'), call(0, None, "", ": 1}"), anomalies="T14")
    assert seen.calls == [F]


def test_T14_an_empty_name_first_and_the_name_later() -> None:
    seen = made(call(0, "id1", "", '{"a"'), call(0, "id1", "f", ": 1}"), anomalies="T10 T14")
    assert seen.calls == [F]
    assert [start.name for start in seen.of(ToolCallStart)] == ["f"]


def test_T14_never_a_name() -> None:
    seen = made(call(0, "id1", "", A), anomalies="T14")
    assert seen.calls == [("id1", "", A)]


@pytest.mark.parametrize("kind", ["function", None])
def test_T15_the_type_repeated_or_null(kind: Any) -> None:
    seen = made(call(0, "id1", "f", '{"a"'), call(0, arguments=": 1}", type=kind))
    assert seen.calls == [F]
    assert seen.response.tool_calls[0].kind == "function"


# -- arguments ---------------------------------------------------------------------------------


def test_T16_arguments_that_are_an_object() -> None:
    seen = made(call(0, "id1", "f", {"a": 1}), anomalies="T16")
    assert [(found[0], json.loads(found[2])) for found in seen.calls] == [("id1", {"a": 1})]


def test_T17_tool_calls_that_are_one_object() -> None:
    stream = sse(say(tool_calls=call(0, *F)))
    assert read(stream, END, anomalies="T17").calls == [F]


@pytest.mark.parametrize(
    "entry",
    [
        call(0, "id1", "f"),
        call(0, "id1", "f", ""),
        {"index": 0, "id": "id1", "function": {"name": "f", "arguments": None}},
    ],
)
def test_T18_no_arguments(entry: Any) -> None:
    seen = made(entry, anomalies="T18")
    assert seen.calls == [("id1", "f", "{}")]
    assert seen.response.tool_calls[0].parsed == {}


def test_T18_no_arguments_and_no_end_is_no_call() -> None:
    stream = sse(calls(call(0, "id1", "f", "")))
    (one,) = read(stream, outcome="truncated").response.tool_calls
    assert (one.complete, one.problem, one.arguments) == (False, "cut", "")


def test_T19_a_placeholder_first() -> None:
    seen = made(call(0, "id1", "f", "{}"), call(0, arguments='{"a"'), call(0, arguments=": 1}"),
                anomalies="T19")  # fmt: skip
    assert seen.calls == [F]
    assert len(seen.of(Reset)) == 1


@pytest.mark.parametrize("again", [A, '{"a":1}'])
def test_T20_all_the_arguments_once_more(again: str) -> None:
    seen = made(call(0, "id1", "f", '{"a"'), call(0, arguments=": 1}"), call(0, arguments=again),
                anomalies="T20")  # fmt: skip
    assert seen.calls == [F]


def test_T21_each_fragment_repeats_all_before_it() -> None:
    pieces = ["{", '{"a', '{"a": ', A]
    seen = made(call(0, "id1", "f", ""), *(call(0, arguments=piece) for piece in pieces),
                anomalies="T21")  # fmt: skip
    assert seen.calls == [F]
    assert "".join(delta.arguments for delta in seen.of(ToolCallDelta)) == A


@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        (['{"a": "', "-step", "-step", '"}'], '{"a": "-step-step"}'),
        (['{"a": ', "1", "0", "0", "00", "}"], '{"a": 10000}'),
        (["{", '"a": [[', "]", "]", "}"], '{"a": [[]]}'),
        (['{"a":', '{"a":', "1}", "}"], '{"a":{"a":1}}'),
    ],
)
def test_T22_repeats_that_are_meant(pieces: list[str], whole: str) -> None:
    seen = made(call(0, "id1", "f", ""), *(call(0, arguments=piece) for piece in pieces))
    assert [one.arguments for one in seen.response.tool_calls] == [whole]


def test_T23_arguments_that_parse_and_go_on() -> None:
    """A call ends at its end, not where its text could."""
    entry, more = call(0, "id1", "f", '{"a": 1}'), call(0, arguments="  ")
    seen = made(entry, more)
    assert seen.calls == [("id1", "f", '{"a": 1}  ')]
    cut = read(sse(calls(entry)), outcome="truncated")
    assert [one.complete for one in cut.response.tool_calls] == [False]


def test_T24_a_call_and_the_finish_reason_in_one_chunk() -> None:
    seen = read(sse(calls(call(0, *F), finish="tool_calls")), DONE)
    assert (seen.calls, seen.finish) == ([F], "tool_calls")


@pytest.mark.parametrize("arguments", [None, ""])
def test_T25_a_closing_chunk_with_id_and_name(arguments: Any) -> None:
    seen = made(
        call(0, "id1", "f", A), call(0, "id1", "f", arguments), call(1, "id2", "g", B),
        call(1, "id2", "g", arguments), anomalies="T10 T12",
    )  # fmt: skip
    assert seen.calls == [F, G]


SIGNED = {"google": {"thought_signature": "c2lnbmVk"}}


@pytest.mark.parametrize("apart", [False, True])
def test_T26_a_signature_in_extra_content(apart: bool) -> None:
    entry = call(0, *F)
    more = {"index": 0, "extra_content": SIGNED}
    seen = made(entry, more) if apart else made({**entry, **more})
    assert seen.calls == [F]
    (one,) = seen.response.tool_calls
    assert one.opaque == (Opaque(0, 0, "thought_signature", "c2lnbmVk"),)
    assert one.wire["extra_content"] == SIGNED


def test_T27_calls_side_by_side() -> None:
    seen = made(
        call(0, "id1", "f", ""), call(1, "id2", "g", ""),
        call(0, arguments='{"a"'), call(1, arguments='{"b"'),
        call(0, arguments=": 1}"), call(1, arguments=": 2}"),
    )  # fmt: skip
    assert seen.calls == [F, G]


@pytest.mark.parametrize("arguments", ['"x"', "[]", "5", "null"])
def test_T28_arguments_that_are_no_object(arguments: str) -> None:
    (one,) = made(call(0, "id1", "f", arguments)).response.tool_calls
    assert (one.arguments, one.problem, one.complete) == (arguments, "not an object", False)
    assert one.parsed == json.loads(arguments)


@pytest.mark.parametrize("index", [-1, 2**70, 10**9])
def test_T29_an_index_out_of_this_world(index: int) -> None:
    seen = made(call(0, *F), call(index, "id2", "g", ""), call(index, arguments=B), anomalies="T29")
    assert seen.calls == [F, G]


def test_T30_the_one_call_of_old() -> None:
    pieces = [{"name": "f", "arguments": ""}, {"arguments": '{"a"'}, {"arguments": ": 1}"}]
    stream = sse(*(say(function_call=piece) for piece in pieces), say(finish="function_call"))
    seen = read(stream, DONE)
    assert [found[1:] for found in seen.calls] == [F[1:]]
    assert seen.finish == "tool_calls function_call"


def test_T30_with_arguments_that_are_an_object() -> None:
    stream = sse(say(function_call={"name": "f", "arguments": {"a": 1}}, finish="function_call"))
    (found,) = read(stream, anomalies="T16").calls
    assert (found[1], json.loads(found[2])) == ("f", {"a": 1})


def test_T31_coheres_calls_come_with_a_dialect_of_their_own() -> None:
    """Until then: in chat chunks, an object for the list (T17), and null arguments (T18)."""
    entry = {"id": "id1", "type": "function", "function": {"name": "f", "arguments": None}}
    seen = read(sse(say(tool_calls=entry)), END, anomalies="T1 T17 T18")
    assert seen.calls == [("id1", "f", "{}")]
    cohere = named({"type": "tool-call-start", "index": 0, "delta": {"message": {}}})
    assert len(read(cohere, outcome="unknown").of(Unknown)) == 1


def test_T32_the_id_counts_where_the_index_is_wrong() -> None:
    seen = made(
        call(0, "id1", "f", '{"a"'), call(1, "id2", "g", '{"b"'),
        call(0, "id2", None, ": 2}"), call(5, "id1", None, ": 1}"), anomalies="T10",
    )  # fmt: skip
    assert seen.calls == [F, G]


H = ("id1", "f", '{"b": 2}')


@pytest.mark.parametrize("other", [("id1", "g", '{"b": 2}'), H])
def test_T33_one_id_for_two_calls(other: tuple[str, str, str]) -> None:
    """Another name, or other arguments behind whole ones, at a new index. More of each goes by the
    index then, with and without the id."""
    entries = [call(0, *F), call(1, *other)]
    assert read(sse(calls(*entries)), END, anomalies="T33").calls == [F, other]
    assert made(*entries, anomalies="T33").calls == [F, other]
    _, name, arguments = other
    if name == "g":
        seen = made(
            call(0, "id1", "f", '{"a"'), call(1, "id1", name, arguments[:4]),
            call(0, "id1", None, ": 1}"), call(1, "id1", None, arguments[4:]),
            anomalies="T10 T33",
        )  # fmt: skip
        assert seen.calls == [F, other]
        seen = made(call(0, "id1", "f", ""), call(1, "id1", "g", ""), anomalies="T18 T33")
        assert seen.calls == [("id1", "f", "{}"), ("id1", "g", "{}")]


@pytest.mark.parametrize("space", ["", " \n"])
def test_T33_behind_arguments_in_pieces(space: str) -> None:
    """The same arguments once more are a repetition, others another call."""
    pieces = [call(0, "id1", "f", '{"a"'), call(0, None, None, ": 1}")]
    seen = made(*pieces, call(1, "id1", "f", space + B), anomalies="T33")
    assert [found[2].strip() for found in seen.calls] == [A, B]
    seen = made(*pieces, call(1, "id1", "f", space + '{"a":1}'), anomalies="T10 T12 T20")
    assert seen.calls == [F]


@pytest.mark.parametrize("again", [F[2], '{"a":1}', "", "}"])
def test_T33_is_not_the_same_call_at_another_index(again: str) -> None:
    """T32: the id counts, unless something else begins."""
    first, anomalies = ('{"a": 1', "T10 T12") if again == "}" else (F[2], "T10 T12 T20")
    seen = made(
        call(0, "id1", "f", first), call(3, "id1", "f", again),
        anomalies=anomalies if again else "T10 T12",
    )  # fmt: skip
    assert seen.calls == [F]


# -- of our own --------------------------------------------------------------------------------


def test_N1_a_value_told_whole_differs_from_its_deltas() -> None:
    stream = named(
        responses.life("created"),
        responses.added(responses.message()),
        responses.at("content_part.added", part={"type": "output_text", "text": ""}),
        responses.at("output_text.delta", delta="Help"),
        responses.at("output_text.done", text="Hello"),
        responses.done(responses.message("Hello")),
        responses.completed(responses.message("Hello")),
    )
    seen = read(stream, dialect="openai-responses", anomalies="N1")
    assert (seen.text, len(seen.of(Reset))) == ("Hello", 1)


def test_N1_of_arguments() -> None:
    whole = responses.function(A)
    stream = named(
        responses.life("created"),
        responses.added(responses.function()),
        responses.at("function_call_arguments.delta", delta=B),
        responses.at("function_call_arguments.done", arguments=A),
        responses.done(whole),
        responses.completed(whole),
    )
    seen = read(stream, dialect="openai-responses", anomalies="N1")
    assert seen.calls == [("call_0", "f", A)]


def argument(path: str, value: str, goes_on: bool = False) -> dict[str, Any]:
    partial = {"jsonPath": path, "stringValue": value, "willContinue": goes_on}
    return parts({"functionCall": {"partialArgs": [partial], "willContinue": True}})


def test_N2_arguments_go_back_to_a_place_that_was_left() -> None:
    stream = sse(
        parts({"functionCall": {"name": "f", "willContinue": True}}),
        argument("$.a", "x"), argument("$.b", "y"), argument("$.a", "z"),
        parts({"functionCall": {}}), parts(finish="STOP"),
    )  # fmt: skip
    seen = read(stream, dialect="gemini", anomalies="N2")
    (found,) = seen.calls
    assert json.loads(found[2]) == {"a": "x", "b": "y"}
    assert len(seen.of(Unknown)) == 1


# -- indexes, ends and cuts --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "anomalies"),
    [
        (-1, "T5 T29"),
        (2**70, "T5 T29"),
        (True, "J5 T1"),
        ("0", "J5"),
        (1.0, "J5 T5"),
        (1e9, "J5 T5"),
        (None, "T1"),
        ("x", "J5 T1"),
        ([0], "J5 T1"),
    ],
)
def test_any_index_names_a_call(index: Any, anomalies: str) -> None:
    first, rest = call(0, "id1", "f", '{"a"'), call(0, arguments=": 1}")
    seen = made({**first, "index": index}, {**rest, "index": index}, anomalies=anomalies)
    assert seen.calls == [F]


def test_a_second_call_after_the_first_finish_reason() -> None:
    stream = sse(calls(call(0, *F), finish="tool_calls"), calls(call(1, *G), finish="tool_calls"))
    seen = read(stream, DONE, anomalies="E5")
    assert (seen.calls, seen.finish) == ([F, G], "tool_calls")


@pytest.mark.parametrize("reason", ["tool_calls", "stop", "length"])
def test_a_finish_reason_over_cut_arguments(reason: str) -> None:
    cut = '{"path": "/etc/hosts", "rows": [1, 2, "thr'
    stream = sse(calls(call(0, "id1", "f", "")), calls(call(0, arguments=cut)), say(finish=reason))
    anomalies = "E3" if reason == "stop" else ""
    seen = read(stream, DONE, anomalies=anomalies, outcome="incomplete")
    (one,) = seen.response.tool_calls
    assert (one.arguments, one.complete, one.problem) == (cut, False, "cut")
    assert seen.of(ToolCallEnd)[0].problem == "cut"


def test_arguments_that_are_no_json() -> None:
    seen = made(call(0, "id1", "f", '{"a": C:\\dir}'))
    (one,) = seen.response.tool_calls
    assert (one.complete, one.problem, one.parsed) == (False, "invalid", None)


def test_more_arguments_after_the_end() -> None:
    stream = sse(calls(call(0, *F), finish="tool_calls"), calls(call(0, arguments='{"b": 2}')))
    seen = read(stream, DONE, anomalies="E5")
    assert seen.calls == [F]
    assert len(seen.of(Unknown)) == 1


@pytest.mark.parametrize("arguments", [None, ""])
def test_nothing_more_of_a_call_after_its_end(arguments: Any) -> None:
    stream = sse(
        calls(call(0, *F)), say(finish="tool_calls"), calls(call(0, "id1", "f", arguments))
    )
    assert read(stream, DONE).calls == [F]


@pytest.mark.parametrize("more", [B, '{"b"'])
def test_two_objects_in_one_call_are_no_arguments(more: str) -> None:
    """Nothing tells them apart: both are kept, and the call is not to be run."""
    (one,) = made(call(0, *F), call(0, arguments=more)).response.tool_calls
    assert (one.arguments, one.complete, one.problem) == (A + more, False, "invalid")


def test_more_arguments_after_the_end_of_a_call_that_was_cut() -> None:
    first = calls(call(0, "id1", "f", '{"a"'), finish="length")
    stream = sse(first, calls(call(0, arguments=": 1}")))
    seen = read(stream, sse(say(finish="tool_calls")), DONE, anomalies="E5", outcome="incomplete")
    assert [one.arguments for one in seen.response.tool_calls] == ['{"a"', A]


def test_anthropic_indexes_are_keys() -> None:
    for index in (-1, 2**70, True, "0", 1.0, 1e9, None):
        stream = named(claude.BEGIN, *claude.tool(index, '{"a"', ": 1}"), claude.reason("tool_use"))
        assert read(stream, dialect="anthropic").calls == [F]
