"""The catalogue: every deviation that servers are known for, and what becomes of it here.

An ``Anomaly`` names one by its id: ``QUIRKS[anomaly.quirk].what`` says it in words. Data only:
``import sse_core`` does not load this module, and the decoder does not read it.

The letter of an id is its family: F framing, J JSON and its encoding, C chunks, T tool calls,
E finish reasons, U usage, R reasoning, X errors, A Anthropic, P OpenAI Responses, G Gemini and
others, N found here and in no other catalogue. ``tests/quirks`` shows each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NamedTuple as Value
else:
    from .values import Value

__all__ = ["ASSUMED", "OUTSIDE", "PLAIN", "QUIRKS", "REPAIRED", "Quirk"]

#: Legal or harmless: it is read, and nothing is reported by this id.
PLAIN = "plain"
#: Read as it was meant, and an ``Anomaly`` says so; habits of every chunk once in a response.
REPAIRED = "repaired"
#: The stream alone does not show it: only with ``StreamDecoder(..., assume=(id,))``.
ASSUMED = "assumed"
#: Not to be repaired, or not by this library; nothing is lost.
OUTSIDE = "outside"


class Quirk(Value):
    """A deviation.

    Attributes:
        what: what is on the wire.
        who: servers and gateways that were seen to do it; not all of them, and not always.
        treatment: ``PLAIN``, ``REPAIRED``, ``ASSUMED`` or ``OUTSIDE``.
        note: what else there is to know, ``""`` if nothing.
    """

    what: str
    who: str
    treatment: str
    note: str = ""


#: Every deviation by its id.
QUIRKS: dict[str, Quirk] = {
    # -- framing and transport
    "F1": Quirk("no space after the colon of a field", "LongCat, Kimi Code, Spring", PLAIN),
    "F2": Quirk("a comment as data: 'data: : keepalive'", "Vertex partners, Manifest", REPAIRED),
    "F3": Quirk("comment lines between and within events", "OpenRouter, DeepSeek", PLAIN),
    "F4": Quirk("an empty data line as a heartbeat", "proxies", PLAIN),
    "F5": Quirk("an event name without any data", "gateways", PLAIN),
    "F6": Quirk("ids on events, then a comment and a blank line", "llmgateway", PLAIN),
    "F7": Quirk("an id without data, or retry alone", "MCP up to 2025-11-25", PLAIN),
    "F8": Quirk(
        "no blank line after the last event", "llama.cpp, Gemini, cut connections", REPAIRED,
        "only if its data is whole beyond doubt: JSON, or the sentinel",
    ),
    "F9": Quirk("a finish reason, but no closing sentinel", "Perplexity, Writer, many", PLAIN),
    "F10": Quirk(
        "the end of input without finish reason or sentinel", "resets, proxies", PLAIN,
        "the outcome is truncated",
    ),
    "F11": Quirk("[DONE] in a dialect that has none", "OpenRouter and relays, Anthropic", PLAIN),
    "F12": Quirk("[DONE] in an event with a name of its own", "llmgateway", PLAIN),
    "F13": Quirk(
        "the connection stays open after the end", "ds-web, mistral.rs", PLAIN,
        "StreamDecoder.over says that nothing of the answer can follow",
    ),
    "F14": Quirk("events after the closing sentinel", "OpenRouter, opencode-go", REPAIRED),
    "F15": Quirk(
        "a JSON body where a stream should be", "xAI, servers that ignore 'stream'", PLAIN,
        "the outcome is not_sse, StreamDecoder.head has the body, an error in it is read",
    ),
    "F16": Quirk("events wrapped twice: 'data: data: {…}'", "custom gateways", REPAIRED),
    "F17": Quirk("success, and not a byte", "routers", PLAIN, "the outcome is empty"),
    "F18": Quirk("bare JSON among the events, without 'data:'", "Gemini", REPAIRED),
    "F19": Quirk("the error in a field: 'error: {…}'", "llama.cpp, GPUStack", REPAIRED),
    "F20": Quirk("prose where JSON should be", "mistral.rs, Crane", REPAIRED, "it is Unknown"),
    "F21": Quirk("one JSON value cut into several events", "iflow", ASSUMED),
    "F22": Quirk("U+2028, U+2029 or U+0085 as they are, in JSON", "any model's output", PLAIN),
    "F23": Quirk("lines that end with CR or CRLF", "Gemini, OpenAI audio, proxies", PLAIN),
    "F24": Quirk("a byte order mark first", "some stacks", PLAIN),
    "F25": Quirk("metadata in comments: ': x-cost=0.0001'", "OmniRoute", PLAIN, "as KeepAlive"),
    "F26": Quirk("several events in one read, one event in several", "everyone", PLAIN),
    "F27": Quirk("no blank lines between events, of JSON each", "GLM, Kimi hosts", REPAIRED),
    "F28": Quirk("one JSON value in several data lines", "MCP servers, some backends", PLAIN),
    "F29": Quirk(
        "CRLF events, then an error as bare JSON of several lines", "Gemini, Vertex", PLAIN,
        "reported as F18",
    ),
    "F30": Quirk(
        "fields of the vendor in the frame: 'status:400'", "DashScope", OUTSIDE,
        "SSEObserver hands them out as IgnoredField",
    ),
    "F31": Quirk("data that is no JSON, by design", "Replicate", PLAIN, "the dialect 'text'"),
    # -- JSON and its encoding
    "J1": Quirk("half a surrogate pair in each of two deltas", "gateways cutting UTF-16", REPAIRED),
    "J2": Quirk("the same in arguments, as escapes", "such gateways", PLAIN, "the text is joined"),
    "J3": Quirk("half a surrogate pair without its partner", "the same", REPAIRED, "U+FFFD"),
    "J4": Quirk("NaN or an infinity in a payload", "none was seen", REPAIRED, "read as None"),
    "J5": Quirk("an index that is a float or a text", "Together, Mistral", REPAIRED),
    "J6": Quirk("fields of padding: obfuscation, p", "OpenAI, Mistral, Bedrock", PLAIN, "dropped"),
    "J7": Quirk("several JSON values in one payload", "Vertex", REPAIRED),
    "J8": Quirk("a payload that is no object, or an empty one", "gateways", REPAIRED),
    # -- chunks
    "C1": Quirk("a first chunk without choices, its id and model empty", "Azure", PLAIN),
    "C2": Quirk("choices is null", "gateways", REPAIRED),
    "C3": Quirk("delta is null, beside notes about text already sent", "Azure", REPAIRED),
    "C4": Quirk("message in place of delta", "servers that fake a stream", REPAIRED),
    "C5": Quirk("beside delta, the message so far", "Perplexity, Writer", REPAIRED),
    "C6": Quirk("object is missing, or has another name", "GitHub Copilot, Perplexity", REPAIRED),
    "C7": Quirk("created changes from chunk to chunk", "xAI, Perplexity, SGLang", REPAIRED),
    "C8": Quirk("the role in every chunk", "OpenRouter, Ollama, SGLang", REPAIRED),
    "C9": Quirk("content is a list of parts", "Mistral, Databricks", REPAIRED),
    "C10": Quirk("content is null beside reasoning", "DeepSeek and its like", PLAIN),
    "C11": Quirk("text in the chunk with the finish reason", "vLLM, Mistral, Kimi", PLAIN),
    "C12": Quirk("no finish_reason key until the end", "xAI, Cerebras, Perplexity", PLAIN),
    "C13": Quirk("tool_calls null or empty in each delta", "SGLang", PLAIN),
    "C14": Quirk("several choices mixed, the first chunk not of the first", "OpenAI", PLAIN),
    "C15": Quirk("progress, and an empty delta", "llama.cpp", PLAIN, "as Metadata"),
    "C16": Quirk("each content repeats all before it", "DashScope Coding Plan", ASSUMED),
    "C17": Quirk("words of metadata in every chunk", "Perplexity", PLAIN, "the last one counts"),
    "C18": Quirk("lists of sources in every chunk", "Perplexity", PLAIN, "the last one counts"),
    "C19": Quirk("numbers in each delta", "Together, Fireworks", PLAIN, "the last one counts"),
    "C20": Quirk("a call's JSON leaks into the text", "xinfer, local servers", OUTSIDE),
    "C21": Quirk(
        "chunks of another dialect", "gateways", REPAIRED,
        "they are Unknown; StreamDecoder.detected names the dialect, if nothing else came",
    ),
    "C22": Quirk("choices null beside Copilot's own facts", "GitHub Copilot", PLAIN),
    "C23": Quirk("a delta of the role function, with JSON", "GitHub Copilot", REPAIRED),
    "C24": Quirk(
        "text in one choice, calls in another", "GitHub Copilot with Claude", PLAIN,
        "Response.all_tool_calls has the calls of every choice",
    ),
    "C25": Quirk(
        "the whole message at the end, after its deltas", "several hosts", REPAIRED,
        "reported if it differs from them; they count",
    ),
    "C26": Quirk("equal deltas in a row, which are meant", "local models", PLAIN),
    # -- tool calls
    "T1": Quirk("no index", "Gemini's OpenAI endpoint, Mistral, proxies", REPAIRED),
    "T2": Quirk("no index, and calls in separate chunks", "Gemini", PLAIN, "reported as T1"),
    "T3": Quirk("index 0 for every call", "Ollama, ChatGPT backend, gcli2api", REPAIRED),
    "T4": Quirk(
        "index 0 for every call, and more of one without its id", "litellm and others", PLAIN,
        "it is of the latest call there; reported as T3",
    ),
    "T5": Quirk("the first index is not 0", "Claude behind OpenAI shims", REPAIRED),
    "T6": Quirk("a new id in every delta of one call", "LM Studio, old vLLM", REPAIRED),
    "T7": Quirk("an empty id on what follows", "DashScope, Gemini's OpenAI endpoint", REPAIRED),
    "T8": Quirk("the word null as an id, on what follows", "Mistral-hosted GLM", REPAIRED),
    "T9": Quirk("never an id", "StepFun, llama.cpp shims", REPAIRED, "ToolCall.id_is_synthetic"),
    "T10": Quirk("the id in each delta", "SGLang, TGI, OpenRouter", REPAIRED),
    "T11": Quirk("ids that begin anew in every message", "SGLang", PLAIN),
    "T12": Quirk("the whole name in each delta", "MiniMax, Anthropic shims", REPAIRED),
    "T13": Quirk("the name in pieces", "Gemini through Continue", REPAIRED),
    "T14": Quirk("an empty name, later or first", "Mistral, vmlx, watsonx", REPAIRED),
    "T15": Quirk("the type in each delta, or null", "proxies, Mistral", PLAIN),
    "T16": Quirk("arguments are an object", "TGI, GigaChat", REPAIRED),
    "T17": Quirk("tool_calls is one object", "old TGI", REPAIRED),
    "T18": Quirk("no arguments: null, empty or absent", "Databricks, Mistral, DeepSeek", REPAIRED),
    "T19": Quirk("a placeholder {} before the arguments", "Databricks", REPAIRED),
    "T20": Quirk("all the arguments once more at the end", "GLM routes, gateways", REPAIRED),
    "T21": Quirk("each fragment repeats all before it", "DeepSeek through Qianfan", REPAIRED),
    "T22": Quirk("equal fragments in a row, which are meant", "everyone", PLAIN),
    "T23": Quirk("arguments that could end here, and go on", "everyone", PLAIN),
    "T24": Quirk("a call in the chunk with the finish reason", "Mistral, xAI", PLAIN),
    "T25": Quirk(
        "a closing chunk with id and name, and nothing else", "ChatGPT backend", PLAIN,
        "what it repeats is reported as T10 and T12",
    ),
    "T26": Quirk("a signature in extra_content", "Gemini's OpenAI endpoint", PLAIN, "as Opaque"),
    "T27": Quirk("fragments of several calls mixed", "legal", PLAIN),
    "T28": Quirk(
        "arguments that are JSON, and no object", "models", PLAIN,
        "the call's problem is 'not an object'",
    ),
    "T29": Quirk("a negative or a huge index", "none was seen", REPAIRED),
    "T30": Quirk("function_call in place of tool_calls", "old OpenAI, GigaChat", PLAIN),
    "T31": Quirk("Cohere's calls: an object, arguments null", "Cohere", OUTSIDE, "no dialect yet"),
    "T32": Quirk("the index is wrong, the id right", "GitHub Copilot", PLAIN, "the id counts"),
    "T33": Quirk("one id for several calls", "DeepSeek and GLM hosts", REPAIRED,
                 "the index counts, where it is new and the delta begins a call"),
    # -- finish reasons
    "E1": Quirk("an empty reason on every chunk", "Ollama, SGLang, GLM routes", REPAIRED),
    "E2": Quirk("the word null as a reason", "KoboldCpp, DashScope", REPAIRED),
    "E3": Quirk("stop, though there are calls", "Gemini's OpenAI endpoint, mlx-vlm", REPAIRED),
    "E4": Quirk("two different reasons", "ChatMock, GLM proxies", REPAIRED, "the stronger counts"),
    "E5": Quirk("content after the reason", "Vertex, OpenRouter", REPAIRED),
    "E6": Quirk(
        "never a reason", "Databricks with Kimi, Snowflake with Claude", PLAIN,
        "the outcome is unknown, or truncated without a sentinel either",
    ),
    "E7": Quirk("reasons that one vendor has", "many", PLAIN, "Finish.raw is the word itself"),
    "E8": Quirk("reasons that gateways translate differently", "many", PLAIN, "Finish.raw, again"),
    "E9": Quirk("a call cut by the length limit", "all", PLAIN, "the call's problem is 'cut'"),
    "E10": Quirk("STOP on every chunk", "older Vertex", REPAIRED, "the last one counts"),
    "E11": Quirk("audio that ends without a reason", "OpenAI", REPAIRED, "Finish.derived"),
    # -- usage
    "U1": Quirk("in every chunk, growing", "Perplexity, Gemini, vLLM", PLAIN),
    "U2": Quirk("in the choice", "Moonshot", REPAIRED),
    "U3": Quirk("in x_groq, or there as well", "Groq", PLAIN),
    "U4": Quirk("in the chunk with the finish reason", "DeepSeek, Mistral, llama.cpp", PLAIN),
    "U5": Quirk("null after a real one", "gateways", PLAIN),
    "U6": Quirk("the start and the end count the same tokens", "Anthropic", PLAIN),
    "U7": Quirk("a later one lacks a key", "Gemini", PLAIN),
    "U8": Quirk("a total that is not the sum", "xAI", PLAIN, "nothing is computed here"),
    "U9": Quirk("metrics that repeat the totals", "Bedrock", PLAIN, "as Metadata"),
    "U10": Quirk("empty, or with null members", "xAI and others", PLAIN),
    "U11": Quirk(
        "one for each choice, or each prompt", "TGI, DashScope", PLAIN,
        "Choice.usage; DashScope's own format has no dialect yet",
    ),
    "U12": Quirk("zeros before the real value", "MiniMax", PLAIN),
    # -- reasoning
    "R1": Quirk("in fields of several names and shapes", "everyone", PLAIN),
    "R2": Quirk("in two fields, the same text", "chutes.ai, Together", REPAIRED),
    "R3": Quirk("each delta twice", "xAI", ASSUMED),
    "R4": Quirk("details with one index and different types", "OpenRouter", PLAIN),
    "R5": Quirk("signatures and encrypted parts, in many places", "many", PLAIN, "as Opaque"),
    "R6": Quirk("between <think> tags in the text", "Perplexity, local servers", OUTSIDE),
    "R7": Quirk("minutes of silence", "DeepSeek", OUTSIDE, "time is the transport's business"),
    "R8": Quirk("in a message beside the delta", "Azure, GitHub Copilot", REPAIRED),
    "R9": Quirk("documented as snapshots, sent as increments", "MiniMax", PLAIN),
    # -- errors: each is a StreamError, and needs no Anomaly
    "X1": Quirk("an error in place of a chunk, under HTTP 200", "OpenRouter, Groq, many", PLAIN),
    "X2": Quirk("an error beside choices", "OpenRouter", PLAIN),
    "X3": Quirk("the error is text, its code beside it", "xAI", PLAIN),
    "X4": Quirk("the first event is the error", "Perplexity", PLAIN, "StreamError.before_output"),
    "X5": Quirk("the message twice", "LM Studio", PLAIN),
    "X6": Quirk("[DONE] after the error", "vLLM", PLAIN, "the outcome is failed all the same"),
    "X7": Quirk("an error without its event name", "Anthropic relays", PLAIN),
    "X8": Quirk("error, nested or flat, then response.failed", "OpenAI", PLAIN, "one StreamError"),
    "X9": Quirk("the code a number, a text, or elsewhere", "Groq, MiniMax", PLAIN),
    "X10": Quirk("the error in a list", "Gemini", PLAIN),
    "X11": Quirk("what failed within the error", "Groq", PLAIN, "StreamError.raw"),
    "X12": Quirk("another response in the middle of one", "relays", REPAIRED, "after a Reset"),
    "X13": Quirk("an error that vanished", "Ollama", OUTSIDE, "the outcome is truncated"),
    "X14": Quirk("error_type beside, or http_status_code within", "TGI", PLAIN),
    # -- Anthropic
    "A1": Quirk("a stop reason, but no message_stop", "gateways", PLAIN),
    "A2": Quirk("neither of them", "Bifrost", PLAIN, "the outcome is truncated"),
    "A3": Quirk("block indexes with gaps", "NewAPI", PLAIN),
    "A4": Quirk("a call's input in its start, no deltas", "Kimi, programmatic tools", PLAIN),
    "A5": Quirk("deltas of empty JSON", "Anthropic", PLAIN),
    "A6": Quirk("a call's input in its start and in deltas", "none was seen", REPAIRED),
    "A7": Quirk("arguments that are no JSON", "Anthropic", PLAIN, "ToolCall.problem says so"),
    "A8": Quirk("no event lines", "compatible servers", REPAIRED),
    "A9": Quirk("usage is null or absent", "compatible servers", REPAIRED),
    "A10": Quirk("a second message_delta without a reason", "compatible servers", REPAIRED),
    "A11": Quirk("input deltas in a result", "Anthropic", REPAIRED, "they are Unknown"),
    "A12": Quirk("message_start twice, with one id", "relays", REPAIRED),
    "A13": Quirk("a compaction without content", "Anthropic", PLAIN),
    "A14": Quirk("thinking without a signature", "Kimi, DeepSeek", PLAIN),
    "A15": Quirk("metrics without a type", "Bedrock", PLAIN, "as Metadata"),
    "A16": Quirk("the text of a block's start once more in its first delta", "MiniMax", ASSUMED),
    "A17": Quirk("several compaction deltas", "Anthropic", PLAIN, "the last that is not null"),
    # -- OpenAI Responses
    "P1": Quirk("keepalive events", "OpenAI", REPAIRED),
    "P2": Quirk("a completed response without its output", "ChatGPT backend", REPAIRED),
    "P3": Quirk("another item id on each event", "GitHub Copilot", REPAIRED),
    "P4": Quirk("the whole value, and no deltas", "LM Studio", REPAIRED),
    "P5": Quirk("deltas of what was not announced", "gateways", REPAIRED),
    "P6": Quirk("two blocks at one place", "shims", REPAIRED),
    "P7": Quirk("no sequence numbers, no logprobs", "shims", PLAIN),
    "P8": Quirk("events by other names", "Bedrock, shims", REPAIRED),
    "P9": Quirk("response.keep_alive events", "OpenRouter", REPAIRED),
    "P10": Quirk("events that are not documented", "OpenAI", PLAIN),
    "P11": Quirk("a stream that begins in the middle", "OpenAI, resumed", REPAIRED),
    "P12": Quirk("a summary in the finished item only", "GitHub Copilot", REPAIRED),
    "P13": Quirk("another output index, or one for several items", "vLLM, LiteLLM", REPAIRED,
                 "the item id counts"),
    "P14": Quirk("the content index counts deltas, or all parts", "vLLM", REPAIRED),
    "P15": Quirk("no output index, no id but the call's", "llama.cpp", REPAIRED),
    # -- Gemini and others
    "G1": Quirk("no candidates, or none with parts", "Gemini", PLAIN),
    "G2": Quirk("a call without args", "Gemini", REPAIRED),
    "G3": Quirk("a streamed call without its end", "Vertex", REPAIRED),
    "G4": Quirk("sources before the last chunk", "Gemini", PLAIN),
    "G5": Quirk("a result without the id of its call", "Gemini", REPAIRED, "of the last call"),
    "G6": Quirk(
        "a JSON array in place of a stream", "Gemini without alt=sse", PLAIN,
        "the outcome is not_sse, StreamDecoder.head has the body",
    ),
    "G7": Quirk("all of it once more at the end", "Cohere on OCI", OUTSIDE, "no dialect yet"),
    # -- of our own
    "N1": Quirk("a value told whole differs from its deltas", "none was seen", REPAIRED),
    "N2": Quirk("arguments go back to a place that was left", "none was seen", REPAIRED),
}  # fmt: skip
