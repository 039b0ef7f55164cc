"""The pages of those who lead the territory: what they show to whom, and how they answer what they cannot read."""

import csv
import re
from datetime import date
from html import unescape
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook

from backend.accounts.models import Membership, Organisation
from backend.jobs.models import JobState
from backend.jobs.running import run
from backend.journal.models import AuditEvent, Kind
from backend.matchmaking.reviews import end_review
from backend.matchmaking.standing import Standing
from backend.schemes.models import Scheme, SubNeed
from backend.steering.actions import decide_action
from backend.steering.models import Action, FileFact, NeedFact, StepFact, Target
from backend.steering.need_table import pack_needs
from backend.steering.nightly import rebuild
from backend.steering.published import publish
from backend.steering.scopes import Filters
from backend.steering.targets import set_target
from tests.factories import (
    ARC,
    CCLO,
    COMMUNES,
    DAY,
    archive_serving,
    make_lead,
    make_officer,
    make_organisation,
    make_submission,
)
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
FUNNEL, MAP = "/territoire/", "/territoire/carte/"
NAME = "Tôlerie des Étangs"


@pytest.fixture
def files():
    """Files of three firms of one place, two of them by the site of a chamber, and of one of another, answered."""
    chamber = make_organisation(kind=Organisation.Kind.CHAMBER)
    for n, epci in enumerate((ARC, ARC, ARC, CCLO)):
        apart = {"siret": "", "siren": "", "email": f"firme{n}@firme.example"}
        by = {"came_from": chamber if n else None}
        file = make_submission(confirmed=True, facts={"commune": COMMUNES[epci]}, **apart, **by)
    end_review(submission=file, officer=make_officer(CCLO), on=DAY, message="Bonjour.")
    rebuild(on=DAY)


def lead_of(epci):
    return make_officer(epci, role=Membership.Role.EPCI_LEAD)


def rows_of(response):
    return list(csv.reader(StringIO(response.content.decode("utf-8-sig")), delimiter=";"))


@pytest.mark.neighbour("siren", "address", "group")
def test_the_lead_of_an_intercommunality_reads_its_figures_and_no_other(client, files):
    client.force_login(lead_of(ARC))
    page = text_of(client.get(FUNNEL))
    assert "Déposée : 3" in page
    assert "Répondue : 0" in page
    assert "Lisières" not in page
    client.force_login(lead_of(CCLO))
    page = text_of(client.get(FUNNEL))
    assert "Déposée : 1" in page
    assert "Répondue : 1" in page
    assert ["Total", "", "en attente de réponse", "0", *[""] * 5] in rows_of(client.get(FUNNEL, {"csv": "1"}))
    assert "de commune inconnue" not in page
    make_submission(confirmed=True, without=("commune",), email="ici@firme.example", siren="", siret="")
    page = client.get(FUNNEL)
    assert "1 demande de commune inconnue" in text_of(page)
    assert "n’y compte pas : elle est aux quatre intercommunalités" in text_of(page)
    pool = client.get(f"/agent/?{page.context['nowhere_list']}").context["rows"]
    assert [row.submission.contact.email for row in pool] == ["ici@firme.example"]
    refused = client.get(FUNNEL, {"epci": ARC})
    assert "Déposée : 1" in text_of(refused)  # he has one place: there is nothing to choose


@pytest.mark.neighbour("siren", "address", "group")
def test_the_territory_lead_reads_all_and_no_name(client, files):
    client.force_login(make_lead())
    page = text_of(client.get(FUNNEL, {"depuis": "tout"}))
    assert "n’attendent pas davantage" not in page
    assert "2 demandes répondues, 3 en attente de réponse" in page  # with the second firm's, which is answered
    assert "Déposée : 5" in page  # the second firm is counted with them
    assert "Lisières" in page
    assert NAME not in page
    assert "Déposée : 1" in text_of(client.get(FUNNEL, {"epci": CCLO}))
    # Folded filters say what they leave.
    page = text_of(client.get(MAP, {"epci": ARC, "vue": "groups:recrutement", "commune": "60159"}))
    assert "Filtrer : Agglomération de la Région de Compiègne, Recrutement" in page
    assert "Tout afficher" in page
    page = text_of(client.get(MAP, {"commune": "60159"}))  # a click on the map is said by the page's own heading
    assert "Filtrer :" not in page
    assert "Tout afficher" in page
    assert "Tout afficher" not in text_of(client.get(FUNNEL))


