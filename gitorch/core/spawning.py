"""A shell template and the words that go into it. Runs nothing."""

import re
import shlex
from collections.abc import Mapping


def fill(template: str, words: Mapping[str, str]) -> str:
    """`template` with each `{name}` of `words` replaced by the word as one shell word.

    Any other brace stays, so that `${HOME}` and awk's blocks mean what they say.
    """
    names = "|".join(map(re.escape, words))
    return re.sub(rf"(?<!\$)\{{({names})\}}", lambda match: shlex.quote(words[match[1]]), template)
