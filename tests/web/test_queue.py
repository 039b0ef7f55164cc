"""The officers' lists in a browser: filters in the address, before and after a file, several files at once."""

import gzip
import re
from datetime import datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.accounts.models import Membership, User
from backend.accounts.services import off_board
from backend.common.days import current_day
from backend.companies.models import Fact, FactSheet
from backend.matchmaking.follow_up import offer_file, record_step, refer_file, take_file
from backend.matchmaking.models import FollowUp, HandOver, Need, Submission
from backend.matchmaking.results import latest_result
from backend.matchmaking.reviews import end_review
from backend.matchmaking.shortlist import shortlist_of
from backend.territories.models import ServedEpci
from tests.factories import CCLO, COMMUNES, DAY, make_call, make_lead, make_officer, make_submission
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
MOST_QUERIES, MOST_BYTES, MOST_COMPRESSED = 15, 80_000, 20_000
TABS = ("a-lire", "a-rappeler", "offerts", "a-traiter", "suivis", "tous")


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def desk(client, officer):
    client.force_login(officer)
    return client


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


def many(n, **changes):
    return [make_submission(confirmed=True, company_name=f"Atelier {i:03}", **changes) for i in range(n)]


def copied(n):
    """Write n more files like one that was filed, straight in the database: services take their time."""
    file = make_submission(confirmed=True)
    facts, needs = list(file.sheet.facts.all()), list(file.needs.all())
    sheets = FactSheet.objects.bulk_create(FactSheet(name=f"Tôlerie {i:03}") for i in range(n))
    shared = {"epci": file.epci, "filed_at": file.filed_at, "consented_at": file.filed_at}
    files = Submission.objects.bulk_create(
        Submission(sheet=sheet, contact=file.contact, confirmed_at=file.confirmed_at, **shared) for sheet in sheets
    )
    Fact.objects.bulk_create(copy_of(fact, sheet=sheet) for sheet in sheets for fact in facts)
    Need.objects.bulk_create(copy_of(need, submission=one) for one in files for need in needs)


def copy_of(row, **changes):
    columns = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return type(row)(**{**columns, "id": None, **{f"{name}_id": value.pk for name, value in changes.items()}})


def count_queries(client, path):
    client.get(path)  # names are read once for all, and the list is remembered
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
    assert response.status_code == 200
    return len(queries), response


NARROWED = "recherche=tôlerie&a_qui=equipe&tri=nom&epci=ARC"


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("make", "query"),
    [
        *((make_officer, f"etat={tab}") for tab in TABS),
        *((make_officer, f"etat={tab}&{NARROWED}") for tab in ("a-lire", "tous")),
        *((make_lead, f"etat={tab}") for tab in ("a-lire", "a-rappeler", "offerts", "tous")),
        (make_lead, "etat=a-lire&recherche=tôlerie"),
    ],
)
def test_a_page_asks_few_questions_and_is_light(client, make, query):
    copied(30)
    make_call()
    client.force_login(make())
    n, response = count_queries(client, f"/agent/?{query}")
    assert n <= MOST_QUERIES + 2 * ("recherche" in query)  # what is found elsewhere, and among those to call
    assert len(response.content) <= MOST_BYTES
    assert len(gzip.compress(response.content)) <= MOST_COMPRESSED


@pytest.mark.cases(1)
@pytest.mark.parametrize("tab", ["a-lire", "tous"])
def test_ten_times_as_many_files_ask_no_more(desk, tab):
    copied(19)
    few, _ = count_queries(desk, f"/agent/?etat={tab}")
    copied(179)
    more, response = count_queries(desk, f"/agent/?etat={tab}")
    assert more == few
    assert len(response.context["rows"]) == 25
    assert response.context["page"].paginator.count == 200


