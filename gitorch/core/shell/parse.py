"""A shell text as the simple commands in it, in order, wherever they are: chains, subshells, functions.

Over tree-sitter's grammar for bash, which also reads what is incomplete. Nothing is expanded but variables
that the text itself sets; a word that only a shell could know is `UNKNOWN`.
"""

import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

UNKNOWN = "\0"
"""In a word: what the shell would put here."""

MAX_BYTES = 1 << 20
"""A longer text is not parsed, and taken apart at its separators alone."""


@dataclass(frozen=True, slots=True)
class Command:
    """One simple command. `words` begins with its name; `writes` are the files that it redirects to.

    `sets` are the variables given for it alone; `stdin` is the text that it reads, where the text says it.
    `folder` is where it runs, absolute, None where only the shell knows.
    """

    words: tuple[str, ...]
    sets: Mapping[str, str] = field(default_factory=dict)
    writes: tuple[str, ...] = ()
    stdin: str | None = None
    folder: str | None = None


def commands(text: str, folder: str | None) -> tuple[Command, ...]:
    """Every simple command of `text`, which runs in `folder`; what cannot be parsed is split like words."""
    data = text.encode("utf-8", "replace")
    if len(data) > MAX_BYTES:
        return tuple(_split(text, folder))
    root = _parser().parse(data).root_node
    reader = _Reader(folder)
    reader.visit(root)
    found = reader.found
    if root.has_error:  # a reserved word may have become the name of a command
        found = [_behind_reserved(command) for command in (*found, *_split(text, folder))]
    return tuple(found)


_RESERVED = frozenset(("if", "then", "elif", "else", "do", "while", "until", "{", "!", "time", "in"))


def _behind_reserved(command: Command) -> Command:
    words = list(command.words)
    while len(words) > 1 and words[0] in _RESERVED:
        del words[0]
    return replace(command, words=tuple(words))


@lru_cache(maxsize=1)
def _parser() -> Any:
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def within(folder: str | None, path: str) -> str | None:
    """`path` as seen from `folder`, normalized; None where only the shell knows."""
    if UNKNOWN in path or (folder is None and not path.startswith("/")):
        return None
    return posixpath.normpath(posixpath.join(folder or "/", path))


def _split(text: str, folder: str | None) -> Iterator[Command]:
    """The words between two separators; for a text that no grammar reads."""
    for piece in re.split(r"[;&|\n()`{}]+|\$\(", text):
        try:
            words = shlex.split(piece, comments=False)
        except ValueError:  # an unfinished quote
            words = piece.replace('"', " ").replace("'", " ").split()
        while words and re.match(r"\w+=", words[0]):
            del words[0]
        if words:
            yield Command(tuple(words), folder=folder)


