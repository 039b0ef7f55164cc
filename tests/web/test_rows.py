"""The group of a firm and its years before the last: rows of fields, without JavaScript."""

import pytest

from backend.matchmaking.models import Submission
from backend.web.forms.fact_fields import FORM_OF_FACT
from backend.web.forms.fact_fields.group import GroupFields, PreviousYearsFields
from tests.factories import make_officer, make_submission
from tests.neighbour import ours
from tests.web.conftest import FIRM, fill
from tests.web.test_correct import page_of, typed_in

pytestmark = pytest.mark.django_db
ROW = {"name": "", "share": "", "holder": "company", "headcount": "", "turnover": "", "balance_sheet": ""}
HOLDING = {"name": "Holding du Bac", "share": "60", "headcount": "12", "turnover": "3 000 000", "balance_sheet": ""}
GROUP = [{"name": "Holding du Bac", "share": 60.0, "headcount": 12.0, "turnover": 3_000_000.0}]


def rows(*typed, prefix="group"):
    return {
        f"{prefix}-{place}-{name}": value for place, row in enumerate(typed) for name, value in {**ROW, **row}.items()
    }


def group_of(independent, *typed, known=None):
    form = GroupFields({"independent": independent, **rows(*typed)}, initial=GroupFields.initial_of({"group": known}))
    assert form.is_valid(), form.errors
    return form.facts()["group"]


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("independent", "typed", "group"),
    [
        ("yes", [{}, {}, {}], []),
        ("no", [{}, {}, {}], None),  # a group of which nothing is said is unknown, not empty
        ("", [{}], None),
        ("", [HOLDING], GROUP),
        ("no", [{}, HOLDING, {}], GROUP),
        ("yes", [{"share": "24,9"}], [{"share": 24.9}]),
        ("no", [{"share": "30", "holder": "public_body"}], [{"share": 30.0, "holder": "public_body"}]),
        ("no", [{"share": "0", "control": "on"}], [{"share": 0.0, "control": True}]),
        ("no", [{"share": "50", "headcount": "0"}], [{"share": 50.0, "headcount": 0.0}]),
    ],
)
def test_what_is_typed_of_a_group_is_the_fact(independent, typed, group):
    assert group_of(independent, *typed) == group


@pytest.mark.parametrize(
    ("independent", "typed", "said"),
    [
        (
            "yes",
            {"share": "25"},
            "mais une autre entreprise est décrite avec 25 % ou plus.",
        ),
        ("yes", {"share": "0", "control": "on"}, "Vous avez répondu « Oui »"),
        (
            "no",
            {"share": "101"},
            "Entreprise 1, Part détenue, dans un sens ou dans l’autre (%) : Une part va",
        ),
        ("no", {"share": "moitié"}, "Écrivez un pourcentage, comme 30."),
        ("no", {"name": "Holding"}, "Écrivez la part en %, de 0 à 100 ; ou videz la ligne."),
        ("no", {"headcount": "12"}, "Écrivez la part en %, de 0 à 100 ; ou videz la ligne."),
        ("no", {"share": "60", "headcount": "-1"}, "Ce nombre ne peut pas être négatif."),
        ("no", {"share": "60", "turnover": "beaucoup"}, "Écrivez un nombre, comme 35 ou 1 200 000, ou laissez vide."),
    ],
)
def test_a_row_that_cannot_be_read_says_which_and_why(independent, typed, said):
    form = GroupFields({"independent": independent, **rows(typed)})
    assert not form.is_valid()
    assert said in " ".join(form.errors["independent"]).replace("\u00a0", " ")


def test_a_figure_known_between_two_bounds_stays_so_until_it_is_typed_again():
    known = [{"share": 60.0, "headcount": [10, 19], "turnover": [0, None]}]
    shown = {"share": "60", "headcount": "", "turnover": ""}
    assert group_of("no", shown, {"share": "30"}, known=known) == [*known, {"share": 30.0}]
    assert group_of("no", {**shown, "headcount": "12"}, known=known) == [
        {"share": 60.0, "headcount": 12.0, "turnover": [0, None]}
    ]


