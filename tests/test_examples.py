"""Every program of examples/ is run, as its reader would run it: ``python -m pytest -m examples``.

Needs the packages of the [examples] extra; what needs one that is absent is skipped. The page is in
``test_examples_page.py``.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import re
import subprocess
import threading
import time
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sse_core import (
    SSE_HEADERS,
    Anomaly,
    Comment,
    Outcome,
    SSEObserver,
    StreamDecoder,
    Unknown,
    encode_json,
)
from sse_core.testing import chunkings, reference, streams

from .example_programs import (
    EXAMPLES,
    TIME_FOR_ONE,
    Program,
    Provider,
    command,
    environment,
    load,
    needs,
    providing,
    run,
    running,
)

pytestmark = pytest.mark.examples

CLIENTS = {
    "aiohttp_client": ["aiohttp"],
    "httpx2_client": ["httpx2"],
    "httpx_async_client": ["httpx"],
    "httpx_client": ["httpx"],
    "requests_client": ["requests"],
    "urllib3_client": ["urllib3"],
}
SERVERS = {
    "fastapi_restream": ["fastapi", "httpx", "uvicorn"],
    "flask_restream": ["flask", "urllib3"],
}
GATEWAY = "aiohttp_gateway"
REST = {
    GATEWAY: ["aiohttp"],
    "dask_batch": ["dask"],
    "many_streams": ["httpx"],
    "mock_server": [],
}
PROGRAMS = {**CLIENTS, **SERVERS, **REST}
PATHS = {"openai-chat": "/v1/chat/completions", "anthropic": "/v1/messages"}

#: Everything the wire knows: all line ends, comments, ids, several lines, ignored fields.
NASTY = (
    b": hello\r\n\r\ndata: a\r\n\r\nid: 7\ndata: b1\ndata:b2\r\rretry: 9000\nevent: x\rdata\n\n"
    b"nobody: knows\r\n\r\ndata: caf\xc3\xa9 \xff\n\ndata: {}\r\ndata: :\r\n\r\n: \n\ndata: z\n\n"
)


def mock(dialect: str, tools: bool = False) -> list[bytes]:
    """What the mock server sends."""
    module = load("mock_server")
    named = {"name": "weather", "function": {"name": "weather"}}
    return [*module.ANSWERS[PATHS[dialect]]([named] if tools else [])]


TEXT: str = load("mock_server").TEXT


def ask(url: str, path: str, body: object = None) -> HTTPResponse:
    """The response to a POST as soon as its headers are there."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=TIME_FOR_ONE)
    headers = {"Content-Type": "application/json", "Connection": "close"}
    connection.request("POST", path, json.dumps(body or {"stream": True}), headers)
    return connection.getresponse()


# -- the folder ----------------------------------------------------------------------------------


def test_readme_has_a_row_for_each_file() -> None:
    rows = re.findall(
        r"^\| \[`(\S+)`\]\(\1\) \|", (EXAMPLES / "README.md").read_text("utf-8"), re.M
    )
    assert sorted(rows) == sorted(
        path.name for path in EXAMPLES.iterdir() if path.suffix in (".py", ".html")
    )
    assert sorted(rows) == sorted([*(f"{name}.py" for name in PROGRAMS), "page.html"])


def test_program_of_the_main_readme() -> None:
    """It is shown there without its docstring."""
    readme = (EXAMPLES.parent / "README.md").read_text("utf-8")
    ((name, shown),) = re.findall(
        r"^<!-- is examples/(\S+) -->\n```py\n(.*?)^```$", readme, re.M | re.S
    )
    assert (EXAMPLES / name).read_text("utf-8").split('"""\n\n', 1)[1] == shown


