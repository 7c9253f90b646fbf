"""All traffic that is measured, by name: event streams, responses in each dialect, JSON arguments.

The tests use it too, so it imports nothing outside the standard library.

* ``WIRE``: a shape is a function from a number of events to ``Traffic``.
* ``Answer``: what a model said, in a dialect: its chunks, its bytes, and what must come of them.
* ``ARGUMENTS``: a shape is a function from a number of deltas to those deltas, JSON together.
* ``cut``: how bytes arrive, by the names in ``CUTTINGS``.

To add a shape, write its function and put it into its table; everything else finds it there.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

#: Bytes in a push; 0 is one push for each block, as servers flush them.
CUTTINGS = {"event": 0, "tiny": 16, "37": 37, "1400": 1400, "64k": 65536, "whole": 1 << 62}

PIECE = 10  # characters in a delta
CALLS = 64


def cut(blocks: list[bytes], cutting: str) -> list[bytes]:
    """The pushes in which the stream arrives."""
    return pieces(b"".join(blocks), CUTTINGS[cutting]) if CUTTINGS[cutting] else blocks


def pieces(whole: Any, size: int = PIECE) -> list[Any]:
    """Of a text or bytes."""
    return [whole[at : at + size] for at in range(0, len(whole), size)]


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# -- event streams -------------------------------------------------------------------------------


class Traffic(NamedTuple):
    """A stream, and what a decoder must make of it.

    Attributes:
        blocks: the stream, cut where a server flushes: behind each blank line.
        data: the data of each event.
    """

    blocks: list[bytes]
    data: list[str]


Shape = Callable[[int], Traffic]

WORDS = ("The", " quick", " brown", " fox", " jumps", " over", " the", " lazy", " dog", ".")
GLYPHS = ("早", "上", "好", "，", "世", "界", "🌍", " Grüße", " naïve", "。")


def chat_chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    """As OpenAI sends it now: about 330 bytes for a word."""
    return {
        "id": "chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012",
        "object": "chat.completion.chunk",
        "created": 1767225600,
        "model": "gpt-4o-mini-2024-07-18",
        "service_tier": "default",
        "system_fingerprint": "fp_0123456789",
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
        "usage": None,
        "obfuscation": "aBcDeFgH",
    }


def chat_data(events: int, words: tuple[str, ...] = WORDS) -> list[str]:
    cycle = [compact(chat_chunk({"content": word})) for word in words]
    return list(itertools.islice(itertools.cycle(cycle), events))


def stream(template: str, data: list[str]) -> Traffic:
    """One block for each event: the template with its number ``{n}`` and its ``{data}``."""
    blocks = [template.format(n=n, data=text).encode() for n, text in enumerate(data)]
    return Traffic(blocks, data)


def chat(events: int) -> Traffic:
    """Data only, LF: what most APIs of language models send."""
    return stream("data: {data}\n\n", chat_data(events))


def chat_crlf(events: int) -> Traffic:
    """The same with CRLF, as sse-starlette and therefore most Python servers write it."""
    return stream("data: {data}\r\n\r\n", chat_data(events))


def named(events: int) -> Traffic:
    """An event type before the data, as Anthropic sends it: about 130 bytes."""
    delta = {"type": "text_delta", "text": " quick"}
    data = compact({"type": "content_block_delta", "index": 0, "delta": delta})
    return stream("event: content_block_delta\ndata: {data}\n\n", [data] * events)


def ids(events: int) -> Traffic:
    """An id with every event, as resumable servers send it."""
    return stream("id: {n}\ndata: {data}\n\n", chat_data(events))


def multibyte(events: int) -> Traffic:
    """``chat``, but the text is not ASCII."""
    return stream("data: {data}\n\n", chat_data(events, GLYPHS))


def heartbeats(events: int) -> Traffic:
    """A comment before every event, in a block of its own."""
    return commented(events, b": ping\n\n", 1)


def comments(events: int) -> Traffic:
    """A flood: 20 comments before every event, each in a block of its own."""
    return commented(events, b": OPENROUTER PROCESSING\n\n", 20)


def commented(events: int, comment: bytes, times: int) -> Traffic:
    blocks, data = chat(events)
    return Traffic([part for block in blocks for part in (*[comment] * times, block)], data)


def lines(events: int) -> Traffic:
    """Data of 50 lines, as indented JSON has: about 2 KB."""
    text = "\n".join(f'    "field {n}": "value of the field {n}",' for n in range(50))
    block = "".join(f"data: {line}\n" for line in text.split("\n")) + "\n"
    return Traffic([block.encode()] * events, [text] * events)


def huge(events: int) -> Traffic:
    """One event, of 256 bytes for each that is asked for, as a picture comes: 1 MiB for 4096."""
    return stream("data: {data}\n\n", [compact({"b64_json": "aGVsbG8gd29ybGQh" * (16 * events)})])


WIRE: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (chat, chat_crlf, named, ids, multibyte, heartbeats, comments, lines, huge)
}

# -- responses -----------------------------------------------------------------------------------

CHAT, RESPONSES, CLAUDE, GEMINI = "openai-chat", "openai-responses", "anthropic", "gemini"

Chunk = dict[str, Any]
Blocks = list[list[str]]  # the deltas of each block


def said_text(deltas: int) -> Blocks:
    """One text."""
    words = itertools.cycle("The quick brown fox jumps over the lazy dog. ")
    return [pieces("".join(itertools.islice(words, deltas * PIECE)))]


def said_call(deltas: int) -> Blocks:
    """The arguments of one call: an array of small objects."""
    members = (f'{{"id":{n},"name":"item {n}","ok":true}}' for n in itertools.count())
    return [joined('{"items":[', members, "]}", deltas)]


def said_calls(deltas: int) -> Blocks:
    """Those of 64 calls, whose deltas come in turns."""
    return said_call(deltas // CALLS) * CALLS


def joined(begin: str, members: Iterable[str], end: str, deltas: int) -> list[str]:
    """As many members as fill the deltas, with commas between."""
    chosen, size = [], len(begin) + len(end)
    for member in members:
        chosen.append(member)
        size += len(member) + 1
        if size >= deltas * PIECE:
            break
    return pieces(begin + ",".join(chosen) + end)


#: What is said, from a number of deltas. ``live``: as ``call``, its value read after every delta;
#: ``huge``: as ``text``, all in one event.
CONTENTS: dict[str, Callable[[int], Blocks]] = {
    "text": said_text,
    "call": said_call,
    "calls": said_calls,
    "huge": said_text,
    "live": said_call,
}


class Answer(NamedTuple):
    """A response, and how a dialect writes it.

    Attributes:
        dialect: a name in ``DIALECTS``.
        content: a name in ``CONTENTS``.
        deltas: how many, of 10 characters. The stream has a few events more; fewer where Gemini
            does not send arguments piece by piece.
    """

    dialect: str
    content: str
    deltas: int

    @property
    def is_text(self) -> bool:
        return self.content in ("text", "huge")

    @property
    def wholes(self) -> list[str]:
        """The text of each block."""
        return ["".join(block) for block in CONTENTS[self.content](self.deltas)]

    @property
    def want(self) -> list[Any]:
        """What must come of it: the text, or the value of each call's arguments."""
        return self.wholes if self.is_text else [json.loads(whole) for whole in self.wholes]

    def chunks(self) -> Iterator[tuple[str, Chunk]]:
        """The name of each event, ``""`` if the dialect gives it none, and its JSON."""
        return DIALECTS[self.dialect](self)

    def blocks(self) -> list[bytes]:
        """The events as bytes."""
        end = "\r\n" if self.dialect == GEMINI else "\n"
        blocks = [
            (f"event: {name}{end}" if name else "") + f"data: {compact(chunk)}{end}{end}"
            for name, chunk in self.chunks()
        ]
        if self.dialect == CHAT:
            blocks.append("data: [DONE]\n\n")
        return [block.encode() for block in blocks]

    def turns(self) -> Iterator[tuple[int, str]]:
        """The deltas with the numbers of their blocks; those of several blocks come in turns."""
        if self.content == "huge":
            return iter(enumerate(self.wholes))
        blocks = CONTENTS[self.content](self.deltas)
        return (
            (index, piece)
            for row in itertools.zip_longest(*blocks)
            for index, piece in enumerate(row)
            if piece is not None
        )


