"""F1 to F31: how the events are framed, and what comes in place of an event."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sse_core import KeepAlive, StreamDecoder, StreamError, Unknown

from .base import DONE, STOP, call, calls, chunk, claude, gemini, named, parts, read, say, sse

HELLO = sse(say("Hel"), say("lo"))
END = sse(STOP) + DONE
GOOD = HELLO + END


def test_F1_no_space_after_the_colon() -> None:
    assert read(GOOD.replace(b"data: ", b"data:")).text == "Hello"


def test_F1_only_one_space_is_stripped() -> None:
    assert read(b"data: a\n\ndata:  b\n\n", dialect="text", outcome="truncated").text == "a b"


@pytest.mark.parametrize("payload", [": keepalive", ":", ": keep-alive\n"])
def test_F2_a_comment_in_the_data(payload: str) -> None:
    seen = read(sse(payload), HELLO, sse(payload), END, anomalies="F2")
    assert seen.text == "Hello"
    assert seen.of(KeepAlive) == [KeepAlive(payload[1:].strip())] * 2


def test_F3_comment_lines_are_signs_of_life() -> None:
    seen = read(b": OPENROUTER PROCESSING\n\n", HELLO, b": keep-alive\n:\n\n", END)
    assert seen.text == "Hello"
    assert [one.text for one in seen.of(KeepAlive)] == ["OPENROUTER PROCESSING", "keep-alive", ""]


def test_F4_empty_data_as_heartbeat() -> None:
    seen = read(b"data:\n\n", HELLO, b"data: \n\n", END)
    assert (seen.text, len(seen.of(KeepAlive))) == ("Hello", 2)


def test_F5_an_event_name_and_nothing_else() -> None:
    seen = read(HELLO, b"event: keepalive\n\n", END)
    assert (seen.text, seen.of(Unknown)) == ("Hello", [])


def test_F6_ids_and_a_comment_with_a_blank_line() -> None:
    ids = [b"id: %d\n" % number + sse(payload) for number, payload in enumerate([say("a"), STOP])]
    seen = read(ids[0], b": ping\n\n", ids[1], b": ping\n\n", DONE)
    assert seen.text == "a"
    assert len(seen.of(KeepAlive)) == 2
    assert seen.stream.wire.last_event_id == "1"


def test_F7_an_id_without_data_and_retry_alone() -> None:
    seen = read(b"id: x\ndata:\n\n", b"retry: 3000\n\n", GOOD)
    assert seen.text == "Hello"
    assert (seen.stream.wire.last_event_id, seen.stream.wire.retry) == ("x", 3000)


@pytest.mark.parametrize("cut", [1, 2])
def test_F8_no_blank_line_after_the_last_event(cut: int) -> None:
    usage = sse(say(finish="stop"), chunk(usage={"total_tokens": 3}))
    seen = read(HELLO, usage[:-cut], anomalies="F8")
    assert (seen.text, seen.finish) == ("Hello", "stop")
    assert seen.response.usage is not None
    assert seen.response.usage.total_tokens == 3
    assert read(HELLO, sse(STOP), DONE[:-cut], anomalies="F8").end.sentinel


def test_F8_what_is_cut_within_its_json_is_no_event() -> None:
    assert read(HELLO, sse(STOP)[:-4], outcome="truncated").text == "Hello"


def test_F9_no_sentinel() -> None:
    seen = read(HELLO, sse(STOP))
    assert (seen.text, seen.finish) == ("Hello", "stop")


def test_F10_the_end_of_input_and_nothing_else() -> None:
    seen = read(HELLO, outcome="truncated")
    assert (seen.text, seen.finish, seen.response.blocks[0].complete) == ("Hello", "", False)


@pytest.mark.parametrize("event", ["data", ""])
def test_F11_the_sentinel_in_an_anthropic_stream(event: str) -> None:
    stream = named(claude.BEGIN, *claude.text(0, "Hi"), claude.END, claude.STOP)
    assert read(stream, sse("[DONE]", event=event), dialect="anthropic").text == "Hi"


def test_F11_the_sentinel_in_a_gemini_stream() -> None:
    seen = read(sse(parts({"text": "Hi"}, finish="STOP")), DONE, dialect="gemini")
    assert (seen.text, seen.finish) == ("Hi", "stop STOP")


def test_F12_the_sentinel_in_an_event_with_a_name() -> None:
    seen = read(HELLO, sse(STOP), sse("[DONE]", event="done"))
    assert (seen.text, seen.end.sentinel) == ("Hello", True)


def test_F12_the_sentinel_with_space_around_it() -> None:
    seen = read(HELLO, sse(STOP), b"data:  [DONE] \n\n")
    assert (seen.text, seen.end.sentinel) == ("Hello", True)


@pytest.mark.parametrize("last", [sse(STOP), DONE, sse({"error": {"message": "no"}})])
def test_F13_it_is_over_though_the_connection_is_open(last: bytes) -> None:
    stream = StreamDecoder("openai-chat")
    stream.feed(HELLO)
    assert not stream.over
    stream.feed(last)
    assert stream.over


def test_F14_usage_and_cost_after_the_sentinel() -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    late = sse(chunk(usage=usage, cost="0"))
    seen = read(GOOD, late, anomalies="F14")
    assert seen.text == "Hello"
    assert seen.metadata["cost"] == "0"
    assert seen.response.usage is not None
    assert seen.response.usage.input_tokens == 5


def test_F14_a_ping_with_the_cost_after_message_stop() -> None:
    stream = named(claude.BEGIN, *claude.text(0, "Hi"), claude.END, claude.STOP)
    late = named({"type": "ping", "cost": "0.01"})
    seen = read(stream, late, dialect="anthropic", anomalies="F14")
    assert (seen.text, seen.metadata["cost"]) == ("Hi", "0.01")


def test_F14_text_after_the_sentinel() -> None:
    seen = read(GOOD, sse(say(" again")), anomalies="E5 F14")
    assert seen.text == "Hello again"


@pytest.mark.parametrize(
    "body",
    [b'{"code":"denied","error":"no credits"}', b'{\n "code": 400\n}\n', b'\r\n[{"error":{}}]'],
)
def test_F15_a_json_body(body: bytes) -> None:
    seen = read(body, outcome="not_sse")
    assert seen.stream.head == body


def test_F15_a_json_body_says_its_error() -> None:
    seen = read(b'{"code":"denied","error":"no credits"}', outcome="not_sse")
    assert seen.of(StreamError) == [StreamError("no credits", "denied", "", True)]


def test_F15_an_html_body() -> None:
    body = b"<html><h1>502 Bad Gateway</h1></html>\n"
    seen = read(body, outcome="not_sse")
    assert seen.stream.head == body


def test_F16_wrapped_twice() -> None:
    seen = read(GOOD.replace(b"data: ", b"data: data: "), anomalies="F16")
    assert (seen.text, seen.end.sentinel) == ("Hello", True)


def test_F16_prose_and_the_sentinel_wrapped_twice() -> None:
    seen = read(HELLO, sse("data: oops"), sse(STOP), sse("data: [DONE]"), anomalies="F16 F20")
    assert (seen.text, seen.end.sentinel) == ("Hello", True)
    assert [event.raw for event in seen.of(Unknown)] == ["data: oops"]


def test_F17_not_a_byte() -> None:
    seen = read(outcome="empty")
    assert len(seen.events) == 1


ERROR = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}
OVERLOADED = StreamError("The model is overloaded.", "503", "UNAVAILABLE", False)


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_F18_a_bare_json_error_within_the_stream(indent: int | None, end: str) -> None:
    good = sse(parts({"text": "Hi"}))
    bare = (json.dumps(ERROR, indent=indent) + end).encode()
    seen = read(good, bare, dialect="gemini", anomalies="F18", outcome="failed")
    assert (seen.text, seen.of(StreamError)) == ("Hi", [OVERLOADED])


CUT = '{"error": {\n"message": "gone"'


@pytest.mark.parametrize("place", [1, 2, 3])
def test_F18_bare_json_that_never_ends(place: int) -> None:
    pieces = [HELLO, sse(STOP), DONE]
    pieces.insert(place, f"{CUT}\n".encode())
    seen = read(*pieces, anomalies="F18")
    assert (seen.text, [event.raw for event in seen.of(Unknown)]) == ("Hello", [CUT])


def test_F18_only_so_much_of_it_is_kept() -> None:
    line = b'"' + b"x" * 40_000 + b'"\n'
    seen = read(HELLO, b"{\n", line, line, END, anomalies="F18")
    assert [len(event.raw) for event in seen.of(Unknown)] == [len(b"{\n") + 40_002]


def test_F18_and_the_stream_goes_on() -> None:
    bare = json.dumps(ERROR).encode() + b"\n\n"
    seen = read(HELLO, bare, END, anomalies="F18", outcome="failed")
    assert (seen.text, seen.finish, seen.of(StreamError)) == ("Hello", "stop", [OVERLOADED])


@pytest.mark.parametrize("space", [b"", b" "])
def test_F19_an_error_in_a_field(space: bytes) -> None:
    field = b"error:" + space + b'{"code":400,"message":"context full","type":"exceed"}\n\n'
    seen = read(HELLO, field, anomalies="F19", outcome="failed")
    assert seen.of(StreamError) == [StreamError("context full", "400", "exceed", False)]
    alone = read(field, anomalies="F19", outcome="failed")
    assert alone.of(StreamError)[0].before_output


PROSE = "Number of choices must be positive"


def test_F20_prose_in_place_of_json() -> None:
    seen = read(sse(say("a"), PROSE, say("b"), STOP), anomalies="F20")
    assert seen.text == "ab"
    assert [event.raw for event in seen.of(Unknown)] == [PROSE]


def test_F20_prose_in_an_event_named_error() -> None:
    seen = read(HELLO, sse("out of memory", event="error"), outcome="failed")
    assert seen.of(StreamError) == [StreamError("out of memory")]


SPLIT = ['{"id":"c1","object":"chat.completion.chunk","created":1,"choices":[{"ind', 'ex":0,"del']


def test_F21_one_json_value_in_several_events() -> None:
    rest = 'ta":{"content":"Hi"},"finish_reason":"stop"}]}'
    stream = sse(*SPLIT, rest) + DONE
    assert read(stream, assume=["F21"], anomalies="F21").text == "Hi"
    seen = read(stream, anomalies="F20 F20 F20", outcome="unknown")
    assert [event.raw for event in seen.of(Unknown)] == [*SPLIT, rest]


def test_F21_what_will_never_be_json() -> None:
    """The part is given up, and the event that shows it is read by itself."""
    seen = read(sse('{"a": 1', "oops"), HELLO, END, assume=["F21"], anomalies="F20 F20")
    assert (seen.text, [one.raw for one in seen.of(Unknown)]) == ("Hello", ['{"a": 1', "oops"])
    seen = read(sse('{"a": {'), HELLO, END, assume=["F21"], anomalies="F20")
    assert (seen.text, [one.raw for one in seen.of(Unknown)]) == ("Hello", ['{"a": {'])


def test_F21_the_rest_never_comes() -> None:
    part = '{"choices": [{"delta": {"content": "a'
    seen = read(sse(part), assume=["F21"], anomalies="F20", outcome="unknown")
    assert [one.raw for one in seen.of(Unknown)] == [part]


def test_F22_unusual_line_separators() -> None:
    text = "a\u2028b\u2029c\x85d"
    assert read(sse(json.dumps(say(text), ensure_ascii=False)), END).text == text


@pytest.mark.parametrize("end", [b"\r", b"\r\n"])
def test_F23_other_line_ends(end: bytes) -> None:
    assert read(GOOD.replace(b"\n", end)).text == "Hello"


def test_F24_a_byte_order_mark() -> None:
    assert read(b"\xef\xbb\xbf" + GOOD).text == "Hello"


def test_F25_metadata_in_comments() -> None:
    seen = read(HELLO, b": x-cost=0.0001\n\n", END)
    assert seen.of(KeepAlive) == [KeepAlive("x-cost=0.0001")]


def test_F26_two_events_in_one_read() -> None:
    stream = StreamDecoder("openai-chat")
    stream.feed(GOOD)
    assert stream.response.text == read(GOOD).text == "Hello"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_F27_no_blank_line_between_events(end: str) -> None:
    lines = [f"data: {json.dumps(payload)}{end}" for payload in (say("Hel"), say("lo"), STOP)]
    stream = "".join([*lines, f"data: [DONE]{end}{end}"]).encode()
    seen = read(stream, anomalies="F27")
    assert (seen.text, seen.finish, seen.end.sentinel) == ("Hello", "stop", True)


def test_F27_nor_at_the_end() -> None:
    lines = "".join(f"data: {json.dumps(payload)}\n" for payload in (say("Hel"), say("lo"), STOP))
    assert read(lines.encode(), b"data: [DONE]\n", anomalies="F27 F8").text == "Hello"


def test_F28_one_json_value_in_several_data_lines() -> None:
    pretty = [json.dumps(payload, indent=2) for payload in (say("Hel"), say("lo"), STOP)]
    assert read(sse(*pretty), DONE).text == "Hello"


@pytest.mark.parametrize("finish", ["", "STOP"])
def test_F29_crlf_events_and_then_a_pretty_printed_error(finish: str) -> None:
    good = sse(parts({"text": "Hi"}), parts({"text": "!"}, finish=finish))
    bare = json.dumps(ERROR, indent=2).encode() + b"\n"
    crlf = (good + bare).replace(b"\n", b"\r\n")
    seen = read(crlf, dialect="gemini", anomalies="F18", outcome="failed")
    assert (seen.text, seen.of(StreamError)) == ("Hi!", [OVERLOADED])


def test_F30_vendor_fields_in_the_frame() -> None:
    """Nothing is lost: ``SSEObserver`` hands out each as an ``IgnoredField``."""
    stream = b"id:1\nevent:result\n:HTTP_STATUS/200\nstatus:200\n"
    seen = read(stream, GOOD)
    assert (seen.text, seen.of(KeepAlive)) == ("Hello", [KeepAlive("HTTP_STATUS/200")])


def test_F31_data_that_is_no_json_by_design() -> None:
    stream = b"event: output\nid: 1:0\ndata: Once\n\n"
    more = b"event: output\ndata:  upon\ndata: a time\n\nevent: done\ndata: {}\n\n"
    seen = read(stream, more, dialect="text")
    assert seen.text == "Once upon\na time"


# -- the sentinel, where it is unusual ---------------------------------------------------------


def test_the_sentinel_early_is_an_end_and_the_rest_is_read() -> None:
    seen = read(sse(say("a")), DONE, sse(say("b"), STOP), anomalies="F14")
    assert (seen.text, seen.finish) == ("ab", "stop")


def test_the_sentinel_first_of_all() -> None:
    assert read(DONE, outcome="unknown").text == ""
    assert read(DONE, GOOD, anomalies="F14").text == "Hello"


def test_the_sentinel_twice() -> None:
    assert read(GOOD, DONE).text == "Hello"


@pytest.mark.parametrize("text", ["[DONE]", "data: [DONE]\n\n", "say [DONE]"])
def test_the_sentinel_within_the_text_is_text(text: str) -> None:
    assert read(sse(say(text)), END).text == text
    arguments = json.dumps({"a": text})
    assert read(sse(calls(call(0, "i", "f", arguments))), END, anomalies="E3").calls == [
        ("i", "f", arguments)
    ]


# -- what is no event stream, and what is one only at first ------------------------------------


@pytest.mark.parametrize("body", [b"", b"\n\n", b"\xef\xbb\xbf", b": ping\n\n"])
def test_no_event_at_all(body: bytes) -> None:
    assert read(body, outcome="empty").text == ""


def test_a_whole_answer_in_place_of_a_stream() -> None:
    body = {"object": "chat.completion", "choices": [{"message": {"content": "Hello"}}]}
    seen = read(json.dumps(body, indent=1).encode(), outcome="not_sse")
    assert json.loads(seen.stream.head) == body


def test_bare_json_that_is_no_error_after_good_events() -> None:
    bare = json.dumps(say(" again")).encode() + b"\n\n"
    seen = read(HELLO, bare, END, anomalies="F18")
    assert seen.text == "Hello again"


def test_html_after_good_events_is_a_cut_stream() -> None:
    assert read(HELLO, b"<html>502</html>\n", outcome="truncated").text == "Hello"


def test_a_stray_space_before_the_field_is_another_field() -> None:
    seen = read(HELLO, b" " + sse(say("!")), END)
    assert seen.text == "Hello"


def test_a_body_of_lines_of_json() -> None:
    """NDJSON, as Ollama's own API sends it: not a stream of events."""
    lines: list[Any] = [{"message": {"content": "a"}}, {"done": True}]
    body = "".join(json.dumps(line) + "\n" for line in lines).encode()
    seen = read(body, outcome="not_sse")
    assert seen.stream.head == body


def test_gemini_chunks_without_candidates_are_read() -> None:
    feedback = {"blockReason": "SAFETY"}
    stream = sse({"promptFeedback": feedback, "modelVersion": "m"})
    seen = read(stream, dialect="gemini", outcome="incomplete")
    assert seen.finish == "content_filter SAFETY"
    assert gemini()["candidates"] == []
