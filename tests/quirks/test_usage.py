"""U1 to U12: how many tokens."""

from __future__ import annotations

from typing import Any

import pytest

from sse_core import Usage

from .base import DONE, STOP, Read, chunk, claude, named, parts, read, say, sse


def counted(read: int, written: int, **more: Any) -> dict[str, Any]:
    counts = {"prompt_tokens": read, "completion_tokens": written}
    return {**counts, "total_tokens": read + written, **more}


def shown(seen: Read) -> tuple[int | None, int | None, int | None]:
    usage = seen.response.usage
    assert usage is not None
    return usage.input_tokens, usage.output_tokens, usage.total_tokens


def test_U1_growing_in_every_chunk() -> None:
    stream = [{**say("a"), "usage": counted(5, 1)}, {**say("b"), "usage": counted(5, 2)}]
    seen = read(sse(*stream, {**STOP, "usage": counted(5, 3)}), DONE)
    assert shown(seen) == (5, 3, 8)
    whole = [usage.output_tokens for usage in seen.of(Usage) if usage.choice is None]
    assert whole == [1, 2, 3]


def test_U2_in_the_choice() -> None:
    last = {"index": 0, "delta": {}, "finish_reason": "stop", "usage": counted(5, 2)}
    seen = read(sse(say("a"), chunk(last)), DONE, anomalies="U2")
    assert shown(seen) == (5, 2, 7)


def test_U3_in_x_groq() -> None:
    groq = {"x_groq": {"id": "req_1", "usage": counted(5, 2)}}
    assert shown(read(sse(say("a"), {**STOP, **groq}), DONE)) == (5, 2, 7)


def test_U3_in_x_groq_and_at_the_top() -> None:
    groq = {"x_groq": {"id": "req_1", "usage": counted(5, 2)}}
    stream = sse(say("a"), {**STOP, **groq}, chunk(usage=counted(5, 2)))
    seen = read(stream, DONE)
    assert shown(seen) == (5, 2, 7)
    assert len(seen.of(Usage)) == 1


def test_U4_in_the_finish_chunk() -> None:
    stream = sse(say("a"), {**STOP, "usage": counted(5, 2, prompt_cache_hit_tokens=4)})
    seen = read(stream, DONE)
    assert shown(seen) == (5, 2, 7)
    assert seen.response.usage is not None
    assert seen.response.usage.cached_tokens == 4


def test_U5_null_after_a_real_one() -> None:
    stream = sse(say("a"), {**STOP, "usage": counted(5, 2)}, chunk(usage=None), chunk())
    assert shown(read(stream, DONE)) == (5, 2, 7)


def test_U6_the_start_and_the_end_count_the_same_tokens() -> None:
    last = claude.reason("end_turn", input_tokens=61, output_tokens=9)
    seen = read(named(claude.BEGIN, *claude.text(0, "a"), last, claude.STOP), dialect="anthropic")
    assert shown(seen) == (61, 9, None)


def test_U7_a_later_one_lacks_a_key() -> None:
    first = {"promptTokenCount": 5, "candidatesTokenCount": 1, "totalTokenCount": 6}
    later = {"candidatesTokenCount": 2, "trafficType": "ON_DEMAND"}
    stream = sse(
        parts({"text": "a"}, usageMetadata=first),
        parts({"text": "b"}, finish="STOP", usageMetadata=later),
    )
    seen = read(stream, dialect="gemini")
    assert shown(seen) == (5, 2, 6)
    assert seen.response.usage is not None
    assert seen.response.usage.data["trafficType"] == "ON_DEMAND"


def test_U8_a_total_that_is_not_the_sum() -> None:
    usage = counted(5, 2) | {"total_tokens": 307}
    assert shown(read(sse(say("a"), {**STOP, "usage": usage}), DONE)) == (5, 2, 307)


def test_U9_bedrocks_metrics_beside_the_usage() -> None:
    metrics = {"inputTokenCount": 9, "outputTokenCount": 9, "invocationLatency": 12}
    last = {**claude.STOP, "amazon-bedrock-invocationMetrics": metrics}
    seen = read(named(claude.BEGIN, *claude.text(0, "a"), claude.END, last), dialect="anthropic")
    assert shown(seen) == (5, 7, None)
    assert seen.metadata["amazon-bedrock-invocationMetrics"] == metrics


@pytest.mark.parametrize("usage", [{}, {"prompt_tokens": None, "completion_tokens_details": None}])
def test_U10_nothing_in_it(usage: dict[str, Any]) -> None:
    seen = read(sse({**say("a"), "usage": usage}, STOP), DONE)
    assert seen.response.usage is None or shown(seen) == (None, None, None)
    again = sse({**say("a"), "usage": counted(5, 2)}, {**STOP, "usage": usage})
    assert shown(read(again, DONE)) == (5, 2, 7)


def test_U11_one_for_each_choice() -> None:
    stream = sse(
        {**say("a", "stop", index=0), "usage": counted(5, 2)},
        {**say("b", "stop", index=1), "usage": counted(5, 3)},
    )
    seen = read(stream, DONE)
    own = [choice.usage and choice.usage.output_tokens for choice in seen.response.choices]
    assert own == [2, 3]


def test_U11_one_for_each_prompt() -> None:
    head = {"id": "", "object": "text_completion", "created": 1, "model": "m"}
    stream = sse(
        *(
            {**head, "choices": [{"index": index, "text": "a", "finish_reason": reason}], **more}
            for index, reason, more in [
                (0, "", {}),
                (1, "", {}),
                (0, "length", {"usage": counted(5, 2)}),
                (1, "length", {"usage": counted(6, 3)}),
            ]
        )
    )
    seen = read(stream, DONE, dialect="openai-completions", anomalies="E1", outcome="incomplete")
    own = [choice.usage and choice.usage.input_tokens for choice in seen.response.choices]
    assert own == [5, 6]


def test_U12_zeros_before_the_real_value() -> None:
    zeros = {"total_tokens": 0, "total_characters": 0}
    stream = sse({**say("a"), "usage": zeros}, {**STOP, "usage": counted(5, 2)})
    assert shown(read(stream, DONE)) == (5, 2, 7)
