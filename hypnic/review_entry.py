"""What stands on the review sheet: entries to sign, in sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hypnic.evidence import Claim

Lines = tuple[str, Sequence[str]]


@dataclass(frozen=True)
class Entry:
    """One thing to sign: its id, a heading, what is said, what it rests on, how people ask for it, the claims it treats.

    lists: further texts, each list with a title. folded: long lists for those who want to look, closed at first.
    """

    id: str
    name: str
    text: str
    meta: str = ""
    wordings: Sequence[str] = ()
    claims: Sequence[Claim] = ()
    lists: Sequence[Lines] = ()
    folded: Sequence[Lines] = ()


@dataclass(frozen=True)
class Section:
    """A part of the sheet that is signed as a whole.

    short: the word for it at the top. intro: what it is.
    """

    id: str
    short: str
    title: str
    intro: str
    entries: Sequence[Entry]
