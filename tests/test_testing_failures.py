"""The kit and code that nobody has looked at: what exits, hangs, or gives what cannot be shown."""

from __future__ import annotations

import asyncio
import io
import json
import re
import sys
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
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
    decoder_checks,
    failures,
    process,
    stream_checks,
)
from sse_core.testing.adapters import adapt
from sse_core.testing.run import main, outcomes
from sse_core.testing.stream_conformance import adapt_stream

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


class Loops:
    """Never returns."""

    def feed(self, data: bytes) -> list[Any]:
        while True:
            pass


class LoopsLater(SSEDecoder):
    """Does not come back from what no vector has, and tells how often it was tried."""

    tried = 0

    def feed(self, data: Any) -> list[ServerSentEvent]:
        events = super().feed(data)
        if any("\x7f" in event.data for event in events):
            LoopsLater.tried += 1
            while True:
                pass
        return events


class LoopsWithout(SSEDecoder):
    """Wrong, and does not come back from what is left of the input without its first byte."""

    def feed(self, data: Any) -> list[ServerSentEvent]:
        while bytes(data).startswith(b"ata"):
            pass
        return []


class Hangs(StreamDecoder):
    """Does not come back, and catches what it can."""

    def close(self) -> list[Any]:
        while True:
            with suppress(Exception):
                while True:
                    pass


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


def test_a_decoder_that_loops_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "PATIENCE", 0.2)
    code, text = report(f"{HERE}:Loops", "--json", str(tmp_path / "report.json"))
    assert code == 1
    assert "nothing for 0.2 seconds: it loops" in text
    assert "and by the same input" not in text
    found = re.search(r"(\d+) checks, 3 failed, (\d+) not run, as 3 gave no answer\n$", text)
    assert found
    count, not_run = found.groups()
    assert int(count) == int(not_run) + 3
    checks = json.loads((tmp_path / "report.json").read_text())["checks"]
    assert Counter((one["ran"], one["passed"]) for one in checks) == {
        (True, False): 3,
        (False, False): int(not_run),
    }


def test_what_was_not_run_is_no_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "PATIENCE", 0.1)
    known = tmp_path / "known.txt"
    report(f"{HERE}:Loops", "--write-expected-failures", str(known))
    code, text = report(f"{HERE}:Loops", "--expected-failures", str(known))
    assert (code, "0 failed, 3 failed as expected" in text, "STALE" in text) == (1, True, False)


def test_an_input_that_was_generated_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "PATIENCE", 1.0)
    LoopsLater.tried = 0
    checks = {one.id: one for one in decoder_checks(LoopsLater, examples=500, seed=0)}
    again = checks["law/cut_invariance"].again
    assert again is not None
    with pytest.raises(ConformanceError, match="it loops") as caught:
        deque(map(again, range(50)), maxlen=0)  # not each of the seeds comes to it
    assert caught.value.loops
    assert b"\x7f" in caught.value.data
    assert LoopsLater.tried == 1


def test_what_loops_when_it_is_smaller_is_not_made_smaller_still(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(failures, "PATIENCE", 0.5)
    check = next(one for one in decoder_checks(LoopsWithout) if one.id == "vector/data/one-line")
    begun = time.monotonic()
    with pytest.raises(ConformanceError) as caught:
        check.run()
    assert caught.value.data == b"ata: hello\n\n"
    assert time.monotonic() - begun < 5


def test_a_merger_that_loops_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "PATIENCE", 0.1)
    with pytest.raises(ConformanceError, match=r"nothing for 0\.1 seconds"):
        check_stream(Hangs)


def test_an_encoder_that_loops_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def looping(data: str, **rest: Any) -> bytes:
        while "\0" in data:
            pass
        return encode_event(data, **rest)

    monkeypatch.setattr(failures, "PATIENCE", 0.5)
    with pytest.raises(ConformanceError, match=r"nothing for 0\.5 seconds") as caught:
        check_encoder(looping)
    assert caught.value.expected == {"data": "a\0b"}


# -- what cannot be shown, compared or read ------------------------------------------------------


class TextForATime:
    """Its time is the text of the field; before there is one, it has none, which it claims."""

    claims = ("retry",)

    def __init__(self) -> None:
        self.decoder = SSEDecoder()

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        events = self.decoder.feed(data)
        if self.decoder.retry is not None:
            self.retry = str(self.decoder.retry)
        return events


class Incomparable(str):
    """A text that cannot be compared."""

    def __eq__(self, other: object) -> bool:
        raise ValueError("ambiguous")

    __hash__ = str.__hash__


class Strange(SSEDecoder):
    """Gives such texts."""

    claims = ("event", "id", "prompt")

    def feed(self, data: Any) -> list[ServerSentEvent]:
        return [one._replace(data=Incomparable(one.data)) for one in super().feed(data)]


class Unshown(Exception):
    """An error, and another if it is shown."""

    def __repr__(self) -> str:
        raise ValueError("no repr")


class Secret(SSEDecoder):
    """Raises what cannot be shown."""

    def feed(self, data: Any) -> list[ServerSentEvent]:
        raise Unshown


