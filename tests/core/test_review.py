"""Claims against git: every kind of disagreement, and what belongs to the build."""

import tracemalloc
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitorch.core import lost
from gitorch.core.changes import Change, ChangeKind
from gitorch.core.claims import KEYS, Facts, FileFact
from gitorch.core.config import Claims, Unclaimed
from gitorch.core.evidence import Evidence
from gitorch.core.hints import replace_report
from gitorch.core.issue import CODES, Severity, lines
from gitorch.core.names import WorkerId
from gitorch.core.paths import repository_path
from gitorch.core.review import Review, review
from gitorch.core.text import has_unsafe
from tests.builds import claiming, meta

FOLDER = "N5/builds/calendar-v2"
A, M, D, U = ChangeKind.ADDED, ChangeKind.MODIFIED, ChangeKind.DELETED, ChangeKind.UNMERGED
W11, W12 = WorkerId(1, 1), WorkerId(1, 2)


def facts(**fields: Any) -> Facts:
    return Facts(**{"folder": FOLDER, **fields})


def judged(
    claims: dict[str, list[str]],
    changes: dict[str, ChangeKind],
    *needs: tuple[str, str],
    policy: Claims | None = None,
    unclaimed: Unclaimed = "fail",
    **fields: Any,
) -> Review:
    listed = [Change(path, kind) for path, kind in changes.items()]
    state = claiming(claims, *needs)
    paths = {path for artifacts in claims.values() for text in artifacts if (path := repository_path(text))}
    known = fields.pop("known", Evidence(absent=frozenset(paths - changes.keys())))._replace(root="/repo")
    disk = facts(evidence=known, **fields)
    return review(state, listed, disk, policy=policy, unclaimed=unclaimed)


BIG = Claims().max_bytes + 1
NEW = {"a": A}

NO_PATH = "which is not the path of a file in this repository"

# code: what W1.1 claims, the changes, what the disk knows, the path and the words of the issue
TABLE: list[tuple[str, list[str], dict[str, ChangeKind], dict[str, Any], str, str]] = [
    ("missing-artifact", ["a"], {}, {}, "a", "W1.1 claims a, which does not exist"),
    ("missing-artifact", ["docs/"], {}, {}, "docs", "W1.1 claims docs, which does not exist"),
    (
        "unchanged-file",
        ["a"],
        {},
        {"known": Evidence()},
        "a",
        "W1.1 claims a, which does not differ from the base",
    ),
    (
        "ignored-file",
        ["a"],
        {},
        {"known": Evidence(ignored=frozenset("a"))},
        "a",
        "W1.1 claims a, which git ignores, and which would not be committed",
    ),
    ("unclaimed-file", [], {".env": A}, {}, ".env", "1 changed file is not claimed by any worker"),
    ("claim-outside", ["../a"], {}, {}, "../a", f"W1.1 claims ../a, {NO_PATH}"),
    ("claim-outside", ["/repo/src/a"], {}, {}, "/repo/src/a", f"W1.1 claims /repo/src/a, {NO_PATH}"),
    ("claim-outside", ["/etc/passwd"], {}, {}, "/etc/passwd", f"W1.1 claims /etc/passwd, {NO_PATH}"),
    ("claim-outside", ["."], {}, {}, ".", f"W1.1 claims ., {NO_PATH}"),
    ("claim-outside", ["x/.GIT/config"], {}, {}, "x/.GIT/config", f"W1.1 claims x/.GIT/config, {NO_PATH}"),
    ("claim-outside", ["a\0b"], {}, {}, "a\0b", rf'W1.1 claims "a\u0000b", {NO_PATH}'),
    (
        "claim-outside",
        ["a/" * 2048 + "x"],
        {},
        {},
        "a/" * 2048 + "x",
        f"W1.1 claims {'a/' * 50}…, {NO_PATH}",
    ),
    (
        "missing-artifact",
        ["./" * 2048 + "a/" * 2047 + "x"],
        {},
        {},
        "a/" * 2047 + "x",
        f"W1.1 claims {'a/' * 2047}x, which does not exist",
    ),
    (
        "claim-outside",
        ["l/a"],
        {},
        {"known": Evidence(behind={"l/a": "l"})},
        "l/a",
        "W1.1 claims l/a, which is behind l, a symbolic link or another repository",
    ),
    ("conflict-markers", ["a"], NEW, {"files": {"a": FileFact(9, 0, 3)}}, "a", "a:3: a conflict marker"),
    ("conflict-markers", ["a"], {"a": U}, {}, "a", "a is unmerged in the index"),
    (
        "case-collision",
        ["a"],
        NEW,
        {"collisions": {"a": "A"}},
        "a",
        "a differs from A in upper and lower case alone",
    ),
    (
        "oversized-file",
        ["a"],
        NEW,
        {"files": {"a": FileFact(BIG, 0)}},
        "a",
        f"a has {BIG:,} bytes, more than the {BIG - 1:,} of claims.max_bytes",
    ),
    (
        "stale-report",
        ["a"],
        NEW,
        {"files": {"a": FileFact(1, 65.0)}, "reported": {W11: 5.0}},
        "a",
        "a was written 60 s after the report of W1.1 that claims it",
    ),
]