@pytest.mark.slow
def test_offers_that_wait_for_the_lead_ask_nothing_each(client, officer):
    reader, lead = make_officer(CCLO), make_officer(CCLO, role=Membership.Role.EPCI_LEAD)
    there = ServedEpci.objects.get(short_name=CCLO)

    def offer(n):
        for file in many(n):
            refer_file(submission=file, epci=there, by=officer)
        HandOver.objects.update(offered_at=timezone.make_aware(datetime.combine(DAY - timedelta(days=10), time(9))))

    offer(1)
    client.force_login(reader)
    few, _ = count_queries(client, "/agent/?etat=offerts")
    offer(3)
    more, response = count_queries(client, "/agent/?etat=offerts")
    assert more == few
    assert [may for _offer, may in response.context["offered"]] == [False] * 4
    client.force_login(lead)
    assert [may for _offer, may in client.get("/agent/?etat=offerts").context["offered"]] == [True] * 4


def test_a_page_holds_twenty_five_rows_and_leads_to_the_next(desk):
    copied(26)
    first = desk.get("/agent/?etat=tous&tri=nom")
    assert len(first.context["rows"]) == 25
    link = re.search(r'href="(\?[^"]*page=2)"', first.content.decode()).group(1).replace("&amp;", "&")
    assert "tri=nom" in link
    second = desk.get(f"/agent/{link}")
    assert len(second.context["rows"]) == 2
    shown = {row.submission.pk for page in (first, second) for row in page.context["rows"]}
    assert len(shown) == 27


def test_filters_stand_in_the_address_and_in_the_links_to_files(desk, officer):
    mine, other = many(2)
    take_file(submission=mine, officer=officer)
    page = desk.get("/agent/?a_qui=miennes&tri=nom")
    assert [row.submission for row in page.context["rows"]] == [mine]
    assert f'href="/agent/{mine.pk}/?tri=nom&amp;a_qui=miennes"' in page.content.decode()
    assert len(desk.get("/agent/").context["rows"]) == 2  # nothing is kept from the page before
    assert other.sheet.name in text_of(desk.get("/agent/"))


def test_a_file_leads_to_those_before_and_after_it_in_its_list(desk):
    files = many(3)
    query = "?etat=tous&tri=nom"
    page = desk.get(f"/agent/{files[1].pk}/{query}").content.decode().replace("&amp;", "&")
    for side, file in (("precedent", files[0]), ("suivant", files[2])):
        link = f"/agent/{files[1].pk}/{side}/{query}"
        assert f'href="{link}"' in page
        assert desk.get(link)["Location"] == f"/agent/{file.pk}/{query}"
    assert f'href="/agent/{query}"' in page  # back to the list


@pytest.mark.parametrize(("side", "sentence"), [("precedent", "le début"), ("suivant", "la fin")])
def test_at_the_end_of_a_list_one_is_led_back_to_it(desk, side, sentence):
    (alone,) = many(1)
    response = desk.get(f"/agent/{alone.pk}/{side}/?etat=tous&recherche=Atelier", follow=True)
    assert response.redirect_chain == [("/agent/?etat=tous&recherche=Atelier", 302)]
    assert f"C’est {sentence} de la liste." in text_of(response)


@pytest.mark.slow
def test_after_a_file_that_its_list_does_not_hold_any_more_comes_the_first_one(desk, officer):
    first, second = many(2)
    end_review(submission=second, officer=officer, on=DAY, message="Bonjour")
    assert desk.get(f"/agent/{second.pk}/suivant/?etat=a-lire")["Location"] == f"/agent/{first.pk}/?etat=a-lire"


@pytest.mark.slow
def test_a_file_opened_without_an_address_of_a_list_follows_the_last_one_shown(desk):
    files = many(2)
    desk.get("/agent/?recherche=001&etat=tous")
    assert "recherche=001" in desk.get(f"/agent/{files[1].pk}/").content.decode()
    assert desk.get(f"/agent/{files[1].pk}/precedent/")["Location"] == "/agent/?etat=tous&recherche=001"  # alone there


