"""An adapter of a program in any language: bytes in at its standard input, JSON lines out.

To the program come frames: a kind, which is one byte; the number of a stream, which is one; a
length, which is four, the most significant first; and so many bytes.

====  =================================================  =========================
kind  means                                              the program answers
====  =================================================  =========================
N     a stream of this number begins, in the place of    nothing
      the one that had it; the bytes are the last event
      id it begins with
F     these bytes are pushed                             one line
E     the input is over                                  one line
====  =================================================  =========================

A line is a JSON object: ``{"events": [["message", "data", "last event id"], …]}``, the events that
the push completed. It may also have ``last_event_id`` (text), ``retry`` (a number, or null), and
``resumes`` (true), if a stream can begin with an id. What its first line does not have, it is not
asked for. The program ends when its input does.
"""

from __future__ import annotations

import atexit
import itertools
import json
import queue
import shlex
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from .adapters import CLAIMS, Adapter, Record

__all__ = ["ProcessError", "Program", "frame", "program"]

#: Seconds that the program may take for an answer.
TIMEOUT = 10.0


class ProcessError(RuntimeError):
    """The program ended, did not answer in time, or answered something else."""


def frame(kind: str, number: int, data: bytes = b"") -> bytes:
    """A frame, as the program reads it."""
    return kind.encode() + bytes([number]) + len(data).to_bytes(4, "big") + data


class Program:
    """A program that runs, and its streams. ``close`` ends it.

    Raises:
        ProcessError: it is no command: a quotation mark is missing, or there are no words.
    """

    def __init__(self, command: str | Sequence[str]) -> None:
        try:
            self.command = shlex.split(command) if isinstance(command, str) else list(command)
        except ValueError as error:
            raise ProcessError(f"no command: {error}") from error
        if not self.command:
            raise ProcessError("no command")
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._errors: list[bytes] = []
        self._readers: list[threading.Thread] = []
        self._numbers = itertools.cycle(range(256))

    def begin(self, last_event_id: str = "") -> int:
        """The number of a new stream."""
        number = next(self._numbers)
        self.send("N", number, last_event_id.encode())
        return number

    def ask(self, kind: str, number: int, data: bytes = b"") -> dict[str, Any]:
        """Send a frame, and read the line that answers it.

        Raises:
            ProcessError: there is no such line.
        """
        with self._or_closed():
            self.send(kind, number, data)
            return self._answer()

    def _answer(self) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=TIMEOUT)
        except queue.Empty:
            raise ProcessError(f"no answer in {TIMEOUT:g} seconds") from None
        if not line:
            self.close()  # and its last words have been read
            said = b"".join(self._errors).decode("utf-8", "replace").strip()
            raise ProcessError(f"the program has ended{said and f': {said}'}")
        try:
            answer = json.loads(line)
            answer["events"] = [_event(event) for event in answer["events"]]
        except (ValueError, KeyError, TypeError) as error:
            raise ProcessError(f"not an answer: {line[:200]!r}") from error
        found: dict[str, Any] = answer
        return found

    def send(self, kind: str, number: int, data: bytes = b"") -> None:
        """Send a frame."""
        stdin = self._running().stdin
        assert stdin is not None
        # It may have ended: the answer that does not come will say so.
        with self._or_closed(), suppress(OSError):
            stdin.write(frame(kind, number, data))
            stdin.flush()

    @contextmanager
    def _or_closed(self) -> Iterator[None]:
        # Whatever interrupts it, an alarm too: a frame that was half sent would be completed by the
        # next one, and an answer that comes late would be taken for that to the next one.
        try:
            yield
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the program. The next frame starts it again."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for reader in self._readers:
                reader.join()
            for stream in (process.stdin, process.stdout, process.stderr):
                assert stream is not None
                with suppress(OSError):  # what was not sent cannot be sent any more
                    stream.close()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._lines, self._errors = queue.Queue(), []
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            args = (self._process, self._lines, self._errors)
            self._readers = [
                threading.Thread(target=target, args=args, daemon=True)
                for target in (self._read_lines, self._read_errors)
            ]
            for reader in self._readers:
                reader.start()
        return self._process

    @staticmethod
    def _read_lines(process: Any, lines: queue.Queue[bytes], errors: list[bytes]) -> None:
        for line in process.stdout:
            lines.put(line)
        lines.put(b"")

    @staticmethod
    def _read_errors(process: Any, lines: queue.Queue[bytes], errors: list[bytes]) -> None:
        for line in process.stderr:
            errors[:] = [*errors[-4:], line]


def _event(event: Any) -> Record:
    kind, data, id = event
    if not (isinstance(kind, str) and isinstance(data, str) and isinstance(id, str)):
        raise TypeError(event)
    return kind, data, id


class _Remote:
    """A decoder over there."""

    def __init__(self, program: Program, last_event_id: str = "") -> None:
        self.program = program
        self.number = program.begin(last_event_id)
        self.last_event_id = ""
        self.retry: int | None = None

    def ask(self, kind: str, data: bytes = b"") -> list[Record]:
        answer = self.program.ask(kind, self.number, data)
        self.last_event_id = answer.get("last_event_id", "")
        self.retry = answer.get("retry")
        return list(answer["events"])


def program(command: str | Sequence[str]) -> Adapter:
    """An adapter of a program. It is started with the first frame, and ends with this process.

    Raises:
        ProcessError: it cannot be started, or does not answer to the first frames.
    """
    one = Program(command)
    atexit.register(one.close)
    try:
        first = one.ask("F", one.begin())
    except OSError as error:
        raise ProcessError(f"cannot be started: {error}") from error
    silent = {name for name in ("last_event_id", "retry") if name not in first}
    return Adapter(
        lambda: _Remote(one),
        lambda remote, data: remote.ask("F", bytes(data)),
        lambda remote: remote.ask("E"),
        frozenset(CLAIMS.keys() - silent),
        lambda event: (event[0], event[1], event[2]),
        (lambda id: _Remote(one, id)) if first.get("resumes") else None,
    )
