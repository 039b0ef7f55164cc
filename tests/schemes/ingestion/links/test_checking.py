"""Days of checks of a real site on loopback; the day is an argument, nobody waits for it."""

from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from backend.jobs.models import JobRun
from backend.schemes.catalogue.reports import close_task
from backend.schemes.ingestion.links import checking
from backend.schemes.ingestion.links.checking import LinkCheckError, check_pages, uses_in_force
from backend.schemes.ingestion.links.examining import Sight
from backend.schemes.models import CatalogueTask, Outcome, Page, PageCheck, Scheme
from tests.common.sites import Site, send, site
from tests.factories import publish_revision
from tests.schemes.ingestion.links.test_reading import MONEY, TEXT
from tests.schemes.people import get_scheme, make_editor
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 16)
PAGE = f"<title>Pass machine</title><main>{TEXT}{MONEY}</main>"


@pytest.fixture
def here() -> Iterator[Site]:
    with site() as served:
        yield served


@pytest.fixture
def scheme(here) -> Scheme:
    """Make a catalogue of one published scheme, whose page is on a site of ours."""
    scheme = get_scheme()
    Scheme.objects.exclude(pk=scheme.pk).update(state=Scheme.State.ARCHIVED)
    publish_revision(scheme, url=here.page("/aide", PAGE), contact_url="")
    return get_scheme()


def check(day: int, **options):
    return check_pages(on=MONDAY + timedelta(days=day), pause=0, **options)


def waiting() -> list[CatalogueTask]:
    return list(CatalogueTask.objects.waiting())


def page() -> Page:
    return Page.objects.get()


# -- what is looked at


def test_every_address_of_published_sheets_is_looked_at_once():
    uses = uses_in_force()
    published = Scheme.objects.of_source(Scheme.OWN).published().select_related("current")
    assert {scheme.current.url for scheme in published if scheme.current.url} <= {*uses}
    archived = Scheme.objects.filter(state=Scheme.State.ARCHIVED)
    assert not {use.scheme.pk for of_url in uses.values() for use in of_url} & {*archived.values_list("pk", flat=True)}
    assert all(len({use.scheme.pk for use in of_url}) == len(of_url) for of_url in uses.values())


def test_an_address_with_several_parts_is_one_page(scheme, here):
    publish_revision(scheme, url=f"{here.url}/aide#montant", contact_url=f"{here.url}/aide#contact")
    assert [*uses_in_force()] == [f"{here.url}/aide"]


def test_a_page_that_no_sheet_names_any_more_is_forgotten(scheme, here):
    check(0)
    publish_revision(scheme, url=here.page("/autre", PAGE))
    check(1)
    assert page().url == f"{here.url}/autre"
    assert PageCheck.objects.count() == 1


def test_a_part_takes_those_that_wait_the_longest(scheme, here):
    publish_revision(scheme, url=f"{here.url}/aide", contact_url=here.page("/contact", PAGE))
    assert check(0, limit=1).n_looked_at == 1
    assert check(1, limit=1).n_looked_at == 1
    assert {each.checked_on for each in Page.objects.all()} == {MONDAY, MONDAY + timedelta(days=1)}
    assert check(2, host="ailleurs.example").n_looked_at == 0
    assert check(2, host="127.0.0.1").n_looked_at == 2


# -- pages that fail


def test_three_failures_on_three_days_make_one_report_and_not_three_in_a_day(scheme, here):
    here.page("/aide", "Non.", status=500)
    for _ in range(5):
        check(0)
    check(1)
    assert waiting() == []
    assert (page().failing_since, page().n_days_failing(MONDAY + timedelta(days=1))) == (MONDAY, 2)
    assert check(2).n_changed == 1
    assert check(2).n_changed == 0
    check(3)
    [task] = waiting()
    assert (task.scheme, task.origin, task.job) == (scheme, "job", "links.check")
    assert "Page du dispositif" in task.text
    assert "erreur (500)" in task.text
    assert "depuis le 16 novembre 2026" in task.text


def test_days_without_a_check_do_not_count_and_do_not_break(scheme, here):
    here.page("/aide", status=404)
    for day in (0, 5):
        check(day)
    assert waiting() == []
    check(6)
    assert len(waiting()) == 1


