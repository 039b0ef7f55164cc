"""Two records of a source, field by field, beside ours: what is asked, and what is written when it is taken."""

import pytest

from backend.schemes.catalogue.comparison import LABELS
from backend.schemes.catalogue.records import normalise
from backend.schemes.ingestion.changes.fields import CONTACT, NOT_COMPARED, changes, gone, take
from tests.schemes.people import make_record

pytestmark = pytest.mark.django_db
NBSP = "\N{NO-BREAK SPACE}"


def changed(before, after, ours):
    return {change.label: change for change in changes(before={"": before}, after=after, ours=ours)}


def test_a_change_says_what_was_what_is_and_what_ours_says():
    before, after = make_record(amount={"text": "5 000 €"}), make_record(amount={"text": "8 000 €"})
    (change,) = changed(before, after, make_record(amount={"text": "6 000 €"})).values()
    assert (change.label, change.before, change.after, change.ours) == (
        "Montant",
        ("5 000 €",),
        ("8 000 €",),
        ("6 000 €",),
    )
    assert not change.is_taken
    assert not change.ours_as_before


def test_what_a_source_says_of_itself_is_no_change():
    after = make_record(
        as_of="2027-01-01", confidence="to_verify", needs={"energie.facture": 1.0}, notes="Autre", corrections=["x"],
        sources=[{"title": "Autre", "url": None, "dated": "2027"}], public_contact=True,
    )  # fmt: skip
    assert changed(make_record(), after, make_record()) == {}


def test_every_field_of_a_sheet_is_compared_or_is_known_to_be_the_source_s_own():
    """A new field of a sheet fails here until somebody says which of the two it is."""
    assert set(LABELS) - NOT_COMPARED == {
        "name", "summary", "kind", "level", "applicants", "targeted_naf", "targeted_naf_2025", "window",
        "preparation_days", "amount", "criteria", "operators", "next_step", "documents", "contact", "url",
        "state_aid_regime", "legal_basis",
    }  # fmt: skip
    assert set(LABELS) >= NOT_COMPARED
    assert set(CONTACT) == set(normalise(make_record())["contact"])


def test_only_what_the_source_changed_is_written_over_ours():
    before = make_record(amount={"text": "5 000 €", "duration": "12 mois"})
    after = make_record(amount={"text": "8 000 €", "duration": "12 mois"})
    mine = make_record(amount={"text": "5 000 €", "duration": "un an, renouvelable", "ceiling_eur": 5000})
    (change,) = changed(before, after, mine).values()
    taken = take(mine, [change], source=after)
    assert change.ours_as_before
    assert taken["amount"]["text"] == "8 000 €"
    assert (taken["amount"]["duration"], taken["amount"]["ceiling_eur"]) == ("un an, renouvelable", 5000)


def test_the_days_of_a_window_are_taken_together_and_our_words_stay():
    def window(**parts):
        return {"state": "permanent", "opens_on": None, "closes_on": None, "recurring": None, "note": None, **parts}

    before, after = (
        make_record(window=window()),
        make_record(window=window(state="dated", opens_on="2026-01-01", closes_on="2026-12-31")),
    )
    mine = make_record(window=window(opens_on="2025-01-01", recurring=True, note="Deux relevés par an."))
    (change,) = changed(before, after, mine).values()
    assert take(mine, [change], source=after)["window"] == {
        "state": "dated", "opens_on": "2026-01-01", "closes_on": "2026-12-31", "recurring": True,
        "note": "Deux relevés par an.", "seen_on": None, "seen_until": None, "seen_by": None, "seen_url": None,
    }  # fmt: skip


def condition(**parts):
    return {"source": 1, "note": None, "excerpt": None, **parts}


