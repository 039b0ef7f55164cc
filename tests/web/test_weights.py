"""The pages of the points: who leads the territory writes a version, reads what it changes, puts it in force."""

import pytest
from django.core.management import call_command

from backend.accounts.models import Membership, User
from backend.matchmaking.models import Activation, Result, WeightSet
from backend.matchmaking.weights import activate_weights
from tests.factories import ARC, link_to, make_lead, make_officer, make_submission, write_version
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.shows_both("who leads tries points on every file")]
PAGE, NEW = "/agent/classement/", "/agent/classement/nouvelle/"
NOTE = "Les dispositifs du territoire passaient <trop> bas."


@pytest.fixture
def lead():
    return make_lead()


@pytest.fixture
def desk(client, lead):
    client.force_login(lead)
    return client


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


def in_force():
    return WeightSet.objects.in_force().get()


def typed(**changes):
    points = in_force().points
    return {**{name: str(value) for name, value in points.items()}, "note": NOTE, **changes}


def order_on(client, submission):
    """Return the schemes of the firm's page, as they are listed."""
    page = client.get(f"/resultat/{link_to(submission)}/").context["page"]
    return [card.match.scheme_id for card in page.cards]


def test_a_version_goes_from_a_number_to_the_order_a_firm_sees_and_the_old_order_can_be_had_again(
    desk, lead, submission, capsys
):
    before, first = order_on(desk, submission), in_force()
    page = desk.post(NEW, typed(near="80,5", need="5"))
    assert page.url == f"{PAGE}2026-11-24/"
    assert order_on(desk, submission) == before

    text = text_of(desk.get(page.url))
    assert f"Proximité 80,5 changé {first.points['near']}" in text
    assert f"{submission.reference}, {submission.sheet.name} : les trois premiers changent" in text
    response = desk.post(f"{page.url}activer/", {"instead_of": first.pk, "read": "on"}, follow=True)
    assert "La version 2026-11-24 est en vigueur." in text_of(response)
    assert f"version 2026-11-24 , par {lead}" in text_of(response)

    after = order_on(desk, submission)
    assert after != before
    call_command("replay", submission.reference)
    assert "2 résultats rejoués, 0 différences" in capsys.readouterr().out

    desk.post(f"{PAGE}{first}/activer/", {"instead_of": "2026-11-24", "read": "on"})
    assert order_on(desk, submission) == before


@pytest.mark.alone("counts every file")
def test_trying_shows_the_effect_and_keeps_what_was_typed_and_nothing_else(desk, submission):
    n_results = ours(Result).count()
    response = desk.post(NEW, typed(near="80,5", need="5", note="", **{"try": "1"}))
    assert response.status_code == 200
    text = text_of(response)
    assert "Les trois premiers changent dans 1 dossier sur 1" in text
    assert 'value="80,5"' in response.content.decode()
    assert (WeightSet.objects.count(), ours(Result).count()) == (1, n_results)


@pytest.mark.alone("there is no file")
def test_trying_without_a_file_says_that_nothing_is_known(desk):
    assert "on ne sait pas ce que ces points changeraient" in text_of(desk.post(NEW, typed(near="80", **{"try": "1"})))


@pytest.mark.cases(2)
@pytest.mark.parametrize("button", [{}, {"try": "1"}])
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("", "Proximité : Donnez un nombre entre 0 et 200 ; 0 si cela ne doit pas compter."),
        ("beaucoup", "Proximité : Écrivez un nombre entre 0 et 200, comme 12 ou 12,5."),
        ("NaN", "Proximité : Écrivez un nombre entre 0 et 200, comme 12 ou 12,5."),
        ("-1", "Proximité : « -1 » est trop petit : il faut un nombre entre 0 et 200."),
        ("201", "Proximité : « 201 » est trop grand : il faut un nombre entre 0 et 200."),
        ("12,55", "Proximité : Un chiffre après la virgule au plus, comme 12,5."),
    ],
)
def test_a_number_that_is_none_is_told_and_kept(desk, button, given, sentence):
    response = desk.post(NEW, typed(near=given, **button))
    assert response.status_code == 422
    assert sentence in text_of(response)
    if given:
        assert f'value="{given}"' in response.content.decode()
    assert WeightSet.objects.count() == 1


