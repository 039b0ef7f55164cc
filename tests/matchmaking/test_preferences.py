"""What a firm says that it does not want: read from its sentences, kept, taken away, and lower in every list."""

import json
from dataclasses import replace
from datetime import date

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction

from backend.matchmaking import engine
from backend.matchmaking.corrections import correct_preference
from backend.matchmaking.evaluation.judgements import load_labelled
from backend.matchmaking.match_codes import load_codes
from backend.matchmaking.match_input import as_requests, read_record
from backend.matchmaking.models import PreferenceCorrection
from backend.matchmaking.results import replay
from backend.matchmaking.services import correct_submission
from backend.schemes.models import Scheme
from tests.factories import DAY, link_to, make_officer, make_submission
from tests.matchmaking.generated import Draw
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
LOANS = {"loan", "repayable_advance", "guarantee"}
ON = date(2026, 11, 28)

# What bosses type, on 28 November 2026, and the preferences that it says.
SAID = {
    "surtout pas de prêt": ["no_loan"],
    "Un robot, mais je ne veux pas m’endetter": ["no_loan"],
    "financer une machine sans emprunt": ["no_loan"],
    "PAS DE CREDIT SVP, UNE AIDE": ["no_loan"],
    "un prêt de trésorerie j'en ai déjà deux alors non": ["no_loan"],
    "On a assez de dettes comme ça. Existe-t-il une subvention, une vraie ?": ["no_loan", "grant_only"],
    "uniquement une subvention": ["grant_only"],
    "Je ne cherche qu’une subvention": ["grant_only"],
    "de l'argent qu'on ne rembourse pas": ["grant_only"],
    "pas de diagnostic, on sait ce qu'il faut": ["no_diagnosis"],
    "l'étude est finie depuis juin, le four est choisi": ["no_diagnosis"],
    "pas d'apprenti": ["no_apprentice"],
    "Je ne veux pas d'apprenti mais un soudeur confirmé": ["no_apprentice"],
    "ni apprenti ni alternant, un ouvrier": ["no_apprentice"],
    "un accompagnement rien que pour nous, pas de groupe": ["alone"],
    "je préfère avancer seul": ["alone"],
    "il me le faut avant janvier": ["urgent"],
    "un soudeur tout de suite": ["urgent"],
    "d'ici deux mois": ["urgent"],
    "avant Noël": ["urgent"],
    # What is missing, what is had, what is far away, and other meanings of the same words.
    "je n'ai pas de prêt": [],
    "la banque refuse mon prêt": [],
    "pas de prêt accordé par la banque": [],
    "emprunter sans caution perso": [],
    "un prêt à taux zéro": [],
    "sans crédit d'impôt on ne s'en sort pas": [],
    "Je ne trouve pas d'apprenti": [],
    "pas d'apprenti depuis deux ans": [],
    "je ne veux pas d'ennuis avec mon apprenti": [],
    "aucun problème de recrutement, il nous faut un terrain plus grand": [],
    "Je suis seule sur le poste": [],
    "un robot qui tourne seul la nuit": [],
    "avant fin mars": [],
    "avant janvier 2028": [],
    "dans 3 ans": [],
    "j'ai 59 ans, pas d'urgence donc": [],
    "emballer les gâteaux plus vite": [],
}


@pytest.mark.parametrize(("text", "keys"), SAID.items())
def test_what_a_sentence_says_that_it_does_not_want(text, keys):
    assert [one.key for one in engine.read_preferences(text, on=ON)] == keys


def test_the_sentence_that_says_it_is_kept_apart_from_the_rest():
    text = "Bonjour. Un robot de soudage ; surtout pas de prêt. Merci"
    (one,) = engine.read_preferences(text, on=ON)
    assert text[slice(*one.sentence)] == "surtout pas de prêt"
    (given,) = engine.read_preferences(text, ["no_loan"], on=ON)
    assert given == engine.Preference("no_loan", None)


@pytest.mark.parametrize(
    "text", ["pas de " * 800, "avant fin de du " * 330, "\0🙂" * 2500, "a" * 5000, "avant le 99 mars"]
)
def test_no_text_is_an_error(text):
    engine.read_preferences(text, on=ON)


