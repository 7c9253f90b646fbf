"""How a quirk is shown: bytes by hand, what they say, and exactly the repairs that are reported.

``read`` holds every stream to the same promises: byte by byte it gives the same events, each block
begins and ends once, its deltas are its value, and the response says what the events said.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, ClassVar

from sse_core import (
    Anomaly,
    MediaDelta,
    MediaEnd,
    MediaStart,
    ReasoningDelta,
    ReasoningEnd,
    ReasoningStart,
    RefusalDelta,
    RefusalEnd,
    RefusalStart,
    Reset,
    Response,
    ResponseEnd,
    StreamDecoder,
    StreamEvent,
    TextDelta,
    TextEnd,
    TextStart,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    ToolResultDelta,
    ToolResultEnd,
    ToolResultStart,
)

__all__ = [
    "DONE", "STOP", "Read", "call", "calls", "chunk", "claude", "gemini", "named", "parts",
    "read", "responses", "say", "sse",
]  # fmt: skip

JSON = dict[str, Any]

# -- reading -----------------------------------------------------------------------------------


class Read:
    """What came of a stream."""

    def __init__(self, stream: StreamDecoder, events: list[StreamEvent]) -> None:
        self.stream = stream
        self.events = events

    @property
    def response(self) -> Response:
        return self.stream.response

    @property
    def text(self) -> str:
        return self.response.text

    @property
    def finish(self) -> str:
        """The reason, and the provider's word if it is another: ``"length max_tokens"``."""
        finish = self.response.finish
        if finish is None:
            return ""
        return finish.reason if finish.reason == finish.raw else f"{finish.reason} {finish.raw}"

    @property
    def calls(self) -> list[tuple[str, str, str]]:
        """Id, name and arguments of each call; all of them are complete."""
        found = self.response.all_tool_calls
        assert [(call.complete, call.problem) for call in found] == [(True, "")] * len(found)
        return [(call.id, call.name, call.arguments) for call in found]

    @property
    def metadata(self) -> Any:
        return self.response.metadata

    @property
    def end(self) -> ResponseEnd:
        end = self.events[-1]
        assert isinstance(end, ResponseEnd)
        return end

    def of(self, *kinds: type) -> list[Any]:
        """The events of these kinds."""
        return [event for event in self.events if isinstance(event, kinds)]


def read(
    *pieces: bytes,
    dialect: str = "openai-chat",
    anomalies: str = "",
    outcome: str = "complete",
    assume: Iterable[str] = (),
) -> Read:
    """Feed the stream whole and byte by byte. ``anomalies``: the ids of all the repairs that it
    must report, no more and no fewer."""
    data = b"".join(pieces)
    whole = _feed([data], dialect, assume)
    bytewise = _feed([data[i : i + 1] for i in range(len(data))], dialect, assume)
    assert bytewise.events == whole.events
    assert bytewise.response == whole.response
    reported = sorted(event.quirk for event in whole.events if isinstance(event, Anomaly))
    assert reported == sorted(anomalies.split()), f"the anomalies are {reported}"
    came = whole.stream.outcome.value
    assert came == outcome, f"the outcome is {came}"
    _hold(whole.events, whole.response)
    return whole


def _feed(pieces: list[bytes], dialect: str, assume: Iterable[str]) -> Read:
    stream = StreamDecoder(dialect, assume=assume)
    events = [event for piece in pieces for event in stream.feed(piece)]
    return Read(stream, events + stream.close())


STARTS = (TextStart, RefusalStart, ReasoningStart, ToolCallStart, ToolResultStart, MediaStart)
TEXT_DELTAS = (TextDelta, RefusalDelta, ReasoningDelta, ToolResultDelta)
TEXT_ENDS = (TextEnd, RefusalEnd, ReasoningEnd, ToolResultEnd)


