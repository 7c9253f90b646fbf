"""The public API as a type checker sees it. Checked by mypy and by a second one; never run."""

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping
from typing import Any, Literal

from typing_extensions import assert_type

import sse_core
from sse_core import shapes
from sse_core.cassette import read_cassette, write_cassette
from sse_core.dialects import JSON
from sse_core.dropins import httpx_sse, stainless
from sse_core.partial_json import Completed, Grown, PartialJSON
from sse_core.testing import check_decoder
from sse_core.timing import Pace

decoder = sse_core.SSEDecoder(last_event_id="1", limits=sse_core.Limits(max_events=5))
assert_type(decoder.feed(b""), list[sse_core.ServerSentEvent])
assert_type(decoder.feed(bytearray()), list[sse_core.ServerSentEvent])
assert_type(decoder.feed(memoryview(b"")), list[sse_core.ServerSentEvent])
assert_type(decoder.close(), list[sse_core.ServerSentEvent])
assert_type(decoder.last_event_id, str)
assert_type(decoder.retry, int | None)
assert_type(decoder.tail, sse_core.Tail | None)
assert_type(decoder.error, sse_core.WireError | None)
assert_type(sse_core.SSEDecoder.load(decoder.dump()), sse_core.SSEDecoder)

for event in decoder.feed(b""):
    assert_type(event.event, str)
    assert_type(event.data, str)
    assert_type(event.id, str)
    assert_type(event.start, int)

for item in sse_core.SSEObserver().feed(b""):
    match item:
        case sse_core.ServerSentEvent(data=data):
            assert_type(data, str)
        case sse_core.Comment(text=text):
            assert_type(text, str)
        case sse_core.Retry(milliseconds=milliseconds):
            assert_type(milliseconds, int)
        case sse_core.IgnoredField(line=name) | sse_core.EmptyBlock(event=name):
            assert_type(name, str)
        case sse_core.Tail(line=line):
            assert_type(line, bytes)

stream = sse_core.StreamDecoder("openai-chat", loads=lambda text: text)
assert_type(stream.feed(b""), list[sse_core.StreamEvent])
assert_type(stream.outcome, sse_core.Outcome)
assert_type(stream.feed_chunk({}, "message"), list[sse_core.StreamEvent])
assert_type(stream.over, bool)
assert_type(stream.dialect, str)
assert_type(stream.native(), dict[str, Any])
assert_type(sse_core.StreamDecoder.load(stream.dump()), sse_core.StreamDecoder)
assert_type(sse_core.StreamDecoder(JSON(text="a", done="b"), assume=["C16"]).detected, str)

live = stream.live(0)
assert_type(live, PartialJSON | None)
if live is not None:
    assert_type(live.complete, bool)
    assert_type(live.problem, str)
for change in PartialJSON().feed(""):
    match change:
        case Grown(path=path, text=text):
            assert_type(path, tuple[str | int, ...])
            assert_type(text, str)
        case Completed(path=path):
            assert_type(path, tuple[str | int, ...])

response = stream.response
assert_type(response, sse_core.Response)
assert_type(response.text, str)
assert_type(response.tool_calls, tuple[sse_core.ToolCall, ...])
assert_type(response.usage, sse_core.Usage | None)
assert_type(response.finish, sse_core.Finish | None)
assert_type(response.outcome, sse_core.Outcome)
assert_type(response.error, sse_core.StreamError | None)
assert_type(response.choices, tuple[sse_core.Choice, ...])
assert_type(response.choices[0].index, int)
for block in response.blocks:
    match block:
        case sse_core.TextBlock(text=text, citations=citations):
            assert_type(text, str)
            assert_type(citations, tuple[sse_core.Citation, ...])
        case sse_core.ToolCall(name=name, arguments=arguments, complete=complete):
            assert_type(name, str)
            assert_type(arguments, str)
            assert_type(complete, bool)
        case sse_core.MediaBlock(data=media):
            assert_type(media, bytes)
        case _:
            pass

for part in stream.close():
    match part:
        case sse_core.ToolCallEnd(name=name, arguments=arguments, complete=True):
            assert_type(name, str)
            assert_type(arguments, str)
        case sse_core.Usage(input_tokens=tokens):
            assert_type(tokens, int | None)
        case sse_core.Anomaly(quirk=quirk):
            assert_type(quirk, str)
        case sse_core.TextDelta(text=text):
            assert_type(text, str)
        case sse_core.ResponseEnd(outcome=outcome):
            assert_type(outcome, sse_core.Outcome)
        case sse_core.StreamError() as error:
            assert_type(error.code, str)
        case _:
            pass

timer = sse_core.StreamTimer(at=0.0)
timer.received(1, at=0.1)
assert_type(timer.push(stream.feed(b""), at=1), float | None)
assert_type(timer.first_content, float | None)
assert_type(timer.content, Pace)
assert_type(timer.content.quantile(0.95), float | None)
assert_type(timer.otel_attributes(response), dict[str, Any])
assert_type(timer.otel_metrics({}), list[dict[str, Any]])
assert_type(sse_core.StreamTimer.load(timer.dump(), at=2.0), sse_core.StreamTimer)