def write_chat(answer: Answer) -> Iterator[tuple[str, Chunk]]:
    if answer.is_text:
        yield "", chat_chunk({"role": "assistant", "content": "", "refusal": None})
    else:
        yield "", chat_chunk({"role": "assistant", "content": None})
        for index in range(len(answer.wholes)):
            begun = {"name": "f", "arguments": ""}
            call = {"index": index, "id": f"call_{index}", "type": "function", "function": begun}
            yield "", chat_chunk({"tool_calls": [call]})
    for index, piece in answer.turns():
        more = {"index": index, "function": {"arguments": piece}}
        yield "", chat_chunk({"content": piece} if answer.is_text else {"tool_calls": [more]})
    yield "", chat_chunk({}, "stop" if answer.is_text else "tool_calls")


def write_claude(answer: Answer) -> Iterator[tuple[str, Chunk]]:
    for chunk in _claude(answer):
        yield chunk["type"], chunk


def _claude(answer: Answer) -> Iterator[Chunk]:
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": []}
    ends: Chunk = {"stop_reason": None, "stop_sequence": None}
    usage = {"input_tokens": 5, "output_tokens": 1}
    yield {"type": "message_start", "message": {**head, **ends, "usage": usage}}
    blocks = range(len(answer.wholes))
    for index in blocks:
        call = {"type": "tool_use", "id": f"toolu_{index}", "name": "f", "input": {}}
        block = {"type": "text", "text": ""} if answer.is_text else call
        yield {"type": "content_block_start", "index": index, "content_block": block}
    kind, field = ("text_delta", "text") if answer.is_text else ("input_json_delta", "partial_json")
    for index, piece in answer.turns():
        delta = {"type": kind, field: piece}
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    for index in blocks:
        yield {"type": "content_block_stop", "index": index}
    ends["stop_reason"] = "end_turn" if answer.is_text else "tool_use"
    yield {"type": "message_delta", "delta": ends, "usage": {"output_tokens": 2}}
    yield {"type": "message_stop"}


