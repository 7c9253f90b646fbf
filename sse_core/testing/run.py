"""``python -m sse_core.testing``: hold a decoder to the laws, from the command line.

::

    python -m sse_core.testing run package.module:factory
    python -m sse_core.testing run --suite stream package.module:factory
    python -m sse_core.testing run --peer httpx-sse --expected-failures httpx-sse.txt
    python -m sse_core.testing run --command "node adapter.js" --budget 2m --json report.json
    python -m sse_core.testing compare
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import itertools
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from .. import SSEDecoder, StreamDecoder, __version__, encode_event
from .adapters import Adapter
from .conformance import Check, decoder_checks
from .encoder_conformance import encoder_checks
from .failures import ConformanceError, shown
from .peers import PEERS, peer
from .process import ProcessError, program
from .pytest_plugin import at_least_one
from .stream_conformance import StreamAdapter, stream_checks

__all__ = ["SUITES", "Outcome", "Unusable", "baseline", "compare", "main", "named", "outcomes"]

OK, FAILED, USAGE = 0, 1, 2

#: Checks that fail by the same input: how many of them are named.
LISTED = 5

#: Checks without an answer, after which no further one is asked for.
ENOUGH = 3


#: What there is to be held to, by the name of the suite: ``checks(factory, examples=…, seed=…)``.
SUITES: dict[str, Callable[..., list[Check]]] = {
    "decoder": decoder_checks,
    "stream": stream_checks,
    "encoder": lambda encode, **generated: encoder_checks(encode),
}

#: The adapters that stand for a factory, if any.
ADAPTERS: dict[str, tuple[type, ...]] = {
    "decoder": (Adapter,),
    "stream": (StreamAdapter,),
    "encoder": (),
}


class Outcome(NamedTuple):
    """What came of a check.

    Attributes:
        id: its name.
        kind: ``must``, ``should`` or ``either``.
        error: ``None`` if it passed, or was not run.
        ran: not after some that gave no answer.
        round: how much higher the seed was that found the error, within a budget.
    """

    id: str
    kind: str
    error: ConformanceError | None
    ran: bool = True
    round: int = 0

    @property
    def passed(self) -> bool:
        """Whether it was run, and is right."""
        return self.ran and self.error is None


def outcomes(checks: Sequence[Check], budget: float | None = None) -> Iterator[Outcome]:
    """Run the checks, one after the other.

    ``budget``: seconds; the checks that generate inputs are run again and again until they are
    over, each time with other inputs, unless they fail.
    """
    deadline = time.monotonic() + (budget or 0)
    loops = 0
    passed: list[tuple[Check, Callable[[int], None]]] = []
    for check in checks:
        if loops == ENOUGH:  # waiting for each of hundreds to give no answer would take an hour
            yield Outcome(check.id, check.kind, None, ran=False)
            continue
        error = _error_of(check.run)
        loops += error is not None and error.loops
        if error is None and budget is not None and check.again is not None:
            passed.append((check, check.again))
        else:
            yield Outcome(check.id, check.kind, error)
    rounds = itertools.count(1)
    while passed:
        round = next(rounds)
        for one in list(passed):
            check, again = one
            error = _error_of(partial(again, round))
            if error is not None or time.monotonic() >= deadline:
                passed.remove(one)
                yield Outcome(check.id, check.kind, error, round=round)


def _error_of(run: Callable[[], None]) -> ConformanceError | None:
    try:
        run()
    except ConformanceError as error:
        return error
    return None


def baseline(text: str) -> set[str]:
    """The ids in a file of expected failures: one a line, ``#`` begins a comment."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return {line for line in lines if line}


# -- the command ---------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None, out: TextIO | None = None) -> int:
    """Run the command. Returns its exit code: 0 if the failures are those expected, 1 if they are
    others, 2 if there was nothing to run."""
    out = out or sys.stdout
    options = _parser().parse_args(arguments)
    if options.action == "compare":
        print(compare(options.only or list(PEERS)), file=out)
        return OK
    try:
        checks = _chosen(options)
        expected = _expected(options.expected_failures)
    except (Unusable, ConformanceError, ValueError) as error:
        print(f"nothing was run: {error}", file=sys.stderr)
        return USAGE
    found = _Report(list(outcomes(checks, options.budget)), expected, options.seed)
    print(found.as_text(), file=out)
    if options.json:
        options.json.write_text(found.as_json(), "utf-8")
    if options.write_expected_failures:
        options.write_expected_failures.write_text(found.as_baseline(), "utf-8")
    return OK if found.good else FAILED


