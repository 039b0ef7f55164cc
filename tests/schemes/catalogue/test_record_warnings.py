"""Figures that the words of a sheet do not bear out are told beside their field, and stop nobody."""

import pytest

from backend.schemes.catalogue.record_warnings import warnings_of
from tests.schemes.people import make_record

pytestmark = pytest.mark.django_db
SOURCE = {
    "title": "Page inventée",
    "url": "https://exemple.example/robot",
    "dated": "2026",
    "tier": "operator",
    "licence": "open",
}


CONTACT = {"name": "Région", "url": "https://exemple.example/", "phone": None}


def told(**changes) -> list[tuple[str, str]]:
    found = warnings_of(make_record(**{"contact": CONTACT, **changes}))
    return [(one.label, one.text.replace("\N{NO-BREAK SPACE}", " ")) for one in found]


def test_a_sheet_without_figures_has_nothing_to_look_at():
    assert told() == []


@pytest.mark.parametrize("written", ["15 000 €", "15 k€", "15\N{NO-BREAK SPACE}000 euros", "0,015 M€"])
@pytest.mark.parametrize("field", ["summary", "next_step", "text", "excerpt", "title"])
def test_a_ceiling_that_is_said_anywhere_is_not_told(field, written):
    amount = {"ceiling_eur": 15_000, "source": 1}
    changes = {"summary": f"Au plus {written}."} if field == "summary" else {}
    if field == "next_step":
        changes = {"next_step": f"Demandez les {written}."}
    elif field == "title":
        changes = {"sources": [{**SOURCE, "title": f"Page inventée : {written} au plus"}]}
    elif field in ("text", "excerpt"):
        amount[field] = f"Au plus {written}."
    assert told(amount=amount, **changes) == []


@pytest.mark.parametrize(
    ("amount", "line"),
    [
        ({"ceiling_eur": 150_000}, "plafond : 150 000 €"),
        ({"floor_eur": 1_000}, "plancher : 1 000 €"),
        ({"rate_max_pct": 40}, "taux maximal : 40 %"),
        ({"rates": [{"size": "small", "pct": 30}]}, "taux, petite entreprise : 30 %"),
    ],
    ids=str,
)
def test_a_figure_that_no_words_say_is_told_beside_the_amount(amount, line):
    (one,) = told(amount={"text": "50 % au plus, 15 k€ au plus.", **amount})
    assert one == (
        "Montant",
        f"« {line} » ne se lit ni dans les textes de la fiche ni dans ce qu’elle cite de ses sources.",
    )


def test_an_amount_changed_in_words_and_in_figures_is_told_by_what_firms_read():
    found = told(summary="Jusqu’à 15 000 €.", amount={"text": "150 000 € au plus.", "ceiling_eur": 150_000})
    assert found == [("Montant", "le résumé dit « 15 000 € », que ni le montant ni les conditions ne disent.")]


@pytest.mark.parametrize("where", ["excerpt", "title"])
def test_an_amount_changed_in_words_and_in_figures_is_told_by_its_source(where):
    amount = {"text": "150 000 € au plus.", "ceiling_eur": 150_000, "source": 1}
    said = "Le plafond est de 15 000 €."
    if where == "excerpt":
        found = told(amount={**amount, "excerpt": said})
    else:
        found = told(amount=amount, sources=[{**SOURCE, "title": said}])
    assert ("Montant", "« 150 000 € » n’est ni dans la source citée ni dans le reste de la fiche.") in found


def test_a_rate_is_no_sum():
    assert told(summary="Pour 50 salariés et 50 €.", amount={"rate_max_pct": 50})


@pytest.mark.parametrize("words", ["Gratuit.", "Pris en charge en totalité."])
def test_free_of_charge_says_the_whole_rate(words):
    assert told(amount={"text": words, "rate_max_pct": 100}) == []


def test_a_threshold_that_no_words_say_is_told_beside_the_conditions():
    criteria = [{"kind": "any", "of": [{"kind": "spend", "at_least": 300_000}, {"kind": "headcount", "below": 250}]}]
    ((label, text),) = told(criteria=criteria)
    assert label == "Critères d’éligibilité"
    assert "300 000 €" in text
    assert told(criteria=criteria, next_step="Chiffrez le projet : 300 k€ au moins.") == []


def window(**days):
    return {"state": "dated", "opens_on": None, "closes_on": None, "recurring": None, "note": None, **days}


@pytest.mark.parametrize("note", ["Jusqu’au 30/09/2027.", "Clos le 30 septembre 2027 à midi.", "En septembre 2027."])
def test_a_last_day_that_words_say_is_not_told(note):
    assert told(window=window(closes_on="2027-09-30", note=note)) == []


def test_a_last_day_that_no_words_say_is_told_beside_the_window():
    ((label, text),) = told(window=window(closes_on="2027-09-30", note="Un dépôt par an."))
    assert (label, text[:30]) == ("Ouverture", "« ferme le 30 septembre 2027 »"[:30])


@pytest.mark.parametrize(("opens_on", "n"), [("2023-01-01", 0), ("2027-01-01", 1)])
def test_a_first_day_is_told_only_where_it_was_to_come_when_the_sheet_was_read(opens_on, n):
    assert len(told(window=window(opens_on=opens_on, closes_on="2027-09-30", note="Jusqu’au 30/09/2027."))) == n


def test_another_last_day_in_the_next_step_is_told():
    changes = {"next_step": "Déposez avant le 15 juin 2027.", "window": window(closes_on="2027-09-30")}
    assert any("15 juin 2027" in text for _label, text in told(**changes))


def test_corrections_hold_old_figures_and_bear_nothing_out():
    assert told(amount={"ceiling_eur": 15_000}, corrections=["La source disait 15 000 €."])


@pytest.mark.parametrize(
    ("changes", "label", "said"),
    [
        ({"criteria": []}, "Critères d’éligibilité", "aucune condition"),
        ({"contact": None}, "Contact", "n’a pas de contact"),
        ({"contact": {"name": "Région", "url": None, "phone": None}}, "Contact", "ni téléphone ni page"),
    ],
    ids=str,
)
def test_what_is_left_out_is_told(changes, label, said):
    ((found, text),) = told(**changes)
    assert found == label
    assert said in text
