"""``python -m benchmarks.partial_json``: the value of half-arrived JSON, after every delta.

Two tables. The first is the task at hand: 64 KiB of an array of small objects in deltas of 10
characters, the value read after each; beside whatever of the peers is installed (``pip install
jiter jsonriver partial-json-stream``). Only its ratios mean anything elsewhere. The second is how
total time grows from 8,192 deltas to 131,072: an exponent of 1 is linear, 2 is quadratic. (What
``nested``, 640,000 deep, has above 1 is the cyclic garbage collector's: without it, 1.02 to 1.04.)

CPU time of one process, the best of several rounds; in each round everybody has one turn.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import math
import platform
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, NamedTuple

from sse_core.partial_json import Nesting, PartialJSON

Read = Callable[[list[str]], Any]  # the deltas -> the value after the last of them


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.partial_json", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a little of all, in seconds")
    parser.add_argument("--rounds", type=int, default=5, help="(%(default)s)")
    options = parser.parse_args()
    rounds = 1 if options.smoke else options.rounds
    print(platform.python_implementation(), platform.python_version(), platform.machine())
    correct = compare(2048 if options.smoke else 65536, rounds)
    grow(*((64, 1024) if options.smoke else (8192, 131072)), min(rounds, 3))
    return not correct


# -- the task ------------------------------------------------------------------------------------


class Reader(NamedTuple):
    read: Read
    share: int = 1  # of the text, it gets 1/share: quadratic ones would take minutes
    remark: str = ""


def ours(deltas: list[str], *, changes: bool = False) -> Any:
    decoder = PartialJSON(changes=changes)
    value = None
    for delta in deltas:
        decoder.feed(delta)
        value = decoder.value
    return value


def ours_with_changes(deltas: list[str]) -> Any:
    return ours(deltas, changes=True)


def ours_in_one(deltas: list[str]) -> Any:
    return ours(["".join(deltas)])


def nesting(deltas: list[str]) -> Any:
    scanner = Nesting()
    for delta in deltas:
        scanner.feed(delta)
    return scanner.closed


def loads_once(deltas: list[str]) -> Any:
    return json.loads("".join(deltas))


def jiter(deltas: list[str]) -> Any:
    from jiter import from_json

    text, value = b"", None
    for delta in deltas:
        text += delta.encode()
        value = from_json(text, partial_mode="trailing-strings")
    return value


def jsonriver(deltas: list[str]) -> Any:
    from jsonriver import parse

    async def source() -> AsyncIterator[str]:
        for delta in deltas:
            yield delta

    async def last() -> Any:
        value = None
        async for value in parse(source()):  # noqa: B007
            pass
        return value

    return finished(last())


def finished(coroutine: Any) -> Any:
    """The result of a coroutine that waits for nothing: no event loop is timed with it."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise RuntimeError("it waits for something")


def partial_json_stream(deltas: list[str]) -> Any:
    from partial_json_stream import JsonStreamParser

    parser = JsonStreamParser(lenient=False)
    value = None
    for delta in deltas:
        parser.push(delta)
        value = parser.snapshot().value
    return value


READERS = {
    "sse_core": Reader(ours),
    "sse_core, changes": Reader(ours_with_changes, remark="and tells what changed"),
    "sse_core, one delta": Reader(ours_in_one, remark="all the text at once"),
    "Nesting": Reader(nesting, remark="only finds the end"),
    "json.loads": Reader(loads_once, remark="once, at the end: the floor"),
    "jsonriver": Reader(jsonriver),
    "jiter": Reader(jiter, remark="parses again at each delta"),
    "partial-json-stream": Reader(partial_json_stream, 8, "copies at each read; 1/8 of the text"),
}


def small_objects(size: int) -> str:
    """About ``size`` characters."""
    objects: list[dict[str, Any]] = []
    while size > 0:
        n = len(objects)
        objects.append({"id": n, "name": f"item {n}", "ok": n % 2 == 0, "price": n * 1.25})
        size -= len(json.dumps(objects[-1], separators=(",", ":"))) + 1
    return json.dumps(objects, separators=(",", ":"))


