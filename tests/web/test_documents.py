"""The answer and the de minimis ledger as PDF: few sheets, tagged, and nothing of anybody else or of the link."""

import os
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats
from pypdf import PdfReader

from backend.matchmaking.models import Submission
from backend.matchmaking.results import latest_result
from backend.matchmaking.reviews import end_review
from backend.matchmaking.shortlist import shortlist_of
from backend.matchmaking.state_aid import declare_aid, declare_complete
from backend.schemes.models import Scheme, SubNeed
from backend.web.pdf import pdf_of
from tests.factories import (
    DAY,
    decide,
    first_matches,
    link_to,
    make_officer,
    make_organisation,
    make_submission,
    publish_revision,
)
from tests.web.conftest import fill, text_of
from tests.web.pdf_ua import failures

pytestmark = pytest.mark.django_db
MOST_SHEETS = 3
ONE = timedelta(days=1)


def read(response):
    """Return the pages of a PDF, its text on one line, and its reader."""
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("attachment; filename=")
    assert "no-store" in response["Cache-Control"]
    if folder := os.environ.get("JONCTION_PDF_TO"):  # to look at them
        Path(folder, f"{uuid4()}.pdf").write_bytes(response.content)
    reader = PdfReader(BytesIO(response.content))
    return reader, " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def assert_accessible(reader, title):
    assert failures(reader) == []
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "fr"
    assert reader.metadata.title == title
    kinds = set(tags(root["/StructTreeRoot"]["/K"]))
    assert {"/H1", "/H2", "/P"} <= kinds
    return kinds


