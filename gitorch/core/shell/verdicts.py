"""Why a command is refused, and what to do instead; one row for each kind of harm."""

from typing import NamedTuple


class Refusal(NamedTuple):
    """`kind` is the row of the table, `what` the words that it is about."""

    kind: str
    what: str

    @property
    def reason(self) -> str:
        return WHY[self.kind][0]

    @property
    def instead(self) -> str:
        return WHY[self.kind][1]


_REPORT = "leave your files as they are and write your report"
_EDIT = "edit the file back by hand, or say in your report what should be undone"

WHY: dict[str, tuple[str, str]] = {
    "commit": ("the build is committed as a whole, by the person", _REPORT),
    "push": ("nothing of an open build is pushed", _REPORT),
    "stash": ("a stash removes what others are working on", _REPORT),
    "discard": ("it discards work that nobody has committed, of others too", _EDIT),
    "switch": ("the build stays on its branch", "work on the files as they are"),
    "refs": ("branches and tags are the person's", "name in your report what you need"),
    "unguard": ("it switches the guard of the build off", _REPORT),
    "internals": ("what is below .git belongs to git and to gitorch", "keep to the files of your brief"),
    "claimed": ("it deletes files that belong to others", "delete your own files only, each by its name"),
}
"""Kind of harm → why it is refused, and the right way."""
