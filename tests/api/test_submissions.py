"""A partner's tool files for a firm and reads where the request is: by its key, and of its own requests only."""

import json
import logging
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.test import Client

from backend.accounts.api_keys import revoke_api_key
from backend.accounts.models import ApiKey, ApiScope, Organisation
from backend.api.filing_documentation import FILING_EXAMPLES
from backend.matchmaking.models import PartnerFiling, Submission
from backend.matchmaking.services import confirm_address
from backend.notifications.models import Notification
from backend.privacy.erasing import erase_submission
from tests.api.conftest import problem_of
from tests.factories import (
    COMMUNES,
    DAY,
    OUTSIDE,
    SIRET,
    make_key,
    make_officer,
    make_organisation,
    make_partner_filing,
    rewriting,
)
from tests.neighbour import ours

pytestmark = pytest.mark.django_db
PATH = "/api/v1/submissions/"


def body_of(**changes) -> dict:
    return {
        "company_name": "Chaudronnerie de l’Aronde",
        "siret": SIRET,
        "commune": COMMUNES["ARC"],
        "naf": "25.62B",
        "headcount": [20, 49],
        "needs": ["numerique.robot"],
        "text": "Nous cherchons à robotiser la soudure.",
        "project": {"started": False, "spend": 180000},
        "schemes": {"jonction:acre": False},
        "contact": {"name": "Camille Roux", "email": "camille@aronde.example", "phone": "03 44 00 00 00"},
        "consent": {"given_on": DAY.isoformat(), "how": "meeting", "noted_by": "Aude Lambert"},
        **changes,
    }


def send(secret: str, body: object, *, request: str | None = '"a"', **more):
    headers = {"Authorization": f"Bearer {secret}", **({"Idempotency-Key": request} if request is not None else {})}
    raw = body if isinstance(body, bytes) else json.dumps(body)
    client = Client(enforce_csrf_checks=True)
    return client.post(PATH, raw, content_type="application/json", headers=headers, **more)