NAMES = [(FUNNEL, name) for name in ("epci", "besoin", "taille", "depuis")]
NAMES += [(MAP, name) for name in ("epci", "besoin", "taille", "tri", "commune", "detail", "montre")]


def test_what_is_not_in_a_list_is_said(client):
    client.force_login(make_lead())
    for page, name in NAMES:
        response = client.get(page, {name: "n’importe"})
        assert response.status_code == 422, name
        text = text_of(response)
        assert "n’est pas dans la liste" in text or "pas le code d’une commune" in text, name
        assert client.get(page, {name: "n’importe\x00", "csv": "1"}).status_code == 422, name


LACKING = {"1": (2, 0, 0), "2": (1, 1, 0), "3": (3, 0, 1), "4": (0, 2, 1)}  # met, to specify, unmet


@pytest.mark.neighbour("siren", "address", "group")
@pytest.mark.parametrize(("level", "needs"), LACKING.items())
def test_the_map_shows_what_lacks_or_how_much_is_asked(client, files, level, needs):
    met, to_specify, unmet = needs
    words = [*[Standing.LIKELY] * met, *[Standing.TO_SPECIFY] * to_specify, *[Standing.INELIGIBLE] * unmet]
    first = NeedFact.objects.filter(file__epci__short_name=ARC).order_by("pk")
    first.exclude(pk__in=first[: len(words)].values("pk")).delete()
    for fact, word in zip(first, words, strict=True):
        NeedFact.objects.filter(pk=fact.pk).update(standing=word)
    pack_needs()
    client.force_login(lead_of(ARC))
    html = client.get(MAP).content.decode()
    said = f"Compiègne : {len(words)} besoins, {to_specify} à préciser, {unmet} sans dispositif"
    assert re.search(rf'<title>{said}</title>\s*<path class="gap-{level}"', html)
    assert re.findall(r"<text [^>]*>(\d+)</text>", html) == ([str(unmet)] if unmet else [])
    html = client.get(MAP, {"montre": "besoins"}).content.decode()
    assert "Tout afficher" not in html  # nothing is left out
    assert re.search(rf'<title>{said}</title>\s*<path class="gap-{1 if len(words) < 3 else 2}"', html)
    assert re.findall(r"<text [^>]*>(\d+)</text>", html) == [str(len(words))]
    assert 'href="?montre=besoins&amp;commune=60159#tableaux"' in html
    assert "commune=60025" not in html


@pytest.mark.neighbour("siren", "address", "group")
def test_the_map_is_a_picture_with_links_and_the_same_as_tables(client, files):
    client.force_login(lead_of(ARC))
    response = client.get(MAP)
    html, page = response.content.decode(), text_of(response)
    assert "6 besoins de 3 demandes" in page  # two needs each
    assert 'href="?commune=60159#tableaux"' in html
    assert 'aria-label="Compiègne : 6 besoins,' in html
    assert html.count("<path class=") == 77
    assert "commune=60025" not in html
    assert "Attichy" not in page
    assert NAME not in page
    client.force_login(make_lead())
    html = client.get(MAP, {"besoin": "numerique", "tri": "nom"}).content.decode()
    assert 'href="?besoin=numerique&amp;tri=nom&amp;commune=60025#tableaux"' in html
    assert "4 besoins de 4 demandes" in text_of(client.get(MAP, {"besoin": "numerique", "taille": "10_to_49"}))
    narrowed = client.get(MAP, {"commune": "60025", "detail": "numerique.robot"})
    assert "1 besoin de 1 demande" in text_of(narrowed)
    assert "<svg" not in narrowed.content.decode()  # the other communes ask too: they are not to look empty
    assert 'href="?detail=numerique.robot"' in narrowed.content.decode()