def test_examples_are_short() -> None:
    sizes = [len(path.read_text("utf-8").splitlines()) for path in EXAMPLES.glob("*.[ph]*")]
    assert max(sizes) <= 90
    assert sorted(sizes)[len(sizes) // 2] <= 45


# -- clients -------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "until it closes"])
@pytest.mark.parametrize("name", CLIENTS)
def test_client_prints_while_the_answer_comes(name: str, chunked: bool) -> None:
    """The provider goes on only when the first words were printed."""
    needs(*CLIENTS[name])
    dialect = "anthropic" if chunked else "openai-chat"
    pieces = mock(dialect)
    printed = threading.Event()
    waited = []

    def wait_once(number: int) -> None:
        if number == 5:
            waited.append(printed.wait(TIME_FOR_ONE))

    with providing(*pieces) as provider:
        provider.chunked, provider.before = chunked, wait_once
        process = subprocess.Popen(
            command(name, provider.url + PATHS[dialect], dialect),
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        with process, ended(process):
            assert process.stdout is not None
            assert process.stderr is not None
            first = process.stdout.read(len("Server-sent"))
            printed.set()
            rest = process.stdout.read()
            problem = process.stderr.read()
    assert (waited, problem, process.returncode) == ([True], b"", 0)
    assert (first + rest).decode() == TEXT + "\n"


@contextlib.contextmanager
def ended(process: subprocess.Popen[Any]) -> Iterator[None]:
    """In any case, and after some time by force: then the test fails where it reads."""
    timer = threading.Timer(2 * TIME_FOR_ONE, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        process.kill()


@pytest.mark.parametrize("name", CLIENTS)
def test_client_is_not_silent_about_a_cut(name: str) -> None:
    needs(*CLIENTS[name])
    with providing(*mock("openai-chat")[:4]) as cut, providing() as busy:
        busy.status = 503
        with ThreadPoolExecutor() as threads:  # both at once, for the time it takes
            urls = [cut.url, busy.url]
            done = [*threads.map(lambda url: run(name, url, "openai-chat"), urls)]
    assert [(one.stdout, one.returncode) for one in done] == [
        ("Server-sent events are", 1),
        ("", 1),
    ]
    assert "IncompleteError: " in done[0].stderr
    assert "503" in done[1].stderr


@pytest.mark.parametrize("dialect", PATHS)
def test_mock_server_sends_clean_streams(dialect: str) -> None:
    stream = StreamDecoder("auto")
    events = stream.feed(b"".join(mock(dialect, tools=True))) + stream.close()
    assert [event for event in events if isinstance(event, (Anomaly, Unknown))] == []
    response = stream.response
    assert (stream.dialect, response.outcome, response.text) == (dialect, Outcome.COMPLETE, TEXT)
    assert [(call.name, call.parsed) for call in response.tool_calls] == [
        ("weather", {"city": "Oslo"})
    ]
    assert response.usage is not None
    assert (response.usage.input_tokens, response.usage.output_tokens) == (9, 21)


def test_mock_server_and_many_streams() -> None:
    needs(*REST["many_streams"])
    with running("mock_server", 0) as (url, _):
        urls = [url + PATHS["openai-chat"], url + PATHS["anthropic"], url + "/elsewhere"]
        done = run("many_streams", *urls)
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[-3:] == [
        f"0 is complete: {TEXT}",
        f"1 is complete: {TEXT}",
        "2 failed: HTTPStatusError",
    ]
    shown = [line[0] for line in lines[:-3]]
    assert shown.count("0") == shown.count("1") == len(TEXT.split(" "))
    assert shown != sorted(shown)  # both at once


# -- servers that re-stream ------------------------------------------------------------------------

HEARTBEAT = 0.002


def by_fastapi(pieces: list[bytes]) -> bytes:
    async def chunks() -> AsyncGenerator[bytes, None]:
        for piece in pieces:
            await asyncio.sleep(3 * HEARTBEAT)
            yield piece

    async def main() -> bytes:
        return b"".join(
            [data async for data in load("fastapi_restream").restream(chunks(), HEARTBEAT)]
        )

    return asyncio.run(main())


def by_flask(pieces: list[bytes]) -> bytes:
    class Upstream:
        left = iter(pieces)

        def read1(self) -> bytes:
            time.sleep(3 * HEARTBEAT)
            return next(self.left, b"")

        def close(self) -> None:
            self.left = iter([])

    return b"".join(load("flask_restream").restream(Upstream(), HEARTBEAT))


@pytest.mark.parametrize("restream", [by_fastapi, by_flask], ids=SERVERS)
def test_heartbeats_break_no_event(restream: Any) -> None:
    """There is a pause behind each byte, and so time for a heartbeat wherever a chunk may end."""
    needs(*SERVERS[{by_fastapi: "fastapi_restream", by_flask: "flask_restream"}[restream]])
    sent = restream(chunkings.bytewise(NASTY))
    observer = SSEObserver()
    comments = [item.text for item in observer.feed(sent) if isinstance(item, Comment)]
    assert comments.count("heartbeat") > 3  # about two in each of a dozen places
    assert [text for text in comments if text != "heartbeat"] == ["hello", ""]
    assert sent.replace(b": heartbeat\n", b"") == NASTY
    expected, got = reference.decode(NASTY), reference.decode(sent)
    assert [(e.event, e.data, e.id) for e in got.events] == [
        (e.event, e.data, e.id) for e in expected.events
    ]
    assert (got.retry, got.last_event_id) == (expected.retry, expected.last_event_id)


@pytest.mark.parametrize("name", SERVERS)
def test_restreaming_server(name: str) -> None:
    needs(*SERVERS[name])
    answer = b"".join(mock("openai-chat", tools=True))
    with (
        providing(*chunkings.sized(answer, 101)) as provider,
        running(name, UPSTREAM=provider.url + "/there", HEARTBEAT=0.01) as (url, _),
    ):
        came, waited = threading.Event(), []

        def wait_once(number: int) -> None:
            if number == 9:  # it does not wait for the rest
                waited.append(came.wait(TIME_FOR_ONE))
            time.sleep(0.03)

        provider.before = wait_once
        response = ask(url, "/chat", {"question": "é"})
        sent = b""
        while b"\n\n" not in sent:
            sent += response.readline()
        came.set()
        sent += response.read()
        ((line, _, body),) = provider.asked
    assert waited == [True]
    assert (line, json.loads(body)) == ("POST /there HTTP/1.1", {"question": "é"})
    assert {header: response.headers[header] for header in SSE_HEADERS} == dict(SSE_HEADERS)
    assert b": heartbeat\n" in sent
    assert sent.replace(b": heartbeat\n", b"") == answer
    stream = StreamDecoder("openai-chat")
    stream.feed(sent)
    assert (stream.response.text, stream.outcome) == (TEXT, Outcome.COMPLETE)


# WSGI says nothing of a client that has left; what is written to it does.
@pytest.mark.parametrize(
    ("name", "heartbeat"),
    [("fastapi_restream", 0.05), ("fastapi_restream", 60), ("flask_restream", 0.05)],
)
def test_provider_is_left_when_the_client_leaves(name: str, heartbeat: float) -> None:
    needs(*SERVERS[name])
    with (
        providing(encode_json("said")) as provider,
        running(name, UPSTREAM=provider.url, HEARTBEAT=heartbeat) as (url, _),
    ):
        provider.waits = True
        response = ask(url, "/chat")
        assert b'data: "said"\n' in iter(response.readline, b"")
        response.close()
        assert provider.left.wait(TIME_FOR_ONE)


@pytest.mark.parametrize("name", SERVERS)
def test_provider_that_refuses_or_breaks(name: str) -> None:
    needs(*SERVERS[name])
    with (
        providing(b'{"error": "busy"}') as provider,
        running(name, UPSTREAM=provider.url) as (url, _),
    ):
        for status, media_type in (
            (429, "application/json"),
            (429, "text/event-stream"),
            (200, "application/json"),
        ):
            provider.status, provider.headers = status, {"Content-Type": media_type}
            response = ask(url, "/chat")
            body = response.read()
            if name == "flask_restream":
                assert (response.status, body) == (status, b'{"error": "busy"}')
            else:
                stream = StreamDecoder("openai-chat")
                stream.feed(body)
                assert stream.response.error is not None
                assert stream.response.error.code == str(status)
        provider.headers, provider.breaks = {"Content-Type": "text/event-stream"}, True
        response = ask(url, "/chat")
        with pytest.raises((HTTPException, ConnectionError)):  # no end is made up
            response.read()


# -- the gateway -----------------------------------------------------------------------------------


@contextlib.contextmanager
def gateway(provider: Provider) -> Iterator[tuple[str, Program]]:
    needs(*REST[GATEWAY])
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
    needs(*REST[GATEWAY])
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
    needs(*REST["dask_batch"])
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
