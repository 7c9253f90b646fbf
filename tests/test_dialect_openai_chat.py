"""openai-chat, field by field: what may be there instead, what is nothing, what goes where.

What the dialect reads is in ``test_dialects.py``, what servers make of it in ``quirks/``; here is
what neither asks.
"""

from __future__ import annotations

from typing import Any

import pytest

from sse_core import (
    Citation,
    MediaBlock,
    Metadata,
    Opaque,
    ReasoningBlock,
    ReasoningEnd,
    ResponseStart,
    StreamDecoder,
    StreamError,
    StreamEvent,
    TextBlock,
    Unknown,
    Usage,
)

from .quirks.base import DONE, HEAD, STOP, Read, call, calls, chunk, read, say, sse

JSON = dict[str, Any]
HI = say("Hi")
CALLED = say(finish="tool_calls")


def native(seen: Read) -> JSON:
    return seen.stream.native()


def message(seen: Read) -> JSON:
    whole: JSON = native(seen)["choices"][0]["message"]
    return whole


def tokens(output: int, choice: int | None = None) -> Usage:
    """The event of a usage that counts the output alone."""
    data = {"completion_tokens": output}
    return Usage(None, output, None, None, None, None, data, choice)


# -- which chunks are of this dialect -----------------------------------------------------------


@pytest.mark.parametrize(
    "choice",
    [{"delta": {}}, {"message": {"content": "Hi"}}],
    ids=["delta", "message"],
)
def test_the_choice_alone_shows_the_dialect(choice: JSON) -> None:
    stream = StreamDecoder("auto")
    stream.feed(sse({"choices": [choice]}))
    assert (stream.dialect, stream.detected) == ("openai-chat", "choices with a delta")


RESULTS = {"input": {"type": "moderation_results", "results": []}}
OVERLOADED = {"type": "overloaded_error", "message": "Overloaded"}


@pytest.mark.parametrize(
    ("payload", "event", "told"),
    [
        (
            {"object": "chat.completion.chunk", "id": "c1", "moderation": RESULTS},
            "",
            [ResponseStart("c1"), Metadata({"moderation": RESULTS})],
        ),
        (
            {"id": "c1", "usage": {"completion_tokens": 1}},
            "",
            [ResponseStart("c1"), tokens(1)],
        ),
        (
            {"id": "gen-1", "error": {"message": "m", "code": 502}, "user_id": "u"},
            "",
            [ResponseStart("gen-1"), StreamError("m", "502", "", True), Metadata({"user_id": "u"})],
        ),
        (
            {"id": "c1", "message": "m"},
            "error",
            [ResponseStart("c1"), StreamError("m", "", "", True), Metadata({"message": "m"})],
        ),
        (
            {"type": "error", "error": OVERLOADED, "request_id": "r"},
            "",
            [
                ResponseStart(),
                StreamError("Overloaded", "", "overloaded_error", True),
                Metadata({"type": "error", "request_id": "r"}),
            ],
        ),
        (
            {"base_resp": {"status_code": 1004}},
            "",
            [
                ResponseStart(),
                Metadata({"base_resp": {"status_code": 1004}}),
                StreamError("no message", "1004", "", True),
            ],
        ),
    ],
    ids=["moderation", "usage", "error", "event error", "Anthropic's error", "base_resp"],
)
def test_chunks_without_choices(payload: JSON, event: str, told: list[StreamEvent]) -> None:
    """They begin the response as any other, and nothing that stands beside is lost."""
    assert StreamDecoder("openai-chat").feed(sse(payload, event=event)) == told


@pytest.mark.parametrize(
    ("payload", "event", "told"),
    [
        ({"news": 1}, "", None),
        ({"type": "progress", "usage": {"completion_tokens": 1}}, "", None),
        ({"type": "error", "message": "m"}, "error", StreamError("m", "", "error", True)),
    ],
    ids=["nothing known", "a type", "a type, and the event is an error"],
)
def test_chunks_of_no_dialect_begin_nothing(
    payload: JSON, event: str, told: StreamEvent | None
) -> None:
    events = StreamDecoder("openai-chat").feed(sse(payload, event=event))
    assert events == [told or Unknown(payload)]


