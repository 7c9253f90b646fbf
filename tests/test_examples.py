"""Every program of examples/ is run, as its reader would run it: ``python -m pytest -m examples``.

Needs the packages of the [examples] extra; what needs one that is absent is skipped. The gateway
and the batch are in ``test_examples_beside.py``, the page is in ``test_examples_page.py``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import subprocess
import threading
import time
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from typing import Any

import pytest

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
from sse_core.testing import chunkings, reference

from .example_programs import (
    EXAMPLES,
    NASTY,
    PATHS,
    TEXT,
    TIME_FOR_ONE,
    ask,
    command,
    environment,
    load,
    mock,
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
REST = {
    "aiohttp_gateway": ["aiohttp"],
    "dask_batch": ["dask"],
    "many_streams": ["httpx"],
    "mock_server": [],
    "reconnect_client": ["httpx"],
}
PROGRAMS = {**CLIENTS, **SERVERS, **REST}

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


def test_reconnecting_client() -> None:
    """Its connection ends, breaks, is refused for a while; what it asks for goes on every time."""
    needs(*REST["reconnect_client"])
    connections = [
        (200, b"retry: 10\nid: 1\ndata: a\n\nid: 2\ndata: b\n\ndata: lost", False),
        (503, b"", False),
        (200, b"data: c\n\nid: 3\ndata: d\n\nid: 4\nda", True),
        (200, b"", True),
        (200, b"id\ndata: e\n\n", False),
        (204, b"", False),
    ]
    with providing(b"") as provider:

        def next_connection() -> None:
            provider.status, data, provider.breaks = connections[len(provider.asked) - 1]
            provider.pieces = chunkings.sized(data, 7)

        provider.each = next_connection
        done = run("reconnect_client", provider.url)
        ids = [headers["Last-Event-ID"] for _, headers, _ in provider.asked]
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout.splitlines() == ["1 a", "2 b", "2 c", "3 d", " e"]
    assert ids == [None, "2", "2", "3", "3", None]


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