def listed(client, page):
    """Follow the link to the files that a page of the map counts; return their numbers and how many needs it says."""
    html = page.content.decode()
    (address,) = set(re.findall(r'href="(/agent/\?etat=tous&amp;carte=[^"]*)"', html))
    response = client.get(unescape(address))
    assert "sans dispositif sur la carte des besoins" in text_of(response)
    return {row.submission.pk for row in response.context["rows"]}, page.context["found"].total.unmet


@pytest.mark.neighbour("siren", "address", "group")
def test_the_files_behind_the_number_without_an_answer_are_one_click_away(client, neighbour):
    archive_serving("cyber.diagnostic")
    needs = ("cyber.diagnostic", "numerique.robot")
    there, here, _answered = (
        make_submission(
            confirmed=True,
            facts={"commune": COMMUNES[epci]},
            needs=needs[of],
            email=f"f{n}@firme.example",
            siren="",
            siret="",
        )
        for n, (epci, of) in enumerate(((CCLO, slice(2)), (ARC, slice(1)), (ARC, slice(1, 2))))
    )
    rebuild(on=DAY)
    client.force_login(make_lead())
    counted = set(NeedFact.objects.exclude(standing__in=NeedFact.POSSIBLE).values_list("file", flat=True))
    assert {there.pk, here.pk} <= counted
    with neighbour.shown():  # which has unmet needs too
        assert listed(client, client.get(MAP))[0] == counted
        page = client.get(MAP)
        assert f"celles que compte cette page : {len(counted)}." in text_of(page)
        most = page.context["found"].by_need[0]
        assert f"Sans dispositif, d’abord : {most.label} ({most.unmet} sur {most.demand})" in text_of(page)
    narrowed = client.get(MAP, {"commune": COMMUNES[CCLO], "detail": needs[0]})
    assert "Sans dispositif, d’abord" not in text_of(narrowed)  # of one need and one place the count says it
    assert listed(client, narrowed) == ({there.pk}, 1)
    assert listed(client, client.get(MAP, {"detail": needs[1]})) == (set(), 0)
    client.force_login(lead_of(ARC))
    ((found, n_needs), address) = listed(client, client.get(MAP)), "/agent/?etat=tous&carte=epci%3DCCLO"
    assert (here.pk in found, there.pk in found, n_needs) == (True, False, len(found))
    assert there.pk not in {row.submission.pk for row in client.get(address).context["rows"]}
    client.force_login(make_officer(ARC))  # who is sent the address of the list reads in it what they may open
    assert {row.submission.pk for row in client.get("/agent/?etat=tous&carte=tout").context["rows"]} == found


@pytest.mark.neighbour("siren", "address", "group")
def test_a_need_that_advice_alone_answers_is_told_apart_on_the_page_and_in_its_file(client):
    need, guides = "energie.facture", ("cci-oise", "conseillers-entreprises")
    archive_serving(need)
    Scheme.objects.filter(source_key__in=guides).update(state=Scheme.State.PUBLISHED)
    make_submission(confirmed=True, facts={"commune": COMMUNES[ARC]}, needs=(need,))
    rebuild(on=DAY)
    client.force_login(lead_of(ARC))
    response = client.get(MAP, {"detail": need})
    page = text_of(response)
    assert "1 sans dispositif (100 %), dont 1 avec un conseil seul." in page
    assert "1 (100 %), dont 1 avec un conseil" in page  # in the table
    assert "quel que soit le besoin, n’en est pas un" in page
    assert "1 sans dispositif, dont 1 avec un conseil seul." in text_of(
        client.get(f"{ACTIONS}nouvelle/?detail={need}")
    )
    head, row = rows_of(client.get(MAP, {"detail": need, "csv": "1"}))
    said = dict(zip(head, row, strict=True))
    assert (said["sans dispositif"], said["dont avec un conseil seul"], said["dispositif"]) == ("1", "1", "")


