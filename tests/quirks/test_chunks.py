"""C1 to C26: the shape of chat chunks."""

from __future__ import annotations

from typing import Any

import pytest

from sse_core import KeepAlive, StreamError, TextDelta, Unknown

from .base import DONE, STOP, call, calls, chunk, named, read, responses, say, sse

HELLO = sse(say("Hel"), say("lo"))
END = sse(STOP) + DONE


def without(payload: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in names}


def in_choice(payload: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The chunk, with these fields in its choice."""
    return {**payload, "choices": [{**payload["choices"][0], **fields}]}


def bare(payload: dict[str, Any], *names: str) -> dict[str, Any]:
    """The chunk, without these fields in its choice."""
    return {**payload, "choices": [without(payload["choices"][0], *names)]}


def message(content: Any, **fields: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **fields}


def test_C1_a_first_chunk_without_choices() -> None:
    results = [{"prompt_index": 0, "content_filter_results": {"hate": {"filtered": False}}}]
    empty = {"choices": [], "created": 0, "id": "", "model": "", "object": ""}
    seen = read(sse({**empty, "prompt_filter_results": results}), HELLO, END)
    assert (seen.text, seen.metadata["prompt_filter_results"]) == ("Hello", results)
    assert (seen.response.id, seen.response.model, seen.metadata["created"]) == ("c1", "m", 1)


def test_C2_choices_null() -> None:
    seen = read(sse(chunk() | {"choices": None}), HELLO, END, anomalies="C2")
    assert seen.text == "Hello"


def test_C3_a_null_delta_about_text_already_sent() -> None:
    offsets = {"check_offset": 0, "start_offset": 0, "end_offset": 5}
    note = {"index": 0, "delta": None, "finish_reason": None, "content_filter_offsets": offsets}
    seen = read(HELLO, sse(chunk(note)), END, anomalies="C3")
    assert (seen.text, len(seen.of(TextDelta))) == ("Hello", 2)
    assert seen.response.choice.metadata["content_filter_offsets"] == offsets


def test_C3_a_null_delta_with_the_finish_reason() -> None:
    last = chunk({"index": 0, "delta": None, "finish_reason": "stop"})
    seen = read(HELLO, sse(last), DONE, anomalies="C3")
    assert (seen.text, seen.finish) == ("Hello", "stop")


def test_C4_a_message_in_place_of_a_delta() -> None:
    arguments = '{"a": 1}'
    made = message("Hello", tool_calls=[call(None, "id1", "f", arguments)])
    whole = chunk({"index": 0, "message": made, "finish_reason": "tool_calls"})
    seen = read(sse({**whole, "object": "chat.completion"}), DONE, anomalies="C4")
    assert (seen.text, seen.finish) == ("Hello", "tool_calls")
    assert seen.calls == [("id1", "f", arguments)]
    assert seen.response.choice.role == "assistant"


def test_C4_of_an_answer_that_was_streamed_is_compared_only() -> None:
    whole = chunk({"index": 0, "message": message("Hello"), "finish_reason": "stop"})
    assert read(HELLO, sse(whole), DONE).text == "Hello"


def test_C5_a_delta_and_the_message_so_far() -> None:
    so_far = [(say("Hel"), "Hel"), (say("lo"), "Hello"), (STOP, "Hello")]
    stream = sse(*(in_choice(one, message=message(text)) for one, text in so_far))
    seen = read(stream, DONE, anomalies="C5")
    assert (seen.text, len(seen.of(TextDelta))) == ("Hello", 2)


def test_C6_no_object() -> None:
    stream = sse(*(without(payload, "object") for payload in (say("a"), STOP)))
    seen = read(stream, DONE, anomalies="C6")
    assert (seen.text, seen.finish) == ("a", "stop")


def test_C6_an_object_of_another_name() -> None:
    seen = read(HELLO, sse({**STOP, "object": "chat.completion.done"}), anomalies="C6")
    assert (seen.text, seen.finish) == ("Hello", "stop")


def test_C7_created_changes() -> None:
    stream = [{**payload, "created": 9 + place} for place, payload in enumerate([say("a"), STOP])]
    seen = read(sse(*stream), DONE, anomalies="C7")
    assert (seen.text, seen.metadata["created"]) == ("a", 9)


def test_C8_the_role_in_every_chunk() -> None:
    stream = [say("a", role="assistant"), say("b", role="assistant"), say(finish="stop", role="")]
    seen = read(sse(*stream), DONE, anomalies="C8")
    assert (seen.text, seen.response.choice.role) == ("ab", "assistant")


@pytest.mark.parametrize("role", ["", None])
def test_C8_a_role_that_is_none(role: Any) -> None:
    stream = sse(say("a", role="assistant"), say("b", role=role), say(finish="stop", role=role))
    seen = read(stream, DONE)
    assert (seen.text, seen.response.choice.role) == ("ab", "assistant")


def test_C9_content_as_a_list_of_parts() -> None:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    summary = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "m"}]}
    stream = sse(say([thought]), say([summary]), say([{"type": "text", "text": "Hel"}]), say("lo"))
    seen = read(stream, END, anomalies="C9")
    assert (seen.text, seen.response.reasoning) == ("Hello", "hmm")


def test_C9_a_part_of_an_unknown_type() -> None:
    part = {"type": "hologram", "data": "x"}
    seen = read(sse(say([part, {"type": "text", "text": "Hi"}])), END, anomalies="C9")
    assert (seen.text, len(seen.of(Unknown))) == ("Hi", 1)


def test_C10_null_content_beside_reasoning() -> None:
    thinking = in_choice(say(), delta={"content": None, "reasoning_content": "hm"})
    talking = in_choice(say(), delta={"content": "Hi", "reasoning_content": None})
    seen = read(sse(thinking, talking), END)
    assert (seen.text, seen.response.reasoning) == ("Hi", "hm")


def test_C11_text_in_the_finish_chunk() -> None:
    seen = read(sse(say("Hel"), say("lo", "stop")), DONE)
    assert (seen.text, seen.finish) == ("Hello", "stop")


def test_C12_no_finish_reason_until_the_end() -> None:
    stream = sse(bare(say("Hel"), "finish_reason"), bare(say("lo"), "finish_reason"))
    assert read(stream, END).finish == "stop"
    assert read(stream, outcome="truncated").finish == ""


@pytest.mark.parametrize("nothing", [None, []])
def test_C13_tool_calls_null_or_empty(nothing: Any) -> None:
    stream = sse(say("a", tool_calls=nothing), say("", tool_calls=nothing), say("b"))
    seen = read(stream, END)
    assert (seen.text, seen.calls, seen.of(Unknown)) == ("ab", [], [])


def test_C14_choices_interleaved_and_the_second_one_first() -> None:
    stream = sse(
        say("B", index=1), say("A", index=0), say("b", index=1), say("a", index=0),
        say(finish="stop", index=1), say(finish="length", index=0),
    )  # fmt: skip
    seen = read(stream, DONE, outcome="incomplete")
    shown = [(one.index, one.text, one.finish and one.finish.raw) for one in seen.response.choices]
    assert shown == [(0, "Aa", "length"), (1, "Bb", "stop")]


def test_C15_progress_and_nothing_else() -> None:
    progress = {"total": 100, "cache": 0, "processed": 50, "time_ms": 12}
    seen = read(sse({**say(), "prompt_progress": progress}), HELLO, END)
    assert (seen.text, seen.metadata["prompt_progress"]) == ("Hello", progress)


def test_C16_each_content_repeats_all_before_it() -> None:
    stream = sse(say("Hel"), say("Hello"), say("Hello!")) + END
    seen = read(stream, assume=["C16"], anomalies="C16")
    assert [delta.text for delta in seen.of(TextDelta)] == ["Hel", "lo", "!"]
    assert read(stream).text == "HelHelloHello!"


def test_C16_assumed_of_a_stream_that_does_not_do_it() -> None:
    assert read(sse(say("ab"), say("cd"), say("cde")), END, assume=["C16"]).text == "abcdcde"


def test_C17_words_repeated_in_every_chunk() -> None:
    stream = [{**payload, "search_context_size": "low"} for payload in (say("a"), say("b"), STOP)]
    assert read(sse(*stream), DONE).metadata["search_context_size"] == "low"


def test_C18_lists_repeated_in_every_chunk() -> None:
    sources = ["https://example.com/1", "https://example.com/2"]
    stream = [{**payload, "citations": sources} for payload in (say("a"), say("b"))]
    seen = read(sse(*stream, {**STOP, "citations": sources[:1]}), DONE)
    assert seen.metadata["citations"] == sources[:1]


def test_C19_numbers_in_every_delta() -> None:
    seen = read(sse(say("a", token_id=5), say("b", token_id=7)), END)
    assert seen.response.choice.metadata["token_id"] == 7


def test_C20_a_call_that_leaks_as_text() -> None:
    """Nothing tells it from text that is meant: it stays text, and the call is a call."""
    leak, entry = '{"name": "f", "arguments": {}}', call(0, "id1", "f", "{}")
    seen = read(sse(say(leak), calls(entry), say(finish="tool_calls")), DONE)
    assert (seen.text, seen.calls) == (leak, [("id1", "f", "{}")])


def test_C21_chat_chunks_in_a_responses_stream() -> None:
    seen = read(HELLO, END, dialect="openai-responses", anomalies="C21", outcome="unknown")
    assert (seen.text, len(seen.of(Unknown))) == ("", 3)
    assert "openai-chat" in seen.stream.detected


def test_C21_responses_events_in_a_chat_stream() -> None:
    stream = named(responses.life("created"), *responses.text("Hi"))
    seen = read(stream, anomalies="C21", outcome="unknown")
    assert len(seen.of(Unknown)) == 7
    assert "openai-responses" in seen.stream.detected


def test_C21_in_the_middle_of_its_own() -> None:
    stream = named(responses.at("output_text.delta", delta="?"))
    seen = read(HELLO, stream, END, anomalies="C21")
    assert (seen.text, len(seen.of(Unknown))) == ("Hello", 1)


@pytest.mark.parametrize("name", ["copilot_references", "copilot_confirmation", "copilot_errors"])
def test_C22_copilots_chunks_beside_the_answer(name: str) -> None:
    facts = [{"type": "github.repository", "id": "1"}]
    seen = read(sse({"choices": None, name: facts}), HELLO, END)
    assert (seen.text, seen.metadata[name], seen.of(StreamError)) == ("Hello", facts, [])


def test_C23_a_delta_of_the_role_function() -> None:
    found = '[{"title": "t"}]'
    seen = read(sse(say(found, role="function", name="bing")), HELLO, END, anomalies="C23")
    assert (seen.text, seen.response.choice.metadata["function"]) == ("Hello", found)
    assert seen.response.choice.role == ""


def test_C24_text_in_one_choice_and_calls_in_another() -> None:
    entry = call(0, "id1", "f", "{}")
    first, second = say("Let me"), say(index=1, tool_calls=[entry])
    ends = [say(finish="tool_calls", index=index) for index in (0, 1)]
    seen = read(sse(first, second, *ends), DONE)
    assert (seen.text, seen.response.tool_calls) == ("Let me", ())
    assert [made.name for made in seen.response.all_tool_calls] == ["f"]


def test_C25_the_whole_message_at_the_end() -> None:
    last = chunk({"index": 0, "message": message("Hello"), "finish_reason": "stop"})
    assert read(HELLO, sse(last), DONE).text == "Hello"
    both = in_choice(STOP, message=message("Hello"))
    assert read(HELLO, sse(both), DONE, anomalies="C5").text == "Hello"


def test_C25_a_message_that_says_something_else() -> None:
    last = chunk({"index": 0, "message": message("Help"), "finish_reason": "stop"})
    assert read(HELLO, sse(last), DONE, anomalies="C25").text == "Hello"


def test_C25_calls_that_only_the_last_message_has() -> None:
    whole = message("Hello", tool_calls=[call(0, "id1", "f", "{}")])
    last = chunk({"index": 0, "message": whole, "finish_reason": "tool_calls"})
    assert read(HELLO, sse(last), DONE, anomalies="C25").calls == [("id1", "f", "{}")]


def test_C26_repeats_that_are_meant() -> None:
    stream = sse(say("\n"), say("\n"), say("ab"), say("ab"), say("abab"))
    assert read(stream, END).text == "\n\nabababab"


# -- what names a choice -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "anomalies", "shown"),
    [
        (-1, "T29", -1),
        (2**70, "T29", 2**70),
        (True, "J5", 0),
        ("0", "J5", 0),
        (1.0, "J5", 1),
        (1e9, "J5", 10**9),
        (None, "", 0),
        ("x", "J5", 0),
    ],
)
def test_any_index_names_a_choice(index: Any, anomalies: str, shown: int) -> None:
    stream = sse(say("a", index=index), say("b", index=index), say(finish="stop", index=index))
    seen = read(stream, DONE, anomalies=anomalies)
    assert [(one.index, one.text) for one in seen.response.choices] == [(shown, "ab")]


def test_no_index_at_all_is_the_first_choice() -> None:
    stream = sse(*(bare(payload, "index") for payload in (say("a"), STOP)))
    seen = read(stream, DONE)
    assert [(one.index, one.text) for one in seen.response.choices] == [(0, "a")]


def test_choices_of_other_shapes_are_unknown() -> None:
    stream = sse(chunk("no", None) | {}, {**chunk(), "choices": 5}, say("a"))
    seen = read(stream, END)
    assert (seen.text, len(seen.of(Unknown)), seen.of(KeepAlive)) == ("a", 2, [])