def test_a_page_that_answers_in_between_starts_again(scheme, here):
    for day, status in enumerate((500, 500, 200, 500, 500)):
        here.page("/aide", PAGE, status=status)
        check(day)
    assert waiting() == []
    assert page().failing_since == MONDAY + timedelta(days=3)


def test_different_failures_are_one_series(scheme, here):
    for day, status in enumerate((500, 404, 403)):
        here.page("/aide", PAGE, status=status)
        check(day)
    assert "refuse notre programme" in waiting()[0].text


def fail_for_three_days(here, start=0):
    here.page("/aide", status=404)
    for day in range(start, start + 3):
        check(day)


def test_a_report_closes_itself_when_the_page_answers_again(scheme, here):
    fail_for_three_days(here)
    here.page("/aide", PAGE)
    assert check(3).n_changed == 1
    task = CatalogueTask.objects.get()
    assert (task.closed_by, task.answer) == (None, "La page répond de nouveau le 19 novembre 2026.")
    assert page().failing_since is None


def test_an_editor_who_answered_is_not_asked_again_until_it_answers_and_fails_again(scheme, here):
    fail_for_three_days(here)
    close_task(task=waiting()[0], editor=make_editor(), answer="Le site est en travaux jusqu’en décembre.")
    fail_for_three_days(here, start=3)
    assert waiting() == []
    here.page("/aide", PAGE)
    check(6)
    fail_for_three_days(here, start=7)
    assert len(waiting()) == 1
    assert CatalogueTask.objects.count() == 2


def test_a_report_closes_itself_when_the_sheet_gives_another_address(scheme, here):
    fail_for_three_days(here)
    publish_revision(scheme, url=here.page("/nouvelle", PAGE))
    assert check(3).n_changed == 1
    assert CatalogueTask.objects.get().answer == "La fiche publiée ne donne plus cette adresse."


def test_each_sheet_that_names_a_page_is_told_of_it_as_what_it_is(scheme, here):
    other = get_scheme("vie")
    publish_revision(other, url="", contact_url=f"{here.url}/aide")
    fail_for_three_days(here)
    assert {task.scheme: task.text.split(" http")[0] for task in waiting()} == {
        scheme: "Page du dispositif",
        other: "Page de contact",
    }


def test_soft_404_and_the_way_home_are_failures_of_their_own(scheme, here):
    publish_revision(scheme, url=f"{here.url}/aide", contact_url=f"{here.url}/contact")
    here.page("/", PAGE)
    here.page("/aide", "<h1>Page introuvable</h1>")
    here.redirect("/contact", "/")
    for day in range(3):
        check(day)
    assert set(Page.objects.values_list("outcome", flat=True)) == {Outcome.SOFT_NOT_FOUND, Outcome.HOME}
    assert len(waiting()) == 2


# -- pages that moved


def test_a_new_address_is_proposed_after_three_days(scheme, here):
    here.page("/nouvelle", PAGE)
    here.redirect("/aide", "/nouvelle", status=301)
    for day in range(2):
        check(day)
    assert waiting() == []
    for day in range(2, 5):
        check(day)
    [task] = waiting()
    assert f"{here.url}/nouvelle" in task.text
    here.page("/aide", PAGE)
    check(5)
    assert CatalogueTask.objects.get().answer == "La page ne renvoie plus à cette adresse."


# -- pages that change


def show(here, body: str, day: int):
    here.page("/aide", f"<title>Pass machine</title><main>{body}</main>")
    return check(day)


CHANGED = (TEXT + MONEY).replace("50 000 €", "30 000 €")


def test_a_change_is_reported_when_two_days_agree_and_says_what_and_when(scheme, here):
    show(here, TEXT + MONEY, 0)
    show(here, TEXT + MONEY, 2)
    show(here, CHANGED, 4)
    show(here, CHANGED, 4)
    assert waiting() == []
    show(here, CHANGED, 5)
    [task] = waiting()
    assert "a changé entre le 18 novembre 2026 et le 20 novembre 2026" in task.text
    assert "plus : 50000€" in task.text.replace("\u00a0", " ")
    assert "maintenant : 30000€" in task.text.replace("\u00a0", " ")
    show(here, CHANGED, 6)
    assert CatalogueTask.objects.count() == 1


def test_a_change_that_is_undone_the_next_day_is_none(scheme, here):
    for day, body in enumerate((TEXT + MONEY, CHANGED, TEXT + MONEY, CHANGED, TEXT + MONEY)):
        show(here, body, day)
    assert waiting() == []


def test_a_page_that_changes_each_day_says_nothing(scheme, here):
    for day in range(8):
        show(here, f"{TEXT}{MONEY}<p>{day}00 € à gagner aujourd’hui</p>", day)
    assert waiting() == []


def test_a_second_change_waits_in_the_report_of_the_first(scheme, here):
    for day, body in enumerate((TEXT + MONEY, CHANGED, CHANGED, TEXT, TEXT)):
        show(here, body, day)
    assert len(waiting()) == 1
    close_task(task=waiting()[0], editor=make_editor(), answer="Fiche mise à jour.")
    for day, body in enumerate((CHANGED, CHANGED), start=5):
        show(here, body, day)
    assert len(waiting()) == 1


def test_a_page_of_contact_may_change(scheme, here):
    publish_revision(scheme, url="", contact_url=f"{here.url}/aide")
    for day, body in enumerate((TEXT + MONEY, CHANGED, CHANGED)):
        show(here, body, day)
    assert waiting() == []


def test_a_page_that_fails_for_a_while_is_compared_with_what_it_said_before(scheme, here):
    show(here, TEXT + MONEY, 0)
    here.page("/aide", status=503)
    check(1)
    show(here, CHANGED, 2)
    show(here, CHANGED, 3)
    assert "entre le 16 novembre 2026 et le 18 novembre 2026" in waiting()[0].text


# -- our own fault, and old checks


def test_where_no_site_answers_nothing_is_kept(scheme, monkeypatch):
    urls = [f"https://site{n}.example/" for n in range(12)]
    monkeypatch.setattr(
        checking, "examine_all", lambda *args, **options: [Sight(url=u, outcome=Outcome.DNS) for u in urls]
    )
    with pytest.raises(LinkCheckError, match="notre connexion"):
        check(0)
    assert not PageCheck.objects.exists()


def test_old_checks_are_erased(scheme):
    for day in (0, 50, 100):
        check(day)
    assert [each.on for each in PageCheck.objects.all()] == [MONDAY + timedelta(days=day) for day in (100, 50)]


@pytest.mark.parametrize(
    "columns",
    [{"outcome": "ok"}, {"checked_on": MONDAY}, {"checked_on": MONDAY, "outcome": "dns"},
     {"checked_on": MONDAY, "outcome": "ok", "failing_since": MONDAY}],
)  # fmt: skip
def test_the_database_refuses_half_an_outcome(columns):
    with pytest.raises(IntegrityError), transaction.atomic():
        Page.objects.create(url="https://exemple.example/", **columns)


# -- by hand, and the page


def test_the_command_checks_a_part_and_says_what_fails(scheme, here):
    here.page("/aide", status=404)
    out = StringIO()
    call_command("check_links", "--limit", "5", stdout=out)
    assert "introuvable (erreur 404) (1 jour)" in out.getvalue()
    assert "links.check : 1 regardée, 0 changée." in out.getvalue()
    assert JobRun.objects.get().is_partial
    with pytest.raises(CommandError, match="attendu, un nombre de pages"):
        call_command("check_links", "--limit", "0")


def test_editors_see_each_page_with_its_days(scheme, here, client):
    check(0)
    here.page("/aide", status=404)
    check(1)
    client.force_login(make_editor())
    base = "/administration/schemes/page/"
    assert f"{here.url}/aide" in text_of(client.get(base, {"etat": "echec"}))
    assert f"{here.url}/aide" not in text_of(client.get(base, {"etat": "reponse"}))
    sheet = text_of(client.get(f"/administration/schemes/scheme/{scheme.pk}/change/"))
    assert f"{here.url}/aide (page du dispositif) : introuvable, en échec depuis le 17 novembre 2026" in sheet
    text = text_of(client.get(f"{base}{page().pk}/change/"))
    assert "16 novembre 2026" in text
    assert "la page est introuvable (erreur 404)" in text


def test_what_was_sent_is_polite(scheme, here):
    seen = []
    here.on("/aide", lambda request: (seen.append(request.headers["User-Agent"]), send(request, PAGE)))
    check(0)
    assert all(agent.startswith("Jonction/") for agent in seen)