def test_the_list_never_leads_to_a_file_of_another_intercommunality(client, officer):
    near, far = (
        make_submission(confirmed=True, company_name="A"),
        make_submission(confirmed=True, company_name="B", facts={"commune": COMMUNES[CCLO]}),
    )
    client.force_login(officer)
    following = f"/agent/{near.pk}/suivant/?etat=tous&tri=nom"
    assert client.get(following)["Location"] == "/agent/?etat=tous&tri=nom"
    assert client.get(f"/agent/{far.pk}/precedent/?etat=tous&tri=nom").status_code == 404
    client.force_login(make_lead())
    assert client.get(following)["Location"] == f"/agent/{far.pk}/?etat=tous&tri=nom"


@pytest.mark.slow
def test_the_next_file_to_read_comes_from_the_list_it_was_opened_from(desk):
    first, second, third = many(3)
    desk.get("/agent/?recherche=Atelier&tri=recentes")
    response = desk.post(f"/agent/{third.pk}/terminer/", {"message": "Bonjour", "next": "1"})
    assert response["Location"] == f"/agent/{second.pk}/"
    assert f"{third.sheet} : Relecture terminée." in text_of(desk.get(response["Location"]))
    desk.post(f"/agent/{second.pk}/terminer/", {"message": "Bonjour", "next": "1"})
    last = desk.post(f"/agent/{first.pk}/terminer/", {"message": "Bonjour", "next": "1"}, follow=True)
    assert last.redirect_chain[-1][0].startswith("/agent/?recherche=Atelier&tri=recentes")
    assert f"{first.sheet} : Relecture terminée." in text_of(last)


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    "query",
    ["etat=%00", "etat=relues", "a_qui=x", "epci=x", "besoin=%00", "pour_quand=x", "recherche=%00", "tri=x",
     "recherche=D-2026-99999999999999", "recherche=²", "recherche=%25", "page=0", "page=x", "effacer=1"],
)  # fmt: skip
def test_an_odd_address_of_the_queue_is_no_crash(desk, query):
    file = make_submission(confirmed=True)
    assert desk.get(f"/agent/?{query}").status_code == 200
    assert desk.get(f"/agent/{file.pk}/?{query}").status_code == 200


# -- several at once


def test_several_files_are_taken_at_once_and_the_list_is_as_it_was(desk, officer):
    files = many(3)
    keys = [file.pk for file in files[:2]]
    response = desk.post("/agent/prendre/", {"file": keys, "liste": "etat=tous&tri=nom&page=1"}, follow=True)
    assert response.redirect_chain == [("/agent/?etat=tous&tri=nom", 302)]
    assert "Dossiers que vous suivez désormais : 2." in text_of(response)
    assert list(ours(Submission).filter(officer=officer).order_by("pk")) == files[:2]


def test_several_files_are_offered_with_one_email(desk, officer):
    files, colleague = many(2), make_officer(CCLO)
    keys = [file.pk for file in files]
    asked = desk.post("/agent/proposer/", {"file": keys, "liste": "tri=nom"})
    assert asked.status_code == 200
    assert all(file.reference in text_of(asked) for file in files)
    sent = {"file": keys, "liste": "tri=nom", "to": colleague.pk, "note": "Je pars."}
    response = desk.post("/agent/proposer/", sent, follow=True)
    assert response.redirect_chain == [("/agent/?tri=nom", 302)]
    assert "2" in text_of(response)
    assert ours(HandOver).waiting().filter(to=colleague).count() == 2


@pytest.mark.parametrize("path", ["prendre", "proposer"])
def test_files_of_another_intercommunality_are_left_alone_and_do_not_show(desk, path):
    far = make_submission(confirmed=True, company_name="Lointaine", facts={"commune": COMMUNES[CCLO]})
    response = desk.post(f"/agent/{path}/", {"file": [far.pk], "to": make_officer().pk}, follow=True)
    assert "Cochez au moins un dossier" in text_of(response)
    assert "Lointaine" not in text_of(response)
    far.refresh_from_db()
    assert far.officer is None
    assert not ours(HandOver).exists()


