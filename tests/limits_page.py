"""Makes docs/limits.md: the caps from the docstring and the presets of ``Limits``, and advice."""

from __future__ import annotations

from sse_core import Limits

from .dialect_pages import described
from .markdown import block, page, table

__all__ = ["limits"]

#: The last limit of the wire; those below it are of the response.
LAST_OF_THE_WIRE = "max_events"

EVENTS_FIRST = """
from sse_core import LimitExceeded, Limits, SSEDecoder

decoder = SSEDecoder(limits=Limits(max_event_bytes=8))
print(decoder.feed(b"data: fits\\n\\ndata: does not fit\\n\\n"))
try:
    decoder.feed(b"")
except LimitExceeded as error:
    print(error)
"""
PRINTED = """
[ServerSentEvent(event='message', data='fits', id='', start=0, end=12)]
max_event_bytes is 8, reached 9 (byte 26, line 3, event 1)
"""

BOUNDED = [
    (
        "a line that never ends, `data:` lines without a blank line",
        "`max_event_bytes`: the decoder keeps one event",
    ),
    (
        "comments, empty blocks, unknown fields without end",
        "a line of them is kept at most; `max_total_bytes` ends the connection",
    ),
    ("more of an answer, for hours", "`max_accumulated_bytes`"),
    (
        "an index of 4,294,967,294, or below 0",
        "it is a key of a dict, and costs as much as 0; `max_choices`, `max_tool_calls` and "
        "`max_output_items` count distinct ones",
    ),
    (
        "arrays in arrays in arrays",
        "`max_json_depth`, counted before the parser sees them: parsers differ, and some have "
        "ended the process",
    ),
    (
        "one byte a push, 100,000 deltas of one character",
        "time: the work is proportional to the bytes, for every cutting and at every layer",
    ),
    (
        "a `retry` of a year",
        "`max_retry_ms` clamps it",
    ),
    (
        "an id that would be a header of its own",
        "it cannot hold CR, LF or NUL; `last_event_id_header(id)` checks the rest",
    ),
    (
        "`[DONE]` within a text, or as the beginning of one",
        "a sentinel is the whole data of an event, exactly",
    ),
    (
        "names like `__class__` as tools or fields",
        "they are keys of dicts, never attributes",
    ),
]

NOT_BOUNDED = [
    (
        "the values of JSON, which are larger than their text",
        "100 MB of empty arrays were measured to become 2.2 to 2.8 GB of Python values, with every "
        "parser. Of peers that you do not trust, take smaller events: `Limits.strict()`, or a "
        "`max_event_bytes` that fits what they have to say",
    ),
    (
        "decompression",
        "limits count the bytes you feed. If your transport inflates the body, a bomb has gone off "
        "before they come here: bound that in the transport",
    ),
    (
        "time",
        "there is no clock in here. A server that says nothing for an hour passes no limit: the "
        "read timeout is the transport's",
    ),
    ("what you keep", "the events that `feed` returns are yours; a list of all of them grows"),
    (
        "what a text does where it is shown",
        "what a model wrote is not trusted: it may hold escape sequences, or markup. `sse-core` "
        "escapes what would steer a terminal; in your program that is yours to do",
    ),
]

ELSEWHERE = [
    (
        "CR or LF in an event type or id makes events of its own",
        "CVE-2026-22735 (Spring), CVE-2026-33128 (h3), CVE-2026-44214 (eventsource-encoder), "
        "CVE-2026-44217 (sse-channel), GHSA-p6xx-57qc-3wxr (hono)",
        "`encode` refuses with `EncodeError`; nothing is stripped",
    ),
    (
        "the same again, with a bare CR",
        "GHSA-4hxc-9384-m385 (h3, after its first repair)",
        "every line end is tested, here and by `check_encoder`",
    ),
    (
        "time that grows with the square of the chunks",
        "CVE-2025-69229 (aiohttp), openai-node#2324, eventsource-stream#11",
        "law 4, measured in CI",
    ),
    (
        "JSON so deep that the process ends",
        "CVE-2024-27454 (orjson)",
        "`max_json_depth`, the same with every parser",
    ),
    ("an index that makes a list of four billion", "openai-node#2326", "an index is a key"),
    (
        "a text that begins with `[DONE]` ends the stream, and hides an error",
        "openai-node#2422",
        "exact comparison",
    ),
    (
        "decompression bombs",
        "CVE-2025-66471, CVE-2026-21441 (urllib3)",
        "not here: see above",
    ),
    (
        "a cap so low that legal streams break",
        "httpx2's 1 MiB (modelcontextprotocol/python-sdk#3332), aiohttp's 128 KiB a line "
        "(python-genai#2248), openai-node's 8 MiB (#2411, taken back the next day)",
        "64 MiB, and an error that names the limit",
    ),
]


