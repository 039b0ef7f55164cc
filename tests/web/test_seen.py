"""A window that a page showed open, told with its day and page on the public sheet, to the firm and its officer."""

from datetime import date

import pytest

from backend.schemes.catalogue.windows import window_on
from backend.schemes.ingestion.observing import observe
from backend.schemes.models import Scheme
from tests.factories import first_matches, link_to, make_officer, make_submission
from tests.schemes.people import get_scheme, make_editor
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
SEEN, TOLD = "mte-diag-biodiversite", "hdf-aden"
HELD = "Vu ouvert le 12 juin 2026 (Transition écologique des entreprises)"
ONLY_TOLD = "Dates d’ouverture à confirmer\N{NO-BREAK SPACE}; vu ouvert le 4 décembre 2023 (les-aides.fr)"


@pytest.fixture(autouse=True)
def today(settings):
    settings.FIXED_DAY = date(2026, 11, 28)


def plain(response) -> str:
    return " ".join(text_of(response).split())


@pytest.mark.parametrize(("key", "told", "tag"), [(SEEN, HELD, "Ouvert"), (TOLD, ONLY_TOLD, "Ouverture à confirmer")])
def test_the_public_page_says_when_and_where_it_was_seen_open(client, key, told, tag):
    response = client.get(f"/dispositifs/{key}/")
    shown = plain(response)
    assert " ".join(told.split()) in shown
    assert f"Diagnostic {tag}" in shown or f"{tag} " in shown
    assert f'href="{get_scheme(key).current.seen_url}"' in response.content.decode()


def test_once_its_life_is_over_the_public_page_says_so(client, settings):
    settings.FIXED_DAY = get_scheme(SEEN).current.seen_until
    assert "à confirmer ; vu ouvert" not in plain(client.get(f"/dispositifs/{SEEN}/"))
    settings.FIXED_DAY = date(2027, 6, 13)
    shown = plain(client.get(f"/dispositifs/{SEEN}/"))
    assert "Dates d’ouverture à confirmer ; vu ouvert le 12 juin 2026 (Transition écologique des entreprises)" in shown


def test_the_firm_and_its_officer_read_it_on_their_pages(client):
    submission = make_submission(confirmed=True, on=date(2026, 11, 28), needs=("risques.climat", "energie.audit"))
    match = next(one for one in first_matches(submission, 60) if one.revision.seen_until)
    match.revision.refresh_from_db()
    firm = client.get(f"/resultat/{link_to(submission)}/dispositif/{match.scheme_id}/", follow=True)
    assert firm.status_code == 200
    assert f"Vu ouvert le 12 juin 2026 ({match.revision.seen_by})" in plain(firm)
    assert f'href="{match.revision.seen_url}"' in firm.content.decode()
    assert f": 12 juin 2026 {match.revision.seen_by}" in plain(firm)
    client.force_login(make_officer())
    officer = client.get(f"/agent/catalogue/{match.scheme_id}/")
    assert f"Vu ouvert le 12 juin 2026 ({match.revision.seen_by})" in plain(officer)


def test_the_api_gives_the_sighting(client):
    window = client.get(f"/api/v1/schemes/{SEEN}/").json()["window"]
    assert (window["state"], window["today"]) == ("unknown", "open")
    assert (window["seen_on"], window["seen_until"]) == ("2026-06-12", "2027-06-12")
    assert window["seen_url"].endswith("/aides-entreprise/diag-biodiversite")
    assert client.get("/api/v1/schemes/mediation-credit/").json()["window"]["seen_on"] is None


def test_what_is_counted_of_windows_is_public_and_follows_what_is_seen(client, settings):
    settings.FIXED_DAY = on = date(2026, 12, 2)  # not before the day that the sheets speak of

    def shown():
        return plain(client.get("/transparence/"))

    schemes = Scheme.objects.of_source(Scheme.OWN).published().select_related("current")
    windows = [window_on(scheme.current, on=on) for scheme in schemes]
    n, n_known = len(windows), sum(window != "unknown" for window in windows)
    assert f"Connue : {n_known} sur {n} ({n_known / n:.0%})".replace("%", " %") in shown()
    assert f"À confirmer : {n - n_known}." in shown()
    assert window_on(get_scheme("bpi-diag-cyber").current, on=on) == "unknown"
    observe(
        scheme=get_scheme("bpi-diag-cyber"), editor=make_editor(), on=on, url="https://a.example/",
        site="Le porteur", tier="operator", day=on, says="exhausted", read_on=on,
    )  # fmt: skip
    assert f"Connue : {n_known + 1} sur {n} (" in shown()
    assert "Sûrement ouverts aujourd’hui, par besoin" in shown()