@pytest.mark.neighbour("siren", "address", "group")
def test_a_need_of_which_a_question_is_open_is_in_a_group_of_its_own(client):
    need, other, far = "energie.facture", "cyber.diagnostic", "numerique.robot"
    for epci, asked in ((ARC, (need, other)), (CCLO, (far,))):
        make_submission(confirmed=True, facts={"commune": COMMUNES[epci]}, needs=asked, siren="", siret="")
    rebuild(on=DAY)
    NeedFact.objects.update(standing=Standing.TO_SPECIFY, is_advised=True)
    pack_needs()
    client.force_login(lead_of(ARC))
    everything = client.get(MAP)
    assert SubNeed.objects.get(key=far).label not in {gap.label for gap in everything.context["found"].by_need}
    labels = sorted(SubNeed.objects.get(key=key).label for key in (need, other))
    assert f"À préciser, d’abord : {labels[0]} (1 sur 1), {labels[1]} (1 sur 1)." in text_of(everything)
    assert "Sans dispositif, d’abord" not in text_of(everything)
    response = client.get(MAP, {"detail": need})
    page = text_of(response)
    said = "0 avec un dispositif, 1 à préciser (une réponse manque encore), 0 sans dispositif (0 %)."
    assert f"1 besoin de 1 demande : {said}" in page
    assert "Par besoin : combien de besoins, avec ou sans dispositif" in page
    assert listed(client, response) == (set(), 0)
    head, row = rows_of(client.get(MAP, {"detail": need, "csv": "1"}))
    cells = dict(zip(head, row, strict=True))
    assert [cells[name] for name in ("avec un dispositif", "à préciser", "sans dispositif")] == ["0", "1", "0"]
    assert "1 besoin, 0 avec un dispositif, 1 à préciser, 0 sans dispositif." in text_of(
        client.get(f"{ACTIONS}nouvelle/?detail={need}")
    )


@pytest.mark.neighbour("siren", "address", "group")
def test_a_few_lines_stand_open_and_all_others_are_one_click_away(client):
    needs = list(SubNeed.objects.order_by("key").values_list("key", flat=True)[:9])
    make_submission(confirmed=True, facts={"commune": COMMUNES[ARC]}, needs=needs)
    rebuild(on=DAY)
    client.force_login(lead_of(ARC))
    html = client.get(MAP).content.decode()
    _map, tables = html.split('id="tableaux"')
    shown, folded = tables.split("<details", 1)
    counted = [part.count('scope="row"') for part in (shown, folded.split("</details>")[0])]
    assert counted == [4, len(needs) - 4]
    assert "la suite (5)" in folded


@pytest.mark.neighbour("siren", "address", "group")
def test_figures_and_cells_are_taken_away_as_they_are_filtered(client, files):
    client.force_login(lead_of(ARC))
    head, *rows = rows_of(client.get(MAP, {"csv": "1"}))
    assert head[:4] == ["commune", "besoin", "taille", "besoins exprimés"]
    assert sorted(row[:4] for row in rows) == [
        ["60159", "competences.recruter", "10_to_49", "3"],
        ["60159", "numerique.robot", "10_to_49", "3"],
    ]
    for page in (FUNNEL, MAP):  # a workbook says what the CSV says, with numbers as numbers
        response = client.get(page, {"xlsx": "1", "besoin": "numerique"})
        assert response["Content-Disposition"].endswith('.xlsx"')
        sheet = load_workbook(BytesIO(response.content)).active
        rows = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
        assert rows == rows_of(client.get(page, {"csv": "1", "besoin": "numerique"}))
        assert any(isinstance(cell.value, int) for row in sheet for cell in row)
    assert AuditEvent.objects.filter(kind=Kind.EXPORT).count() == 5
    rows = rows_of(client.get(FUNNEL, {"csv": "1", "besoin": "numerique"}))
    assert rows[0][:4] == ["par", "groupe", "étape", "demandes"]
    assert ["Total", "", "déposée", "3", "0", "0", "", "", ""] in rows
    assert not [row for row in rows if NAME in "".join(row)]
    event = AuditEvent.objects.filter(kind=Kind.EXPORT).latest("at")
    assert (event.detail, event.submission_id) == ("demandes", None)


