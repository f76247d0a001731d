"""log tells a build's story; diff compares its snapshots, its base and the files."""

import json

import pytest

from tests.scene import SLUG, Scene


def events(scene: Scene, *words: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(scene.do("log", "--json", *words).out)["events"]
    return found


def test_the_story_has_what_happened_newest_first(scene: Scene) -> None:
    scene.open_build()
    scene.do("launch", "W1.1")
    scene.write("src/schema.py", "TABLES = 5\n")
    scene.deliver("W1.1", ["src/schema.py"])
    scene.do("sync")
    assert scene.gitorch("finalize").status == 1
    (scene / "src/schema.py").unlink()
    scene.do("restore", "--lost")
    scene.write("README", "a project with a calendar\n")
    scene.deliver("W2.1", ["README"])
    scene.do("sync")
    while_open = events(scene)
    scene.do("finalize")

    told = events(scene, "--project", SLUG)
    lines = scene.do("log", "--project", SLUG).out

    kinds = {event["kind"] for event in told}
    assert {"opened", "launched", "reported", "attempt", "restored", "landed"} <= kinds
    assert "landed" not in {event["kind"] for event in while_open}
    assert [event["at"] for event in told] == sorted((event["at"] for event in told), reverse=True)
    assert "W1.1 was launched" in lines
    assert "finalize failed: 1 of 2 workers" in lines
    assert "restore --lost: 1 path" in lines


def test_a_refused_command_is_told_with_the_worker_also_when_the_build_is_closed(scene: Scene) -> None:
    scene.open_build()
    with (scene / f".git/gitorch/refusals/{SLUG}").open("a") as file:
        file.write("2020-01-01T00:00:00Z W1.2 git commit\n")  # of an older build of the same name
    scene.run("git", "commit", "--allow-empty", "-m", "x", env={"GITORCH_WORKER": "W1.1"})
    scene.do("abort")

    told = [event for event in events(scene, "--project", SLUG) if event["kind"] == "refused"]

    assert [event["text"] for event in told] == ["W1.1 was refused: git commit"]


def test_a_build_without_a_record_has_no_story(scene: Scene) -> None:
    scene.refused("log", "--project", "nowhere", says="this repository has no record of a code build nowhere")


@pytest.fixture
def snapped(scene: Scene) -> tuple[str, str]:
    """Two snapshots of a build: `a` is 1, then 2; now it is 3."""
    scene.open_build()
    ids = []
    for number in (1, 2):
        scene.write("a", f"{number}\n")
        scene.write("b", f"{number}\n")
        ids.append(scene.do("snapshot").out.strip())
    scene.write("a", "3\n")
    return ids[0], ids[1]


def test_diff_compares_snapshots_the_base_and_the_files_as_they_are(
    scene: Scene, snapped: tuple[str, str]
) -> None:
    one, two = snapped

    both = scene.do("diff", one[:10], two, "a").out
    since = scene.do("diff", two).out
    base = scene.do("diff", "base", one, "./a").out
    now = scene.do("diff", "a").out

    assert ("-1\n+2\n" in both, "b/b" in both) == (True, False)
    assert ("-2\n+3\n" in since, "b/b" in since) == (True, False)
    assert "+1\n" in base
    assert "+3\n" in now


def test_diff_takes_no_snapshot_and_refuses_what_is_neither_a_snapshot_nor_a_path(
    scene: Scene, snapped: tuple[str, str]
) -> None:
    before = scene.git("rev-parse", f"refs/gitorch/snapshots/{SLUG}")

    scene.do("diff")
    ran = scene.gitorch("diff", "0123abcd")

    assert scene.git("rev-parse", f"refs/gitorch/snapshots/{SLUG}") == before != snapped[0]
    assert f"build {SLUG} has no snapshot 0123abcd" in ran.err
