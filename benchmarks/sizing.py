"""docs/sizing.md: from the kept results to cores and memory. ``benchmarks.report`` writes it.

A figure is the median of both runs. It is rounded to two digits, as it is shown, before anything is
computed from it, and so is each result: whoever follows the arithmetic on the page gets what stands
there. A figure that is not in both runs is left out, with what would come of it; the page says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from textwrap import fill
from typing import NamedTuple

from benchmarks.gateway import EVERY, MOVED
from benchmarks.harness import OURS
from benchmarks.report import ROOT, Case, Run, beside, digits, table
from benchmarks.shapes import CHAT, CLAUDE, GEMINI, PIECE, RESPONSES, Answer

PAGE = ROOT / "docs" / "sizing.md"

# What is assumed. The page says it, and how to put in other numbers.
STREAMS = (1_000, 10_000, 100_000, 1_000_000)
EXAMPLE = 10_000
PER_SECOND = 50  # chunks, of each stream
BUSY = 0.6  # of a core, at most
CHUNKS = 500  # of a response
RESPONSES_A_DAY = (1_000_000, 10_000_000, 100_000_000)
EXAMPLE_A_DAY = 10_000_000
PEAK = 2  # hours in which all of a day's traffic comes, at worst
WORKERS = 8  # that read an archive

#: Deltas that a stream of the case ``memory streams/openai-chat`` has seen; a test counts them.
SEEN = 19


class Figure(NamedTuple):
    """One that is measured: where it stands, of each run, and as it is computed with."""

    words: str
    place: str
    runs: tuple[float, ...]
    used: float


class Inputs(NamedTuple):
    """All that the page is computed from; ``None`` is not in both runs.

    Attributes:
        chunks: µs of a chunk; the first one is that of the tables.
        offline: µs of a chunk from a file.
        idle, active, delta: bytes of a stream that has seen nothing, of one in progress, and of
            each further delta.
        missing: what is left out.
    """

    python: str
    chunks: list[Figure]
    offline: Figure
    idle: Figure | None
    active: Figure | None
    delta: Figure | None
    missing: list[str]


def inputs(runs: Sequence[Run]) -> Inputs:
    missing: list[str] = []

    def find(words: str, task: str, names: Sequence[str], row: str = OURS) -> Figure | None:
        """The first of these cases that both runs have."""
        scale = 1.0 if task == "memory" else 1e-6
        for name in names:
            known = [v for run in runs if (v := Case(run, task, name).value(row)) is not None]
            if len(known) == len(runs):
                values = tuple(value / scale for value in known)
                return Figure(words, f"{task} {name}", values, rounded(median(values)))
        missing.append(words)
        return None

    many = [f"{CHAT}/{count}" for count in (1000, 100)]
    # The gateway is the nearest to what the tables are about, and the first row is theirs.
    time = [
        find("a gateway, many streams in turns", "gateway", many),
        *(
            find(name, "merge", [f"{name}/text/{way}/8192" for way in ("event", "64k")])
            for name in (CHAT, RESPONSES, CLAUDE, GEMINI)
        ),
        find("a gateway, passing through", "gateway", many, f"{OURS}, passing through"),
        find(f"a gateway, moved every {EVERY} chunks", "gateway", many, MOVED),
    ]
    offline = find(f"{CHAT}, from a file", "merge", [f"{CHAT}/text/64k/8192"])
    assert offline is not None, "every run has it: the README shows it"
    idle = find(
        "a stream that has seen nothing", "memory", [f"idle/{CHAT}/{n}" for n in (1000, 64)]
    )
    active = find(
        f"a stream in progress, with {SEEN * PIECE} characters",
        "memory",
        [f"streams/{CHAT}/{how}" for how in ("resident/10000", "traced/10000", "traced/100")],
    )
    # Not that of 1,024 deltas: they have just become one string, and the most is what counts here.
    delta = find(f"each further delta of {PIECE} characters", "memory", [f"delta/{CHAT}/64"])
    chunks = [figure for figure in time if figure is not None]
    if offline.place not in {figure.place for figure in chunks}:
        chunks.append(offline)
    found = [figure for figure in (*chunks, idle, active, delta) if figure is not None]
    pythons = (run[figure.place.split()[0]]["python"] for run in runs for figure in found)
    return Inputs(", ".join(dict.fromkeys(pythons)), chunks, offline, idle, active, delta, missing)


# -- the arithmetic ------------------------------------------------------------------------------


def rounded(value: float) -> float:
    """To two digits; 225 is 230, and so is 2.25 with what it lacks as a float."""
    return float(f"{value * (1 + 1e-9):.2g}")


def cores_of(streams: int, micros: float) -> float:
    return rounded(streams * PER_SECOND * micros / 1e6 / BUSY)


def processes_of(cores: float) -> int:
    """One for each core."""
    return math.ceil(cores)


def kib_of(active: float, delta: float) -> float:
    """Of a stream at the end of its response."""
    return rounded((active + (CHUNKS - SEEN) * delta) / 1024)


def core_hours_of(responses: int, micros: float) -> float:
    return rounded(responses * CHUNKS * micros / 1e6 / 3600)


def response_bytes() -> float:
    """What a response is, as it is captured."""
    return rounded(sum(map(len, Answer(CHAT, "text", CHUNKS).blocks())))


# -- words ---------------------------------------------------------------------------------------


def two(value: float) -> str:
    """In two digits."""
    short = rounded(value)
    return f"{short:,.{max(0, 1 - math.floor(math.log10(short)))}f}"


def bytes_text(value: float) -> str:
    unit, scale = next(
        (one for one in (("TiB", 2**40), ("GiB", 2**30)) if value >= one[1]), ("MiB", 2**20)
    )
    return f"{two(value / scale)} {unit}"


def said(words: str) -> str:
    return fill(" ".join(words.split()), 100, break_long_words=False, break_on_hyphens=False) + "\n"


# -- the page ------------------------------------------------------------------------------------


def page(runs: Sequence[Run]) -> str:
    given = inputs(runs)
    parts = [HEAD, measured(given), arithmetic(given), at_once(given), a_day(given)]
    return "\n".join([*parts, SHARED, NOT_IN, CODE])


HEAD = """\
# Sizing