@pytest.mark.neighbour("siren", "address", "group")
def test_files_are_counted_by_the_site_they_came_by_in_ones_own_perimeter(client, files):
    """Of the chamber: two of one place, one of another; and one more whose address nobody confirmed."""
    chamber = make_organisation(kind=Organisation.Kind.CHAMBER)
    make_submission(came_from=chamber, siret="", siren="", email="pas-encore@firme.example")
    rebuild(on=DAY)
    for lead, by_site, direct in (
        (lead_of(ARC), (3, 2), (1, 1)),
        (lead_of(CCLO), (1, 1), (0, 0)),
        (make_lead(), (4, 3), (2, 2)),  # with the second firm
    ):
        client.force_login(lead)
        page = client.get(FUNNEL)
        found = [(one.site, (one.filed, one.confirmed)) for one in page.context["arrived"]]
        assert found == [("Service chamber", by_site), ("", direct)]
        assert "Site Déposées Confirmées Service chamber {} {} Directement {} {}".format(*by_site, *direct) in text_of(
            page
        )
    rows = rows_of(client.get(FUNNEL, {"csv": "1", "besoin": "numerique", "epci": CCLO}))
    arrived = [row[1:4] for row in rows if row[0] == "Par où elles arrivent"]
    assert arrived[:2] == [["Service chamber", "déposée", "1"], ["Service chamber", "adresse confirmée", "1"]]
    assert "arrived" in client.get(FUNNEL, {"besoin": "energie"}).context
    assert not client.get(FUNNEL, {"taille": "from_250"}).context["arrived"]


def test_a_page_asks_the_database_a_few_times_only(client, files, django_assert_max_num_queries):
    for step in Target.STEPS:
        set_target(user=make_lead(), step=step, working_days=3, share=90, on=DAY)
    robots = Filters(sub_need="numerique.robot")
    decide_action(user=make_lead(), filters=robots, what="Écrire", owner="La Région", due_on=DAY, on=DAY)
    for user in (make_lead(), lead_of(ARC)):
        client.force_login(user)
        for page in (FUNNEL, MAP, f"{MAP}?detail=numerique.robot"):
            client.get(page)
            with django_assert_max_num_queries(12):
                client.get(page)


ACTIONS = "/territoire/actions/"
NEW = f"{ACTIONS}nouvelle/?detail=numerique.robot"


@pytest.mark.neighbour("siren", "address", "group")
def test_an_action_is_decided_on_the_map_and_ended_in_the_list(client, files):
    lead = lead_of(ARC)
    client.force_login(lead)
    gap = client.get(MAP, {"detail": "numerique.robot", "commune": "60159"}).content.decode()
    assert 'href="/territoire/actions/nouvelle/?commune=60159&amp;detail=numerique.robot"' in gap
    assert "3 besoins" in text_of(client.get(NEW))
    sent = {"what": "Inviter les intégrateurs", "owner": "Marc", "due_on": "2999-01-31"}
    page = text_of(client.post(NEW, sent, follow=True))
    assert "Inviter les intégrateurs" in page
    assert "À la décision, le 24 novembre 2026 : 3 besoins" in page
    action = Action.objects.get()
    refused = client.post(f"{ACTIONS}{action.pk}/terminer/", {"result": " "})
    assert refused.status_code == 422
    assert "Dites ce qu’il en est." in text_of(refused)
    page = text_of(client.post(f"{ACTIONS}{action.pk}/terminer/", {"result": "Trois sont venus."}, follow=True))
    assert "Terminée le 24 novembre 2026 : Trois sont venus." in page
    gap = text_of(client.get(MAP, {"detail": "numerique.robot"}))
    assert "Inviter les intégrateurs (Marc," in gap
    assert "terminée le 24 novembre 2026 : Trois sont venus. À la décision, le 24 novembre 2026 : 3 besoins," in gap
    Action.objects.update(to_specify_then=None)
    assert "sans dispositif ou à préciser, comptés ensemble. Aujourd’hui : 3 besoins, " in text_of(client.get(ACTIONS))
    assert "Inviter" not in text_of(client.get(MAP, {"detail": "energie.facture"}))
    client.force_login(lead_of(CCLO))
    assert "Inviter" not in text_of(client.get(MAP, {"detail": "numerique.robot"}))
    assert "Inviter" not in text_of(client.get(ACTIONS))
    assert client.post(f"{ACTIONS}{action.pk}/terminer/", {"result": "Non."}).status_code == 404