class _Reader:
    """Walks the tree in the order in which a shell would run it."""

    def __init__(self, folder: str | None) -> None:
        self.folder = folder
        self.variables: dict[str, str] = {}
        self.found: list[Command] = []

    def visit(self, node: Any, writes: tuple[str, ...] = (), stdin: str | None = None) -> None:
        match node.type:
            case "command":
                self._command(node, writes, stdin)
            case "redirected_statement":
                body = node.child_by_field_name("body")
                more, text = self._redirects(node)
                if body is None and more:
                    self.found.append(Command((":",), writes=more, folder=self.folder))
                elif body is not None:
                    self.visit(body, (*writes, *more), text if text is not None else stdin)
                for child in node.children_by_field_name("redirect"):
                    self._inner(child)
            case "pipeline":
                self._pipeline(node, writes, stdin)
            case "subshell" | "command_substitution" | "process_substitution":
                kept = self.folder, dict(self.variables)
                for child in node.named_children:
                    self.visit(child, writes, stdin)
                self.folder, self.variables = kept
            case "variable_assignment":
                self._inner(node)
                name, value = self._assignment(node)
                self.variables[name] = value
                self.found.append(Command(("export",), {name: value}, folder=self.folder))
            case "declaration_command" | "unset_command":
                self._declaration(node)
            case _:
                for child in node.named_children:
                    self.visit(child, writes, stdin)

    def _command(self, node: Any, writes: tuple[str, ...], stdin: str | None) -> None:
        more, text = self._redirects(node)
        words: list[str] = []
        sets: dict[str, str] = {}
        for child in node.named_children:
            if child.type == "variable_assignment":
                name, value = self._assignment(child)
                sets[name] = value
            elif not child.type.endswith("_redirect"):
                words += self._words(child)
            self._inner(child)
        stdin = text if text is not None else stdin
        if words:
            self.found.append(Command(tuple(words), sets, (*writes, *more), stdin, self.folder))
            if words[0] in ("cd", "pushd"):
                places = [word for word in words[1:] if not word.startswith("-")]
                self.folder = within(self.folder, places[0]) if places else None

    def _inner(self, node: Any) -> None:
        """The commands inside of a word: substitutions, at any depth."""
        if node.type in ("command_substitution", "process_substitution"):
            self.visit(node)
            return
        if node.type == "arithmetic_expansion":  # or a subshell in a substitution, which begins alike
            self.found += commands(_text(node)[3:-2], self.folder)
        for child in node.children:
            self._inner(child)

    def _pipeline(self, node: Any, writes: tuple[str, ...], stdin: str | None) -> None:
        for child in node.named_children:
            before = len(self.found)
            self.visit(child, writes, stdin)
            last = self.found[-1].words if len(self.found) > before else ()
            stdin = " ".join(last[1:]).replace("\\n", "\n") if last[:1] in (("echo",), ("printf",)) else None

    def _declaration(self, node: Any) -> None:
        """`export A=b`, `declare`, `unset`: what it names, as a command with its words."""
        words = [node.children[0].text.decode("utf-8", "replace")]
        for child in node.named_children:
            self._inner(child)
            if child.type == "variable_assignment":
                name, value = self._assignment(child)
                self.variables[name] = value
                words.append(f"{name}={value}")
            else:
                words += self._words(child)
        self.found.append(Command(tuple(words), folder=self.folder))

    def _assignment(self, node: Any) -> tuple[str, str]:
        name = node.child_by_field_name("name")
        value = node.child_by_field_name("value")
        text = name.text.decode("utf-8", "replace") if name else ""
        return text, " ".join(self._words(value, quoted=True)) if value else ""

    def _redirects(self, node: Any) -> tuple[tuple[str, ...], str | None]:
        """The files that a command writes to, and the text that it reads."""
        writes: list[str] = []
        stdin = None
        for child in (*node.children_by_field_name("redirect"), *node.named_children):
            if child.type == "file_redirect":
                operators = {part.type for part in child.children}
                place = child.child_by_field_name("destination")
                if place is not None and operators & {">", ">>", ">|", "&>", "&>>", "<>"}:
                    writes += self._words(place, quoted=True)
            elif child.type == "herestring_redirect":
                stdin = " ".join(
                    word for part in child.named_children for word in self._words(part, quoted=True)
                )
            elif child.type == "heredoc_redirect":
                stdin = "".join(_text(part) for part in child.named_children if part.type == "heredoc_body")
        return tuple(dict.fromkeys(writes)), stdin

    def _words(self, node: Any, *, quoted: bool = False) -> list[str]:
        """The words that a node becomes; a variable's value is split where the shell would split it."""
        if node.type in ("command_name", "concatenation", "array"):
            if node.type == "array":
                return [word for child in node.named_children for word in self._words(child)]
            return ["".join(self._joined(node))] if len(node.children) > 1 else self._words(node.children[0])
        if node.type in ("simple_expansion", "expansion") and not quoted:
            return self._value(node).split() or [UNKNOWN]
        return ["".join(self._joined(node))]

    def _joined(self, node: Any) -> Iterator[str]:
        match node.type:
            case "word" | "number" | "variable_name" | "special_variable_name" | "test_operator" | "regex":
                yield re.sub(
                    r"\\(\n|.)", lambda m: "" if m[1] == "\n" else m[1], _text(node), flags=re.DOTALL
                )
            case "raw_string":
                yield _text(node)[1:-1]
            case "ansi_c_string":
                yield _ansi(_text(node)[2:-1])
            case "string":
                yield from self._string(node)
            case "translated_string":
                yield from (part for child in node.named_children for part in self._joined(child))
            case "simple_expansion" | "expansion":
                yield self._value(node)
            case "concatenation" | "command_name":
                yield from (part for child in node.children for part in self._joined(child))
            case (
                "command_substitution" | "process_substitution" | "arithmetic_expansion" | "brace_expression"
            ):
                yield UNKNOWN
            case _:
                yield _text(node)

    def _string(self, node: Any) -> Iterator[str]:
        """What is between double quotes; the grammar drops blanks between two parts, the text has them."""
        whole = node.text
        place = 1
        for child in node.named_children:
            yield _unescaped(whole[place : child.start_byte - node.start_byte])
            if child.type == "string_content":
                yield _unescaped(child.text)
            else:
                yield from self._joined(child)
            place = child.end_byte - node.start_byte
        yield _unescaped(whole[place:-1])

    def _value(self, node: Any) -> str:
        names = [child for child in node.named_children if child.type == "variable_name"]
        if len(node.named_children) != 1 or len(names) != 1:
            return UNKNOWN
        return self.variables.get(_text(names[0]), UNKNOWN)


def _text(node: Any) -> str:
    return str(node.text.decode("utf-8", "replace"))


def _unescaped(data: bytes) -> str:
    return re.sub(r'\\([$`"\\])|\\\n', lambda m: m[1] or "", data.decode("utf-8", "replace"))


_ANSI = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "v": "\v"}
_ANSI_CODE = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|([0-7]{1,3})|(.))", re.DOTALL)


def _ansi(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        hexadecimal, wide, octal, letter = found.groups()
        if code := hexadecimal or wide:
            return chr(int(code, 16))
        return chr(int(octal, 8) & 0xFF) if octal else _ANSI.get(letter, letter)

    return _ANSI_CODE.sub(one, text)


def moved(command: Command, words: Sequence[str], **changes: Any) -> Command:
    """The command that another one starts: the same place, other words."""
    return replace(command, words=tuple(words), **changes)
