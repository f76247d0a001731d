"""Markdown as a CommonMark parser sees it, and the few questions that a plan's reader asks of it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

    Node = SyntaxTreeNode

LISTS = ("bullet_list", "ordered_list")
_FRONT = re.compile(r"\A---[ \t]*\n(.*?\n)?---[ \t]*(?:\n|\Z)", re.DOTALL)
_COMMENT = re.compile(r"\s*<!--.*?(?:-->|\Z)\s*", re.DOTALL)


def split_front(text: str) -> tuple[str, str]:
    """The YAML between two lines of `---` at the top, and the text with blank lines in its place."""
    match = _FRONT.match(text)
    if not match or not re.match(r"\s*[\w-]+\s*:", match[1] or ""):
        return "", text
    return match[1], "\n" * match[0].count("\n") + text[match.end() :]


def blocks(text: str, seen: dict[str, Any] | None = None) -> "Sequence[Node]":
    """The top-level blocks; comments are nobody's words and are left out. `seen` is for `definitions`."""
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

    nodes = SyntaxTreeNode(MarkdownIt("commonmark").parse(text, {} if seen is None else seen)).children
    return [node for node in nodes if not is_comment(node)]


def definitions(text: str, seen: Mapping[str, Any]) -> str:
    """What `[label]` stands for, `[label]: address` a line, of a text that was read into blocks.

    They belong to no block. One whose address is `#` is a comment, as people write it: `[//]: # (…)`.
    """
    found = [found["map"] for found in seen.get("references", {}).values() if found["href"] != "#"]
    lines = text.split("\n")
    return "\n".join(" ".join(" ".join(lines[start:end]).split()) for start, end in sorted(found))


def is_comment(node: "Node") -> bool:
    """A rule, or nothing but comments; one without an end is none, so that it can be told."""
    if node.type != "html_block":
        return node.type == "hr"
    return node.content.rstrip().endswith("-->") and not _COMMENT.sub("", node.content).strip()


def inline(node: "Node") -> str:
    """The text of a heading or paragraph, or of the first paragraph of a list's item, as it was written."""
    if node.type == "list_item":
        first = node.children[0] if node.children else None
        return inline(first) if first and first.type == "paragraph" else ""
    return next((child.content for child in node.children if child.type == "inline"), "")


def body(item: "Node") -> "Sequence[Node]":
    """What stands in a list's item below its first paragraph."""
    below = item.children[1:] if item.children and item.children[0].type == "paragraph" else item.children
    return [node for node in below if not is_comment(node)]


def raw(lines: Sequence[str], node: "Node") -> str:
    """The block as it was written, less the indentation that it stands in."""
    start, end = node.map or (0, 0)
    found = lines[start:end]
    indent = min((len(line) - len(line.lstrip(" ")) for line in found if line.strip()), default=0)
    return "\n".join(line[indent:] for line in found).strip("\n")


def line(node: "Node") -> int:
    """Counted from 1."""
    return node.map[0] + 1 if node.map else 0


def level(node: "Node") -> int:
    """Of a heading: 1 to 6."""
    return int(node.tag[1])


def points(node: "Node") -> Iterator[str]:
    """The texts of a list (nested ones follow the point that they stand in), or of a paragraph."""
    if node.type in LISTS:
        for item in node.children:
            for block in item.children:
                yield from points(block)
    elif node.type in ("fence", "code_block"):
        yield node.content.strip()
    elif text := bare(" ".join(re.sub(r"\A\[[ xX]\]\s+", "", inline(node) or words(node)).split())):
        yield text


def words(node: "Node") -> str:
    """Every text of a block, on one line."""
    return " ".join(part.content for part in node.walk() if part.type == "inline")


def bare(text: str) -> str:
    """`a text` without the back-ticks around it."""
    text = text.strip()
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] == "`" and "`" not in text[1:-1] else text
