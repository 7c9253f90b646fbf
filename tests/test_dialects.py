"""What each dialect reads that is no quirk, and the shape its provider would have given it.

``native`` is compared with what the same answer looks like where it is not streamed.
"""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from sse_core import (
    Citation,
    Finish,
    KeepAlive,
    Logprobs,
    MediaBlock,
    MediaDelta,
    Metadata,
    Opaque,
    OtherBlock,
    ReasoningBlock,
    StreamDecoder,
    StreamError,
    TextEnd,
    ToolResult,
    Unknown,
    dialects,
)
from sse_core.dialects import JSON

from .quirks.base import (
    DONE,
    STOP,
    Read,
    call,
    calls,
    chunk,
    claude,
    gemini,
    named,
    parts,
    read,
    responses,
    say,
    sse,
)

BYTES, BASE64 = b"\xfb\xef\xff", "++//"


def native(seen: Read) -> dict[str, Any]:
    return seen.stream.native()


def media(seen: Read, place: int = 0) -> MediaBlock:
    block = seen.response.blocks[place]
    assert isinstance(block, MediaBlock)
    return block


def test_the_registry_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'bananas'"):
        dialects.bananas  # noqa: B018


@pytest.mark.parametrize(
    ("first", "dialect", "signs"),
    [
        ({"choices": [], "usage": {"total_tokens": 1}}, "openai-chat", "choices, empty, beside"),
        ({"choices": [], "prompt_filter_results": []}, "openai-chat", "choices, empty, beside"),
        ({"choices": [{"text": "a"}]}, "openai-completions", "choices with a text"),
        ({"choices": [{"delta": {}}]}, "openai-chat", "choices with a delta"),
    ],
)
def test_what_shows_a_dialect(first: dict[str, Any], dialect: str, signs: str) -> None:
    stream = StreamDecoder("auto")
    stream.feed(sse(first))
    assert stream.dialect == dialect
    assert stream.detected.startswith(signs)


@pytest.mark.parametrize("ping", [sse({"type": "ping"}), sse({"a": 1}, event="ping")])
def test_a_ping_shows_no_dialect(ping: bytes) -> None:
    seen = read(ping, sse(say("Hi"), STOP), dialect="auto")
    assert (seen.text, seen.of(KeepAlive)) == ("Hi", [KeepAlive()])


# -- openai-chat -------------------------------------------------------------------------------


def message(seen: Read) -> dict[str, Any]:
    whole: dict[str, Any] = native(seen)["choices"][0]["message"]
    return whole


def test_chat_reasoning_details_are_handed_back_part_by_part() -> None:
    details: list[dict[str, Any]] = [
        {"type": "reasoning.text", "text": "h", "index": 0, "format": "x"},
        {"type": "reasoning.text", "text": "m", "index": 0},
        {"type": "reasoning.text", "signature": "c2ln", "index": 0},
        {"type": "reasoning.encrypted", "data": "c2Vj", "index": 1},
        {"type": "reasoning.encrypted", "data": "c2VjcmV0", "index": 1},
        {"type": "reasoning.summary", "summary": "so", "index": 2},
    ]
    seen = read(sse(*(say(reasoning_details=[one]) for one in details), say("Hi"), STOP), DONE)
    assert message(seen)["reasoning_details"] == [
        {"type": "reasoning.text", "index": 0, "format": "x", "text": "hm", "signature": "c2ln"},
        {"type": "reasoning.encrypted", "index": 1, "data": "c2VjcmV0"},
        {"type": "reasoning.summary", "index": 2, "summary": "so"},
    ]
    assert message(seen)["reasoning"] == "hmso"


def test_chat_reasoning_keeps_the_name_of_its_field() -> None:
    stream = sse(say(reasoning_text="hm"), say(reasoning_opaque="b3BhcXVl"), say("Hi"), STOP)
    seen = read(stream, DONE)
    assert message(seen)["reasoning_text"] == "hm"
    assert message(seen)["reasoning_opaque"] == "b3BhcXVl"


def test_chat_reasoning_in_a_list() -> None:
    seen = read(sse(say(reasoning_content=["h", {"text": "m"}, 5]), say("Hi"), STOP), DONE)
    assert seen.response.reasoning == "hm"


def test_chat_the_one_call_of_old_keeps_its_shape() -> None:
    function = {"name": "f", "arguments": '{"a": 1}'}
    seen = read(sse(say(function_call=function), say(finish="function_call")), DONE)
    assert message(seen)["function_call"] == function
    assert "tool_calls" not in message(seen)


def test_chat_a_custom_call_is_text() -> None:
    entry = {"index": 0, "id": "id1", "type": "custom", "custom": {"name": "f", "input": "{x"}}
    more = {"index": 0, "custom": {"input": "y"}}
    seen = read(sse(calls(entry), calls(more), say(finish="tool_calls")), DONE)
    assert seen.calls == [("id1", "f", "{xy")]
    custom = {"name": "f", "input": "{xy"}
    assert message(seen)["tool_calls"] == [{"id": "id1", "type": "custom", "custom": custom}]


def test_chat_extra_content_without_a_signature_stays_with_its_call() -> None:
    extra = {"google": {"other": 1}}
    entry = call(0, "id1", "f", "{}", extra_content=extra)
    seen = read(sse(calls(entry), say(finish="tool_calls")), DONE)
    assert seen.response.tool_calls[0].opaque == ()
    assert message(seen)["tool_calls"][0]["extra_content"] == extra


IMAGES = [
    {"type": "image_url", "index": 0, "image_url": {"url": f"data:image/png;base64,{BASE64}"}},
    {"type": "image_url", "index": 1, "image_url": {"url": "https://example.com/a.png"}},
    {"type": "image_url", "index": 2, "image_url": "https://example.com/b.png"},
]
SHOWN = [(BYTES, "image/png", ""), (b"", "", "https://example.com/a.png")]


