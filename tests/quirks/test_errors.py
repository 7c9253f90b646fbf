"""X1 to X14: errors in a stream that began well."""

from __future__ import annotations

from typing import Any

import pytest

from sse_core import Finish, Reset, ResponseEnd, StreamError, TextEnd, ToolCallEnd

from .base import (
    DONE,
    STOP,
    Read,
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

HEL = sse(say("Hel"))


def errors(seen: Read) -> list[StreamError]:
    """The errors, each as often as it was told; the end names the first."""
    found = seen.of(StreamError)
    assert seen.end.error == found[0] == seen.response.error
    return found


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"message": "m", "code": 502, "metadata": {}}, StreamError("m", "502")),
        ({"message": "m", "type": "t", "param": None, "code": None}, StreamError("m", "", "t")),
        ({"message": "m", "type": "t", "code": "c"}, StreamError("m", "c", "t")),
    ],
)
def test_X1_an_error_in_place_of_a_chunk(error: dict[str, Any], expected: StreamError) -> None:
    seen = read(HEL, sse({"error": error}), outcome="failed")
    assert (seen.text, errors(seen)) == ("Hel", [expected])
    assert seen.of(TextEnd) == [TextEnd(0, 0, "Hel", False)]


def test_X2_an_error_beside_empty_choices() -> None:
    error = {"error": {"code": 502, "message": "upstream"}}
    seen = read(HEL, sse(chunk(**error)), DONE, outcome="failed")
    assert errors(seen) == [StreamError("upstream", "502")]


def test_X2_an_error_beside_a_reason() -> None:
    error = {"error": {"code": 502, "message": "upstream"}}
    seen = read(HEL, sse({**say("", "error"), **error}), DONE, outcome="failed")
    assert errors(seen) == [StreamError("upstream", "502")]
    assert seen.of(Finish) == [Finish(0, "error", "error")]


def test_X2_an_error_after_a_reason() -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    late = {**say(""), "error": {"code": 400, "message": "too long"}, "usage": usage}
    seen = read(HEL, sse(say(finish="length"), late), DONE, outcome="failed")
    assert (seen.finish, errors(seen)) == ("length", [StreamError("too long", "400")])
    assert seen.response.usage is not None


def test_X3_an_error_that_is_text() -> None:
    seen = read(HEL, sse({"code": "denied", "error": "no credits"}), outcome="failed")
    assert errors(seen) == [StreamError("no credits", "denied")]


def test_X4_the_first_event_is_the_error() -> None:
    error = {"error": {"message": "bad model", "type": "invalid_model", "code": 400}}
    seen = read(sse(error), outcome="failed")
    assert errors(seen) == [StreamError("bad model", "400", "invalid_model", True)]
    assert not errors(read(HEL, sse(error), outcome="failed"))[0].before_output


def test_X5_the_message_twice() -> None:
    error = {"error": {"message": "no model"}, "message": "no model"}
    seen = read(HEL, sse(error, event="error"), outcome="failed")
    assert errors(seen) == [StreamError("no model")]


def test_X6_the_sentinel_after_the_error() -> None:
    error = {"error": {"message": "m", "type": "InternalServerError", "code": 500}}
    seen = read(HEL, sse(error), DONE, outcome="failed")
    assert errors(seen) == [StreamError("m", "500", "InternalServerError")]
    assert seen.end.sentinel


@pytest.mark.parametrize("event", ["error", ""])
def test_X7_anthropics_error(event: str) -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    begun = named(claude.BEGIN, *claude.text(0, "Hel"))
    anomalies = "" if event else "A8"
    seen = read(
        begun, sse(error, event=event), dialect="anthropic", anomalies=anomalies, outcome="failed"
    )
    assert (seen.text, errors(seen)) == ("Hel", [StreamError("Overloaded", "", "overloaded_error")])


FLAT = {"code": "rate_limit_exceeded", "message": "slow", "param": None}


@pytest.mark.parametrize(
    "error",
    [
        {"type": "error", "sequence_number": 3, "error": {**FLAT, "type": "too_many_requests"}},
        {"type": "error", "sequence_number": 3, **FLAT},
    ],
)
def test_X8_an_error_and_then_response_failed(error: dict[str, Any]) -> None:
    failed = responses.life(
        "failed", status="failed", error={"code": "rate_limit_exceeded", "message": "slow"}
    )
    stream = named(responses.life("created"), error, failed)
    seen = read(stream, dialect="openai-responses", outcome="failed")
    (found,) = errors(seen)
    assert (found.message, found.code) == ("slow", "rate_limit_exceeded")
    assert len(seen.of(ResponseEnd)) == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"error": {"message": "m", "code": 429}}, "429"),
        ({"error": {"message": "m", "code": "429"}}, "429"),
        ({"error": {"message": "m", "code": None}}, ""),
        ({"error": {"message": "m", "status_code": 400}}, "400"),
        ({"choices": None, "base_resp": {"status_code": 1004, "status_msg": "m"}}, "1004"),
        ({"base_resp": {"status_code": 1004, "status_msg": "m"}}, "1004"),
    ],
)
def test_X9_codes_of_every_kind(error: dict[str, Any], code: str) -> None:
    anomalies = "C2" if "choices" in error else ""
    seen = read(HEL, sse(error), anomalies=anomalies, outcome="failed")
    assert errors(seen) == [StreamError("m", code)]


