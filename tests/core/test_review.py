"""The page for the clinician: everything on it once, nothing on it that runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from talking import BASE

from hypnic import review
from hypnic.errors import DataError
from hypnic.evidence import Evidence
from hypnic.knowledge import Knowledge
from hypnic.region import Region
from hypnic.review import TRIAGE, main, render, triage
from hypnic.yamlfile import YamlFile

EVIDENCE = Evidence.load(BASE)
UK = Region.load(TRIAGE, "uk")
FLAGS: dict[str, Any] = YamlFile(TRIAGE / "flags.yml").data["flags"]
OUTCOMES: list[dict[str, Any]] = YamlFile(TRIAGE / "outcomes.yml").data["replies"]
REGIONS: dict[str, Any] = YamlFile(TRIAGE / "regions.yml").data["regions"]


class Page(HTMLParser):
    """The ids, the links and the tags of a page, and the text of each entry by its id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: Counter[str] = Counter()
        self.texts: dict[str, str] = {}
        self.all = ""
        self._entry = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        values = dict(attrs)
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag == "a":
            self.links.append(str(values["href"]))
        if tag == "article":
            self._entry = str(values["id"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "article":
            self._entry = ""

    def handle_data(self, data: str) -> None:
        self.all += data
        if self._entry:
            self.texts[self._entry] = self.texts.get(self._entry, "") + data


SHEET = triage(BASE, UK)
PAGE = Page(render(BASE, EVIDENCE, UK, SHEET))

SHOWN: list[tuple[str, list[str]]] = [
    ("answers", [answer.id for answer in BASE.answers()]),
    ("details", [detail.id for detail in BASE.details()]),
    ("myths", [myth.full_id for topic in BASE.topics.values() for myth in topic.myths]),
    ("flags", list(FLAGS)),
    ("regions", list(REGIONS)),
    ("ambiguous words", [word.id for word in BASE.ambiguities]),
    ("topics", list(BASE.topics)),
]


@pytest.mark.parametrize("names", [row[1] for row in SHOWN], ids=[row[0] for row in SHOWN])
def test_everything_is_shown_once(names: list[str]) -> None:
    """Each of them stands on the page once, under its own id."""
    assert len(names) > 5
    assert {1} == {PAGE.ids.count(name) for name in names}


def test_every_comparison_is_shown_once() -> None:
    """Each comparison stands on the page once, with its topics in its id and its text below."""
    assert BASE.comparisons
    for known in BASE.comparisons:
        told = [name for name, text in PAGE.texts.items() if UK.fill(known.text) in text]
        (name,) = [name for name in told if all(topic in name for topic in known.topics)]
        assert 1 == PAGE.ids.count(name)


def test_no_id_is_given_twice() -> None:
    """Every id of the page is its own, so that a link or a remark hits one thing."""
    assert [] == [name for name, count in Counter(PAGE.ids).items() if count > 1]


def test_an_id_is_one_word() -> None:
    """No id holds a blank, which HTML does not allow."""
    assert [] == [name for name in PAGE.ids if len(name.split()) != 1]


def test_every_link_leads_somewhere() -> None:
    """The links at the top lead to ids of the page."""
    assert len(PAGE.links) > len(BASE.topics)
    assert [] == [link for link in PAGE.links if link.removeprefix("#") not in PAGE.ids]


def test_every_answer_is_shown_in_full() -> None:
    """Each answer and detail is shown with its text, its sources, its certainty and its date."""
    for answer in (*BASE.answers(), *BASE.details()):
        shown = PAGE.texts[answer.id]
        assert UK.fill(answer.text) in shown
        assert all(source.title in shown for source in answer.sources), answer.id
        assert f"certainty: {answer.certainty}" in shown
        assert answer.reviewed in shown


def test_every_myth_is_shown_in_full() -> None:
    """Each myth is shown with its claim, verdict, text and sources."""
    for topic in BASE.topics.values():
        for myth in topic.myths:
            shown = PAGE.texts[myth.full_id]
            assert all(part in shown for part in (myth.claim, f"verdict: {myth.verdict}", UK.fill(myth.text)))
            assert all(source.title in shown for source in myth.sources)


def test_every_claim_stands_beside_its_texts() -> None:
    """Each claim of the source document stands under every text that treats it, with what is true instead."""
    for claim in EVIDENCE.claims:
        for name in claim.answers:
            assert claim.claim in PAGE.texts[name], claim.id
            assert claim.say in PAGE.texts[name], claim.id


def test_what_is_left_out_is_shown_with_its_reason() -> None:
    """Each claim that is left out is listed with the reason."""
    left = [claim for claim in EVIDENCE.claims if claim.treatment == "left_out"]
    assert left
    assert [] == [claim.id for claim in left if f"{claim.claim} Left out: {claim.reason}" not in " ".join(PAGE.all.split())]


def test_every_danger_sign_is_shown_with_what_is_said() -> None:
    """Each danger sign is shown with its level, and with every sentence that is said at once."""
    said = {flag: entry for entry in OUTCOMES for flag in entry["for"]}
    assert said
    for name, flag in FLAGS.items():
        shown = PAGE.texts[name]
        assert flag["ask"] in shown
        assert f"level: {flag['level']}" in shown
        nothing = {"first": "Nothing is said at once", "ask": ""}
        entry = said.get(name, nothing)
        assert all(UK.fill(sentence) in shown for sentence in (entry["first"], *entry.get("do", []), entry["ask"])), name


def test_every_number_is_shown() -> None:
    """Each region is shown with its numbers and whether they were confirmed."""
    for code, entry in REGIONS.items():
        assert all(entry[key] in PAGE.texts[code] for key in ("emergency_number", "urgent_line", "crisis_line", "checked"))


def test_every_source_is_shown() -> None:
    """The whole bibliography is on the page."""
    assert [] == [source.id for source in BASE.sources.values() if source.id not in PAGE.all or source.title not in PAGE.all]


def test_no_placeholder_is_left() -> None:
    """What is shown in an entry is what a person reads, with the numbers filled in."""
    numbers = ("{emergency_number}", "{urgent_line}", "{crisis_line}")
    assert [] == [name for name, text in PAGE.texts.items() if any(number in text for number in numbers)]
    assert any(UK.emergency_number in text for text in PAGE.texts.values())


def test_every_entry_can_be_signed() -> None:
    """Each entry has its line to sign."""
    assert PAGE.tags["article"] == len(PAGE.texts) > 500
    assert [] == [name for name, text in PAGE.texts.items() if not all(word in text for word in ("right", "change", "remove"))]


# -- nothing runs ---------------------------------------------------------------------------------------------------

EVIL = '<script>alert("x")</script><img src=x onerror=alert(1)></p></article>'
FIRST = next(BASE.answers())
TOPIC = BASE.topics[FIRST.topic]


def with_topic(**values: Any) -> Knowledge:
    return replace(BASE, topics={**BASE.topics, TOPIC.id: replace(TOPIC, **values)})


def with_answer(**values: Any) -> Knowledge:
    return with_topic(answers={**TOPIC.answers, (FIRST.aspect, FIRST.population): replace(FIRST, **values)})


def with_myth(**values: Any) -> Knowledge:
    myth = next(topic.myths[0] for topic in BASE.topics.values() if topic.myths)
    entry = BASE.topics[myth.topic]
    return replace(BASE, topics={**BASE.topics, entry.id: replace(entry, myths=(replace(myth, **values), *entry.myths[1:]))})


HOSTILE: list[tuple[str, Callable[[], Knowledge]]] = [
    ("text of an answer", lambda: with_answer(text=EVIL)),
    ("example of an answer", lambda: with_answer(questions=(EVIL,))),
    ("certainty", lambda: with_answer(certainty=EVIL)),
    ("source", lambda: with_answer(sources=(replace(FIRST.sources[0], title=EVIL),))),
    ("title of a topic", lambda: with_topic(title=EVIL)),
    ("name of a topic", lambda: with_topic(short=EVIL)),
    ("telling apart", lambda: with_topic(tell_apart=EVIL)),
    ("text of a myth", lambda: with_myth(text=EVIL)),
    ("claim of a myth", lambda: with_myth(claim=EVIL)),
    ("wording of a myth", lambda: with_myth(wordings=(EVIL,))),
    ("comparison", lambda: replace(BASE, comparisons=(replace(BASE.comparisons[0], text=EVIL), *BASE.comparisons[1:]))),
    ("question back", lambda: replace(BASE, ambiguities=(replace(BASE.ambiguities[0], ask=EVIL), *BASE.ambiguities[1:]))),
    ("bibliography", lambda: replace(BASE, sources={**BASE.sources, "x": replace(FIRST.sources[0], url=EVIL)})),
]


@pytest.mark.parametrize("made", [row[1] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_markup_in_data_is_text(made: Callable[[], Knowledge]) -> None:
    """Markup that stands in the knowledge base is shown as it stands, and makes no tag."""
    text = render(made(), EVIDENCE, UK, SHEET)
    page = Page(text)
    assert EVIL in page.all
    assert "<script" not in text
    assert PAGE.tags["article"] == page.tags["article"]
    assert (0, 0) == (page.tags["script"], page.tags["img"])


@pytest.mark.parametrize("field", ["claim", "say"])
def test_markup_in_a_claim_is_text(field: str) -> None:
    """Markup that stands in a claim is shown as it stands."""
    values: dict[str, Any] = {field: EVIL}
    claims = (replace(EVIDENCE.claims[0], **values), *EVIDENCE.claims[1:])
    text = render(BASE, replace(EVIDENCE, claims=claims), UK, SHEET)
    assert EVIL in Page(text).all
    assert "<script" not in text


def test_markup_in_a_number_is_text() -> None:
    """Markup in a telephone number is shown as it stands."""
    evil = replace(UK, emergency_number=EVIL)
    text = render(BASE, EVIDENCE, evil, triage(BASE, evil))
    assert EVIL in Page(text).all
    assert "<script" not in text


def test_an_id_cannot_be_broken_out_of() -> None:
    """A quotation mark in an id stays inside its attribute."""
    text = render(with_answer(detail='x" onclick="alert(1)'), EVIDENCE, UK, SHEET)
    assert f'{TOPIC.id}.{FIRST.aspect}.{FIRST.population}.x" onclick="alert(1)' in Page(text).ids


def test_nothing_runs_and_nothing_is_fetched() -> None:
    """The page has no script, no frame, no image and no style from elsewhere."""
    assert {0} == {PAGE.tags[tag] for tag in ("script", "iframe", "img", "link", "object", "embed", "form")}


# -- the command line -----------------------------------------------------------------------------------------------


def test_main_writes_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The page is written where it was asked for, also into a new folder, and the command succeeds."""
    path = tmp_path / "new" / "page.html"
    assert 0 == main([str(path)])
    assert PAGE.ids == Page(path.read_text(encoding="utf-8")).ids
    assert str(path) in capsys.readouterr().out


def test_main_writes_to_var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file the page is written into the folder for data, with the numbers of the region that is set."""
    monkeypatch.setenv("HYPNIC_VAR", str(tmp_path))
    monkeypatch.setenv("HYPNIC_REGION", "nz")
    assert 0 == main([])
    shown = Page((tmp_path / "review.html").read_text(encoding="utf-8")).texts["chest_pain"]
    assert f"Call {REGIONS['nz']['emergency_number']} now" in shown


def test_main_writes_over_an_old_page(tmp_path: Path) -> None:
    """A page that is there already is replaced."""
    path = tmp_path / "page.html"
    path.write_text("old" * 1_000_000, encoding="utf-8")
    assert 0 == main([str(path)])
    assert not path.read_text(encoding="utf-8").startswith("old")
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")


def test_main_names_what_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With broken data the command fails, says where, and writes no page."""

    def broken() -> Knowledge:
        raise DataError("data/knowledge/tics.yml", "title", "this is missing", 2)

    monkeypatch.setattr(review.Knowledge, "load", broken)
    assert 1 == main([str(tmp_path / "page.html")])
    assert "data/knowledge/tics.yml:2  title: this is missing\n" == capsys.readouterr().err
    assert [] == list(tmp_path.iterdir())