@pytest.mark.parametrize(("code", "claimed", "changes", "disk", "path", "says"), TABLE)
def test_each_kind_names_the_worker_the_path_and_what_to_do(
    code: str,
    claimed: list[str],
    changes: dict[str, ChangeKind],
    disk: dict[str, Any],
    path: str,
    says: str,
) -> None:
    [issue] = judged({"W1.1": claimed}, changes, **disk).issues
    assert (issue.code, issue.about) == (code, path)
    assert issue.message == says
    assert issue.hints
    assert issue.severity is CODES[code].severity


def test_the_table_and_this_file_know_every_kind() -> None:
    assert {row[0] for row in TABLE} | {"claimed-twice", *lost.CODES} == {*KEYS, "unclaimed-file"}


def test_two_claims_of_one_file_are_told_only_where_neither_builds_upon_the_other() -> None:
    claims = {"W1.1": ["a"], "W1.2": ["./a"], "W2.1": ["a"]}
    [issue] = judged(claims, NEW, ("W2.1", "W1.1"), ("W2.1", "W1.2")).issues
    assert (issue.code, issue.hints[1]) == ("claimed-twice", replace_report("calendar-v2", W12))
    chain = judged(claims, NEW, ("W1.2", "W1.1"), ("W2.1", "W1.2"))  # W2.1 needs W1.1 through W1.2
    assert chain.issues == ()
    assert chain.by_worker == {WorkerId(1, 1): ("a",), W12: ("a",), WorkerId(2, 1): ("a",)}


@pytest.mark.parametrize(
    ("claim", "changes", "included"),
    [
        ("src/a", {"src/a": A}, ("src/a",)),
        ("./src//a", {"src/a": D}, ("src/a",)),
        ("src/", {"src/a": A, "src/b/c": M, "srcs": A}, ("src/a", "src/b/c")),
        ("src", {"src/a": A}, ("src/a",)),
        ("caf\u00e9", {"cafe\u0301": A}, ("cafe\u0301",)),  # composed in JSON, decomposed on macOS
        ("*", {"a": A}, ()),  # a path is never a pattern
        ("d", {"d": A, "d/s/f": D, "dd/f": D}, ("d", "d/s/f")),  # a file took the place of a folder
        ("d/", {"d": D, "d/x": A}, ("d", "d/x")),  # and a folder that of a file
        ("d/e/x", {"d": D, "d/e/x": A}, ("d", "d/e/x")),
        ("d/e/x", {"d": D, "d/e/x": A, "d/y": A}, ("d", "d/e/x")),
    ],
)
def test_a_claim_takes_in_its_file_or_all_below_its_folder(
    claim: str, changes: dict[str, ChangeKind], included: tuple[str, ...]
) -> None:
    result = judged({"W1.1": [claim]}, changes)
    assert result.included == included
    assert set(result.unclaimed) == set(changes) - set(included)


def test_who_claims_a_deletion_shares_it_with_nobody_who_claims_what_took_its_place() -> None:
    result = judged({"W1.1": ["d/e/x"], "W1.2": ["d"]}, {"d": D, "d/e/x": A})
    assert (result.issues, result.by_worker[W11], result.by_worker[W12]) == ((), ("d/e/x",), ("d",))
    result = judged({"W1.1": ["d"], "W1.2": ["d/f"]}, {"d": A, "d/f": D, "d/g": D}, ("W1.2", "W1.1"))
    assert result.unclaimed == ()


def test_the_records_of_the_build_need_no_claim_and_a_stray_file_beside_them_does() -> None:
    names = ("meta.json", "workers/W1.1-x.md", "completions/W1.1.json", "completions/.W1.swp", "notes.txt")
    result = judged({"W1.1": []}, {f"{FOLDER}/{name}": A for name in names})
    assert [path.removeprefix(f"{FOLDER}/") for path in result.unclaimed] == [
        "completions/.W1.swp",
        "notes.txt",
    ]
    assert len(result.included) == 3