From the cost of a chunk and of a stream to cores and memory: for many streams at once, and for a
day of traffic. The arithmetic is shown, so that you can put in your own numbers. It gives the order
of magnitude; before you buy machines, measure your own program.

[speed.md](speed.md) has all tables, [benchmarks/README.md](../benchmarks/README.md) says what is
measured, on what, and why to distrust it. This page is made by `python -m benchmarks.report`.
"""


def measured(given: Inputs) -> str:
    base = given.chunks[0]
    time = [["CPU time, µs/chunk", "two runs", "used", "x the first"]]
    for figure in given.chunks:
        ratio = "-" if figure is base else two(figure.used / base.used)
        time.append([label(figure), both(figure), two(figure.used), ratio])
    kept = [["memory, bytes", "two runs", "used"]] + [
        [label(figure), both(figure), two(figure.used)]
        for figure in (given.idle, given.active, given.delta)
        if figure is not None
    ]
    out = [
        "## What was measured\n",
        said(
            f"""{given.python}; one core, one process, the standard library's JSON parser. A chunk
            is an event of the stream with {PIECE} characters of text. Behind each name stand the
            task and the case it is from. Where two figures stand, they are of two runs: what
            differs is noise. Below, their median is used, in two digits."""
        ),
        table(time),
        said(
            """`event`: a push is one event, as servers send them. `64k`: a push is 64 KiB, as from
            a file; in the place of `event` it is too good for live streams. The first row is that
            of the tables below. For another one, multiply cores by the last column."""
        ),
    ]
    if len(kept) > 1:
        how = """`traced`: what Python allocated. `resident`: what the process grew by, which is
            more."""
        out += [table(kept), said(how)]
    if given.missing:
        out.append(
            said(
                f"""Not in both runs, and so left out, with what would come of it:
                {"; ".join(given.missing)}."""
            )
        )
    return "\n".join(out)


def label(figure: Figure) -> str:
    return f"{figure.words}: `{figure.place}`"


def both(figure: Figure) -> str:
    return beside([digits(value) for value in figure.runs])


def kib(given: Inputs) -> float | None:
    if given.active is None or given.delta is None:
        return None
    return kib_of(given.active.used, given.delta.used)


def arithmetic(given: Inputs) -> str:
    micros, size = given.chunks[0].used, kib(given)
    rate, cores = EXAMPLE * PER_SECOND, cores_of(EXAMPLE, micros)
    names = [
        ("streams", f"{EXAMPLE:,}", "that receive at the same time"),
        ("per second", f"{PER_SECOND}", "chunks of each stream: an assumption"),
        ("µs", two(micros), "CPU time of a chunk: the first row above"),
        ("busy", f"{BUSY}", "of a core at most, the rest is for peaks: an assumption"),
    ]
    needed = f"{rate:,} x {two(micros)} / 1,000,000 / {BUSY}"
    steps = [
        ("chunks/s", "streams x per second", f"{EXAMPLE:,} x {PER_SECOND}", f"{rate:,}"),
        ("cores", "chunks/s x µs / 1,000,000 / busy", needed, two(cores)),
        ("processes", "cores, rounded up", "one for each core", f"{processes_of(cores):,}"),
    ]
    counted = ""
    if size is not None and given.active is not None and given.delta is not None:
        names.append(("KiB", two(size), f"of a stream of which {CHUNKS} deltas have come"))
        grown = f"({two(given.active.used)} + {CHUNKS - SEEN} x {two(given.delta.used)}) / 1,024"
        put, result = f"{EXAMPLE:,} x {two(size)} x 1,024", bytes_text(EXAMPLE * size * 1024)
        steps += [
            ("KiB", "(in progress + further deltas x each) / 1,024", grown, two(size)),
            ("memory", "streams x KiB x 1,024 bytes", put, result),
        ]
        counted = said(
            f"""Memory counts each stream at its end. Streams that began at different times have
            about half of it, on average. Up to 1,024 deltas of a text are strings of their own,
            and then they become one: a text of {CHUNKS} deltas does not gain by that."""
        )
    return "\n".join(
        [
            "## The arithmetic\n",
            f"Each number has one name; as an example, {EXAMPLE:,} streams:\n",
            block(names),
            formulas(steps),
            *([counted] if counted else []),
        ]
    )


Step = tuple[str, str, str, str]  # a name, the rule, the rule with numbers in it, the result


def formulas(steps: Sequence[Step]) -> str:
    return block([(name, f"= {rule}", f"= {put}", f"= {is_}") for name, rule, put, is_ in steps])


def block(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines)]
    rows = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
    return "\n".join(["```text", *rows, "```", ""])


def at_once(given: Inputs) -> str:
    micros, size = given.chunks[0].used, kib(given)
    lines = [["streams at once", "chunks/s", "cores", "processes"]]
    lines[0] += [] if size is None else ["memory"]
    for streams in STREAMS:
        cores = cores_of(streams, micros)
        line = [f"{streams:,}", f"{streams * PER_SECOND:,}", two(cores), f"{processes_of(cores):,}"]
        lines.append(line if size is None else [*line, bytes_text(streams * size * 1024)])
    waiting = "" if given.idle is None else f", and {two(given.idle.used / 1024)} KiB of memory"
    return "\n".join(
        [
            "## Streams at once\n",
            table(lines),
            said(
                f"""A stream that waits for its first chunk costs no CPU time{waiting}: only those
                that receive count. The table is linear, as streams share nothing; what the
                operating system does with a million connections is another matter."""
            ),
        ]
    )


def a_day(given: Inputs) -> str:
    micros, offline, size = given.chunks[0].used, given.offline.used, response_bytes()
    peak = f"cores, all in {PEAK} h"
    lines = [["responses", "core-hours", "cores, over 24 h", peak]]
    lines[0] += ["archive", "core-hours, from it", f"hours on {WORKERS} cores"]
    for responses in RESPONSES_A_DAY:
        live, again = core_hours_of(responses, micros), core_hours_of(responses, offline)
        line = [f"{responses:,}", *map(two, (live, live / 24 / BUSY, live / PEAK / BUSY))]
        lines.append([*line, bytes_text(responses * size), two(again), two(again / WORKERS)])

    many, rest = f"{EXAMPLE_A_DAY:,} x {CHUNKS}", "/ 1,000,000 / 3,600"
    live, again = core_hours_of(EXAMPLE_A_DAY, micros), core_hours_of(EXAMPLE_A_DAY, offline)
    rule, put = f"responses x chunks x µs {rest}", f"{many} x {two(micros)} {rest}"
    spread, short = f"{two(live)} / 24 / {BUSY}", f"{two(live)} / {PEAK} / {BUSY}"
    steps = [
        ("core-hours", rule, put, two(live)),
        ("cores, over 24 h", "core-hours / 24 / busy", spread, two(live / 24 / BUSY)),
        (peak, f"core-hours / {PEAK} / busy", short, two(live / PEAK / BUSY)),
        ("core-hours, from it", rule, f"{many} x {two(offline)} {rest}", two(again)),
    ]
    return "\n".join(
        [
            "## A day of traffic\n",
            said(
                f"""A response is {CHUNKS} chunks here. The first columns are for decoding it as it
                comes. The last ones are for an archive of what was captured, decoded again: with
                the µs of {CHAT} from a file, and cores that may be busy all the time. Such a
                response is {two(size / 1000)} KB, not compressed. Reading it is not in these
                numbers, and may take longer than decoding."""
            ),
            table(lines),
            f"With {EXAMPLE_A_DAY:,} responses:\n",
            formulas(steps),
        ]
    )


SHARED = """\
## What streams share

