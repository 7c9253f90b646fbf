r"""J1 to J8: what payloads are made of."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sse_core import (
    LimitExceeded,
    Limits,
    MediaBlock,
    StreamDecoder,
    TextDelta,
    ToolCallEnd,
    Unknown,
)

from .base import DONE, STOP, call, calls, claude, named, parts, read, responses, say, sse

HIGH, LOW = "\ud83d", "\ude00"
END = sse(STOP) + DONE


def test_J1_half_a_pair_in_each_of_two_deltas() -> None:
    seen = read(sse(say("a" + HIGH), say(LOW + "b")), END, anomalies="J1")
    assert [delta.text for delta in seen.of(TextDelta)] == ["a", "😀b"]


def test_J1_a_delta_that_is_half_a_pair_and_nothing_else() -> None:
    seen = read(sse(say(HIGH), say(LOW)), END, anomalies="J1")
    assert [delta.text for delta in seen.of(TextDelta)] == ["😀"]


def test_J1_in_every_dialect() -> None:
    message = [claude.BEGIN, *claude.text(0, HIGH, LOW), claude.END, claude.STOP]
    assert read(named(*message), dialect="anthropic", anomalies="J1").text == "😀"
    chunks = sse(parts({"text": HIGH}), parts({"text": LOW}, finish="STOP"))
    assert read(chunks, dialect="gemini", anomalies="J1").text == "😀"


def test_J1_each_channel_holds_its_own_half() -> None:
    stream = sse(
        say(HIGH, index=0), say("x" + HIGH, index=1), say(LOW, index=1), say(LOW, index=0),
        say(finish="stop", index=1), STOP,
    )  # fmt: skip
    seen = read(stream, anomalies="J1")
    assert [choice.text for choice in seen.response.choices] == ["😀", "x😀"]


PAIR = r"\ud83d\ude00"


@pytest.mark.parametrize("cut", range(1, len(PAIR)))
def test_J2_half_a_pair_in_the_arguments_as_escapes(cut: int) -> None:
    arguments = f'{{"a": "{PAIR}"}}'
    place = arguments.index(PAIR) + cut
    first = call(0, "id1", "f", arguments[:place])
    stream = sse(calls(first), calls(call(0, arguments=arguments[place:])))
    seen = read(stream, sse(say(finish="tool_calls")), DONE)
    assert seen.calls == [("id1", "f", arguments)]
    assert seen.response.tool_calls[0].parsed == {"a": "😀"}


def test_J2_half_a_pair_in_the_arguments_as_it_is() -> None:
    first, rest = call(0, "id1", "f", '{"a": "' + HIGH), call(0, arguments=LOW + '"}')
    stream = sse(calls(first), calls(rest), say(finish="tool_calls"))
    assert read(stream, DONE, anomalies="J1").calls == [("id1", "f", '{"a": "😀"}')]


def test_J2_a_fragment_that_is_half_a_pair_and_nothing_else() -> None:
    fragments = ['{"a": "', HIGH, LOW, '"}']
    stream = sse(calls(call(0, "id1", "f", "")), *(calls(call(0, arguments=f)) for f in fragments))
    seen = read(stream, sse(say(finish="tool_calls")), DONE, anomalies="J1")
    assert seen.calls == [("id1", "f", '{"a": "😀"}')]


@pytest.mark.parametrize(
    ("texts", "whole"),
    [
        ([HIGH], "\ufffd"),
        ([LOW], "\ufffd"),
        (["a" + LOW + "b"], "a\ufffdb"),
        (["a" + HIGH + "b"], "a\ufffdb"),
        ([LOW + HIGH], "\ufffd\ufffd"),
    ],
)
def test_J3_half_a_pair_without_a_partner(texts: list[str], whole: str) -> None:
    seen = read(sse(*map(say, texts)), END, anomalies="J3")
    assert seen.text == whole
    seen.text.encode()


@pytest.mark.parametrize(("then", "whole"), [(HIGH + "b", "\ufffd\ufffdb"), ("b", "\ufffdb")])
def test_J3_half_a_pair_and_then_something_else(then: str, whole: str) -> None:
    assert read(sse(say(HIGH), say(then)), END, anomalies="J1 J3").text == whole


def test_J3_in_what_is_spoken() -> None:
    audio = {"id": "audio_1", "data": "AQI=", "transcript": "a" + HIGH}
    (block,) = read(sse(say(audio=audio)), END, anomalies="J3").response.blocks
    assert isinstance(block, MediaBlock)
    assert block.transcript == "a\ufffd"


def test_J3_in_arguments_first_of_all() -> None:
    stream = sse(*(calls(call(0, "id1", "f", text)) for text in (HIGH, '{"a": 1}')))
    seen = read(stream, outcome="truncated", anomalies="J1 J3 T10 T12")
    assert [made.arguments for made in seen.response.tool_calls] == ['\ufffd{"a": 1}']


def test_J3_in_arguments_as_an_escape() -> None:
    """The text stays as it was written; what is parsed can be encoded."""
    stream = sse(calls(call(0, "id1", "f", r'{"a": "\ud83d"}')), say(finish="tool_calls"))
    (made,) = read(stream, DONE).response.tool_calls
    assert (made.arguments, made.parsed) == (r'{"a": "\ud83d"}', {"a": "\ufffd"})


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_J4_what_is_not_a_number(constant: str) -> None:
    payload = json.dumps(say("a", timings=0)).replace('"timings": 0', f'"timings": {constant}')
    seen = read(sse(payload, payload), END, anomalies="J4")
    assert seen.text == "aa"


def test_J4_in_the_counts_of_usage() -> None:
    payload = '{"choices": [], "usage": {"prompt_tokens": NaN, "completion_tokens": 2}}'
    seen = read(sse(say("a"), STOP, payload), DONE, anomalies="J4")
    usage = seen.response.usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (None, 2)


def test_J4_in_arguments_is_no_json() -> None:
    stream = sse(calls(call(0, "id1", "f", '{"a": NaN}')), say(finish="tool_calls"))
    (made,) = read(stream, DONE).response.tool_calls
    assert (made.problem, made.complete, made.parsed) == ("invalid", False, None)


@pytest.mark.parametrize("index", [0.0, "0"])
def test_J5_an_index_that_is_no_integer(index: Any) -> None:
    first, rest = call(index, "id1", "f", '{"a"'), call(index, arguments=": 1}")
    stream = sse(calls(first), calls(rest), say(finish="tool_calls"))
    assert read(stream, DONE, anomalies="J5").calls == [("id1", "f", '{"a": 1}')]
    seen = read(sse(say("a", index=index), say(finish="stop", index=index)), anomalies="J5")
    assert [choice.index for choice in seen.response.choices] == [0]


def test_J5_counts_that_are_no_integers() -> None:
    usage = {"prompt_tokens": "3051", "completion_tokens": 2.0}
    seen = read(sse({**say("a", "stop"), "usage": usage}), DONE).response.usage
    assert seen is not None
    assert (seen.input_tokens, seen.output_tokens) == (3051, 2)


@pytest.mark.parametrize("code", [429, "429"])
def test_J5_codes_that_are_either(code: Any) -> None:
    seen = read(sse({"error": {"message": "slow", "code": code}}), outcome="failed")
    assert seen.response.error is not None
    assert seen.response.error.code == "429"


def test_J6_padding() -> None:
    padded = [{**say("a"), "obfuscation": "x1"}, {**say("b"), "p": "abcdef"}, STOP]
    seen = read(sse(*padded), DONE)
    assert (seen.text, {"p", "obfuscation"} & set(seen.metadata)) == ("ab", set())
    events = [dict(event, obfuscation="q") for event in responses.text("Hi")]
    stream = named(responses.life("created"), *events, responses.completed(responses.message("Hi")))
    seen = read(stream, dialect="openai-responses")
    assert (seen.text, "obfuscation" in seen.metadata) == ("Hi", False)


@pytest.mark.parametrize("between", ["", " "])
def test_J7_several_values_in_one_payload(between: str) -> None:
    both = between.join(json.dumps(payload) for payload in (say("Hel"), say("lo")))
    assert read(sse(both), END, anomalies="J7").text == "Hello"
    chunks = between.join(json.dumps(parts({"text": text})) for text in "ab")
    end = sse(parts(finish="STOP"))
    assert read(sse(chunks), end, dialect="gemini", anomalies="J7").text == "ab"


@pytest.mark.parametrize("payload", ["null", "{}", "[]", '"text"', "[1]", "7", "true"])
def test_J8_a_payload_that_is_no_object(payload: str) -> None:
    seen = read(sse(say("a"), payload, say("b"), STOP), DONE, anomalies="J8")
    assert seen.text == "ab"
    assert [event.raw for event in seen.of(Unknown)] == [json.loads(payload)]


def test_J8_an_empty_object_shows_no_dialect() -> None:
    seen = read(sse({}), sse(say("ab"), STOP), DONE, dialect="auto", anomalies="J8")
    assert (seen.text, [event.raw for event in seen.of(Unknown)]) == ("ab", [{}])


# -- how deep, and how large -------------------------------------------------------------------


def test_arguments_that_are_too_deep_are_invalid() -> None:
    arguments = '{"a": ' + "[" * 200 + "]" * 200 + "}"
    stream = sse(calls(call(0, "id1", "f", arguments)), say(finish="tool_calls")) + DONE
    (end,) = read(stream).of(ToolCallEnd)
    assert (end.problem, end.complete) == ("invalid", False)


def test_payloads_that_are_too_deep_pass_a_limit() -> None:
    stream = StreamDecoder("openai-chat", limits=Limits(max_json_depth=4))
    with pytest.raises(LimitExceeded, match="max_json_depth"):
        stream.feed(sse("[[[[[]]]]]"))
