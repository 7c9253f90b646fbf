"""How many small changes of the code do the tests notice?

::

    pip install mutmut          # CPython 3.12 or newer
    python -m tests.mutation encode wire --budget 10 --out survivors.txt

mutmut's operators make the mutants of a module. The tests are collected once; for each mutant this
process forks, the child puts the mutant's code in the place of the function's, and runs the tests
that come to that function, the quickest first, until one fails or the budget is spent. (mutmut's
own runner collects all tests for each mutant, which takes longer than most need to die.)

Mutants that nobody can notice stand in ``equivalent/`` and are left out. What else survives is
written to ``--out`` in the same form: block by block a reason, the function, and the lines.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import gc
import importlib
import inspect
import json
import os
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

import pytest
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "sse_core"

#: Lists of those that cannot be noticed, one of each module.
EQUIVALENT = Path(__file__).parent / "equivalent"

#: What the mutants are made of unless the command says otherwise.
MODULES = [
    "wire",
    "encode",
    "merge",
    *("choices", "blocks", "tool_calls", "output_items"),  # what it stands on
    "partial_json",
    *(f"dialects.{path.stem}" for path in sorted(PACKAGE.glob("dialects/[a-z]*.py"))),
]

#: The tests that know nothing of these modules, and those that run other processes.
IGNORED = [
    *("test_browser", "test_captures", "test_cli", "test_exports"),
    *("test_growth", "test_layering", "test_oracles", "test_peers", "test_quirk_matrix"),
    *("test_readme", "test_speed_page", "test_testing_run", "test_testing_failures"),
    "test_streams_themselves",
]

# What a child says of its mutant. Only a test that fails kills: a mutant that could not be put in
# its place has not been tried.
SURVIVED, KILLED, NOT_REACHED, NOT_TRIED = range(4)
RESULTS = {0: "survived", 1: "killed", 2: "not reached", 3: "not tried"}

# Of CPython 3.12: which functions are called, at next to no cost.
monitoring: Any = getattr(sys, "monitoring", None)
TOOL = 4

#: How many times its budget a child may take by the clock: it may wait for what never comes.
PATIENCE = 60

#: Bytes that a child may take: a mutant that loops may fill the memory first.
MEMORY = 3 << 30


class Mutant(NamedTuple):
    """A change of a function.

    Attributes:
        module, function: what is changed: ``"wire"``, ``"SSEDecoder.feed"``.
        node: the whole of what is run in its place,
        code: and its body.
        diff: the lines that differ.
    """

    module: str
    function: str
    node: ast.FunctionDef
    code: CodeType
    diff: str


# -- mutants -------------------------------------------------------------------------------------


def mutants(module: str) -> Iterator[Mutant]:
    """All of a module, as mutmut makes them."""
    from mutmut.mutation.file_mutation import mutate_file_contents

    path = PACKAGE.joinpath(*module.split(".")).with_suffix(".py")
    made = mutate_file_contents(str(path), path.read_text("utf-8"))
    sources = {
        node.name: node
        for node in ast.walk(ast.parse(made.code))
        if isinstance(node, ast.FunctionDef)
    }
    lines = made.code.splitlines()
    codes = {code.co_name: code for code in _codes(compile(made.code, str(path), "exec"))}
    for name in made.mutant_names:
        mangled = name.rpartition("__mutmut_")[0]
        original = f"{mangled}__mutmut_orig"
        function = mangled.removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
        before, after = (_text(lines, sources[one], one) for one in (original, name))
        changes = [
            line
            for line in difflib.unified_diff(before, after, n=0, lineterm="")
            if not line.startswith(("---", "+++", "@@"))
        ]
        yield Mutant(module, function, sources[name], codes[name], "\n".join(changes))


def block(mutant: Mutant) -> str:
    """As it stands in a list of mutants, without its reason."""
    return f"{mutant.module}.{mutant.function}\n{mutant.diff}"


def listed(file: Path) -> set[str]:
    """The mutants of a list. Its reasons, lines that begin with ``#``, are for people."""
    blocks = file.read_text("utf-8").split("\n\n")
    lines = (one.strip("\n").split("\n") for one in blocks)
    return {"\n".join(line for line in one if not line.startswith("#")) for one in lines}


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _text(lines: list[str], node: Any, name: str) -> list[str]:
    text = "\n".join(lines[node.lineno - 1 : node.end_lineno])
    return text.replace(name, "f").splitlines()


