"""YAML files with line numbers, checked against a JSON schema."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml
from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError

from hypnic.errors import DataError

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = Path(__file__).resolve().parent / "schemas"
MAX_BYTES = 1_000_000

Place = tuple[str | int, ...]


class _StrictLoader(yaml.SafeLoader):
    """Safe YAML that refuses a key given twice and leaves dates as text."""


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    pairs: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            raise yaml.constructor.ConstructorError(None, None, "a list or mapping cannot be a key", key_node.start_mark)
        if key in pairs:
            raise yaml.constructor.ConstructorError(None, None, f"'{key}' is given twice", key_node.start_mark)
        pairs[key] = loader.construct_object(value_node, deep=True)
    return pairs


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class YamlFile:
    """One parsed YAML file that can say on which line a field stands.

    Args:
        path: the file.
        schema: name of a schema in hypnic/schemas without ending, or None.

    Raises:
        DataError: the file is missing, too large, not YAML, or does not fit the schema.
    """

    def __init__(self, path: Path, schema: str | None = None) -> None:
        self.path = path
        self.name = shown(path)
        try:
            if path.stat().st_size > MAX_BYTES:
                raise DataError(self.name, "", f"the file is larger than {MAX_BYTES:,} bytes")
            self.text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise DataError(self.name, "", f"the file is not UTF-8 text ({error.reason})") from None
        except OSError as error:
            raise DataError(self.name, "", f"the file cannot be read ({error.strerror})") from None
        try:
            self.data: Any = yaml.load(self.text, Loader=_StrictLoader)  # a SafeLoader
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise DataError(
                self.name, "", f"this is not valid YAML: {error.problem}", mark.line + 1 if mark else None
            ) from None
        except yaml.YAMLError as error:
            raise DataError(self.name, "", f"this is not valid YAML: {error}") from None
        if schema:
            problems = sorted(_validator(schema).iter_errors(self.data), key=_depth)
            if problems:
                raise self._explain(problems[0])

    def line(self, place: Iterable[str | int]) -> int | None:
        """The 1-based line of a field such as ("answers", "why", "general"), or of its nearest parent."""
        node = yaml.compose(self.text, Loader=yaml.SafeLoader)
        if node is None:
            return None
        found: int = node.start_mark.line + 1
        for step in place:
            if isinstance(node, yaml.MappingNode):
                pair = next(((k, v) for k, v in node.value if k.value == str(step)), None)
                if pair is None:
                    return found
                found, node = pair[0].start_mark.line + 1, pair[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                found = node.start_mark.line + 1
            else:
                return found
        return found

    def error(self, place: Iterable[str | int], message: str) -> DataError:
        """A DataError about one field of this file."""
        steps = tuple(place)
        return DataError(self.name, ".".join(map(str, steps)), message, self.line(steps))

    def _explain(self, problem: ValidationError) -> DataError:
        place = tuple(problem.absolute_path)
        message, wanted, given = str(problem.message), cast(Any, problem.validator_value), cast(Any, problem.instance)
        if problem.validator == "required":
            message = message.replace(" is a required property", " is missing")
        elif problem.validator == "additionalProperties":
            message = message.replace("Additional properties are not allowed", "unknown field").replace(
                " was unexpected", ""
            )
        elif problem.validator == "enum":
            message = f"{given!r} is not one of: {', '.join(map(str, wanted))}"
        elif problem.validator in ("maxLength", "minLength"):
            message = f"the text has {len(given)} characters, the limit is {wanted}"
        return self.error(place, message)


def shown(path: Path) -> str:
    """The path as an editor knows it: relative to the project where possible."""
    try:
        return path.resolve().relative_to(ROOT).as_posix()
    except ValueError:
        return path.name


def _depth(problem: ValidationError) -> tuple[int, str]:
    return len(problem.absolute_path), str(problem.message)


@cache
def _validator(schema: str) -> Draft7Validator:
    definition = yaml.safe_load((SCHEMAS / f"{schema}.yml").read_text(encoding="utf-8"))
    Draft7Validator.check_schema(definition)
    return Draft7Validator(definition)
