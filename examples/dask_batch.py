"""A batch of recorded streams, decoded on all cores: Dask.

python examples/dask_batch.py captures/*.sse
"""

import sys
from collections import Counter
from typing import Any

import dask.bag

import sse_core


def decode(path: str) -> tuple[str, sse_core.Response, str]:
    """The file, what it came to, and the limit that it passed, if any. All of it pickles."""
    stream, problem = sse_core.StreamDecoder("auto"), ""
    with open(path, "rb") as file:
        try:
            for _ in sse_core.iter_stream(iter(lambda: file.read(65536), b""), stream):
                pass
        except sse_core.LimitExceeded as error:
            problem = str(error)
    return path, stream.response, problem


def row(path: str, response: sse_core.Response, problem: str) -> list[Any]:
    usage = response.usage
    tokens = [None, None] if usage is None else [usage.input_tokens, usage.output_tokens]
    calls = ", ".join(
        call.name if call.complete else f"{call.name} ({call.problem})"
        for call in response.all_tool_calls
    )
    return [path, response.outcome.value, *tokens, calls, problem]


if __name__ == "__main__":  # each of the processes imports this file
    answers = dask.bag.from_sequence(sys.argv[1:]).map(decode).compute(scheduler="processes")
    print("file", "outcome", "input", "output", "calls", "problem", sep="\t")
    for answer in answers:
        print(*row(*answer), sep="\t")
    print(dict(Counter(response.outcome.value for _, response, _ in answers)))