def limits() -> str:
    """docs/limits.md."""
    named = described(Limits, "Attributes")
    names = list(named)
    wire = names.index(LAST_OF_THE_WIRE) + 1
    return page(
        "# Limits and security",
        "Whatever a server sends, the decoder keeps a bounded amount of it, and works for a time "
        "that is proportional to what came. The caps are one immutable object, `Limits`, of every "
        "decoder's `limits=`. This page is made from it.",
        "## Which to take",
        table(
            ("preset", "for"),
            [
                ("`Limits()`", "the default: generous and finite. Legal streams pass, known ones"),
                (
                    "`Limits.strict()`",
                    "servers that you do not trust: other people's, users' own, plugins'",
                ),
                ("`Limits.unlimited()`", "input that you made yourself"),
                ("`Limits(max_event_bytes=…)`", "your own; `None` switches a cap off"),
            ],
        ),
        "## Of the wire",
        _rows({name: named[name] for name in names[:wire]}),
        "## Of the response",
        "Of `StreamDecoder` only, beside those above.",
        _rows({name: named[name] for name in names[wire:]}),
        "## When one is passed",
        "A limit is a property of the stream: a unit that arrives whole is measured like one that "
        "trickles in. What was complete is returned first; the next call raises `LimitExceeded`, "
        "and goes on raising until `reset()`. What was kept of the wire is dropped. The message "
        "holds numbers and names, never payload; `excerpt()` has a few escaped bytes for who asks.",
        block("python", EVENTS_FIRST.strip()),
        block("text", PRINTED.strip(), "prints"),
        "## What bounds what",
        table(("what may come", "what bounds it"), BOUNDED),
        "## What is not bounded here",
        table(("what", "why, and who bounds it"), NOT_BOUNDED),
        "## What a stream takes",
        "[sizing.md](sizing.md) has the measured memory of a stream that has seen nothing, of one "
        "in progress, and of each delta, and what that comes to for a million of them. In the "
        "worst case a decoder keeps `max_event_bytes` and `max_accumulated_bytes`: with the "
        f"defaults that is {_worst(Limits())} of one hostile peer, with `strict()` "
        f"{_worst(Limits.strict())}, before what Python adds. Count the streams that you serve at "
        "once, and choose.",
        "## What went wrong elsewhere",
        "Each row is a reason for something above.",
        table(("what", "where", "here"), ELSEWHERE),
    )  # fmt: skip


def _worst(preset: Limits) -> str:
    return _value("_bytes", (preset.max_event_bytes or 0) + (preset.max_accumulated_bytes or 0))


def _rows(named: dict[str, str]) -> str:
    presets = (Limits(), Limits.strict())
    return table(
        ("limit", "default", "`strict()`", "what it counts, and why so"),
        [
            (f"`{name}`", *(_value(name, getattr(preset, name)) for preset in presets), words)
            for name, words in named.items()
        ],
    )


def _value(name: str, value: int | None) -> str:
    if value is None:
        return "none"
    if name.endswith("_ms"):
        return f"{value // 60_000} min"
    if name.endswith("_bytes"):
        for unit, size in (("MiB", 1 << 20), ("KiB", 1 << 10)):
            if value >= size:
                return f"{value // size} {unit}"
        return f"{value} B"
    return f"{value:,}"
