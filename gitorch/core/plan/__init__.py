"""From what a person wrote (JSON, YAML, Markdown) to a checked plan in waves."""

from gitorch.core.plan.model import Plan, Wave, Worker
from gitorch.core.plan.parse import parse_plan
from gitorch.core.source import Problem

__all__ = ["Plan", "Problem", "Wave", "Worker", "parse_plan"]