def loans_before_others(request):
    """Return the loans that an answer puts before another scheme that serves the same need at half its weight."""
    catalogue = engine.catalogue(Scheme.OWN)
    schemes = {scheme.key: scheme for scheme in catalogue.schemes}
    (found,) = engine.answer([request], compiled=catalogue)
    possible = [schemes[item.scheme_key] for item in found.ranked if item.score is not None]
    return [
        (loan.key, other.key)
        for place, loan in enumerate(possible)
        if loan.kind in LOANS
        for other in possible[place:]
        for need in loan.needs.keys() & request.needs.keys()
        if other.kind not in LOANS and other.needs.get(need, 0.0) >= loan.needs[need] / 2
    ]


def judged(family):
    catalogue, language = engine.catalogue(Scheme.OWN), engine.language_in_force()
    questions = [each.question for each in load_labelled() if each.family == family and not each.held_out]
    return [request for request, _ in as_requests(questions, catalogue, language=language)]


@pytest.mark.slow
def test_no_loan_stands_before_what_serves_the_need_as_well_whatever_is_asked():
    codes, catalogue = load_codes(), engine.catalogue(Scheme.OWN)
    firms = [read_record(line, codes, on=DAY) for line in Draw(seed=18).lines(150)]
    requests = [request for request, _ in as_requests(firms, catalogue)]
    requests += [*judged("preferences"), *judged("multi"), *judged("ordinary")]
    assert sum(len(loans_before_others(replace(request, preferences=frozenset()))) for request in requests) > 100
    for request in requests:
        assert loans_before_others(replace(request, preferences=frozenset({"no_loan"}))) == []


def test_a_preference_makes_no_verdict():
    facts = {"commune": "60159", "headcount": 30}
    plain, lowered = (
        engine.read_request(facts, "", ["invest.machines"], on=DAY, preferences=given)[0]
        for given in ((), ["no_loan"])
    )
    (one,), (other,) = engine.answer([plain]), engine.answer([lowered])
    assert {(item.scheme_key, item.eligibility, item.typed) for item in one.ranked} == {
        (item.scheme_key, item.eligibility, item.typed) for item in other.ranked
    }
    assert [item.scheme_key for item in one.ranked] != [item.scheme_key for item in other.ranked]


@pytest.mark.parametrize(
    ("key", "lowered", "kept"),
    [
        ("no_loan", {"bpi-pret-croissance", "bpi-garantie-tresorerie", "hdf-prevention"}, {"hdf-aden", "bpi-i-nov"}),
        ("grant_only", {"bpi-pret-croissance", "jei", "hdfid"}, {"hdf-aden", "bpi-i-nov", "fne-formation"}),
        ("no_diagnosis", {"bpi-diag-cyber", "mte-visite-energie"}, {"hdf-aden", "hdf-pass-cyber-investissement"}),
        (
            "no_apprentice",
            {"aide-apprentissage-2026", "contrat-professionnalisation"},
            {"poei", "hdf-embauche-seniors"},
        ),
        ("alone", {"poec", "france2030-defi-flagships"}, {"poei", "tic-reseau-bus"}),
        ("urgent", {"feder-aap-pme-industrielles-2026", "eic-accelerator"}, {"poei", "hdf-aden"}),
    ],
)
def test_which_schemes_go_against_a_preference(key, lowered, kept):
    against = {scheme.key.partition(":")[2] for scheme in engine.catalogue().schemes if key in scheme.against}
    assert lowered <= against
    assert not kept & against


# -- on the page


def post(client, submission, **sent):
    return client.post(f"/resultat/{link_to(submission)}/besoins/", sent, follow=True)


def order(submission):
    return [match.scheme_id for match in submission.results.first().matches.all()]


TEXT = "Nous voulons acheter une machine. Surtout pas de prêt."


def test_a_preference_is_a_chip_with_its_sentence_that_the_firm_takes_away_and_puts_back(client):
    submission = make_submission(confirmed=True, needs=(), text=TEXT)
    first = order(submission)
    text = text_of(client.get(f"/resultat/{link_to(submission)}/"))
    assert "Sans prêt, avance ni garantie Surtout pas de prêt ✕ Retirer" in text
    assert submission.results.first().preferences == ["no_loan"]
    text = text_of(post(client, submission, wants_not="no_loan"))
    assert "C’est noté : le résultat est à jour." in text
    assert "Sans prêt, avance ni garantie Remettre" in text
    assert submission.results.first().preferences == []
    assert order(submission) != first
    post(client, submission, wants="no_loan")
    assert submission.results.first().preferences == ["no_loan"]
    assert order(submission) == first
    assert [row.holds for row in submission.preference_corrections.order_by("pk")] == [False, True]


