"""Which language a text is in: the languages that have a line, English, and what cannot be told."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hypnic.language import OTHER, other_language
from hypnic.reply import talk

KNOWN = talk().keys("languages")
SCANDINAVIAN = {"da", "no", "sv"}  # too close to each other to be told apart for certain

FOREIGN = {
    "ar": "جسمي ينتفض فجأة عندما أبدأ في النوم، هل هذا خطير؟",
    "cs": "Když usínám, tělo sebou najednou škubne a já se leknu. Je to nebezpečné?",
    "da": "Når jeg er ved at falde i søvn, giver det et ryk i hele kroppen. Er det farligt?",
    "de": "Beim Einschlafen zuckt plötzlich mein ganzer Körper. Ist das gefährlich?",
    "el": "Όταν με παίρνει ο ύπνος, το σώμα μου τινάζεται ξαφνικά. Είναι επικίνδυνο;",
    "es": "Cuando me estoy quedando dormido, mi cuerpo da una sacudida. ¿Es peligroso?",
    "fa": "وقتی می‌خواهم بخوابم ناگهان بدنم می‌پرد. آیا خطرناک است؟",
    "fi": "Kun olen nukahtamassa, kehoni nytkähtää yhtäkkiä. Onko se vaarallista?",
    "fr": "Quand je m'endors, mon corps sursaute tout à coup. Est-ce que c'est dangereux ?",
    "he": "כשאני נרדם הגוף שלי קופץ פתאום. האם זה מסוכן?",
    "hi": "जब मैं सोने लगता हूँ तो मेरा शरीर अचानक झटका खाता है। क्या यह खतरनाक है?",
    "hu": "Amikor elalszom, hirtelen megrándul az egész testem. Veszélyes ez?",
    "it": "Quando mi addormento il mio corpo fa uno scatto improvviso. È pericoloso?",
    "ja": "眠りに落ちるときに体がビクッとします。危険ですか？",
    "ko": "잠들 때 몸이 갑자기 움찔합니다. 위험한가요?",
    "nl": "Als ik in slaap val, schokt mijn hele lichaam ineens. Is dat gevaarlijk?",
    "no": "Når jeg holder på å sovne, rykker det plutselig i hele kroppen. Er det farlig?",
    "pl": "Kiedy zasypiam, moje ciało nagle drga. Czy to jest niebezpieczne?",
    "pt": "Quando estou a adormecer, o meu corpo dá um salto. Isso é perigoso?",
    "ro": "Când adorm, corpul meu tresare brusc. Este periculos?",
    "ru": "Когда я засыпаю, моё тело резко вздрагивает. Это опасно?",
    "sv": "När jag håller på att somna rycker det plötsligt i hela kroppen. Är det farligt?",
    "tr": "Uykuya dalarken vücudum aniden sıçrıyor. Bu tehlikeli mi?",
    "uk": "Коли я засинаю, моє тіло раптово здригається. Це небезпечно?",
    "ur": "جب میں سونے لگتا ہوں تو میرا جسم اچانک جھٹکا کھاتا ہے۔ کیا یہ خطرناک ہے؟",
    "vi": "Khi tôi sắp ngủ, cơ thể tôi đột nhiên giật mình. Điều đó có nguy hiểm không?",
    "zh": "我快睡着的时候身体会突然抽动。这危险吗？",
}


def test_every_language_with_a_line_is_tried() -> None:
    """There is a sentence for each language that has a line."""
    assert KNOWN - {OTHER} == set(FOREIGN)


@pytest.mark.parametrize("code", sorted(FOREIGN))
def test_a_sentence_in_another_language(code: str) -> None:
    """A sentence about jerking when falling asleep is recognised as its own language."""
    assert other_language(FOREIGN[code], KNOWN) in (SCANDINAVIAN if code in SCANDINAVIAN else {code})


@pytest.mark.parametrize("shape", [str.upper, str.lower, "  {}\n".format, "\n\n{}!!! 😴".format, "3 x: {} (1)".format])
@pytest.mark.parametrize("code", ["de", "el", "es", "fr", "ru", "zh"])
def test_how_it_is_written_does_not_matter(code: str, shape: str) -> None:
    """Capitals, blanks, figures and signs around a sentence change nothing."""
    assert code == other_language(shape(FOREIGN[code]), KNOWN)  # type: ignore[operator]


ENGLISH = [
    "Why does my body jerk when I am falling asleep?",
    "why do i jump when im about to fall asleep",
    "is it dangerous that my legs kick all night",
    "My husband twitches in his sleep and it wakes me up, what can we do?",
    "how do I stop restless legs during pregnancy",
    "WHAT IS THE DIFFERENCE BETWEEN A CRAMP AND A TIC",
    "could this be epilepsy, i had a seizure as a child",
    "When should I see a doctor about hypnic jerks?",
    "my baby twitches while sleeping should i worry",
    "do magnesium tablets help against cramps at night",
    "i take sertraline and get electric shocks in my head",
    "Thank you, that was very helpful. Good night!",
]


@pytest.mark.parametrize("text", ENGLISH)
def test_english_is_not_another_language(text: str) -> None:
    """An English sentence is no other language."""
    assert "" == other_language(text, KNOWN)


NAMES = ["hypnic jerk", "restless legs", *"bruxism parasomnia gabapentin mirtazapine novopassit jerks myoclonus".split()]


@pytest.mark.parametrize("text", NAMES)
def test_a_name_is_no_other_language(text: str) -> None:
    """The name of a disorder or a medicine, which is much the same everywhere, tells no language."""
    assert "" == other_language(text, KNOWN)


NOTHING = [
    *("", " ", "\n\t", "?", "...", "-", "\x00", "😴", "😴😴😴", "👍🏽 !!"),
    *("1", "12345", "3 4 5", "50%", "a 1", "٣", "١٢٣", "²³"),
    *("a", "é", "ő", "я", "眠", "ok", "no", "si", "ąę", "ção", "über"),
]


@pytest.mark.parametrize("text", NOTHING)
def test_what_cannot_be_told(text: str) -> None:
    """Nothing, a single letter, figures, signs and words of a few letters are no language."""
    assert "" == other_language(text, KNOWN)


# In scripts that no known language is written in.
UNKNOWN = {
    "Thai": "ฉันสะดุ้งตอนกำลังจะหลับ มันอันตรายไหม",
    "Georgian": "ჩაძინებისას სხეული უეცრად მიხტება. საშიშია?",
    "Armenian": "Երբ քնում եմ, մարմինս հանկարծ ցնցվում է։ Վտանգավո՞ր է։",
    "Bengali": "ঘুমিয়ে পড়ার সময় আমার শরীর হঠাৎ কেঁপে ওঠে। এটা কি বিপজ্জনক?",
    "Tamil": "தூங்கும்போது என் உடல் திடீரென்று துள்ளுகிறது. இது ஆபத்தானதா?",
    "Amharic": "ስተኛ ሰውነቴ በድንገት ይንቀጠቀጣል። አደገኛ ነው?",
    "Khmer": "ពេលខ្ញុំជិតលក់ រាងកាយខ្ញុំញាក់ភ្លាមៗ។",
}


@pytest.mark.parametrize("script", sorted(UNKNOWN))
def test_a_script_without_a_line(script: str) -> None:
    """Nobody is answered in a language whose script they do not write; they get the English line."""
    assert OTHER == other_language(UNKNOWN[script], KNOWN)


def test_only_known_languages_are_named() -> None:
    """A language that has no line is never named, however sure it is."""
    assert "" != other_language(FOREIGN["de"], KNOWN)
    assert other_language(FOREIGN["de"], {"fr", "es"}) in ("", "fr", "es")
    assert other_language(FOREIGN["ru"], {"fr", "es"}) == OTHER


beginnings = st.builds(lambda text, end: text[:end], st.sampled_from(sorted(FOREIGN.values())), st.integers(0, 90))


@settings(max_examples=200, deadline=None)
@example("\ud800")
@example("İ" * 40)
@given(st.one_of(st.text(), beginnings))
def test_any_text_gives_a_code_or_nothing(text: str) -> None:
    """Whatever the text: a known code, "other" or nothing, and the same again."""
    code = other_language(text, KNOWN)
    assert code in {*KNOWN, OTHER, ""}
    assert code == other_language(text, KNOWN)
