"""Generated clean streams: an answer, and how each dialect says it, field for field.

::

    answers, write = DIALECTS["anthropic"]
    answer = data.draw(answers)                   # data: hypothesis.strategies.data()
    chunks = write(answer, data.draw)             # cut at drawn places
    to_bytes(chunks, ascii=True)                  # bytes; EOL["gemini"] is "\\r\\n"

An answer holds only what its dialect can say: what ``slow_merger`` reads of it is the answer again.
``mutations`` makes quirky streams of these. Where an answer leaves a reader freedom:

* A citation, or a signature, is counted to the block it was sent with. A reader may count it to
  the choice: compare them pooled.
* Gemini's arguments are values on the wire. Their text is ``canonical``.
* Anthropic's ``redacted_thinking`` is a ``Reasoning`` without text: its data is the signature.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from hypothesis import strategies as st

from .anthropic import anthropic_answers, write_anthropic
from .gemini import gemini_answers, write_gemini
from .model import (
    Answer,
    Block,
    Call,
    Choice,
    Citation,
    Media,
    Reasoning,
    Refusal,
    Result,
    Text,
    Usage,
    canonical,
    without,
)
from .openai_chat import (
    chat_answers,
    completion_answers,
    write_openai_chat,
    write_openai_completions,
)
from .openai_responses import responses_answers, write_openai_responses
from .parts import Chunk, Draw, cut, json_text, to_bytes
from .plain import PlainStream, json_streams, text_streams

__all__ = [
    "DIALECTS",
    "EOL",
    "Answer",
    "Block",
    "Call",
    "Choice",
    "Chunk",
    "Citation",
    "Dialect",
    "Draw",
    "Media",
    "PlainStream",
    "Reasoning",
    "Refusal",
    "Result",
    "Text",
    "Usage",
    "anthropic_answers",
    "canonical",
    "chat_answers",
    "completion_answers",
    "cut",
    "gemini_answers",
    "json_streams",
    "json_text",
    "responses_answers",
    "streams",
    "text_streams",
    "to_bytes",
    "without",
    "write_anthropic",
    "write_gemini",
    "write_openai_chat",
    "write_openai_completions",
    "write_openai_responses",
]


class Dialect(NamedTuple):
    """What a dialect can say, and how it says it, cut at drawn places."""

    answers: st.SearchStrategy[Answer]
    write: Callable[[Answer, Draw], list[Chunk]]


#: The dialects that have generated streams, by name.
DIALECTS = {
    "openai-chat": Dialect(
        st.one_of(chat_answers(), chat_answers(), chat_answers("audio")), write_openai_chat
    ),
    "openai-completions": Dialect(completion_answers(), write_openai_completions),
    "openai-responses": Dialect(responses_answers(), write_openai_responses),
    "anthropic": Dialect(anthropic_answers(), write_anthropic),
    "gemini": Dialect(gemini_answers(), write_gemini),
}

#: The line ends that the official service sends.
EOL = {dialect: "\r\n" if dialect == "gemini" else "\n" for dialect in DIALECTS}


@st.composite
def streams(draw: st.DrawFn, dialect: str) -> tuple[Answer, list[Chunk]]:
    """An answer, and its clean stream."""
    answers, write = DIALECTS[dialect]
    answer = draw(answers)
    return answer, write(answer, draw)