def test_chat_images_are_bytes_or_where_they_are() -> None:
    seen = read(sse(say("Hi"), say(images=IMAGES), STOP), DONE)
    shown = [media(seen, place) for place in (1, 2, 3)]
    assert [(one.data, one.media_type, one.uri) for one in shown][:2] == SHOWN
    assert (shown[2].uri, shown[2].complete) == ("https://example.com/b.png", True)
    urls = [image["image_url"]["url"] for image in message(seen)["images"]]
    assert urls == [
        f"data:image/png;base64,{BASE64}",
        "https://example.com/a.png",
        "https://example.com/b.png",
    ]


def test_chat_parts_of_content() -> None:
    reference = {"type": "reference", "reference_ids": [0, 1]}
    thinking = {"type": "reasoning", "summary": [{"text": "hm"}], "signature": "c2ln"}
    content = [thinking, *IMAGES[:2], {"type": "text", "text": "Hi"}, reference]
    seen = read(sse(say(content), STOP), DONE, anomalies="C9")
    assert (seen.text, seen.response.reasoning) == ("Hi", "hm")
    assert seen.of(Opaque) == [Opaque(0, 0, "signature", "c2ln")]
    shown = [(one.data, one.media_type, one.uri) for one in (media(seen, 1), media(seen, 2))]
    assert shown == SHOWN
    assert seen.of(Citation) == [Citation(0, 3, "", "", None, None, reference)]
    assert message(seen)["annotations"] == [reference]


def test_chat_annotations() -> None:
    url = "https://example.com/"
    source = {"url": url, "title": "t", "start_index": 0, "end_index": 2}
    annotation = {"type": "url_citation", "url_citation": source}
    seen = read(sse(say("Hi", annotations=[annotation]), STOP), DONE)
    assert seen.of(Citation) == [Citation(0, 0, url, "t", 0, 2, annotation)]
    assert message(seen)["annotations"] == [annotation]


def test_chat_audio() -> None:
    chunks = [
        say(audio={"id": "audio_1", "transcript": "Hi"}),
        say(audio={"data": BASE64}),
        say(audio={"data": BASE64, "transcript": "!"}),
        say(audio={"expires_at": 9}),
    ]
    seen = read(sse(*chunks), DONE, anomalies="E11")
    assert (media(seen).data, media(seen).transcript) == (BYTES * 2, "Hi!")
    audio = {"id": "audio_1", "data": BASE64 * 2, "transcript": "Hi!", "expires_at": 9}
    assert message(seen)["audio"] == audio


@pytest.mark.parametrize("channel", ["content", "refusal"])
def test_chat_logprobs_by_channel(channel: str) -> None:
    tokens = [{"token": "Hi", "logprob": -0.5}]
    first, nothing = say("Hi"), say("!")
    first["choices"][0]["logprobs"] = {channel: tokens}
    nothing["choices"][0]["logprobs"] = {channel: []}
    seen = read(sse(first, nothing, STOP), DONE)
    assert seen.of(Logprobs) == [Logprobs(0, channel, tuple(tokens))]
    assert native(seen)["choices"][0]["logprobs"] == {channel: tokens}


def test_chat_logprobs_of_another_shape_are_a_fact() -> None:
    first = say("Hi")
    first["choices"][0]["logprobs"] = [-0.5]
    seen = read(sse(first, STOP), DONE)
    assert seen.of(Logprobs) == []
    assert seen.of(Metadata)[-1] == Metadata({"logprobs": [-0.5]}, 0)


def test_chat_an_error_in_x_groq() -> None:
    failed = chunk(x_groq={"id": "r", "error": "over capacity"})
    seen = read(sse(say("Hi"), failed), outcome="failed")
    assert seen.of(StreamError) == [StreamError("over capacity")]


def test_chat_a_choice_with_neither_delta_nor_message() -> None:
    seen = read(sse(say("Hi"), chunk({"index": 0, "finish_reason": "stop"})), DONE)
    assert (seen.text, seen.finish) == ("Hi", "stop")


def test_chat_takes_no_legacy_completion() -> None:
    other = {"object": "text_completion", "choices": [{"index": 0, "text": "Hi"}]}
    seen = read(sse(other), DONE, anomalies="C21", outcome="unknown")
    assert (seen.text, [event.raw for event in seen.of(Unknown)]) == ("", [other])
    assert seen.stream.detected == "this is openai-completions: object is text_completion"


# -- openai-completions ------------------------------------------------------------------------


def completion(text: str, index: Any = 0, **fields: Any) -> dict[str, Any]:
    choices = [{"index": index, "text": text, "finish_reason": None, **fields}]
    return {"id": "c1", "object": "text_completion", "created": 1, "model": "m", "choices": choices}


def test_completions_logprobs_stand_side_by_side() -> None:
    one = {"tokens": ["Hel"], "token_logprobs": [-0.5], "top_logprobs": None, "text_offset": [0]}
    two = {"tokens": ["lo"], "token_logprobs": [-1.5], "top_logprobs": None, "text_offset": [3]}
    last = completion("lo", logprobs=two, finish_reason="stop")
    seen = read(sse(completion("Hel", logprobs=one), last), DONE, dialect="openai-completions")
    assert native(seen)["choices"] == [
        {
            "index": 0,
            "text": "Hello",
            "logprobs": {
                "tokens": ["Hel", "lo"],
                "token_logprobs": [-0.5, -1.5],
                "text_offset": [0, 3],
            },
            "finish_reason": "stop",
        }
    ]


@pytest.mark.parametrize("index", ["1", 1.0])
def test_completions_an_index_that_is_no_int(index: Any) -> None:
    stream = sse(completion("a", index), completion("b", 1, finish_reason="stop"))
    seen = read(stream, DONE, dialect="openai-completions", anomalies="J5")
    assert [(choice.index, choice.text) for choice in seen.response.choices] == [(1, "ab")]