# -- what is no object, in a list of objects ----------------------------------------------------


@pytest.mark.parametrize(
    "choices", [["no"], [None], [5, {"index": 0, "delta": {"content": "!"}}]], ids=repr
)
def test_choices_that_are_no_objects_are_unknown(choices: list[Any]) -> None:
    seen = read(sse(HI, {**HEAD, "choices": choices}, STOP), DONE)
    assert (seen.text, len(seen.of(Unknown))) == ("Hi!" if len(choices) > 1 else "Hi", 1)


@pytest.mark.parametrize("value", [5, "x", ["x"], [5]], ids=repr)
@pytest.mark.parametrize("field", ["annotations", "images", "tool_calls"])
def test_lists_of_something_else_are_unknown(field: str, value: Any) -> None:
    seen = read(sse(HI, say("!", **{field: value}), STOP), DONE)
    assert (seen.text, len(seen.response.blocks), len(seen.of(Unknown))) == ("Hi!", 1, 1)


def test_what_is_no_object_does_not_hide_what_is() -> None:
    annotation = {"type": "url_citation", "url_citation": {"url": "u"}}
    detail = {"type": "reasoning.text", "text": "hm"}
    image = {"image_url": "https://example.com/a.png"}
    delta = {
        "reasoning_details": ["x", detail],
        "content": "Hi",
        "annotations": ["x", annotation],
        "tool_calls": [call(0, "id1", "f", "{}"), "x"],
        "images": ["x", image],
    }
    seen = read(sse(say(**delta), CALLED), DONE)
    assert len(seen.of(Unknown)) == 4
    assert (seen.response.reasoning, seen.text) == ("hm", "Hi")
    assert [one.url for one in seen.of(Citation)] == ["u"]
    assert seen.calls == [("id1", "f", "{}")]
    assert [one.uri for one in seen.response.blocks if isinstance(one, MediaBlock)] == [
        "https://example.com/a.png"
    ]


def test_a_message_in_place_of_a_delta_with_something_among_its_calls() -> None:
    made = {"content": "Hi", "tool_calls": [call(None, "id1", "f", "{}"), "x"]}
    whole = chunk({"index": 0, "message": made, "finish_reason": "tool_calls"})
    seen = read(sse(whole), DONE, anomalies="C4")
    assert (seen.text, seen.calls, len(seen.of(Unknown))) == ("Hi", [("id1", "f", "{}")], 1)


# -- the whole message after its deltas ---------------------------------------------------------


def test_a_message_that_repeats_the_calls_adds_none() -> None:
    entry = call(0, "id1", "f", '{"a": 1}')
    whole = {"content": "Hi", "tool_calls": [entry]}
    last = chunk({"index": 0, "message": whole, "finish_reason": "tool_calls"})
    seen = read(sse(HI, calls(entry), last), DONE)
    assert (seen.text, seen.calls) == ("Hi", [("id1", "f", '{"a": 1}')])


def test_a_message_has_the_text_that_was_not_streamed() -> None:
    """Behind reasoning alone; and its calls, too."""
    whole = {"content": "Hi", "tool_calls": [call(0, "id1", "f", "{}")]}
    last = chunk({"index": 0, "message": whole, "finish_reason": "tool_calls"})
    seen = read(sse(say(reasoning_content="hm"), last), DONE, anomalies="C25")
    assert (seen.text, seen.calls) == ("Hi", [("id1", "f", "{}")])
    assert seen.response.reasoning == "hm"


# -- what a call has beside its own ---------------------------------------------------------------


SIGNED = {"thought_signature": "c2ln"}