def _chosen(options: argparse.Namespace) -> list[Check]:
    factory = _adapter(options)
    checks = SUITES[options.suite](factory, examples=options.examples, seed=options.seed)
    if not _can_generate():
        print(
            "without hypothesis, only the vectors: pip install sse-core[testing]", file=sys.stderr
        )
        checks = [check for check in checks if not check.id.startswith("law/")]
    chosen = [check for check in checks if options.only.search(check.id)]
    if not chosen:
        raise Unusable(f"no check matches --only {options.only.pattern!r}")
    return chosen


def _can_generate() -> bool:
    return importlib.util.find_spec("hypothesis") is not None


class Unusable(Exception):
    """There is no decoder to run."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sse_core.testing",
        description="Hold a decoder of server-sent events to the standard, a merger of provider"
        " streams to the references of their formats, an encoder to both.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    run = actions.add_parser("run", help="run all checks on one decoder, merger or encoder")
    run.add_argument(
        "factory", nargs="?", metavar="package.module:factory", help="what makes it, or an adapter"
    )
    run.add_argument("--suite", choices=SUITES, default="decoder", help="what it is (%(default)s)")
    run.add_argument("--peer", choices=sorted(PEERS), help="a library that is installed")
    run.add_argument("--command", metavar="PROGRAM", help="in another language: see process.py")
    run.add_argument(
        "--only", type=_regex, metavar="REGEX", default="", help="only the checks whose id matches"
    )
    run.add_argument("--expected-failures", type=Path, metavar="FILE", help="one id a line")
    run.add_argument(
        "--write-expected-failures",
        type=_new_file,
        metavar="FILE",
        help="what fails now, as such a list",
    )
    run.add_argument("--json", type=_new_file, metavar="OUT", help="write the report there, too")
    run.add_argument("--seed", type=int, default=0, help="of what is generated (%(default)s)")
    run.add_argument(
        "--examples", type=at_least_one, default=100, help="for each law (%(default)s)"
    )
    run.add_argument("--budget", type=_seconds, help="go on generating for so long: 30s, 2m")
    against = actions.add_parser("compare", help="a table of all libraries that are installed")
    against.add_argument("only", nargs="*", metavar="LIBRARY")
    return parser


def _regex(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from error


def _new_file(text: str) -> Path:
    path = Path(text)
    if path.is_dir() or not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is no file that can be written")
    return path


def _seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m|h)?", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 30s, 2m or 1h")
    return float(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2] or "s"]


def _adapter(options: argparse.Namespace) -> Any:
    given = [one for one in (options.factory, options.peer, options.command) if one]
    if len(given) != 1:
        raise Unusable("give one of package.module:factory, --peer and --command")
    if options.suite != "decoder" and not options.factory:
        raise Unusable("--peer and --command are decoders: the suite 'decoder'")
    try:
        if options.peer:
            return peer(options.peer)
        if options.command:
            return program(options.command)
    except (ImportError, ProcessError) as error:
        raise Unusable(f"{given[0]}: {error}") from error
    return named(options.factory, options.suite)


def named(name: str, suite: str = "decoder") -> Any:
    """What has this name, ``package.module:factory``: a factory, or an adapter of the suite.

    Raises:
        Unusable: there is none.
    """
    module, colon, path = name.partition(":")
    if not colon:
        raise Unusable(f"{name!r} is not package.module:factory")
    if os.getcwd() not in sys.path:  # as `python -m` does, but a console script does not
        sys.path.insert(0, os.getcwd())
    try:
        found: Any = importlib.import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except (Exception, SystemExit) as error:  # whatever the module does when it is imported
        raise Unusable(f"{name}: {type(error).__name__}: {error}") from error
    if not callable(found) and not isinstance(found, ADAPTERS[suite]):
        raise Unusable(f"{name} is a {type(found).__name__}, and cannot be called")
    return found


def _expected(file: Path | None) -> set[str]:
    try:
        return set() if file is None else baseline(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"{file}: {error}") from error


# -- reports -------------------------------------------------------------------------------------


class _Report(NamedTuple):
    """What came of a run. ``expected``: ids; ``seed``: the first."""

    done: Sequence[Outcome]
    expected: set[str]
    seed: int

    @property
    def failed(self) -> list[Outcome]:
        return [one for one in self.done if one.error and one.kind != "either"]

    @property
    def surprising(self) -> list[Outcome]:
        return [one for one in self.failed if one.id not in self.expected]

    @property
    def stale(self) -> list[str]:
        # Not what was not run, nor what fails where two readings are right.
        return sorted(self.expected & {one.id for one in self.done if one.passed})

    @property
    def unknown(self) -> list[str]:
        return sorted(self.expected - _all_ids()) if self.expected else []

    @property
    def good(self) -> bool:
        all_ran = all(one.ran for one in self.done)
        return all_ran and not (self.surprising or self.stale or self.unknown)

    def as_text(self) -> str:
        was = "it was expected to fail, and"
        return "\n\n".join(
            [
                *(self._of_a_cause(*group) for group in _by_cause(self.surprising)),
                *(f"STALE {id}: {was} passes" for id in self.stale),
                *(f"UNKNOWN {id}: {was} there is no such check" for id in self.unknown),
                self._summary(),
            ]
        )

    def _of_a_cause(self, first: Outcome, *others: Outcome) -> str:
        lines = [f"FAILED {first.id} [{first.kind}]", _indented(str(first.error))]
        if first.round:
            lines.append(f"    found by  --seed {self.seed + first.round}")
        if others:
            lines += [_indented("\n".join(["and by the same input:", *_listed(others)]))]
        return "\n".join(lines)

    def _summary(self) -> str:
        counts = {
            "failed as expected": len(self.failed) - len(self.surprising),
            "stale": len(self.stale),
            "unknown": len(self.unknown),
            f"not run, as {ENOUGH} gave no answer": sum(not one.ran for one in self.done),
            "read in a third way where two are right": sum(
                one.error is not None and one.kind == "either" for one in self.done
            ),
        }
        words = [f"{len(self.done)} checks", f"{len(self.surprising)} failed"]
        return ", ".join([*words, *(f"{count} {what}" for what, count in counts.items() if count)])

    def as_json(self) -> str:
        checks = [
            {
                "id": one.id,
                "kind": one.kind,
                "ran": one.ran,
                "passed": one.passed,
                "expected_to_fail": one.id in self.expected,
                **({} if one.error is None else _details(one.error)),
                **({"seed": self.seed + one.round} if one.round else {}),
            }
            for one in self.done
        ]
        known = {"checks": checks, "stale": self.stale, "unknown": self.unknown}
        return json.dumps(known, indent=1) + "\n"

    def as_baseline(self) -> str:
        """As ``baseline`` reads it; behind each id what it is about."""
        about = {one.id: one.error.vector.partition(": ")[2] for one in self.failed if one.error}
        return "".join(
            f"{id}  # {why}\n" if why else f"{id}\n" for id, why in sorted(about.items())
        )


def _all_ids() -> set[str]:
    """Those of all suites: what is not run may be of another, or left out by ``--only``."""
    ours = {"decoder": SSEDecoder, "stream": StreamDecoder, "encoder": encode_event}
    return {check.id for suite, one in ours.items() for check in SUITES[suite](one)}


def _by_cause(failures: Iterable[Outcome]) -> list[list[Outcome]]:
    """Those with the same smallest input together."""
    groups: dict[str, list[Outcome]] = {}
    for one in failures:
        cause = _details(one.error) if one.error else {}
        groups.setdefault(json.dumps(cause), []).append(one)
    return list(groups.values())


def _listed(outcomes: Sequence[Outcome]) -> list[str]:
    lines = [f"  {one.id} [{one.kind}]" for one in outcomes[:LISTED]]
    more = len(outcomes) - LISTED
    return lines if more <= 0 else [*lines, f"  and {more} more, which --json tells"]


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _details(error: ConformanceError) -> dict[str, Any]:
    return {
        "pushes": [shown(chunk) for chunk in error.chunks],
        "expected": shown(error.expected),
        "got": shown(error.got),
    }


# -- the table -----------------------------------------------------------------------------------


def compare(names: Sequence[str]) -> str:
    """A Markdown table of the installed libraries: how many vectors each reads as it must and as it
    should, and in which groups it fails how many of both."""
    lines = [["", "must", "should", "fails"]]
    for name in names:
        try:
            adapter = peer(name)
        except ImportError:
            continue
        checks = [check for check in decoder_checks(adapter) if check.id.startswith("vector/")]
        done = [one for one in outcomes(checks) if one.kind != "either"]
        wrong = Counter(one.id.split("/")[1] for one in done if one.error)
        groups = ", ".join(f"{group} {count}" for group, count in wrong.most_common())
        version = __version__ if name == "sse-core" else metadata.version(name)
        lines.append([f"{name} {version}", _right(done, "must"), _right(done, "should"), groups])
    lines[1:] = sorted(lines[1:], key=lambda line: -int(line[1].split("/")[0]))
    widths = [max(map(len, column)) for column in zip(*lines)]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join("| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines)


def _right(done: Sequence[Outcome], kind: str) -> str:
    of_kind = [one for one in done if one.kind == kind]
    return f"{sum(one.passed for one in of_kind)}/{len(of_kind)}"
