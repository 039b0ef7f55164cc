"""The note by e-mail: to who said yes, once a month, until they stop it; and the page of who receives it."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from backend.accounts.models import Membership
from backend.links.models import Link
from backend.notifications.kinds import COMMITTEE_NOTE
from backend.notifications.models import Notification
from backend.notifications.services import has_stopped
from backend.steering.mailing import (
    SENT,
    RecipientError,
    add_recipient,
    confirm_recipient,
    recipients,
    remove_recipient,
    send_notes,
    stop_recipient,
)
from backend.steering.models import NoteRecipient
from backend.steering.published import first_day, publish
from tests.factories import (
    ARC,
    DAY,
    as_sent,
    make_lead,
    make_officer,
    make_recipient,
    note_link,
)
from tests.steering.rows import count_file
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
NEXT_MONTH = first_day(DAY)
ADDRESS = "elue@mairie.example"


def publish_a_month():
    count_file(filed_on=DAY)
    assert publish(on=NEXT_MONTH) == 1


def sent():
    return Notification.objects.filter(kind=SENT).order_by("pk")


def link_in(email):
    found = next(word for word in as_sent(email).text.split() if "/comite/" in word)
    return found[found.index("/comite/") :]


def test_nothing_is_sent_to_who_has_not_said_yes(client):
    publish_a_month()
    add_recipient(user=make_lead(), email=ADDRESS)
    assert send_notes(on=NEXT_MONTH).n_changed == 0
    path = link_in(Notification.objects.get(kind="note_confirm"))
    page = client.get(path)
    assert "Recevoir la note" in text_of(page)
    assert "moins de 5" not in text_of(page)
    assert send_notes(on=NEXT_MONTH).n_changed == 0  # a program that opens every link says yes to nothing
    assert "moins de 5" in text_of(client.post(path, follow=True))
    assert send_notes(on=NEXT_MONTH).n_changed == 1
    assert sent().get().recipient == ADDRESS


def test_each_reader_gets_a_month_once_and_the_next_one_too():
    publish_a_month()
    readers = {make_recipient(confirmed=True).email for _ in range(2)}
    for later in (0, 1, 9):
        send_notes(on=NEXT_MONTH + timedelta(days=later))
    assert {email.recipient for email in sent()} == readers
    assert sent().count() == 2
    assert publish(on=first_day(NEXT_MONTH)) == 1
    assert send_notes(on=first_day(NEXT_MONTH)).n_changed == 2
    assert sent().count() == 4


def test_who_wants_the_note_is_read_by_as_many_queries_for_three_as_for_one(django_assert_num_queries):
    publish_a_month()
    make_recipient(confirmed=True)
    send_notes(on=NEXT_MONTH)
    with CaptureQueriesContext(connection) as of_one:
        assert send_notes(on=NEXT_MONTH).n_changed == 0
    for _ in range(2):
        make_recipient(confirmed=True)
    send_notes(on=NEXT_MONTH)
    with django_assert_num_queries(len(of_one)):
        assert send_notes(on=NEXT_MONTH).n_looked_at == 3


def test_no_old_month_is_sent_before_the_figures_of_the_last_one_are_there():
    publish_a_month()
    make_recipient(confirmed=True)
    assert send_notes(on=first_day(NEXT_MONTH)).n_looked_at == 0
    assert not sent().exists()


def test_the_note_says_fixed_tables_and_no_firm():
    publish_a_month()
    make_recipient(confirmed=True)
    send_notes(on=NEXT_MONTH)
    email = as_sent(sent().get())
    for body in (email.text, email.html):
        assert "moins de 5" in body
        assert "Rien qui puisse être dit." in body
        assert "Ce qui pourrait révéler un petit nombre n’est pas dit." in body
        assert "Atelier secret" not in body
    assert "List-Unsubscribe" in email.headers


def test_who_stops_is_sent_nothing_and_may_take_it_up_again(client):
    publish_a_month()
    reader, other = make_recipient(confirmed=True, email=ADDRESS), make_recipient(confirmed=True)
    path = f"/comite/{note_link(reader)}/"
    page = client.post(path, {"stop": "1"}, follow=True)
    assert "Recevoir la note" in text_of(page)
    assert has_stopped(address=ADDRESS, topic=COMMITTEE_NOTE)
    assert not has_stopped(address=other.email, topic=COMMITTEE_NOTE)
    send_notes(on=NEXT_MONTH)
    assert [email.recipient for email in sent()] == [other.email]
    assert {row.recipient.email: row.receives for row in recipients()} == {ADDRESS: False, other.email: True}
    client.post(path)
    send_notes(on=NEXT_MONTH)
    assert {email.recipient for email in sent()} == {ADDRESS, other.email}


def test_the_stop_page_of_a_note_speaks_of_no_file(client):
    publish_a_month()
    make_recipient(confirmed=True, email=ADDRESS)
    send_notes(on=NEXT_MONTH)
    header = as_sent(sent().get()).headers["List-Unsubscribe"].strip("<>")
    path = header[header.index("/arreter/") :]
    assert "la note mensuelle au comité" in text_of(client.get(path))
    done = text_of(client.post(path))
    assert "C’est fait" in done
    assert "Votre demande" not in done
    assert "Pourquoi" not in done


def test_the_page_of_the_link_gives_the_document(client):
    publish_a_month()
    reader, other = make_recipient(confirmed=True), make_recipient()
    document = client.get(f"/comite/{note_link(reader)}/?pdf=1")
    pages = PdfReader(BytesIO(document.content)).pages
    assert len(pages) <= 2
    assert "moins de 5" in " ".join(page.extract_text() for page in pages)
    refused = client.get(f"/comite/{note_link(other)}/?pdf=1")
    assert refused["Content-Type"].startswith("text/html")
    assert "moins de 5" not in text_of(refused)


def test_only_the_territory_s_lead_says_who_is_asked():
    theirs, lead = make_officer(ARC, role=Membership.Role.EPCI_LEAD), make_lead()
    with pytest.raises(PermissionDenied):
        add_recipient(user=theirs, email=ADDRESS)
    recipient = add_recipient(user=lead, email=ADDRESS)
    with pytest.raises(RecipientError, match="déjà"):
        add_recipient(user=lead, email=ADDRESS.upper())
    with pytest.raises(PermissionDenied):
        remove_recipient(user=theirs, recipient=recipient)
    assert NoteRecipient.objects.count() == 1


def owed_or_sent_to(address):
    return Notification.objects.filter(recipient__iexact=address)


def test_nothing_leaves_for_an_address_that_was_removed_and_nothing_of_it_stays():
    publish_a_month()
    lead, other = make_lead(), make_recipient(confirmed=True)
    mistyped = add_recipient(user=lead, email=ADDRESS)
    assert owed_or_sent_to(ADDRESS).get().state == Notification.State.DUE
    remove_recipient(user=lead, recipient=mistyped)
    assert not owed_or_sent_to(ADDRESS).exists()
    again = add_recipient(user=lead, email=ADDRESS)
    confirm_recipient(again)
    send_notes(on=NEXT_MONTH)
    assert owed_or_sent_to(ADDRESS).count() == 2
    remove_recipient(user=lead, recipient=again)
    assert not owed_or_sent_to(ADDRESS).exists()
    assert sent().get().recipient == other.email


def test_who_stopped_is_not_asked_again(client):
    lead = make_lead()
    reader = add_recipient(user=lead, email=ADDRESS)
    confirm_recipient(reader)
    stop_recipient(reader)
    remove_recipient(user=lead, recipient=reader)
    client.force_login(lead)
    page = client.post("/territoire/note/destinataires/", {"email": ADDRESS.title()})
    assert page.status_code == 422
    assert "a demandé à ne plus recevoir la note" in text_of(page)
    assert not NoteRecipient.objects.exists()
    assert not owed_or_sent_to(ADDRESS).exists()


def test_removing_twice_is_once(client):
    reader, other = make_recipient(), make_recipient()
    client.force_login(make_lead())
    for said in (f"{reader.email} ne recevra plus la note.", "Cette adresse n’est plus dans la liste."):
        page = client.post(f"/territoire/note/destinataires/{reader.pk}/retirer/", follow=True)
        assert said in text_of(page)
    assert NoteRecipient.objects.get() == other


def test_the_page_of_recipients_says_where_each_stands(client):
    publish_a_month()
    reader = make_recipient(confirmed=True)
    send_notes(on=NEXT_MONTH)
    client.force_login(make_lead())
    page = client.post("/territoire/note/destinataires/", {"email": "pas une adresse"})
    assert page.status_code == 422
    assert "pas complète" in text_of(page)
    assert 'value="pas une adresse"' in page.content.decode()
    page = client.post("/territoire/note/destinataires/", {"email": ADDRESS}, follow=True)
    said = text_of(page)
    assert f"Un courriel part vers {ADDRESS}" in said
    assert "Pas encore, demandé le" in said
    assert "Note au comité, novembre 2026, à envoyer" in said
    page = client.post("/territoire/note/destinataires/", {"email": reader.email})
    assert page.status_code == 422
    assert "est déjà dans la liste" in text_of(page)
    token = note_link(reader)
    client.post(f"/territoire/note/destinataires/{reader.pk}/retirer/")
    assert client.get(f"/comite/{token}/").status_code == 404
    assert not Link.objects.filter(kind="note", object_id=reader.pk, revoked_at=None).exists()
    assert [row.recipient.email for row in recipients()] == [ADDRESS]
