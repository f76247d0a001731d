"""worker: change the plan of an open build, with the checks that init makes. All of a change or nothing."""

from gitorch.actions.worker.add import Added, NewWorker, add, added
from gitorch.actions.worker.drop import Dropped, drop
from gitorch.actions.worker.edit import Edited, edit

__all__ = ["Added", "Dropped", "Edited", "NewWorker", "add", "added", "drop", "edit"]