def compare(size: int, rounds: int) -> bool:
    """Print the first table. False if ours are wrong."""
    tasks = {}
    for name, reader in READERS.items():
        text = small_objects(size // reader.share)
        tasks[name] = (reader.read, cut(text), json.loads(text))
    remarks = {name: reader.remark for name, reader in READERS.items()}
    for name, (read, deltas, value) in list(tasks.items()):
        try:
            right = value_of(read(deltas)) == value_of(value) or read is nesting
        except ImportError:
            print(f"{name:22}not installed")
            del tasks[name]
        else:
            remarks[name] += "" if right else " (the value is wrong)"
    times = best_times({name: task[:2] for name, task in tasks.items()}, rounds)
    per_delta = {name: times[name] / len(deltas) for name, (_, deltas, _) in tasks.items()}
    print(f"\n{size} characters of small objects, deltas of 10")
    print(f"{'':22}{'total':>10}{'a delta':>12}{'x sse_core':>12}")
    for name in sorted(tasks, key=per_delta.__getitem__):
        print(
            f"{name:22}{times[name] * 1e3:7.1f} ms{per_delta[name] * 1e6:9.2f} µs"
            f"{per_delta[name] / per_delta['sse_core']:12.2f}  {remarks[name]}".rstrip()
        )
    return not any("wrong" in remarks[name] for name in tasks if name.startswith("sse_core"))


def value_of(value: Any) -> str:
    """A text that is the same for equal values of equal types."""
    return json.dumps(value)


def best_times(tasks: dict[str, tuple[Read, list[str]]], rounds: int) -> dict[str, float]:
    best = dict.fromkeys(tasks, math.inf)
    for _ in range(rounds):
        for name, (read, deltas) in tasks.items():
            gc.collect()
            start = time.process_time()
            read(deltas)
            best[name] = min(best[name], time.process_time() - start)
    return best


# -- growth --------------------------------------------------------------------------------------


def cut(text: str, size: int = 10) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def repeated(*pieces: str) -> Callable[[int], list[str]]:
    """The first piece, n times those in the middle, each a delta, and the last."""
    begin, *middle, end = pieces
    return lambda n: [begin, *itertools.islice(itertools.cycle(middle), n), end]


def recut(begin: str, members: Iterable[str], end: str, n: int) -> list[str]:
    """As many members as n deltas of 10 characters hold."""
    text, size = [begin], 0
    for member in members:
        text.append(member)
        size += len(member)
        if size >= 10 * n:
            break
    return cut("".join([*text[:-1], text[-1].rstrip(","), end]))


def objects(n: int) -> list[str]:
    members = (f'{{"id":{i},"name":"item {i}","ok":true}},' for i in itertools.count())
    return recut("[", members, "]", n)


def keys(n: int) -> list[str]:
    return recut("{", (f'"key {i}":{i},' for i in itertools.count()), "}", n)


def numbers(n: int) -> list[str]:
    return [*cut("[" + "1234.5678e-3," * (n // 13), 1), "0]"]


def deep(n: int) -> list[str]:
    return cut("[" * (5 * n) + "]" * (5 * n))


SHAPES: dict[str, Callable[[int], list[str]]] = {
    "one string": repeated('{"text":"', "0123456789", '"}'),
    "one string, 1 character": repeated('{"text":"', "x", '"}'),
    "one string, not ASCII": repeated('{"text":"', "早上好，世界🌍 ab", '"}'),
    "escapes only": repeated('["', r"\n\"\/\t\b", r"\u00e9\u0", "0e9\\ud83d\\", r"ude00\n", '"]'),
    "escapes, 1 character": repeated('["', *r"\ud83d\ude00\n\t", '"]'),
    "one key": repeated('{"', "0123456789", '":1}'),
    "small objects": objects,
    "many keys": keys,
    "numbers, 1 character": numbers,
    "nested": deep,
    "white space": repeated("[", " \n\t\r", "]"),
}


def read_value(deltas: list[str]) -> Any:
    decoder = PartialJSON(max_depth=None, changes=False)
    for delta in deltas:
        decoder.feed(delta)
        decoder.value  # noqa: B018
    decoder.close()
    if not decoder.complete:
        raise RuntimeError(f"{decoder.problem} at {decoder.offset}")
    return decoder.value


def grow(few: int, many: int, rounds: int) -> None:
    """Print the second table."""
    print(f"\n{'':26}{f'{few} deltas':>16}{f'{many} deltas':>16}{'exponent':>10}")
    for name, shape in SHAPES.items():
        small, large = shape(few), shape(many)
        times = best_times({"small": (read_value, small), "large": (read_value, large)}, rounds)
        exponent = math.log(times["large"] / max(times["small"], 1e-9)) / math.log(
            len(large) / len(small)
        )
        print(
            f"{name:26}{times['small'] / len(small) * 1e6:9.2f} µs each"
            f"{times['large'] / len(large) * 1e6:8.2f} µs each{exponent:10.2f}"
        )


if __name__ == "__main__":
    sys.exit(main())
