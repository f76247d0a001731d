"""The JSON Schema of each document that is written by hand; made from the models that read them."""

from typing import Any

KINDS = ("completion", "plan", "config")


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one of `KINDS`."""
    from pydantic import BaseModel

    from gitorch.core.completion import Completion
    from gitorch.core.config import Config
    from gitorch.core.plan.document import PlanDocument

    models: dict[str, type[BaseModel]] = {"completion": Completion, "plan": PlanDocument, "config": Config}
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {**dialect, **models[kind].model_json_schema()}
