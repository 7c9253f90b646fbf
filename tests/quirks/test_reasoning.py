"""R1 to R9: what the model thought."""

from __future__ import annotations

from typing import Any

import pytest

from sse_core import Opaque, ReasoningDelta

from .base import DONE, STOP, claude, named, parts, read, responses, say, sse

HI = say("Hi")


@pytest.mark.parametrize(
    "delta",
    [
        {"reasoning_content": "hm"},
        {"reasoning": "hm"},
        {"reasoning_text": "hm"},
        {"reasoning": {"text": "hm"}},
        {"reasoning_content": {"text": "hm"}},
        {"reasoning_details": [{"type": "reasoning.text", "text": "hm", "index": 0}]},
        {"reasoning_details": [{"type": "reasoning.summary", "summary": "hm", "index": 0}]},
    ],
)
def test_R1_in_fields_of_several_names(delta: dict[str, Any]) -> None:
    seen = read(sse(say(**delta), say(**delta), HI, STOP), DONE)
    assert (seen.text, seen.response.reasoning) == ("Hi", "hmhm")


def test_R1_in_a_list_of_parts() -> None:
    content = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]
    seen = read(sse(say(content), HI, STOP), DONE, anomalies="C9")
    assert (seen.text, seen.response.reasoning) == ("Hi", "hm")


def test_R2_in_two_fields_at_once() -> None:
    stream = [say(reasoning_content=text, reasoning=text) for text in ("h", "m")]
    seen = read(sse(*stream, HI, STOP), DONE, anomalies="R2")
    assert seen.response.reasoning == "hm"


def test_R2_with_the_details() -> None:
    detail = {"type": "reasoning.text", "text": "hm", "index": 0, "format": "x"}
    stream = sse(say("", reasoning="hm", reasoning_details=[detail]), HI, STOP)
    assert read(stream, DONE).response.reasoning == "hm"  # OpenRouter's format, no deviation


def test_R3_the_same_delta_once_more() -> None:
    stream = sse(*(say(reasoning_content=text) for text in ("h", "h", "m", "m")), HI, STOP) + DONE
    assert read(stream, assume=["R3"], anomalies="R3").response.reasoning == "hm"
    assert read(stream).response.reasoning == "hhmm"


def test_R3_after_half_a_surrogate_pair() -> None:
    stream = sse(say(reasoning_content="\ud83d"), say(reasoning_content="\ude00"), HI, STOP)
    assert read(stream, assume=["R3"], anomalies="J1").response.reasoning == "😀"


def test_R4_one_index_and_two_types() -> None:
    details: list[dict[str, Any]] = [
        {"type": "reasoning.text", "text": "h", "index": 0},
        {"type": "reasoning.encrypted", "data": "c2VjcmV0", "index": 0},
        {"type": "reasoning.text", "text": "m", "index": 0},
    ]
    seen = read(sse(*(say(reasoning_details=[one]) for one in details), HI, STOP), DONE)
    assert seen.response.reasoning == "hm"
    assert [block.opaque for block in seen.response.blocks[:2]] == [
        (),
        (Opaque(0, 1, "data", "c2VjcmV0"),),
    ]


def test_R5_a_signature_is_never_text() -> None:
    stream = named(
        claude.BEGIN,
        claude.start(0, "thinking", thinking="", signature=""),
        claude.delta(0, "thinking_delta", thinking="hm"),
        claude.delta(0, "signature_delta", signature="c2ln"),
        claude.stop(0),
        claude.start(1, "redacted_thinking", data="c2VjcmV0"),
        claude.stop(1),
        *claude.text(2, "Hi"),
        claude.END,
        claude.STOP,
    )
    seen = read(stream, dialect="anthropic")
    assert (seen.text, seen.response.reasoning) == ("Hi", "hm")
    kept = [(one.kind, one.data) for block in seen.response.blocks for one in block.opaque]
    assert kept == [("signature", "c2ln"), ("data", "c2VjcmV0")]


@pytest.mark.parametrize("words", ["Hi", ""])
def test_R5_a_signature_on_text_or_on_an_empty_part(words: str) -> None:
    last = parts({"text": words, "thoughtSignature": "c2ln"}, finish="STOP")
    seen = read(sse(parts({"text": "Hi"}), last), dialect="gemini")
    assert seen.text == "Hi" + words
    assert [one.data for block in seen.response.blocks for one in block.opaque] == ["c2ln"]


def test_R5_a_signature_on_a_call() -> None:
    part = {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "c2ln"}
    seen = read(sse(parts(part, finish="STOP")), dialect="gemini")
    assert [one.data for one in seen.response.tool_calls[0].opaque] == ["c2ln"]


def test_R5_a_signature_after_everything() -> None:
    call = {"functionCall": {"name": "f", "args": {"a": 1}}}
    last = parts({"text": "", "thoughtSignature": "c2ln"}, finish="STOP")
    seen = read(sse(parts(call), last), dialect="gemini")
    assert [one.data for one in seen.response.choice.opaque] == ["c2ln"]


def test_R5_encrypted_reasoning() -> None:
    item = {"type": "reasoning", "id": "item_0", "summary": []}
    whole = {**item, "encrypted_content": "c2VjcmV0"}
    stream = named(
        responses.life("created"),
        responses.added({**item, "encrypted_content": "c2Vj"}),
        responses.done(whole),
        responses.completed(whole),
    )
    (block,) = read(stream, dialect="openai-responses").response.blocks
    assert [one.data for one in block.opaque] == ["c2VjcmV0"]


def test_R6_thoughts_between_tags_are_text() -> None:
    """Nothing is lost; taking them apart is for whoever shows the text."""
    pieces = ["<thi", "nk>hm</th", "ink>Hi"]
    seen = read(sse(*map(say, pieces), STOP), DONE)
    assert (seen.text, seen.response.reasoning) == ("<think>hm</think>Hi", "")


def test_R7_silence_is_the_transports_business() -> None:
    """Time is nothing that a decoder sees: signs of life are handed out, their absence is not."""
    stream = sse(say(reasoning_content="h"), say(reasoning_content="m"), HI, STOP)
    assert read(stream, DONE).response.reasoning == "hm"


def test_R8_in_a_message_beside_the_delta() -> None:
    beside = {"role": "assistant", "cot_summary": "hm", "cot_id": "cot_1"}
    first = say("")
    first["choices"][0]["message"] = beside
    seen = read(sse(first, HI, STOP), DONE, anomalies="R8")
    assert (seen.text, seen.response.reasoning) == ("Hi", "hm")
    assert [(one.kind, one.data) for one in seen.response.blocks[0].opaque] == [("cot_id", "cot_1")]


def test_R8_an_opaque_part() -> None:
    stream = sse(say(reasoning_text="hm"), say(reasoning_opaque="b3BhcXVl"), HI, STOP)
    seen = read(stream, DONE)
    assert (seen.text, seen.response.reasoning) == ("Hi", "hm")
    assert [one.data for one in seen.response.blocks[0].opaque] == ["b3BhcXVl"]


def test_R9_increments_though_the_documentation_says_snapshots() -> None:
    texts = ["Let me ", "see. ", "Let me "]
    details = [[{"type": "reasoning.text", "text": text, "index": 0}] for text in texts]
    seen = read(sse(*(say(reasoning_details=one) for one in details), HI, STOP), DONE)
    assert seen.response.reasoning == "".join(texts)
    assert len(seen.of(ReasoningDelta)) == 3
