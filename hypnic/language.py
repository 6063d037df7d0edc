"""Which language a text is in, when it is not English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

OTHER = "other"
SURE = 0.9  # probability from which a guess among languages in Latin letters is believed
MIN_LETTERS = 5


def other_language(text: str, known: Collection[str]) -> str:
    """The code of one of the known languages, OTHER for one that is not, or "" for English and for what cannot be told.

    Meant for texts that hardly share a word with English; single English words are easily taken for something else.

    Args:
        text: what somebody wrote.
        known: two-letter codes (ISO 639-1) of the languages that have an answer.
    """
    letters = [c for c in text if c.isalpha()]
    if len(letters) < 2:
        return ""
    foreign_script = sum("LATIN" not in unicodedata.name(c, "") for c in letters) > len(letters) / 2
    if not foreign_script and len(letters) < MIN_LETTERS:
        return ""
    spoken = re.sub(r"\s+", " ", text).lower()
    if foreign_script:  # here the letters tell; among all languages, for one without a line must not pass for another
        code, _ = _identifier(()).classify(spoken)
        return str(code) if code in known else OTHER
    code, chance = _identifier(tuple(sorted({*known, "en"} - {OTHER}))).classify(spoken)
    return str(code) if code != "en" and chance >= SURE else ""


@lru_cache(maxsize=1)
def _identifier(codes: tuple[str, ...]) -> LanguageIdentifier:
    """Tells languages apart: these, or all it knows when there are none."""
    identifier = LanguageIdentifier.from_pickled_model(MODEL_FILE, norm_probs=True)
    if codes:
        identifier.set_languages(list(codes))
    return identifier