def test_a_file_that_is_closed_or_only_offered_is_left_as_it_is(desk, officer):
    colleague = make_officer(CCLO)
    far = make_submission(confirmed=True, facts={"commune": COMMUNES[CCLO]})
    offer_file(submission=far, by=colleague, to=officer)
    (own,) = many(1)
    response = desk.post("/agent/prendre/", {"file": [far.pk, own.pk]}, follow=True)
    assert "suivez désormais : 1. Restent tels quels" in text_of(response)
    far.refresh_from_db()
    assert far.officer is None


def test_a_territory_lead_ticks_nothing(client):
    (file,) = many(1)
    client.force_login(make_lead())
    assert 'name="file"' not in client.get("/agent/").content.decode()
    client.post("/agent/prendre/", {"file": [file.pk]})
    file.refresh_from_db()
    assert file.officer is None


@pytest.mark.cases(2)
@pytest.mark.parametrize("keys", [[], ["x"], ["999999999999999999999"], ["²"], ["-1"]])
@pytest.mark.parametrize("path", ["prendre", "proposer"])
def test_ticking_nothing_says_so(desk, path, keys):
    response = desk.post(f"/agent/{path}/", {"file": keys, "liste": "\0=1&etat=%00"}, follow=True)
    assert "Cochez au moins un dossier" in text_of(response)


def test_an_offer_of_several_to_somebody_who_cannot_take_them_says_so(desk, officer):
    (file,) = many(1)
    colleague = make_officer()
    take_file(submission=file, officer=colleague)
    response = desk.post("/agent/proposer/", {"file": [file.pk], "to": colleague.pk})
    assert response.status_code == 422
    assert "Aucun de ces dossiers ne peut être proposé" in text_of(response)
    assert desk.post("/agent/proposer/", {"file": [file.pk], "to": ""}).status_code == 422


# -- what the firm reads


def test_the_firms_steps_and_five_schemes_stand_before_the_groups(client, officer):
    (file,) = many(1)
    client.force_login(officer)
    page = client.get(f"/agent/{file.pk}/").content.decode()
    reads = page[page.index('id="elle-lit"') : page.index("</section>", page.index('id="elle-lit"'))]
    expected = shortlist_of(file, latest_result(file, on=DAY))
    assert len(expected.cards) == 5
    places = [reads.index(f"#d-{card.match.scheme_id}") for card in expected.cards]
    assert places == sorted(places)
    assert reads.count("<li>") >= 5 + len(expected.steps)
    assert page.index('id="elle-lit"') < page.index('class="scheme-group"')
    end_review(submission=file, officer=officer, on=DAY, message="Bonjour")
    assert 'id="elle-lit"' in client.get(f"/agent/{file.pk}/").content.decode()


# -- calls that were promised


def test_a_call_promised_stands_with_those_to_call_once_its_day_has_come(desk, officer, submission):
    other = make_submission(confirmed=True, company_name="Fonderie du Voisin", facts={"commune": COMMUNES[CCLO]})
    today = current_day()
    far = make_officer(CCLO)
    record_step(submission=other, officer=far, step="call_back", due_on=today, note="loin")
    for day, note in ((today, "le devis"), (today + timedelta(days=2), "plus tard")):
        sent = {"step": "call_back", "due_on": f"{day}", "note": note, "scheme": ""}
        assert desk.post(f"/agent/{submission.pk}/suivi/", sent).status_code == 302
    page = text_of(desk.get("/agent/?etat=a-rappeler"))
    assert "Appels promis" in page
    assert "le devis" in page
    assert "plus tard" not in page
    assert "Voisin" not in page
    assert "loin" not in page
    assert "À rappeler 1" in page or "À rappeler (1)" in page
    assert submission.sheet.name not in text_of(desk.get("/agent/?etat=a-traiter"))
    step = FollowUp.objects.get(submission=submission, note="le devis")
    desk.post(f"/agent/{submission.pk}/suivi/{step.pk}/")
    assert "Appels promis" not in text_of(desk.get("/agent/?etat=a-rappeler"))


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("", "quel jour"),
        ("demain", "« demain » n’est pas une date"),
        ("2020-01-01", "est passé"),
        ("2999-01-01", "plus d’un an"),
    ],
)
def test_a_call_promised_for_no_day_to_come_is_refused_with_what_was_typed(desk, submission, day, told):
    sent = {"step": "call_back", "due_on": day, "note": "le devis", "scheme": ""}
    refused = desk.post(f"/agent/{submission.pk}/suivi/", sent)
    assert refused.status_code == 422
    assert told in text_of(refused)
    assert "le devis" in refused.content.decode()
    assert not FollowUp.objects.filter(submission=submission).exists()