@pytest.mark.parametrize(
    "beside",
    [
        {"extra_content": {"google": SIGNED}},
        {"provider_specific_fields": SIGNED},
        SIGNED,
        {"extra_content": {"google": None}, **SIGNED},
    ],
    ids=["extra_content", "provider_specific_fields", "itself", "beside nothing"],
)
@pytest.mark.parametrize("within", [True, False], ids=["function", "call"])
def test_what_a_call_has_beside_is_handed_back(within: bool, beside: JSON) -> None:
    entry = call(0, "id1", "f", "{}")
    holder = entry["function"] if within else entry
    holder.update(beside, note=5)
    seen = read(sse(calls(entry), CALLED), DONE)
    assert seen.of(Opaque) == [Opaque(0, 0, "thought_signature", "c2ln")]
    assert seen.calls == [("id1", "f", "{}")]
    expected = {name: value for name, value in entry.items() if name != "index"}
    assert message(seen)["tool_calls"] == [{"type": "function", **expected}]


def test_what_comes_later_beside_a_call() -> None:
    """Of each fact the last word; padding is none."""
    later = {"index": 0, "id": "id1", "type": "function", "p": "xx", "a": 2, "custom": None}
    first = {**call(0, "id1", "f", "{}"), "a": 1, "obfuscation": "yy"}
    seen = read(sse(calls(first), calls(later), CALLED), DONE, anomalies="T10")
    assert seen.response.tool_calls[0].wire == {"a": 2}


def test_a_type_of_the_vendor_is_handed_back() -> None:
    entry = {**call(0, "id1", "$web_search", "{}"), "type": "builtin_function"}
    (told,) = message(read(sse(calls(entry), CALLED), DONE))["tool_calls"]
    assert (told["type"], told["function"]["name"]) == ("builtin_function", "$web_search")


def test_a_custom_call_is_handed_back() -> None:
    entry = {"index": 0, "id": "id1", "custom": {"name": "f", "input": "x", "note": 5}}
    seen = read(sse(calls(entry), CALLED), DONE)
    whole = {"id": "id1", "type": "custom", "custom": entry["custom"]}
    assert message(seen)["tool_calls"] == [whole]


# -- indexes and ids ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "anomalies"), [(0, ""), (1, ""), (1023, ""), (1024, "T29"), (-1, "T29")]
)
def test_from_which_index_a_choice_is_somebodys_mistake(index: int, anomalies: str) -> None:
    seen = read(sse(say("Hi", index=index, finish="stop")), DONE, anomalies=anomalies)
    assert [(one.index, one.text) for one in seen.response.choices] == [(index, "Hi")]


@pytest.mark.parametrize(("index", "anomalies"), [(1023, ""), (1024, "T29"), (-1, "T29")])
def test_from_which_index_a_call_is_somebodys_mistake(index: int, anomalies: str) -> None:
    first, far = call(0, "id1", "f", "{}"), call(index, "id2", "g", '{"a"')
    stream = sse(calls(first), calls(far), calls(call(index, arguments=": 1}")), CALLED)
    seen = read(stream, DONE, anomalies=anomalies)
    assert seen.calls == [("id1", "f", "{}"), ("id2", "g", '{"a": 1}')]


@pytest.mark.parametrize("word", ["null", "None"])
def test_the_word_null_is_an_id_where_a_call_begins(word: str) -> None:
    """It is none on what follows (T8) only: a call may be called so."""
    seen = read(sse(calls(call(0, word, "f", "{}")), CALLED), DONE)
    assert seen.calls == [(word, "f", "{}")]
    assert not seen.response.tool_calls[0].id_is_synthetic


# -- usage --------------------------------------------------------------------------------------


def test_the_usage_of_the_one_choice_is_shown_once() -> None:
    seen = read(sse({**say("Hi", "stop"), "usage": {"completion_tokens": 1}}), DONE)
    assert seen.of(Usage) == [tokens(1)]
    assert seen.response.choice.usage == tokens(1, 0)


def test_usage_that_comes_choice_by_choice_is_shown_of_each() -> None:
    """TGI has one for each; that of the response is the last word only (U11)."""
    ends = [
        {**say(finish="stop", index=index), "usage": {"completion_tokens": index + 5}}
        for index in (0, 1)
    ]
    seen = read(sse(say("a"), say("b", index=1), *ends), DONE)
    assert seen.of(Usage) == [tokens(5), tokens(5, 0), tokens(6), tokens(6, 1)]
    assert [one.usage for one in seen.response.choices] == [tokens(5, 0), tokens(6, 1)]