@pytest.mark.parametrize(
    ("event", "error", "expected"),
    [
        ("", {"error": {"message": "m", "code": 5}}, StreamError("m", "5")),
        ("error", {"message": "m"}, StreamError("m")),
    ],
)
def test_completions_errors(event: str, error: dict[str, Any], expected: StreamError) -> None:
    stream = sse(completion("a")) + sse(error, event=event)
    seen = read(stream, dialect="openai-completions", outcome="failed")
    assert (seen.text, seen.of(StreamError)) == ("a", [expected])


@pytest.mark.parametrize(
    ("other", "anomalies"),
    [
        ({"news": 1}, ""),
        (say("a"), "C21"),
        ({"object": "chat.completion.chunk", "choices": [{"index": 0}]}, "C21"),
    ],
)
def test_completions_takes_nothing_else(other: dict[str, Any], anomalies: str) -> None:
    stream = sse(other, completion("b", finish_reason="stop"))
    seen = read(stream, DONE, dialect="openai-completions", anomalies=anomalies)
    assert (seen.text, [event.raw for event in seen.of(Unknown)]) == ("b", [other])


# -- anthropic ---------------------------------------------------------------------------------

CITED = {"type": "char_location", "document_title": "t", "start_char_index": 1}


def test_claude_a_message_that_begins_with_its_content() -> None:
    content = [
        {"type": "text", "text": "Hi", "citations": [CITED]},
        {"type": "tool_use", "id": "id1", "name": "f", "input": {"a": 1}},
    ]
    seen = read(named(claude.begin(content=content), claude.END, claude.STOP), dialect="anthropic")
    assert seen.of(Citation) == [Citation(0, 0, "", "t", 1, None, CITED)]
    assert [type(block).__name__ for block in seen.response.blocks] == ["TextBlock", "ToolCall"]
    assert native(seen)["content"][0] == content[0]


def test_claude_blocks_come_back_as_they_were() -> None:
    found = [{"type": "web_search_result", "url": "https://example.com/"}]
    stream = named(
        claude.BEGIN,
        claude.start(0, "thinking", thinking="", signature=""),
        claude.delta(0, "thinking_delta", thinking="hm"),
        claude.delta(0, "signature_delta", signature="c2ln"),
        claude.delta(0, "signature_delta", signature=""),
        claude.stop(0),
        claude.start(1, "redacted_thinking", data="c2VjcmV0"),
        claude.stop(1),
        *claude.tool(2, '{"query": "q"}', type="server_tool_use"),
        claude.start(3, "web_search_tool_result", tool_use_id="id1", content=found),
        claude.stop(3),
        claude.start(4, "compaction", content=None),
        claude.delta(4, "compaction_delta", content="They said hello."),
        claude.stop(4),
        *claude.text(5, "Hi"),
        claude.END,
        claude.STOP,
    )
    seen = read(stream, dialect="anthropic")
    assert seen.of(Opaque)[0] == Opaque(0, 0, "signature", "c2ln")
    assert native(seen)["content"] == [
        {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "c2VjcmV0"},
        {"type": "server_tool_use", "id": "id1", "name": "f", "input": {"query": "q"}},
        {"type": "web_search_tool_result", "tool_use_id": "id1", "content": found},
        {"type": "compaction", "content": "They said hello."},
        {"type": "text", "text": "Hi"},
    ]


@pytest.mark.parametrize("type", ["thinking_delta", "signature_delta"])
def test_claude_thinking_that_nobody_announced(type: str) -> None:
    field, words = ("thinking", "hm") if type == "thinking_delta" else ("signature", "c2ln")
    events = [claude.BEGIN, claude.delta(0, type, **{field: words}), claude.stop(0)]
    stream = named(*events, *claude.text(1, "Hi"), claude.END, claude.STOP)
    seen = read(stream, dialect="anthropic", anomalies="P5")
    block = seen.response.blocks[0]
    assert isinstance(block, ReasoningBlock)
    assert block.text == ("hm" if field == "thinking" else "")
    assert [one.data for one in block.opaque] == ([] if field == "thinking" else ["c2ln"])


def test_claude_an_empty_delta_announces_nothing() -> None:
    empty = claude.delta(7, "input_json_delta", partial_json="")
    stream = named(claude.BEGIN, empty, *claude.text(0, "Hi"), claude.END, claude.STOP)
    assert len(read(stream, dialect="anthropic").response.blocks) == 1


def test_claude_arguments_that_nobody_announced() -> None:
    delta = claude.delta(7, "input_json_delta", partial_json='{"a": 1}')
    end = {"type": "content_block_stop", "index": 7}
    seen = read(named(claude.BEGIN, delta, end, claude.END), dialect="anthropic", anomalies="P5")
    assert [call.parsed for call in seen.response.tool_calls] == [{"a": 1}]


@pytest.mark.parametrize("event", ["", "error"])
def test_claude_an_error_without_a_type(event: str) -> None:
    error = {"error": {"type": "overloaded_error", "message": "Overloaded"}}
    stream = named(claude.BEGIN, *claude.text(0, "Hi")) + sse(error, event=event)
    seen = read(stream, dialect="anthropic", outcome="failed")
    assert seen.of(StreamError) == [StreamError("Overloaded", "", "overloaded_error")]


# -- openai-responses --------------------------------------------------------------------------

BEGIN = responses.life("created")
HI = responses.text("Hi", index=1)


def answer(*events: dict[str, Any], **options: Any) -> Read:
    return read(named(BEGIN, *events), dialect="openai-responses", **options)