def write_responses(answer: Answer) -> Iterator[tuple[str, Chunk]]:
    for number, chunk in enumerate(_responses(answer)):
        yield chunk["type"], {**chunk, "sequence_number": number}


def _responses(answer: Answer) -> Iterator[Chunk]:
    def response(status: str, output: list[Chunk]) -> Chunk:
        usage: Chunk = {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}
        usage |= {"input_tokens_details": {"cached_tokens": 0}}
        usage |= {"output_tokens_details": {"reasoning_tokens": 0}}
        return {
            **{"id": "resp_1", "object": "response", "created_at": 1767225600, "status": status},
            **{"error": None, "incomplete_details": None, "model": "gpt-4o-mini-2024-07-18"},
            **{"output": output, "parallel_tool_calls": True, "tool_choice": "auto", "tools": []},
            **{"usage": usage if status == "completed" else None},
        }

    def item(index: int, whole: str, status: str) -> Chunk:
        if answer.is_text:
            content = [part(whole)] if status == "completed" else []
            named: Chunk = {"id": f"msg_{index}", "role": "assistant", "content": content}
            return {"type": "message", "status": status, **named}
        call = {"call_id": f"call_{index}", "name": "f", "arguments": whole}
        return {"type": "function_call", "id": f"fc_{index}", "status": status, **call}

    def part(text: str) -> Chunk:
        return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}

    def place(index: int) -> Chunk:
        if answer.is_text:
            return {"item_id": f"msg_{index}", "output_index": index, "content_index": 0}
        return {"item_id": f"fc_{index}", "output_index": index}

    grow = "response.output_text" if answer.is_text else "response.function_call_arguments"
    more: Chunk = {"logprobs": []} if answer.is_text else {}
    for kind in ("created", "in_progress"):
        yield {"type": f"response.{kind}", "response": response("in_progress", [])}
    wholes = answer.wholes
    for index in range(len(wholes)):
        begun = item(index, "", "in_progress")
        yield {"type": "response.output_item.added", "output_index": index, "item": begun}
        if answer.is_text:
            yield {"type": "response.content_part.added", **place(index), "part": part("")}
    for index, piece in answer.turns():
        pad = {**more, "obfuscation": "aBcDeF"}
        yield {"type": f"{grow}.delta", **place(index), "delta": piece, **pad}
    for index, whole in enumerate(wholes):
        if answer.is_text:
            yield {"type": f"{grow}.done", **place(index), "text": whole, **more}
            yield {"type": "response.content_part.done", **place(index), "part": part(whole)}
        else:
            yield {"type": f"{grow}.done", **place(index), "name": "f", "arguments": whole}
        done = item(index, whole, "completed")
        yield {"type": "response.output_item.done", "output_index": index, "item": done}
    output = [item(index, whole, "completed") for index, whole in enumerate(wholes)]
    yield {"type": "response.completed", "response": response("completed", output)}


