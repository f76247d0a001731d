"""One build's folder, `<builds_dir>/<slug>/` of spec §2: reading its files, writing what is rendered.

Knows names and bytes; what they mean, `gitorch.core.state` says.
"""

import errno
import json
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from gitorch.adapters import files
from gitorch.core.build_files import SETTLING_SECONDS, BuildFiles, RawFile, parse_files
from gitorch.core.completion import MAX_BYTES
from gitorch.core.errors import GitorchError, unreadable, unwritable
from gitorch.core.folder import DROPPED, ORIGINAL, RECORDS, is_record
from gitorch.core.hints import restore_lost
from gitorch.core.issue import Hint, Issue
from gitorch.core.meta import Meta, dump_meta, parse_meta
from gitorch.core.names import Slug, WorkerId, parse_worker_id, slug_problem
from gitorch.core.state import BuildState, derive
from gitorch.core.text import named, one_line, typed

RENDERED = ("BUILD.md", "README.md", "STATUS.md", "meta.json", "plan.json")
"""What sync renders, whole or in part."""

_FOLDERS = ("workers", "completions", DROPPED)
_MAX_READ = 64 * MAX_BYTES  # of a record that gitorch writes itself; as much as verify reads of a build


class BuildFolder(NamedTuple):
    """Where one build lives; `shown` is how messages name it (relative to the root)."""

    path: Path
    slug: Slug
    shown: str
    kept: Mapping[str, bytes] = MappingProxyType({})
    """What is read in the place of records that are missing, by their names: they are in a snapshot."""

    @property
    def meta_path(self) -> Path:
        return self.path / "meta.json"

    def read_meta(self) -> Meta:
        """The build's `meta.json`; GitorchError when it is missing, damaged, no file, or another build's."""
        found = self.find_meta()
        if found is None:
            text = f"{self.shown}/meta.json does not exist"
            about = f"{self.shown}/meta.json"
            raise GitorchError("missing-records", text, about=about, hints=[self._look()])
        return found

    def _look(self) -> Hint:
        return Hint("see what is in the folder", f"ls -l -- {typed(str(self.path))}")

    def find_meta(self) -> Meta | None:
        """The same; None when it is missing."""
        self._need("", stat.S_ISDIR)
        data, where = self._read("meta.json"), f"{self.shown}/meta.json"
        if data is None:
            return None
        meta = parse_meta(data, where, hints=[self._look()])
        if meta.slug != self.slug:
            text = f"{where} names the build {named(meta.slug)}, expected {self.slug}"
            raise GitorchError("damaged-records", text, about=where, hints=[self._look()])
        return meta

    def write_meta(self, meta: Meta) -> None:
        """Write meta.json of a build without git, the home of all that it says. Call it locked."""
        files.write_if_different(self.meta_path, dump_meta(meta).encode())

    def has_records(self) -> bool:
        """Whether anything is there that a build could be read from: meta.json or a brief."""
        return os.path.lexists(self.meta_path) or any((self.path / "workers").glob("*.md"))

    def read_state(self, meta: Meta) -> BuildState:
        """Briefs and reports read afresh and derived, with what the reports claim believed."""
        return derive(meta, self.read_files())

    def read_files(self, *, settled: bool = False, draft: RawFile | None = None) -> BuildFiles:
        """Briefs and reports read afresh; with `settled`, no file counts as half-written.

        `draft` stands for the report of its name. GitorchError also when a folder of the build is a link:
        what lies behind is nobody's report.
        """
        for name in _FOLDERS:
            self._need(name, stat.S_ISDIR)
        reports = self._read_all("completions", ".json")
        if settled:
            reports = [report._replace(age=SETTLING_SECONDS) for report in reports]
        if draft:
            reports = [*(report for report in reports if report.name != draft.name), draft]
        found = parse_files(self.slug, self._read_all("workers", ".md"), reports)
        return found._replace(issues=(*self.missing(), *found.issues))

    def _read_all(self, name: str, suffix: str) -> list[RawFile]:
        """The files of one folder, and what is kept of those that are missing."""
        kept = [RawFile(path.name, data) for path, data in self._kept_in(name) if path.suffix == suffix]
        known = {file.name for file in kept}
        return [*(file for file in _read_all(self.path / name, suffix) if file.name not in known), *kept]

    def _kept_in(self, name: str) -> list[tuple[Path, bytes]]:
        return [(Path(path), data) for path, data in self.kept.items() if path.startswith(f"{name}/")]

    def missing(self) -> tuple[Issue, ...]:
        """The issue that records are missing, where there are any."""
        if not self.kept:
            return ()
        names = sorted(self.kept)
        text = f"records of build {self.slug} are missing or empty: {len(names)}"
        return (Issue("missing-records", text, self.shown, tuple(names[:10]), (restore_lost(self.slug),)),)

    def seems_damaged(self) -> bool:
        """Whether a brief is missing or empty, by what plan.json names, or plan.json itself: a cheap look."""
        briefs = {name.partition("-")[0] for name in self._names("workers")}
        dropped = {name.partition("-")[0] for name in self._names(DROPPED)}
        planned = self._planned()
        return not briefs or planned is None or not planned <= briefs | dropped

    def _planned(self) -> set[str] | None:
        """The ids of the workers that plan.json has; None where it does not say."""
        try:
            data, _ = files.read_regular(self.path / "plan.json", _MAX_READ)
            return {str(worker["id"]) for worker in json.loads(data)["workers"]}
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def _names(self, name: str) -> list[str]:
        with suppress(FileNotFoundError, NotADirectoryError):
            return [entry.name for entry in os.scandir(self.path / name) if entry.stat().st_size]
        return []

    def check_places(self) -> None:
        """GitorchError when a link, a folder or a FIFO stands where a file of gitorch's belongs."""
        for name in RECORDS:
            self._need(name, stat.S_ISREG)

    def write_rendered(self, texts: Mapping[str, str]) -> list[str]:
        """Write each file of `texts` (by name) that differs; the names written. See `check_places`."""
        self.check_places()
        return [
            name
            for name, text in texts.items()
            if files.write_if_different(self.path / name, text.encode("utf-8", "surrogateescape"))
        ]

    def write_report(self, name: str, data: bytes) -> None:
        """Write the file `name`, below `completions/`; GitorchError where that is a link or cannot be."""
        path = self.path / name
        self._need("completions", stat.S_ISDIR)
        try:
            path.parent.mkdir(exist_ok=True)
            files.write_atomically(path, data)
        except OSError as error:
            raise unwritable(path, error) from error

    def replace_report(self, name: str, data: bytes, text: str) -> bool:
        """Write `text` in place of the report `name` if it still holds `data`; whether it wrote.

        The file keeps its time, by which claims are held against what was written after the report.
        """
        path = self.path / name
        if not files.holds(path, data):
            return False
        before = path.lstat()
        self.write_report(name, text.encode())
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        return True

    def read_text(self, name: str) -> str | None:
        """A file of the folder as text, or None when it is not there; GitorchError when it is no file.

        Bytes that are not UTF-8 survive as surrogates, so that `write_rendered` puts them back.
        """
        data = self._read(name) or self.kept.get(name)
        return None if data is None else data.decode("utf-8", "surrogateescape")

    def _read(self, name: str) -> bytes | None:
        self._need(name, stat.S_ISREG)
        try:
            data, _ = files.read_regular(self.path / name, _MAX_READ)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise unreadable(self.path / name, error) from error
        if len(data) > _MAX_READ:
            text = f"{self.path / name} is larger than {_MAX_READ >> 20} MiB"
            size = Hint("see how large it is", f"ls -l -- {typed(str(self.path / name))}")
            raise GitorchError("unreadable-file", text, about=str(self.path / name), hints=[size])
        return data

    def _need(self, name: str, is_right: Callable[[int], bool]) -> None:
        """GitorchError when there is something at `name` (empty: the folder itself) of another kind."""
        path = self.path / name
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            return
        if not is_right(mode):
            wanted = "a folder" if is_right is stat.S_ISDIR else "a regular file"
            shown, place = f"{self.shown}{name and '/'}{name}", typed(str(path))
            away = f"mv -- {place} {place}.old" if stat.S_ISDIR(mode) else f"rm -- {place}"
            text = f"{shown} is {files.kind(mode)}, expected {wanted}"
            hint = Hint(f"remove {one_line(shown)}", away)
            raise GitorchError("file-type", text, about=shown, hints=[hint])

    def used_ids(self) -> set[WorkerId]:
        """Every id that a brief, a report or a dropped one of them is named by, readable or not."""
        names = [
            name
            for folder in _FOLDERS
            for name in (os.listdir(self.path / folder) if (self.path / folder).is_dir() else ())  # noqa: PTH208
        ]
        found = (re.match(r"W[0-9]+\.[0-9]+", name) for name in names)
        ids = (parse_worker_id(match[0]) for match in found if match)
        return {worker for worker in ids if worker}

    def sources(self) -> list[str]:
        """The records that are there and that nothing renders, from the root: plan, briefs and reports."""
        found = ["PLAN.md"] if (self.path / "PLAN.md").is_file() else []
        for folder in ("workers", "completions", DROPPED):
            with suppress(FileNotFoundError, NotADirectoryError):
                found += [f"{folder}/{name}" for name in os.listdir(self.path / folder)]  # noqa: PTH208
        paths = (f"{self.shown}/{name}" for name in sorted(found))
        return [path for path in paths if is_record(path, self.shown)]

    def tidy_sources(self) -> None:
        """Bring what lands as it is to what verify allows: no record executable, no line that is no result.

        proof.json is deleted, which only a judged tree gets. Call it with the locks held, while none runs.
        """
        from gitorch.core.proof import FILE_NAME
        from gitorch.core.spawning import RESULTS, dump_results, parse_results  # finalize alone needs it

        (self.path / FILE_NAME).unlink(missing_ok=True)
        data = self._read(RESULTS)
        if data is not None:
            files.write_if_different(self.path / RESULTS, dump_results(parse_results(data)))
        for path in (*self.sources(), f"{self.shown}/{RESULTS}"):
            place = self.path / path.removeprefix(f"{self.shown}/")
            with suppress(OSError):  # a link is refused by its kind, and is not followed
                mode = place.lstat().st_mode
                if stat.S_ISREG(mode) and mode & 0o111:
                    place.chmod(stat.S_IMODE(mode) & ~0o111)

    def set_aside(self, name: str, *, beside: bool = False) -> Path:
        """Move a file of the folder to `dropped/`; where it lies then.

        FileExistsError when one is there; with `beside` it then gets a number: `W1.1.2.json`.
        """
        self._need(DROPPED, stat.S_ISDIR)
        target = self.path / DROPPED / Path(name).name
        target.parent.mkdir(exist_ok=True)
        if beside:
            names = (target.with_name(f"{target.stem}.{number}{target.suffix}") for number in count(2))
            target = next(path for path in chain([target], names) if not os.path.lexists(path))
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
        return (self.path / name).rename(target)

    def sweep(self) -> None:
        """Delete half-written files that a killed gitorch left. Call it with the lock held."""
        for folder in (self.path, self.path / "workers", self.path / "completions"):
            for left in folder.glob(f"{files.TEMPORARY_PREFIX}*"):
                left.unlink(missing_ok=True)


