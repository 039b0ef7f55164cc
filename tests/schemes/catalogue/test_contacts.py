"""Whom to call near here: the office of who decides, on its sheets and no other, and what is counted of it."""

import json
from io import BytesIO
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.urls import reverse
from pypdf import PdfReader

from backend.matchmaking.results import latest_result
from backend.matchmaking.shortlist import shortlist_of
from backend.schemes.catalogue.contacts import (
    ContactCounts,
    contact_counts,
    is_deep,
    leads_to_its_page,
    offices,
    offices_of,
    own_sites,
)
from backend.schemes.models import Operator, OperatorRole, Revision, Scheme
from tests.factories import DAY, link_to, make_submission
from tests.schemes.people import get_scheme

pytestmark = pytest.mark.django_db
CHAMBER = "CCI de l'Oise"


def page_of(client, key: str) -> str:
    return client.get(f"/dispositifs/{key}/").content.decode()


def test_a_sheet_says_the_office_of_its_own_operator_and_of_no_other(client):
    (office,) = (one for one in offices() if CHAMBER in one.operators)
    theirs, other = page_of(client, "cci-oise"), page_of(client, "vie")
    assert f'href="tel:{office.phone.replace(" ", "")}"' in theirs
    assert "relevé sans date" in theirs[theirs.index("Près d’ici") :]
    assert office.phone not in other
    assert "Près d’ici" not in other


def test_a_firm_its_document_and_the_api_say_the_office_of_each_card_and_of_no_other(client):
    submission = make_submission(confirmed=True, text="Je cherche deux soudeurs pour la tôlerie.")
    make_submission(confirmed=True, company_name="Scierie Voisine", text="Je veux exporter en Allemagne.")
    token, cards = link_to(submission), shortlist_of(submission, latest_result(submission, on=DAY)).cards
    assert {bool(card.office) for card in cards} == {True, False}
    document = client.get(f"/resultat/{token}/pdf/")
    text = " ".join(" ".join(sheet.extract_text() for sheet in PdfReader(BytesIO(document.content)).pages).split())
    assert text.count("Près d’ici") == sum(bool(card.office) for card in cards)
    for card in cards:
        near = offices_of(card.revision.roles.all())
        page = client.get(reverse("firm_scheme", args=(token, card.match.scheme_id))).content.decode()
        assert ("Près d’ici" in page) is bool(near)
        told = client.get(f"/api/v1/schemes/{card.match.scheme.source_key}/").json()["contact"]["offices"]
        assert [(one["name"], one["phone"], one["url"]) for one in told] == [(o.name, o.phone, o.page) for o in near]
        if card.office:
            assert card.office == near[0]
            assert (f"tel:{card.office.phone.replace(' ', '')}" if card.office.phone else card.office.page) in page
            assert (card.office.phone or card.office.page).replace(" ", "") in text.replace(" ", "")
        assert "Scierie Voisine" not in page + text


def test_who_only_pays_is_not_whom_a_firm_calls():
    revision = get_scheme("vie").current
    chamber = Operator.objects.get(name=CHAMBER)
    funder, adviser = (
        OperatorRole(revision=revision, operator=chamber, role=role)
        for role in (OperatorRole.Role.FUNDER, OperatorRole.Role.DISTRIBUTOR)
    )
    assert offices_of([funder]) == ()
    assert [office.name for office in offices_of([funder, adviser])] == [CHAMBER]


def test_all_but_one_of_the_sheets_are_not_a_hundred_percent_of_them():
    assert ContactCounts(n_sheets=300, n_contacts=0, n_near=299, n_deep=300).near_pct == 99
    assert ContactCounts(n_sheets=0, n_contacts=0, n_near=0, n_deep=0).near_pct == 0


@pytest.mark.slow
def test_half_of_the_sheets_have_an_office_near_here_and_an_archived_one_counts_no_more(capsys):
    counts = contact_counts()
    assert counts.n_sheets == Scheme.objects.of_source(Scheme.OWN).published().count()
    assert counts.near_pct >= 50
    assert counts.n_deep < counts.n_sheets
    call_command("check_catalogue")
    assert f"{counts.n_near} avec un bureau du département" in capsys.readouterr().out

    Scheme.objects.filter(source_key="cci-oise", source=Scheme.OWN).update(state=Scheme.State.ARCHIVED)
    after = contact_counts()
    assert (after.n_sheets, after.n_near, after.n_deep) == (counts.n_sheets - 1, counts.n_near - 1, counts.n_deep)


@pytest.mark.parametrize(
    ("url", "deep"),
    [
        ("https://www.impots.gouv.fr/", False),
        ("https://www.impots.gouv.fr", False),
        ("", False),
        ("https://employeurprovelo.fr/?p=3097", True),
        ("https://www.actionlogement.fr/l-aide-mobili-jeune", True),
    ],
)
def test_a_link_is_deep_where_it_leads_past_the_home_page(url, deep):
    assert is_deep(url) is deep


def test_the_home_page_of_a_site_of_one_scheme_is_its_page_and_of_no_other_scheme():
    sheets = Revision.objects.filter(pk__in=Scheme.objects.of_source(Scheme.OWN).published().values("current"))
    by_key = {sheet.scheme.source_key: sheet for sheet in sheets.select_related("scheme")}
    for key, url in own_sites().items():
        assert (by_key[key].url, leads_to_its_page(by_key[key])) == (url, True)
        host = urlsplit(url).hostname
        assert [one for one, sheet in by_key.items() if urlsplit(sheet.url).hostname == host] == [key]
    other = by_key["cci-oise"]
    assert not leads_to_its_page(other)
    other.url = own_sites()["csirt-hdf"]
    assert not leads_to_its_page(other)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("a", "https://a.fr/", None)], "sans raison : a"),
        ([("a", "https://a.fr/aide", "why")], "n’est pas l’accueil d’un site : https://a.fr/aide"),
        ([("a", "https://a.fr/", "why"), ("b", "https://a.fr", "why")], "nommé deux fois"),
        ([("a", "https://a.fr/", "why"), ("a", "https://b.fr/", "why")], "nommé deux fois"),
    ],
)
def test_a_row_of_own_sites_that_says_less_or_more_than_one_site_is_refused(settings, tmp_path, rows, said):
    lines = [json.dumps(dict(zip(("scheme", "url", "why"), row, strict=True))) for row in rows]
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "fixtures" / "own_sites.yaml").write_text("\n  - ".join(["sites:", *lines]))
    settings.BASE_DIR = tmp_path
    own_sites.cache_clear()
    try:
        with pytest.raises(ValueError, match=said):
            own_sites()
    finally:
        own_sites.cache_clear()


@pytest.mark.parametrize(
    ("phones", "said"),
    [([None], "sans téléphone ni page : Bureau 0"), (["3957", "34 14"], "deux bureaux : Urssaf, Urssaf")],
)
def test_a_file_that_leads_nowhere_or_twice_is_refused(settings, tmp_path, phones, said):
    unsaid = "place: null, page: null, dated: null"
    rows = [
        f"  - {{operators: [Urssaf], name: Bureau {i}, phone: {phone or 'null'}, {unsaid}}}"
        for i, phone in enumerate(phones)
    ]
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "fixtures" / "offices.yaml").write_text("\n".join(["offices:", *rows]))
    settings.BASE_DIR = tmp_path
    offices.cache_clear()
    try:
        with pytest.raises(ValueError, match=said):
            offices()
    finally:
        offices.cache_clear()