def test_usage_in_a_choice_is_of_that_choice() -> None:
    ends = [
        {"index": index, "delta": {}, "finish_reason": "stop", "usage": {"completion_tokens": 5}}
        for index in (0, 1)
    ]
    seen = read(sse(say("a"), say("b", index=1), chunk(*ends)), DONE, anomalies="U2")
    assert seen.of(Usage) == [tokens(5, 0), tokens(5, 1)]
    assert seen.response.usage is None  # of neither more than of the other
    assert [one.usage for one in seen.response.choices] == [tokens(5, 0), tokens(5, 1)]


# -- content ------------------------------------------------------------------------------------


@pytest.mark.parametrize("assume", [["R3"], ["F21"], ["A16"]], ids=repr)
def test_text_that_repeats_is_meant_unless_C16_is_assumed(assume: list[str]) -> None:
    assert read(sse(say("a"), say("ab"), STOP), DONE, assume=assume).text == "aab"


@pytest.mark.parametrize(
    ("inner", "reasoning", "unknown"),
    [
        ("hm", "hm", 0),
        ([{"type": "text", "text": "h"}, {"type": "text", "text": "m"}], "hm", 0),
        (["hm"], "", 1),
        (["x", {"text": "hm"}], "hm", 1),
        ([], "", 0),
        (None, "", 0),
        (5, "", 0),
    ],
    ids=repr,
)
@pytest.mark.parametrize("kind", ["thinking", "reasoning"])
def test_a_part_of_reasoning_is_text_or_parts_of_it(
    kind: str, inner: Any, reasoning: str, unknown: int
) -> None:
    seen = read(sse(say([{"type": kind, kind: inner}]), HI, STOP), DONE, anomalies="C9")
    assert (seen.response.reasoning, seen.text) == (reasoning, "Hi")
    assert len(seen.of(Unknown)) == unknown


@pytest.mark.parametrize(
    ("url", "data", "kind", "uri"),
    [
        ("data:image/png;base64,aGk=", b"hi", "image/png", ""),
        ("data:;base64,aGk=", b"hi", "", ""),
        ("data:image/png;base64,aGk=;base64,aGk=", None, "image/png", ""),
        ("data:image/svg+xml,%3Csvg/%3E", b"", "", "data:image/svg+xml,%3Csvg/%3E"),
        ("https://example.com/a;base64,aGk=", b"", "", "https://example.com/a;base64,aGk="),
        ({"url": "https://example.com/a"}, b"", "", "https://example.com/a"),
        ({"url": None}, b"", "", ""),
        (None, b"", "", ""),
    ],
    ids=str,
)
def test_an_image_is_its_bytes_or_where_it_is(
    url: Any, data: bytes | None, kind: str, uri: str
) -> None:
    """Of a data URL (RFC 2397) what begins it up to the first comma is its type; and what is not
    base64 stays as it is."""
    (block,) = read(sse(say(images=[{"image_url": url}]), STOP), DONE).response.blocks
    assert isinstance(block, MediaBlock)
    assert (block.media_type, block.uri, block.complete) == (kind, uri, True)
    assert data is None or block.data == data


@pytest.mark.parametrize("index", [{}, {"index": 0}], ids=repr)
def test_each_image_is_one_by_itself_whatever_its_index(index: JSON) -> None:
    first, second = ({"image_url": f"https://example.com/{name}", **index} for name in "ab")
    seen = read(sse(say(images=[first, second]), say(images=[second]), STOP), DONE)
    assert [one.uri[-1] for one in seen.response.blocks if isinstance(one, MediaBlock)] == [
        "a", "b", "b",
    ]  # fmt: skip


def test_the_first_id_of_an_audio_counts() -> None:
    stream = sse(*(say(audio={"id": f"audio_{word}", "transcript": word}) for word in "ab"), STOP)
    (block,) = read(stream, DONE).response.blocks
    assert isinstance(block, MediaBlock)
    assert (block.id, block.transcript) == ("audio_a", "ab")


