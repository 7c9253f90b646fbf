"""The originals beside the drop-ins, in the versions that pyproject.toml pins; else skipped.

A drop-in gives what the copy gives, or what the standard says, and nothing third.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_core import SSEDecoder
from sse_core.dropins import httpx_sse, stainless
from sse_core.testing import chunkings
from sse_core.testing.vectors import Vector, load_wire

from .dropin_rows import Row, alike, different, fields
from .test_adapters import Source
from .test_dropins import EVENT_STREAM, by_httpx_sse, by_stainless, collect

Decode = Callable[..., Any]

#: The copies by name: what makes one, and the drop-in for it.
COPIES: dict[str, Decode] = {
    "openai": by_stainless,
    "anthropic": by_stainless,
    "httpx-sse": by_httpx_sse,
}

every_copy = pytest.mark.parametrize("name", COPIES)
every_sdk = pytest.mark.parametrize("sdk", ["openai", "anthropic"])


def copy_of(name: str) -> Decode:
    """The original: bytes in, events out."""
    if name == "httpx-sse":
        original = pytest.importorskip("httpx_sse")
        import httpx

        return lambda source: original.EventSource(
            httpx.Response(200, headers=EVENT_STREAM, content=source)
        ).iter_sse()
    streaming = pytest.importorskip(f"{name}._streaming")
    return lambda source: streaming.SSEDecoder().iter_bytes(source)


@every_copy
@different
def test_a_copy_differs_as_the_page_says(name: str, row: Row) -> None:
    expected = row.httpx_sse if name == "httpx-sse" else row.stainless
    assert fields(copy_of(name)(iter([row.stream]))) == expected


@every_copy
@alike
def test_a_copy_is_alike_where_the_page_says_so(name: str, row: Row) -> None:
    expected = row.httpx_sse if name == "httpx-sse" else row.stainless
    assert fields(copy_of(name)(iter([row.stream]))) == expected


@every_copy
def test_a_drop_in_is_the_copy_or_the_standard(name: str) -> None:
    decode = copy_of(name)
    third = {vector.id for vector in load_wire() if not is_either(decode, COPIES[name], vector)}
    assert third == set()


def is_either(decode: Decode, drop_in: Decode, vector: Vector) -> bool:
    ours: Any = fields(drop_in(vector.input))
    if ours == fields(decode(iter([vector.input]))):
        return True
    said = [(event or "message", data, id or "") for event, data, id, _ in ours]
    return said == [(e.event, e.data, e.id) for e in SSEDecoder().feed(vector.input)]


FIELDS = st.lists(
    st.one_of(
        st.text("ab: {}\u2028é", max_size=4).map(lambda text: ("data", text)),
        st.sampled_from(["a", "b"]).map(lambda text: ("event", text)),
        st.sampled_from(["", "1", "2\0"]).map(lambda text: ("id", text)),
        st.integers(0, 99).map(lambda number: ("retry", str(number))),
        st.sampled_from([("", " comment"), ("datum", "x"), ("DATA", "x")]),
    ),
    max_size=5,
)


@st.composite
def polite(draw: st.DrawFn) -> bytes:
    """A stream in which nothing differs: each block has data."""
    newline = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    lines = []
    for block in draw(st.lists(FIELDS, max_size=4)):
        lines += [f"{name}:{value}" for name, value in [*block, ("data", "x")]]
        lines.append("")
    return "".join(line + newline for line in lines).encode()


@every_copy
@given(data=st.data())
def test_polite_streams_are_read_alike(name: str, data: st.DataObject) -> None:
    stream = data.draw(polite())
    size = data.draw(st.integers(1, 9))
    chunks = chunkings.sized(stream, size)
    assert (
        fields(copy_of(name)(iter(chunks))) == fields(COPIES[name](*chunks)) != "UnicodeDecodeError"
    )


@pytest.mark.parametrize(
    ("name", "stream"), [("anthropic", b"data: a\n\r"), ("httpx-sse", b"data: a\r\r")]
)
def test_a_copy_waits_behind_a_cr(name: str, stream: bytes) -> None:
    """lines end with CR"""
    source = Source([stream, b"data: b\n\n"])
    assert next(copy_of(name)(iter(source))).data == "a"
    assert source.asked == 2


@every_copy
def test_a_copy_keeps_an_event_that_never_ends(name: str) -> None:
    """an event that never ends"""
    source = Source([b"data: " + b"a" * 1024] * 1000)
    assert fields(copy_of(name)(iter(source))) == []
    assert source.asked == 1001


def test_a_copy_goes_on_with_the_stream_before() -> None:
    """a decoder is used for a second stream"""
    decoder = pytest.importorskip("anthropic._streaming").SSEDecoder()
    assert list(decoder.iter_bytes(iter([b"id: 1\ndata: half"]))) == []
    assert fields(decoder.iter_bytes(iter([b"data: a\n\n"]))) == [(None, "half\na", "1", None)]


@every_copy
def test_events_of_a_copy_are_no_values(name: str) -> None:
    """two events with the same fields"""
    stream = b"data: a\n\ndata: a\n\n"
    first, second = copy_of(name)(iter([stream]))
    assert first != second
    assert hasattr(first, "raw") == (name == "anthropic")


@pytest.mark.parametrize(
    ("content_type", "data"),
    [
        ("Text/Event-Stream", None),
        ("application/x-text/event-streamy", "é"),
        ("text/event-stream; charset=windows-1252", "Ã©"),
        ("application/json", None),
    ],
)
def test_the_content_types_of_the_copy(content_type: str, data: str | None) -> None:
    original = pytest.importorskip("httpx_sse")
    import httpx

    response = httpx.Response(
        200, headers={"content-type": content_type}, content=["data: é\n\n".encode()]
    )
    events = original.EventSource(response).iter_sse()
    if data is None:
        with pytest.raises(original.SSEError) as raised:
            list(events)
        assert isinstance(raised.value, httpx.TransportError)  # `SSEError`
    else:
        assert [event.data for event in events] == [data]


def test_connecting_with_httpx() -> None:
    original = pytest.importorskip("httpx_sse")
    import httpx

    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append({name: request.headers.get(name) for name in ("accept", "cache-control", "x")})
        return httpx.Response(200, headers=EVENT_STREAM, content=b"id: 1\ndata: a\n\n")

    found = []
    changed = []
    for module in (original, httpx_sse):
        mine = {"x": "1"}
        with (
            httpx.Client(transport=httpx.MockTransport(answer)) as client,
            module.connect_sse(client, "GET", "http://a", headers=mine) as source,
        ):
            found.append(fields(source.iter_sse()))
        changed.append(mine != {"x": "1"})

        async def loop(module: Any = module) -> Any:
            async with (
                httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client,
                module.aconnect_sse(client, "GET", "http://a") as source,
            ):
                return fields(await collect(source.aiter_sse()))

        found.append(asyncio.run(loop()))
    assert found == [[("message", "a", "1", None)]] * 4
    assert seen[:2] == seen[2:]
    assert changed == [True, False]  # the `headers` that `connect_sse` is given


# -- within the SDKs ------------------------------------------------------------------------------

CHAT: list[dict[str, Any]] = [
    {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    for choice in (
        {"index": 0, "delta": {"role": "assistant", "content": "Hel"}, "finish_reason": None},
        {"index": 0, "delta": {"content": "lo\u2028"}, "finish_reason": None},
        {"index": 0, "delta": {}, "finish_reason": "stop"},
    )
]
MESSAGE = {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "m"}
MESSAGES: list[dict[str, Any]] = [
    {"type": "message_start", "message": {**MESSAGE, "usage": {"input_tokens": 1}}},
    {"type": "ping"},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
    {"type": "message_stop"},
]


def body(sdk: str) -> bytes:
    if sdk == "openai":
        lines = [f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n" for chunk in CHAT]
        return "".join([*lines, "data: [DONE]\n\n"]).encode()
    return "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in MESSAGES).encode()


def ask(sdk: str, client: Any) -> Any:
    messages = [{"role": "user", "content": "?"}]
    if sdk == "openai":
        return client.chat.completions.create(model="m", messages=messages, stream=True)
    return client.messages.create(model="m", max_tokens=9, messages=messages, stream=True)


@every_sdk
@pytest.mark.parametrize("is_async", [False, True], ids=["plain", "async"])
def test_an_sdk_runs_on_the_drop_in(sdk: str, is_async: bool) -> None:
    module, http = pytest.importorskip(sdk), pytest.importorskip("httpx2")
    name = {"openai": "OpenAI", "anthropic": "Anthropic"}[sdk]
    kind = getattr(module, f"Async{name}" if is_async else name)
    client = http.AsyncClient if is_async else http.Client
    made = []

    class OnOurs(kind):  # type: ignore[misc, valid-type]
        def _make_sse_decoder(self) -> stainless.SSEDecoder:
            made.append(stainless.SSEDecoder())
            return made[-1]

    def answer(request: Any) -> Any:
        return http.Response(200, headers=EVENT_STREAM, content=body(sdk))

    async def read(stream: Any) -> list[Any]:
        return [chunk.model_dump() async for chunk in await stream]

    found = []
    for one in (kind, OnOurs):
        transport = client(transport=http.MockTransport(answer))
        stream = ask(sdk, one(api_key="none", http_client=transport))
        found.append(
            asyncio.run(read(stream)) if is_async else [chunk.model_dump() for chunk in stream]
        )
    assert found[0] == found[1] != []
    assert len(made) == 1