def _hold(events: list[StreamEvent], response: Response) -> None:
    """Promises 2 and 3 of ``events.py``."""
    assert [type(event) for event in events].count(ResponseEnd) == 1
    assert isinstance(events[-1], ResponseEnd)
    opened: dict[int, Any] = {}
    ended: dict[int, Any] = {}
    for event in events:
        match event:
            case TextDelta() | RefusalDelta() | ReasoningDelta() | ToolResultDelta():
                assert event.text
                opened[event.block] += event.text
            case ToolCallDelta():
                assert event.arguments
                opened[event.block] += event.arguments
            case MediaDelta():
                opened[event.block] += event.data
            case TextEnd() | RefusalEnd() | ReasoningEnd() | ToolResultEnd():
                ended[event.block] = event.text
            case ToolCallEnd():
                ended[event.block] = event.arguments
            case MediaEnd():
                ended[event.block] = event.data
            case Reset(block=None):
                ended.clear()
            case Reset(block=int(block)):
                opened[block] = type(opened[block])()
            case _ if isinstance(event, STARTS):
                assert event.block not in opened
                opened[event.block] = b"" if isinstance(event, MediaStart) else ""
        if isinstance(event, (*TEXT_ENDS, ToolCallEnd, MediaEnd)):
            assert opened.pop(event.block) == ended[event.block]
    assert opened == {}
    shown = {
        block.block: getattr(block, "arguments", getattr(block, "text", getattr(block, "data", "")))
        for choice in response.choices
        for block in choice.blocks
        if type(block).__name__ != "OtherBlock"
    }
    assert shown == ended


# -- writing -----------------------------------------------------------------------------------


def sse(*payloads: Any, event: str = "") -> bytes:
    """An event for each; text is the data as it is, everything else JSON, bytes are the frame."""
    return b"".join(p if isinstance(p, bytes) else _event(p, event) for p in payloads)


def named(*payloads: JSON) -> bytes:
    """The same, with the type of each as the event's name."""
    return b"".join(_event(payload, payload["type"]) for payload in payloads)


def _event(payload: Any, event: str) -> bytes:
    data = payload if isinstance(payload, str) else json.dumps(payload)
    lines = [f"event: {event}"] if event else []
    lines += [f"data: {line}" for line in data.split("\n")]
    return "\n".join([*lines, "", ""]).encode()


# OpenAI chat

HEAD = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
DONE = sse("[DONE]")


def chunk(*choices: Any, **fields: Any) -> JSON:
    """A chunk of these choices."""
    return {**HEAD, "choices": list(choices), **fields}


def say(content: Any = None, finish: Any = None, index: Any = 0, **delta: Any) -> JSON:
    """A chunk of one choice; ``content`` only if it is not ``None``."""
    delta = delta if content is None else {"content": content, **delta}
    return chunk({"index": index, "delta": delta, "finish_reason": finish})


STOP = say(finish="stop")


def call(
    index: Any = None, id: Any = None, name: Any = None, arguments: Any = None, **more: Any
) -> JSON:
    """One entry of ``tool_calls``; what is ``None`` is left out."""
    function = {"name": name, "arguments": arguments}
    entry = {"index": index, "id": id, "type": "function" if id else None}
    entry = {key: value for key, value in entry.items() if value is not None}
    entry["function"] = {key: value for key, value in function.items() if value is not None}
    return {**entry, **more}


def calls(*entries: Any, finish: Any = None) -> JSON:
    """A chunk of these entries of ``tool_calls``."""
    return say(finish=finish, tool_calls=list(entries))


# Anthropic

MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": []}
BEGIN: JSON = {
    "type": "message_start",
    "message": {**MESSAGE, "stop_reason": None, "usage": {"input_tokens": 5, "output_tokens": 1}},
}