def read(secret: str, name: object):
    return Client().get(f"{PATH}{name}/", headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def key() -> tuple[ApiKey, str]:
    return make_key()


def test_a_need_is_filed_with_all_that_was_said_and_its_status_read_back(key):
    made, secret = key
    answer = send(secret, body_of())
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    filed = answer.json()
    assert sorted(filed) == ["filed_on", "id", "url"]
    assert answer["Location"] == filed["url"]
    filing = PartnerFiling.objects.get()
    submission = filing.submission
    assert (str(filing.public_id), filing.how, filing.noted_by) == (filed["id"], "meeting", "Aude Lambert")
    assert (submission.consent_partner, str(submission.sheet)) == (made.organisation, "Chaudronnerie de l’Aronde")
    assert submission.sheet.company.siren == SIRET[:9]
    assert (submission.contact.email, submission.contact.phone) == ("camille@aronde.example", "03 44 00 00 00")
    known = submission.sheet.values()
    assert known["headcount"] == [20, 49]
    assert (known["project.spend"], known["scheme:jonction:acre"]) == (180000, False)
    assert list(submission.needs.filter(ticked=True).values_list("sub_need", flat=True)) == ["numerique.robot"]
    assert ours(Notification).get().kind == "confirm_address"
    status = read(secret, filed["id"])
    assert status["Cache-Control"] == "no-store"
    assert status.json() == {
        "state": "awaits_firm",
        "label": "attend que l’entreprise confirme son adresse",
        "filed_on": filed["filed_on"],
        "confirmed_on": None,
        "answered_on": None,
        "closed_on": None,
        "erased_on": None,
    }
    confirm_address(submission=submission)
    assert read(secret, filed["id"]).json()["state"] == "received"
    erase_submission(submission=Submission.objects.get(pk=submission.pk))
    assert read(secret, filed["id"]).json()["state"] == "erased"
    assert not answer.cookies


def test_the_example_of_the_document_is_filed(key):
    assert send(key[1], FILING_EXAMPLES[0].value).status_code == 201


def test_the_same_request_gets_the_same_bytes_and_another_body_is_refused(key):
    _made, secret = key
    body = body_of()
    first, again = send(secret, body), send(secret, dict(reversed(body.items())), request="a")
    assert (again.status_code, again.content, again["Location"]) == (201, first.content, first["Location"])
    other = send(secret, body_of(company_name="Une autre"))
    problem_of(other, 422, "cle-d-idempotence-deja-servie")
    assert send(secret, body_of(company_name="Une autre"), request="b").status_code == 201
    assert ours(Submission).count() == 2
    confirm_address(submission=PartnerFiling.objects.first().submission)
    assert send(secret, body).content == first.content


def test_a_refused_request_keeps_no_key_and_files_nothing(key):
    _made, secret = key
    assert send(secret, body_of(commune="60999")).status_code == 400
    assert not ours(Submission).exists()
    assert send(secret, body_of()).status_code == 201


@pytest.mark.parametrize("given", [None, "", '""', "a b", "x" * 101, "é"])
def test_a_request_without_a_key_of_its_own_is_refused_with_a_sentence(key, given):
    problem = problem_of(send(key[1], body_of(), request=given), 400, "cle-d-idempotence-refusee")
    assert "« Idempotency-Key »" in problem["detail"]
    assert not ours(Submission).exists()


def contact(**changes) -> dict:
    return {"contact": {**body_of()["contact"], **changes}}


def consent(**changes) -> dict:
    return {"consent": {**body_of()["consent"], **changes}}


@pytest.mark.parametrize(
    ("changes", "pointer", "sentence"),
    [
        ({"company_name": None}, "/company_name", "« company_name » manque"),
        ({"company_name": 7}, "/company_name", "« company_name » vaut 7 ; attendu : un texte"),
        ({"commune": None, "siret": None}, "/commune", "« commune » manque"),
        ({"commune": "60999"}, "/commune", "un code inconnu"),
        ({"commune": OUTSIDE}, "/commune", "hors du territoire"),
        ({"siret": "123"}, "/siret", "14 chiffres"),
        ({"needs": [], "text": " "}, "/needs", "l’un des deux au moins"),
        ({"needs": ["inconnu"]}, "/needs/0", "un sous-besoin inconnu"),
        ({"text": "x" * 5001}, "/text", "compte 5001 caractères ; attendu : 5000 au plus"),
        ({"text": ["x"]}, "/text", "attendu : un texte"),
        ({"headcounts": 3}, "/headcounts", "n’est pas un nom connu ici"),
        ({"preferences": ["no_loan"]}, "/preferences", "n’est pas un nom connu ici"),
        ({"project": {"budget": 3}}, "", "« project.budget » n’est pas un nom connu ici"),
        ({"contact": None}, "/contact/email", "« contact.email » manque"),
        ({"contact": "moi"}, "/contact", "attendu : un objet"),
        (contact(email="camille"), "/contact/email", "n’est pas complète"),
        (contact(phone="12"), "/contact/phone", "« 12 » n’est pas un numéro de téléphone"),
        (contact(phone=344000000), "/contact/phone", "attendu : un texte"),
        (contact(telephone="x"), "/contact/telephone", "attendu : name, email, phone"),
        (consent(how="mail"), "/consent/how", '« mail » ; attendu : "phone" (par téléphone)'),
        (consent(noted_by=""), "/consent/noted_by", "qui, chez vous"),
        (consent(given_on="hier"), "/consent/given_on", "« hier » n’est pas une date"),
        (consent(given_on="2020-01-01"), "/consent/given_on", "plus de trente jours"),
        (consent(given_on="2999-01-01"), "/consent/given_on", "est à venir"),
        ({"text": "nul \0 ici"}, "", "sans caractère nul"),
        ({"text": "moitié \ud800"}, "", "ni moitié de caractère"),
    ],
)
def test_what_is_wrong_is_said_at_its_place_and_nothing_is_kept(key, changes, pointer, sentence):
    problem = problem_of(send(key[1], body_of(**changes)), 400, "depot-refuse")
    said = [error["detail"] for error in problem["errors"] if error.get("pointer") == pointer]
    assert any(sentence in one for one in said), problem["errors"]
    assert not ours(Submission).exists()
    assert not PartnerFiling.objects.exists()


def test_all_that_is_wrong_is_said_at_once(key):
    wrong = body_of(commune="60999", x=1, **contact(email=""))
    problem = problem_of(send(key[1], wrong), 400, "depot-refuse")
    assert {error["pointer"] for error in problem["errors"]} == {"/x", "/contact/email", "/commune"}


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b'"x"', b"\xff", b'{"group": ' + b"[" * 5000 + b"]" * 5000 + b"}"])
def test_a_body_that_is_no_object_is_refused(key, raw):
    assert send(key[1], raw).status_code == 400
    assert not ours(Submission).exists()


def test_a_staff_address_is_refused_as_the_firm_s(key):
    made, secret = key
    Organisation.objects.filter(pk=made.organisation_id).update(email="entreprises@chambre.example")
    for email in (make_officer().email, "un.autre@chambre.example"):
        problem = problem_of(send(secret, body_of(**contact(email=email))), 400, "depot-refuse")
        (error,) = problem["errors"]
        assert error["pointer"] == "/contact/email"
        assert "donnez celle de l’entreprise" in error["detail"]
    assert not ours(Submission).exists()