def test_X9_a_status_that_is_none() -> None:
    fine = {**STOP, "base_resp": {"status_code": 0, "status_msg": ""}}
    assert read(HEL, sse(fine), DONE).of(StreamError) == []


GEMINI = {"error": {"code": 500, "message": "internal", "status": "INTERNAL"}}


@pytest.mark.parametrize("payload", [GEMINI, [GEMINI]])
def test_X10_geminis_error(payload: Any) -> None:
    begun = sse(parts({"text": "Hel"}))
    seen = read(begun, sse(payload), dialect="gemini", outcome="failed")
    assert (seen.text, errors(seen)) == ("Hel", [StreamError("internal", "500", "INTERNAL")])


def test_X11_what_failed_stands_within_the_error() -> None:
    inner = {"message": "m", "code": "tool_use_failed", "failed_generation": '{"a": '}
    seen = read(HEL, sse({"error": inner}, event="error"), outcome="failed")
    (found,) = errors(seen)
    assert (found.message, found.code) == ("m", "tool_use_failed")
    assert found.raw["error"]["failed_generation"] == '{"a": '


def test_X12_another_response_in_place_of_the_first() -> None:
    first = [claude.begin("msg_1"), *claude.text(0, "Hel")[:-1]]
    second = [claude.begin("msg_2"), *claude.text(0, "Hello"), claude.END, claude.STOP]
    seen = read(named(*first, *second), dialect="anthropic", anomalies="X12")
    assert (seen.text, seen.response.id) == ("Hello", "msg_2")
    assert seen.of(Reset) == [Reset(None, None)]


def test_X12_in_a_responses_stream() -> None:
    first = [responses.event("created", response={"id": "resp_0"}), *responses.text("Hel")[:3]]
    second = [responses.life("created"), *responses.text("Hello")]
    end = responses.completed(responses.message("Hello"))
    seen = read(named(*first, *second, end), dialect="openai-responses", anomalies="X12")
    assert (seen.text, seen.response.id) == ("Hello", "resp_1")


def test_X13_an_error_that_vanished() -> None:
    assert read(sse(say("", role="assistant")), outcome="truncated").text == ""


def test_X14_a_type_beside_the_text() -> None:
    error = {"error": "Model is overloaded", "error_type": "overloaded"}
    seen = read(HEL, sse(error), outcome="failed")
    assert errors(seen) == [StreamError("Model is overloaded", "", "overloaded")]


def test_X14_the_status_within() -> None:
    error = {"error": {"message": "bad input", "http_status_code": 422}}
    seen = read(HEL, sse(error), outcome="failed")
    assert errors(seen) == [StreamError("bad input", "422")]


# -- where errors come -------------------------------------------------------------------------


def test_an_error_in_the_middle_of_a_call() -> None:
    stream = sse(calls(call(0, "id1", "f", '{"a": ')), {"error": {"message": "m"}})
    seen = read(stream, outcome="failed")
    (end,) = seen.of(ToolCallEnd)
    assert (end.complete, end.problem, end.arguments) == (False, "cut", '{"a": ')
    assert errors(seen) == [StreamError("m", "", "", False)]


def test_an_error_in_the_middle_of_an_anthropic_call() -> None:
    error = {"type": "error", "error": {"type": "api_error", "message": "m"}}
    stream = named(claude.BEGIN, *claude.tool(0, '{"a": ')[:-1], error)
    (end,) = read(stream, dialect="anthropic", outcome="failed").of(ToolCallEnd)
    assert (end.complete, end.problem) == (False, "cut")


def test_an_error_after_whole_calls_leaves_them_unfinished() -> None:
    """Arguments that parse are no proof that the call was over."""
    stream = sse(calls(call(0, "id1", "f", '{"a": 1}')), {"error": {"message": "m"}}, STOP) + DONE
    seen = read(stream, anomalies="E3", outcome="failed")
    assert [end.complete for end in seen.of(ToolCallEnd)] == [False]


def test_an_error_after_the_end() -> None:
    seen = read(
        HEL, sse(STOP), DONE, sse({"error": {"message": "late"}}), anomalies="F14", outcome="failed"
    )
    assert (seen.finish, errors(seen)) == ("stop", [StreamError("late")])


def test_two_errors() -> None:
    stream = sse({"error": {"message": "one"}}, {"error": {"message": "two"}})
    assert [error.message for error in errors(read(stream, outcome="failed"))] == ["one", "two"]


@pytest.mark.parametrize("nothing", [None, {}, "", []])
def test_an_error_that_is_none(nothing: Any) -> None:
    seen = read(HEL, sse({**STOP, "error": nothing}), DONE)
    assert (seen.text, seen.of(StreamError)) == ("Hel", [])
