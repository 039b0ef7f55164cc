"""What the jobs say of a sheet's days, on days that are arguments; and the e-mail of the week."""

from datetime import date, timedelta

import pytest

from backend.notifications.kinds import CATALOGUE
from backend.notifications.models import Notification
from backend.notifications.services import stop
from backend.schemes.catalogue.dates import check_expiry, check_reviews
from backend.schemes.catalogue.drafts import propose, write_draft
from backend.schemes.catalogue.reports import close_task
from backend.schemes.catalogue.summary import send_summaries
from backend.schemes.editing.approvals import approve
from backend.schemes.models import CatalogueTask, Scheme
from tests.factories import make_officer, publish_revision
from tests.schemes.people import get_scheme, make_approver, make_editor, make_task, record_of

pytestmark = pytest.mark.django_db
END = date(2026, 12, 31)
DATED = {"window_state": "dated", "opens_on": date(2026, 2, 1), "closes_on": END}
DAY = timedelta(days=1)


@pytest.fixture
def alone():
    """Leave one scheme in the catalogue; return a function that publishes its sheet with other days."""
    scheme = get_scheme()
    Scheme.objects.exclude(pk=scheme.pk).update(state=Scheme.State.ARCHIVED)

    def publish(**columns) -> Scheme:
        publish_revision(get_scheme(), **{"as_of": END - 90 * DAY, "review_by": None, **columns})
        return get_scheme()

    return publish


def waiting(job="catalogue.expiry") -> list[str]:
    return list(CatalogueTask.objects.from_job(job).waiting().values_list("text", flat=True))


# -- the last day


@pytest.mark.cases(5)
@pytest.mark.parametrize(
    ("columns", "on", "kind"),
    [
        ({}, END - 31 * DAY, None),
        ({}, END - 30 * DAY, "closing"),
        ({}, END, "closing"),  # the last day is inside
        ({}, END + DAY, "expired"),
        ({"recurring": True}, END, None),  # it comes back: nothing to look for
        ({"recurring": True}, END + DAY, "expired"),
        ({"recurring": False}, END, "closing"),
        ({"window_state": "suspended"}, END + DAY, "expired"),
        ({"window_state": "closed"}, END + DAY, None),  # the sheet says so
        ({"window_state": "permanent", "opens_on": None, "closes_on": None}, END + DAY, None),
        ({"window_state": "unknown", "opens_on": None, "closes_on": None}, END + DAY, None),
    ],
)
def test_a_sheet_is_reported_from_thirty_days_before_its_end_on(alone, columns, on, kind):
    alone(**{**DATED, **columns})
    check_expiry(on=on)
    found = CatalogueTask.objects.waiting().values_list("subject", flat=True)
    assert list(found) == ([f"{kind}:{END}"] if kind else [])


@pytest.mark.parametrize(
    ("recurring", "said"),
    [
        (True, "nouvelle ouverture attendue vers le 1er février 2027"),
        (False, "Il ne revient pas"),
        (None, "On ne sait pas s’il revient"),
    ],
)
def test_what_to_do_depends_on_whether_it_comes_back(alone, recurring, said):
    alone(**DATED, recurring=recurring)
    check_expiry(on=END + DAY)
    assert said in waiting()[0]


def test_each_night_changes_nothing_more_until_the_sheet_does(alone):
    alone(**DATED)
    assert [check_expiry(on=END - n * DAY).n_changed for n in (40, 30, 30, 20, 1, 0)] == [0, 1, 0, 0, 0, 0]
    assert check_expiry(on=END + DAY).n_changed == 2  # one settled, one reported
    assert check_expiry(on=END + DAY).n_changed == 0
    assert CatalogueTask.objects.get(subject=f"closing:{END}").answer == "Il a fermé : un autre signalement le dit."
    alone(**{**DATED, "opens_on": END, "closes_on": date(2027, 12, 31)})
    check_expiry(on=END + 2 * DAY)
    assert waiting() == []
    assert CatalogueTask.objects.get(subject=f"expired:{END}").answer == "La fiche a été mise à jour."


def test_what_an_editor_answered_is_not_asked_again(alone):
    alone(**DATED)
    check_expiry(on=END + DAY)
    close_task(task=CatalogueTask.objects.get(), editor=make_editor(), answer="Prolongé, l’arrêté suit.")
    check_expiry(on=END + 2 * DAY)
    assert waiting() == []


def test_a_scheme_that_somebody_is_rewriting_has_a_follow_up(alone):
    scheme, author = alone(**DATED), make_editor()
    check_expiry(on=END - 10 * DAY)
    assert len(waiting()) == 1
    sources = [{"title": "Arrêté inventé", "url": "https://exemple.example/arrete", "dated": "2026"}]
    record = record_of(scheme, name="Prolongé", sources=sources)
    draft = write_draft(author=author, record=record, scheme=scheme, base=scheme.current)
    check_expiry(on=END - 9 * DAY)
    assert waiting() == []
    propose(proposal=draft, author=author)
    check_expiry(on=END - 8 * DAY)
    assert waiting() == []


