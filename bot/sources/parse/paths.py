"""Where a value stands in a record: a plain name in any script, or a JMESPath expression."""

import re
from collections.abc import Callable
from typing import Any

import jmespath
import jmespath.exceptions

Reader = Callable[[Any], Any]

# JMESPath itself knows only ASCII names without quotes; regulators name their columns in their own script.
_NAME = re.compile(r"[^\W\d]\w*")


def reader(path: str) -> Reader:
    """The function that finds the value in a record, None if it is not there. ValueError if the path is no JMESPath expression."""
    if _NAME.fullmatch(path):
        return lambda record: record.get(path) if isinstance(record, dict) else None
    try:
        return jmespath.compile(path).search
    except jmespath.exceptions.JMESPathError as error:
        first = str(error).splitlines()[0].rstrip(":.")
        raise ValueError(f'"{path}" is not a JMESPath expression ({first})') from None