def test_a_version_without_a_reason_or_like_another_is_refused(desk):
    response = desk.post(NEW, typed(near="20", note=" "))
    assert (response.status_code, WeightSet.objects.count()) == (422, 1)
    assert "Pourquoi cette version ? Dites en quelques mots pourquoi" in text_of(response)
    response = desk.post(NEW, typed())
    assert (response.status_code, WeightSet.objects.count()) == (422, 1)
    assert f"La version {in_force()} a déjà exactement ces points" in text_of(response)
    assert NOTE in text_of(response)


def test_a_version_starts_from_the_one_in_force_or_from_another(desk, lead):
    other = write_version(lead, near=33.5)
    assert desk.get(NEW).context["form"]["near"].value() == str(in_force().points["near"])
    page = desk.get(NEW, {"depuis": other.pk})
    assert page.context["form"]["near"].value() == "33,5"
    assert "À partir de la version 2026-11-24." in text_of(page)
    assert desk.get(NEW, {"depuis": "nulle part\0"}).context["base"] == in_force()


def test_what_an_older_version_did_not_know_is_asked_and_not_taken_for_zero(desk):
    points = {name: value for name, value in typed().items() if name not in ("near", "note")}
    old = WeightSet.objects.create(
        version="2020-01", points={name: float(value) for name, value in points.items()}, written_on="2020-01-01"
    )
    assert desk.get(NEW, {"depuis": old.pk}).context["form"]["near"].value() is None
    assert f"Proximité ne compte pas changé {in_force().points['near']}" in text_of(desk.get(f"{PAGE}{old.pk}/"))


def test_activation_is_confirmed_by_whoever_read_the_effect(desk, lead, submission):
    mine, theirs, first = write_version(lead, near=80), write_version(lead, near=50), in_force().pk
    response = desk.post(f"{PAGE}{mine.pk}/activer/", {"instead_of": first})
    assert response.status_code == 422
    assert "Cochez cette case après avoir lu ce que la version change." in text_of(response)
    activate_weights(weights=theirs, by=make_lead(), instead_of=first)
    response = desk.post(f"{PAGE}{mine.pk}/activer/", {"instead_of": first, "read": "on"})
    assert response.status_code == 422
    assert f"La version {theirs} a été mise en vigueur entre-temps." in text_of(response)
    assert f'name="instead_of" value="{theirs}"' in response.content.decode()
    assert Activation.objects.first().weights == theirs


def test_the_version_in_force_is_marked_and_has_nothing_to_activate(desk):
    assert f"{in_force()} En vigueur livrée avec le service" in text_of(desk.get(PAGE))
    text = text_of(desk.get(f"{PAGE}{in_force()}/"))
    assert "au chargement des données du service" in text
    assert "Mettre en vigueur" not in text


@pytest.mark.parametrize("version", ["nulle-part", "a%00b"])
def test_a_version_that_does_not_exist_is_not_found(desk, version):
    assert desk.get(f"{PAGE}{version}/").status_code == 404
    assert desk.post(f"{PAGE}{version}/activer/").status_code == 404


def test_an_administrator_sees_the_effect_and_no_firm_s_name(client, lead, submission):
    version = write_version(lead, near=80, need=5)
    client.force_login(User.objects.create_superuser("admin@jonction.example", "mot-de-passe-long"))
    text = text_of(client.get(f"{PAGE}{version.pk}/"))
    assert f"{submission.reference} : les trois premiers changent" in text
    assert submission.sheet.name not in text
    assert "Ouvrir le dossier" not in text


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        (Membership.Role.TERRITORY_LEAD, True),
        (Membership.Role.EPCI_LEAD, False),
        (Membership.Role.OFFICER, False),
    ],
)
def test_who_sets_the_points_finds_the_page_from_the_queue(client, role, shown):
    client.force_login(make_officer("" if shown else ARC, role=role))
    assert (PAGE in client.get("/agent/").content.decode()) == shown
