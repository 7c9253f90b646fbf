"""E1 to E11: why it ended."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from sse_core import Finish, StreamError, TextEnd, ToolCallEnd

from .base import (
    DONE,
    STOP,
    call,
    calls,
    chunk,
    claude,
    named,
    parts,
    read,
    responses,
    say,
    sse,
)

F = call(0, "id1", "f", '{"a": 1}')


def test_E1_an_empty_reason_in_every_chunk() -> None:
    stream = sse(say("Hel", ""), say("lo", ""))
    seen = read(stream, sse(STOP), DONE, anomalies="E1")
    assert (seen.text, seen.of(Finish)) == ("Hello", [Finish(0, "stop", "stop")])
    assert read(stream, anomalies="E1", outcome="truncated").finish == ""


def test_E2_the_word_null_as_a_reason() -> None:
    stream = sse(say("Hel", "null"), say("lo", "null"))
    assert read(stream, sse(STOP), DONE, anomalies="E2").finish == "stop"
    assert read(stream, anomalies="E2", outcome="truncated").finish == ""


def test_E3_stop_with_calls() -> None:
    seen = read(sse(calls(F), STOP), DONE, anomalies="E3")
    assert seen.of(Finish) == [Finish(0, "tool_calls", "stop", True)]
    assert seen.calls == [("id1", "f", '{"a": 1}')]


def test_E3_stop_is_geminis_own_word_for_calls() -> None:
    stream = sse(parts({"functionCall": {"name": "f", "args": {}}}, finish="STOP"))
    assert read(stream, dialect="gemini").of(Finish) == [Finish(0, "tool_calls", "STOP", True)]


def test_E4_tool_calls_and_then_stop() -> None:
    seen = read(sse(calls(F), say(finish="tool_calls"), STOP), DONE, anomalies="E3 E4")
    assert (seen.finish, len(seen.of(Finish)), len(seen.calls)) == ("tool_calls", 1, 1)


def test_E4_a_stronger_reason_comes_second() -> None:
    stream = sse(say("a"), STOP, say(finish="length"))
    seen = read(stream, DONE, anomalies="E4", outcome="incomplete")
    assert [finish.raw for finish in seen.of(Finish)] == ["stop", "length"]
    assert seen.finish == "length"


def test_E4_the_same_reason_again() -> None:
    assert len(read(sse(say("a"), STOP, STOP), DONE).of(Finish)) == 1


def test_E5_text_after_the_reason() -> None:
    seen = read(sse(say("Hel"), STOP, say("lo")), DONE, anomalies="E5")
    assert (seen.text, seen.finish) == ("Hello", "stop")
    assert seen.of(TextEnd) == [TextEnd(0, 0, "Hel", True), TextEnd(0, 1, "lo", True)]


def test_E6_never_a_reason() -> None:
    assert read(sse(say("Hello")), DONE, outcome="unknown").text == "Hello"
    assert read(sse(say("Hello")), outcome="truncated").text == "Hello"


@pytest.mark.parametrize(
    ("raw", "reason", "outcome"),
    [
        ("eos", "stop", "complete"),
        ("end_turn", "stop", "complete"),
        ("model_length", "length", "incomplete"),
        ("max_tokens", "length", "incomplete"),
        ("MAX_TOKENS", "length", "incomplete"),
        ("max_output_tokens", "length", "incomplete"),
        ("SAFETY", "content_filter", "incomplete"),
        ("STOP", "stop", "complete"),
        ("sensitive", "content_filter", "incomplete"),
        ("insufficient_system_resource", "error", "failed"),
        ("network_error", "error", "failed"),
        ("abort", "error", "failed"),
        ("error", "error", "failed"),
        ("a_reason_of_tomorrow", "other", "complete"),
    ],
)
def test_E7_words_of_vendors(raw: str, reason: str, outcome: str) -> None:
    seen = read(sse(say("a"), say(finish=raw)), DONE, outcome=outcome)
    assert seen.of(Finish) == [Finish(0, reason, raw)]


def test_E8_the_providers_word_is_always_there() -> None:
    stream = named(claude.BEGIN, *claude.text(0, "a"), claude.reason("pause_turn"), claude.STOP)
    seen = read(stream, dialect="anthropic", outcome="incomplete")
    assert seen.of(Finish) == [Finish(0, "pause", "pause_turn")]
    malformed = sse(parts(finish="MALFORMED_FUNCTION_CALL"))
    finish = read(malformed, dialect="gemini").response.finish
    assert finish is not None
    assert finish.raw == "MALFORMED_FUNCTION_CALL"


@pytest.mark.parametrize("arguments", ['{"a": ', "", "{}"])
def test_E9_a_call_that_is_cut_by_length(arguments: str) -> None:
    stream = sse(calls(call(0, "id1", "f", arguments)), say(finish="length")) + DONE
    (one,) = read(stream, outcome="incomplete").response.tool_calls
    assert (one.complete, one.problem, one.arguments) == (False, "cut", arguments)


def test_E9_a_call_that_is_cut_by_max_tokens() -> None:
    cut = claude.tool(0, '{"a": "b')[:-1]
    stream = named(claude.BEGIN, *cut, claude.reason("max_tokens"), claude.STOP)
    (one,) = read(stream, dialect="anthropic", outcome="incomplete").response.tool_calls
    assert (one.complete, one.problem) == (False, "cut")


def test_E9_though_its_block_was_ended() -> None:
    cut = claude.tool(0, '{"a": "b')
    stream = named(claude.BEGIN, *cut, claude.reason("max_tokens"), claude.STOP)
    (one,) = read(stream, dialect="anthropic", outcome="incomplete").response.tool_calls
    assert (one.complete, one.problem) == (False, "cut")


@pytest.mark.parametrize("pieces", [(), ("",)])
@pytest.mark.parametrize("after", ["max_tokens", "refused", "error", "nothing"])
def test_E9_before_there_were_arguments(after: str, pieces: tuple[str, ...]) -> None:
    """Anthropic ends the block all the same; only what comes next tells."""
    ends = {
        "max_tokens": [claude.reason("max_tokens"), claude.STOP],
        "refused": [claude.reason("refusal"), claude.STOP],
        "error": [{"type": "error", "error": {"type": "overloaded_error", "message": "m"}}],
        "nothing": [],
    }
    stream = named(claude.BEGIN, *claude.tool(0, *pieces), *ends[after])
    outcomes = {"max_tokens": "incomplete", "refused": "incomplete", "error": "failed"}
    seen = read(stream, dialect="anthropic", outcome=outcomes.get(after, "truncated"))
    (one,) = seen.response.tool_calls
    assert (one.complete, one.problem, one.arguments) == (False, "cut", "")
    assert [end.complete for end in seen.of(ToolCallEnd)] == [False]


def test_E9_no_arguments_and_something_behind_them() -> None:
    """What goes on was not cut there: the call ends when the next block begins."""
    events = [*claude.tool(0), *claude.text(1, "Hi")]
    stream = named(claude.BEGIN, *events, claude.reason("max_tokens"), claude.STOP)
    seen = read(stream, dialect="anthropic", outcome="incomplete")
    (one,) = seen.response.tool_calls
    assert (one.complete, one.arguments) == (True, "{}")
    kinds = [type(event).__name__ for event in seen.events]
    assert kinds.index("ToolCallEnd") == kinds.index("TextStart") - 1


@pytest.mark.parametrize("index", [0, 1])
def test_E9_no_arguments_and_several_blocks_behind_them(index: int) -> None:
    """Also if all of them have one index."""
    calls = [*claude.tool(0), *claude.tool(index, id="id2", name="g")]
    events = [*calls, *claude.text(2, "Hi"), *claude.text(3, "!")]
    stream = named(claude.BEGIN, *events, claude.reason("max_tokens"), claude.STOP)
    seen = read(stream, dialect="anthropic", outcome="incomplete")
    assert [(one.id, one.complete) for one in seen.response.tool_calls] == [
        ("id1", True),
        ("id2", True),
    ]
    assert seen.text == "Hi!"


def test_E9_another_block_that_ends_meanwhile() -> None:
    """It says nothing of the call: a new one does."""
    first, *rest = claude.text(0, "H", "i")
    stream = named(claude.BEGIN, first, *claude.tool(1), *rest, *claude.text(2, "!"))
    seen = read(stream, dialect="anthropic", outcome="truncated")
    assert [one.complete for one in seen.response.tool_calls] == [True]
    stream = named(claude.BEGIN, first, *claude.tool(1), *rest)
    seen = read(stream, dialect="anthropic", outcome="truncated")
    assert [one.complete for one in seen.response.tool_calls] == [False]


CUT_ITEMS: dict[str, tuple[Any, str]] = {
    "none": (responses.function(), ""),
    "of nothing": (responses.function("{}"), "{}"),
    "half": (responses.function('{"a": "b'), '{"a": "b'),
    "custom": (
        {
            "type": "custom_tool_call",
            "id": "item_0",
            "call_id": "call_0",
            "name": "f",
            "input": "b",
        },
        "b",
    ),
}


@pytest.mark.parametrize("status", ["incomplete", "in_progress"])
@pytest.mark.parametrize(("item", "arguments"), CUT_ITEMS.values(), ids=CUT_ITEMS)
@pytest.mark.parametrize("ended", [True, False], ids=["ended", "told at the end"])
@pytest.mark.parametrize("last", ["incomplete", "failed", "nothing"])
def test_E9_a_call_whose_item_says_so(
    last: str, ended: bool, item: Any, arguments: str, status: str
) -> None:
    """Responses: before how it ends is known, or in the event that says it."""
    item = {**item, "status": status}
    field = "input" if "input" in item else "arguments"
    begun = responses.added({**item, field: "", "status": "in_progress"})
    details = {"incomplete_details": {"reason": "max_output_tokens"}, "error": {"message": "no"}}
    end = responses.life(last, status=last, output=[item], **details)
    events = [begun, *([responses.done(item)] if ended else ()), *([end] * (last != "nothing"))]
    seen = read(
        named(responses.life("created"), *events),
        dialect="openai-responses",
        anomalies="P4" if arguments and (ended or last != "nothing") else "",
        outcome="truncated" if last == "nothing" else last,
    )
    (one,) = seen.response.tool_calls
    told = arguments if ended or last != "nothing" else ""
    assert (one.complete, one.problem, one.arguments) == (False, "cut", told)


@pytest.mark.parametrize("status", ["incomplete", "in_progress", "completed", None, 5])
def test_E9_arguments_that_are_closed_are_not_cut(status: Any) -> None:
    item = {**responses.function('{"a": 1}'), "status": status}
    end = responses.life("incomplete", output=[item])
    seen = read(
        named(responses.life("created"), responses.added(item), responses.done(item), end),
        dialect="openai-responses",
        anomalies="P4",
        outcome="incomplete",
    )
    assert [one.complete for one in seen.response.tool_calls] == [True]


SHELL = {"commands": ["rm -rf /tmp"]}
PATCH = {"type": "delete_file", "path": "a"}


@pytest.mark.parametrize("status", ["incomplete", "in_progress"])
@pytest.mark.parametrize(
    ("type", "field", "said"),
    [
        ("shell_call", "action", SHELL),
        ("local_shell_call", "action", SHELL),
        ("apply_patch_call", "operation", PATCH),
    ],
)
def test_E9_json_that_we_wrote_proves_nothing(
    type: str, field: str, said: dict[str, Any], status: str
) -> None:
    """Half a command looks whole in it."""
    item = {"type": type, "id": "item_0", "call_id": "c", "status": status, field: said}
    details = {"incomplete_details": {"reason": "max_output_tokens"}}
    end = responses.life("incomplete", output=[item], **details)
    begun = responses.added({**item, field: None, "status": "in_progress"})
    seen = read(
        named(responses.life("created"), begun, end),
        dialect="openai-responses",
        outcome="incomplete",
    )
    (one,) = seen.response.tool_calls
    assert (one.complete, one.problem, one.kind) == (False, "cut", "builtin")


def test_E9_under_a_status_in_place_of_its_event() -> None:
    """vLLM says ``completed`` of what its limit cut."""
    details = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    begun = responses.added(responses.function())
    end = responses.life("completed", output=[], **details)
    seen = read(
        named(responses.life("created"), begun, end),
        dialect="openai-responses",
        anomalies="P2",
        outcome="incomplete",
    )
    assert [one.problem for one in seen.response.tool_calls] == ["cut"]


def test_E9_an_item_in_progress_of_a_response_that_is_complete() -> None:
    """It was just said carelessly."""
    item = {**responses.function(), "status": "in_progress"}
    seen = read(
        named(responses.life("created"), responses.added(item), responses.done(item)),
        named(responses.completed(item)),
        dialect="openai-responses",
    )
    assert [(one.complete, one.arguments) for one in seen.response.tool_calls] == [(True, "{}")]


def test_E10_stop_on_every_chunk() -> None:
    stream = sse(*(parts({"text": text}, finish="STOP") for text in ("Hel", "lo")))
    seen = read(stream, dialect="gemini", anomalies="E10")
    assert (seen.text, len(seen.of(Finish)), len(seen.response.blocks)) == ("Hello", 1, 1)


def test_E10_and_then_an_error() -> None:
    stream = sse(*(parts({"text": text}, finish="STOP") for text in ("Hel", "lo")))
    error = sse({"error": {"code": 500, "message": "internal", "status": "INTERNAL"}})
    seen = read(stream, error, dialect="gemini", anomalies="E10", outcome="failed")
    assert (seen.text, seen.of(StreamError)[0].message) == ("Hello", "internal")


def audio(**fields: Any) -> dict[str, Any]:
    return chunk({"index": 0, "delta": {"audio": fields}})


PCM = [b64encode(piece).decode() for piece in (b"\x01\x02\x03\x04", b"\x05\x06")]


def test_E11_audio_ends_without_a_reason() -> None:
    stream = [audio(id="audio_1", transcript="Hel"), audio(data=PCM[0]), audio(transcript="lo")]
    seen = read(sse(*stream, audio(data=PCM[1]), audio(expires_at=1)), DONE, anomalies="E11")
    assert seen.of(Finish) == [Finish(0, "stop", "", True)]
    (block,) = seen.response.blocks
    assert (block.data, block.transcript, block.id, block.complete) == (  # type: ignore[union-attr]
        b"\x01\x02\x03\x04\x05\x06", "Hello", "audio_1", True
    )  # fmt: skip


def test_E11_not_if_the_audio_goes_on() -> None:
    stream = [audio(id="audio_1", data=PCM[0]), audio(expires_at=1), audio(data=PCM[1])]
    assert read(sse(*stream), outcome="truncated").of(Finish) == []


def test_E11_not_without_any_data() -> None:
    stream = sse(audio(id="audio_1", transcript="Hel"), audio(expires_at=1))
    assert read(stream, outcome="truncated").of(Finish) == []


# -- in and after the end ----------------------------------------------------------------------


def test_a_refusal_without_a_word() -> None:
    stream = named(claude.BEGIN, claude.reason("refusal"), claude.STOP)
    seen = read(stream, dialect="anthropic", outcome="incomplete")
    assert (seen.finish, seen.response.blocks) == ("refusal", ())


def test_one_choice_that_never_ends() -> None:
    stream = sse(say("a"), say("b", index=1), STOP)
    assert read(stream, outcome="truncated").text == "a"


def test_a_reason_that_is_no_word() -> None:
    seen = read(sse(say("a", 5), say("b", ["stop"]), STOP), DONE)
    assert (seen.text, seen.finish) == ("ab", "stop")


def test_deltas_after_the_end_of_a_message() -> None:
    stream = named(claude.BEGIN, *claude.text(0, "Hel"), claude.END, claude.STOP)
    late = named(*claude.text(1, "lo"))
    seen = read(stream, late, dialect="anthropic", anomalies="E5 F14")
    assert seen.text == "Hello"
