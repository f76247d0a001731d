"""init: from a plan to a build's folder, and for a code build to its open branch. All of it or nothing."""

from gitorch.actions.init.init import Begun, PlanSource, init

__all__ = ["Begun", "PlanSource", "init"]
