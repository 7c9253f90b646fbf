"""The public API as a type checker sees it. Checked by mypy and by a second one; never run."""

from collections.abc import Mapping
from typing import Literal

from typing_extensions import assert_type

import sse_core
from sse_core.testing import check_decoder

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
        case sse_core.IgnoredField(name=name) | sse_core.EmptyBlock(event=name):
            assert_type(name, str)
        case sse_core.Tail(line=line):
            assert_type(line, bytes)

stream = sse_core.StreamDecoder("openai-chat", loads=lambda text: text)
assert_type(stream.feed(b""), list[sse_core.StreamEvent])
assert_type(stream.outcome, sse_core.Outcome)
for part in stream.close():
    match part:
        case sse_core.TextDelta(text=text):
            assert_type(text, str)
        case sse_core.ResponseEnd(outcome=outcome):
            assert_type(outcome, sse_core.Outcome)
        case sse_core.StreamError() as error:
            assert_type(error.code, str)
        case _:
            pass

assert_type(sse_core.encode_event("a", event="b", id="c", retry=1), bytes)
assert_type(sse_core.encode(sse_core.ServerSentEvent(data="a")), bytes)
assert_type(sse_core.last_event_id_header("a"), bytes | None)
assert_type(sse_core.SSE_HEADERS, Mapping[str, str])

errors: Literal["strict"] = "strict"
sse_core.SSEDecoder(errors=errors)
check_decoder(sse_core.SSEDecoder)

# Mistakes that a checker finds.
decoder.feed("text")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
sse_core.SSEDecoder("1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
sse_core.SSEDecoder(errors="ignore")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
