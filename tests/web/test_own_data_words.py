"""What a firm reads of the needs and answers that are kept of its file: in words, and no guess as a fact."""

import re

import pytest

from backend.companies.models import Fact
from backend.companies.services import record_facts
from backend.matchmaking.corrections import Change, confirm_needs, correct_need
from backend.privacy.consent import withdraw_consent
from backend.privacy.own_data import as_csv, as_json, own_data
from backend.schemes.models import SubNeed
from tests.factories import DAY, link_to, make_officer, make_submission
from tests.neighbour import ours

pytestmark = pytest.mark.django_db


def told(submission):
    return [(line.label, line.value, line.origin) for theme in own_data(submission) for line in theme.lines]


def test_a_need_that_the_words_hardly_say_is_told_apart():
    submission = make_submission(needs=("numerique.robot",), text="Je ne veux pas de prêt. Un four à 38000 vite")
    needs = [line for line in told(submission) if line[0].startswith("Besoin ") or line[0] == "Besoin"]
    sure = {value for label, value, _ in needs if label == "Besoin"}
    unsure = {(value, origin) for label, value, origin in needs if label == "Besoin envisagé, et non retenu"}
    assert "Robots, machines connectées" in " ".join(sure) or len(sure) >= 2
    assert unsure
    assert all(origin.startswith("compris de votre texte, sûr à ") for _, origin in unsure)
    assert not any("prêt" in value for value in sure)


def test_an_answer_is_told_by_the_sentence_of_its_condition(client):
    submission = make_submission(confirmed=True)
    given = {f"{Fact.ANSWER}aide-apprentissage-2026.contract": False, f"{Fact.ANSWER}gone.for-good": True}
    record_facts(sheet=submission.sheet, values=given, origin=Fact.Origin.DECLARED, on=DAY)
    values = [value for label, value, _ in told(submission) if label == "Réponse à une condition"]
    assert values[1] == "« condition d’une fiche qui a changé » : oui"
    assert values[0].endswith("» : non")
    assert "aide-apprentissage-2026" not in values[0]
    page = client.get(f"/resultat/{link_to(submission)}/mes-donnees/").content.decode()
    assert "aide-apprentissage-2026.contract" not in page
    assert ours(Fact).filter(name__endswith="gone.for-good").exists()


def origins(submission):
    return {value: origin for label, value, origin in told(submission) if label == "Besoin"}


def test_a_need_that_the_firm_ticked_is_told_as_its_own():
    submission = make_submission(needs=("numerique.robot",), text="")
    assert origins(submission) == {"Robots, automatisation, industrie du futur": "coché par vous"}


@pytest.mark.cases(1)
@pytest.mark.parametrize("taken", ["as_csv", "as_json"])
def test_a_need_that_the_firm_ticked_on_its_answer_is_no_word_of_an_officer(taken):
    submission = make_submission(needs=(), text="Nous cherchons deux soudeurs")
    confirm_needs(submission=submission, has={"competences.recruter"}, has_not=set(), on=DAY)
    need = submission.needs.get(sub_need="competences.recruter")
    assert need.added
    origin = origins(submission)[str(need)]
    assert origin.startswith("coché par vous, et lu dans votre texte : ")
    assert origin in {"as_csv": as_csv, "as_json": as_json}[taken](submission)


def test_a_need_that_an_officer_added_names_the_officer():
    submission, officer = make_submission(needs=("numerique.robot",), text=""), make_officer()
    recruit = SubNeed.objects.get(pk="competences.recruter")
    correct_need(submission=submission, sub_need=recruit, change=Change.ADDED, officer=officer, on=DAY)
    assert origins(submission)[str(recruit)] == f"ajouté par {officer}"
    confirm_needs(submission=submission, has=(), has_not={"numerique.robot"}, on=DAY)
    assert origins(submission) == {str(recruit): f"ajouté par {officer}"}


def test_a_need_that_was_only_read_is_told_with_the_words_it_was_read_in():
    submission = make_submission(needs=(), text="Nous cherchons deux soudeurs")
    assert any(origin.startswith("lu dans votre texte : ") for origin in origins(submission).values())


def test_what_an_officer_ticked_for_a_firm_is_told_as_the_officers():
    submission, officer = make_submission(needs=("numerique.robot",), text=""), make_officer()
    submission.consent_by = officer
    submission.save()
    assert origins(submission) == {"Robots, automatisation, industrie du futur": f"coché pour vous par {officer}"}


def test_of_a_fact_that_was_corrected_the_page_says_which_value_counts():
    submission = make_submission(facts={"headcount": 20.0})
    record_facts(sheet=submission.sheet, values={"headcount": 24.0}, origin=Fact.Origin.DECLARED, on=DAY)
    values = [value.replace("\N{NO-BREAK SPACE}", " ") for label, value, _ in told(submission) if label == "Effectif"]
    assert values == ["20 salariés (n’est plus retenue)", "24 salariés (valeur retenue)"]
    assert not any("retenue" in value for label, value, _ in told(submission) if label == "Commune")


def test_a_consent_that_was_taken_back_says_when_and_nothing_is_left_to_correct(client):
    submission = make_submission(confirmed=True)
    path = f"/resultat/{link_to(submission)}/mes-donnees/"
    assert ">Corriger</a>" in client.get(path).content.decode()
    withdraw_consent(submission=submission)
    submission.refresh_from_db()
    (consent,) = [value for label, value, _ in told(submission) if label == "Consentement"]
    assert re.fullmatch(r"donné ; retiré le \d\d/\d\d/\d{4}", consent)
    assert ">Corriger</a>" not in client.get(path).content.decode()
