"""Which changed paths a claim covers. Pure."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence


class Covering:
    """The changed paths, found by name or by folder; composed and decomposed letters are the same."""

    def __init__(self, changed: Iterable[str]) -> None:
        self.paths = frozenset(changed)
        self._normal: dict[str, list[str]] = defaultdict(list)
        self._below: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self.paths):
            normal = unicodedata.normalize("NFC", path)
            self._normal[normal].append(path)
            while "/" in normal:
                normal = normal.rpartition("/")[0]
                self._below[normal].append(path)

    def covered(self, path: str, *, is_folder: bool) -> Sequence[str]:
        """The changes that a claim of this path covers: the file itself, or all below the folder."""
        normal = unicodedata.normalize("NFC", path)
        here = [path] if path in self.paths else self._normal.get(normal, [])
        below = self._below.get(normal, [])
        return (below or here) if is_folder else (here or below)
