"""The traffic that is decoded: named shapes, and the ways to cut them into pushes.

A shape is a function from a number of events to ``Traffic``. To add one, write it and put it into
``SHAPES``; everything else finds it there.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple


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


def chunk(word: str) -> str:
    """What an OpenAI-like chat API says for one token, about 230 bytes."""
    return json.dumps(
        {
            "id": "chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012",
            "object": "chat.completion.chunk",
            "created": 1735689600,
            "model": "gpt-4o-mini-2024-07-18",
            "system_fingerprint": "fp_0123456789",
            "choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def chunks(events: int, words: tuple[str, ...] = WORDS) -> list[str]:
    return [chunk(words[n % len(words)]) for n in range(events)]


def written(template: str, data: list[str]) -> Traffic:
    """One block for each event: the template with its number ``{n}`` and its ``{data}``."""
    blocks = [template.format(n=n, data=text).encode() for n, text in enumerate(data)]
    return Traffic(blocks, data)


def chat(events: int) -> Traffic:
    """Data only, LF: what most LLM APIs send."""
    return written("data: {data}\n\n", chunks(events))


def chat_crlf(events: int) -> Traffic:
    """The same with CRLF, as sse-starlette and therefore most Python servers write it."""
    return written("data: {data}\r\n\r\n", chunks(events))


def named(events: int) -> Traffic:
    """An event type before the data, as Anthropic and the OpenAI Responses API send it."""
    return written("event: content_block_delta\ndata: {data}\n\n", chunks(events))


def ids(events: int) -> Traffic:
    """An id with every event, as resumable servers send it."""
    return written("id: {n}\ndata: {data}\n\n", chunks(events))


def multibyte(events: int) -> Traffic:
    """``chat``, but the text is not ASCII."""
    return written("data: {data}\n\n", chunks(events, GLYPHS))


def comments(events: int) -> Traffic:
    """A heartbeat before every event, in a block of its own."""
    data = chunks(events)
    blocks = [part for block in written("data: {data}\n\n", data).blocks for part in (PING, block)]
    return Traffic(blocks, data)


PING = b": ping\n\n"

SHAPES: dict[str, Shape] = {
    shape.__name__: shape for shape in (chat, chat_crlf, named, ids, multibyte, comments)
}

# Bytes per push; 0 is one push for each block.
CUTTINGS = {"event": 0, "64k": 65536, "1400": 1400, "37": 37}


def cut(blocks: list[bytes], cutting: str) -> list[bytes]:
    """The pushes in which the stream arrives."""
    size = CUTTINGS[cutting]
    if not size:
        return blocks
    body = b"".join(blocks)
    return [body[at : at + size] for at in range(0, len(body), size)]
