"""`gitorch schema`: the JSON Schema of what a person or a worker writes."""

import json

import click

from gitorch.actions.schema import KINDS, schema
from gitorch.cli import output


@click.command()
@click.argument("kind", type=click.Choice(KINDS))
def command(kind: str) -> None:
    """Print the JSON Schema of a plan, a completion or the configuration.

    The schema is for JSON and YAML (json-schema.org, draft 2020-12).
    """
    output.data(json.dumps(schema(kind), indent=2))