Nothing. sse_core has no state in its modules, starts no threads and takes no locks: its tables are
constants. All that is known of a stream is in its decoder.

* One decoder is not thread-safe: one thread, or one task, feeds it at a time.
* Different decoders are independent, in any number of threads. With the usual build of CPython,
  threads do not make it faster: one of them runs at a time.
* `dump` and `load` move a decoder to another process or machine, at any byte. That is the cost of
  "moved" where the gateway is measured; none of the engines below needs it.

So work is spread by stream, and engines that exist do it:

| what you have | what spreads it |
|---|---|
| a server or gateway | `uvicorn --workers 8`, `gunicorn --workers 8`: a process for each core |
| several machines | the load balancer that is there already |
| captured streams, one machine | `ProcessPoolExecutor`, `multiprocessing.Pool` |
| captured streams, many machines | a Dask bag (`bag.map(decode)`), Ray (`ray.remote(decode)`) |

A gateway needs no key to find the right process. A stream is a connection, and a connection belongs
to one process from its first byte to its last. A connection that breaks is different: whoever goes
on with the response elsewhere needs its `dump`, from a store that all processes reach.
"""

NOT_IN = """\
## What is not in the numbers

* Sockets, TLS, HTTP parsing, decompression, and what asyncio does for each read.
* Your own code: what is done with an event, logging, writing to the client.
* The memory of a process itself: the interpreter, your imports, your own objects.
* Buffers: the kernel's for each connection, the transport's, the server's.
* Pauses of the garbage collector with many live objects, and fragmented memory.
* Cores that share a cache, a memory bus or a power budget: one core was measured.
* Other versions and builds of CPython, other processors. Measure there, with
  `python -m benchmarks merge gateway memory --quick`.