def test_the_id_of_an_audio_may_come_late() -> None:
    """It is what the next request names the audio by."""
    late = {"id": "audio_1", "expires_at": 9}
    seen = read(sse(say(audio={"transcript": "a"}), say(audio=late), STOP), DONE)
    (block,) = seen.response.blocks
    assert isinstance(block, MediaBlock)
    assert (block.id, block.transcript, block.media_type) == ("audio_1", "a", "audio")
    assert message(seen)["audio"] == {**late, "data": "", "transcript": "a"}


# -- reasoning ----------------------------------------------------------------------------------


def reasoning(seen: Read) -> list[ReasoningBlock]:
    return [block for block in seen.response.blocks if isinstance(block, ReasoningBlock)]


@pytest.mark.parametrize("wordless", [{"text": ""}, {"budget": 5}, [], ["", {}], 5, True], ids=repr)
def test_a_field_without_words_hides_no_other(wordless: Any) -> None:
    seen = read(sse(say(reasoning_content=wordless, reasoning="hm"), HI, STOP), DONE)
    assert (seen.response.reasoning, seen.text) == ("hm", "Hi")
    assert message(seen)["reasoning"] == "hm"


@pytest.mark.parametrize("assume", [[], ["R3"]], ids=repr)
def test_a_field_without_words_says_nothing(assume: list[str]) -> None:
    seen = read(sse(HI, say(reasoning={"budget": 5}), STOP), DONE, assume=assume)
    (block,) = seen.response.blocks
    assert isinstance(block, TextBlock)
    assert (block.text, block.wire) == ("Hi", {})


@pytest.mark.parametrize(
    ("deltas", "said", "anomalies"),
    [
        ([{"reasoning": "h"}, {"reasoning": "m", "reasoning_content": "m"}], "hm", "R2"),
        ([{"reasoning": {"text": "hm"}, "reasoning_content": "hm"}], "hm", "R2"),
        ([{"reasoning_content": "hm", "reasoning": "Hm."}], "hm", ""),
        ([{"reasoning_content": "hm", "reasoning": ""}], "hm", ""),
        ([{"reasoning_content": "hm", "reasoning": {"budget": 5}}], "hm", ""),
        ([{"reasoning_content": "h", "reasoning": "x", "cot_summary": "h"}], "h", "R2"),
    ],
    ids=["later", "in another shape", "other words", "empty", "wordless", "of three"],
)
def test_of_two_fields_the_first_is_believed(deltas: list[JSON], said: str, anomalies: str) -> None:
    """R2 is that both say the same."""
    seen = read(sse(*(say(**one) for one in deltas), HI, STOP), DONE, anomalies=anomalies)
    assert (seen.response.reasoning, seen.text) == (said, "Hi")


def test_reasoning_comes_back_in_the_field_that_it_began_in() -> None:
    stream = sse(say(reasoning="h"), say(reasoning_content="m"), HI, say(reasoning="!"), STOP)
    seen = read(stream, DONE)
    assert [block.text for block in reasoning(seen)] == ["hm", "!"]
    assert message(seen)["reasoning"] == "hm!"
    assert "reasoning_content" not in message(seen)


def test_reasoning_of_no_field_comes_back_as_reasoning_content() -> None:
    seen = read(sse(say([{"type": "thinking", "thinking": "hm"}]), HI, STOP), DONE, anomalies="C9")
    assert message(seen)["reasoning_content"] == "hm"


def test_details_that_say_the_words_make_the_field_a_repetition() -> None:
    detail = {"type": "reasoning.text", "text": "hm", "index": 0}
    delta = {"reasoning_details": [detail], "reasoning": "hm", "reasoning_opaque": "eA=="}
    seen = read(sse(say(**delta), HI, STOP), DONE)
    assert seen.response.reasoning == "hm"
    assert [(one.kind, one.data) for one in seen.of(Opaque)] == [("reasoning_opaque", "eA==")]


def test_details_without_words_leave_the_field_its_own() -> None:
    detail = {"type": "reasoning.encrypted", "data": "c2Vj", "index": 0}
    seen = read(sse(say(reasoning_details=[detail], reasoning="hm"), HI, STOP), DONE)
    assert seen.response.reasoning == "hm"
    assert seen.of(Opaque) == [Opaque(0, 0, "data", "c2Vj")]