@pytest.mark.slow
def test_who_leads_two_intercommunalities_is_asked_for_which(client, files):
    lead = lead_of(ARC)
    second = lead_of(CCLO).memberships.get().organisation
    Membership.objects.create(user=lead, organisation=second, role=Membership.Role.EPCI_LEAD)
    client.force_login(lead)
    asked = client.get(NEW, follow=True)
    assert asked.redirect_chain == [(f"{MAP}?detail=numerique.robot", 302)]
    assert "Choisissez d’abord l’intercommunalité" in text_of(asked)
    assert "1 besoin" in text_of(client.get(f"{NEW}&epci={CCLO}"))


def test_pages_say_when_all_was_counted_or_that_it_was_not_yet(client, files, settings):
    client.force_login(make_lead())
    assert "demandes anciennes ne sont pas encore comptées" in text_of(client.get(FUNNEL))
    assert "Pas encore compté" in text_of(client.get(MAP))
    done = run(name="steering.rebuild", on=DAY)
    assert not done.error
    JobState.objects.filter(name="steering.rebuild").update(succeeded_at="2026-11-20T02:00:00Z")
    assert "Compté le 20 novembre 2026 à 3 h 00." in text_of(client.get(MAP))
    JobState.objects.filter(name="steering.rebuild").update(succeeded_at="2026-11-24T02:10:00Z")
    settings.FIXED_DAY = date(2026, 11, 24)
    assert "Compté cette nuit à 3 h 10. Les demandes closes depuis n’y sont plus" in text_of(client.get(MAP))
    page = text_of(client.get(FUNNEL))
    assert "Chiffres à la minute" in page
    assert "Par besoin : il est coché ou clairement lu" in page.replace("\u00a0", " ")


def test_an_action_that_cannot_be_says_why_and_keeps_what_was_typed(client):
    client.force_login(make_lead())
    for changes, told in (
        ({"what": ""}, "Dites ce qui sera fait."),
        ({"owner": ""}, "Dites qui s’en charge."),
        ({"due_on": ""}, "Dites pour quel jour."),
        ({"due_on": "demain"}, "« demain » n’est pas une date"),
        ({"due_on": "2020-01-01"}, "est passé"),
        ({"what": "x" * 301}, "300 caractères"),
    ):
        response = client.post(NEW, {"what": "Agir", "owner": "Marc", "due_on": "2999-01-31", **changes})
        assert response.status_code == 422, changes
        assert told in text_of(response)
        assert "Marc" in response.content.decode() or "owner" in changes
    assert not Action.objects.exists()
    # It is on a need.
    for address in (f"{ACTIONS}nouvelle/", f"{ACTIONS}nouvelle/?detail=rien", f"{ACTIONS}nouvelle/?commune=60159"):
        assert client.get(address).status_code == 404


@pytest.mark.neighbour("siren", "address", "group")
def test_anybody_reads_the_published_tables_and_takes_them(client, files, django_assert_max_num_queries):
    FileFact.objects.update(filed_on=date(2026, 9, 1))
    StepFact.objects.update(on=date(2026, 9, 1))
    early = client.get("/statistiques/")
    assert "attendus au 1er décembre 2026" in text_of(early)
    assert ".csv" not in early.content.decode()
    assert rows_of(client.get("/statistiques/tailles.csv")) == [["intercommunalité", "taille", "demandes"]]
    publish(on=DAY)
    with django_assert_max_num_queries(2):
        client.get("/statistiques/")
    page = text_of(client.get("/statistiques/"))
    assert "jusqu’au 31 octobre 2026" in page
    assert "moins de 5" in page
    assert "multiple de 5" in page
    assert NAME not in page
    for table in ("besoins", "tailles"):
        head, *rows = rows_of(client.get(f"/statistiques/{table}.csv"))
        assert head == ["intercommunalité", table[:-1], "demandes"]
        assert {row[2] for row in rows} == {"moins de 5"}  # three, one, and the second firm's
    assert client.get("/statistiques/autre.csv").status_code == 404
