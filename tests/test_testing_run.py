"""The kit as a command, as a pytest plugin, and beside programs in other languages."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sse_core import ServerSentEvent, SSEDecoder, StreamDecoder
from sse_core.testing import (
    Adapter,
    Check,
    ConformanceError,
    adapters,
    check_decoder,
    conformance,
    decoder_checks,
    peers,
    process,
    pulled,
)
from sse_core.testing.adapters import adapt
from sse_core.testing.run import SUITES, Unusable, baseline, main, named, outcomes
from sse_core.testing.stream_conformance import adapt_stream

PROGRAM = [sys.executable, str(Path(__file__).parent / "programs" / "remote.py")]
HERE = "tests.test_testing_run"


class Keeps(SSEDecoder):
    """Flushes at the end."""

    def close(self) -> list[ServerSentEvent]:
        return self.feed(b"\n\n")


class NoIds(SSEDecoder):
    """Says that it has none."""

    claims = ("event",)

    def feed(self, data: Any) -> list[ServerSentEvent]:
        return [event._replace(id="") for event in super().feed(data)]


class Endless:
    """Returns what never ends."""

    def feed(self, data: bytes) -> Iterator[Any]:
        while True:
            yield ServerSentEvent("x")


class Nothing:
    """Forgets to return."""

    def feed(self, data: bytes) -> None:
        pass


class Third:
    """Reads every block as the same event."""

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        return [ServerSentEvent("?")] if data.endswith(b"\n\n") else []


class Words:
    """Its events are strings."""

    def feed(self, data: bytes) -> list[str]:
        return ["hello"]


class Remembers:
    """Knows what any of them was fed before: wrong the first time only."""

    seen: set[bytes] = set()  # noqa: RUF012

    def __init__(self) -> None:
        self.decoder = SSEDecoder()

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        events = self.decoder.feed(data)
        known = bytes(data) in self.seen
        self.seen.add(bytes(data))
        return events if known or b"\x7f" not in bytes(data) else []


def broken() -> Any:
    """A factory that raises."""
    raise RuntimeError("no decoder today")


NOT_CALLABLE = 3
ADAPTER = adapt(SSEDecoder)
STREAM_ADAPTER = adapt_stream(StreamDecoder)


def makes_an_adapter() -> Adapter:
    """As one may write who does not know that the adapter itself will do."""
    return ADAPTER


def report(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    return main(["run", *arguments], out), out.getvalue()


# -- the command ---------------------------------------------------------------------------------


def test_a_right_decoder_passes() -> None:
    code, text = report("sse_core:SSEDecoder", "--examples", "5")
    assert code == 0
    assert text.endswith(" checks, 0 failed\n")


def test_failures_are_shown_smallest_first_and_may_be_expected(tmp_path: Path) -> None:
    only = ("--only", "vector/end/", "--json", str(tmp_path / "report.json"))
    code, text = report(f"{HERE}:Keeps", *only)
    assert code == 1
    assert "FAILED vector/end/" in text
    assert "  input     b'data'" in text
    checks = json.loads((tmp_path / "report.json").read_text())["checks"]
    failed = [one["id"] for one in checks if not one["passed"]]
    assert failed
    assert len(failed) < len(checks)
    assert all(one["pushes"] for one in checks if not one["passed"])

    known = tmp_path / "known.txt"
    known.write_text("# flushes\n" + "\n".join(f"{id}  # seen" for id in failed))
    code, text = report(f"{HERE}:Keeps", *only, "--expected-failures", str(known))
    assert (code, "FAILED" in text) == (0, False)
    assert f"{len(failed)} failed as expected" in text

    passing = next(one["id"] for one in checks if one["passed"])
    known.write_text("\n".join([*failed, passing, "vector/comment/empty"]))
    code, text = report(f"{HERE}:Keeps", *only, "--expected-failures", str(known))
    assert code == 1
    assert f"STALE {passing}: it was expected to fail, and passes" in text
    assert text.count("STALE") == 1
    assert json.loads((tmp_path / "report.json").read_text())["stale"] == [passing]


def test_an_id_that_no_check_has_is_told_from_one_that_is_not_run(tmp_path: Path) -> None:
    known = tmp_path / "known.txt"
    others = ["law/purity", "encoder/data/a NUL", "law/totality/gemini", "vector/text/text/events"]
    known.write_text("\n".join(["vector/end/nought  # a typo", *others]))
    only = ("--only", "vector/end/", "--json", str(tmp_path / "report.json"))
    code, text = report("sse_core:SSEDecoder", *only, "--expected-failures", str(known))
    assert code == 1
    assert "UNKNOWN vector/end/nought: it was expected to fail, and there is no such check" in text
    assert text.endswith(" checks, 0 failed, 1 unknown\n")
    assert json.loads((tmp_path / "report.json").read_text())["unknown"] == ["vector/end/nought"]
    known.write_text("\n".join(others))
    assert report("sse_core:SSEDecoder", *only, "--expected-failures", str(known))[0] == 0


def test_the_page_shows_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Path(__file__).parent.parent / "docs" / "testing.md"
    code, shown = (
        page.read_text("utf-8").partition(mark)[2].partition("\n```")[0]
        for mark in ("<!-- file: mine.py -->\n```python\n", "```text\n")
    )
    (tmp_path / "shown_in_docs.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    only = "vector/(data/empty|colon/missing|newline/crlf/cut-between/bare|json/raw-p)"
    _, text = report("shown_in_docs:Decoder", "--only", only)
    assert shown.startswith("FAILED")
    assert text.startswith(shown)


class Quiet(StreamDecoder):
    """Merges nothing."""

    def feed(self, data: Any) -> list[Any]:
        return []


def unframed(data: str, event: Any = None, id: Any = None, retry: Any = None) -> str:
    """As it stands in many a server."""
    return f"data: {data}\n\n"


def test_each_kind_has_its_suite(tmp_path: Path) -> None:
    few = ("--examples", "2", "--only", "vector/anthropic/|law/.*/anthropic")
    assert report("--suite", "stream", "sse_core:StreamDecoder", *few)[0] == 0
    code, text = report("--suite", "stream", f"{HERE}:Quiet", *few)
    assert code == 1
    assert "FAILED law/round_trip/anthropic [must]" in text
    assert report("--suite", "encoder", "sse_core:encode_event")[0] == 0
    code, text = report("--suite", "encoder", f"{HERE}:unframed")
    assert code == 1
    assert "FAILED encoder/data/an event of its own [must]" in text


def test_what_fails_now_can_be_written_down(tmp_path: Path) -> None:
    known = tmp_path / "known.txt"
    only = ("--only", "vector/(end|dispatch)/|law/end", "--examples", "20")
    report(f"{HERE}:Keeps", *only, "--write-expected-failures", str(known))
    assert re.search("^vector/end/.*  # .+$", known.read_text(), re.MULTILINE)
    assert "law/end_of_input\n" in known.read_text()
    code, text = report(f"{HERE}:Keeps", *only, "--expected-failures", str(known))
    assert (code, "FAILED" in text, "STALE" in text) == (0, False, False)


def test_a_third_reading_is_not_stale(tmp_path: Path) -> None:
    known = tmp_path / "known.txt"
    checks = [one for one in decoder_checks(Third) if one.kind == "either"]
    third = next(one.id for one in outcomes(checks) if one.error)
    known.write_text(third)
    code, text = report(f"{HERE}:Third", "--only", f"^{third}$", "--expected-failures", str(known))
    assert (code, "STALE" in text) == (0, False)
    options = ("--sse-decoder", f"{HERE}:Third", "--pyargs", "sse_core.testing.suite")
    assert " skipped" in run_pytest(*options, "-k", third.rpartition("/")[2])


def test_what_is_not_claimed_is_not_compared() -> None:
    code, _ = report(f"{HERE}:NoIds", "--examples", "5")
    assert code == 0


def test_a_budget_goes_on_until_it_is_spent() -> None:
    code, text = report(
        "sse_core:SSEDecoder", "--only", "^law/", "--budget", "3s", "--examples", "2"
    )
    assert (code, text) == (0, "4 checks, 0 failed\n")


class Writes(SSEDecoder):
    """Tells what each of them was fed, to compare one run with another."""

    claims = ("event", "id", "prompt")
    fed: list[bytearray] = []  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.all = bytearray()
        self.fed.append(self.all)

    def feed(self, data: Any) -> list[ServerSentEvent]:
        self.all += bytes(data) + b"|"
        return super().feed(data)


@pytest.mark.parametrize("suite", ["decoder", "stream"])
def test_each_round_has_other_inputs_and_the_same_seed_the_same(suite: str) -> None:
    def rounds(seed: int, count: int) -> list[list[bytes]]:
        """What was fed in each round."""
        made: Any = Writes if suite == "decoder" else Reads
        checks = SUITES[suite](made, examples=10, seed=seed)
        again = next(one.again for one in checks if one.id.startswith("law/cut_invariance"))
        assert again is not None
        done = []
        for round in range(count):
            Writes.fed.clear()
            again(round)
            done.append([bytes(one) for one in Writes.fed])
        return done

    first = rounds(0, 3)
    assert first == rounds(0, 3)
    assert first[1:] == rounds(1, 2)
    assert len(set(map(repr, first))) == 3


class Reads(StreamDecoder):
    """Tells the same of a merger."""

    def __init__(self, dialect: Any, assume: Any = ()) -> None:
        super().__init__(dialect, assume=assume)
        self.all = bytearray()
        Writes.fed.append(self.all)

    def feed(self, data: Any) -> list[Any]:
        self.all += bytes(data) + b"|"
        return super().feed(data)


def test_what_a_later_round_finds_comes_back_with_its_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong_at_seven(factory: Any, *, examples: int, seed: int) -> list[Check]:
        def run(round: int = 0) -> None:
            if seed + round == 7:
                raise ConformanceError("x", [b"a"], 1, 2)

        return [Check("law/x", "must", run, run)]

    monkeypatch.setitem(SUITES, "decoder", wrong_at_seven)
    said = ("sse_core:SSEDecoder", "--json", str(tmp_path / "report.json"))
    assert report(*said, "--seed", "5")[0] == 0
    code, text = report(*said, "--seed", "5", "--budget", "1m")
    assert code == 1
    assert "    found by  --seed 7\n" in text
    assert json.loads((tmp_path / "report.json").read_text())["checks"][0]["seed"] == 7
    code, once = report(*said, "--seed", "7")
    assert code == 1
    assert once == text.replace("    found by  --seed 7\n", "")


def test_either_reading_is_right_and_a_third_is_told() -> None:
    done = list(outcomes([one for one in decoder_checks(Third) if one.kind == "either"]))
    assert any(one.error for one in done)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "give one of"),
        (["sse_core:SSEDecoder", "--peer", "openai"], "give one of"),
        (["sse_core"], "is not package.module:factory"),
        (["sse_core:Nobody"], "has no attribute 'Nobody'"),
        (["no_such_module:x"], "No module named"),
        ([f"{HERE}:NOT_CALLABLE"], "is a int, and cannot be called"),
        (["sse_core:SSEDecoder", "--only", "bananas"], "no check matches --only 'bananas'"),
        ([f"{HERE}:broken"], "raised RuntimeError('no decoder today')"),
        (["builtins:object"], "has no feed"),
        (["--command", "no-such-program-anywhere"], "cannot be started"),
        (["--command", f"{sys.executable} -c 'import sys; sys.exit(\"bye\")'"], "ended: bye"),
        (["sse_core:SSEDecoder", "--expected-failures", "no/such/file"], "No such file"),
        (["--command", 'node "adapter.mjs'], "no command: No closing quotation"),
        (["--command", " "], "no command"),
        (["--suite", "stream", "--peer", "openai"], "--peer and --command are decoders"),
        (["--suite", "stream", "builtins:object"], "raised TypeError"),
        (["--suite", "stream", f"{HERE}:ADAPTER"], "is a Adapter, and cannot be called"),
        ([f"{HERE}:STREAM_ADAPTER"], "is a StreamAdapter, and cannot be called"),
        (["--suite", "encoder", f"{HERE}:ADAPTER"], "is a Adapter, and cannot be called"),
    ],
)
def test_what_cannot_be_run_is_said(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = report(*arguments)
    assert (code, text) == (2, "")
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--budget", "soon", "'soon' is no time such as 30s, 2m or 1h"),
        ("--only", "[", "'[' is no regular expression: unterminated character set"),
        ("--examples", "0", "invalid at_least_one value: '0'"),
        ("--examples", "few", "invalid at_least_one value: 'few'"),
        ("--json", "no/such/folder/x", "'no/such/folder/x' is no file that can be written"),
        ("--write-expected-failures", ".", "'.' is no file that can be written"),
    ],
)
def test_an_option_without_meaning_is_refused_before_the_run(
    option: str, value: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        report("sse_core:SSEDecoder", option, value)
    assert caught.value.code == 2
    assert words in capsys.readouterr().err


def test_a_file_that_is_no_text_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = tmp_path / "known.txt"
    known.write_bytes(b"vector/\xff\n")
    assert report("sse_core:SSEDecoder", "--expected-failures", str(known)) == (2, "")
    assert "known.txt: 'utf-8' codec can't decode" in capsys.readouterr().err


def test_a_baseline_has_comments() -> None:
    assert baseline("# a\nb\n\n c # d\n") == {"b", "c"}


def test_without_hypothesis_only_the_vectors(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sse_core.testing.run._can_generate", lambda: False)
    code, text = report("sse_core:SSEDecoder", "--only", "^law/|^vector/long/")
    assert (code, "0 failed" in text) == (0, True)
    assert "pip install sse-core[testing]" in capsys.readouterr().err


def test_the_module_is_the_command() -> None:
    command = [sys.executable, "-m", "sse_core.testing", "run", "nowhere"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "nothing was run: 'nowhere' is not package.module:factory" in done.stderr


# -- decoders that are no decoders ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("factory", "words"),
    [
        (Endless, "bytes, and no end"),
        (Nothing, "it returned None, not the events"),
        (Words, "has no attribute"),
        (broken, "no decoder today"),
        (lambda: 3, "a int, which has no feed"),
    ],
)
def test_nonsense_is_reported(factory: Any, words: str) -> None:
    with pytest.raises(ConformanceError) as caught:
        check_decoder(factory, examples=5)
    assert caught.value.law == "totality"
    assert words in str(caught.value)


def test_a_decoder_that_remembers_other_streams_is_found() -> None:
    Remembers.seen = set()
    with pytest.raises(ConformanceError) as caught:
        check_decoder(Remembers, examples=500, seed=1)
    assert caught.value.law == "purity" or b"\x7f" in caught.value.data


def test_long_inputs_are_shown_in_short() -> None:
    error = ConformanceError("x", [b"ab"] * 1000 + [b"c"], [], list(range(1000)))
    text = str(error)
    assert len(text) < 1500
    assert "fed as    1001 pushes of 2 bytes" in text
    assert " more … " in text


# -- adapters ------------------------------------------------------------------------------------


def test_a_function_over_an_iterator_is_pulled() -> None:
    def decode(source: Iterator[bytes]) -> Iterator[ServerSentEvent]:
        decoder = SSEDecoder()
        for chunk in source:
            yield from decoder.feed(chunk)

    check_decoder(pulled(decode, ("event", "id", "prompt")), examples=2, seed=0)


def test_one_that_is_not_prompt_is_compared_at_the_end() -> None:
    class Late:
        """Keeps everything until the end."""

        claims: tuple[str, ...] = ("event", "id")

        def __init__(self) -> None:
            self.decoder, self.events = SSEDecoder(), list[ServerSentEvent]()

        def feed(self, data: bytes) -> list[ServerSentEvent]:
            self.events += self.decoder.feed(data)
            return []

        def close(self) -> list[ServerSentEvent]:
            return self.events

    check_decoder(Late, examples=5, seed=0)
    Late.claims = ("event", "id", "prompt")
    with pytest.raises(ConformanceError):
        check_decoder(Late, examples=5, seed=0)


def test_an_adapter_can_be_named() -> None:
    assert report(f"{HERE}:ADAPTER", "--only", "vector/id/", "--examples", "1")[0] == 0
    few = ("--only", "^vector/text/", "--examples", "1")
    assert report("--suite", "stream", f"{HERE}:STREAM_ADAPTER", *few)[0] == 0
    options = ("--sse-decoder", f"{HERE}:ADAPTER", "--sse-stream", f"{HERE}:STREAM_ADAPTER")
    text = run_pytest(*options, "--pyargs", "sse_core.testing.suite", "-k", "nul or chunked")
    assert " passed" in text
    assert "failed" not in text


def test_what_makes_an_adapter_will_do() -> None:
    assert report(f"{HERE}:makes_an_adapter", "--only", "vector/id/", "--examples", "1")[0] == 0


def test_an_adapter_is_one_already() -> None:
    adapter = adapt(SSEDecoder)
    assert isinstance(adapter, Adapter)
    assert adapt(adapter) is adapter


# -- other languages -----------------------------------------------------------------------------


def test_a_program_in_any_language_can_be_held_to_it() -> None:
    code, text = report("--command", " ".join(PROGRAM), "--examples", "10", "--only", "law|retry")
    assert (code, "0 failed" in text) == (0, True)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("ends", "the program has ended: out of memory"),
        ("prose", "not an answer: .*Hello"),
        ("numbers", "not an answer"),
        ("sleeps", "no answer in 0.3 seconds"),
    ],
)
def test_a_program_that_misbehaves_is_reported(
    fault: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = process.program([*PROGRAM, fault])
    monkeypatch.setattr(process, "TIMEOUT", 0.3 if fault == "sleeps" else 10)
    with pytest.raises(ConformanceError, match=words):
        check_decoder(adapter, examples=1)


# -- pytest --------------------------------------------------------------------------------------


def run_pytest(*arguments: str) -> str:
    plugin = ("-p", "sse_core.testing.pytest_plugin", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", "-q", *plugin, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout


def test_the_plugin_makes_a_test_of_each_check() -> None:
    options = ("--sse-decoder", f"{HERE}:Keeps", "--sse-examples", "5")
    text = run_pytest(*options, "--pyargs", "sse_core.testing.suite", "-k", "end or law")
    assert "FAILED" in text
    assert "test_conformance[vector/end/" in text
    assert " passed" in text


def test_the_plugin_knows_mergers_and_encoders() -> None:
    options = ("--sse-stream", f"{HERE}:Quiet", "--sse-encoder", "sse_core:encode_event")
    few = ("--sse-examples", "2", "-k", "text or encoder")
    text = run_pytest(*options, *few, "--pyargs", "sse_core.testing.suite")
    assert "FAILED" in text
    assert "test_conformance[vector/text/" in text
    assert "test_conformance[encoder/" not in text
    assert " passed" in text


def test_the_plugin_does_nothing_unasked(tmp_path: Path) -> None:
    other = tmp_path / "test_other.py"
    other.write_text("def test_other():\n    pass\n")
    text = run_pytest(str(other), "--pyargs", "sse_core.testing.suite")
    assert "1 passed, 1 skipped" in text


def test_names_lead_to_factories() -> None:
    assert named("sse_core:SSEDecoder") is SSEDecoder
    with pytest.raises(Unusable):
        named("sse_core:")


# -- corners -------------------------------------------------------------------------------------


class FailsOnce:
    """Loses an event, once in the life of the process."""

    left = 1

    def __init__(self) -> None:
        self.decoder = SSEDecoder()

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        events = self.decoder.feed(data)
        if events and type(self).left:
            type(self).left -= 1
            return []
        return events


class LosesLongOnes(SSEDecoder):
    """Wrong where nobody can look at it."""

    def feed(self, data: Any) -> list[ServerSentEvent]:
        return [event for event in super().feed(data) if len(event.data) < 300]


class Shouts:
    """Not prompt, and wrong."""

    claims = ("event", "id")

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        return [ServerSentEvent("A")] if data else []


def test_what_cannot_be_made_smaller_is_shown_as_it_is() -> None:
    FailsOnce.left = 1
    with pytest.raises(ConformanceError) as caught:
        check_decoder(FailsOnce, examples=1)
    assert caught.value.vector
    with pytest.raises(ConformanceError) as caught:
        check_decoder(LosesLongOnes, examples=1)
    assert len(caught.value.data) > 300


def test_a_failure_that_does_not_come_again_is_a_memory() -> None:
    for check in decoder_checks(FailsOnce, examples=50, seed=0):
        if check.id == "law/cut_invariance":
            FailsOnce.left = 1
            with pytest.raises(ConformanceError, match="something is kept outside"):
                check.run()


def test_one_that_is_not_prompt_may_be_wrong_too() -> None:
    with pytest.raises(ConformanceError):
        conformance.cut_invariance(adapt(Shouts), [b"data: a\n\n"])


def test_a_thread_has_no_timer_and_needs_none() -> None:
    done: list[str] = []

    def run() -> None:
        check_decoder(SSEDecoder, examples=1)
        done.append("passed")

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert done == ["passed"]


def test_a_program_that_never_ran_can_be_closed() -> None:
    process.Program("no-such-program").close()


def test_a_builtin_says_nothing_of_its_arguments() -> None:
    assert not adapters._takes(type("X", (), {"__signature__": 1})(), "last_event_id")


def test_a_module_beside_the_caller_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine_only_here.py").write_text("from sse_core import SSEDecoder as Mine\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert named("mine_only_here:Mine") is SSEDecoder


def test_libraries_are_compared() -> None:
    out = io.StringIO()
    assert main(["compare", "sse-core"], out) == 0
    assert "| sse-core " in out.getvalue()
    code, text = report("--peer", "sse-core", "--only", "^vector/comment/")
    assert (code, "0 failed" in text) == (0, True)


def test_a_library_that_is_not_there_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> Adapter:
        raise ImportError("not installed")

    monkeypatch.setitem(peers.PEERS, "assel", absent)
    out = io.StringIO()
    assert main(["compare", "assel"], out) == 0
    assert out.getvalue().count("\n") == 2
    assert report("--peer", "assel")[0] == 2