gate = sse_core.HoldBack(stop=["END"])
assert_type(gate.push("a"), str)
assert_type(gate.finish(), str)
assert_type(gate.found, str | None)
assert_type(gate.place, int | None)
assert_type(sse_core.HoldBack.load(sse_core.HoldBack(last=3).dump()), sse_core.HoldBack)

coalescer = sse_core.Coalescer(max_chars=3, max_delay=0.1, boundary="word", graphemes=len)
assert_type(coalescer.push(stream.feed(b""), at=0.0), list[sse_core.StreamEvent])
assert_type(coalescer.due(at=1), list[sse_core.StreamEvent])
assert_type(coalescer.flush(), list[sse_core.StreamEvent])
assert_type(coalescer.deadline, float | None)
assert_type(sse_core.Coalescer.load(coalescer.dump(), graphemes=len), sse_core.Coalescer)

policy = sse_core.Reconnect(repeat="never", statuses=[503], max_attempts=None)
action = policy.opened(200, "text/event-stream", retry_after=3)
assert_type(action, sse_core.Action)
assert_type(action.delay, float)
policy.progress(decoder, decoder.feed(b""))
policy.progress(stream, stream.feed(b""))
assert_type(policy.lost(jitter=0.5).why, str)
assert_type(policy.done(), sse_core.Action)
assert_type(policy.headers(), dict[str, bytes])
assert_type(policy.continuation(response).prefix, str)
assert_type(sse_core.Reconnect.load(policy.dump()), sse_core.Reconnect)
assert_type(sse_core.Reconnect.standard(), sse_core.Reconnect)

assert_type(sse_core.encode_event("a", event="b", id="c", retry=1), bytes)
assert_type(sse_core.encode(sse_core.ServerSentEvent(data="a")), bytes)
assert_type(sse_core.last_event_id_header("a"), bytes | None)
assert_type(sse_core.SSE_HEADERS, Mapping[str, str])

assert_type(sse_core.iter_events([b""]), Generator[sse_core.ServerSentEvent, None, None])
assert_type(
    sse_core.iter_events([b""], sse_core.SSEObserver()), Generator[sse_core.WireItem, None, None]
)
assert_type(
    sse_core.iter_events([b""], sse_core.StreamDecoder("text")),
    Generator[sse_core.StreamEvent, None, None],
)
assert_type(sse_core.iter_stream([b""], "auto"), Generator[sse_core.StreamEvent, None, None])
assert_type(sse_core.iter_text([b""], stream, choice=1), Generator[str, None, None])
assert_type(
    sse_core.iter_tool_calls([b""], stream, check=False),
    Generator[sse_core.ToolCallEnd, None, None],
)


async def loops(source: AsyncIterator[bytes], response: object) -> None:
    assert_type(sse_core.aiter_events(source), AsyncGenerator[sse_core.ServerSentEvent, None])
    async for event in sse_core.aiter_events(source, sse_core.SSEDecoder()):
        assert_type(event, sse_core.ServerSentEvent)
    async for part in sse_core.aiter_stream(source, JSON()):
        assert_type(part, sse_core.StreamEvent)
    async for text in sse_core.aiter_text(source, "text"):
        assert_type(text, str)
    async for call in sse_core.aiter_tool_calls(source, "auto"):
        assert_type(call, sse_core.ToolCallEnd)
    async for copied in stainless.SSEDecoder().aiter_bytes(source):
        assert_type(copied.event, str | None)
    async for same in httpx_sse.EventSource(response).aiter_sse():
        assert_type(same.event, str)
        assert_type(same.retry, int | None)


assert_type(stainless.SSEDecoder().iter_bytes(iter([b""])), Iterator[stainless.ServerSentEvent])
assert_type(stainless.SSEDecoder().decode(""), stainless.ServerSentEvent | None)
assert_type(stream.error, sse_core.WireError | None)
try:
    pass
except sse_core.IncompleteError as incomplete:
    assert_type(incomplete.why, str)
for seconds, piece in read_cassette(write_cassette([(0.5, b"a")], model="m")):
    assert_type(seconds, float)
    assert_type(piece, bytes)

assert_type(shapes.as_openai(stream.response), dict[str, Any])
for shape in shapes.SHAPES.values():
    assert_type(shape(stream.response), dict[str, Any])
if stream.response.usage:
    assert_type(shapes.tokens_of(stream.response.usage), dict[str, int])

errors: Literal["strict"] = "strict"
sse_core.SSEDecoder(errors=errors)
check_decoder(sse_core.SSEDecoder)

# Mistakes that a checker finds.
sse_core.iter_events(["text"])  # type: ignore[list-item]  # pyright: ignore[reportCallIssue, reportArgumentType]
decoder.feed("text")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
sse_core.SSEDecoder("1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
sse_core.SSEDecoder(errors="ignore")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