def test_a_condition_takes_the_place_of_the_one_of_its_kind():
    staff, wider = condition(kind="headcount", below=250), condition(kind="headcount", below=500)
    naf, new = condition(kind="activity", any_of=["C"]), condition(kind="turnover", at_most=50e6)
    before, after = make_record(criteria=[staff, naf]), make_record(criteria=[wider, new])
    found = changes(before={"": before}, after=after, ours=before)
    assert sorted(len(change.steps) for change in found) == [1, 1, 2]
    pair = next(change for change in found if len(change.steps) == 2)
    assert pair.before == (f"Effectif de l’entreprise{NBSP}: moins de 250{NBSP}salariés",)
    assert pair.after == (f"Effectif de l’entreprise{NBSP}: moins de 500{NBSP}salariés",)
    taken = take(before, [pair], source=after)
    assert [row["kind"] for row in taken["criteria"]] == ["headcount", "activity"]
    assert taken["criteria"][0]["below"] == 500
    assert [row["kind"] for row in take(before, found, source=after)["criteria"]] == ["headcount", "turnover"]


def test_our_own_condition_is_never_taken_away_by_what_the_source_did_to_its_own():
    mine = make_record(criteria=[condition(kind="headcount", below=100)])
    before = make_record(criteria=[condition(kind="headcount", below=250)])
    after = make_record(criteria=[condition(kind="headcount", below=500)])
    (change,) = changes(before={"": before}, after=after, ours=mine)
    assert [row["below"] for row in take(mine, [change], source=after)["criteria"]] == [100, 500]
    assert change.ours == (f"Effectif de l’entreprise{NBSP}: moins de 100{NBSP}salariés",)


def test_a_condition_in_words_takes_the_place_of_one_that_says_nearly_the_same():
    one = condition(kind="manual", fact="a", sentence="Le projet est innovant.")
    other = condition(kind="manual", fact="b", sentence="Être à jour de ses cotisations sociales.")
    near = condition(kind="manual", fact="a", sentence="Le projet est très innovant.")

    def sizes(before, after):
        records = [make_record(criteria=[row]) for row in (before, after)]
        found = changes(before={"": records[0]}, after=records[1], ours=records[0])
        return sorted(len(change.steps) for change in found)

    assert sizes(one, near) == [2]
    assert sizes(one, other) == [1, 1]


def test_what_ours_says_already_is_taken():
    before, after = make_record(url="https://a.example/1"), make_record(url="https://a.example/2")
    (change,) = changes(before={"": before}, after=after, ours=after)
    assert change.is_taken
    assert changes(before={"": after}, after=after, ours=before) == []


def test_each_field_is_compared_with_what_was_decided_last():
    first, second, third = (make_record(name=name, url=f"https://a.example/{name}") for name in "abc")
    found = changes(before={"": first, "name": second}, after=third, ours=first)
    assert {change.label: change.before for change in found} == {
        "Nom": ("b",),
        "Page du dispositif": ("https://a.example/a",),
    }


def test_a_record_that_left_closes_ours():
    mine = make_record()
    change = gone(ours=mine, on="24 novembre 2026")
    closed = take(mine, [change], source=mine)
    assert closed["window"]["state"] == "closed"
    assert gone(ours=closed, on="24 novembre 2026").is_taken


def test_a_condition_that_comes_names_where_it_was_read():
    read_in = {"title": "Page du porteur", "url": "https://porteur.example/", "dated": "2026", "tier": None}
    read_in |= {"licence": "open"}
    after = make_record(
        sources=[{"title": "Accueil", "url": None, "dated": "2026"}, read_in],
        criteria=[
            condition(kind="turnover", at_most=50e6, source=2, excerpt="Un chiffre d’affaires de 50 M€ au plus.")
        ],
    )
    before = {**after, "criteria": []}
    mine = make_record()
    taken = take(mine, changes(before={"": before}, after=after, ours=mine), source=after)
    assert taken["sources"] == [*normalise(mine)["sources"], read_in]
    assert taken["criteria"][-1]["source"] == 2
    assert taken["criteria"][-1]["excerpt"] == "Un chiffre d’affaires de 50 M€ au plus."
    again = take(taken, changes(before={"": before}, after=after, ours=mine), source=after)
    assert again == taken