def test_years_are_read_in_their_order_and_a_gap_stays_a_gap():
    typed = rows({"headcount": ""}, {"headcount": "48"}, {"headcount": ""}, prefix="previous_years")
    form = PreviousYearsFields(typed)
    assert form.is_valid()
    assert form.facts() == {"previous_years": [{}, {"headcount": 48.0}]}
    assert PreviousYearsFields(rows({}, prefix="previous_years")).is_valid()


def test_the_button_adds_a_row_and_keeps_what_was_typed(client):
    fill(client, upto="besoin")
    typed = {**FIRM, "naf": "faux", "independent": "no", **rows(HOLDING, {}, {"name": "Filiale"})}
    page = client.post("/demande/entreprise/", {**typed, "add_row": "1"}, follow=True)
    assert page.redirect_chain == [("/demande/entreprise/?add_row=1", 302)]
    form = page.context["form"]
    assert [row["name"].value() for row in form.rows] == ["Holding du Bac", "", "Filiale", None]
    assert form["naf"].value() == "faux"
    assert not form.errors  # it is not finished: nothing is refused yet
    assert 'name="group-3-share"' in page.content.decode()
    assert "autofocus" in page.content.decode()
    refused = client.post("/demande/entreprise/", {**typed, "naf": "25.62B"}, follow=True)
    assert refused.context["form"].errors
    assert client.get("/demande/projet/", follow=True).status_code == 200


def test_the_button_that_enter_presses_is_not_the_one_that_adds_a_row(client):
    fill(client, upto="besoin")
    page = client.get("/demande/entreprise/").content.decode()
    form = page[page.index("<form method") :]
    assert form.index("Continuer</button>") < form.index('name="add_row"')


def test_a_group_filed_step_by_step_reaches_the_sheet(client):
    fill(client, entreprise={"independent": "no", **rows(HOLDING, {}, {})})
    assert ours(Submission).get().sheet.values()["group"] == GROUP


def test_an_independent_firm_has_an_empty_group_and_a_silent_one_none(client):
    fill(client, entreprise={"independent": "yes", **rows({}, {}, {})})
    assert ours(Submission).get().sheet.values()["group"] == []
    other = make_submission(without=("group",))
    assert "group" not in other.sheet.values()


def test_a_correction_shows_the_group_and_loses_nothing_of_it(client):
    known = [{**GROUP[0], "control": True, "balance_sheet": [1, 2]}]
    submission = make_submission(facts={"group": known})
    typed = typed_in(client, submission)
    form = client.get(page_of(submission)).context["forms"]["firm"]
    sent = {field.html_name: field.value() for row in form.rows for field in row if field.value() not in (None, False)}
    assert sent["firm-group-0-share"] == "60"
    assert client.post(page_of(submission), {**typed, **sent}).status_code == 302
    assert submission.sheet.values()["group"] == known
    client.post(page_of(submission), {**typed, **sent, "firm-group-0-share": "20", "firm-group-0-control": ""})
    assert submission.sheet.values()["group"] == [{**GROUP[0], "share": 20.0, "balance_sheet": [1, 2]}]


@pytest.mark.parametrize("fact", ["group", "previous_years"])
def test_an_officer_corrects_a_list_row_by_row(client, fact):
    submission = make_submission(confirmed=True)
    client.force_login(make_officer())
    address = f"/agent/{submission.pk}/corriger/"
    typed = {"fact": fact, "independent": "no", **rows({"share": "60", "headcount": "12"}, {}, prefix=fact)}
    page = client.post(address, {**typed, "add_row": "1"})
    assert page.status_code == 200
    assert len(page.context["fact_form"].form.rows) == 3
    assert client.post(address, typed).status_code == 302
    row = {"share": 60.0} if fact == "group" else {}
    assert submission.sheet.values()[fact] == [{**row, "headcount": 12.0}]


@pytest.mark.parametrize("fact", sorted(FORM_OF_FACT.keys() - {"schemes"}))
def test_every_fact_is_asked_by_one_form_that_gives_back_what_it_shows(fact):
    known = {"group": GROUP, "previous_years": [{"headcount": 40.0}]}
    form = FORM_OF_FACT[fact]({}, initial=FORM_OF_FACT[fact].initial_of(known))
    assert form.is_valid(), form.errors
    assert form.facts().get(fact) == known.get(fact)
