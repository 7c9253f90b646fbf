"""One answer in the words of another: a ``Response`` of any dialect as what others expect.

>>> from sse_core import StreamDecoder
>>> stream = StreamDecoder("anthropic")                          # ... fed
>>> as_openai(stream.response)["object"]
'chat.completion'

For programs that know one shape, and for telemetry. ``StreamDecoder.native()`` is the provider's
own, and loses nothing. These do: what has no word in the shape is left out (signatures, citations,
log probabilities, what a provider's own tools did), and facts beside the answer stay behind. Text,
reasoning, refusals, the calls that the client has to answer, the reason of the end and the tokens
arrive. A response that is not over gives what there is: its reason is ``None``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .response import MediaBlock, ReasoningBlock, RefusalBlock, TextBlock, ToolCall, ToolResult

if TYPE_CHECKING:
    from .events import Usage
    from .response import Block, Choice, Response

__all__ = [
    "OTEL_TOKENS",
    "SHAPES",
    "as_anthropic",
    "as_openai",
    "as_otel",
    "otel_response",
    "tokens_of",
]

#: Each shape's word for why a choice ended. "error" has none: such an answer did not end well.
OPENAI_REASONS = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
    "refusal": "content_filter",
    "pause": "length",  # "incomplete, and can be gone on with"
    "other": "stop",
}
ANTHROPIC_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
    "refusal": "refusal",
    "pause": "pause_turn",
    "other": "end_turn",
}
OTEL_REASONS = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_call",
    "content_filter": "content_filter",
    "refusal": "content_filter",
    "pause": "length",
    "error": "error",
    "other": "stop",
}

#: OpenTelemetry's attribute for each of ``tokens_of``.
OTEL_TOKENS = {
    "input": "gen_ai.usage.input_tokens",
    "output": "gen_ai.usage.output_tokens",
    "cache_read": "gen_ai.usage.cache_read.input_tokens",
    "cache_creation": "gen_ai.usage.cache_creation.input_tokens",
    "reasoning": "gen_ai.usage.reasoning.output_tokens",
}

#: The kinds of call that the client answers; the others are run by the provider.
OURS = ("function", "custom")


# -- tokens --------------------------------------------------------------------------------------


def tokens_of(usage: Usage) -> dict[str, int]:
    """Tokens by ``input``, ``output``, ``cache_read``, ``cache_creation`` and ``reasoning``, as far
    as the provider gave them.

    ``input`` includes cached tokens, and ``output`` those of reasoning, as OpenAI and OpenTelemetry
    count. Anthropic counts cached ones apart, Gemini reasoning; those are added up.
    """
    data = usage.data if isinstance(usage.data, dict) else {}
    given, output = usage.input_tokens, usage.output_tokens
    read, written = usage.cached_tokens, usage.cache_write_tokens
    # These names together are Anthropic's.
    apart = data.keys() & {"cache_read_input_tokens", "cache_creation_input_tokens"}
    if given is not None and apart and "input_tokens" in data:
        given += (read or 0) + (written or 0)
    if "thoughtsTokenCount" in data:  # Gemini's, which leaves out what is 0
        output = (output or 0) + (usage.reasoning_tokens or 0)
    counts = {
        "input": given,
        "output": output,
        "cache_read": read,
        "cache_creation": written,
        "reasoning": usage.reasoning_tokens,
    }
    return {name: count for name, count in counts.items() if count is not None}


def _tokens(response: Response) -> dict[str, int]:
    return {} if response.usage is None else tokens_of(response.usage)


# -- OpenAI ----------------------------------------------------------------------------------------


def as_openai(response: Response) -> dict[str, Any]:
    """A ``chat.completion`` object. Reasoning is ``reasoning_content``, the field that most servers
    of this shape use; ``created`` is 0 if the provider named no time."""
    created = response.metadata.get("created", response.metadata.get("created_at"))
    answer: dict[str, Any] = {
        "id": response.id,
        "object": "chat.completion",
        "created": int(created) if type(created) in (int, float) else 0,
        "model": response.model,
        "choices": [_openai_choice(choice) for choice in response.choices],
    }
    counts = _tokens(response)
    if counts:
        given, made = counts.get("input", 0), counts.get("output", 0)
        answer["usage"] = {
            "prompt_tokens": given,
            "completion_tokens": made,
            "total_tokens": given + made,
            "prompt_tokens_details": {"cached_tokens": counts.get("cache_read", 0)},
            "completion_tokens_details": {"reasoning_tokens": counts.get("reasoning", 0)},
        }
    return answer


def _openai_choice(choice: Choice) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": choice.text or None,
        "refusal": choice.refusal or None,
    }
    if choice.reasoning:
        message["reasoning_content"] = choice.reasoning
    calls = [_openai_call(call) for call in choice.tool_calls if call.kind in OURS]
    if calls:
        message["tool_calls"] = calls
    return {
        "index": choice.index,
        "message": message,
        "logprobs": None,
        "finish_reason": _reason(choice, OPENAI_REASONS),
    }


def _openai_call(call: ToolCall) -> dict[str, Any]:
    field = "input" if call.kind == "custom" else "arguments"
    return {
        "id": call.id,
        "type": call.kind,
        call.kind: {"name": call.name, field: call.arguments or ("" if field == "input" else "{}")},
    }


# -- Anthropic -------------------------------------------------------------------------------------


def as_anthropic(response: Response) -> dict[str, Any]:
    """A ``message`` object of the first choice. A refusal is text; reasoning of others has no
    signature, so Anthropic does not take it back. Arguments that are no object become
    ``{"input": ...}``."""
    choice, counts = response.choice, _tokens(response)
    read, written = counts.get("cache_read", 0), counts.get("cache_creation", 0)
    return {
        "id": response.id,
        "type": "message",
        "role": "assistant",
        "model": response.model,
        "content": [shown for block in choice.blocks for shown in _anthropic_block(block)],
        "stop_reason": _reason(choice, ANTHROPIC_REASONS),
        "stop_sequence": None,
        "usage": {
            "input_tokens": max(counts.get("input", 0) - read - written, 0),
            "output_tokens": counts.get("output", 0),
            "cache_read_input_tokens": read,
            "cache_creation_input_tokens": written,
        },
    }


def _anthropic_block(block: Block) -> list[dict[str, Any]]:
    """What is shown of it: one block, or none."""
    match block:
        case TextBlock() | RefusalBlock():
            return [{"type": "text", "text": block.text}] if block.text else []
        case ReasoningBlock() if block.text:
            signed = [opaque.data for opaque in block.opaque if opaque.kind == "signature"]
            return [{"type": "thinking", "thinking": block.text, "signature": "".join(signed)}]
        case ToolCall() if block.kind in OURS:
            given = _given(block)
            shown = given if isinstance(given, dict) else {"input": given}
            return [{"type": "tool_use", "id": block.id, "name": block.name, "input": shown}]
    return []


# -- OpenTelemetry ---------------------------------------------------------------------------------


def as_otel(response: Response) -> dict[str, Any]:
    """Attributes of a span by the GenAI semantic conventions, what was said included
    (``gen_ai.output.messages``, which they record only where somebody opted in).

    What is not known is absent. Those of time are ``StreamTimer.otel_attributes``.
    """
    answer = otel_response(response)
    answer.update((OTEL_TOKENS[name], count) for name, count in _tokens(response).items())
    if response.error is not None:
        answer["error.type"] = response.error.type or response.error.code or "_OTHER"
    if response.choices:
        answer["gen_ai.output.messages"] = [_otel_message(choice) for choice in response.choices]
    return answer


def otel_response(response: Response) -> dict[str, Any]:
    """The attributes ``gen_ai.response.*``: its id, its model, the provider's reasons."""
    ends = [choice.finish for choice in response.choices if choice.finish]
    said = {
        "gen_ai.response.id": response.id,
        "gen_ai.response.model": response.model,
        "gen_ai.response.finish_reasons": [end.raw or end.reason for end in ends],
    }
    return {name: value for name, value in said.items() if value}