def test_what_the_firm_took_away_holds_when_it_writes_again():
    submission = make_submission(needs=(), text=TEXT)
    correct_preference(submission=submission, preference="no_loan", holds=False, on=DAY)
    correct_submission(submission=submission, facts={}, text=f"{TEXT} Pas d’emprunt non plus.", on=DAY)
    assert submission.results.first().preferences == []


@pytest.mark.parametrize("sent", [{"wants_not": "no_apprentice"}, {"wants": "no_loan"}, {"wants_not": "\0"}])
def test_what_is_no_preference_of_the_text_changes_nothing(client, sent):
    submission = make_submission(confirmed=True, needs=(), text=TEXT)
    assert post(client, submission, **sent).status_code == 200
    assert not submission.preference_corrections.exists()


def test_a_correction_is_never_rewritten():
    submission = make_submission(needs=(), text=TEXT)
    correct_preference(submission=submission, preference="no_loan", holds=False, on=DAY)
    with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
        submission.preference_corrections.update(holds=True)


def test_nobody_but_who_holds_the_link_takes_a_preference_away(client):
    submission, other = (make_submission(confirmed=True, needs=(), text=TEXT) for _ in range(2))
    post(client, other, wants_not="no_loan")
    assert client.post("/resultat/quelqu-un-d-autre/besoins/", {"wants_not": "no_loan"}).status_code == 404
    assert set(PreferenceCorrection.objects.values_list("submission", flat=True)) == {other.pk}
    assert submission.results.first().preferences == ["no_loan"]


def test_an_officer_reads_the_preferences_and_what_the_firm_took_away(client):
    submission = make_submission(confirmed=True, needs=(), text=f"{TEXT} Pas d’apprenti.")
    correct_preference(submission=submission, preference="no_loan", holds=False, on=DAY)
    client.force_login(make_officer())
    text = text_of(client.get(f"/agent/{submission.pk}/"))
    assert "Sans apprenti ni alternant Pas d’apprenti" in text
    assert "Sans prêt, avance ni garantie Écartée par l’entreprise" in text


def test_a_result_with_preferences_is_replayed_without_the_text():
    submission = make_submission(confirmed=True, needs=(), text=TEXT)
    result = submission.results.first()
    submission.text = ""
    submission.save()
    assert replay(result) == []
    assert any(parts.get("preference") for parts in result.matches.values_list("parts", flat=True))


def test_an_apprentice_that_is_not_wanted_is_no_need_and_lowers_apprenticeship():
    submission = make_submission(needs=(), text="Je ne veux pas d'apprenti mais un soudeur confirmé")
    result = submission.results.first()
    assert result.preferences == ["no_apprentice"]
    first = list(result.matches.answering().select_related("scheme", "revision")[:5])
    assert first
    assert {match.need_id for match in first} == {"competences.recruter"}
    assert not any("preference" in match.parts for match in first)


def test_no_trouble_to_recruit_asks_for_land():
    submission = make_submission(needs=(), text="aucun problème de recrutement, il nous faut un terrain plus grand")
    result = submission.results.first()
    assert result.matches.answering().first().need_id == "foncier.terrain"
    assert "competences.recruter" not in {match.need_id for match in result.matches.answering()[:5]}


# -- in the file command and the API

LINE = {"id": "a", "commune": "60159", "text": TEXT}


def test_the_file_command_says_the_preferences_and_takes_others(tmp_path):
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    lines = [LINE, {**LINE, "preferences": ["no_apprentice"]}, {**LINE, "preferences": ["nobody"]}]
    path.write_text("\n".join(map(json.dumps, lines)))
    call_command("match", str(path), "--out", str(out), "--on", "2026-11-28", verbosity=0)
    said, given, refused = map(json.loads, out.read_text().splitlines())
    sentence = {"preference": "no_loan", "label": "Sans prêt, avance ni garantie", "sentence": "Surtout pas de prêt"}
    assert said["preferences"] == [sentence]
    assert [one["preference"] for one in given["preferences"]] == ["no_loan", "no_apprentice"]
    assert given["preferences"][1]["sentence"] is None
    assert '« preferences » contient "nobody", une préférence inconnue' in refused["error"]
