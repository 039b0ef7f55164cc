"""The page on which a firm corrects what it filed."""

import pytest

from backend.companies.models import Establishment, Fact
from backend.matchmaking.reviews import end_review
from tests.factories import DAY, FACTS, led_to, link_to, make_officer, make_submission
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
WHOLE = {
    **FACTS,
    "legal_category": "5710",
    "headcount": [12, 30],
    "turnover": [3_000_000, 4_000_000],
    "balance_sheet": [0, 2_000_000],
    "project.commune": "60025",
    "project.spend": 1234.5,
    "project.tenure": "owner",
    "project.horizon": "later",
}


def page_of(submission):
    return f"/resultat/{link_to(submission)}/corriger/"


def typed_in(client, submission, query=None):
    """Return what a browser would send if the page were saved as it shows."""
    response = client.get(page_of(submission), query)
    assert response.status_code == 200
    sent = {}
    for name in ("need", "firm", "project"):
        form = response.context["forms"][name]
        for field in form:
            value = field.value()
            shown = [str(choice[0]) for choice in getattr(field.field, "choices", [])]
            if field.field.__class__.__name__ == "ChoiceField" and not any(str(value) in row for row in shown):
                flat = [key for _, group in field.field.choices if isinstance(group, list) for key, _ in group]
                value = value if value in flat else ""
            sent[field.html_name] = "" if value is None else value
    return sent


@pytest.fixture
def submission():
    return make_submission(facts=WHOLE, text="Je cherche deux soudeurs.\nVite.")


def test_a_page_saved_as_it_shows_changes_nothing(client, submission):
    n_facts = ours(Fact).count()
    response = client.post(page_of(submission), typed_in(client, submission))
    assert led_to(response["Location"]) == submission
    assert ours(Fact).count() == n_facts
    assert submission.sheet.values() == WHOLE
    submission.refresh_from_db()
    assert submission.text == "Je cherche deux soudeurs.\nVite."
    assert submission.sheet.establishment == ours(Establishment).get()
    ticked = submission.needs.filter(ticked=True).values_list("sub_need", flat=True)
    assert set(ticked) == {"competences.recruter", "numerique.robot"}


@pytest.mark.cases(1)
@pytest.mark.parametrize("naf", ["25", "62", "C", "J", "25.6", "25.62B", "62.01Z"])
def test_an_activity_of_any_level_is_not_lost_by_saving(client, naf):
    submission = make_submission(facts={"naf": naf})
    client.post(page_of(submission), typed_in(client, submission))
    assert submission.sheet.values()["naf"] == naf


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("field", "typed", "fact", "value"),
    [
        ("project-headcount", "40", "headcount", 40.0),
        ("project-headcount_band", "20,49", "headcount", [20, 49]),
        ("project-started", "yes", "project.started", True),
        ("project-started", "", "project.started", None),
        ("project-spend", "200 000 €", "project.spend", 200_000.0),
        ("project-spend", "", "project.spend", None),
        ("firm-legal_form", "54", "legal_category", "54"),
        ("firm-created_on", "", "created_on", None),
        ("firm-commune", "Margny-lès-Compiègne", "commune", "60382"),
        ("need-horizon", "under_3_months", "project.horizon", "under_3_months"),
    ],
)
def test_one_change_changes_one_fact(client, submission, field, typed, fact, value):
    response = client.post(page_of(submission), {**typed_in(client, submission), field: typed})
    assert response.status_code == 302, text_of(response)
    assert submission.sheet.values() == {
        name: known for name, known in {**WHOLE, fact: value}.items() if known is not None
    }
    last = submission.sheet.facts.filter(name=fact).latest("pk")
    assert (last.origin, last.recorded_on) == (Fact.Origin.DECLARED, DAY)
    assert submission.sheet.facts.filter(name=fact).count() == 2
    assert submission.results.count() == 2


def test_name_and_number_can_be_corrected(client, submission):
    changes = {"firm-company_name": "Nouveau nom 🔥", "firm-number": "999 999 956 00025"}
    client.post(page_of(submission), {**typed_in(client, submission), **changes})
    submission.refresh_from_db()
    assert (submission.sheet.name, submission.sheet.establishment.siret) == ("Nouveau nom 🔥", "99999995600025")
    assert "Nouveau nom 🔥" in text_of(client.get(f"/resultat/{link_to(submission)}/"))


def test_a_correction_opens_the_review_again_and_the_page_says_so(client, submission):
    officer = make_officer("CCLO")
    end_review(submission=submission, officer=officer, on=DAY, message="Bonjour")
    client.post(page_of(submission), {**typed_in(client, submission), "project-headcount": "40"})
    submission.refresh_from_db()
    assert submission.reviewed_at is None
    text = text_of(client.get(f"/resultat/{link_to(submission)}/"))
    assert "Vos corrections sont enregistrées. Voici le nouveau résultat." in text
    assert f"Relu par {officer}" not in text


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("firm-commune", "Beauvais", None),
        ("project-project_commune", "Beauvais", "Cette commune est hors du territoire"),
        ("firm-number", "999 999 956 00018", "clé de contrôle"),
        ("project-headcount", "-3", "Un effectif ne peut pas être négatif."),
        ("need-text", "a" * 5001, "Votre texte compte 5001 caractères"),
    ],
)
def test_a_wrong_correction_says_why_keeps_what_was_typed_and_changes_nothing(
    client, submission, field, typed, sentence
):
    sent = {**typed_in(client, submission), field: typed, "firm-company_name": "Nouveau nom"}
    if sentence is None:  # the commune of the site is out, and so is the project's: it is at the site
        sent |= {"project-project_place": "same", "project-project_commune": ""}
        sentence = "Cette commune est hors du territoire"
    response = client.post(page_of(submission), sent)
    assert response.status_code == 422
    assert sentence in text_of(response)
    prefix, name = field.split("-")
    assert name in response.context["forms"][prefix].errors
    for html_name, value in sent.items():
        prefix, name = html_name.split("-")
        assert response.context["forms"][prefix][name].value() == value
    submission.refresh_from_db()
    assert submission.sheet.values() == WHOLE
    assert submission.sheet.name == "Tôlerie des Étangs"
    assert (submission.epci.short_name, submission.results.count()) == ("CCLO", 1)


def test_both_pages_of_errors_show_at_once(client, submission):
    sent = {**typed_in(client, submission), "firm-naf": "99.99X", "project-spend": "-1"}
    text = text_of(client.post(page_of(submission), sent))
    assert "n’est pas un code de la NAF" in text
    assert "Un coût ne peut pas être négatif." in text


def test_homonyms_are_offered_in_a_correction_too(client, submission):
    sent = {**typed_in(client, submission), "firm-commune": "Janville"}
    response = client.post(page_of(submission), sent)
    assert 'name="firm-commune_choice"' in response.content.decode()
    client.post(page_of(submission), {**sent, "firm-commune_choice": "60323"})
    assert submission.sheet.values()["commune"] == "60323"


def test_a_correction_of_no_submission_does_not_exist(client):
    assert client.get("/resultat/inconnu/corriger/").status_code == 404
