"""The pages of webhooks: the territory lead adds an endpoint, tries it, replaces its secret and sends again."""

import re

import pytest
from django.utils import timezone

from backend.accounts.models import Membership, Organisation
from backend.journal.models import AuditEvent, Kind
from backend.webhooks.models import Delivery, Endpoint, EventType
from backend.webhooks.services import enqueue_event
from tests.factories import ARC, make_lead, make_officer, make_organisation, make_partner, make_webhook
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
LIST, URL = "/territoire/webhooks/", "https://crm.cci.example/webhooks"
LISTS_ALL = pytest.mark.shows_both("the form lists all partners of the territory")
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{40,}")


@pytest.fixture
def site(client):
    client.force_login(make_lead())
    return client


def page_of(endpoint: Endpoint) -> str:
    return f"{LIST}{endpoint.pk}/"


def owe() -> None:
    enqueue_event(event=EventType.SCHEME_CHANGED, occurred_at=timezone.now(), data={"key": "hdf-aden"})


@LISTS_ALL
def test_an_endpoint_is_added_and_its_secret_is_shown_once(site):
    chamber = make_organisation(kind="chamber")
    assert "Aucune adresse encore" in text_of(site.get(LIST))
    made = site.post(LIST, {"organisation": chamber.pk, "url": f" {URL} ", "events": ["scheme.published"]})
    [secret] = SECRET.findall(made.content.decode())
    assert "no-store" in made.headers["Cache-Control"]
    endpoint = Endpoint.objects.get()
    assert (endpoint.organisation, endpoint.url, endpoint.events) == (chamber, URL, ["scheme.published"])
    for address in (LIST, page_of(endpoint)):
        page = site.get(address)
        assert URL in text_of(page)
        assert secret not in page.content.decode()


@LISTS_ALL
@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"url": ""}, "Donnez l’adresse."),
        ({"url": "http://crm.cci.example/"}, "https://"),
        ({"url": "https://crm.cci.example:25/"}, "Le port 25"),
        ({"url": "https://192.168.0.4/"}, "n’est pas une adresse publique"),
        ({"events": []}, "Cochez un événement"),
        ({"events": ["test.ping"]}, "n’est pas dans la liste"),
        ({"organisation": ""}, "Choisissez un partenaire"),
        ({"organisation": "territory"}, "n’est pas dans la liste"),
        ({"url": "https://crm.cci.example/"}, "a déjà cette adresse"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_keeps_what_was_typed(site, sent, sentence):
    known = make_webhook()
    given = {"organisation": known.organisation_id, "url": URL, "events": ["scheme.changed"], **sent}
    if given["organisation"] == "territory":
        given["organisation"] = make_organisation().pk
    page = site.post(LIST, given)
    assert page.status_code == 422
    assert sentence in text_of(page)
    assert f'value="{given["url"]}"' in page.content.decode() or not given["url"]
    assert Endpoint.objects.get() == known


def test_a_trial_and_a_delivery_sent_again_are_owed_by_buttons(site):
    endpoint = make_webhook()
    assert "Aucun envoi encore" in text_of(site.get(page_of(endpoint)))
    assert "part dans la minute" in text_of(site.post(page_of(endpoint), {"test": "1"}, follow=True))
    trial = Delivery.objects.get()
    assert (trial.event, trial.state) == (EventType.TEST_PING, Delivery.State.DUE)
    Delivery.objects.update(state=Delivery.State.FAILED, status=503, attempt=1, ended_at=timezone.now())
    assert "test.ping" in text_of(site.get(page_of(endpoint)))
    assert "Abandonné, 1 tentative, réponse 503" in text_of(site.get(page_of(endpoint)))
    assert "même identifiant" in text_of(site.post(page_of(endpoint), {"again": trial.pk}, follow=True))
    again = Delivery.objects.get()
    assert (again.webhook_id, again.state, again.attempt) == (trial.webhook_id, Delivery.State.DUE, 0)
    assert "part de lui-même" in text_of(site.post(page_of(endpoint), {"again": trial.pk}, follow=True))


@pytest.mark.parametrize("again", ["", "0", "x", "9" * 30])
def test_what_is_no_delivery_is_not_sent_again(site, again):
    answer = site.post(page_of(make_webhook()), {"again": again})
    assert answer.status_code == (302 if not again else 404)


@LISTS_ALL
def test_why_nothing_arrives_is_said_in_words(site):
    endpoint = make_webhook()
    owe()
    Delivery.objects.update(error="private", attempt=2)
    Endpoint.objects.update(failing_since=timezone.now())
    text = text_of(site.get(page_of(endpoint)))
    assert "l’adresse mène à un réseau privé" in text
    assert "Rien n’arrive depuis le" in text
    assert "en échec depuis le" in text_of(site.get(LIST))
    for state, words in ((Endpoint.State.FAILED, "trois jours de suite"), (Endpoint.State.GONE, "410")):
        Endpoint.objects.update(state=state)
        text = text_of(site.get(page_of(endpoint)))
        assert words in text
        assert "Remettre en service" in text
        assert 'name="again"' not in site.get(page_of(endpoint)).content.decode()
        assert words in text_of(site.get(LIST))


def test_a_new_secret_is_shown_once_and_the_former_one_has_an_end(site):
    endpoint = make_webhook()
    made = site.post(page_of(endpoint), {"rotate": "1"})
    [secret] = SECRET.findall(made.content.decode())
    assert "24 heures" in text_of(made)
    page = site.get(page_of(endpoint))
    assert secret not in page.content.decode()
    assert "Le secret d’avant signe aussi jusqu’au" in text_of(page)


@LISTS_ALL
def test_an_endpoint_is_changed_stopped_put_back_and_removed(site):
    endpoint = make_webhook()
    wanted = {"url": URL, "events": ["scheme.archived"], "save": "1"}
    assert "C’est enregistré" in text_of(site.post(page_of(endpoint), wanted, follow=True))
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.events) == (URL, ["scheme.archived"])
    wrong = site.post(page_of(endpoint), {**wanted, "url": "http://crm.cci.example/"})
    assert (wrong.status_code, "https://" in text_of(wrong)) == (422, True)
    assert "plus rien ne part" in text_of(site.post(page_of(endpoint), {"off": "1"}, follow=True))
    assert "remettez-la" in text_of(site.post(page_of(endpoint), {"test": "1"}, follow=True))
    assert "remis en service" in text_of(site.post(page_of(endpoint), {"on": "1"}, follow=True))
    assert "l’adresse est supprimée" in text_of(site.post(page_of(endpoint), {"remove": "1"}, follow=True))
    assert not Endpoint.objects.exists()
    assert site.get(page_of(endpoint)).status_code == 404