* Other traffic, such as tool calls; and a faster JSON parser (`loads=`). Both are in
  [speed.md](speed.md).

In a gateway, all of this may well be more than decoding. The tables are the part that is ours.
"""

CODE = '''\
## A pool of processes

Captured streams in, what they said out, in order. No more than `ahead` of them are with the pool at
once, so that `captured` may be a generator over an archive that is larger than memory. An exception
of the decoder is a result here, so that one bad stream does not end the run.

```python
from collections import Counter, deque
from concurrent.futures import ProcessPoolExecutor

import sse_core


def decode(captured: bytes) -> tuple[str, str]:
    """Runs in a process of the pool: the outcome, and the text."""
    stream = sse_core.StreamDecoder("auto")
    try:
        stream.feed(captured)
        stream.close()
    except sse_core.WireError as error:      # beyond a limit
        return type(error).__name__, stream.response.text
    return stream.outcome.value, stream.response.text


def decode_all(captured, workers=None, ahead=64):
    with ProcessPoolExecutor(workers) as pool:      # None: one for each core
        waiting = deque()
        for one in captured:
            waiting.append(pool.submit(decode, one))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


if __name__ == "__main__":
    def chunk(content, reason=None):
        choice = {"index": 0, "delta": {"content": content}, "finish_reason": reason}
        return sse_core.encode_json({"choices": [choice]})

    whole = chunk("Hello, ") + chunk("world", "stop") + b"data: [DONE]\\n\\n"
    captured = [whole] * 199 + [chunk("Hel")]      # the last one was cut
    results = list(decode_all(captured, workers=2))
    print(Counter(outcome for outcome, text in results))
    print(results[0], results[-1])
```

Started as a script, it prints:

```text
Counter({'complete': 199, 'truncated': 1})
('complete', 'Hello, world') ('truncated', 'Hel')
```

A task for each stream costs a message there and one back. If your streams are short, give each task
a file of many.
'''
