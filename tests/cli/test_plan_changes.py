"""worker add, edit and drop, and followup, as a person types them in an open code build."""

import json
import shlex
from pathlib import Path

import pytest

from gitorch.core.brief import parse_brief
from tests.builds import make_open_build, report
from tests.scene import FOLDER, SLUG, Scene, orch, write

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(scene: Scene) -> Path:
    """An open build, without a guard and without init: the spec's calendar."""
    return make_open_build(scene.root)


def briefs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "workers").iterdir()}


def plan(scene: Scene, folder: Path) -> dict[str, tuple[str, ...]]:
    """Each worker's dependencies, as sync renders them."""
    assert scene.gitorch("sync").status == 0
    workers = json.loads((folder / "plan.json").read_text())["workers"]
    return {worker["id"]: tuple(worker["dependencies"]) for worker in workers}


def undone(scene: Scene, told: str) -> None:
    """Type what a command names as its undo."""
    [line] = [line for line in told.splitlines() if line.startswith("undo: ")]
    for command in line.removeprefix("undo: ").split(" && "):
        words = shlex.split(command)
        ran = scene.gitorch(*words[1:]) if words[0] == "gitorch" else scene.run(*words)
        assert ran.status == 0, ran.err


def test_a_worker_is_added_with_a_whole_brief_that_is_staged(scene: Scene, folder: Path) -> None:
    before = briefs(folder)
    words = ["--title", "Search: Index", "--depends-on", "W1.1, W2.2", "--output", "src/search.py"]
    words += ["--description", "Find events by their words", "--criterion", "An umlaut is found"]
    done = scene.gitorch("worker", "add", *words)
    assert (done.status, done.out) == (0, "W3.2 is added\n")
    path = folder / "workers/W3.2-search-index.md"
    brief = parse_brief("x", path.read_bytes())
    assert not isinstance(brief, str)
    assert (brief.title, brief.mission) == ("Search: Index", "Find events by their words")
    assert "- [ ] An umlaut is found\n" in brief.text
    assert "**Output:** `src/search.py`" in brief.text
    assert "- At work at the same time: W3.1 (Recurring Events)\n" in brief.text
    assert plan(scene, folder)["W3.2"] == ("W1.1", "W2.2")
    assert f"{FOLDER}/workers/{path.name}" in scene.git("diff", "--cached", "--name-only")
    undone(scene, done.err)
    assert briefs(folder) == before


@pytest.mark.parametrize(
    ("words", "added"),
    [
        (["--title", "t"], "W1.3"),
        (["--title", "t", "--wave", "2"], "W2.3"),
        (["W2.7", "--title", "t"], "W2.7"),
        (["search", "--title", "t", "--depends-on", "W3.1"], "W4.1"),
    ],
)
def test_a_new_worker_gets_the_id_that_was_asked_for_or_the_next_one(
    scene: Scene, folder: Path, words: list[str], added: str
) -> None:
    assert scene.gitorch("worker", "add", *words).out == f"{added} is added\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["add", "--title", "t", "--depends-on", "W9.9"],
            "\n  W1.3 depends on W9.9, which is not in the plan\n",
        ),
        (
            ["add", "--title", "t", "--wave", "2", "--depends-on", "W2.1"],
            "\n  W2.3 depends on W2.1 of the same wave\n",
        ),
        (["add", "--title", "a\nb"], "\n  W1.3.title: must be one line\n"),
        (["add", "W1.1", "--title", "t"], "error: W1.1 is used or was used before\n"),
        (["add", "ORCH", "--title", "t"], "\n  the id ORCH is reserved\n"),
        (["add", "W2.3", "--wave", "3", "--title", "t"], "error: W2.3 is in wave 2, expected wave 3\n"),
        (
            ["edit", "W1.1", "--depends-on", "W3.1"],
            "the dependencies form a cycle: W1.1 -> W3.1 -> W2.1 -> W1.1",
        ),
        (["edit", "W2.1", "--depends-on", "W2.2"], "\n  W2.1 depends on W2.2 of the same wave\n"),
        (["edit", "W2.1"], "error: expected --title, --description or --depends-on\n"),
        (["drop", "W9.9"], "error: build calendar-v2 has no worker W9.9\n"),
    ],
)
def test_a_change_that_the_plan_would_not_bear_is_refused_and_nothing_changes(
    scene: Scene, folder: Path, words: list[str], message: str
) -> None:
    before = briefs(folder)
    refused = scene.gitorch("worker", *words)
    assert (refused.status, refused.out) == (2, "")
    assert message in refused.err
    assert briefs(folder) == before


