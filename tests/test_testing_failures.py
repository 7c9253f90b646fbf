"""The kit and code that nobody has looked at: what exits, hangs, or gives what cannot be shown."""

from __future__ import annotations

import asyncio
import io
import sys
from pathlib import Path
from typing import Any

import pytest

from sse_core import ServerSentEvent, SSEDecoder, StreamDecoder, encode_event
from sse_core.testing import (
    ConformanceError,
    check_decoder,
    check_encoder,
    check_stream,
    conformance,
    failures,
    process,
)
from sse_core.testing.run import main

HERE = "tests.test_testing_failures"


PROGRAM = [sys.executable, str(Path(__file__).parent / "programs" / "remote.py")]


def report(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    return main(["run", *arguments], out), out.getvalue()


class Raises(SSEDecoder):
    """Raises what a subclass says, behind an id with NUL."""

    claims = ("event", "id", "prompt")
    raised: BaseException

    def feed(self, data: Any) -> list[ServerSentEvent]:
        if b"\0" in bytes(data):
            raise self.raised
        return super().feed(data)


class Exits(Raises):
    """As a worker does which thinks that it is a program."""

    raised = SystemExit(0)


class Cancelled(Raises):
    """As what awaits something that is stopped."""

    raised = asyncio.CancelledError()


class Closed(Raises):
    """As a generator that is closed."""

    raised = GeneratorExit()


class Interrupted(Raises):
    """The user has had enough."""

    raised = KeyboardInterrupt()


# -- what is raised ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Exits", "raised SystemExit(0)"),
        ("Cancelled", "raised CancelledError()"),
        ("Closed", "raised GeneratorExit()"),
    ],
)
def test_what_is_no_exception_is_a_failure_too(name: str, words: str) -> None:
    code, text = report(f"{HERE}:{name}", "--only", "^vector/id/nul/o|^law/pur", "--examples", "60")
    assert code == 1
    assert "the law of totality" in text
    assert "input     b'\\x00'" in text
    assert words in text


def test_who_presses_control_c_is_obeyed() -> None:
    with pytest.raises(KeyboardInterrupt):
        report(f"{HERE}:Interrupted", "--only", "^vector/id/nul/o")
    with pytest.raises(KeyboardInterrupt):
        report(f"{HERE}:Interrupted", "--only", "^law/purity", "--examples", "100")


def test_a_merger_that_exits_is_found() -> None:
    class Exiting(StreamDecoder):
        def close(self) -> list[Any]:
            sys.exit(0)

    with pytest.raises(ConformanceError, match=r"raised SystemExit\(0\)"):
        check_stream(Exiting)


def test_an_encoder_that_exits_has_not_refused() -> None:
    def exiting(data: str, **rest: Any) -> bytes:
        if "\0" in data:
            sys.exit(0)
        return encode_event(data, **rest)

    with pytest.raises(ConformanceError, match=r"raised SystemExit\(0\)"):
        check_encoder(exiting)


def test_a_factory_that_exits_makes_no_decoder() -> None:
    with pytest.raises(ConformanceError, match=r"raised SystemExit\('bye'\)"):
        check_decoder(lambda: sys.exit("bye"))


def test_a_module_that_exits_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a_program.py").write_text("raise SystemExit(0)\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert report("a_program:Decoder") == (2, "")
    assert "nothing was run: a_program:Decoder: SystemExit: 0" in capsys.readouterr().err


# -- what does not come back ---------------------------------------------------------------------


def test_a_late_answer_is_not_that_to_the_next_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = process.program([*PROGRAM, "dawdles"])
    monkeypatch.setattr(failures, "PATIENCE", 0.3)
    slow = [b"data: slow\n\n"]
    with pytest.raises(ConformanceError, match="it loops"), failures.patience(slow):
        conformance.cut_invariance(adapter, slow)
    for data in (b"data: a\n\n", b"data: b\n\n"):
        conformance.cut_invariance(adapter, [data])


def test_a_frame_that_was_half_sent_is_not_completed_by_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deaf = process.Program([sys.executable, "-c", "import time; time.sleep(60)"])
    monkeypatch.setattr(failures, "PATIENCE", 0.1)
    with pytest.raises(ConformanceError, match="it loops"), failures.patience([]):
        deaf.send("F", 0, b" " * 1_000_000)
    assert deaf._process is None