def _otel_message(choice: Choice) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "parts": [part for block in choice.blocks for part in _otel_part(block)],
    }
    reason = _reason(choice, OTEL_REASONS)
    return {**message, "finish_reason": reason} if reason else message


def _otel_part(block: Block) -> list[dict[str, Any]]:
    """What is shown of it: one part, or none."""
    match block:
        case TextBlock() | RefusalBlock():
            return [{"type": "text", "content": block.text}] if block.text else []
        case ReasoningBlock():
            return [{"type": "reasoning", "content": block.text}] if block.text else []
        case ToolCall():
            named = {"id": block.id, "name": block.name}
            if block.kind in OURS:
                return [{"type": "tool_call", **named, "arguments": _given(block)}]
            server = {"type": block.kind, "arguments": _given(block)}
            return [{"type": "server_tool_call", **named, "server_tool_call": server}]
        case ToolResult():
            content = block.text if block.content is None else block.content
            server = {"type": block.name or "result", "result": content}
            answered = {"id": block.call_id, "server_tool_call_response": server}
            return [{"type": "server_tool_call_response", **answered}]
        case MediaBlock():
            return _otel_media(block)
    return []


def _otel_media(block: MediaBlock) -> list[dict[str, Any]]:
    from binascii import b2a_base64

    kind = {"mime_type": block.media_type or None, "modality": block.media_type.partition("/")[0]}
    if block.uri:
        return [{"type": "uri", **kind, "uri": block.uri}]
    content = b2a_base64(block.data, newline=False).decode()
    return [{"type": "blob", **kind, "content": content}] if content else []


def _given(call: ToolCall) -> Any:
    """What it is called with: the text itself where it is none, or not whole, as JSON."""
    if call.kind != "custom" and not call.arguments:
        return {}
    parsed = call.parsed
    return call.arguments if parsed is None else parsed


def _reason(choice: Choice, words: dict[str, str]) -> str | None:
    return None if choice.finish is None else words.get(choice.finish.reason)


#: By the names of ``sse-core final --as``.
SHAPES = {"openai": as_openai, "anthropic": as_anthropic, "otel": as_otel}