def test_what_is_opaque_beside_reasoning_that_is_repeated() -> None:
    stream = sse(say(reasoning="h"), say(reasoning="h", reasoning_opaque="eA=="), HI, STOP)
    seen = read(stream, DONE, assume=["R3"], anomalies="R3")
    assert seen.response.reasoning == "h"
    assert seen.of(Opaque) == [Opaque(0, 0, "reasoning_opaque", "eA==")]


def test_each_index_of_details_is_a_block() -> None:
    details = [
        {"type": "reasoning.text", "text": text, "index": index}
        for text, index in (("a", 0), ("b", 1), ("c", 0))
    ]
    seen = read(sse(*(say(reasoning_details=[one]) for one in details), HI, STOP), DONE)
    assert [block.text for block in reasoning(seen)] == ["ac", "b"]


def test_a_detail_after_the_reason_belongs_to_its_block() -> None:
    """A signature may come with or after the reason; that is no more reasoning."""
    detail = {"type": "reasoning.text", "index": 0}
    stream = [say(reasoning_details=[{**detail, "text": "hm"}]), HI, STOP]
    seen = read(sse(*stream, say(reasoning_details=[{**detail, "signature": "c2ln"}])), DONE)
    (block,) = reasoning(seen)
    assert [(one.kind, one.data) for one in block.opaque] == [("signature", "c2ln")]


def test_nulls_and_content_are_no_facts_of_a_detail() -> None:
    detail = {"type": "reasoning.text", "text": "hm", "signature": None, "id": None, "format": "x"}
    seen = read(sse(say(reasoning_details=[{**detail, "index": 0}]), HI, STOP), DONE)
    whole = {"type": "reasoning.text", "text": "hm", "format": "x", "index": 0}
    assert message(seen)["reasoning_details"] == [whole]


def thinking(said: str | None, signature: Any = None, **beside: Any) -> JSON:
    return say(thinking_blocks=[{"type": "thinking", "thinking": said, "signature": signature}],
               **beside)  # fmt: skip


REDACTED = {"type": "redacted_thinking", "data": "c2Vj"}


@pytest.mark.parametrize("beside", [True, False])
def test_blocks_of_thinking_keep_their_signatures(beside: bool) -> None:
    """LiteLLM: each ends with its signature; the words come beside them, or in them alone."""

    def words(said: str) -> JSON:
        return {"reasoning_content": said} if beside else {}

    stream = [
        thinking("a", **words("a")),
        thinking("b", **words("b")),
        thinking("", "c2ln", **words("")),
        say(thinking_blocks=[REDACTED]),
        thinking("c", "c2lo", **words("c")),
        HI,
        STOP,
    ]
    seen = read(sse(*stream), DONE)
    assert seen.response.reasoning == "abc"
    assert [(one.block, one.kind, one.data) for one in seen.of(Opaque)] == [
        (0, "signature", "c2ln"),
        (1, "data", "c2Vj"),
        (2, "signature", "c2lo"),
    ]
    whole = message(seen)
    assert whole["thinking_blocks"] == [
        {"type": "thinking", "thinking": "ab", "signature": "c2ln"},
        REDACTED,
        {"type": "thinking", "thinking": "c", "signature": "c2lo"},
    ]
    assert (whole["reasoning_content"], whole["content"]) == ("abc", "Hi")


@pytest.mark.parametrize("before", [[], [HI]], ids=["first", "behind text"])
def test_a_signature_of_thinking_that_is_not_shown(before: list[JSON]) -> None:
    seen = read(sse(*before, thinking(None, "c2ln"), HI, STOP), DONE)
    whole = {"type": "thinking", "thinking": "", "signature": "c2ln"}
    assert message(seen)["thinking_blocks"] == [whole]


