"""The page of schemes that work, and the rate beside a scheme: whose figures, in which words, and no firm's name."""

import csv
import re
from html import unescape
from io import StringIO

import pytest
from django.urls import reverse

from backend.journal.models import AuditEvent
from backend.matchmaking.scheme_events import say
from backend.steering.facts import follow_files
from tests.factories import ARC, CCLO, COMMUNES, DAY, decide, first_matches, make_lead, make_officer, make_submission
from tests.neighbour import WORD
from tests.web.conftest import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.neighbour("siren", "address", "group")]
PAGE = "/territoire/dispositifs/"


@pytest.fixture
def scheme():
    """A scheme that four firms of one place obtained and one of another did not."""
    found = None
    for n, epci in enumerate((ARC, ARC, ARC, ARC, CCLO)):
        facts = {"commune": COMMUNES[epci]}
        file = make_submission(confirmed=True, siret="", siren="", email=f"f{n}@firme.example", facts=facts)
        found = found or first_matches(file)[0].scheme
        say(submission=file, scheme=found, state="applied", on=DAY, euros=20_000)
        state = "granted" if epci == ARC else "refused"
        say(submission=file, scheme=found, state=state, on=DAY, euros=12_500 if n == 0 else None)
    officer = make_officer(CCLO)
    other = first_matches(file, 2)[1]
    decide(file, other.scheme, officer, "wrong_criterion", criterion=other.revision.criteria.first(), comment="Faux.")
    follow_files(on=DAY)
    return found


def line_of(response, scheme):
    """Return the cells of a scheme in the CSV."""
    rows = csv.reader(StringIO(response.content.decode("utf-8-sig")), delimiter=";")
    return next(row for row in rows if row[0] == "demandés" and row[1] == str(scheme))


def test_who_leads_the_territory_reads_all_and_no_name_on_the_page_and_in_a_file(client, scheme, neighbour):
    lead = make_lead()
    client.force_login(lead)
    with neighbour.shown():  # the euros of the second firm are a line of the whole, as exact as all of them
        text = text_of(client.get(PAGE))
        cells = line_of(client.get(PAGE, {"csv": "1"}), scheme)
    assert cells[2:8] == ["5", "4", "1", "80", "38", "96"]
    assert cells[8:13] == ["5", "0", "100000", "12500", "1"]
    assert AuditEvent.objects.get(kind="export", actor=lead).detail == "dispositifs"
    assert WORD not in text
    assert str(scheme) in text
    assert "80 % (38 à 96 %)" in text
    assert "12 500 €" in text.replace("\u202f", " ").replace("\xa0", " ")
    assert "1 sur 4 chiffrés" in text
    assert "Tôlerie des Étangs" not in text


def names_of(response):
    """Return the schemes that the first table shows."""
    table, _end, _rest = response.content.decode().partition("</table>")
    return [unescape(name) for name in re.findall(r'<th role="rowheader" scope="row">([^<]+)<', table)]


def test_ten_schemes_are_shown_at_once_and_each_is_found_by_its_name(client, neighbour):
    file = make_submission(confirmed=True, facts={"commune": COMMUNES[ARC]})
    asked = sorted(str(match.scheme) for match in first_matches(file, 12))
    for match in first_matches(file, 12):
        say(submission=file, scheme=match.scheme, state="applied", on=DAY)
    follow_files(on=DAY)
    client.force_login(make_officer(ARC, role="epci_lead"))
    first, second = client.get(PAGE), client.get(PAGE, {"page": "2"})
    assert names_of(first) + names_of(second) == asked
    assert len(names_of(first)) == 10
    assert "12 demandes d’entreprises" in text_of(second)
    word = asked[-1].upper()
    assert names_of(client.get(PAGE, {"recherche": word})) == [asked[-1]]
    assert "ne porte ce nom" in text_of(client.get(PAGE, {"recherche": "zeppelin"}))
    rows = csv.reader(StringIO(client.get(PAGE, {"recherche": word, "csv": "1"}).content.decode()), delimiter=";")
    assert [row[1] for row in rows if row[0] == "demandés"] == [asked[-1]]
    with neighbour.shown():
        assert client.get(PAGE, {"recherche": "x" * 81}).status_code == 422


def test_what_is_not_in_a_list_is_said(client, neighbour):
    client.force_login(make_lead())
    for name in ("epci", "besoin", "taille", "depuis"):
        with neighbour.shown():
            response = client.get(PAGE, {name: "n’importe"})
            assert client.get(PAGE, {name: "n’importe\x00", "csv": "1"}).status_code == 422, name
        assert response.status_code == 422, name
        assert "n’est pas dans la liste" in text_of(response), name


def test_officers_and_those_who_lead_an_intercommunality_read_their_own_and_no_other(client, scheme):
    client.force_login(make_officer(CCLO, role="epci_lead"))
    text = text_of(client.get(PAGE))
    assert "0 sur 1" in text
    assert "12 500" not in text.replace("\u202f", " ").replace("\xa0", " ")
    assert "Écarté" in text or "condition fausse" in text.lower()
    client.force_login(make_officer(ARC, role="epci_lead"))
    assert "Aucune fiche n’a été écartée pour une condition fausse." in text_of(client.get(PAGE))
    file = make_submission(confirmed=True, email="autre@firme.example", siret="", siren="")
    client.force_login(make_officer())
    pages = [reverse("officer_file_scheme", args=[file.pk, scheme.pk]), reverse("officer_scheme", args=[scheme.pk])]
    for page in pages:
        assert "Obtenu par 4 entreprises sur 5 qui ont eu une réponse (80 %, entre 38 et 96 %)" in text_of(
            client.get(page)
        )
    other = next(match.scheme for match in first_matches(file, 4) if match.scheme != scheme)
    assert "qui ont eu une réponse" not in text_of(client.get(reverse("officer_scheme", args=[other.pk])))
