"""What the tests of examples/ share: programs to start, and a provider that sends what it is told.

Everything talks to this machine only, is bounded in time, and is ended by the test that started it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
TIME_FOR_ONE = 20.0  # seconds for a program to start, to print a line, to end


def needs(*packages: str) -> None:
    """Skip where one of these is not installed."""
    for package in packages:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed; it is in the [examples] extra")


def load(name: str) -> ModuleType:
    """An example as a module, for its functions."""
    spec = importlib.util.spec_from_file_location(f"examples_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# -- programs ----------------------------------------------------------------------------------


def command(name: str, *arguments: object) -> list[str]:
    return [sys.executable, str(EXAMPLES / f"{name}.py"), *map(str, arguments)]


def environment(**more: object) -> dict[str, str]:
    """This one; with our package, text as UTF-8, no proxy."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    ours = {"PYTHONUTF8": "1", "PYTHONPATH": path}
    return {**kept, **ours, **{name: str(more[name]) for name in more}}


def run(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(name, *arguments),
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=3 * TIME_FOR_ONE,
    )


class Program:
    """A running example, and the lines it has printed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self.news = threading.Condition()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self.news:
                self.lines.append(line)
                self.news.notify_all()

    def line(self, pattern: str, number: int = 0) -> re.Match[str]:
        """The first line in which this is found, or another one; waits for it."""

        def found() -> list[re.Match[str]]:
            return [match for line in self.lines if (match := re.search(pattern, line))]

        with self.news:
            if not self.news.wait_for(lambda: len(found()) > number, TIME_FOR_ONE):
                pytest.fail(f"no line with {pattern!r} in\n{''.join(self.lines)}")
        return found()[number]


@contextlib.contextmanager
def running(name: str, *arguments: object, **variables: object) -> Iterator[tuple[str, Program]]:
    """A server of examples/ on a free port: its address, and what it prints."""
    process = subprocess.Popen(
        command(name, *arguments),
        env=environment(PORT=0, PYTHONUNBUFFERED=1, **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    program = Program(process)
    try:
        yield program.line(r"http://127\.0\.0\.1:\d+")[0], program
    finally:
        process.terminate()
        try:
            process.wait(TIME_FOR_ONE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(TIME_FOR_ONE)
        program.reader.join(TIME_FOR_ONE)
        assert process.stdout is not None
        process.stdout.close()


# -- a provider --------------------------------------------------------------------------------


class Provider(ThreadingHTTPServer):
    """Sends these pieces, whatever it is asked.

    Attributes:
        before: called with the number of each piece, and with that of the end, before it is sent.
        chunked: whether in HTTP chunks, or until the connection is closed.
        breaks: whether the connection breaks in place of an end of the body.
        waits: whether the end is that the client goes away.
        asked: the line, the headers and the body of each request.
        left: set when the client has gone away early.
    """

    daemon_threads = True

    def __init__(self, pieces: list[bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pieces = pieces
        self.status = 200
        self.headers = {"Content-Type": "text/event-stream"}
        self.before: Callable[[int], object] = lambda number: None
        self.chunked, self.breaks, self.waits = True, False, False
        self.asked: list[tuple[str, Message, bytes]] = []
        self.left = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Provider
    disable_nagle_algorithm = True
    timeout = TIME_FOR_ONE

    def do_POST(self) -> None:
        provider = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        provider.asked.append((self.requestline, self.headers, body))
        # Version 1.0 has no chunks: there the body ends with the connection.
        self.protocol_version = "HTTP/1.1" if provider.chunked else "HTTP/1.0"
        self.close_connection = True
        self.send_response(provider.status)
        for name, value in provider.headers.items():
            self.send_header(name, value)
        if provider.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for number, piece in enumerate(provider.pieces):
                provider.before(number)
                self.send(piece)
            provider.before(len(provider.pieces))
            if provider.waits and not self.connection.recv(1):
                provider.left.set()
            elif not provider.breaks:
                self.send(b"")
        except ConnectionError:
            provider.left.set()

    def send(self, piece: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if self.server.chunked else piece)

    def log_message(self, format: str, *values: object) -> None:
        pass


@contextlib.contextmanager
def providing(*pieces: bytes) -> Iterator[Provider]:
    with Provider([*pieces]) as provider:
        thread = threading.Thread(target=provider.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield provider
        finally:
            provider.shutdown()
            thread.join()
