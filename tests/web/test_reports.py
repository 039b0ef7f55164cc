"""« C’est inexact »: what a visitor reports waits with the rest, and is answered where an address was left."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from backend.notifications.models import Notification
from backend.schemes.catalogue.drafts import propose, write_draft
from backend.schemes.catalogue.public_reports import ANSWERED, KEPT_DAYS, erase_addresses
from backend.schemes.catalogue.publishing import publish
from backend.schemes.catalogue.reports import close_task
from backend.schemes.models import CatalogueTask
from tests.neighbour import ours
from tests.schemes.people import get_scheme, make_approver, make_editor, publish_change, record_of
from tests.web.conftest import text_of
from tests.web.test_throttles import limit, own_counters  # noqa: F401 -- a fixture

pytestmark = pytest.mark.django_db
KEY = "hdf-aden"
PATH = f"/dispositifs/{KEY}/signaler/?version=1&critere=2"
SENT = {"text": "La limite est passée à 50 salariés.", "email": "visiteur@exemple.example"}


def send(client, path=PATH, **changes):
    opened = client.get(path).context["form"]["opened"].value()
    return client.post(path, {**SENT, "opened": opened, **changes})


def test_what_a_visitor_reports_waits_in_the_queue_of_the_editors(client):
    assert send(client)["Location"] == f"/dispositifs/{KEY}/signaler/merci/"
    task = CatalogueTask.objects.waiting().get()
    assert (task.origin, task.reported_by, task.text) == ("public", None, SENT["text"])
    assert task.revision == get_scheme(KEY).revisions.get(number=1)  # of the page that was read
    assert task.criterion == task.revision.criteria.get(position=2)
    assert "Merci" in text_of(client.get(f"/dispositifs/{KEY}/signaler/merci/"))


def test_an_address_is_optional_and_the_whole_sheet_may_be_wrong(client):
    send(client, f"/dispositifs/{KEY}/signaler/", email="")
    task = CatalogueTask.objects.get()
    assert (task.criterion, task.reporter_email, task.is_answered) == (None, "", False)


def test_the_version_that_was_read_is_the_one_that_is_reported(client):
    publish_change(get_scheme(KEY), summary="Autre.")
    send(client)
    assert CatalogueTask.objects.get().revision.number == 1


@pytest.mark.parametrize("query", ["critere=99", "critere=x", "version=x", "version=²", "critere=99999999999999"])
def test_an_address_that_names_nothing_is_about_the_sheet(client, query):
    assert client.get(f"/dispositifs/{KEY}/signaler/?{query}").status_code == 200


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"text": "  "}, "Écrivez en une phrase ce qui est inexact"), ({"email": "visiteur@"}, "n’est pas complète")],
)
def test_a_mistake_is_told_and_what_was_typed_stays(client, changes, said):
    response = send(client, **changes)
    assert response.status_code == 422
    assert said in text_of(response)
    assert response.context["form"]["email"].value() == {**SENT, **changes}["email"]
    assert not CatalogueTask.objects.exists()


def test_a_second_click_is_the_same_report(client):
    send(client)
    send(client)
    assert CatalogueTask.objects.count() == 1
    send(client, text="Autre chose.")
    assert CatalogueTask.objects.count() == 2


# -- robots


def test_a_filled_trap_reports_nothing_until_one_presses_again(client):
    response = send(client, site_internet="https://achat.example")
    assert response.status_code == 422
    assert "Appuyez encore une fois" in text_of(response)
    assert 'name="site_internet"' not in response.content.decode()
    assert not CatalogueTask.objects.exists()
    again = {**SENT, "opened": response.context["form"]["opened"].value(), "site_internet": "x"}
    assert client.post(PATH, again).status_code == 302
    assert CatalogueTask.objects.count() == 1


@pytest.mark.cases(1)
@pytest.mark.parametrize("opened", ["", "forged", None])
def test_a_form_sent_in_no_time_or_without_its_time_is_asked_again(client, settings, opened):
    settings.REPORT_SECONDS = 3600
    response = send(client, **({} if opened is None else {"opened": opened}))
    assert response.status_code == 422
    assert not CatalogueTask.objects.exists()
    settings.REPORT_SECONDS = 0.01  # has passed: a machine that is busy takes longer over the page
    again = {**SENT, "opened": response.context["form"]["opened"].value()}
    assert client.post(PATH, again).status_code == 302


def test_too_many_reports_wait_and_keep_what_was_typed(client, settings):
    limit(settings, report__network=1)
    send(client)
    response = send(client, text="Encore.")
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert response.context["form"]["text"].value() == "Encore."
    assert CatalogueTask.objects.count() == 1


def test_a_form_without_its_cookie_is_shown_again(client):
    opened = client.get(PATH).context["form"]["opened"].value()
    response = Client(enforce_csrf_checks=True).post(PATH, {**SENT, "opened": opened})
    assert response.status_code == 403
    assert response.context["form"]["text"].value() == SENT["text"]
    assert not CatalogueTask.objects.exists()


# -- the answer


def test_a_visitor_who_left_an_address_is_told_the_answer_once_and_not_the_message(client):
    send(client)
    close_task(task=CatalogueTask.objects.get(), editor=make_editor(), answer="Merci, corrigé.")
    notice = ours(Notification).get(kind=ANSWERED)
    assert notice.recipient == SENT["email"]
    for body in (notice.text, notice.html):
        assert "Merci, corrigé." in body
        assert "passée à 50" not in body  # nobody checked whose address it is
        assert f"/dispositifs/{KEY}/" in body
    assert "moins de 20\xa0salariés" in notice.text


def test_nobody_is_told_where_no_address_was_left(client):
    send(client, email="")
    close_task(task=CatalogueTask.objects.get(), editor=make_editor(), answer="Vu.")
    assert not ours(Notification).filter(kind=ANSWERED).exists()


def test_a_published_correction_answers_the_visitor_too(client):
    send(client)
    scheme, editor, task = get_scheme(KEY), make_editor(), CatalogueTask.objects.get()
    record = record_of(scheme, summary="Corrigé.")
    draft = write_draft(author=editor, record=record, scheme=scheme, base=scheme.current, task=task)
    publish(proposal=propose(proposal=draft, author=editor), approver=make_approver())
    assert ours(Notification).filter(kind=ANSWERED, recipient=SENT["email"]).exists()


def test_an_address_is_erased_some_days_after_the_answer_with_the_e_mail(client):
    send(client)
    task = CatalogueTask.objects.get()
    close_task(task=task, editor=make_editor(), answer="Vu.")
    now = timezone.now()
    ours(Notification).filter(kind=ANSWERED).update(state="sent", ended_at=now)
    waiting = CatalogueTask.objects.create(
        scheme=task.scheme, revision=task.revision, origin="public", reporter_email="b@c.example", reported_at=now
    )
    assert erase_addresses(now=now + timedelta(days=KEPT_DAYS - 1)).n_changed == 0
    assert erase_addresses(now=now + timedelta(days=KEPT_DAYS, minutes=1)).n_changed == 2
    task.refresh_from_db()
    waiting.refresh_from_db()
    assert (task.reporter_email, task.answer) == ("", "Vu.")
    assert waiting.reporter_email == "b@c.example"  # not answered yet
    assert not ours(Notification).filter(kind=ANSWERED).exists()
