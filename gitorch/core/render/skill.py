"""The skill for an agent that orchestrates builds, in the form of agentskills.io: front matter, Markdown.

It needs no build: every command in it is gitorch's own, and tests type them.
"""

SKILL = "SKILL"
"""In place of a worker: `gitorch brief SKILL`."""

_TEXT = """\
---
name: gitorch
description: >-
  Run a build that is larger than one conversation: plan it in waves, hand one self-contained brief to
  each worker (a subagent, another session, a person), read what comes back, adapt, review and land it
  as one commit. Use it when work is to be split among several agents in one git repository, or when the
  repository has an open gitorch build.
---

# Orchestrate a build with gitorch

gitorch tracks a build and enforces its rules; it plans nothing and writes no code. You plan, hand out and
judge. The workers write files and one JSON report each, and never commit: `gitorch finalize` makes the one
commit at the end.

## 1. Plan

    gitorch brief ARCHITECT --goal "WHAT IS TO BE BUILT"

prints what this repository looks like, what makes a good plan, and the form with an example. Write the plan
into a file outside of the repository, or hand it over on standard input, and let it be checked before
anything is made:

    gitorch init --dry-run --project SLUG --plan-file PLAN.md

Correct what it names, in one round, until the tree that it prints is the one that you mean. Every worker
gets the files that it alone writes, criteria that can be checked, and the workers that it depends on.

## 2. Open

    gitorch install
    gitorch init --project SLUG --plan-file PLAN.md

From now on the repository is on the branch `build/SLUG`, where nobody commits.

## 3. Hand out

    gitorch ready
    gitorch brief W1.1

`ready` lists the workers that can begin now; they can all run side by side. Hand each brief, whole and
unchanged, to a fresh subagent or session as the beginning of its prompt. With gitorch's hooks in place the
launch is noted by itself; without them, note it: `gitorch launch W1.1`. Or let gitorch start them: `gitorch
spawn --ready`, which returns at once; `gitorch spawns` shows how each ended.

Never do a worker's work yourself in between, and never commit, stash, switch branches or discard changes.

## 4. Read what came back

    gitorch status
    gitorch sync

Read the reports in `completions/` of the build's folder: what was found out, decided, and left open. A
worker that is blocked or failed needs a decision: change its brief or its dependencies (`gitorch worker
edit W1.2 --help`), then launch it again; or ask the person.

## 5. Adapt, then the next wave

    gitorch adapt

shows, as a diff, what finished workers found out for the briefs that wait; `gitorch adapt --yes` applies
it. Add, change or drop workers where the plan was wrong (`gitorch worker --help`). Then go on with step 3
until every worker is complete.

## 6. Review and land

    gitorch review
    gitorch validate

`review` holds every claim against the files, `validate` runs the configured checks. Correct what they name,
through a worker where it is more than a word. Landing is the person's decision: when they agree,

    gitorch finalize

makes the one commit. `gitorch brief REVIEW` prints a brief for a last, fresh pair of eyes.

## When something is wrong

`gitorch doctor` says what, and what to type. Nothing is lost by it. What gitorch refuses has a reason: read
it, and do what it names instead of working around it.
"""


def render_skill() -> str:
    """The whole file."""
    return _TEXT
