"""``sse-core stats``: what can be counted, how long it took, and how it ended."""

from __future__ import annotations

import json
import os
import stat
import time
from collections import Counter
from typing import IO, TYPE_CHECKING, Any

from ..events import Anomaly
from ..stream import StreamDecoder
from ..timing import StreamTimer
from ..wire import Comment, EmptyBlock, IgnoredField, Retry, ServerSentEvent, SSEObserver
from .answer import add_answer, verdict
from .console import chunks, opened, write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = """\
  curl -sN ... | sse-core stats -          with times, because it is read while it comes
  sse-core stats run.cassette              with the times of the recording
  sse-core stats --json capture.sse | jq .usage
"""

#: What is counted of the wire, by the items of an ``SSEObserver``.
ITEMS = {
    ServerSentEvent: "events",
    Comment: "comments",
    EmptyBlock: "blocks_without_data",
    Retry: "retries",
    IgnoredField: "ignored_lines",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add its arguments."""
    parser.add_argument("--json", action="store_true", help="JSON in place of a table")
    add_answer(parser)


def run(options: argparse.Namespace) -> int:
    """Read all of it, then tell."""
    stream, wire, timer = StreamDecoder(options.dialect), SSEObserver(), None
    counts: Counter[type] = Counter()
    quirks: Counter[str] = Counter()
    size = pushes = 0
    with opened(options) as source:
        for t, data in _timed(source):
            size, pushes = size + len(data), pushes + 1
            counts.update(type(item) for item in wire.feed(data))
            events = stream.feed(data)
            quirks.update(event.quirk for event in events if isinstance(event, Anomaly))
            if t is not None:
                timer = timer or StreamTimer(at=0.0)
                timer.received(len(data), at=t)
                timer.push(events, at=t)
                last = t
    wire.close()
    # Closed twice: where the end itself passes a limit, the second time says so.
    events = [*stream.close(), *stream.close()]
    quirks.update(event.quirk for event in events if isinstance(event, Anomaly))
    if timer is not None:
        timer.push(events, at=last)
    found = {
        "dialect": stream.dialect,
        "outcome": stream.outcome.value,
        "bytes": size,
        "chunks": pushes,
        **{name: counts[kind] for kind, name in ITEMS.items()},
        "unfinished_bytes": 0 if wire.tail is None else wire.tail.end - wire.tail.start,
        "last_event_id": wire.last_event_id,
        "retry_ms": wire.retry,
        **_answer(stream),
        "anomalies": dict(sorted(quirks.items())),
        "times": None if timer is None else timer.as_dict(),
    }
    if options.json:
        write(json.dumps(found, ensure_ascii=False, indent=2) + "\n", options)
    else:
        write(_table(found), options)
    return verdict(stream)


def _timed(source: IO[bytes]) -> Iterator[tuple[float | None, bytes]]:
    """Chunks with times: those of a cassette; those of now, if the input is no file."""
    try:
        live = not stat.S_ISREG(os.fstat(source.fileno()).st_mode)
    except (OSError, ValueError, AttributeError):  # not a file of the system's
        live = False
    begin = time.monotonic()
    for t, data in chunks(source):
        yield time.monotonic() - begin if live and t is None else t, data


def _answer(stream: StreamDecoder) -> dict[str, Any]:
    """What the answer came to."""
    response = stream.response
    usage, calls = response.usage, response.all_tool_calls
    finishes = [choice.finish for choice in response.choices if choice.finish]
    return {
        "model": response.model,
        "finish": [finish.reason for finish in finishes],
        "text_characters": sum(len(choice.text) for choice in response.choices),
        "reasoning_characters": sum(len(choice.reasoning) for choice in response.choices),
        "tool_calls": [
            {"name": call.name, "complete": call.complete, "problem": call.problem}
            for call in calls
        ],
        "usage": usage and {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cached_tokens": usage.cached_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
        },
        "error": response.error and str(response.error),
    }  # fmt: skip


def _table(found: dict[str, Any]) -> str:
    """Two columns; what is not there is left out."""
    rows: list[tuple[str, str]] = []
    for name, value in found.items():
        if name == "times":
            rows += _time_rows(value)
        else:
            words = _words(value)
            if words:
                rows.append((name.replace("_", " "), words))
    width = max(len(name) for name, _ in rows)
    return "".join(f"{name:{width}}  {words}\n" for name, words in rows)


def _words(value: Any) -> str:
    if isinstance(value, int):
        return f"{value:,}" if value else ""
    if isinstance(value, dict):
        return ", ".join(f"{_words(n)} {name.replace('_', ' ')}" for name, n in value.items() if n)
    if isinstance(value, list):
        return ", ".join(_words_of_call(item) for item in value)
    return value or ""


def _words_of_call(call: Any) -> str:
    if isinstance(call, str):
        return call
    return str(call["name"]) + (f" ({call['problem']})" if call["problem"] else "")


def _time_rows(times: dict[str, Any] | None) -> Iterator[tuple[str, str]]:
    if times is None:
        yield "times", "unknown: pipe the stream in as it comes, or record a cassette"
        return
    for name in ("first_byte", "first_event", "first_content", "last_content", "duration"):
        if times[name] is not None:
            yield name.replace("_", " "), f"{times[name]:.3f} s"
    for name, what in (("received", "chunks"), ("content", "content")):
        gaps = times[name]["gaps"]
        if gaps["max"] is not None:
            told = (("min", "min"), ("median", "p50"), ("p95", "p95"), ("max", "max"))
            words = ", ".join(f"{label} {gaps[key]:.3f}" for label, key in told)
            yield f"gaps of {what}", words + " s"
    if times["content"]["per_second"] is not None:
        yield "characters a second", f"{times['content']['per_second']:,.0f}"
    if times["tokens_per_second"] is not None:
        yield "tokens a second", f"{times['tokens_per_second']:,.1f}"
