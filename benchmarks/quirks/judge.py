"""The judge: what is wrong with what a library made of a stream, in a few words each.

What a library has no place for, it loses. Where the input just stops, it is not enough to leave the
finish reason out ("silent"): many servers never send one.
"""

from __future__ import annotations

import json
from typing import Any

from benchmarks.quirks.streams import ALWAYS, Call, Choice, Result


def judge(want: Result, got: Result) -> list[str]:
    """What is wrong, most telling first; nothing if it is what a human reads."""
    faults = []
    if len(got.choices) != len(want.choices):
        faults.append(f"{len(got.choices)} of {len(want.choices)} choices")
    for index, choice in want.choices.items():
        faults += judge_choice(choice, got.choices.get(index, Choice()))
    if got.usage != want.usage:
        faults.append(differs("usage", want.usage, got.usage and "{}/{}".format(*got.usage)))
    if got.error != want.error:
        faults.append("error lost" if want.error else "error invented")
    return faults + judge_outcome(want, got)


def judge_choice(want: Choice, got: Choice) -> list[str]:
    faults = [
        differs(name, getattr(want, name), short(getattr(got, name)))
        for name in ("text", "reasoning", "refusal")
        if getattr(want, name) != getattr(got, name)
    ]
    if len(got.tool_calls) != len(want.tool_calls):
        faults.append(f"{len(got.tool_calls)} of {len(want.tool_calls)} calls")
    for one, other in zip(want.tool_calls, got.tool_calls):
        faults += judge_call(one, other)
    # Some give a refusal a reason of its own.
    if want.finish != got.finish and not (want.refusal and got.refusal and got.finish):
        faults.append(differs("finish", want.finish, short(got.finish)))
    if got.role not in ("", "assistant"):
        faults.append(f"role {short(got.role)}")
    if want.logprobs != got.logprobs:
        faults.append(differs("logprobs", want.logprobs, short(" ".join(got.logprobs))))
    return faults


def judge_call(want: Call, got: Call) -> list[str]:
    faults = [
        differs(name, getattr(want, name), short(getattr(got, name)))
        for name in ("id", "name")
        if getattr(want, name) != getattr(got, name)
    ]
    if parsed(want.arguments) != parsed(got.arguments):
        cut = not want.complete and type(parsed(got.arguments)) is dict
        shown = "repaired" if cut else short(got.arguments)
        faults.append(differs("arguments", want.arguments, shown))
    if got.complete not in (None, want.complete):
        faults.append("call said to be complete" if got.complete else "call said to be cut")
    return faults


def judge_outcome(want: Result, got: Result) -> list[str]:
    if got.outcome == want.outcome:
        return []
    if got.outcome in ("", ALWAYS):  # then the finish reason tells, but not that there is none
        silence = 'says "complete"' if got.outcome else "silent"
        return [silence] if want.outcome == "truncated" else []
    return [f'says "{got.outcome}"']


def parsed(arguments: str) -> Any:
    """JSON as values, so that its layout does not matter; what is not JSON as it is."""
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments


def differs(name: str, want: Any, got: str | None) -> str:
    if got in (None, '""'):
        return f"{name} lost"
    return f"{name} {got}" if want else f"{name} {got} invented"


def short(text: str | None) -> str | None:
    if text is None:
        return None
    return f'"{text[:12]} … {text[-12:]}"' if len(text) > 28 else f'"{text}"'
