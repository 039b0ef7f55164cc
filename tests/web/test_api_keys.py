"""Keys of partners' tools: made by who leads the territory, shown once, revoked at once."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.utils import DatabaseError

from backend.accounts.api_keys import ApiKeyError, find_api_key, make_api_key, revoke_api_key
from backend.accounts.models import ApiKey, Organisation
from backend.common.days import current_day
from backend.common.redaction import redact
from backend.journal.models import AuditEvent, Kind
from tests.factories import make_key, make_lead, make_officer, make_organisation, make_partner, rewriting
from tests.web.conftest import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.shows_both("partners are chosen from a list of all")]
LIST, NEW = "/territoire/cles/", "/territoire/cles/nouvelle/"
SECRET = re.compile(r"jonction_[\w-]{43}")
PASSWORD = "mot-de-passe-long"


@pytest.fixture
def lead():
    return make_lead()


@pytest.fixture
def site(client, lead):
    """Sign in as people do: who has just done so is not asked again."""
    client.post("/compte/connexion/", {"login": lead.email, "password": PASSWORD})
    return client


def form_of(organisation, /, **changes) -> dict:
    last = current_day() + timedelta(days=90)
    sent = {"name": "Extranet", "scopes": ["submissions:file"], "expires_on": last.isoformat()}
    return {"organisation": organisation.pk, **sent, **changes}


def test_a_key_is_shown_once_and_a_digest_of_it_is_kept(site, lead):
    chamber, beside = make_organisation(kind="chamber"), make_key(make_organisation(kind="region"))
    made = site.post(NEW, form_of(chamber))
    assert made.status_code == 200
    assert made["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    (secret,) = set(SECRET.findall(made.content.decode()))
    key = ApiKey.objects.get(organisation=chamber)
    assert (find_api_key(secret), key.created_by) == (key, lead)
    assert key.start == secret[:13]
    listed = site.get(LIST).content.decode()
    assert not SECRET.findall(listed)
    assert "Extranet" in listed
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(k)::text FROM accounts_apikey k")
        assert secret not in str(cursor.fetchall())
    assert find_api_key(beside[1]) == beside[0]
    event = AuditEvent.objects.filter(kind=Kind.API_KEY_MADE, actor=lead).get()
    assert event.detail == f"{chamber.pk}.{key.pk}"


def test_one_shows_again_who_one_is_before_a_key_is_made(client, lead):
    client.force_login(lead)  # long ago
    answer = client.get(NEW)
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/compte/confirmer/")
    assert client.post(NEW, form_of(make_organisation(kind="chamber"))).status_code == 302
    assert not ApiKey.objects.exists()


def test_a_form_sent_twice_makes_one_key(site):
    chamber = make_organisation(kind="chamber")
    site.post(NEW, form_of(chamber))
    again = site.post(NEW, form_of(chamber))
    assert again.status_code == 422
    assert "a déjà une clé pour « Extranet »" in text_of(again)
    assert ApiKey.objects.count() == 1
    assert site.post(NEW, form_of(make_organisation(kind="region"))).status_code == 200


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"organisation": ""}, "Choisissez la chambre ou la Région"),
        ({"name": ""}, "Nommez l’outil"),
        ({"name": "x" * 81}, "80 caractères au plus"),
        ({"scopes": []}, "une case au moins"),
        ({"scopes": ["all"]}, "parmi les cases"),
        ({"expires_on": "demain"}, "« demain » n’est pas une date"),
        ({"expires_on": (current_day() + timedelta(days=366)).isoformat()}, "choisissez un jour d’ici au"),
        ({"expires_on": (current_day() - timedelta(days=1)).isoformat()}, "choisissez un jour d’ici au"),
    ],
)
def test_a_key_that_cannot_be_is_refused_with_a_sentence_and_keeps_what_was_typed(site, changes, sentence):
    answer = site.post(NEW, form_of(make_organisation(kind="chamber"), **changes))
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert changes.get("name") == "" or "Extranet" in text_of(answer) or 'value="Extranet"' in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_an_organisation_that_is_no_partner_gets_no_key(site, lead):
    service = make_organisation("ARC")
    assert "un partenaire de la liste" in text_of(site.post(NEW, form_of(service)))
    last = current_day()
    given = {"name": "x", "scopes": ["submissions:file"], "expires_on": last, "by": lead}
    with pytest.raises(ApiKeyError, match="ni une chambre ni la Région"):
        make_api_key(organisation=service, **given)


def test_only_who_leads_the_territory_or_administers_makes_and_revokes():
    key, secret = make_key()
    given = {"organisation": key.organisation, "name": "x", "scopes": key.scopes, "expires_on": key.expires_on}
    for person in (make_officer(), make_officer(role="epci_lead"), make_partner()):
        with pytest.raises(PermissionDenied):
            make_api_key(**given, by=person)
        with pytest.raises(PermissionDenied):
            revoke_api_key(key=key, by=person)
    assert find_api_key(secret) == key


def test_a_revoked_key_opens_nothing_at_once_and_the_one_beside_still_does(site, lead):
    (key, secret), (other, kept) = make_key(), make_key()
    answer = site.post(f"{LIST}{key.pk}/revoquer/", follow=True)
    assert "n’ouvre plus rien" in text_of(answer)
    assert find_api_key(secret) is None
    assert find_api_key(kept) == other
    assert "était déjà révoquée" in text_of(site.post(f"{LIST}{key.pk}/revoquer/", follow=True))
    assert AuditEvent.objects.filter(kind=Kind.API_KEY_REVOKED).get().actor == lead


def test_a_key_serves_until_its_last_day():
    key, secret = make_key(days=0)
    assert find_api_key(secret) == key
    over, late = make_key(days=1)
    with rewriting():
        ApiKey.objects.filter(pk=over.pk).update(expires_on=current_day() - timedelta(days=1))
    assert find_api_key(late) is None


def test_of_an_organisation_that_is_no_partner_any_more_no_key_serves():
    key, secret = make_key()
    Organisation.objects.filter(pk=key.organisation_id).update(kind=Organisation.Kind.TERRITORY)
    assert find_api_key(secret) is None


def test_the_day_of_the_last_use_is_noted_and_shown(site):
    key, secret = make_key()
    assert "Jamais" in text_of(site.get(LIST))
    find_api_key(secret)
    key.refresh_from_db()
    assert key.last_used_on == current_day()
    assert "Bientôt" in text_of(site.get(LIST))  # it ends in 30 days
    assert find_api_key("jonction_" + "x" * 43) is None


@pytest.mark.parametrize("column", ["scopes", "organisation_id", "expires_on", "digest"])
def test_the_database_refuses_to_rewrite_what_a_key_is(column):
    key, _secret = make_key()
    with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
        ApiKey.objects.filter(pk=key.pk).update(**{column: getattr(key, column)})
    with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
        ApiKey.objects.filter(pk=key.pk).delete()


def test_no_log_shows_a_key():
    _key, secret = make_key()
    for text in (f"GET /api/v1/?key={secret} 400", f"Bearer {secret}", f"'{secret}'"):
        assert secret not in redact(text)
        assert "[clé]" in redact(text)
    assert redact("jonction_cache jonction-language-1000") == "jonction_cache jonction-language-1000"
