"""Writes the pages of docs/ that say what the code says: ``PAGES``, from the tables it runs on.

::

    python -m tests.diagrams            # after a change of BLOCKS, CHOICES, OUTCOMES, QUIRKS, CODES

The words of the first three stand here, those of the others in ``dialect_pages.py`` and
``limits_page.py``, the facts in the tables: a state, a happening, a sign or a family that has no
words yet is a ``KeyError``, and a page that is not what this file makes fails
``test_diagrams.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from sse_core.blocks import BLOCKS
from sse_core.choices import CHOICES, STRENGTH, STRONGEST
from sse_core.cli.codes import CODES, ERROR, WARNING
from sse_core.merge import OUTCOMES
from sse_core.quirks import ASSUMED, OUTSIDE, PLAIN, QUIRKS, REPAIRED

from .dialect_pages import DIALECT_PAGES
from .limits_page import limits
from .markdown import page, table

__all__ = ["CANNOT_OCCUR", "DOCS", "LIVES", "PAGES", "Table", "lint", "machine", "main", "quirks"]

DOCS = Path(__file__).resolve().parent.parent / "docs"

#: A state, what happens, then the next state and the names of what is shown.
Table: TypeAlias = Mapping[str, Mapping[str, tuple[str, tuple[str, ...]]]]

LIVES: dict[str, Table] = {
    "block": BLOCKS,
    "choice": {
        state: {what: (then, ("Finish",) if told else ()) for what, (then, told) in row.items()}
        for state, row in CHOICES.items()
    },
}

#: Why a state and a happening that are in no row never meet.
CANNOT_OCCUR: dict[str, dict[tuple[str, str], str]] = {
    "block": {
        ("ended", "grows"): (
            "more content at the place of a block that has ended begins another block, "
            "or is `Unknown`"
        ),
        ("ended", "named"): "of a block that has ended nothing more is learned",
        ("ended", "voided"): "only a block that has not ended is voided",
    },
    "choice": {
        ("speaking", "stronger reason"): "there is no reason yet to be stronger than",
        (
            "speaking again",
            "stronger reason",
        ): "what came since needs a reason, so any reason counts",
    },
}

#: What each happening is, in words.
HAPPENINGS: dict[str, dict[str, str]] = {
    "block": {
        "named": "the name of its tool call is known; every other kind of block is named at once",
        "grows": "content comes",
        "voided": "what came of its content does not count",
        "ends": "the wire ends it, another block begins and it was the flow, its choice has its "
        "reason, the provider reports an error, or the input is over",
    },
    "choice": {
        "grows": "a block begins, or a medium gets more bytes",
        "reason": "the provider says why the choice ends",
        "stronger reason": "it says so once more, with a reason of more strength",
    },
}

#: The evidence of each row of ``OUTCOMES``, in words.
SIGNS = {
    "other format": "no event came, and the input begins as JSON or HTML does",
    "error": "a `StreamError`, or a finish reason `error`",
    "no event": "nothing but comments and empty lines came",
    "no chunk": "nothing of the dialect came, and no sentinel",
    "cut short": "a finish reason `length`, `content_filter`, `refusal` or `pause`",
    "cut call": "each choice has its reason, and a tool call has the problem `cut`",
    "finished": "each choice that began has its reason",
    "sentinel": "the closing sentinel came (`[DONE]`, `message_stop` …), and a reason did not",
    "end of input": "none of the above",
}

TREATMENTS = {
    PLAIN: "legal or harmless: it is read, and nothing is reported by this id",
    REPAIRED: "read as it was meant, and an `Anomaly` says so; what returns with every chunk is "
    "reported at its first place",
    ASSUMED: "the stream alone does not show it: it is read as it was meant, and reported, only "
    'with `StreamDecoder(…, assume=("ID",))`',
    OUTSIDE: "not to be repaired, or not by this library; nothing is lost",
}

FAMILIES = {
    "F": "Framing and transport",
    "J": "JSON and its encoding",
    "C": "Chunks",
    "T": "Tool calls",
    "E": "Finish reasons",
    "U": "Usage",
    "R": "Reasoning",
    "X": "Errors",
    "A": "Anthropic",
    "P": "OpenAI Responses",
    "G": "Gemini and others",
    "N": "Found here, and in no other catalogue",
}

SEVERITIES = {
    ERROR: "a client that follows the format loses something, misreads it, or fails",
    WARNING: "legal, or harmless to most; some clients are known to stumble",
}

LINT_FAMILIES = {
    "W": "The wire",
    "D": "What is said over it",
}


# -- the pages -------------------------------------------------------------------------------------


def machine() -> str:
    """docs/machine.md."""
    return page(
        "# The state machine",
        "`merge.py` is the one place where a response adds up. Three lives go on in it: that of "
        "each block, of each choice, and of the response. This page is made from the tables that "
        "it runs on (`BLOCKS`, `CHOICES`, `OUTCOMES`); "
        "[stream.md](stream.md) says what it means for you.",
        "## A block",
        "A block appears *held*. A tool call stays so until its name is known: what comes of its "
        "arguments before is kept, and shown with its start. All others are open at once. On the "
        "edges: what happens, and after the slash what is shown of it.",
        *_life("block", shown="`start`, `delta`, `end`: the event of that name of its kind, a "
               "delta only if there is content. `reset`: a `Reset` of the block."),
        "## A choice",
        "A finish reason may come early, and some servers send two. Content after a reason is "
        "kept, and a reason that comes after it counts; of two reasons for the same content the "
        "stronger one counts. A reason that counts only if nothing follows (Gemini's `STOP`, which "
        "some servers send with every chunk) is no happening here until nothing does.",
        *_life("choice", shown="`Finish`: the event; where the table shows nothing, "
               f"`Choice.finish` stays what it was. Strength: {_strengths()}."),
        "## The response",
        "The outcome is that of the first row whose evidence was seen. It can be asked at any "
        "time: before `close` it says how the response would have ended if the input ended there.",
        table(
            ("evidence", "what that is", "`Outcome`", "its value"),
            [(sign, SIGNS[sign], f"`{found.name}`", found.value) for sign, found in OUTCOMES],
        ),
    )  # fmt: skip


def quirks() -> str:
    """docs/quirks.md."""
    counts = {t: sum(quirk.treatment == t for quirk in QUIRKS.values()) for t in TREATMENTS}
    return page(
        "# The quirks",
        f"{len(QUIRKS)} deviations that servers were seen to have, or could have, and what becomes "
        "of each. `Anomaly.quirk` is an id of this table; "
        "`sse_core.quirks.QUIRKS[id]` has the same words. The servers named are those it was seen "
        "with: not all of them, and not always.",
        table(
            ("treatment", "how many", "what it means"),
            [(name, str(counts[name]), words) for name, words in TREATMENTS.items()],
        ),
        *(part for letter in FAMILIES for part in _family(letter)),
        *(f"No family: {id}" for id in QUIRKS if id[0] not in FAMILIES),
    )


def lint() -> str:
    """docs/lint.md."""
    counts = {kind: sum(rule.severity == kind for rule in CODES.values()) for kind in SEVERITIES}
    rows = {letter: [id for id in CODES if id[0] == letter] for letter in LINT_FAMILIES}
    others = [id for id in CODES if id[0] not in LINT_FAMILIES]
    return page(
        "# The codes of sse-core lint",
        "`sse-core lint` writes `path:line:column: CODE message`; [command.md](command.md) shows "
        "it. A line ends at LF, CR or CRLF. A column counts characters from 1: code points, where "
        "each part that is not UTF-8 is one and a byte order mark is none; with `--format json`, "
        "`offset` counts bytes from 0. A code keeps its meaning for ever. `--select` and "
        "`--ignore` take codes, and letters for whole families.",
        table(
            ("severity", "how many", "what it means"),
            [(kind, str(counts[kind]), words) for kind, words in SEVERITIES.items()],
        ),
        "An error makes the exit code 1; with `--strict`, a warning does, too.",
        *(
            part
            for letter, title in LINT_FAMILIES.items()
            for part in (f"## {letter}: {title}", _codes(rows[letter]))
        ),
        "## Every other letter: quirks",
        "What the decoder repaired, by the quirk's id; [quirks.md](quirks.md) has them all. Those "
        "that come with every chunk are reported at their first place.",
        _codes(others),
    )


PAGES = {
    "machine.md": machine,
    "quirks.md": quirks,
    "lint.md": lint,
    "limits.md": limits,
    **DIALECT_PAGES,
}


# -- their parts -----------------------------------------------------------------------------------


def _life(name: str, shown: str) -> list[str]:
    life, happenings = LIVES[name], HAPPENINGS[name]
    rows = [
        (state, what, then, ", ".join(f"`{step}`" for step in steps) or "nothing")
        for state, row in life.items()
        for what, (then, steps) in row.items()
    ]
    never = [(state, what, why) for (state, what), why in CANNOT_OCCUR[name].items()]
    return [
        _diagram(life),
        table(("state", "what happens", "next state", "what is shown"), rows),
        shown,
        table(("what happens", "in words"), list(happenings.items())),
        "What is in no row cannot occur:",
        table(("state", "what would happen", "why it does not"), never),
    ]


def _diagram(life: Table) -> str:
    names = {state: state.replace(" ", "_") for state in life}
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{state}" as {name}' for state, name in names.items() if state != name]
    lines.append(f"    [*] --> {next(iter(names.values()))}")
    for state, row in life.items():
        for what, (then, steps) in row.items():
            label = f"{what} / {', '.join(steps) or 'nothing'}"
            lines.append(f"    {names[state]} --> {names[then]} : {label}")
    return "\n".join(["```mermaid", *lines, "```"])


def _family(letter: str) -> list[str]:
    rows = [
        (id, quirk.what, quirk.who, "; ".join(filter(None, (quirk.treatment, quirk.note))))
        for id, quirk in QUIRKS.items()
        if id[0] == letter
    ]
    head = ("id", "on the wire", "seen with", "treatment")
    return [f"## {letter}: {FAMILIES[letter]}", table(head, rows)]


def _codes(ids: Iterable[str]) -> str:
    rows = [(id, CODES[id].severity, CODES[id].what, CODES[id].source) for id in ids]
    return table(("code", "severity", "what it says", "source"), rows)


def _strengths() -> str:
    """Which reason is how strong, in words."""
    ranks = sorted(set(STRENGTH.values()))
    named = [(rank, [f"`{word}`" for word in STRENGTH if STRENGTH[word] == rank]) for rank in ranks]
    weak = [f"{rank} for {' and '.join(words)}" for rank, words in named]
    return ", ".join([*weak, f"{STRONGEST} for every other reason"])


def main() -> None:
    """Write the pages."""
    for name, make in PAGES.items():
        path = DOCS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(), "utf-8")


if __name__ == "__main__":
    main()