def whole(item: dict[str, Any], **options: Any) -> Read:
    """The item comes whole and at once, and once more at the end."""
    events = [responses.added(item), responses.done(item)]
    return answer(*events, responses.completed(item), **options)


def test_responses_the_items_are_the_providers_own() -> None:
    message = responses.message("Hi", 1)
    end = responses.completed(message, usage={"input_tokens": 1, "output_tokens": 2})
    made = native(answer(*HI, end))
    assert made["output"] == [message]
    assert (made["object"], made["usage"]["output_tokens"]) == ("response", 2)


def test_responses_what_was_cut_is_told_as_far_as_it_came() -> None:
    cited = {"type": "url_citation", "url": "https://example.com/", "start_index": 0}
    thought = {"output_index": 0, "item_id": "item_0", "summary_index": 0}
    summary = {"type": "summary_text", "text": ""}
    refused = {"output_index": 1, "item_id": "item_1", "content_index": 1}
    events = [
        responses.added({"type": "reasoning", "id": "item_0", "summary": []}),
        responses.event("reasoning_summary_part.added", **thought, part=summary),
        responses.event("reasoning_summary_text.delta", **thought, delta="hm"),
        responses.at("content_part.added", part={"type": "reasoning_text", "text": ""}),
        responses.at("reasoning_text.delta", delta="Hm."),
        *HI[:3],
        responses.at("output_text.annotation.added", 1, annotation=cited, annotation_index=0),
        responses.event("content_part.added", **refused, part={"type": "refusal", "refusal": ""}),
        responses.event("refusal.delta", **refused, delta="No"),
        responses.added(responses.function(index=2), 2),
        responses.at("function_call_arguments.delta", 2, delta='{"a'),
    ]
    seen = answer(*events, outcome="truncated")
    made = native(seen)
    assert "usage" not in made
    reasoning, message, function = made["output"]
    assert reasoning["summary"] == [{"type": "summary_text", "text": "hm"}]
    assert reasoning["content"] == [{"type": "reasoning_text", "text": "Hm."}]
    assert message["content"] == [
        {"type": "output_text", "text": "Hi", "annotations": [cited]},
        {"type": "refusal", "refusal": "No"},
    ]
    assert function["arguments"] == '{"a'


@pytest.mark.parametrize(
    "type", ["function_call_output", "computer_call_output", "tool_search_output"]
)
def test_responses_results_are_items(type: str) -> None:
    field = "tools" if type == "tool_search_output" else "output"
    item = {"type": type, "id": "item_0", "call_id": "call_9", field: ["x"]}
    for seen in (whole(item), answer(responses.done(item), responses.completed(item))):
        (block,) = seen.response.blocks
        assert isinstance(block, ToolResult)
        assert (block.call_id, block.name, block.content) == ("call_9", type, ["x"])
        assert native(seen)["output"] == [item]


def test_responses_other_items_are_kept_whole() -> None:
    item = {"type": "compaction", "id": "item_0", "encrypted_content": "c2VjcmV0"}
    for seen in (whole(item), answer(responses.done(item), responses.completed(item))):
        (block,) = seen.response.blocks
        assert isinstance(block, OtherBlock)
        assert (block.kind, block.complete, block.wire) == ("compaction", True, item)
        assert [one.data for one in block.opaque] == ["c2VjcmV0"]


def test_responses_an_item_that_is_told_once() -> None:
    item = {"type": "mcp_list_tools", "id": "item_0", "tools": []}
    seen = answer(responses.done(item), responses.completed(item))
    assert [block.id for block in seen.response.blocks] == ["item_0"]


def test_responses_a_server_call_and_what_it_gave() -> None:
    item = {
        "type": "file_search_call",
        "id": "item_0",
        "queries": ["q"],
        "results": [{"file_id": "f1"}],
    }
    seen = answer(responses.done(item), responses.completed(item))
    (one,) = seen.response.tool_calls
    assert (one.kind, one.name, one.parsed) == ("server", "file_search_call", {"queries": ["q"]})
    result = seen.response.blocks[1]
    assert isinstance(result, ToolResult)
    assert (result.call_id, result.content) == ("item_0", [{"file_id": "f1"}])


def test_responses_a_call_in_its_finished_item_only() -> None:
    item = responses.function('{"a": 1}')
    seen = answer(responses.done(item), responses.completed(item), anomalies="P4")
    assert seen.calls == [("call_0", "f", '{"a": 1}')]


def test_responses_a_tool_search() -> None:
    item = {"type": "tool_search_call", "id": "item_0", "call_id": "c", "arguments": {"q": "x"}}
    seen = whole(item)
    (one,) = seen.response.tool_calls
    assert (one.kind, one.parsed) == ("server", {"q": "x"})


@pytest.mark.parametrize("done", [{"delta": ""}, {"arguments": 5}])
def test_responses_arguments_done_that_says_nothing(done: dict[str, Any]) -> None:
    item = responses.function('{"a": 1}')
    events = [
        responses.added(responses.function()),
        responses.at("function_call_arguments.delta", delta='{"a": 1}'),
        responses.at("function_call_arguments.done", **done),
        responses.done(item),
    ]
    assert answer(*events, responses.completed(item)).calls == [("call_0", "f", '{"a": 1}')]


def test_responses_arguments_done_and_nothing_before() -> None:
    item = responses.function('{"a": 1}')
    done = responses.at("function_call_arguments.done", arguments='{"a": 1}')
    seen = answer(done, responses.done(item), responses.completed(item), anomalies="P4 P5")
    assert seen.calls == [("call_0", "f", '{"a": 1}')]


def test_responses_text_done_and_nothing_before() -> None:
    done = responses.at("output_text.done", 1, text="Hi")
    seen = answer(done, *HI[4:], responses.completed(responses.message("Hi", 1)), anomalies="P4")
    assert (seen.text, len(seen.response.blocks)) == ("Hi", 1)