def test_a_block_of_thinking_ends_where_it_is_whole() -> None:
    """In its own choice."""
    one, two = thinking("a", "c2ln"), say(thinking_blocks=[REDACTED], index=1)
    seen = read(sse(one, two, HI, say("Hi", index=1)), outcome="truncated")
    kinds = [type(event).__name__ for event in seen.events if not isinstance(event, Metadata)]
    assert kinds[1:9] == [
        *("ReasoningStart", "ReasoningDelta", "Opaque", "ReasoningEnd"),
        *("ReasoningStart", "Opaque", "ReasoningEnd"),
        "TextStart",
    ]
    assert [end.choice for end in seen.of(ReasoningEnd)] == [0, 1]


@pytest.mark.parametrize("odd", [5, "x", {}, [5], [{}], [{"type": "thinking", "thinking": 5}]])
def test_blocks_of_thinking_of_other_shapes(odd: Any) -> None:
    assert read(sse(say(thinking_blocks=odd), HI, STOP), DONE).text == "Hi"


# -- the provider's own shape -------------------------------------------------------------------


def test_facts_of_the_message_stand_in_it() -> None:
    """Those of the choice beside it."""
    facts = {"extra_content": {"google": SIGNED}, "provider_specific_fields": {"a": 1}}
    delta = say("Hi", **facts)
    delta["choices"][0]["native_finish_reason"] = "STOP"
    seen = read(sse(delta, STOP), DONE)
    (choice,) = native(seen)["choices"]
    assert {name: choice["message"][name] for name in facts} == facts
    assert choice.keys() & facts.keys() == set()
    assert choice["native_finish_reason"] == "STOP"


def test_a_call_of_each_way() -> None:
    """``function_call`` and ``tool_calls``: neither hides the other."""
    old = say(function_call={"name": "g", "arguments": "{}"})
    whole = message(read(sse(old, calls(call(0, "id1", "f", "{}")), CALLED), DONE))
    assert whole["function_call"] == {"name": "g", "arguments": "{}"}
    assert [one["id"] for one in whole["tool_calls"]] == ["id1"]


def test_the_whole_answer() -> None:
    """As the same answer would be without ``stream``."""
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    facts = {"service_tier": "default", "system_fingerprint": "fp_1"}
    stream = [say("", role="assistant"), say("Hi"), STOP, chunk(usage=usage)]
    seen = read(sse(*({**one, **facts} for one in stream)), DONE)
    assert native(seen) == {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hi", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        **facts,
        "usage": usage,
    }


def test_a_refusal_and_other_choices() -> None:
    stream = sse(
        say(refusal="No", role="tool"), say(finish="content_filter"), say("b", index=1)
    )  # fmt: skip
    seen = read(stream, outcome="incomplete")
    first, second = native(seen)["choices"]
    assert first["message"] == {"role": "tool", "content": None, "refusal": "No"}
    assert first["finish_reason"] == "content_filter"
    assert second["message"] == {"role": "assistant", "content": "b", "refusal": None}
    assert (second["index"], second["finish_reason"]) == (1, None)  # it was cut


def test_a_reason_that_nobody_said_is_none() -> None:
    stream = sse(say(audio={"id": "audio_1", "data": "aGk="}), say(audio={"expires_at": 9}))
    seen = read(stream, DONE, anomalies="E11")
    assert seen.finish == "stop "
    assert native(seen)["choices"][0]["finish_reason"] is None


def test_nothing_at_all() -> None:
    assert native(read(outcome="empty")) == {
        "id": "", "object": "chat.completion", "created": None, "model": "", "choices": [],
    }  # fmt: skip


def test_annotations_of_every_block_and_of_none() -> None:
    """The message has one list of them, in the order of what they belong to."""
    one, two, three = ({"type": "url_citation", "url_citation": {"url": url}} for url in "abc")
    stream = sse(
        say(annotations=[one]),
        say("Hi", annotations=[two]),
        say(reasoning="hm"),
        say("!", annotations=[three]),
        STOP,
    )
    seen = read(stream, DONE)
    assert [citation.block for citation in seen.of(Citation)] == [None, 0, 2]
    assert message(seen)["annotations"] == [one, two, three]


def test_images_come_back_as_they_were() -> None:
    urls = ["data:image/png;base64,aGk=", "https://example.com/a.png"]
    images = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    seen = read(sse(say(images=images), STOP), DONE)
    assert message(seen)["images"] == images