def test_a_follow_up_approved_for_a_later_day_is_one(alone):
    scheme, author, approver = alone(**DATED), make_editor(), make_approver()
    sources = [{"title": "Arrêté inventé", "url": "https://exemple.example/arrete", "dated": "2026"}]
    record = record_of(scheme, name="Prolongé", sources=sources)
    draft = write_draft(author=author, record=record, scheme=scheme, base=scheme.current)
    proposal = propose(proposal=draft, author=author)
    approve(proposal=proposal, approver=approver, publish_on=END + DAY, on=END - 20 * DAY)
    check_expiry(on=END - 10 * DAY)
    assert waiting() == []
    send_summaries(on=END - 10 * DAY)
    assert not any("sans suite connue" in mail.text for mail in mails())


def test_an_archived_scheme_asks_for_nothing(alone):
    scheme = alone(**DATED)
    check_expiry(on=END + DAY)
    Scheme.objects.filter(pk=scheme.pk).update(state=Scheme.State.ARCHIVED)
    check_expiry(on=END + 2 * DAY)
    assert CatalogueTask.objects.get().answer == "Le dispositif n’est plus publié."


def test_a_job_leaves_the_reports_of_people_and_of_other_jobs_alone(alone):
    task = make_task(alone(**DATED, review_by=END))
    check_reviews(on=END + DAY)
    check_expiry(on=END + DAY)
    assert CatalogueTask.objects.waiting().count() == 3
    alone(**{**DATED, "closes_on": date(2028, 1, 1)}, review_by=date(2028, 1, 1))
    check_expiry(on=END + 2 * DAY)
    assert set(CatalogueTask.objects.waiting().values_list("origin", flat=True)) == {"person", "job"}
    check_reviews(on=END + 2 * DAY)
    assert CatalogueTask.objects.waiting().get() == task


# -- reading again


@pytest.mark.parametrize(
    ("columns", "on", "is_reported"),
    [
        ({"review_by": END}, END, False),
        ({"review_by": END}, END + DAY, True),
        ({"as_of": END}, END + 180 * DAY, False),
        ({"as_of": END}, END + 181 * DAY, True),
    ],
)
def test_a_sheet_is_reported_once_its_day_is_over(alone, columns, on, is_reported):
    alone(**columns)
    for _ in range(2):
        check_reviews(on=on)
        assert len(waiting("catalogue.review")) == is_reported


def test_a_sheet_that_was_read_again_settles_and_is_reported_at_its_next_day(alone):
    alone(review_by=END)
    check_reviews(on=END + DAY)
    alone(as_of=END + 2 * DAY, review_by=END + 100 * DAY)
    check_reviews(on=END + 2 * DAY)
    assert CatalogueTask.objects.get().answer == "La fiche a été relue."
    check_reviews(on=END + 101 * DAY)
    assert "À relire depuis le 10 avril 2027" in waiting("catalogue.review")[0]


def test_the_whole_catalogue_is_looked_at_in_few_queries(django_assert_max_num_queries):
    quiet = date(2026, 11, 28)  # nothing is overdue yet: each report that is due costs its own queries
    check_reviews(on=quiet)
    with django_assert_max_num_queries(3):
        work = check_reviews(on=quiet)
    assert work.n_looked_at == Scheme.objects.of_source(Scheme.OWN).published().count() > 50


# -- the e-mail of the week


def mails() -> list[Notification]:
    return list(Notification.objects.filter(kind="catalogue_week").order_by("pk"))


def test_one_email_a_week_to_each_who_edits_whatever_the_number_of_sheets():
    editor, approver = make_editor(), make_approver()
    make_officer()
    monday = date(2029, 1, 1)  # by then every sheet is overdue
    for days in (0, 1, 6, 7, 8, 13):
        send_summaries(on=monday + days * DAY)
    assert len(mails()) == 4
    assert {mail.recipient for mail in mails()} == {editor.email, approver.email}
    n_published = Scheme.objects.of_source(Scheme.OWN).published().count()
    assert f"À relire : {n_published} fiches." in mails()[0].text
    assert f"… et {n_published - 10} de plus." in mails()[0].text


def test_the_email_says_what_closed_what_closes_and_what_people_wait_for(alone):
    scheme = alone(**DATED)
    make_editor()
    make_task(scheme)
    send_summaries(on=END - 10 * DAY)
    text = mails()[0].text
    assert "Ferment dans les trente jours, sans suite connue" in text
    assert "Médiation du crédit, le 31 décembre 2026" in text
    assert "Fiches à vérifier : 1, dont 1 signalée par des personnes." in text
    send_summaries(on=END + 7 * DAY)
    assert "Fermés ces sept derniers jours" in mails()[1].text
    assert "fermé depuis le 31 décembre 2026" in mails()[1].text
    send_summaries(on=END + 14 * DAY)
    assert "Fermés ces" not in mails()[2].text  # once


def test_nothing_to_say_nothing_sent(alone):
    make_editor()
    on = date(2026, 6, 1)  # no text changes around it
    alone(review_by=date(2030, 1, 1), as_of=on)
    assert send_summaries(on=on).n_changed == 0
    assert mails() == []


def test_who_stopped_the_catalogue_is_not_written_to(alone):
    alone(**DATED)
    stop(address=make_editor().email, topic=CATALOGUE)
    send_summaries(on=END)
    assert mails()[0].state == Notification.State.STOPPED
