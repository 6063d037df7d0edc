"""docs/evaluation-triage.md: the scores of benchmarks/triage.py in words, beside what others have published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.reporting import SUMMARY, side_by_side, table

Column = dict[str, object]
BEST, TYPED = "check, running bot, buttons", "check, running bot, typed"
HEADINGS = {"On the first message": "first", "After the check": "check", "Danger signs heard": "flags"}
SHORT = ("emergencies caught", "urgent or worse caught", "exact level", "too low", "too high", "pattern")

# Study, what was tried on what, right level, further figures. Only figures that were seen in the study or its abstract.
PUBLISHED = (
    ("Semigran 2015, BMJ", "23 symptom checkers, 45 vignettes of all of medicine", "57 % (33 to 78 % by checker)",
     "emergencies 80 %, self-care 33 %; right diagnosis first 34 %"),
    ("Hill 2020, MJA", "36 checkers, 48 vignettes", "49 %",
     "emergencies 63 %, urgent 56 %, self-care 40 %; right diagnosis first 36 %"),
    ("Ada, Australian set 2021", "1 checker, 48 vignettes", "63 %", "right diagnosis first 65 %"),
    ("El-Osta 2021-22", "3 checkers, 139 vignettes", "62 % (Healthily), 45 % (Babylon), 42 % (Ada)",
     "too low 29, 48 and 43 %"),
    ("Schmieding 2022, JMIR", "22 checkers, the vignettes of Semigran", "56 % (median)", "-"),
    ("Schmieding 2021", "91 lay people beside 15 checkers", "lay people 61 %, checkers 58 %",
     "emergencies: lay people 68 %, checkers 81 %"),
    ("Fraser 2022", "Ada with 37 patients of an emergency department", "doctors fully agreed 62 %",
     "too cautious 24 %, unsafe 22 % (by at least one doctor)"),
    ("Ceney 2021 (preprint)", "12 checkers, 50 vignettes", "-",
     "right diagnosis first 38 %; 51 % advised more care than guidance"),
)

HEAD = """# How well the triage works

Written by `make evaluate-triage`; do not edit.

*Development*: the 60 vignettes of the clinical brief, used while building. *Fresh*: 100 vignettes by another author who saw
no pattern of the danger screen; never tuned on. Every share stands with its counts and, after the semicolon, the bounds
between which the true share lies with 95 % certainty (Clopper-Pearson, in percent).
With 20 dangerous cases, no miss still allows a true miss rate of up to 17 %.
"""
WAYS = """## What the columns are

- *author's facts, rules alone*: the rules decide on what is true, so nothing has to be understood.
- *in process*: the danger screen, the trained model and the fact reader hear the first message; a script that knows the
  author's facts then presses the buttons of the check. No servers.
- *running bot*: the two real servers, a new conversation for each vignette, everything over HTTP; only the `custom` of
  the replies is judged. The first message is sent, then the check is asked for, and the script answers by button, or in
  typed words of its own (tests/cases/patient.yml) and by button where those were not understood.
- On the first message the running bot mostly answers the question and names a level only for danger or when a visit is
  due. A reply without a level counts as self-care, because nobody was sent anywhere.
- An emergency ends a talk, also a wrong one: the script never says that it was a mistake.
- *replies of a wrong kind*: a failure, a refusal or an answer to something else while the check waits for an answer.
"""
STATES = """
## Danger signs by state

Single wordings for each emergency and urgent sign. What is denied, past, somebody else's (other), feared (hypothetical),
asked in general or not the sign at all (an idiom, a look-alike, something milder) was marked by one reader, without the
screen (tests/cases/danger_states.yml). *dev* wordings (data/nlu/danger) were used while building and train the model, so
only the patterns are scored on them; *test* wordings were measured with every change; *fresh* ones were never tuned on.
A sign *acts* when it brings up its danger text. For asserted ones that is recall, for all others it is a false alarm.
"""
TAIL = """Read this scale with care.
Those studies cover all of medicine, with other vignettes, judged by other people. These vignettes cover movements around
sleep only, and were written for this project by people who knew its levels. Their vignettes were mostly typed into a checker
by a person; these are played by a script that knows every fact and is never upset or in a hurry. So the figures show that
the rules do what their authors meant, and not that Hypnic is better than a checker for all of medicine. No figure here is
about real patients, and no clinician has confirmed the right answers yet.
"""


def report(result: Mapping[str, Mapping[str, Column]], states: Sequence[str]) -> str:
    """The scores as Markdown.

    Args:
        result: set, way, measure.
        states: lines about danger signs by state.
    """
    lines = [HEAD, SUMMARY, "", *_short(result), WAYS]
    for name, ways in result.items():
        lines += [f"## {name.capitalize()}", ""]
        for heading, start in HEADINGS.items():
            columns = {way.split(", ", 1)[1]: column for way, column in ways.items() if way.startswith(start)}
            if columns and start == "check":
                columns = {way: column for way, column in ways.items() if way.startswith("author")} | columns
            if columns:
                lines += [f"**{heading}**", "", *side_by_side(columns)]
        if not any(way.startswith("check") for way in ways):
            lines += side_by_side(ways)
    lines += [STATES, *states]
    lines += ["## Published figures for scale", ""]
    rows = [*PUBLISHED, *_ours(result)]
    lines += table(("study", "what was tried", "right level", "further figures"), rows)
    return "\n".join([*lines, TAIL])


def _short(result: Mapping[str, Mapping[str, Column]]) -> list[str]:
    """The figures that count: the running bot, after the check."""
    ways = {
        f"{name}, {how}": result[name][way]
        for name in ("development", "fresh")
        for how, way in (("buttons", BEST), ("typed", TYPED))
    }
    columns = {name: {measure: column[measure] for measure in SHORT} for name, column in ways.items()}
    return ["The running bot after the check, over HTTP.", "", *side_by_side(columns)]


def _ours(result: Mapping[str, Mapping[str, Column]]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for name, number in (("development", 60), ("fresh", 100)):
        for how, way in (("buttons", BEST), ("typed answers", TYPED)):
            column = result[name][way]
            shares = (column[name] for name in ("emergencies caught", "too low", "pattern"))
            further = "emergencies {}, too low {}, pattern first {}".format(*shares)
            what = f"{number} {name} vignettes of movements around sleep, {how}"
            rows.append(("Hypnic, running bot", what, column["exact level"], further))
    return rows
