"""The streams of ``benchmarks.quirks`` through our own decoder: it reads them as a human does.

They are what servers send and what other libraries read wrongly; ``python -m benchmarks.quirks``
shows those beside ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

# Where only the wheel is tested, the benchmarks are not there.
quirks = pytest.importorskip("benchmarks.quirks", exc_type=ModuleNotFoundError)


@pytest.mark.parametrize("name", quirks.STREAMS)
def test_every_stream_is_read_as_a_human_reads_it(name: str) -> None:
    assert quirks.faults(quirks.OURS, name) == []


# The judge is judged: it accepts what is right, and nothing that deviates in any one place.


@pytest.mark.parametrize("name", quirks.STREAMS)
def test_the_judge_sees_every_difference(name: str) -> None:
    want = quirks.STREAMS[name].want
    assert quirks.judge(want, want) == []
    for wrong in deviations(want):
        assert quirks.judge(want, wrong), wrong


def deviations(want: Any) -> Iterator[Any]:
    yield replace(want, choices={})
    yield replace(want, usage=(7, 7))
    yield replace(want, error=not want.error)
    yield replace(want, outcome="not_sse")
    for index, choice in want.choices.items():
        for other in choice_deviations(choice):
            yield replace(want, choices={**want.choices, index: other})


def choice_deviations(choice: Any) -> Iterator[Any]:
    for field in ("text", "reasoning", "refusal"):
        yield replace(choice, **{field: getattr(choice, field) + "x"})
    yield replace(choice, finish=None if choice.finish else "stop")
    yield replace(choice, role="assistantassistant")
    yield replace(choice, logprobs=(*choice.logprobs, "x"))
    yield replace(choice, tool_calls=(*choice.tool_calls, quirks.G))
    for at, call in enumerate(choice.tool_calls):
        before, after = choice.tool_calls[:at], choice.tool_calls[at + 1 :]
        yield replace(choice, tool_calls=(*before, *after))
        for field in ("id", "name", "arguments"):
            other = call._replace(**{field: getattr(call, field) + "x"})
            yield replace(choice, tool_calls=(*before, other, *after))
        other = call._replace(complete=not call.complete)
        yield replace(choice, tool_calls=(*before, other, *after))
