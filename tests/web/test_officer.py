"""The officers' pages: who sees which file, and what a decision does."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import Membership
from backend.accounts.services import off_board
from backend.companies.models import Fact
from backend.matchmaking.models import Review, Submission
from backend.matchmaking.results import conditions_of
from backend.matchmaking.reviews import end_review
from backend.matchmaking.services import answer_condition
from backend.notifications.models import Notification
from backend.schemes.models import Scheme
from tests.factories import (
    ARC,
    CC2V,
    CCLO,
    CCPE,
    DAY,
    decide,
    first_matches,
    link_to,
    make_lead,
    make_officer,
    make_submission,
)
from tests.neighbour import ours
from tests.web.conftest import fill, text_of

pytestmark = pytest.mark.django_db
LOGIN = "/compte/connexion/"


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def desk(client, officer):
    client.force_login(officer)
    return client


def urls_of(submission):
    """Every page of a file: method, path, what it sends, and what an officer in charge gets."""
    match = first_matches(submission)[0]
    file = f"/agent/{submission.pk}/"
    condition = sorted(conditions_of(submission.results.first()))[0]
    return [
        ("get", file, {}, 200),
        ("post", f"{file}avis/{match.scheme_id}/", {"verdict": "kept"}, 302),
        ("post", f"{file}repondre/", {"condition": condition, "value": "yes"}, 302),
        ("post", f"{file}terminer/", {"message": "Bonjour"}, 302),
    ]


def statuses(client, submission):
    return [getattr(client, method)(path, sent).status_code for method, path, sent, _ in urls_of(submission)]


def nothing_happened(submission):
    submission.refresh_from_db()
    return not (ours(Review).exists() or ours(Fact).answers().exists() or submission.reviewed_at)


def assert_sent_to_sign_in(client, submission):
    for method, path, sent, _ in [("get", "/agent/", {}, 200), *urls_of(submission)]:
        response = getattr(client, method)(path, sent)
        assert response.status_code == 302
        assert response["Location"].startswith(f"{LOGIN}?next=")
    assert nothing_happened(submission)


def test_a_stranger_is_sent_to_sign_in(client, submission):
    assert_sent_to_sign_in(client, submission)


def test_a_firm_that_has_its_link_is_a_stranger_here(client, submission):
    assert client.get(f"/resultat/{link_to(submission)}/").status_code == 200
    fill(client)
    assert_sent_to_sign_in(client, submission)


def test_an_officer_in_charge_opens_and_decides(desk, submission):
    assert statuses(desk, submission) == [status for *_, status in urls_of(submission)]
    assert not nothing_happened(submission)


@pytest.mark.cases(1)
@pytest.mark.parametrize("epci", [CCLO, CC2V, CCPE])
def test_an_officer_of_another_intercommunality_does_not_learn_that_the_file_exists(client, submission, epci):
    client.force_login(make_officer(epci))
    assert statuses(client, submission) == [404] * 4
    assert "Tôlerie des Étangs" not in text_of(client.get("/agent/"))
    assert nothing_happened(submission)
    here = client.get(f"/agent/{submission.pk}/")
    nowhere = client.get("/agent/999999999/")
    assert text_of(here) == text_of(nowhere)


def test_other_roles_of_the_same_organisation_and_who_has_none_see_no_file(client, submission, django_user_model):
    roles = (Membership.Role.PARTNER, Membership.Role.EDITOR, Membership.Role.APPROVER)
    administrator = django_user_model.objects.create_superuser("admin@jonction.example", "mot-de-passe-long")
    for user in (*(make_officer(role=role) for role in roles), administrator):
        client.force_login(user)
        assert statuses(client, submission) == [404] * 4, user


@pytest.mark.neighbour("address", "group", "epci")  # who leads reads the files of one SIREN beside each other
def test_a_territory_lead_looks_and_does_not_decide(client, submission):
    client.force_login(make_lead())
    assert "Tôlerie des Étangs" in text_of(client.get("/agent/"))
    page = client.get(f"/agent/{submission.pk}/")
    assert statuses(client, submission) == [200, 403, 403, 403]
    assert nothing_happened(submission)
    for form in ("/avis/", "/repondre/", "/terminer/"):
        assert form not in page.content.decode()


@pytest.mark.neighbour("address", "group", "epci")  # one of the four reads both files of one SIREN
@pytest.mark.cases(1)
@pytest.mark.parametrize("epci", [ARC, CCLO, CC2V, CCPE])
def test_a_file_without_a_commune_is_seen_by_the_officers_of_all_four(client, epci):
    submission = make_submission(without=("commune",), confirmed=True)
    client.force_login(make_officer(epci))
    assert "Territoire (commune inconnue)" in text_of(client.get("/agent/"))
    assert statuses(client, submission) == [200, 302, 302, 302]


def test_a_file_is_not_shown_before_its_address_is_confirmed(desk):
    submission = make_submission()
    assert statuses(desk, submission) == [404] * 4
    assert "Tôlerie" not in text_of(desk.get("/agent/"))


def test_someone_who_left_is_signed_out_at_once(desk, officer, submission):
    assert desk.get("/agent/").status_code == 200
    off_board(user=officer)
    assert not Session.objects.exists()
    assert_sent_to_sign_in(desk, submission)


def test_a_decision_is_never_made_by_opening_an_address(desk, submission):
    for verb, path, sent, _ in urls_of(submission):
        for method in ("get", "head", "put"):
            if verb == "post":
                assert getattr(desk, method)(path, sent).status_code == 405, method
    assert nothing_happened(submission)


@pytest.mark.parametrize("path", ["/agent/0/", "/agent/99999999999999999999/", "/agent/-1/", "/agent/x/"])
def test_a_file_that_does_not_exist_is_not_found(desk, path):
    assert desk.get(path).status_code == 404


def test_the_queue_shows_the_oldest_first_and_moves_what_is_reviewed(desk, officer):
    first, second = (make_submission(company_name=name, confirmed=True) for name in ("Première", "Seconde"))
    text = text_of(desk.get("/agent/"))
    assert text.index("Première") < text.index("Seconde")
    assert "À lire 2 À rappeler 0 Offerts 0 À traiter 0 Suivis 0 Tous 2" in text
    end_review(submission=first, officer=officer, on=DAY, message="Bonjour")
    assert "Première" not in text_of(desk.get("/agent/"))
    assert "À lire 1 À rappeler 0 Offerts 0 À traiter 0 Suivis 1 Tous 2" in text_of(desk.get("/agent/"))
    assert "Première" in text_of(desk.get("/agent/?etat=suivis"))
    assert "Seconde" in text_of(desk.get("/agent/?etat=autre"))
    assert second.sheet.name in text_of(desk.get("/agent/"))


def test_the_file_shows_what_the_firm_said_and_where_each_fact_comes_from(desk, officer, submission):
    answer_condition(
        submission=submission,
        condition=sorted(conditions_of(submission.results.get()))[0],
        value=True,
        on=DAY,
        author=officer,
    )
    text = text_of(desk.get(f"/agent/{submission.pk}/"))
    for shown in (
        "Isabelle Morel",
        "03 53 01 60 35",
        "à tout moment",
        "99999995600017",
        "35 salariés déclaré par l’entreprise , 24 novembre 2026",
        "Projet pas commencé",
        "chiffre d’affaires de 2 M€ à 10 M€",
        "Coché par l’entreprise",
        "Mécanique industrielle (25.62B)",
    ):
        assert shown.replace(" ,", ",") in text.replace(" ,", ",")


def reject(desk, submission, scheme, **fields):
    return desk.post(f"/agent/{submission.pk}/avis/{scheme.pk}/", {"verdict": "rejected", **fields})


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"reason": "", "comment": "Trop de <b>papiers</b> 🔥"}, "choisissez une raison dans la liste."),
        ({"reason": "parce que", "comment": "Trop cher"}, "choisissez une raison dans la liste."),
        ({"reason": "other", "comment": ""}, "dites laquelle en quelques mots."),
        ({"verdict": "?", "reason": "not_worth_it", "comment": "Trop cher"}, "Choisissez « retenir » ou « écarter »."),
        ({"reason": "not_worth_it", "comment": "a" * 501}, "500 caractères"),
    ],
)
def test_an_incomplete_rejection_says_what_is_missing_and_keeps_what_was_typed(desk, submission, fields, sentence):
    scheme = first_matches(submission)[0].scheme
    response = reject(desk, submission, scheme, **fields)
    assert response.status_code == 422
    assert sentence in text_of(response)
    html = response.content.decode()
    assert fields["comment"].replace("<", "&lt;").replace(">", "&gt;") in html
    if fields["reason"] in Review.Reason.values:
        assert re.search(rf'value="{fields["reason"]}"\s+selected', html)
    assert not ours(Review).exists()


def test_a_message_that_is_too_long_is_kept_and_told(desk, submission):
    message = "Bonjour <b>vous</b> 🔥 " * 100
    response = desk.post(f"/agent/{submission.pk}/terminer/", {"message": message})
    assert response.status_code == 422
    assert "2000 caractères" in text_of(response)
    assert response.context["end_form"]["message"].value() == message
    assert message.strip() in text_of(response)
    assert not ours(Notification).filter(kind="reviewed").exists()


def test_a_null_character_in_a_comment_or_a_message_is_no_crash(desk, submission):
    scheme = first_matches(submission)[0].scheme
    assert reject(desk, submission, scheme, reason="other", comment="a\0b").status_code in (302, 422)
    assert desk.post(f"/agent/{submission.pk}/terminer/", {"message": "a\0b"}).status_code in (302, 422)


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("reason", "until"),
    [
        ("not_worth_it", "(revient quand son montant change)"),
        ("deadline_too_close", "(revient quand le dispositif ouvre de nouveau)"),
        ("not_interested", "(ne revient pas)"),
        ("project_started", "(pour cette demande seule)"),
    ],
)
def test_an_officer_reads_how_long_a_reason_holds_and_the_firm_does_not(
    desk, officer, client, submission, reason, until
):
    scheme = first_matches(submission)[0].scheme
    reject(desk, submission, scheme, reason=reason)
    assert until in text_of(desk.get(f"/agent/{submission.pk}/dispositif/{scheme.pk}/"))
    desk.post(f"/agent/{submission.pk}/terminer/", {"message": "Voilà."})
    told = text_of(client.get(f"/resultat/{link_to(submission)}/"))
    assert until.rpartition("(")[2] not in told


def test_decisions_are_told_after_the_end_only(desk, officer, client, submission):
    kept, rejected = (match.scheme for match in first_matches(submission, 6)[4:])
    desk.post(f"/agent/{submission.pk}/avis/{kept.pk}/", {"verdict": "kept"})
    words = {"comment": "Entre nous : il ne répond jamais.", "message": "Le dossier est trop lourd pour vous."}
    reject(desk, submission, rejected, reason="other", **words)
    path = f"/resultat/{link_to(submission)}/"
    before = text_of(client.get(path))
    assert "Écartés après relecture" not in before
    assert "Retenu" not in before
    desk.post(f"/agent/{submission.pk}/terminer/", {"message": "Je vous appelle <b>jeudi</b>."})
    page = client.get(path)
    after = text_of(page)
    assert f"Relu par {officer}" in after
    assert "03 53 01 10 12" in after
    assert "Je vous appelle <b>jeudi</b>." in after
    cards = page.context["page"].cards
    assert [card.match.scheme for card in cards if card.verdict == "kept"] == [cards[0].match.scheme] == [kept]
    aside = after[after.index("Écartés après relecture") :]
    assert words["message"] in aside
    assert words["comment"] not in after
    email = ours(Notification).get(kind="reviewed")
    assert (email.recipient, email.reply_to) == (submission.contact.email, officer.email)
    assert "Je vous appelle &lt;b&gt;jeudi&lt;/b&gt;." in email.html


def test_a_decision_after_the_end_waits_for_the_next_end(submission, officer, client):
    first, second = (match.scheme for match in first_matches(submission, 2))
    decide(submission, first, officer)
    end_review(submission=submission, officer=officer, on=DAY)
    decide(submission, second, officer)
    cards = client.get(f"/resultat/{link_to(submission)}/").context["page"].cards
    assert [card.match.scheme for card in cards if card.verdict == "kept"] == [first]


def test_a_verdict_can_be_changed_and_taken_back(desk, submission):
    scheme = first_matches(submission)[0].scheme
    for fields in ({"verdict": "kept"}, {"verdict": "rejected", "reason": "not_worth_it"}, {"verdict": "withdrawn"}):
        response = desk.post(f"/agent/{submission.pk}/avis/{scheme.pk}/", fields)
        assert response["Location"] == f"/agent/{submission.pk}/#d-{scheme.pk}"
    assert list(ours(Review).order_by("pk").values_list("verdict", flat=True)) == ["kept", "rejected", "withdrawn"]
    assert "0 avis donné." in text_of(desk.get(f"/agent/{submission.pk}/"))


@pytest.mark.parametrize(
    ("times", "message", "sentence"),
    [
        (1, "", "Retenez ou écartez au moins un dispositif, ou écrivez un mot à l’entreprise."),
        (2, "Bonjour", "déjà terminée, par Claire Vasseur"),
    ],
)
def test_an_end_that_cannot_be_says_why(desk, submission, times, message, sentence):
    for _ in range(times):
        response = desk.post(f"/agent/{submission.pk}/terminer/", {"message": message}, follow=True)
    assert sentence in text_of(response)
    assert ours(Notification).filter(kind="reviewed").count() == times - 1


def test_words_typed_for_an_end_that_a_colleague_came_first_to_are_kept_as_a_note(desk, submission):
    colleague, client = make_officer(ARC), Client()
    client.force_login(colleague)
    client.post(f"/agent/{submission.pk}/terminer/", {"message": "Bonjour"})
    page = desk.post(f"/agent/{submission.pk}/terminer/", {"message": "Voyez le robot jeudi."})
    assert page.status_code == 422
    assert f"déjà terminée, par {colleague}" in text_of(page)
    assert "Voyez le robot jeudi.</textarea>" in page.content.decode()


def test_a_verdict_after_that_of_a_colleague_is_asked_again(desk, submission, officer):
    first, other = (match.scheme for match in first_matches(submission, 2))
    opened = desk.get(f"/agent/{submission.pk}/").context["last_review"]
    colleague = make_officer(ARC)
    decide(submission, first, colleague, reason="not_interested")
    path = f"/agent/{submission.pk}/avis/{first.pk}/"
    page = desk.post(path, {"verdict": "kept", "seen": opened})
    assert page.status_code == 422
    assert f"{colleague} a écarté « {first} » depuis que vous avez ouvert cette page." in text_of(page)
    assert submission.reviews.latest_by_scheme()[first.pk].officer == colleague
    assert (
        desk.post(f"/agent/{submission.pk}/avis/{other.pk}/", {"verdict": "kept", "seen": opened}).status_code == 302
    )
    desk.post(path, {"verdict": "kept", "seen": page.context["last_review"]})
    assert submission.reviews.latest_by_scheme()[first.pk].officer == officer


def test_a_file_that_a_colleague_took_meanwhile_is_not_taken_unseen(desk, submission, officer):
    colleague, path = make_officer(ARC), f"/agent/{submission.pk}/prendre/"
    Submission.objects.filter(pk=submission.pk).update(officer=colleague)
    page = desk.post(path, {"seen": "0"}, follow=True)
    assert f"Pendant ce temps, {colleague} a pris ce dossier." in text_of(page)
    submission.refresh_from_db()
    assert submission.officer == colleague
    desk.post(path, {"seen": colleague.pk})
    submission.refresh_from_db()
    assert submission.officer == officer


def test_a_scheme_that_is_not_in_the_result_is_refused(desk, submission):
    scheme = Scheme.objects.create(source="autre", source_key="x")
    assert desk.post(f"/agent/{submission.pk}/avis/{scheme.pk}/", {"verdict": "kept"}).status_code == 422
    assert desk.post(f"/agent/{submission.pk}/avis/99999999/", {"verdict": "kept"}).status_code == 404


def count_queries(client, path):
    client.get(path)  # names are read once for all
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def test_the_queries_of_a_file_do_not_grow_with_schemes_nor_decisions(desk, submission, officer):
    path = f"/agent/{submission.pk}/"
    first, *others = first_matches(submission, 8)
    decide(submission, first.scheme, officer, "not_worth_it")
    few = count_queries(desk, path)
    for match in others:
        decide(submission, match.scheme, officer, "not_worth_it")
    assert count_queries(desk, path) == few


def test_whom_to_call_comes_first_and_what_is_not_known_is_folded(desk):
    submission = make_submission(confirmed=True, contact_name="Anne Premier", phone="03 44 11 11 11", text="Un four.")
    make_submission(confirmed=True, contact_name="Luc Second", phone="03 44 22 22 22", siret="", siren="")
    page = desk.get(f"/agent/{submission.pk}/")
    known, unknown = page.context["facts_known"], page.context["facts_unknown"]
    text = text_of(page)
    places = [
        text.index(words)
        for words in ("Anne Premier", "03 44 11 11 11", "Personne ne suit", "En ses mots", "Ce que nous savons")
    ]
    assert places == sorted(places)
    assert "Luc Second" not in text
    assert "03 44 22 22 22" not in text
    assert all(row["fact"] or row["official"] for row in known)
    assert not any(row["fact"] for row in unknown)
    fold = page.content.decode().split("<summary>Encore inconnu", 1)[1].split("</details>", 1)[0]
    assert [f"<dt>{row['label']}</dt>" in fold for row in (known[0], unknown[0])] == [False, True]
    assert f"({len(unknown)})" in text


def test_what_the_firm_is_stands_in_one_parenthesis_beside_what_bars_it(desk):
    submission = make_submission(confirmed=True, facts={"naf": "25.62B", "headcount": 60_000.0, "turnover": 9e9})
    page = desk.get(f"/agent/{submission.pk}/")
    barred = [card.blocking for card in page.context["page"].not_proposed if card.blocking]
    text = text_of(page)
    assert "(elle" not in text
    for line in barred:
        if line.values:
            values = " ; ".join(value for value, _origin in line.values)
            assert f"(l’entreprise : {' '.join(values.split())})" in text
    assert any(len(line.values) > 1 for line in barred)
