"""What a firm writes of a scheme and of a promised call, from its pages, and what its officers read of it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from ical.calendar_stream import IcsCalendarStream

from backend.accounts.absences import cancel_absence, declare_absence
from backend.common.days import add_working_days, day_in_words
from backend.links.models import Kind
from backend.matchmaking.closing import close_file
from backend.matchmaking.escalation import tell_who_waits
from backend.matchmaking.firm_words import MOST_NOTES
from backend.matchmaking.follow_up import close_step, record_step, take_file, write_note
from backend.matchmaking.models import FollowUp, Note
from backend.matchmaking.scheme_events import say
from backend.matchmaking.sharing import renew_feed, renew_staff_feed
from backend.matchmaking.space import space_of
from backend.notifications.models import Notification
from backend.schemes.models import Scheme
from tests.factories import DAY, first_matches, guest_link, link_to, make_guest, make_officer, make_submission
from tests.neighbour import ours
from tests.web.conftest import text_of

# An officer's lists hold all firms of the place: the second firm is of another.
pytestmark = [pytest.mark.django_db, pytest.mark.neighbour("siren", "address", "group")]
QUOTE = "Devis de 18 000 € reçu le 3 décembre."
LATER = DAY + timedelta(days=40)


@pytest.fixture
def submission(settings):
    settings.FIXED_DAY = DAY
    return make_submission(confirmed=True)


@pytest.fixture
def officer(submission):
    made = make_officer(first_name="Claire", last_name="Vasseur")
    take_file(submission=submission, officer=made)
    return made


@pytest.fixture
def desk(officer):
    client = Client()
    client.force_login(officer)
    return client


@pytest.fixture
def scheme(submission):
    """Return a scheme that the firm follows."""
    found = first_matches(submission)[0].scheme
    say(submission=submission, scheme=found, state="followed", on=DAY)
    return found


@pytest.fixture
def token(submission):
    return link_to(submission)


@pytest.fixture
def call(submission, officer):
    return record_step(
        submission=submission,
        officer=officer,
        step="call_back",
        due_on=DAY + timedelta(days=1),
        note="Le fils décide.",
    )


def write(client, token, scheme, follow=True, **sent):
    return client.post(reverse("firm_word", args=[token, scheme.pk]), sent, follow=follow)


def answer_call(client, token, call, follow=True, **sent):
    return client.post(reverse("firm_call", args=[token, call.pk]), sent, follow=follow)


def to_read():
    return ours(FollowUp).filter(step="firm_said")


# -- of a scheme


def test_a_quote_written_beside_a_scheme_is_read_by_its_officer_and_stands_beside_the_scheme(
    client, desk, submission, scheme, token
):
    result = client.get(reverse("result", args=[token])).content.decode()
    assert reverse("firm_scheme", args=[token, scheme.pk]) + "#mots" in result
    page = write(client, token, scheme, text=QUOTE)
    assert "C’est envoyé" in text_of(page)
    assert f"{QUOTE} vous, le " in text_of(page)
    assert QUOTE in text_of(client.get(reverse("result", args=[token])))
    file = text_of(desk.get(reverse("officer_file", args=[submission.pk])))
    assert file.count(QUOTE) == 2  # beside the scheme, and among the notes
    assert f"De l’entreprise {scheme} {QUOTE} L’entreprise, " in file
    assert "À faire Lire ce qu’écrit l’entreprise" in file
    assert submission.sheet.name in text_of(desk.get("/agent/?etat=a-traiter"))
    step = to_read().get()
    desk.post(reverse("officer_step_close", args=[submission.pk, step.pk]))
    assert submission.sheet.name not in text_of(desk.get("/agent/?etat=a-traiter"))


def test_the_page_says_how_to_send_a_file_and_takes_none(client, officer, submission, scheme, token):
    page = client.get(reverse("firm_scheme", args=[token, scheme.pk]))
    assert "ce site n’en reçoit pas" in text_of(page)
    assert f'href="mailto:{officer.email}?subject={submission.reference}"' in page.content.decode()
    assert 'type="file"' not in page.content.decode()
    write(client, token, scheme, text=QUOTE, file=b"%PDF-1.7", follow=False)
    assert ours(Note).get().text == QUOTE


def test_a_day_to_keep_is_in_the_calendars_of_both_and_its_words_in_no_feed(
    client, officer, submission, scheme, token
):
    write(client, token, scheme, text=QUOTE, keep_on=str(LATER), follow=False)
    file = client.get(reverse("calendar", args=[token])).content.decode()
    [mine] = [one for one in IcsCalendarStream.calendar_from_ics(file).events if "Votre date" in one.summary]
    assert (mine.dtstart, QUOTE in mine.summary) == (LATER, True)
    assert f"à retenir : {LATER.day} janvier 2027" in text_of(client.get(reverse("result", args=[token])))
    feeds = (
        ("feed", renew_feed(submission=submission), "Votre date"),
        ("staff_feed", renew_staff_feed(user=officer), "Date donnée par l’entreprise"),
    )
    for name, link, summary in feeds:
        content = Client().get(reverse(name, args=[link])).content.decode().replace("\r\n ", "")
        [found] = [one for one in IcsCalendarStream.calendar_from_ics(content).events if summary in one.summary]
        assert found.dtstart == LATER
        assert "18 000" not in content
    write(client, token, scheme, back=ours(Note).get().pk, follow=False)
    assert "Votre date" not in Client().get(reverse("feed", args=[feeds[0][1]])).content.decode()


def test_what_is_sent_twice_is_one_note_and_several_are_one_step_of_reading(client, submission, scheme, token):
    for text in (QUOTE, QUOTE, "Dossier n° 2026-118."):
        write(client, token, scheme, text=text, follow=False)
    assert ours(Note).count() == 2
    assert to_read().count() == 1
    close_step(follow_up=to_read().get(), officer=make_officer())
    write(client, token, scheme, text="Un troisième mot.", follow=False)
    assert (to_read().count(), to_read().to_do().count()) == (2, 1)


def test_who_answers_a_firm_has_read_what_it_wrote(client, submission, scheme, token):
    officer = make_officer()
    write(client, token, scheme, text=QUOTE, follow=False)
    write_note(submission=submission, author=officer, audience="internal", text="Un bon devis.")
    write_note(submission=submission, author=officer, audience="firm", text="Bonne année.", by_email=False)
    assert to_read().to_do().exists()
    write_note(submission=submission, author=officer, audience="firm", text="Jeudi à 10 h.")
    assert to_read().get().done_by == officer


def test_what_is_taken_back_is_read_no_more_and_owes_no_reading(client, desk, submission, scheme, token):
    for text in (QUOTE, "Dossier n° 2026-118."):
        write(client, token, scheme, text=text, follow=False)
    second, first = ours(Note)
    page = write(client, token, scheme, back=first.pk)
    assert "C’est retiré" in text_of(page)
    assert QUOTE not in text_of(desk.get(reverse("officer_file", args=[submission.pk])))
    assert to_read().to_do().exists()
    write(client, token, scheme, back=second.pk, follow=False)
    assert not to_read().to_do().exists()
    for wrong in ("", "x", "0", str(first.pk), "9" * 30):
        assert write(client, token, scheme, back=wrong, follow=False).status_code == 302


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"text": "  "}, "Écrivez quelques mots"),
        ({"text": "x" * 1001}, "1000"),
        ({"text": QUOTE, "keep_on": "31/02/2027"}, "n’est pas une date"),
        ({"text": QUOTE, "keep_on": str(DAY + timedelta(days=3654))}, "est trop loin"),
        ({"text": QUOTE, "keep_on": str(DAY - timedelta(days=1))}, "est passé"),
    ],
)
def test_bad_words_are_refused_with_a_sentence_and_stay_typed(client, scheme, token, sent, sentence):
    page = write(client, token, scheme, **sent)
    assert page.status_code == 422
    assert sentence in text_of(page)
    typed = page.content.decode()
    assert sent["text"].strip() in typed
    assert f'value="{sent.get("keep_on", "")}"' in typed or "keep_on" not in sent
    assert not ours(Note).exists()
    assert not to_read().exists()


def test_a_scheme_that_the_firm_does_not_follow_takes_no_words(client, submission, token):
    other = first_matches(submission, 2)[1].scheme
    path = reverse("firm_scheme", args=[token, other.pk])
    assert "Un devis, une date" not in text_of(client.get(path))
    page = write(client, token, other, text=QUOTE)
    assert page.status_code == 422
    assert "Dites d’abord que ce dispositif vous intéresse" in text_of(page)
    assert QUOTE in page.content.decode()
    say(submission=submission, scheme=other, state="set_aside", reason="not_worth_it", on=DAY)
    assert write(client, token, other, text=QUOTE).status_code == 422
    assert client.post(reverse("firm_word", args=[token, 99_999_999]), {"text": QUOTE}).status_code == 404
    assert not ours(Note).exists()


def test_words_open_a_closed_file_again(client, submission, officer, scheme, token):
    close_file(submission=submission, officer=officer, reason="helped")
    write(client, token, scheme, text=QUOTE, follow=False)
    submission.refresh_from_db()
    assert submission.closed_at is None


def test_closing_a_file_owes_no_reading(client, submission, officer, scheme, token):
    write(client, token, scheme, text=QUOTE, follow=False)
    close_file(submission=submission, officer=officer, reason="helped")
    assert not to_read().to_do().exists()


@pytest.mark.slow
def test_a_firm_does_not_write_without_end(client, submission, scheme, token):
    Note.objects.bulk_create(
        Note(submission=submission, audience="firm", scheme=scheme, text=f"Mot {n}", written_at=submission.filed_at)
        for n in range(MOST_NOTES)
    )
    page = write(client, token, scheme, text=QUOTE)
    assert page.status_code == 422
    assert "appelez-nous" in text_of(page)


def test_its_officer_is_told_the_next_morning_once(client, submission, officer, scheme, token):
    write(client, token, scheme, text=QUOTE, follow=False)
    morning = add_working_days(timezone.localdate(to_read().get().recorded_at), 1)
    for _again in range(2):
        tell_who_waits(on=morning)
    [digest] = ours(Notification).filter(kind="waiting_digest", recipient=officer.email)
    assert "Messages à lire" in digest.text
    assert f"{submission.sheet.name} : un mot de l’entreprise" in digest.text
    assert QUOTE not in digest.text


@pytest.mark.slow
def test_what_is_written_after_its_officer_was_told_is_told_too(client, submission, officer, scheme, token):
    write(client, token, scheme, text=QUOTE, follow=False)
    first = to_read().get()
    morning = add_working_days(timezone.localdate(first.recorded_at), 1)
    tell_who_waits(on=morning)
    write(client, token, scheme, text="Un second devis.", follow=False)
    second = to_read().exclude(pk=first.pk).get()
    tell_who_waits(on=morning)
    digests = ours(Notification).filter(kind="waiting_digest", recipient=officer.email)
    assert len(digests) == 2
    close_step(follow_up=first, officer=officer)
    close_step(follow_up=second, officer=officer)
    write(client, token, scheme, text=QUOTE, follow=False)  # the same words again, once read, are new ones
    assert ours(FollowUp).filter(step="firm_said").to_do().count() == 1


def test_nobody_is_told_of_words_on_a_file_that_officers_may_not_open(client, settings):
    settings.FIXED_DAY = DAY
    make_officer()
    submission = make_submission(confirmed=False, phone="")
    scheme = first_matches(submission)[0].scheme
    say(submission=submission, scheme=scheme, state="followed", on=DAY)
    write(client, link_to(submission), scheme, text=QUOTE, follow=False)
    assert to_read().exists()
    for days in (1, 2, 3, 8, 15, 59):
        tell_who_waits(on=DAY + timedelta(days=days))
    assert not ours(Notification).filter(kind="waiting_digest", about__contains=[submission.topic]).exists()


@pytest.mark.slow
def test_who_left_is_not_named_and_no_file_goes_to_a_closed_mailbox(client, submission, officer, scheme, token, call):
    officer.is_active = False
    officer.save(update_fields=["is_active"])
    page = client.get(reverse("firm_scheme", args=[token, scheme.pk])).content.decode()
    assert officer.email not in page
    assert "Vasseur" not in page
    result = text_of(client.get(reverse("result", args=[token])))
    assert "Vasseur prévoit" not in result
    assert "prévoit de vous appeler le mercredi 25 novembre 2026" in result


@pytest.mark.slow
def test_words_on_a_scheme_that_is_not_shown_any_more_can_be_taken_back(client, submission, scheme, token):
    gone = Scheme.objects.exclude(matches__result__submission=submission).first()
    Note.objects.create(
        submission=submission, audience="firm", scheme=gone, text=QUOTE, written_at=submission.filed_at
    )
    page = client.get(reverse("result", args=[token]))
    assert f"Ce que vous avez écrit {gone} {QUOTE}" in text_of(page)
    page = write(client, token, gone, text="Encore un mot.")
    assert "Dites d’abord que ce dispositif vous intéresse" in text_of(page)
    page = write(client, token, gone, back=ours(Note).get().pk)
    assert "C’est retiré." in text_of(page)
    assert QUOTE not in text_of(page)


def test_a_guest_who_reads_writes_nothing_and_one_who_answers_does(submission, scheme, call):
    for right, status in (("read", 403), ("answer", 302)):
        token = guest_link(make_guest(submission, email=f"{right}@cabinet.example", right=right), Kind.RESULT)
        page = Client().get(reverse("firm_scheme", args=[token, scheme.pk])).content.decode()
        assert ("Écrire un mot" in page) == (right == "answer")
        page = Client().get(reverse("result", args=[token])).content.decode()
        assert "prévoit de vous appeler" in page
        assert ("Ce jour me convient" in page) == (right == "answer")
        for path in (reverse("firm_word", args=[token, scheme.pk]), reverse("firm_call", args=[token, call.pk])):
            assert Client().post(path, {"text": QUOTE}).status_code == status
    assert ours(Note).count() == 2


def test_another_firm_reads_and_takes_back_nothing_of_it(client, submission, scheme, token, call):
    write(client, token, scheme, text=QUOTE, follow=False)
    other = make_submission(confirmed=True, email="autre@fonderie.example", siren="999999972")
    say(submission=other, scheme=scheme, state="followed", on=DAY)
    theirs = link_to(other)
    note = ours(Note).get(submission=submission)
    write(client, theirs, scheme, back=note.pk, follow=False)
    assert answer_call(client, theirs, call, agrees="1").status_code == 404
    for name in ("result", "own_data"):
        assert QUOTE not in text_of(client.get(reverse(name, args=[theirs])))
    note.refresh_from_db()
    call.refresh_from_db()
    assert (note.withdrawn_at, call.agreed_at) == (None, None)


def test_what_is_kept_of_it_is_in_what_the_firm_may_take_away(client, submission, scheme, token, call):
    write(client, token, scheme, text=QUOTE, keep_on=str(LATER), follow=False)
    answer_call(client, token, call, agrees="1", follow=False)
    page = text_of(client.get(reverse("own_data", args=[token])))
    assert f"{scheme} – {QUOTE} – {LATER:%d/%m/%Y}" in page
    assert f"rappeler l’entreprise – {call.due_on:%d/%m/%Y} – confirmé par l’entreprise" in page
    write(client, token, scheme, back=ours(Note).get().pk, follow=False)
    assert "– retiré" in text_of(client.get(reverse("own_data", args=[token])))


def test_writing_is_slowed_down_by_network(client, scheme, token, settings):
    settings.THROTTLES = {"state.network": (1, 3600)}
    settings.CACHES = {**settings.CACHES, "counters": {**settings.CACHES["counters"], "KEY_PREFIX": uuid4().hex}}
    assert write(client, token, scheme, text=QUOTE).status_code == 200
    assert write(client, token, scheme, text="Encore.").status_code == 429
    assert ours(Note).count() == 1


# -- of a call


def test_a_firm_reads_the_day_of_a_call_without_its_note_and_says_that_it_suits(client, desk, submission, token, call):
    page = text_of(client.get(reverse("result", args=[token])))
    assert "Claire Vasseur prévoit de vous appeler le mercredi 25 novembre 2026" in page
    assert "Le fils décide" not in page
    for _again in range(2):
        page = text_of(answer_call(client, token, call, agrees="1"))
        assert "C’est noté : ce jour vous convient." in page
    assert "Vous avez dit que ce jour vous convient." in page
    assert "Ce jour me convient" not in page
    assert "Confirmé par l’entreprise" in text_of(desk.get(reverse("officer_file", args=[submission.pk])))
    assert not to_read().exists()  # nothing to read: the day stands


def test_an_officer_reads_on_the_desk_that_a_day_suits_or_which_other_is_proposed(
    client, desk, submission, token, call, settings
):
    answer_call(client, token, call, agrees="1", follow=False)
    settings.FIXED_DAY = call.due_on
    assert "Confirmé par l’entreprise" in text_of(desk.get("/agent/?etat=a-rappeler"))
    page = text_of(answer_call(client, token, call, text="Jeudi avant 10 heures."))
    assert "Vous proposez : Jeudi avant 10 heures." in page
    assert "Ce jour me convient" in page
    listed = text_of(desk.get("/agent/?etat=a-rappeler"))
    assert "Confirmé par l’entreprise" not in listed
    assert "Autre moment proposé Jeudi avant 10 heures." in listed
    assert submission.sheet.name in text_of(desk.get("/agent/?etat=a-traiter"))
    file = text_of(desk.get(reverse("officer_file", args=[submission.pk])))
    assert "Autre moment pour l’appel du 25 novembre 2026 Jeudi avant 10 heures." in file


def test_a_day_that_suits_takes_back_what_was_proposed_instead(client, desk, submission, token, call):
    answer_call(client, token, call, text="Jeudi.", follow=False)
    page = text_of(answer_call(client, token, call, agrees="1"))
    assert "Vous avez dit que ce jour vous convient." in page
    assert "Vous proposez" not in page
    assert not to_read().to_do().exists()
    assert "Autre moment proposé" not in text_of(desk.get(reverse("officer_file", args=[submission.pk])))


@pytest.mark.slow
def test_a_day_that_has_passed_is_not_agreed_to_and_a_closed_file_promises_no_call(
    client, submission, officer, token, call, settings
):
    settings.FIXED_DAY = call.due_on + timedelta(days=1)
    page = text_of(client.get(reverse("result", args=[token])))
    assert "Claire Vasseur doit vous appeler : c’était prévu le mercredi 25 novembre 2026" in page
    assert "Ce jour me convient" not in page
    assert "Ce jour est passé" in text_of(answer_call(client, token, call, agrees="1"))
    close_file(submission=submission, officer=officer, reason="unreachable")
    assert "vous appeler le" not in text_of(client.get(reverse("result", args=[token])))
    assert "Ce rappel n’est plus prévu" in text_of(answer_call(client, token, call, agrees="1"))
    call.refresh_from_db()
    assert call.agreed_at is None


@pytest.mark.slow
def test_a_proposal_is_taken_back(client, desk, submission, token, call):
    answer_call(client, token, call, text="Jeudi.", follow=False)
    answer_call(client, token, call, back=ours(Note).get().pk, follow=False)
    assert "Autre moment proposé" not in text_of(desk.get(reverse("officer_file", args=[submission.pk])))
    assert not to_read().to_do().exists()


def test_each_of_two_calls_is_answered_apart_and_one_refused_keeps_what_was_typed(
    client, submission, officer, token, call
):
    second = record_step(submission=submission, officer=officer, step="call_back", due_on=LATER)
    page = answer_call(client, token, second, text="y" * 301)
    assert page.status_code == 422
    assert page.content.decode().count("y" * 301) == 1
    assert "300" in text_of(page)
    answer_call(client, token, second, agrees="1", follow=False)
    call.refresh_from_db()
    assert call.agreed_at is None


def test_a_call_that_was_made_or_cancelled_takes_no_answer(client, submission, officer, token, call):
    close_step(follow_up=call, officer=officer)
    assert "On vous rappelle" not in text_of(client.get(reverse("result", args=[token])))
    for sent in ({"agrees": "1"}, {"text": "Jeudi."}):
        page = answer_call(client, token, call, **sent)
        assert page.status_code == 200
        assert "Ce rappel n’est plus prévu" in text_of(page)
    contacted = record_step(submission=submission, officer=officer, step="contacted")
    assert answer_call(client, token, contacted, agrees="1").status_code == 404
    assert not ours(Note).exists()


def test_the_form_of_an_officer_says_that_the_firm_reads_the_day(desk, submission):
    form = desk.get(reverse("officer_part", args=[submission.pk, "etape"]))
    assert "L’entreprise voit ce jour sur sa page, mais pas votre précision" in text_of(form)


# -- what the database takes


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    "columns",
    [
        {"scheme": None, "call": None},
        {"audience": "internal"},
        {"scheme": None, "keep_on": DAY},
    ],
)
def test_a_note_of_the_firm_is_of_a_scheme_or_of_a_call_and_both_read_it(submission, scheme, call, columns):
    given = {"scheme": scheme, "call": call if columns == {"scheme": None, "keep_on": DAY} else None, **columns}
    with pytest.raises(IntegrityError, match="note_of_the_firm"), transaction.atomic():
        Note.objects.create(
            **{"submission": submission, "audience": "firm", "text": "x", "written_at": submission.filed_at, **given}
        )


def test_who_stands_in_is_named_wherever_the_firm_reads_who_follows_it_until_the_absence_ends(
    client, submission, officer, scheme, token, call, settings
):
    def pages() -> list[str]:
        own = [text_of(client.get(reverse(name, args=[token]))) for name in ("result", "own_data")]
        lines = [one for firm in space_of(submission.contact.email, on=DAY).firms for one in firm.files]
        line = next(one for one in lines if one.submission == submission)
        return [*own, client.get(reverse("firm_scheme", args=[token, scheme.pk])).content.decode(), line.followed_by]

    until = {"user": officer, "starts_on": DAY, "ends_on": call.due_on, "by": officer}
    absence = declare_absence(**until, stand_in=None)
    result, own, _scheme, line = pages()
    away = f"n’est pas là jusqu’au {day_in_words(call.due_on, 'j F Y')} inclus"
    assert f"{officer} suit votre dossier, et {away}" in result
    assert line == f"{officer}, qui {away}"
    assert line in own
    assert "Vasseur prévoit" not in result
    cancel_absence(absence=absence, by=officer)

    stand_in = make_officer(first_name="Hugo", last_name="Lenoir")
    declare_absence(**until, stand_in=stand_in)
    result, own, of_scheme, line = pages()
    assert f"Hugo Lenoir suit votre dossier à la place de {officer} jusqu’au" in result
    assert f"Hugo Lenoir prévoit de vous appeler le {day_in_words(call.due_on, 'l j F Y')}" in result
    assert stand_in.email in of_scheme
    assert line.startswith(f"Hugo Lenoir, à la place de {officer} jusqu’au")
    assert line in own

    settings.FIXED_DAY = call.due_on + timedelta(days=1)
    result, own, of_scheme, _line = pages()
    assert "Lenoir" not in result + own + of_scheme
    assert f"{officer} doit vous appeler" in result

    settings.FIXED_DAY = DAY
    client.force_login(stand_in)  # whose visit the firm's page names too
    assert f"Suivi par {line} ." in text_of(client.get(reverse("officer_file", args=[submission.pk])))