@pytest.mark.parametrize("text", ["", None, 5])
def test_responses_text_done_that_says_nothing(text: Any) -> None:
    done = responses.at("output_text.done", 1, text=text)
    seen = answer(*HI[:3], done, *HI[4:], responses.completed(responses.message("Hi", 1)))
    assert seen.text == "Hi"


def test_responses_parts_without_a_name_here() -> None:
    part = {"type": "hologram", "data": "x"}
    place = {"output_index": 1, "item_id": "item_1", "content_index": 1}
    item = responses.message("Hi", 1)
    item["content"].append(part)
    events = [
        *HI[:5],
        responses.event("content_part.added", **place, part=part),
        responses.event("content_part.done", **place, part=part),
        responses.done(item, 1),
    ]
    seen = answer(*events, responses.completed(item))
    assert (seen.text, [event.raw for event in seen.of(Unknown)]) == ("Hi", [events[5]])
    assert native(seen)["output"] == [item]


TOKENS = [{"token": "Hi", "logprob": -0.5}]


def test_responses_logprobs_of_a_delta() -> None:
    events = [*HI[:2], {**HI[2], "logprobs": TOKENS}, *HI[3:]]
    seen = answer(*events, responses.completed(responses.message("Hi", 1)))
    assert seen.of(Logprobs) == [Logprobs(0, "content", tuple(TOKENS))]


def test_responses_logprobs_of_a_part_that_was_not_streamed() -> None:
    part = {"type": "output_text", "text": "Hi", "annotations": [], "logprobs": TOKENS}
    events = [*HI[:2], responses.at("content_part.done", 1, part=part), HI[5]]
    seen = answer(*events, responses.completed(responses.message("Hi", 1)), anomalies="P4")
    assert seen.of(Logprobs) == [Logprobs(0, "content", tuple(TOKENS))]


def test_responses_an_index_that_is_a_text() -> None:
    events = [{**event, "output_index": "1"} for event in HI]
    seen = answer(*events, responses.completed(responses.message("Hi", 1)), anomalies="J5")
    assert (seen.text, len(seen.response.blocks)) == ("Hi", 1)


def test_responses_an_item_that_is_known_by_its_id_only() -> None:
    events = [{k: v for k, v in event.items() if k != "output_index"} for event in HI]
    end = responses.completed(responses.message("Hi", 1))
    seen = answer(*events, end, anomalies="P15")
    assert (seen.text, len(seen.response.blocks)) == ("Hi", 1)
    assert [item["id"] for item in native(seen)["output"]] == ["item_1"]


def test_responses_what_a_shell_printed() -> None:
    item = {"type": "shell_call_output", "id": "item_0", "call_id": "c", "output": []}
    deltas = [{"stdout": "a"}, {"stderr": "b"}, {}]
    events = [
        responses.added(item),
        *(
            responses.event("shell_call_output_content.delta", output_index=0, delta=delta)
            for delta in deltas
        ),
        responses.event("shell_call_output_content.done", output_index=0, output=[]),
        responses.done(item),
    ]
    (block,) = answer(*events, responses.completed(item)).response.blocks
    assert isinstance(block, ToolResult)
    assert (block.text, block.content, block.call_id) == ("ab", [], "c")


IMAGE = {"type": "image_generation_call", "id": "item_0", "status": "in_progress"}


def test_responses_each_partial_image_replaces_the_one_before() -> None:
    partial = [
        responses.at("image_generation_call.partial_image", partial_image_b64=image)
        for image in ("aGk=", "aGk=", BASE64)
    ]
    done = {**IMAGE, "status": "completed", "result": BASE64}
    progress = responses.at("image_generation_call.generating")
    late = partial[0]
    events = [responses.added(IMAGE), progress, *partial, responses.done(done), late]
    seen = answer(*events, responses.completed(done))
    assert [event.data for event in seen.of(MediaDelta)] == [b"hi", BYTES]
    assert (media(seen, 1).data, media(seen, 1).complete) == (BYTES, True)
    assert seen.of(Unknown) == []


def test_responses_an_image_that_came_at_once() -> None:
    seen = whole({**IMAGE, "result": BASE64})
    assert (media(seen, 1).data, media(seen, 1).media_type) == (BYTES, "image")


def test_responses_audio() -> None:
    events = [
        responses.event("audio.transcript.delta", delta="H"),
        responses.event("audio.delta", delta=BASE64),
        responses.event("audio.delta", delta=BASE64),
        responses.event("audio.transcript.delta", delta="i"),
        responses.event("audio.done"),
        responses.event("audio.transcript.done"),
    ]
    seen = answer(*events, responses.completed(), anomalies="P2")
    assert (media(seen).data, media(seen).transcript) == (BYTES * 2, "Hi")
    assert (media(seen).media_type, media(seen).complete) == ("audio", True)


def test_responses_pings_and_facts_between_events() -> None:
    end = responses.completed(responses.message("Hi", 1))
    stream = named(BEGIN, {"type": "ping"}, *HI) + sse({"cost": 5}) + named(end)
    seen = read(stream, dialect="openai-responses")
    assert seen.of(KeepAlive) == [KeepAlive()]
    assert seen.metadata["cost"] == 5


@pytest.mark.parametrize("type", [{"type": "problem"}, {}])
def test_responses_an_error_of_another_type(type: dict[str, Any]) -> None:
    stream = named(BEGIN) + sse({**type, "error": {"message": "m", "code": "c"}})
    seen = read(stream, dialect="openai-responses", outcome="failed")
    assert seen.of(StreamError) == [StreamError("m", "c", "", True)]


# -- gemini ------------------------------------------------------------------------------------


def gemini_read(*chunks: dict[str, Any], **options: Any) -> Read:
    return read(sse(*chunks), dialect="gemini", **options)