def write_gemini(answer: Answer) -> Iterator[tuple[str, Chunk]]:
    """Calls come whole, each in a chunk; in ``live``, as Vertex streams arguments: by JSON path."""
    if answer.is_text:
        parts: Iterator[Chunk] = ({"text": piece} for _, piece in answer.turns())
    elif answer.content == "live":
        parts = _gemini_places(answer.want[0]["items"])
    else:
        parts = ({"functionCall": {"name": "f", "args": args}} for args in answer.want)
    for part in parts:
        yield "", _gemini({"content": {"parts": [part], "role": "model"}, "index": 0})
    last = {"content": {"parts": [{"text": ""}], "role": "model"}, "finishReason": "STOP"}
    yield "", _gemini({**last, "index": 0})


def _gemini(candidate: Chunk) -> Chunk:
    counts = {"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7}
    details = [{"modality": "TEXT", "tokenCount": 5}]
    return {
        "candidates": [candidate],
        "usageMetadata": {**counts, "promptTokensDetails": details},
        "modelVersion": "gemini-2.5-flash",
        "responseId": "AbCdEfGhIjKlMnOpQrStUv",
    }


def _gemini_places(items: list[Chunk]) -> Iterator[Chunk]:
    """One leaf of the arguments at a time."""
    yield {"functionCall": {"name": "f", "willContinue": True}}
    names = {int: "numberValue", str: "stringValue", bool: "boolValue"}
    for n, item in enumerate(items):
        for key, value in item.items():
            leaf = {"jsonPath": f"$.items[{n}].{key}", names[type(value)]: value}
            yield {"functionCall": {"partialArgs": [leaf], "willContinue": True}}
    yield {"functionCall": {}}


DIALECTS: dict[str, Callable[[Answer], Iterator[tuple[str, Chunk]]]] = {
    CHAT: write_chat,
    RESPONSES: write_responses,
    CLAUDE: write_claude,
    GEMINI: write_gemini,
}

# -- arguments -----------------------------------------------------------------------------------


def repeated(begin: str, *middle: str, end: str) -> Callable[[int], list[str]]:
    """The pieces in the middle again and again, each a delta, until there are as many as asked."""
    return lambda deltas: [begin, *itertools.islice(itertools.cycle(middle), deltas), end]


def keys(deltas: int) -> list[str]:
    return joined("{", (f'"key {n}":{n}' for n in itertools.count()), "}", deltas)


def numbers(deltas: int) -> list[str]:
    return pieces("[" + "1234.5678e-3," * (deltas // 13) + "0]", 1)


def nested(deltas: int) -> list[str]:
    return pieces("[" * (PIECE * deltas // 2) + "]" * (PIECE * deltas // 2))


ARGUMENTS: dict[str, Callable[[int], list[str]]] = {
    "objects": lambda deltas: said_call(deltas)[0],
    "string": repeated('{"text":"', "0123456789", end='"}'),
    "string by 1": repeated('{"text":"', "x", end='"}'),
    "string, not ASCII": repeated('{"text":"', "早上好，世界🌍 ab", end='"}'),
    "escapes": repeated('["', r"\n\"\/\t\b", r"\u00e9\u0", "0e9\\ud83d\\", r"ude00\n", end='"]'),
    "escapes by 1": lambda n: pieces('["' + r"\ud83d\ude00\n\t" * (n // 16) + '"]', 1),
    "key": repeated('{"', "0123456789", end='":1}'),
    "keys": keys,
    "numbers by 1": numbers,
    "nested": nested,
    "white space": repeated("[", " \n\t\r", end="]"),
}
