"""In which hooks folders the guard is installed, wherever the repository is moved or copied to.

<common dir>/gitorch/guard/places.json   a list of [folder, we made it]
"""

import json
import os
from pathlib import Path

from gitorch.adapters.git import sharing
from gitorch.adapters.git.repository import Repository


def read(repo: Repository) -> dict[Path, bool]:
    """The hooks folders where the guard is installed, and whether we made them."""
    try:
        rows = json.loads((repo.shared / "guard" / "places.json").read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return {Path(os.path.normpath(repo.common_dir / folder)): bool(made) for folder, made in rows}


def write(repo: Repository, places: dict[Path, bool]) -> None:
    """Keep in mind what `read` gives."""
    common = repo.common_dir
    near = common.parent if common.name == ".git" else common
    rows = [
        [os.path.relpath(folder, common) if folder.is_relative_to(near) else str(folder), made]
        for folder, made in places.items()
    ]
    data = json.dumps(rows, indent=1).encode()
    sharing.write_if_different(repo, repo.shared / "guard" / "places.json", data)