def candidate(seen: Read) -> dict[str, Any]:
    first: dict[str, Any] = native(seen)["candidates"][0]
    return first


def test_gemini_parts_come_back_as_they_were() -> None:
    given: list[dict[str, Any]] = [
        {"text": "hm", "thought": True},
        {"text": "Hi", "thoughtSignature": "c2ln"},
        {"executableCode": {"id": "x1", "language": "PYTHON", "code": "print(1)"}},
        {"codeExecutionResult": {"id": "x1", "outcome": "OUTCOME_OK", "output": "1\n"}},
        {"functionCall": {"id": "f1", "name": "f", "args": {"a": 1}}, "thoughtSignature": "eA=="},
        {"functionResponse": {"id": "f1", "name": "f", "response": {"b": 2}}},
        {"toolCall": {"id": "t1", "toolType": "MAPS", "args": {"q": "x"}}},
        {"toolResponse": {"id": "t1", "toolType": "MAPS", "response": {}}},
        {"inlineData": {"mimeType": "image/png", "data": BASE64}},
        {"fileData": {"mimeType": "image/png", "fileUri": "https://example.com/a.png"}},
        {"hologram": {"data": "x"}, "thoughtSignature": "eQ=="},
    ]
    seen = gemini_read(parts(*given, finish="STOP"))
    assert candidate(seen)["content"] == {"role": "model", "parts": given}
    assert [call.kind for call in seen.response.tool_calls] == ["server", "function", "server"]
    assert (media(seen, 8).data, media(seen, 9).uri) == (BYTES, "https://example.com/a.png")
    assert [event.raw for event in seen.of(Unknown)] == [parts(*given, finish="STOP")]


def test_gemini_ids_that_we_made_are_not_handed_back() -> None:
    given = {"functionCall": {"name": "f", "args": {"a": 1}}}
    assert candidate(gemini_read(parts(given, finish="STOP")))["content"]["parts"] == [given]


def test_gemini_a_signature_after_everything() -> None:
    call = {"functionCall": {"name": "f", "args": {"a": 1}}}
    signed = {"text": "", "thoughtSignature": "c2ln"}
    seen = gemini_read(parts(call), parts(signed, finish="STOP"))
    assert candidate(seen)["content"]["parts"] == [call, signed]


@pytest.mark.parametrize(
    ("base64", "data"),
    [
        ("++//", BYTES),
        ("--__", BYTES),
        ("aGk=", b"hi"),
        ("aGk", b"hi"),
        ("a", b""),
        ("aGkö", b""),
        ("", b""),
        (None, b""),
        (5, b""),
    ],
)
def test_gemini_base64_of_either_alphabet_or_none(base64: Any, data: bytes) -> None:
    part = {"inlineData": {"mimeType": "image/png", "data": base64}}
    seen = gemini_read(parts(part, finish="STOP"))
    assert (media(seen).data, media(seen).complete) == (data, True)


def test_gemini_facts_beside_the_content() -> None:
    ratings = [{"category": "HARM", "probability": "LOW"}]
    first = parts({"text": "Hi"})
    first["candidates"][0]["safetyRatings"] = ratings
    seen = gemini_read(first, parts(finish="STOP"))
    assert seen.of(Metadata) == [Metadata({"safetyRatings": ratings}, 0)]
    assert candidate(seen)["safetyRatings"] == ratings


def test_gemini_logprobs() -> None:
    chosen = [{"token": "Hi", "logProbability": -0.5}]
    first = parts({"text": "Hi"})
    told = {"chosenCandidates": chosen, "logProbabilitySum": -0.5}
    first["candidates"][0]["logprobsResult"] = told
    seen = gemini_read(first, parts(finish="STOP"))
    assert seen.of(Logprobs) == [Logprobs(0, "content", tuple(chosen))]
    assert candidate(seen)["logprobsResult"] == told


SOURCE = {"startIndex": 0, "endIndex": 2, "uri": "https://example.com/", "title": "t"}


def test_gemini_citations_that_come_again_are_told_once() -> None:
    sources = {"citationMetadata": {"citations": [SOURCE]}}
    text = {"content": {"role": "model", "parts": [{"text": "Hi"}]}, "index": 0}
    again = gemini({"index": 0, **sources, "finishReason": "STOP"})
    seen = gemini_read(gemini({**text, **sources}), again)
    assert seen.of(Citation) == [Citation(0, 0, "https://example.com/", "t", 0, 2, SOURCE)]


def test_gemini_citations_of_no_part() -> None:
    sources = {"citationMetadata": {"citations": [SOURCE]}}
    seen = gemini_read(gemini({"index": 0, **sources}), parts({"text": "Hi"}, finish="STOP"))
    assert seen.of(Citation) == [Citation(0, None, "https://example.com/", "t", 0, 2, SOURCE)]
    assert candidate(seen)["citationMetadata"] == sources["citationMetadata"]


@pytest.mark.parametrize("places", [[0, 1], [True, "0", -1, 2, 0], None])
def test_gemini_grounding_names_its_sources_by_their_place(places: Any) -> None:
    chunks = [
        {"web": {"uri": "https://example.com/", "title": "a"}},
        {"retrievedContext": {"uri": "gs://bucket", "title": "b"}},
    ]
    support = {"segment": {"endIndex": 2}, "groundingChunkIndices": places}
    grounding = {"groundingChunks": chunks, "groundingSupports": [support]}
    text = {"content": {"role": "model", "parts": [{"text": "Hi"}]}, "index": 0}
    again = {"groundingMetadata": grounding, "finishReason": "STOP"}
    seen = gemini_read(gemini({**text, "groundingMetadata": grounding}), gemini(again))
    expected = [
        Citation(0, 0, "https://example.com/", "a", 0, 2, support),
        Citation(0, 0, "gs://bucket", "b", 0, 2, support),
    ]
    assert seen.of(Citation) == expected[: 0 if places is None else 1 + (places == [0, 1])]