def _read_all(folder: Path, suffix: str) -> Iterator[RawFile]:
    """Every file of `folder` that does not begin with a dot; another suffix is a problem to show."""
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 (names, not paths)
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names:
        if name.startswith(".") or name.endswith(f"{suffix}{ORIGINAL}"):
            continue
        shown = os.fsencode(name).decode("utf-8", "replace")
        if not name.endswith(suffix):
            yield RawFile(shown, None, f"is not a {suffix} file")
            continue
        try:
            data, age = files.read_regular(folder / name, MAX_BYTES)
            seconds = int((folder / name).lstat().st_mtime)
        except FileNotFoundError:  # deleted since it was listed
            continue
        except files.NotRegular as error:
            yield RawFile(shown, None, error.strerror)
            continue
        except OSError as error:
            yield RawFile(shown, None, f"cannot be read: {error.strerror or error}")
            continue
        if len(data) > MAX_BYTES:
            yield RawFile(shown, None, f"is larger than {MAX_BYTES // 1024} KiB")
            continue
        yield RawFile(shown, data, None, age, datetime.fromtimestamp(seconds, UTC))


def list_builds(builds: Path, shown: str) -> list[BuildFolder]:
    """The builds below the folder `builds`, by slug: what has a `meta.json` and a safe name."""
    try:
        names = sorted(os.listdir(builds))  # noqa: PTH208
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [
        BuildFolder(builds / name, Slug(name), f"{shown}/{name}")
        for name in names
        if slug_problem(name) is None and os.path.lexists(builds / name / "meta.json")
    ]