def function_of(mutant: Mutant) -> FunctionType:
    """The function that it is a change of."""
    found: Any = importlib.import_module(f"sse_core.{mutant.module}")
    for part in mutant.function.split("."):
        found = inspect.getattr_static(found, part)
    found = getattr(found, "fget", None) or getattr(found, "__func__", found)
    assert isinstance(found, FunctionType)
    return found


def put(mutant: Mutant, function: FunctionType) -> None:
    """From now on the function is the mutant, for all who know it."""

    def value(node: ast.expr) -> Any:
        return eval(compile(ast.Expression(node), "default", "eval"), function.__globals__)

    arguments = mutant.node.args
    function.__code__ = mutant.code
    function.__defaults__ = tuple(map(value, arguments.defaults))
    function.__kwdefaults__ = {
        argument.arg: value(default)
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults)
        if default is not None
    }


# -- running -------------------------------------------------------------------------------------


class Runner:
    """The pytest plugin: it runs the tests in its own way."""

    def __init__(self, wanted: list[Mutant], budget: float, out: Path, cpus: int) -> None:
        self.wanted, self.budget, self.out, self.cpus = wanted, budget, out, cpus
        self.reached: dict[CodeType, list[int]] = defaultdict(list)
        self.seconds: list[float] = []
        self.killers: dict[str, Counter[int]] = defaultdict(Counter)
        self.results: list[tuple[Mutant, str]] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of running the tests once."""
        started = time.monotonic()
        self.items = session.items
        monitoring.use_tool_id(TOOL, "mutation")
        monitoring.set_events(TOOL, monitoring.events.PY_START)
        for number, item in enumerate(self.items):
            self._learn(number, item)
        monitoring.free_tool_id(TOOL)
        print(f"{len(self.items)} tests in {time.monotonic() - started:.0f} s", flush=True)
        gc.freeze()  # what is shared with the children is not looked at
        running: dict[int, tuple[Mutant, float, int]] = {}
        waiting = list(reversed(self.wanted))
        while waiting or running:
            while waiting and len(running) < self.cpus:
                pid, mutant, pipe = self._start(waiting.pop())
                running[pid] = mutant, time.monotonic(), pipe
            for pid in list(running):
                mutant, began, pipe = running[pid]
                done, status = os.waitpid(pid, os.WNOHANG)
                if not done and time.monotonic() - began > PATIENCE * self.budget:
                    os.kill(pid, signal.SIGKILL)
                    done, status = os.waitpid(pid, 0)
                if done:
                    del running[pid]
                    self._ended(mutant, status, pipe)
            time.sleep(0.002)
        return True

    def _learn(self, number: int, item: pytest.Item) -> None:
        """Run the test as it should be, and note to which functions it comes."""
        codes: set[CodeType] = set()

        def note(code: CodeType, _: int) -> Any:
            codes.add(code)
            return monitoring.DISABLE  # once is enough

        started = time.perf_counter()
        monitoring.register_callback(TOOL, monitoring.events.PY_START, note)
        monitoring.restart_events()
        reports = runtestprotocol(item, log=False, nextitem=self._after(number))
        self.seconds.append(time.perf_counter() - started)
        if any(report.failed for report in reports):
            sys.exit(f"{item.nodeid} fails without any mutant")
        for code in codes:
            self.reached[code].append(number)

    def _after(self, number: int) -> pytest.Item | None:
        return self.items[number + 1] if number + 1 < len(self.items) else None

    def _start(self, mutant: Mutant) -> tuple[int, Mutant, int]:
        reader, writer = os.pipe()
        pid = os.fork()
        if pid:
            os.close(writer)
            return pid, mutant, reader
        os.close(reader)
        status = NOT_TRIED
        try:
            status = self._try(mutant, writer)
        finally:
            os._exit(status)

    def _try(self, mutant: Mutant, writer: int) -> int:
        """In the child: what came of it."""
        # CPU time, and not that of the clock: on a busy machine a child may hardly run, and whoever
        # is ended counts as killed.
        longest = int(2 * self.budget) + 5
        resource.setrlimit(resource.RLIMIT_CPU, (longest, longest))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        function = function_of(mutant)
        numbers = self.reached[function.__code__]
        put(mutant, function)
        # First the tests that killed others, of this function or at least of this module, then the
        # quickest: of those that come to a function, many only pass through.
        near, far = self.killers[mutant.function], self.killers[mutant.module]
        order = sorted(numbers, key=lambda one: (-near[one], -far[one], self.seconds[one]))
        ends = time.process_time() + self.budget
        for number in order:
            # Each by itself: the test after it is of another file, as often as not.
            try:
                reports = runtestprotocol(self.items[number], log=False, nextitem=None)
            except BaseException:  # of whatever kind: the test did not pass
                return KILLED
            if any(report.failed for report in reports):
                os.write(writer, str(number).encode())
                return KILLED
            if time.process_time() > ends:
                break
        return SURVIVED if order else NOT_REACHED

    def _ended(self, mutant: Mutant, status: int, pipe: int) -> None:
        killer = os.read(pipe, 20)
        os.close(pipe)
        if killer:
            for name in (mutant.function, mutant.module):
                self.killers[name][int(killer)] += 1
        code = os.waitstatus_to_exitcode(status)
        result = RESULTS.get(code, "killed")  # by a signal: it looped, or took all the memory
        self.results.append((mutant, result))
        if result != "killed":
            with self.out.open("a", encoding="utf-8") as file:
                file.write(f"# {result}\n{block(mutant)}\n\n")
        if not len(self.results) % 100:
            print(self.summary(), flush=True)

    def summary(self) -> str:
        """How many of each module were killed so far."""
        lines = []
        for module in dict.fromkeys(mutant.module for mutant, _ in self.results):
            results = [result for mutant, result in self.results if mutant.module == module]
            killed = results.count("killed")
            lines.append(f"{module}: {killed} of {len(results)} ({killed / len(results):.1%})")
        return "; ".join(lines)


def main() -> None:
    """Read the command line; run."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("modules", nargs="*", default=MODULES, metavar="MODULE")
    parser.add_argument("--budget", type=float, default=10, help="seconds of tests for a mutant")
    parser.add_argument("--out", type=Path, default=Path("survivors.txt"))
    parser.add_argument("--again", type=Path, help="only the survivors in this file")
    parser.add_argument("--cpus", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--tests", nargs="*", default=[str(ROOT / "tests")])
    options = parser.parse_args()
    if monitoring is None:
        parser.error("it needs CPython 3.12 or newer: sys.monitoring tells which test comes where")
    os.environ["SSE_CORE_HYPOTHESIS_PROFILE"] = "mutation"
    os.environ["SSE_CORE_CAPTURES"] = "none"
    wanted = [mutant for module in options.modules for mutant in mutants(module)]
    equivalent = set[str]().union(*map(listed, EQUIVALENT.glob("*.txt")))
    left = [one for one in wanted if block(one) not in equivalent]
    print(f"{len(wanted)} mutants, {len(wanted) - len(left)} of them equivalent", flush=True)
    if options.again:
        again = listed(options.again)
        left = [one for one in left if block(one) in again]
    with contextlib.suppress(FileNotFoundError):
        options.out.unlink()
    runner = Runner(left, options.budget, options.out, options.cpus)
    ignored = [f"--ignore={ROOT / 'tests' / name}.py" for name in IGNORED]
    quick = ["-q", "-s", "--tb=no", "--assert=plain", "-p", "no:cacheprovider"]
    arguments = [*quick, *ignored, *options.tests]
    code = pytest.main(arguments, plugins=[runner])
    print(runner.summary())
    print(json.dumps(Counter(result for _, result in runner.results)))
    sys.exit(code)


if __name__ == "__main__":
    main()
