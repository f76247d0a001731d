"""init: from a plan to a build's folder, and for a code build to its open branch. All of it or nothing."""

from gitorch.actions.init.init import Begun, init
from gitorch.actions.init.reading import PlanSource, read_plan, warnings

__all__ = ["Begun", "PlanSource", "init", "read_plan", "warnings"]