class claude:
    """The events of a message."""

    BEGIN: ClassVar[JSON] = BEGIN
    END: ClassVar[JSON] = {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 7},
    }
    STOP: ClassVar[JSON] = {"type": "message_stop"}

    @staticmethod
    def begin(id: str = "msg_1", **message: Any) -> JSON:
        return {**BEGIN, "message": {**BEGIN["message"], "id": id, **message}}

    @staticmethod
    def start(index: Any, type: str, **fields: Any) -> JSON:
        block = {"type": type, **fields}
        return {"type": "content_block_start", "index": index, "content_block": block}

    @staticmethod
    def delta(index: Any, type: str, **fields: Any) -> JSON:
        return {"type": "content_block_delta", "index": index, "delta": {"type": type, **fields}}

    @staticmethod
    def stop(index: Any) -> JSON:
        return {"type": "content_block_stop", "index": index}

    @staticmethod
    def text(index: Any, *texts: str) -> list[JSON]:
        """A whole block of text."""
        deltas = [claude.delta(index, "text_delta", text=text) for text in texts]
        return [claude.start(index, "text", text=""), *deltas, claude.stop(index)]

    @staticmethod
    def tool(index: Any, *pieces: str, **fields: Any) -> list[JSON]:
        """A whole call of ``f``."""
        fields = {"type": "tool_use", "id": "id1", "name": "f", "input": {}, **fields}
        deltas = [claude.delta(index, "input_json_delta", partial_json=piece) for piece in pieces]
        return [claude.start(index, **fields), *deltas, claude.stop(index)]

    @staticmethod
    def reason(word: str | None = "end_turn", **usage: Any) -> JSON:
        delta = {"stop_reason": word, "stop_sequence": None}
        return {**claude.END, "delta": delta, **({"usage": usage} if usage else {})}


# OpenAI Responses


class responses:
    """The events of a response."""

    @staticmethod
    def event(type: str, **fields: Any) -> JSON:
        return {"type": f"response.{type}", "sequence_number": 1, **fields}

    @staticmethod
    def life(type: str, **fields: Any) -> JSON:
        return responses.event(type, response={"id": "resp_1", "model": "m", **fields})

    @staticmethod
    def at(type: str, index: Any = 0, id: str | None = None, **fields: Any) -> JSON:
        """An event about (the first part of) the item at this index."""
        id = f"item_{index}" if id is None else id
        return responses.event(type, output_index=index, item_id=id, content_index=0, **fields)

    @staticmethod
    def added(item: Any, index: Any = 0) -> JSON:
        return responses.event("output_item.added", output_index=index, item=item)

    @staticmethod
    def done(item: Any, index: Any = 0) -> JSON:
        return responses.event("output_item.done", output_index=index, item=item)

    @staticmethod
    def message(text: str | None = None, index: Any = 0) -> JSON:
        content = [] if text is None else [{"type": "output_text", "text": text, "annotations": []}]
        return {"type": "message", "id": f"item_{index}", "role": "assistant", "content": content}

    @staticmethod
    def function(arguments: str = "", index: Any = 0) -> JSON:
        ids = {"id": f"item_{index}", "call_id": f"call_{index}"}
        return {"type": "function_call", **ids, "name": "f", "arguments": arguments}

    @staticmethod
    def text(*texts: str, index: Any = 0) -> list[JSON]:
        """A whole message."""
        part = {"type": "output_text", "text": "", "annotations": []}
        whole = "".join(texts)
        return [
            responses.added(responses.message(index=index), index),
            responses.at("content_part.added", index, part=part),
            *(responses.at("output_text.delta", index, delta=text) for text in texts),
            responses.at("output_text.done", index, text=whole),
            responses.at("content_part.done", index, part={**part, "text": whole}),
            responses.done(responses.message(whole, index), index),
        ]

    @staticmethod
    def completed(*output: JSON, **fields: Any) -> JSON:
        return responses.life("completed", status="completed", output=list(output), **fields)


# Gemini


def gemini(*candidates: JSON, **fields: Any) -> JSON:
    """A chunk of these candidates."""
    return {"candidates": list(candidates), "modelVersion": "m", "responseId": "r1", **fields}


def parts(*parts: JSON, finish: str = "", **fields: Any) -> JSON:
    """A chunk of one candidate with these parts."""
    reason = {"finishReason": finish} if finish else {}
    content = {"role": "model", "parts": list(parts)}
    return gemini({"content": content, "index": 0, **reason}, **fields)