def test_who_adds_changes_or_removes_an_endpoint_is_in_the_log_by_numbers(site):
    chamber = make_organisation(kind="chamber")
    site.post(LIST, {"organisation": chamber.pk, "url": URL, "events": ["scheme.published"]})
    endpoint, beside = Endpoint.objects.get(), make_webhook("https://beside.example/")
    for sent in ({"url": f"{URL}/2", "events": ["scheme.published"], "save": "1"}, {"rotate": "1"}, {"remove": "1"}):
        site.post(page_of(endpoint), sent)
    done = AuditEvent.objects.filter(detail=f"{chamber.pk}.{endpoint.pk}").order_by("pk")
    assert [event.kind for event in done] == [
        Kind.WEBHOOK_ADDED,
        Kind.WEBHOOK_CHANGED,
        Kind.WEBHOOK_SECRET_CHANGED,
        Kind.WEBHOOK_REMOVED,
    ]
    assert {event.actor for event in done} == {endpoint.made_by}
    [other] = AuditEvent.objects.filter(kind__startswith="webhook").exclude(pk__in=done)
    assert (other.kind, other.actor) == (Kind.WEBHOOK_ADDED, beside.made_by)


def test_nothing_of_a_second_partner_shows_nor_is_sent_again_through_the_first(site):
    first = make_webhook(URL)
    second = make_webhook("https://si.region.example/crochet", kind=Organisation.Kind.REGION)
    owe()
    theirs = second.deliveries.get()
    Delivery.objects.filter(pk=theirs.pk).update(
        state=Delivery.State.FAILED, webhook_id="msg_deladeuxieme", ended_at=timezone.now()
    )
    page = site.get(page_of(first)).content.decode()
    assert not any(word in page for word in (second.url, "msg_deladeuxieme", second.organisation.name, second.secret))
    assert site.post(page_of(first), {"again": theirs.pk}).status_code == 404
    theirs.refresh_from_db()
    assert theirs.state == Delivery.State.FAILED


@pytest.mark.parametrize("button", ["test", "off", "on", "rotate", "remove", "save", "again"])
@pytest.mark.parametrize("make", [make_partner, lambda: make_officer(ARC, role=Membership.Role.EPCI_LEAD)])
def test_nobody_but_the_territory_lead_presses_a_button(client, make, button):
    endpoint = make_webhook()
    owe()
    before = list(Endpoint.objects.values()), list(Delivery.objects.values())
    client.force_login(make())
    key = Delivery.objects.get().pk
    assert client.post(page_of(endpoint), {button: key, "url": URL, "events": ["scheme.changed"]}).status_code == 403
    assert client.post(LIST, {"organisation": endpoint.organisation_id, "url": URL}).status_code == 403
    assert (list(Endpoint.objects.values()), list(Delivery.objects.values())) == before


def test_a_long_list_is_cut(site):
    endpoint = make_webhook()
    for _ in range(52):
        owe()
    page = site.get(page_of(endpoint)).content.decode()
    shown = [owed.webhook_id in page for owed in Delivery.objects.order_by("pk")]
    assert shown == [False] * 2 + [True] * 50