def test_the_status_of_another_organisation_s_request_reads_as_one_that_does_not_exist(key):
    _made, secret = key
    other, others_secret = make_key(make_organisation(kind="region"))
    theirs, none = make_partner_filing(other).public_id, uuid4()
    foreign, unknown = read(secret, theirs), read(secret, none)
    problem_of(foreign, 404, "introuvable")
    assert foreign.content.replace(str(theirs).encode(), b"") == unknown.content.replace(str(none).encode(), b"")
    assert dict(foreign.items()).keys() == dict(unknown.items()).keys()
    assert read(others_secret, theirs).status_code == 200
    mine = make_partner_filing(key[0], email="b@aronde.example").public_id
    next_secret = make_key(key[0].organisation)[1]
    assert read(next_secret, mine).status_code == 200  # the next key of the same organisation
    assert read(others_secret, mine).status_code == 404


def test_the_status_says_nothing_of_the_file(key):
    filing = make_partner_filing(key[0])
    shown = read(key[1], filing.public_id).content.decode()
    submission = filing.submission
    people = (submission.contact.name, submission.contact.email, str(submission.sheet), "Aude")
    numbers = ("999999956", submission.reference, str(submission.filing_key))
    assert not [word for word in (*people, *numbers, "competences") if word in shown]


@pytest.mark.parametrize("kind", ["none", "basic", "wrong", "revoked", "over", "in the address"])
def test_without_a_valid_key_nothing_is_filed_nor_read(key, kind):
    made, secret = key
    filing = make_partner_filing(made)
    header = {"none": "", "basic": f"Basic {secret}", "wrong": f"Bearer {secret}x"}.get(kind, f"Bearer {secret}")
    if kind == "revoked":
        revoke_api_key(key=made, by=made.created_by)
    if kind == "over":
        with rewriting():
            ApiKey.objects.filter(pk=made.pk).update(expires_on="2026-01-01")
    query = f"?key={secret}" if kind == "in the address" else ""
    headers = {"Authorization": header} if header and not query else {}
    file = Client().post(
        f"{PATH}{query}", body_of(), content_type="application/json", headers={**headers, "Idempotency-Key": "z"}
    )
    status = Client().get(f"{PATH}{filing.public_id}/{query}", headers=headers)
    for answer in (file, status):
        problem_of(answer, 401, "cle-refusee")
        assert answer["WWW-Authenticate"] == 'Bearer realm="Jonction"'
    assert ours(Submission).count() == 1


def test_a_key_does_what_its_scopes_permit_and_no_more():
    files, reads = make_key(None, ApiScope.FILE), make_key(None, ApiScope.STATUS)
    filed = send(files[1], body_of()).json()
    problem = problem_of(read(files[1], filed["id"]), 403, "portee-absente")
    assert "submissions:status" in problem["detail"]
    problem_of(send(reads[1], body_of(), request="b"), 403, "portee-absente")
    assert read(reads[1], filed["id"]).status_code == 200  # of the same organisation
    assert ours(Submission).count() == 1


def test_what_is_not_taken_here_is_said_without_a_key(client):
    assert client.options(PATH).status_code == 204
    problem_of(client.get(PATH), 405, "methode-refusee")
    problem_of(client.delete(f"{PATH}{uuid4()}/"), 405, "methode-refusee")


def test_a_page_of_another_site_may_not_send_a_key(client):
    asked = {"Origin": "https://ailleurs.example", "Access-Control-Request-Method": "POST"}
    answer = client.options(PATH, headers={**asked, "Access-Control-Request-Headers": "authorization"})
    assert "authorization" not in answer.get("Access-Control-Allow-Headers", "").lower()


def test_no_log_shows_the_key_nor_what_was_filed(key, caplog, capsys):
    with caplog.at_level(logging.DEBUG):
        send(key[1], body_of())
        send(key[1] + "x", body_of())
        Client().get(f"{PATH}?key={key[1]}")
    logged = caplog.text + "".join(capsys.readouterr())
    assert key[1] not in logged
    assert "camille@aronde" not in logged


def test_too_many_are_told_to_wait_by_key_and_wrong_keys_by_network(key, settings):
    caches["counters"].clear()
    limits = {"partner_filing.key": (1, 3600), "partner_status.key": (1, 60), "partner_key.network": (1, 3600)}
    settings.THROTTLES = {**settings.THROTTLES, **limits}
    (_made, secret), (_other, beside) = key, make_key()
    filed = send(secret, body_of()).json()
    for answer in (send(secret, body_of()), [read(secret, filed["id"]) for _ in "ab"][1]):
        problem_of(answer, 429, "trop-de-requetes")
        assert int(answer["Retry-After"]) > 0
    assert read(beside, filed["id"]).status_code == 200
    assert [read(f"{secret}x", filed["id"]).status_code for _ in "abc"] == [401, 429, 429]
    assert send(beside, body_of(), request="b").status_code == 201  # a right key opens all the same
