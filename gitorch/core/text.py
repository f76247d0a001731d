"""Text that came from outside, made safe for where it goes; it never loses readable content.

Hostile until cleaned: terminals (control sequences), Markdown (structure), readers (bidi controls).
"""

import json
import re
import shlex
import unicodedata
from collections.abc import Iterable

# C0 and C1 controls, DEL, bidi and zero-width controls, invisible fillers and tags, line and paragraph
# separators, and lone surrogates. Bidi controls can make a line read otherwise than it is stored
# (CVE-2021-42574).
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_MARKDOWN = re.compile(r"([\\`*\[\]<>|~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;))")

# Terminal sequences by ECMA-48 (CSI; OSC, DCS and the like up to their terminator; two-byte escapes).
_SEQUENCE = re.compile(
    "\x1b\\[[0-?]*[ -/]*[@-~]|\x1b[\\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\\\)?|\x1b[ -/]*[0-~]"
)


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 file`, `2 files`; `many` where the plural is another word than that with an s."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def plain_output(data: bytes) -> str:
    """What a program printed, as a person should see it: no colours, a redrawn line as it stood last.

    Bytes that are not UTF-8 and remaining control characters become U+FFFD.
    """
    text = _SEQUENCE.sub("", data.decode("utf-8", "replace")).replace("\r\n", "\n")
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return clean("\n".join(lines))


# What opens a heading, a list or a rule where it begins a line, a list item or a quotation.
_OPENING = re.compile(r"\A(\d{1,9}(?=[.)](?:\s|\Z))|(?=#{1,6}(?:\s|\Z)|[+-](?:\s|\Z)|(?:-\s*){3,}\Z))")


def clean(text: str) -> str:
    """`text` without control and bidi characters; tabs and line ends stay, CRLF becomes LF."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text)


def unbroken(text: str) -> str:
    """`text` cleaned, each line end a space, so that none of it begins a line; indentation stays."""
    return clean(text).replace("\n", " ")


def one_line(text: str, limit: int | None = None) -> str:
    """`text` cleaned, on one line, runs of white space folded; cut with `…` at `limit` characters."""
    line = " ".join(clean(text).split())
    if limit is not None and len(line) > limit:
        return line[: limit - 1].rstrip() + "…"
    return line


def markdown_line(text: str, limit: int | None = None) -> str:
    """One line in which nothing of `text` is Markdown or HTML: no link, emphasis, tag or heading."""
    return _OPENING.sub(r"\1\\", _MARKDOWN.sub(r"\\\1", one_line(text, limit)), count=1)


def code_span(text: str) -> str:
    """One line as Markdown code: fenced by one backtick more than it holds in a row (CommonMark 6.1)."""
    line = one_line(text)
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def first_sentence(text: str) -> str:
    """The first sentence of a paragraph on one line, without its full stop; an ellipsis stays."""
    sentence = re.split(r"(?<=[.!?])\s+(?![a-z])", one_line(text), maxsplit=1)[0]
    return sentence[:-1] if re.search(r"[^.]\.\Z", sentence) else sentence


def has_unsafe(text: str) -> bool:
    """Whether `text` holds a control or bidi character (line ends and tabs included)."""
    return bool(_UNSAFE.search(text)) or "\n" in text or "\t" in text or "\r" in text


LONGEST_PATH = 4095
"""Bytes of a path that a system takes (PATH_MAX of Linux, less the NUL; others take fewer)."""


def shown_path(path: str) -> str:
    """`path` as a message names it: as it stands, or quoted with escapes where it would mislead.

    What no system takes for a path is cut.
    """
    if len(path) > LONGEST_PATH:
        path = path[:100] + "…"
    return json.dumps(path) if has_unsafe(path) or path != path.strip() or not path else path


def named(text: str, limit: int = 60) -> str:
    """A name as a message has it: bare where it is one plain word, else in double quotes."""
    line = one_line(text, limit)
    return line if re.fullmatch(r"[\w.+:/@=-]+", line) else json.dumps(line, ensure_ascii=False)


def typed(text: str) -> str:
    """`text` as one word of a command to paste into sh, on one line and without a control character."""
    if not has_unsafe(text):
        return shlex.quote(text)
    octal = "".join(
        chr(byte) if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in "/._-") else f"\\{byte:03o}"
        for byte in text.encode("utf-8", "surrogateescape")
    )
    return f"\"$(printf '{octal}')\""


def typed_path(path: str) -> str:
    """`path` as one word of a gitorch command, which takes it for no option."""
    return typed(f"./{path}" if path.startswith("-") else path)


def typed_paths(paths: Iterable[str]) -> str:
    """`paths`, from the root, as words of a git command to paste into a shell in whatever folder."""
    magic = (f":/{path}" if re.fullmatch(r"[\w./-]+", path) else f":(top,literal){path}" for path in paths)
    return " ".join(map(typed, magic))


def display_width(text: str) -> int:
    """Terminal columns: wide East Asian characters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )
