"""Sentences that sheets quote, looked for on a real site on loopback, one day after another."""

from datetime import date, timedelta
from time import sleep

import pytest

from backend.jobs.running import run
from backend.schemes.catalogue.quotes import quotes_of, seen_of, stands_in, words_of
from backend.schemes.ingestion.links.checking import check_pages
from backend.schemes.models import CatalogueTask, Quote, Scheme
from backend.schemes.typography import NBSP
from tests.common.sites import Site, site
from tests.factories import make_officer, publish_revision
from tests.schemes.ingestion.links.test_reading import MONEY, TEXT
from tests.schemes.people import get_scheme, make_editor
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 16)
SAID, ABSENT = "L’entreprise a moins de 250 salariés.", "Le siège est dans l’Oise."
AMOUNT = "Jusqu’à 8 000 euros […] par entreprise."
ON_PAGE = "<p>L'entreprise a <b>moins de 250</b>\n salariés.</p><p>Jusqu'à 8 000 euros de prêt, par entreprise.</p>"


def body(*parts: str) -> str:
    return f"<title>Pass</title><main>{TEXT}{MONEY}{''.join(parts)}</main>"


@pytest.fixture
def here():
    with site() as served:
        served.page("/fiche", body(ON_PAGE))
        yield served


@pytest.fixture
def scheme(here: Site) -> Scheme:
    scheme = get_scheme()
    Scheme.objects.exclude(pk=scheme.pk).update(state=Scheme.State.ARCHIVED)
    return quote(here, SAID, ABSENT)


def quote(here: Site, *excerpts: str, amount: str = AMOUNT, as_of: date = MONDAY) -> Scheme:
    """Publish the sheet anew, quoting sentences from the page of the site; the last one stands behind its amount."""
    scheme = get_scheme()
    place = max(scheme.current.criteria.values_list("position", flat=True), default=0) + 1
    new = publish_revision(
        scheme, url="", contact_url="", amount_text="Un prêt.", amount_source=1, amount_excerpt=amount, as_of=as_of
    )
    source = new.sources.create(position=1, title="Le porteur", url=f"{here.url}/fiche#aide", dated="2026-11-01")
    for n, excerpt in enumerate(excerpts):
        definition = {"kind": "headcount", "below": 250 + n}
        new.criteria.create(position=place + n, definition=definition, source=source, excerpt=excerpt)
    return get_scheme()


def check(day: int):
    return check_pages(on=MONDAY + timedelta(days=day), pause=0)


def night(day: int):
    assert run(name="links.check", on=MONDAY + timedelta(days=day), pause=0).error == ""


def waiting() -> list[CatalogueTask]:
    return list(CatalogueTask.objects.waiting())


def test_words_stand_in_a_page_whatever_its_signs_and_lines():
    words = words_of("<p>L'entreprise a moins\n de 250 salariés (ETP). Le siège\u00a0: Oise.")
    assert stands_in("L’ENTREPRISE a moins de 250 salariés", words)
    assert stands_in("L’entreprise […] Le siège : Oise", words)
    assert not stands_in("Le siège […] L’entreprise", words)
    assert not stands_in("moins de 25", words)
    assert not stands_in("moins de 250 salarié", words)


def test_the_first_live_reading_is_the_baseline_and_tells_nobody(scheme):
    assert not seen_of(scheme.current, for_editor=True).absent
    assert check(0).n_changed == 0
    assert Quote.objects.count() == 3
    seen = seen_of(scheme.current, for_editor=True)
    assert seen.of(ABSENT) == (f"À confirmer{NBSP}: le 16 novembre 2026, la page ne le disait pas en ces mots.")
    assert (seen.of(SAID), seen.of(AMOUNT), seen.of(""), seen.changed_on) == ("", "", "", None)
    assert waiting() == []


def test_what_never_stood_on_its_page_is_told_to_editors_only(client, scheme):
    path = f"/dispositifs/{scheme.source_key}/"
    check(0)
    for user, n_told in ((None, 0), (make_officer(), 0), (make_editor(), 1)):
        if user:
            client.force_login(user)
        page = text_of(client.get(path))
        assert page.count("ne le disait pas en ces mots") == n_told
        assert "A changé" not in page