def test_edit_changes_what_is_asked_for_and_keeps_every_other_byte(scene: Scene, folder: Path) -> None:
    path = folder / "workers/W2.1-x.md"
    text = path.read_text().replace('"title": "Event CRUD"', "title: Event CRUD")
    text = text.replace("depends_on: [W1.1, W1.2]", "depends_on:  # both\n- W1.1\n- W1.2\n# mine")
    path.write_bytes(f"\ufeff{text}\n## Notes\n\nmine \n".replace("\n", "\r\n").encode())
    before = path.read_bytes()
    words = ["--title", "Events: All", "--description", "Do it", "--depends-on", "W1.2"]
    done = scene.gitorch("worker", "edit", "W2.1", *words)
    assert done.status == 0, done.err
    assert "+**Your Mission:** Do it\r\n" in done.out.replace("\n", "\r\n")
    assert done.out.endswith("W2.1 is changed\n")
    assert path.read_bytes().decode() == (
        '\ufeff---\r\nworker_id: W2.1\r\ntitle: "[calendar-v2] W2.1: Events: All"\r\n'
        "depends_on: [W1.2]\r\n# mine\r\n---\r\n"
        "# Worker Brief: Events: All\r\n\r\n**Your Mission:** Do it\r\n\r\n## Notes\r\n\r\nmine \r\n"
    )
    assert plan(scene, folder)["W2.1"] == ("W1.2",)
    undone(scene, done.err)
    assert plan(scene, folder)["W2.1"] == ("W1.1", "W1.2")
    assert before.split(b"# Worker Brief")[1] == path.read_bytes().split(b"# Worker Brief")[1]


def test_edit_tells_of_a_running_worker_and_refuses_a_complete_or_rewritten_one(
    scene: Scene, folder: Path
) -> None:
    scene.gitorch("launch", "W1.1")
    assert (
        "note: W1.1 has the brief of its launch"
        in scene.gitorch("worker", "edit", "W1.1", "--title", "x").err
    )
    assert "was changed after W1.1 was launched" in scene.gitorch("status").out
    write(folder / "completions/W1.1.json", report("W1.1"))
    refused = scene.gitorch("worker", "edit", "W1.1", "--title", "y")
    assert (refused.status, refused.err.splitlines()[0]) == (
        1,
        "error: W1.1 is complete, and its brief is not changed any more",
    )
    path = folder / "workers/W1.2-x.md"
    path.write_text(path.read_text().replace("**Your Mission:**", "Mission:"))
    before = path.read_bytes()
    refused = scene.gitorch("worker", "edit", "W1.2", "--description", "y")
    assert refused.status == 1
    assert "is yours to edit; nothing was changed" in refused.err
    assert path.read_bytes() == before


def test_drop_keeps_the_brief_and_the_report_and_says_how_they_come_back(scene: Scene, folder: Path) -> None:
    write(folder / "completions/W2.2.json", report("W2.2", status="failed"))
    write(folder / "completions/W1.1.json", report("W1.1"))
    scene.gitorch("sync")
    before, index = briefs(folder), scene.git("ls-files", "--stage", FOLDER + "/workers")
    done = scene.gitorch("worker", "drop", "W2.2")
    assert (done.status, done.out) == (0, "W2.2 is dropped\n")
    assert f"its brief is kept: {folder}/dropped/W2.2-x.md\n" in done.err
    assert "W2.2" not in plan(scene, folder)
    assert "W2.2" not in scene.git("ls-files", FOLDER)
    assert scene.gitorch("status", "--json").out.count("no-brief") == 0
    assert scene.gitorch("worker", "add", "--title", "t", "--wave", "2").out == "W2.3 is added\n", (
        "no id comes twice"
    )
    scene.gitorch("worker", "drop", "W2.3")
    undone(scene, done.err)
    assert briefs(folder) == before
    assert scene.git("ls-files", "--stage", FOLDER + "/workers") == index
    assert (folder / "completions/W2.2.json").exists()


def test_drop_refuses_what_others_need_and_without_force_what_runs_or_is_complete(
    scene: Scene, folder: Path
) -> None:
    before = briefs(folder)
    refused = scene.gitorch("worker", "drop", "W1.1", "--force")
    assert refused.status == 1
    assert refused.err == (
        "error: W1.1 cannot be dropped: W2.1, W2.2 depend on W1.1\n"
        "hint: to free W2.1 of W1.1, run: "
        "gitorch worker edit W2.1 --depends-on W1.2 --project calendar-v2\n"
        "hint: to free W2.2 of W1.1, run: "
        "gitorch worker edit W2.2 --depends-on none --project calendar-v2\n"
    )
    scene.gitorch("worker", "edit", "W3.1", "--depends-on", "none")
    scene.gitorch("launch", "W3.1")
    refused = scene.gitorch("worker", "drop", "W3.1")
    assert (refused.status, refused.err.splitlines()[-1]) == (
        1,
        "hint: to drop the worker all the same, run: gitorch worker drop W3.1 --force --project calendar-v2",
    )
    assert set(briefs(folder)) == set(before)
    assert scene.gitorch("worker", "drop", "W3.1", "--force").status == 0


