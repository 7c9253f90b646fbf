"""Readings: what a stream came to, in the words of the dialect vectors.

A reading is an outcome, and a dictionary of what is not empty, such as ``{"text": "Hi"}``;
``vectors/README.md`` says what each key is. ``show`` makes one of a ``StreamDecoder``, ``expected``
of a generated answer; ``differences`` compares two.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

from ..events import Anomaly, KeepAlive, StreamEvent, Unknown
from ..response import (
    Choice,
    MediaBlock,
    OtherBlock,
    ReasoningBlock,
    RefusalBlock,
    TextBlock,
    ToolCall,
    ToolResult,
)
from ..stream import StreamDecoder
from .streams import model

__all__ = [
    "IF_NAMED",
    "NUMBERS",
    "OF_CHOICE",
    "OF_RESPONSE",
    "Reading",
    "agrees",
    "check_shape",
    "differences",
    "expected",
    "show",
]

#: The outcome, and the response in the words of the vectors.
Reading = tuple[str, dict[str, Any]]

TEXTS = ("text", "reasoning", "refusal")
#: What a reading of a choice has if it is not empty.
OF_CHOICE = {
    *TEXTS, "tool_calls", "finish", "tool_results", "citations", "opaque", "media", "logprobs",
}  # fmt: skip
#: What is compared only where the vector names it.
IF_NAMED = {
    "id", "model", "role", "metadata", "blocks", "other", "unknown", "keep_alives", "over",
}  # fmt: skip
#: The keys of a reading.
OF_RESPONSE = {*OF_CHOICE, *IF_NAMED, "usage", "error", "choices"}
#: The numbers of its usage.
NUMBERS = {
    "input_tokens", "output_tokens", "total_tokens", "cached_tokens", "cache_write_tokens",
    "reasoning_tokens",
}  # fmt: skip

# -- what ours reads -----------------------------------------------------------------------------


def show(stream: StreamDecoder, events: Iterable[StreamEvent]) -> Reading:
    """What a closed stream reads, and said in these events."""
    events = list(events)
    shown = _show(stream, events)
    shown["anomalies"] = sorted(event.quirk for event in events if isinstance(event, Anomaly))
    return stream.outcome.value, shown


def _show(stream: StreamDecoder, events: list[StreamEvent]) -> dict[str, Any]:
    response = stream.response
    shown: dict[str, Any] = {"id": response.id, "model": response.model}
    metadata = dict(response.metadata)
    for choice in response.choices:
        metadata.update(choice.metadata)
    shown["metadata"] = metadata
    if [choice.index for choice in response.choices] in ([], [0]):
        shown.update(_show_choice(response.choice))
    else:
        shown["choices"] = {str(choice.index): _show_choice(choice) for choice in response.choices}
    if response.usage is not None and _numbers(response.usage):
        shown["usage"] = _numbers(response.usage)
    if response.error is not None:
        names = ("message", "code", "type", "before_output")
        shown["error"] = _full({name: getattr(response.error, name) for name in names})
    shown["unknown"] = sum(isinstance(event, Unknown) for event in events)
    shown["keep_alives"] = [e.text for e in events if isinstance(e, KeepAlive)]
    return shown


def _show_choice(choice: Choice) -> dict[str, Any]:
    shown: dict[str, Any] = {name: getattr(choice, name) for name in TEXTS}
    shown["role"] = choice.role
    made = {call.id for call in choice.tool_calls if call.id_is_synthetic}
    shown["tool_calls"] = [_show_call(call) for call in choice.tool_calls]
    if choice.finish is not None:
        shown["finish"] = {"reason": choice.finish.reason, "raw": choice.finish.raw}
    if choice.usage is not None:
        shown["usage"] = _numbers(choice.usage)
    shown["logprobs"] = {channel: len(tokens) for channel, tokens in choice.logprobs.items()}
    citations, opaque, blocks = list(choice.citations), [], []
    shown["tool_results"], shown["media"], shown["other"] = [], [], []
    for block in choice.blocks:
        kind, words = _kind_of(block)
        blocks.append([kind, words])
        opaque += [{"kind": one.kind, "data": one.data, "on": kind} for one in block.opaque]
        match block:
            case TextBlock():
                citations += block.citations
            case ToolResult():
                call_id = None if block.call_id in made else block.call_id
                result = _full({"text": block.text, "content": block.content})
                shown["tool_results"].append({"call_id": call_id, **result})
            case MediaBlock():
                data = base64.b64encode(block.data).decode()
                rest = {"transcript": block.transcript, "uri": block.uri}
                shown["media"].append(_full({"type": block.media_type, "base64": data, **rest}))
            case OtherBlock():
                shown["other"].append(dict(block.wire))
    shown["citations"] = [
        _full({name: getattr(one, name) for name in ("url", "title", "start", "end")})
        for one in citations
    ]
    opaque += [{"kind": one.kind, "data": one.data, "on": "choice"} for one in choice.opaque]
    shown["opaque"], shown["blocks"] = opaque, blocks
    return {name: value for name, value in shown.items() if value or name in IF_NAMED}


def _kind_of(block: Any) -> tuple[str, str]:
    """The kind of block, and the word that tells it from others."""
    match block:
        case ToolCall():
            return "tool_call", block.name
        case OtherBlock():
            return "other", block.kind
        case MediaBlock():
            return "media", ""
        case ToolResult():
            return "tool_result", block.text
        case RefusalBlock():
            return "refusal", block.text
        case ReasoningBlock():
            return "reasoning", block.text
    return "text", block.text


def _show_call(call: ToolCall) -> dict[str, Any]:
    id = None if call.id_is_synthetic else call.id
    shown = {"id": id, "name": call.name, "arguments": call.arguments, "problem": call.problem}
    return shown if call.kind == "function" else {**shown, "kind": call.kind}


def _numbers(usage: Any) -> dict[str, Any]:
    return _full({name: getattr(usage, name) for name in sorted(NUMBERS)})


def _full(fields: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty; 0 is not."""
    return {name: v for name, v in fields.items() if v is not None and v is not False and v != ""}