# -- lists kept under a name


def saved_by(person):
    return User.objects.get(pk=person.pk).saved_lists


def lists_of(client):
    page = client.get("/agent/").content.decode()
    return re.findall(r'<a class="tag" href="(\?[^"]*)">([^<]+)</a>', page)


def test_a_list_is_kept_under_a_name_found_again_and_forgotten(desk, officer):
    colleague = make_officer()
    User.objects.filter(pk=colleague.pk).update(saved_lists={"Chez le voisin": "etat=tous"})
    shown = f"etat=tous&besoin=energie&a_qui=miennes&recherche=Dupont&tri=bidon&rien={'a' * 400}"
    answer = desk.post("/agent/listes/", {"name": "Énergie, les miens", "liste": shown}, follow=True)
    assert "Liste gardée : « Énergie, les miens »" in text_of(answer)
    assert lists_of(desk) == [("?etat=tous&amp;a_qui=miennes&amp;besoin=energie&amp;rien=on", "Énergie, les miens")]
    desk.post("/agent/listes/", {"name": "Énergie, les miens", "liste": "etat=suivis"})
    assert saved_by(officer) == {"Énergie, les miens": "etat=suivis"}
    assert desk.post("/agent/listes/oublier/", {"name": "Chez le voisin"}).status_code == 404
    answer = desk.post("/agent/listes/oublier/", {"name": "Énergie, les miens", "liste": "etat=suivis"})
    assert answer["Location"] == "/agent/?etat=suivis"
    assert lists_of(desk) == []
    assert saved_by(colleague) == {"Chez le voisin": "etat=tous"}
    off_board(user=colleague)
    assert saved_by(colleague) == {}


@pytest.mark.shows_both("an officer's queue lists all files")
@pytest.mark.parametrize(
    ("name", "said"),
    [("", "Écrivez un nom"), ("  \0", "Écrivez un nom"), ("é" * 41, "Ce nom a 41 caractères, 40 au plus")],
)
def test_a_name_that_cannot_be_is_refused_with_a_sentence(desk, officer, name, said):
    answer = desk.post("/agent/listes/", {"name": name, "liste": "etat=tous&besoin=energie"}, follow=True)
    assert said in text_of(answer)
    assert 'value="energie" selected' in answer.content.decode()
    assert saved_by(officer) == {}


@pytest.mark.shows_both("an officer's queue lists all files")
def test_a_thirteenth_list_is_refused_and_an_old_one_may_still_change(desk, officer):
    for n in range(12):
        desk.post("/agent/listes/", {"name": f"Liste {n}", "liste": "etat=tous"})
    answer = desk.post("/agent/listes/", {"name": "De trop", "liste": "etat=tous"}, follow=True)
    assert "Vous gardez déjà 12 listes" in text_of(answer)
    desk.post("/agent/listes/", {"name": "Liste 3", "liste": "etat=suivis"})
    assert saved_by(officer)["Liste 3"] == "etat=suivis"
    assert len(saved_by(officer)) == 12