@pytest.mark.parametrize(
    ("factory", "words"),
    [
        (TextForATime, "has no attribute 'retry'"),
        (Strange, "raised ValueError('ambiguous')"),
        (Secret, "raised <Unshown: its repr raises ValueError>"),
    ],
)
def test_what_can_be_neither_compared_nor_shown_is_a_failure(factory: Any, words: str) -> None:
    checks = decoder_checks(factory, examples=20, seed=0)
    failed = [one for one in outcomes([*checks[:9], *checks[-4:]]) if one.error]
    assert {one.id.split("/")[0] for one in failed} == {"vector", "law"}
    with pytest.raises(ConformanceError) as caught:
        check_decoder(factory, examples=5, seed=0)
    assert caught.value.law == "totality"
    assert words in str(caught.value.got)
    assert str(caught.value)


def test_a_time_that_is_a_text_is_wrong() -> None:
    with pytest.raises(ConformanceError) as caught:
        conformance.state(adapt(TextForATime), [b"retry: 5\n"])
    assert (caught.value.expected, caught.value.got) == ({"retry": 5}, {"retry": "5"})


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"choices": [{"text": "a"}]}, "choices is a list"),
        ({"choices": {"0": "a"}}, "one of choices is a str"),
        ({"choices": {"0": {"tool_calls": None}}}, "tool_calls is a NoneType"),
        ({"metadata": "a"}, "metadata is a str"),
        ({"tool_calls": None}, "tool_calls is a NoneType"),
        ({"tool_calls": ["a"]}, "one of tool_calls is a str"),
        ({"tool_calls": [{"id": "a"}]}, "one of tool_calls has no arguments"),
        ({"anomalies": [1]}, "one of anomalies is a int"),
    ],
)
def test_a_reading_of_another_shape_is_a_failure(said: dict[str, Any], words: str) -> None:
    ours = adapt_stream(StreamDecoder)
    strange = ours._replace(read=lambda merger: (ours.read(merger)[0], said))
    with pytest.raises(ConformanceError, match=words) as caught:
        check_stream(strange)
    assert caught.value.law == "totality"


# -- the words of a report -----------------------------------------------------------------------


class BytesOnly(SSEDecoder):
    """Takes nothing else."""

    def feed(self, data: Any) -> list[ServerSentEvent]:
        if not isinstance(data, bytes):
            raise TypeError("bytes only")
        return super().feed(data)


class Shared(SSEDecoder):
    """One buffer for all."""

    held = b""

    def feed(self, data: Any) -> list[ServerSentEvent]:
        *whole, rest = (Shared.held + bytes(data)).split(b"\n\n")
        Shared.held = rest
        return [event for block in whole for event in SSEDecoder().feed(block + b"\n\n")]


def told(run: Callable[[], object]) -> str:
    with pytest.raises(ConformanceError) as caught:
        run()
    return str(caught.value)


def test_what_was_fed_is_what_the_report_shows() -> None:
    text = told(lambda: conformance.purity(adapt(BytesOnly), [b"a", b""]))
    assert "  fed as    [bytearray(b'a'), bytearray(b'')]\n" in text
    assert "beside" not in text
    Shared.held = b""
    text = told(lambda: conformance.purity(adapt(Shared), [b"data: a\n\n", b"data: b\n\n"]))
    assert "  fed as    [b'data: a\\n\\n', b'data: b\\n\\n']\n" in text
    assert "  beside    another decoder was fed b'data: \\xe2' behind each push\n" in text


class Deaf(SSEDecoder):
    """Reads nothing."""

    def feed(self, data: Any) -> list[ServerSentEvent]:
        return []


def test_what_was_not_cut_is_no_matter_of_cuts() -> None:
    for chunks, words in (
        ([b"data\n\n"], "the decoder does not read as the standard says\n"),
        ([b"data", b"\n\n"], "the decoder breaks the law of cut invariance\n"),
    ):
        assert told(partial(conformance.cut_invariance, adapt(Deaf), chunks)).startswith(words)


def test_mergers_and_encoders_are_called_so() -> None:
    ours = adapt_stream(StreamDecoder)
    silent = ours._replace(read=lambda merger: (ours.read(merger)[0], {}))
    text = told(lambda: check_stream(silent))
    assert text.startswith("the merger does not read as the reference of the dialect says\n")
    broken = ours._replace(dialects=("openai-chat",), read=lambda merger: [][0])
    assert told(lambda: check_stream(broken)).startswith("the merger breaks the law of totality\n")
    law = next(one for one in stream_checks(silent, examples=9) if one.id.startswith("law/round"))
    assert told(law.run).startswith("the merger breaks the law of round trip\n")
    text = told(lambda: check_encoder(lambda data, **rest: f"data: {data}\n\n"))
    assert text.startswith("the encoder breaks the law of round trip: ")
    assert "  wrote     b'data: " in text
    text = told(lambda: check_encoder(lambda data, **rest: [][0]))
    assert "wrote" not in text


# -- what is claimed -----------------------------------------------------------------------------


class Typo(SSEDecoder):
    """Would be compared in nothing but its data."""

    claims = ("events", "ids")


class OneText(SSEDecoder):
    """A pair of brackets with a comma is missing."""

    claims = "event"


@pytest.mark.parametrize(
    ("name", "words"),
    [("Typo", "claims has 'events', 'ids', which is none of"), ("OneText", "claims has 'e', 'n',")],
)
def test_claims_that_there_are_not_are_refused(
    name: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(f"{HERE}:{name}") == (2, "")
    said = capsys.readouterr().err
    assert f"nothing was run: {words}" in said
    assert said.count("\n") == 1


def test_claims_of_a_merger_that_there_are_not_are_refused() -> None:
    with pytest.raises(ValueError, match="claims has 'texts', which is none of anomalies, "):
        check_stream(adapt_stream(StreamDecoder)._replace(claims=frozenset({"texts"})))