# -- what a generated answer says ----------------------------------------------------------------


def expected(answer: model.Answer) -> dict[str, Any]:
    """Of the keys of a reading those about which all readers of the stream must agree."""
    said: dict[str, Any] = {"id": answer.id, "model": answer.model}
    if len(answer.choices) == 1:
        said.update(_expected_of(answer.choices[0]))
    else:
        said["choices"] = {str(i): _expected_of(one) for i, one in enumerate(answer.choices)}
    if answer.usage is not None and (counts := _numbers(answer.usage)):
        said["usage"] = counts
    return said


def _expected_of(choice: model.Choice) -> dict[str, Any]:
    said = {"text": "", "reasoning": "", "refusal": ""}
    thoughts = [block for block in choice.blocks if isinstance(block, model.Reasoning)]
    raw = any(block.text and not block.summary for block in thoughts)
    for block in choice.blocks:
        match block:
            case model.Text():
                said["text"] += block.text
            case model.Refusal():
                said["refusal"] += block.text
            case model.Reasoning():
                said["reasoning"] += "" if raw and block.summary else block.text
    calls = [_expected_call(call) for call in choice.calls]
    return {name: value for name, value in {**said, "tool_calls": calls}.items() if value}


def _expected_call(call: model.Call) -> dict[str, Any]:
    said = {"id": call.id, "name": call.name, "arguments": call.arguments, "problem": ""}
    return said if call.kind == "function" else {**said, "kind": call.kind}


# -- comparison ------------------------------------------------------------------------------------


#: What a reading has where it is compared part by part; of lists, what is in them.
OBJECTS = ("choices", "metadata")
LISTS: dict[str, type] = {"tool_calls": dict, "tool_results": dict, "anomalies": str}
OF_CALL = {"id", "name", "arguments", "problem"}


def check_shape(response: dict[str, Any]) -> None:
    """Whether its parts are such that they can be compared with those of another.

    Raises:
        TypeError: one of them is something else than ``vectors/README.md`` says.
    """
    for key in OBJECTS:
        _must_be(dict, key, response.get(key, {}))
    for key, kind in LISTS.items():
        _must_be((list, tuple), key, response.get(key, ()))
        for one in response.get(key, ()):
            _must_be(kind, f"one of {key}", one)
    for call in response.get("tool_calls", ()):
        if missing := OF_CALL - call.keys():
            raise TypeError(f"one of tool_calls has no {min(missing)}")
    for choice in response.get("choices", {}).values():
        _must_be(dict, "one of choices", choice)
        check_shape(choice)


def _must_be(kind: type | tuple[type, ...], name: str, value: object) -> None:
    if not isinstance(value, kind):
        raise TypeError(f"{name} is a {type(value).__name__}")


def agrees(want: dict[str, Any], got: Reading) -> bool:
    """Whether this is the reading that a vector (or its ``or``) wants."""
    return want["outcome"] == got[0] and not differences(want["response"], got[1])


def differences(want: dict[str, Any], got: dict[str, Any]) -> list[str]:
    """The keys that differ. What a reader does not tell of is not compared, if it need not."""
    return sorted(key for key in OF_RESPONSE if not _same_at(key, want, got))


def _same_at(key: str, want: dict[str, Any], got: dict[str, Any]) -> bool:
    if key in IF_NAMED:
        if key not in want or key not in got:
            return True
        if key == "metadata":
            return all(got[key].get(name) == value for name, value in want[key].items())
        return bool(want[key] == got[key])
    if (key in want) != (key in got):
        return False
    if key == "choices" and key in want:
        return want[key].keys() == got[key].keys() and all(
            _same_choice(one, got[key][index]) for index, one in want[key].items()
        )
    if key == "tool_calls" and key in want:
        return _same_list(want[key], got[key])
    if key == "tool_results" and key in want:
        return _same_list(want[key], got[key])
    return bool(want.get(key) == got.get(key))


def _same_choice(want: dict[str, Any], got: dict[str, Any]) -> bool:
    if "usage" in want and want["usage"] != got.get("usage"):
        return False
    return all(_same_at(key, want, got) for key in OF_CHOICE | IF_NAMED)


def _same_list(want: list[Any], got: list[Any]) -> bool:
    return len(want) == len(got) and all(map(_same_call, want, got))


def _same_call(want: dict[str, Any], got: dict[str, Any]) -> bool:
    """A call, or a result. An id that is null: the wire gave none. Arguments that are no text:
    the wire gave values, or none, and their text is anybody's; null: they are half of that."""
    for key in want.keys() | got.keys():
        one, other = want.get(key), got.get(key)
        if key in ("id", "call_id", "arguments") and one is None:
            continue
        if key == "arguments" and not isinstance(one, str) and isinstance(other, str):
            other = _parsed(other)
        if one != other:
            return False
    return True


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
