"""The one exception that bad data raises."""

from __future__ import annotations


class DataError(Exception):
    """A data file is broken. The text names the file, the line where known, and the field.

    Args:
        file: path as the editor knows it, relative to the project.
        field: dotted path of the field inside the file, or "" for the whole file.
        message: what is wrong and what to do, in plain words.
        line: 1-based line number, or None when unknown.
    """

    def __init__(self, file: str, field: str, message: str, line: int | None = None) -> None:
        self.file, self.field, self.message, self.line = file, field, message, line
        place = f"{file}:{line}" if line else file
        super().__init__(f"{place}  {field + ': ' if field else ''}{message}")