def test_the_untracked_plan_file_of_the_person_is_left_alone() -> None:
    state = claiming({"W1.1": []})
    head = meta(plan_file="plan.md")
    state = type(state)(head, state.workers, state.issues)
    for kind, unclaimed in ((A, ()), (M, ("plan.md",))):
        result = review(state, [Change("plan.md", kind)], facts())
        assert (result.unclaimed, result.included) == (unclaimed, ())


@pytest.mark.parametrize(
    ("decision", "severity"),
    [("fail", Severity.ERROR), ("include", Severity.WARNING), ("leave", Severity.WARNING)],
)
def test_unclaimed_changes_weigh_what_the_person_decided(decision: Unclaimed, severity: Severity) -> None:
    result = judged({"W1.1": []}, {"x": A}, unclaimed=decision)
    assert [issue.severity for issue in result.issues] == [severity]
    assert bool(result.errors) is (decision == "fail")


def test_severities_come_from_the_configuration_and_off_is_silent() -> None:
    lax = Claims(missing=Severity.WARNING, outside=Severity.OFF)
    [issue] = judged({"W1.1": ["a", "/b"]}, {}, policy=lax).issues
    assert (issue.code, issue.severity) == ("missing-artifact", Severity.WARNING)


def test_what_git_lfs_stores_elsewhere_is_not_oversized() -> None:
    fact = FileFact(BIG, 0, stored_elsewhere=True)
    assert judged({"W1.1": ["a"]}, NEW, files={"a": fact}).issues == ()


def test_a_file_is_not_stale_while_the_last_of_its_claimants_reported_after_it() -> None:
    claims = {"W1.1": ["a"], "W2.1": ["a"]}
    reported = {W11: 5.0, WorkerId(2, 1): 51.0}
    result = judged(claims, NEW, ("W2.1", "W1.1"), files={"a": FileFact(1, 50.0)}, reported=reported)
    assert result.issues == ()


PIECES = st.sampled_from(
    ["/", "..", ".", "//", "a", "A", ".git", ":(glob)**", "*", "\n", "\0", "\x1b[2J", "\u202e", " ", "\\", "\ud800",
     "\udcff", "e\u0301", "\u00e9", "C:", "~", "-rf", '"']
)  # fmt: skip
HOSTILE = st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=7).map("".join)


@given(st.lists(HOSTILE, max_size=5), st.lists(HOSTILE, max_size=5))
def test_no_claimed_path_leaves_the_repository_or_takes_in_what_git_does_not_list(
    first: list[str], second: list[str]
) -> None:
    state = claiming({"W1.1": first, "W1.2": second})
    asked = {path for artifact in first + second if (path := repository_path(artifact))}
    for path in asked:
        parts = path.split("/")
        assert not path.startswith("/")
        assert not {"", ".", ".."} & set(parts)
        assert ".git" not in map(str.casefold, parts)
        assert "\0" not in path
    listed = {"a", "dir/a", "é", "secret"}
    result = review(state, [Change(path, A) for path in listed], facts())
    assert set(result.included) | set(result.unclaimed) == listed
    assert not set(result.included) & set(result.unclaimed)
    for path in result.included:  # only what a claim names, or lies below it
        assert any(path == name or path.startswith(f"{name}/") for name in map(_composed, asked))
    assert not any(has_unsafe(line) for issue in result.issues for line in lines(issue))


def _composed(path: str) -> str:
    return path.replace("e\u0301", "\u00e9")


@pytest.mark.parametrize(
    ("decision", "told"), [("include", "committed with the build"), ("leave", "left uncommitted")]
)
def test_what_was_decided_about_unclaimed_files_is_no_question_any_more(
    decision: Unclaimed, told: str
) -> None:
    (issue,) = judged({"W1.1": []}, {".env": A}, unclaimed=decision).issues
    assert issue.severity is Severity.WARNING
    assert issue.message == f"1 changed file that no worker claims is {told}"
    assert (issue.details, issue.hints) == ((".env",), ())


def test_one_place_in_ten_thousand_spellings_costs_what_it_covers_once() -> None:
    spellings = ["d" + "".join(parts) + "/" for parts in product(("/", "/."), repeat=11)]
    spellings = [claim for claim in spellings if ".." not in claim]
    changes = {f"d/{number}": A for number in range(3000)}
    tracemalloc.start()
    try:
        found = judged({"W1.1": spellings}, changes)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.included == tuple(sorted(changes))
    assert found.issues == ()
    assert peak < len(spellings) * len(changes)