def tags(node):
    """Yield the kind of each element of the structure."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        for each in node:
            yield from tags(each)
    elif isinstance(node, dict):
        if "/S" in node:
            yield node["/S"]
        if "/K" in node:
            yield from tags(node["/K"])


def plan_of(client, submission):
    return read(client.get(f"/resultat/{link_to(submission)}/pdf/"))


def test_the_plan_reads_as_french_and_keeps_the_capitals_of_a_symbol(client):
    facts = {"project.started": False, "micro_entrepreneur": False}
    _, text = plan_of(client, make_submission(needs=("energie.decarbonation",), text="", facts=facts))
    assert "CO2" in text
    for said in ("co2", "Projet projet", "Régime pas", "les points version"):
        assert said not in text


def test_the_plan_names_all_that_is_missing(client):
    without = ("headcount", "turnover", "balance_sheet", "group", "taxes_up_to_date", "project.started", "created_on")
    submission = make_submission(needs=("numerique.robot",), without=without)
    page = client.get(f"/resultat/{link_to(submission)}/").context["page"]
    longest = max((", ".join(card.missing) for card in page.cards[:5]), key=len)
    _, text = plan_of(client, submission)
    assert longest[-20:] in " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


def test_the_plan_of_a_file_is_its_page_on_three_sheets_without_its_link(client):
    make_organisation("ARC")
    submission = make_submission(text="Je cherche deux soudeurs pour la tôlerie.")
    token = link_to(submission)
    reader, text = read(client.get(f"/resultat/{token}/pdf/"))
    assert len(reader.pages) <= MOST_SHEETS
    assert {"/OL", "/L", "/LI"} & assert_accessible(reader, "Votre réponse, pour Tôlerie des Étangs")
    page = shortlist_of(submission, latest_result(submission, on=DAY))
    assert 3 <= len(page.cards) <= 5
    assert page.steps
    for card in page.cards:
        assert f"{card.standing.label} –" in text
        assert " ".join(card.revision.name[:60].split()) in text
        assert f"fiche version {card.revision.number}" in text
    for step in page.steps:
        assert "".join(step.what[:60].split()) in "".join(text.split())  # letters drawn close are read apart
    for said in (
        f"Demande {submission.reference}",
        "Par quoi commencer, pour Tôlerie des Étangs",
        "24 novembre 2026",
        "03 53 01 10 00",
        "Je cherche deux soudeurs pour la tôlerie.",
        "35 salariés",
        "Page 1 sur",
    ):
        assert said in text
    raw = [str(annotation.get_object()) for sheet in reader.pages for annotation in sheet.get("/Annots", ())]
    assert token not in text
    assert not any("/resultat/" in link for link in raw)
    assert "/resultat/" not in text


@pytest.mark.slow
def test_the_most_that_a_firm_can_say_holds_on_three_sheets(client):
    every = tuple(SubNeed.objects.values_list("key", flat=True))
    group = [{"name": f"Filiale {n} de la Tôlerie des Étangs", "share": 60.0, "headcount": 20.0} for n in range(9)]
    facts = {"group": group, "balance_sheet": [2_000_001, 10_000_000], "project.commune": "60159"}
    text = "Nous cherchons des soudeurs, un robot et un bâtiment plus grand. " * 75
    reader, _ = plan_of(client, make_submission(needs=every, text=text, company_name="É" * 160, facts=facts))
    assert len(reader.pages) <= MOST_SHEETS


def test_after_the_review_the_officer_stands_first_and_every_scheme_that_was_kept_is_there(client):
    officer, submission = make_officer(), make_submission(confirmed=True, facts={"project.spend": 500_000})
    colleague = make_officer(first_name="Sophie", last_name="Carlier", phone="03 44 00 00 07")
    page = shortlist_of(submission, latest_result(submission, on=DAY))
    either = list(Scheme.objects.filter(source_key__startswith="hdf-pme-plus-volet"))
    first = [match.scheme for match in first_matches(submission, 30) if not match.guide]
    kept = [*either, *(scheme for scheme in first if scheme not in either)][:12]
    for scheme in kept:
        decide(submission, scheme, officer)
    end_review(submission=submission, officer=officer, on=DAY, message="Appelez d’abord la chambre.")
    Submission.objects.filter(pk=submission.pk).update(officer=colleague)
    submission.refresh_from_db()
    reader, text = plan_of(client, submission)
    assert f"Relu par {officer}" in text
    assert "Dossier maintenant suivi par Sophie Carlier – 03 44 00 00 07" in text
    assert officer.email not in text
    assert "Appelez d’abord la chambre." in text
    assert "Retenu – " in text
    assert len(reader.pages) <= MOST_SHEETS
    after = shortlist_of(submission, latest_result(submission, on=DAY))
    assert len(after.cards) == 12
    assert after.n_more == page.n_possible - 12
    for card in after.cards:
        assert " ".join(card.revision.name[:60].split()) in text
    assert "Retenus aussi" in text
    assert f"{after.n_more} autres dispositifs sont sur la page" in text
    assert after.to_choose
    assert "Il faut choisir" in text


@pytest.mark.slow
def test_where_nothing_was_kept_the_review_promises_nothing_kept(client):
    officer, submission = make_officer(), make_submission(confirmed=True)
    end_review(submission=submission, officer=officer, on=DAY, message="Je vous rappelle.")
    _, text = plan_of(client, submission)
    page = text_of(client.get(f"/resultat/{link_to(submission)}/"))
    for said in (text, page):
        assert "Les plus proches de votre demande" in said
        assert "Retenus, puis" not in said


def test_one_other_scheme_is_said_in_the_singular():
    page = {"cards": [{"standing": {"label": "Éligible"}}], "n_more": 1}
    text = " ".join(render_to_string("web/pdf/plan.html", {"page": page, "on": DAY}).split())
    assert "Un autre dispositif est sur la page de votre réponse." in text


@pytest.mark.parametrize(
    ("n_kept", "n_near", "title"),
    [
        (0, 1, "Le plus proche de votre demande"),
        (0, 2, "Les plus proches de votre demande"),
        (1, 0, "Retenu après relecture"),
        (2, 0, "Retenus après relecture"),
        (1, 1, "Retenu, puis le plus proche de votre demande"),
        (2, 2, "Retenus, puis les plus proches de votre demande"),
    ],
)
def test_a_title_counts_what_was_kept_and_what_comes_near(n_kept, n_near, title):
    page = {"cards": [{}] * (n_kept + n_near), "n_kept": n_kept, "n_near": n_near}
    assert " ".join(render_to_string("web/parts/shortlist_title.html", {"page": page}).split()) == title


@pytest.mark.parametrize(
    ("n", "title", "way"),
    [
        (1, "Votre prochaine démarche", "Voir l’autre, ou chercher"),
        (2, "Vos prochaines démarches", "Voir les 2 autres, ou chercher"),
    ],
)
def test_one_step_and_one_other_scheme_are_said_in_the_singular(n, title, way):
    page = {"steps": [{"what": "Appeler", "card": {"match": {"scheme_id": 1}}}] * n, "n_more": n}
    for template in ("web/parts/next_steps.html", "web/pdf/plan.html"):
        assert f">{title}</h2>" in render_to_string(template, {"page": page, "on": DAY})
    assert way in " ".join(render_to_string("web/parts/shortlist.html", {"page": page}).split())


def test_the_document_warns_as_the_page_does(client):
    submission = make_submission(facts={"project.started": True})
    page = shortlist_of(submission, latest_result(submission, on=DAY))
    assert page.lost
    assert page.guides
    _, text = plan_of(client, submission)
    assert "Votre projet a déjà commencé." in text
    for named in (page.lost[0].name, page.guides[0].revision.name):
        assert " ".join(named[:60].split()) in text
    assert "Aucun dispositif" not in text


def test_words_that_were_not_understood_are_not_told_that_nothing_exists(client):
    submission = make_submission(needs=(), text="Zorglub frimaldi quontrex.")
    assert shortlist_of(submission, latest_result(submission, on=DAY)).nothing_fits
    _, text = plan_of(client, submission)
    assert "Nous n’avons pas bien compris votre besoin" in text
    assert "Aucun dispositif" not in text


def test_outside_the_territory_the_document_names_no_office_of_here_and_says_whom_to_call_there(client):
    """On the page of a scheme and in the document: elsewhere it is none of theirs."""
    make_organisation("ARC")
    for commune, is_here in (("Compiègne", True), ("Beauvais", False)):
        fill(client, upto="projet", entreprise={"commune": commune})
        answer = client.get("/demande/reponse/")
        assert "Télécharger en PDF" in answer.content.decode()  # before a name too
        card = next(card for card in answer.context["page"].cards if card.office)
        reader, document = read(client.get("/demande/reponse/pdf/"))
        assert len(reader.pages) <= MOST_SHEETS
        assert_accessible(reader, "Votre réponse, pour Chaudronnerie du Bac")
        scheme = text_of(client.get(reverse("draft_scheme", args=[card.match.scheme_id])))
        assert [("Près d’ici" in said) for said in (document, scheme)] == [is_here, is_here]
        assert ("Vos prochaines démarches" in document) is is_here
        assert ("03 53 01 10 00" in document) is is_here
        assert is_here or card.office.name not in document + scheme
    assert "Beauvais est hors du Grand Compiégnois" in document
    assert "le service économique de votre intercommunalité (CA du Beauvaisis)" in document


def test_without_a_draft_there_is_no_document(client):
    assert client.get("/demande/reponse/pdf/")["Location"] == "/demande/reponse/"


def test_the_ledger_is_a_declaration_to_sign(client):
    submission = make_submission()
    declare_aid(
        submission=submission, on=DAY, granted_on=DAY.replace(year=2025), amount_eur=12_500, title="Prêt FEDER"
    )
    declare_complete(submission=submission, complete=True, on=DAY)
    reader, text = read(client.get(f"/resultat/{(token := link_to(submission))}/aides/pdf/"))
    assert {"/Table", "/TH", "/TD"} <= assert_accessible(
        reader, "Déclaration des aides de minimis – Tôlerie des Étangs"
    )
    for said in ("Prêt FEDER", "12 500 €", "24 novembre 2025", "300 000 €", "Liste déclarée complète", "999999956"):
        assert said in text
    assert token not in text


def test_the_plan_says_a_last_day_until_it_has_passed_and_that_a_text_changed_as_the_page_does(client, settings):
    submission, last = make_submission(), date(2026, 12, 31)
    dated, changing = (match.scheme for match in first_matches(submission, 2))
    publish_revision(dated, window_state="dated", opens_on=DAY, closes_on=last, recurring=None, preparation_days=None)
    publish_revision(changing, window_state="permanent", opens_on=None, closes_on=None, legal_basis="CGI, article 244")
    changed = "La loi de finances pour 2027 a pu changer cet avantage"
    for on, has_changed in ((last, False), (last + ONE, True)):
        settings.FIXED_DAY = on
        page = text_of(client.get(f"/resultat/{link_to(submission)}/"))
        plan = plan_of(client, submission)[1].replace("\xa0", " ")
        assert (changed in page, changed in plan) == (has_changed, has_changed)
        assert ("31 décembre 2026 inclus (dernier jour : aujourd’hui)" in plan) is not has_changed
        assert ("31 décembre 2026" in plan) is not has_changed


@pytest.mark.slow
@pytest.mark.parametrize("last", [date(2026, 12, 31), date(2027, 3, 28), date(2027, 10, 31), date(2028, 2, 29)])
def test_the_plan_says_the_last_day_until_it_has_passed_whatever_clocks_do(client, settings, last):
    submission = make_submission()
    scheme = first_matches(submission)[0].scheme
    publish_revision(scheme, window_state="dated", opens_on=DAY, closes_on=last, recurring=None, preparation_days=None)
    day = formats.date_format(last, "j F Y")
    for on, said in ((last - ONE, "encore 1 jour"), (last, "dernier jour : aujourd’hui")):
        settings.FIXED_DAY = on
        _reader, text = plan_of(client, submission)
        assert f"{day} inclus ({said})" in text.replace("\xa0", " ")
    settings.FIXED_DAY = last + ONE
    _reader, text = plan_of(client, submission)
    assert f"{day} inclus" not in text
    assert f"au plus tard le {day}" not in text


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("granted", "leaves"), [(date(2024, 2, 29), date(2027, 3, 1)), (date(2024, 3, 28), date(2027, 3, 28))]
)
def test_the_ledger_counts_an_aid_until_it_is_three_years_old(client, settings, granted, leaves):
    submission = make_submission()
    aid = {"granted_on": granted, "amount_eur": 12_500, "regulation": "general", "title": "Pass Export"}
    declare_aid(submission=submission, on=DAY, **aid)
    declare_complete(submission=submission, complete=True, on=DAY)
    for on, left in ((leaves - ONE, "287 500 €"), (leaves, "300 000 €"), (leaves + ONE, "300 000 €")):
        settings.FIXED_DAY = on
        _reader, text = read(client.get(f"/resultat/{link_to(submission)}/aides/pdf/"))
        assert f"Reste {left}" in text, on
        assert ("ne compte plus" in text) == (on >= leaves)


@pytest.mark.parametrize(
    "named", ['<img src="https://ailleurs.example/a.png" alt="">', '<img src="file:///etc/passwd">']
)
def test_a_document_that_names_a_file_to_fetch_is_not_drawn(named):
    with pytest.raises(ValueError, match="fetches nothing"):
        pdf_of(f"<html lang='fr'><title>T</title>{named}</html>")


def test_a_network_that_asks_for_many_documents_waits(client, settings):
    settings.CACHES = {**settings.CACHES, "counters": {**settings.CACHES["counters"], "KEY_PREFIX": uuid4().hex}}
    settings.THROTTLES = {**settings.THROTTLES, "document.network": (1, 3600)}
    path = f"/resultat/{link_to(make_submission())}/pdf/"
    assert [client.get(path).status_code for _ in range(2)] == [200, 429]
