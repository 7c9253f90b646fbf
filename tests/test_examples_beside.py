"""Two programs of examples/ that look at many streams: the gateway and the batch.

Run as those of ``test_examples.py`` are.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import threading
import time
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sse_core import (
    StreamDecoder,
)
from sse_core.testing import chunkings, streams

from .example_programs import (
    NASTY,
    TIME_FOR_ONE,
    Program,
    Provider,
    ask,
    load,
    mock,
    needs,
    providing,
    run,
    running,
)

pytestmark = pytest.mark.examples

GATEWAY = "aiohttp_gateway"

# -- the gateway -----------------------------------------------------------------------------------


@contextlib.contextmanager
def gateway(provider: Provider) -> Iterator[tuple[str, Program]]:
    needs("aiohttp")
    with running(GATEWAY, UPSTREAM=provider.url) as (url, program):
        yield url, program


def noted(program: Program, number: int = 0) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(program.line(r'^\{"dialect".*\}$', number)[0])
    return line


def drawn(count: int) -> list[tuple[str, streams.Answer, bytes]]:
    """Some answers in each dialect, always the same ones."""
    found: list[tuple[str, streams.Answer, bytes]] = []

    @settings(
        database=None,
        derandomize=True,
        max_examples=count,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(st.data())
    def collect(data: st.DataObject) -> None:
        for dialect, eol in streams.EOL.items():
            answer, chunks = data.draw(streams.streams(dialect))
            found.append((dialect, answer, streams.to_bytes(chunks, eol)))

    collect()
    return found


def test_gateway_forwards_every_byte_and_notes_what_was_said() -> None:
    with providing() as provider, gateway(provider) as (url, program):
        for number, (dialect, answer, data) in enumerate(drawn(12)):
            provider.pieces = chunkings.sized(data, 1 + 97 * number % 500)
            provider.chunked = number % 2 == 0
            assert ask(url, "/any/path?q=é".replace("é", "%C3%A9")).read() == data
            assert provider.asked[-1][0] == "POST /any/path?q=%C3%A9 HTTP/1.1"
            line = noted(program, number)
            stream = StreamDecoder("auto")
            stream.feed(data)
            stream.close()
            usage = stream.response.as_dict()["usage"]
            assert line["dialect"] == (dialect if answer.blocks else line["dialect"])
            assert (line["outcome"], line["usage"]) == (stream.outcome.value, usage)
            assert [name for name, _ in line["tool_calls"]] == [call.name for call in answer.calls]
            assert line["client_gone"] is False


def test_gateway_forwards_what_it_cannot_read() -> None:
    odd = [
        NASTY,
        bytes(range(256)) * 10,
        b"\xef\xbb\xbfdata: a\r\n\r",
        b'{"error": {"message": "no"}}',
        gzip.compress(NASTY),
        b"data: " + 70_000_000 * b"x" + b"\n\n",  # more than an event may have
    ]
    with providing() as provider, gateway(provider) as (url, program):
        # Whatever it was asked for, and by whichever name it calls it.
        provider.status = 207
        provider.headers = {"Content-Type": "text/odd", "Content-Encoding": "gzip"}
        for number, data in enumerate(odd):
            provider.pieces = chunkings.sized(data, 1 << 20)
            response = ask(url, "/")
            assert response.read() == data
            assert (response.status, response.headers["Content-Type"]) == (207, "text/odd")
            assert noted(program, number)["tool_calls"] == []
            assert provider.asked[-1][1]["Accept-Encoding"] == "identity"
            assert provider.asked[-1][1]["Host"] == provider.url.removeprefix("http://")


def test_gateway_notes_usage_when_the_client_leaves() -> None:
    pieces = mock("anthropic", tools=True)
    left = threading.Event()

    def go_on_slowly(number: int) -> None:
        if number == 4:
            left.wait(TIME_FOR_ONE)
        time.sleep(0.02)  # time to notice

    with providing(*pieces) as provider, gateway(provider) as (url, program):
        provider.before = go_on_slowly
        response = ask(url, "/v1/messages")
        response.readline()
        response.close()
        left.set()
        line = noted(program)
    assert (line["client_gone"], line["outcome"]) == (True, "complete")
    assert (line["usage"]["input_tokens"], line["usage"]["output_tokens"]) == (9, 21)
    assert line["tool_calls"] == [["weather", True]]


def test_gateway_passes_on_that_the_provider_breaks() -> None:
    with providing(*mock("openai-chat")[:5]) as provider, gateway(provider) as (url, program):
        provider.breaks = True
        response = ask(url, "/")
        with pytest.raises((HTTPException, ConnectionError)):
            response.read()
        assert noted(program)["outcome"] == "truncated"
    with providing() as gone:
        pass
    with gateway(gone) as (url, _):
        assert ask(url, "/").status == 502


def test_gateway_writes_before_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    needs("aiohttp")
    from aiohttp import ClientSession, web

    module = load(GATEWAY)
    order: list[str] = []
    write, feed = web.StreamResponse.write, StreamDecoder.feed

    async def writes(self: Any, data: Any) -> None:
        order.append("write")
        await write(self, data)

    def feeds(self: StreamDecoder, data: bytes) -> Any:
        order.append("feed")
        return feed(self, data)

    monkeypatch.setattr(web.StreamResponse, "write", writes)
    monkeypatch.setattr(StreamDecoder, "feed", feeds)

    async def main() -> bytes:
        runner = web.AppRunner(module.app)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            url = "http://127.0.0.1:{1}/".format(*runner.addresses[0])
            async with ClientSession() as session, session.post(url, json={}) as response:
                return bytes(await response.read())
        finally:
            await runner.cleanup()

    with providing(NASTY) as provider:
        monkeypatch.setattr(module, "UPSTREAM", provider.url)
        assert asyncio.run(asyncio.wait_for(main(), TIME_FOR_ONE)) == NASTY
    assert order[:2] == ["write", "feed"]
    assert order == ["write", "feed"] * (len(order) // 2)


# -- the batch -------------------------------------------------------------------------------------


def test_batch(tmp_path: Path) -> None:
    needs("dask")
    expected = []
    for number, (_, answer, data) in enumerate(drawn(3)):
        path = tmp_path / f"{number:02}.sse"
        path.write_bytes(data)
        stream = StreamDecoder("auto")
        stream.feed(data)
        stream.close()
        usage = stream.response.usage
        tokens = [usage and usage.input_tokens, usage and usage.output_tokens]
        names = [call.name for call in answer.calls]
        assert [call.name for call in stream.response.all_tool_calls] == names
        expected.append((path, stream.outcome.value, tokens, len(names), ""))
    odd = {
        "cut.sse": (b"".join(mock("openai-chat", tools=True)[:-2]), "truncated", 1, ""),
        "page.html": (b"<html>", "not_sse", 0, ""),
        "large.sse": (b"data: " + 70_000_000 * b"x", "empty", 0, "max_event_bytes"),
    }
    for name, (data, outcome, calls, problem) in odd.items():
        (tmp_path / name).write_bytes(data)
        expected.append((tmp_path / name, outcome, [None, None], calls, problem))
    done = run("dask_batch", *(path for path, *_ in expected))
    assert done.stderr == ""
    _, *rows, total = done.stdout.splitlines()
    assert len(rows) == len(expected)
    for row, (path, outcome, tokens, calls, problem) in zip(rows, expected):
        name, *facts, called, why = row.split("\t")
        assert (name, facts) == (str(path), [outcome, *map(str, tokens)])
        assert len(called.split(", ") if called else []) == calls
        assert problem in why
    assert "weather (cut)" in rows[-3]
    assert "'truncated': 1" in total
