"""What init shows of a plan: the whole tree before, the short one after; waves computed; what to look at."""

import json

from tests.scene import Scene

PLAN = """\
# Build Plan: shop

## Goal

Sell.

## Wave 1: Base
- W1.1: Schema — tables
  - outputs: db.sql
- W1.2: Routes — CRUD

## Wave 2: Polish
- W2.1: Docs — describe what W1.2 does (depends: W1.1)
  - outputs: db.sql
"""

TREE = """\
shop: 3 workers in 2 waves, 1 dependency

wave 1: Base
├─ W1.1 Schema
│     writes db.sql
└─ W1.2 Routes
wave 2: Polish
└─ W2.1 Docs ← W1.1
      writes db.sql
in every brief: Goal
"""

WARNINGS = """\
warning: -:13: W2.1 names W1.2 and does not depend on W1.2
warning: -:14: W1.1 and W2.1 have the same output db.sql
"""

CONTRADICTION = (
    "# x\n\n## Wave 1\n- W1.1: A\n- W1.2: B — like W1.1 (depends: W1.1)\n\n## Wave 2: C\n- W2.1: C\n"
)


def test_a_dry_run_prints_the_tree_and_the_warnings_and_writes_nothing(scene: Scene) -> None:
    before = scene.git("status", "--porcelain", "--branch")

    ran = scene.gitorch("init", "--dry-run", "--plan-file", "-", stdin=PLAN)

    assert (ran.status, ran.out, ran.err) == (0, TREE, WARNINGS)
    assert scene.git("status", "--porcelain", "--branch") == before


def test_init_ends_with_the_short_tree_and_the_same_warnings(scene: Scene) -> None:
    scene.gitorch("install")

    ran = scene.gitorch("init", "--project", "shop", "--plan-file", "-", stdin=PLAN)

    assert (
        ran.out.splitlines()[0] == "build shop is open: 3 workers in 2 waves, 1 dependency, in N5/builds/shop"
    )
    assert ran.out.endswith("  wave 1: W1.1, W1.2\n  wave 2: W2.1 ← W1.1\n")
    assert ran.err == WARNINGS + "next: gitorch brief W1.1 --project shop\n"


def test_a_dry_run_in_json_has_the_dependencies_and_the_warnings(scene: Scene) -> None:
    ran = scene.gitorch("init", "--dry-run", "--plan-file", "-", "--json", stdin=PLAN)

    document = json.loads(ran.out)
    assert [worker["depends_on"] for worker in document["workers"]] == [[], [], ["W1.1"]]
    assert [issue["code"] for issue in document["issues"]] == ["named-worker", "shared-output"]


def test_ids_whose_waves_the_dependencies_contradict_are_refused_with_the_command_that_computes_them(
    scene: Scene,
) -> None:
    ran = scene.gitorch("init", "--dry-run", "--plan-file", "-", stdin=CONTRADICTION)

    assert ran.status == 2
    assert ran.err == (
        "error: the plan - has a problem; nothing was changed\n"
        "  -:5: W1.2 depends on W1.1 of the same wave\n"
        "hint: to let the dependencies say the waves, run: gitorch init --dry-run --plan-file - --layer\n"
    )


def test_layer_computes_the_waves_and_renames_every_mention(scene: Scene) -> None:
    scene.gitorch("install")
    plan = CONTRADICTION + "- W2.2: D — after W1.2, see `W2.1`\n"

    ran = scene.gitorch("init", "--project", "x", "--plan-file", "-", "--layer", stdin=plan)

    assert ran.status == 0, ran.err
    assert ran.out.endswith("  wave 1: W1.1, W1.2\n  wave 2: W2.1 ← W1.1\n  wave 3: W3.1 ← W2.1\n")
    assert (scene / "N5/builds/x/PLAN.md").read_text() == (
        "# Build Plan: x\n\n## Wave 1\n- W1.1: A\n- W1.2: C\n\n"
        "## Wave 2\n- W2.1: B — like W1.1 (depends: W1.1)\n\n"
        "## Wave 3\n- W3.1: D — after W2.1, see `W1.2` (depends: W2.1)\n"
    )


def test_d9_a_plan_without_workers_says_the_line_and_the_form(scene: Scene) -> None:
    ran = scene.gitorch("init", "--dry-run", "--plan-file", "-", stdin="# Shop\n\nSell things.\n")

    assert ran.err == (
        "error: the plan - has a problem; nothing was changed\n"
        "  -:1: the plan has no workers; a worker begins with "
        "'- ID: Title — what is to be done (depends: ID, ID)', below '## Wave N: Name', N from 1\n"
        "hint: to check the plan without opening a build, run: gitorch init --dry-run --plan-file -\n"
    )


def test_init_without_a_name_for_the_build_is_refused(scene: Scene) -> None:
    ran = scene.gitorch("init", "--plan-file", "-", stdin=PLAN)

    assert (ran.status, ran.err.splitlines()[0]) == (2, "error: missing option '--project'")