@pytest.mark.parametrize("index", ["1", 1.0])
def test_gemini_an_index_that_is_no_int(index: Any) -> None:
    text = {"content": {"parts": [{"text": "Hi"}]}, "index": index, "finishReason": "STOP"}
    seen = gemini_read(gemini(text), anomalies="J5")
    assert [(choice.index, choice.text) for choice in seen.response.choices] == [(1, "Hi")]


def test_gemini_a_call_without_a_name_goes_on_with_nothing() -> None:
    stray = parts({"functionCall": {"partialArgs": [{"jsonPath": "$.a", "stringValue": "x"}]}})
    seen = gemini_read(stray, parts({"text": "Hi"}, finish="STOP"))
    assert (seen.response.tool_calls, [event.raw for event in seen.of(Unknown)]) == ((), [stray])


def streamed(*arguments: dict[str, Any]) -> Read:
    """A call of ``f`` with these partial arguments."""
    begin = parts({"functionCall": {"name": "f", "willContinue": True}})
    pieces = [
        parts({"functionCall": {"partialArgs": [argument], "willContinue": True}})
        for argument in arguments
    ]
    return gemini_read(begin, *pieces, parts({"functionCall": {}}), parts(finish="STOP"))


def test_gemini_arguments_of_every_kind() -> None:
    seen = streamed(
        {"jsonPath": "$.a", "stringValue": "x", "willContinue": True},
        {"jsonPath": "$.a", "willContinue": True},
        {"jsonPath": "$.a", "stringValue": "", "willContinue": True},
        {"jsonPath": "$.a", "stringValue": "y", "willContinue": True},
        {"jsonPath": "$.a"},
        {"jsonPath": "$.b", "numberValue": 1.5},
        {"jsonPath": "$.c", "boolValue": False},
        {"jsonPath": "$.d", "nullValue": "NULL_VALUE"},
    )
    (one,) = seen.response.tool_calls
    assert (one.complete, one.parsed) == (True, {"a": "xy", "b": 1.5, "c": False, "d": None})


def test_gemini_arguments_that_are_one_value() -> None:
    (one,) = streamed({"jsonPath": "$", "stringValue": "x"}).response.tool_calls
    assert (one.arguments, one.complete, one.problem) == ('"x"', False, "not an object")


def test_gemini_a_result_of_no_call() -> None:
    result = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}}
    seen = gemini_read(parts(result, finish="STOP"))
    (block,) = seen.response.blocks
    assert isinstance(block, ToolResult)
    assert (block.call_id, block.content) == ("", result["codeExecutionResult"])


# -- text --------------------------------------------------------------------------------------


def test_text_has_errors_and_ends() -> None:
    seen = read(b"data: Hel\n\ndata: lo\n\nevent: done\ndata: {}\n\n", dialect="text")
    assert (seen.text, seen.finish, native(seen)) == ("Hello", "stop done", {"text": "Hello"})
    seen = read(b"data: a\n\nevent: error\ndata: gone\n\n", dialect="text", outcome="failed")
    assert seen.of(StreamError) == [StreamError("gone")]


@pytest.mark.parametrize("reason", ["canceled", "error"])
def test_text_that_ends_for_another_reason(reason: str) -> None:
    stream = b'event: output\ndata: Hi\n\nevent: done\ndata: {"reason": "%s"}\n\n'
    seen = read(stream % reason.encode(), dialect="text", outcome="failed")
    assert (seen.text, str(seen.response.error)) == ("Hi", reason)


@pytest.mark.parametrize("data", ['{"reason": "good"}', '{"reason": 5}', "[]", "over", "{", ""])
def test_text_that_ends_with_whatever_it_carries(data: str) -> None:
    seen = read(f"data: Hi\n\nevent: done\ndata: {data}\n\n".encode(), dialect="text")
    assert (seen.text, seen.finish) == ("Hi", "stop done")


def test_logs_are_no_text() -> None:
    stream = b"event: output\ndata: Hi\n\nevent: logs\ndata: step 1\n\nevent: done\ndata: {}\n\n"
    seen = read(stream, dialect="text")
    assert (seen.text, seen.metadata) == ("Hi", {"logs": "step 1"})


def test_text_that_is_cut_within_its_last_event() -> None:
    """Nothing says that plain text is whole."""
    seen = read(b"data: Hel\n\ndata: lo", dialect="text", outcome="truncated")
    assert seen.text == "Hel"


# -- json --------------------------------------------------------------------------------------


def json_read(dialect: JSON, *events: Any) -> StreamDecoder:
    stream = StreamDecoder(dialect)
    stream.feed(sse(*events))
    stream.close()
    return stream


def test_json_dialects_are_values() -> None:
    one = JSON(text="a", reasoning="b")
    assert one == JSON(text="a", reasoning="b")
    assert one != JSON(text="a")
    assert one != "json"
    assert hash(one) == hash(JSON(text="a", reasoning="b"))
    assert repr(one) == "JSON(text='a', done='done', error='error', reasoning='b')"
    assert pickle.loads(pickle.dumps(one)) == one


def test_json_paths_go_through_objects_and_lists() -> None:
    dialect = JSON(text="choices.0.text", done="meta.done", reasoning="choices.0.thought")
    stream = json_read(
        dialect,
        {"choices": [{"thought": "hm", "text": None}]},
        {"choices": [{"thought": None, "text": "Hi"}]},
        {"choices": [{"thought": 5, "text": 5}]},
        {"meta": {"done": "length"}},
    )
    assert (stream.response.text, stream.response.reasoning) == ("Hi5", "hm")
    assert stream.response.finish == Finish(0, "length", "length")
    assert stream.native() == {"choices": [{"text": "Hi5", "thought": "hm"}]}