def test_follow_ups_become_workers_once(scene: Scene, folder: Path) -> None:
    hostile = "Add an *index*. <!-- gitorch:begin -->\n# Worker Brief: x\x1b[2J"
    write(folder / "completions/W1.1.json", report("W1.1", follow_up=["Tune it", "", hostile]))
    write(folder / "completions/W1.2.json", report("W1.2", follow_up=["Tune  it"], status="blocked"))
    listed = scene.gitorch("followup")
    assert [line.split()[:2] for line in listed.out.splitlines()[1:]] == [
        ["W1.1/1", "-"],
        ["W1.1/3", "-"],
        ["W1.2/1", "-"],
    ]
    done = scene.gitorch("followup", "W1.1/3")
    assert (done.status, done.out) == (0, "W2.3: Add an index\n")
    brief = parse_brief("x", (folder / "workers/W2.3-add-an-index.md").read_bytes())
    assert not isinstance(brief, str)
    assert (str(brief.depends_on[0]), brief.title) == ("W1.1", "Add an index")
    assert brief.mission.startswith("Add an \\*index\\*. \\<!-- gitorch:begin --\\> # Worker Brief: x")
    assert "suggested this in `completions/W1.1.json`" in brief.text
    assert "\x1b" not in brief.text
    again = scene.gitorch("followup", "W1.1/3")
    assert (again.status, again.out, again.err) == (
        0,
        "",
        "nothing to do: every chosen follow-up has a worker\n",
    )
    rest = json.loads(scene.gitorch("followup", "--all", "--wave", "4", "--json").out)
    assert rest["workers"] == [{"id": "W4.1", "title": "Tune it"}], "the same words are the same suggestion"
    assert scene.gitorch("followup", "--all").out == ""
    assert scene.gitorch("followup").err == "", "nothing is left to choose"
    undone(scene, done.err)
    assert scene.gitorch("followup", "W1.1").out == "W2.4: Add an index\n"
    assert scene.gitorch("followup", "W2.1").status == 2
    assert scene.gitorch("followup", "W1.1", "--wave", "1").status == 0, "all have theirs"


def test_a_follow_up_that_would_stand_in_a_wave_too_early_is_refused(scene: Scene, folder: Path) -> None:
    write(folder / "completions/W1.1.json", report("W1.1", follow_up=["Tune it"]))
    refused = scene.gitorch("followup", "W1.1", "--wave", "1")
    assert (refused.status, "W1.3 depends on W1.1 of the same wave" in refused.err) == (2, True)


def test_a_build_whose_plan_was_changed_lands(scene: Scene) -> None:
    scene.open_build()
    assert scene.gitorch("worker", "edit", "W2.1", "--depends-on", "none").status == 0
    assert scene.gitorch("worker", "drop", "W1.1").status == 0
    scene.write("views.py", "")
    scene.deliver("W2.1", ["views.py"], follow_up=["Weeks, too"])
    assert scene.gitorch("followup", "--all").out == "W3.1: Weeks, too\n"
    scene.write("weeks.py", "")
    scene.deliver("W3.1", ["weeks.py"])
    landed = scene.gitorch("finalize")
    assert landed.status == 0, landed.err
    names = scene.git("ls-tree", "-r", "--name-only", f"build/{SLUG}", FOLDER).splitlines()
    assert [n.removeprefix(FOLDER + "/") for n in names if "W" in n] == [
        "completions/W2.1.json",
        "completions/W3.1.json",
        "dropped/W1.1-schema.md",
        "workers/W2.1-views.md",
        "workers/W3.1-weeks-too.md",
    ]
    assert scene.git("status", "--porcelain") == ""


def test_a_build_without_git_is_adapted_and_changed_too(tmp_path: Path) -> None:
    plan_text = "# Build Plan: x\n\n## Wave 1\n- W1.1: Sources\n\n## Wave 2\n- W2.1: Text (depends: W1.1)\n"
    ran = orch(tmp_path, "init", "--project", "x", "--type", "research", "--plan-file", "-", stdin=plan_text)
    assert ran.status == 0, ran.err
    folder = tmp_path / "N5/builds/x"
    write(folder / "completions/W1.1.json", report("W1.1", learnings=["Old"], follow_up=["Ask them"]))
    before = briefs(folder)
    assert orch(tmp_path, "followup", "W1.1").out == "W2.2: Ask them\n"
    assert orch(tmp_path, "adapt", "--yes").err.startswith("changed 2 briefs\n")
    assert orch(tmp_path, "adapt", "--yes", "--undo").status == 0
    dropped = orch(tmp_path, "worker", "drop", "W2.2")
    assert briefs(folder) == before
    undone(Scene(tmp_path), dropped.err)
    assert set(briefs(folder)) == {*before, "W2.2-ask-them.md"}
