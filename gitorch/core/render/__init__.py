"""Everything that is rendered from the sources and can be deleted at any time. Reads no file, no clock."""

from gitorch.core.meta import dump_meta
from gitorch.core.render.build_md import render_build_md
from gitorch.core.render.plan_json import render_plan_json
from gitorch.core.render.readme_md import render_readme_md
from gitorch.core.render.status_md import render_status_md
from gitorch.core.state import BuildState


def records(state: BuildState, existing_build_md: str | None) -> dict[str, str]:
    """Each rendered file of the build's folder by name, the same for the same state.

    `existing_build_md` is BUILD.md as it stands, None where it is missing: all of it that lies
    outside the managed block comes back unchanged.
    """
    return {
        "BUILD.md": render_build_md(state, existing_build_md),
        "README.md": render_readme_md(state),
        "STATUS.md": render_status_md(state),
        "meta.json": dump_meta(state.meta_now()),
        "plan.json": render_plan_json(state),
    }