@pytest.mark.parametrize("chunk", [{"choices": []}, {"choices": "x"}, {"choices": [1]}, 5])
def test_json_a_path_that_leads_nowhere(chunk: Any) -> None:
    stream = StreamDecoder(JSON(text="choices.0.text"))
    assert stream.feed(sse(chunk)) == [Unknown(chunk)]


def test_json_lists_are_filled_up() -> None:
    stream = json_read(JSON(text="a.1", reasoning="a.0", done=""), {"a": ["hm", "Hi"]})
    assert stream.native() == {"a": ["hm", "Hi"]}


def test_json_plain_values() -> None:
    stream = json_read(JSON(text="", done="", error=""), '"Hi "', 5, "null", [1, {"a": "ö"}])
    assert stream.response.text == 'Hi 5[1,{"a":"ö"}]'
    assert stream.native() == {"text": 'Hi 5[1,{"a":"ö"}]'}


@pytest.mark.parametrize(
    ("dialect", "error", "expected"),
    [
        (JSON(), {"error": {"message": "m", "code": 5}}, StreamError("m", "5")),
        (JSON(error="x.0"), {"x": ["m"], "content": "b"}, StreamError("m")),
    ],
)
def test_json_errors(dialect: JSON, error: Any, expected: StreamError) -> None:
    stream = json_read(dialect, {"content": "a"}, error)
    assert stream.outcome.value == "failed"
    assert stream.response.error == expected


@pytest.mark.parametrize("dialect", [JSON(), JSON(error=""), JSON(text="", error="")])
def test_json_an_event_named_error(dialect: JSON) -> None:
    stream = StreamDecoder(dialect)
    events = stream.feed(sse({"message": "m"}, event="error"))
    assert StreamError("m", "", "", True) in events
    assert stream.response.text == ""


@pytest.mark.parametrize(("done", "raw"), [(True, "true"), (1, "1"), ("eos", "eos")])
def test_json_anything_true_is_the_end(done: Any, raw: str) -> None:
    stream = json_read(JSON(), {"content": "a", "done": False}, {"done": done})
    assert stream.outcome.value == "complete"
    assert stream.response.finish is not None
    assert (stream.response.finish.reason, stream.response.finish.raw) == ("stop", raw)


def test_responses_an_item_of_no_type() -> None:
    seen = answer(*HI, responses.done({}), responses.completed(responses.message("Hi", 1)))
    assert seen.text == "Hi"


# -- errors by the type of their event alone -----------------------------------------------------


def test_gemini_an_event_called_error() -> None:
    events = StreamDecoder("gemini").feed(sse({"why": "unknown"}, event="error"))
    assert [event.message for event in events if isinstance(event, StreamError)] == ["no message"]


# -- chunks that say little ---------------------------------------------------------------------


def test_a_message_delta_may_bring_usage_alone() -> None:
    chunks = [claude.begin(), *claude.text(0, "Hi"), claude.reason(None, output_tokens=3)]
    stream = named(*chunks, claude.reason("end_turn", output_tokens=4), claude.STOP)
    found = read(stream, dialect="anthropic")
    assert found.response.usage is not None
    assert found.response.usage.output_tokens == 4
    assert found.finish == "stop end_turn"


def test_feedback_on_a_prompt_that_was_not_blocked() -> None:
    feedback = {"safetyRatings": [{"category": "X", "probability": "LOW"}]}
    stream = sse(gemini(promptFeedback=feedback), parts({"text": "Hi"}, finish="STOP"))
    found = read(stream, dialect="gemini")
    assert (found.text, found.finish) == ("Hi", "stop STOP")


def test_usage_beside_a_choice_without_an_index() -> None:
    one = {"delta": {"content": "Hi"}, "index": None}
    found = read(sse(chunk(one, usage={"prompt_tokens": 1, "completion_tokens": 2}), STOP, DONE))
    assert found.response.usage is not None
    assert found.response.usage.output_tokens == 2


# -- what mutants showed -------------------------------------------------------------------------


def test_an_anthropic_message_may_begin_with_content() -> None:
    blocks = [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}]
    stream = StreamDecoder("anthropic")
    events = stream.feed(named(claude.begin(content=blocks)))
    assert [event.text for event in events if isinstance(event, TextEnd)] == ["A", "B"]
    for odd in ({"type": "text"}, "text", 5, None):
        assert StreamDecoder("anthropic").feed(named(claude.begin(content=odd)))


@pytest.mark.parametrize("type", ["message_start", "content_block_delta", "ping", "error"])
def test_which_types_of_event_are_signs_of_anthropic(type: str) -> None:
    stream = StreamDecoder("auto")
    stream.feed(sse({"type": type}))
    assert stream.dialect == ("auto" if type in ("ping", "error") else "anthropic")


def test_an_untyped_anthropic_chunk_is_of_its_event() -> None:
    stream = StreamDecoder("anthropic")
    stream.feed(named(claude.BEGIN, *claude.text(0)[:1]))
    delta = {"index": 0, "delta": {"type": "text_delta", "text": "a"}}
    stream.feed(sse(delta, event="content_block_delta"))
    assert stream.response.text == "a"
    stream.feed(sse({**delta, "type": "other"}, event="content_block_delta"))
    stream.feed(sse(delta, event="other"))
    assert stream.response.text == "a"


def test_bedrocks_metrics_alone() -> None:
    stream = StreamDecoder("anthropic")
    (told,) = stream.feed_chunk({"amazon-bedrock-invocationMetrics": {"a": 1}})
    assert isinstance(told, Metadata)
    (told,) = StreamDecoder("anthropic").feed_chunk({"costs": 1})
    assert isinstance(told, Unknown)
