"""What the page of an answer says around its schemes: whose it is, who follows it, and where it leads."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.urls import reverse

from backend.accounts.absences import declare_absence
from backend.common.days import day_in_words
from backend.links.models import Kind
from backend.schemes.models import Revision
from tests.factories import (
    ARC,
    DAY,
    first_matches,
    guest_link,
    link_to,
    make_guest,
    make_officer,
    make_organisation,
    make_submission,
    publish_revision,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def submission():
    make_submission(confirmed=True, email="b@voisine.example", company_name="Voisine", contact_name="Zoé Petit")
    return make_submission(confirmed=True)


def links_of(page: str) -> dict[str, str]:
    """Return what each link of a page says, by where it leads."""
    found = re.findall(r'<a\b[^>]*\bhref="([^"]+)"[^>]*>(.*?)</a>', page, re.DOTALL)
    return {href: words(said) for href, said in found}


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_an_answer_is_the_firms_and_leads_to_what_it_can_be_taken_as(client, submission):
    token = link_to(submission)
    scheme = first_matches(submission, 1)[0].scheme
    publish_revision(scheme, window_state=Revision.WindowState.DATED, closes_on=date(2026, 12, 31))
    page = client.get(reverse("result", args=[token])).content.decode()
    assert words(page).startswith("Votre résultat – Tôlerie des Étangs ")
    links = links_of(page)
    for name, said in (
        ("correct", "Corriger mes réponses"),
        ("plan", "Télécharger en PDF"),
        ("calendar", "Dates pour mon agenda"),
    ):
        assert links[reverse(name, args=[token])] == said
    assert "Voisine" not in page
    assert "Zoé" not in page


def test_a_guest_reads_whose_request_it_is_and_is_sent_a_link_to_her_own_space(client, submission):
    guest = make_guest(submission)
    token = guest_link(guest)
    page = client.get(reverse("result", args=[token])).content.decode()
    assert "Vous lisez la demande de Isabelle Morel, qui vous y a invité : vous pouvez lire." in words(page)
    assert f'action="{reverse("send_access", args=[token])}"' in page
    n_links = page.count(f'href="{reverse("space")}"')  # in the menu

    client.post(f"/acces/{guest_link(guest, Kind.ACCESS)}/")
    page = client.get(reverse("result", args=[token])).content.decode()
    assert links_of(page)[reverse("space")] == "Mon espace"
    assert page.count(f'href="{reverse("space")}"') == n_links + 1
    assert reverse("send_access", args=[token]) not in page
    assert "Voisine" not in page


@pytest.mark.parametrize("phone", ["03 53 01 10 00", ""])
def test_who_is_away_and_replaced_by_nobody_leaves_the_telephone_of_the_service(client, submission, phone):
    officer = make_officer(first_name="Odile", last_name="Ferrand")
    service = make_organisation(ARC)
    service.phone = phone
    service.save()
    submission.officer = officer
    submission.save()
    declare_absence(user=officer, starts_on=DAY, ends_on=DAY + timedelta(days=3), stand_in=None, by=officer)
    page = client.get(reverse("result", args=[link_to(submission)])).content.decode()
    said = words(page)
    back = day_in_words(DAY + timedelta(days=3), "j F Y")
    assert f"Odile Ferrand suit votre dossier, et n’est pas là jusqu’au {back} inclus." in said
    assert (f"D’ici là, appelez {service} : 03 53 01 10 00 ." in said) is bool(phone)
    assert ('href="tel:0353011000"' in page) is bool(phone)


def test_who_stands_in_is_named_with_a_telephone_and_an_address(client, submission):
    officer = make_officer(first_name="Odile", last_name="Ferrand")
    stand_in = make_officer(first_name="Hugo", last_name="Lenoir", phone="0344209911")
    submission.officer = officer
    submission.save()
    declare_absence(user=officer, starts_on=DAY, ends_on=DAY + timedelta(days=3), stand_in=stand_in, by=officer)
    page = client.get(reverse("result", args=[link_to(submission)])).content.decode()
    back = day_in_words(DAY + timedelta(days=3), "j F Y")
    assert f"Hugo Lenoir suit votre dossier à la place de Odile Ferrand jusqu’au {back} inclus." in words(page)
    links = links_of(page)
    assert links["tel:0344209911"] == "0344209911"
    assert links[f"mailto:{stand_in.email}"] == stand_in.email
    assert officer.email not in page
    assert "Voisine" not in page