@pytest.mark.slow
def test_a_page_that_is_held_is_sent_again_once_a_sentence_is_gone(client, scheme, here):
    path = f"/dispositifs/{scheme.source_key}/"
    night(0)
    night(1)
    held = client.get(path)
    assert client.get(path, headers={"If-None-Match": held["ETag"]}).status_code == 304
    assert client.get(path, headers={"If-Modified-Since": held["Last-Modified"]}).status_code == 304
    sleep(1.1)  # the date of a page is told to the second
    here.page("/fiche", body())
    night(2)
    night(3)
    for name, header in (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")):
        again = client.get(path, headers={name: held[header]})
        assert again.status_code == 200
        assert "A changé le" in text_of(again)


def test_a_change_is_told_until_the_sheet_was_read_again_and_kept_its_words(client, scheme, here):
    check(0)
    here.page("/fiche", body())
    check(1)
    check(2)
    path = f"/dispositifs/{scheme.source_key}/"
    for day, is_told in ((1, True), (2, False), (9, False)):
        quote(here, SAID, as_of=MONDAY + timedelta(days=day))
        check(2)
        page = text_of(client.get(path))
        assert ("A changé le 17 novembre 2026" in page) is is_told
        assert ("ne le disait plus" in page) is is_told


def test_a_sentence_that_is_gone_on_two_days_is_one_task_and_dates_the_sheet(client, scheme, here):
    check(0)
    here.page("/fiche", body("<p>Jusqu'à 8 000 euros de prêt, par entreprise.</p>"))
    assert check(1).n_changed == 0
    assert check(1).n_changed == 0  # twice in a day is one
    assert waiting() == []
    assert check(2).n_changed == 1
    (task,) = waiting()
    assert (task.scheme, task.job) == (scheme, "links.check")
    assert f"ne dit plus, depuis le 17 novembre 2026, ce que la fiche en cite{NBSP}: « {SAID} »" in task.text
    assert "avec sa nouvelle date, même inchangée" in task.text
    for day in (2, 3, 4):
        assert check(day).n_changed == 0
    assert seen_of(scheme.current).changed_on == MONDAY + timedelta(days=1)
    page = text_of(client.get(f"/dispositifs/{scheme.source_key}/"))
    assert "A changé le 17 novembre 2026" in page
    assert "la page ne le disait plus" in page


def test_another_change_of_the_page_is_no_change_of_the_sentence(scheme, here):
    check(0)
    here.page("/fiche", body(ON_PAGE, "<p>Le bureau ferme en août.</p>"))
    for day in (1, 2, 3):
        check(day)
    assert seen_of(scheme.current).changed_on is None
    assert waiting() == []


def test_a_page_that_changes_wholly_is_one_task(scheme, here):
    check(0)
    here.page("/fiche", f"<main>{TEXT.replace('machine neuve', 'voiture')}<p>Plafond de 9 000 €.</p></main>")
    for day in (1, 2, 3):
        check(day)
    assert len(waiting()) == 1


def test_one_night_without_the_sentence_is_no_change(scheme, here):
    check(0)
    here.page("/fiche", body())
    check(1)
    here.page("/fiche", body(ON_PAGE))
    check(2)
    here.page("/fiche", body())
    check(3)
    assert waiting() == []
    assert seen_of(scheme.current).changed_on is None


def test_a_page_that_fails_says_nothing_of_its_sentences(scheme, here):
    check(0)
    before = list(Quote.objects.order_by("pk").values())
    here.page("/fiche", "Non.", status=500)
    check(1)
    here.page("/fiche", "<p>Presque rien.</p>")
    check(2)
    assert list(Quote.objects.order_by("pk").values()) == before


def test_a_sentence_that_comes_back_is_no_change_any_more(scheme, here):
    check(0)
    here.page("/fiche", body())
    check(1)
    check(2)
    assert seen_of(scheme.current).changed_on
    here.page("/fiche", body(ON_PAGE))
    check(3)
    assert seen_of(scheme.current).changed_on is None
    assert seen_of(scheme.current).of(SAID) == ""


def test_an_absent_sentence_that_appears_is_confirmed_and_may_change_later(scheme, here):
    check(0)
    here.page("/fiche", body(ON_PAGE, f"<p>{ABSENT}</p>"))
    check(1)
    assert seen_of(scheme.current, for_editor=True).of(ABSENT) == ""


def test_a_sheet_that_quotes_other_words_starts_anew(scheme, here):
    check(0)
    here.page("/fiche", body())
    check(1)
    check(2)
    again = quote(here, "Le taux est de 30 %")
    check(3)
    seen = seen_of(again.current)
    assert (seen.changed_on, seen.of("Le taux est de 30 %")) == (MONDAY + timedelta(days=1), "")  # its amount still
    assert Quote.objects.count() == 2


def test_what_a_sheet_quotes_is_found_by_page():
    for scheme in Scheme.objects.of_source(Scheme.OWN).published().select_related("current")[:40]:
        for url, excerpts in quotes_of(scheme.current).items():
            assert url.startswith("https://")
            assert "#" not in url
            assert all(excerpts)
