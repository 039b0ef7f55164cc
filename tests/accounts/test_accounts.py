"""Inviting people, letting them in, and letting them go."""

import re

import pytest
from django.contrib.auth import authenticate
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.test import Client

from backend.accounts.models import Membership, Organisation, User
from backend.accounts.services import invite, off_board
from backend.matchmaking.models import Review
from backend.notifications.models import Notification
from tests.factories import (
    ARC,
    CCLO,
    as_sent,
    decide,
    first_matches,
    make_lead,
    make_officer,
    make_organisation,
    make_submission,
)
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
PASSWORD = "soudure-robot-oise"
LOGIN, RESET = "/compte/connexion/", "/compte/mot-de-passe/oublie/"


@pytest.fixture
def newcomer():
    """Return an account as an administrator makes it: no password yet."""
    user = User.objects.create_user("claire@jonction.example", first_name="Claire", last_name="Vasseur")
    Membership.objects.create(user=user, organisation=make_organisation(ARC), role=Membership.Role.OFFICER)
    return user


@pytest.fixture
def admin(client):
    client.force_login(User.objects.create_superuser("admin@jonction.example", PASSWORD))
    return client


def sign_in(client, email, password=PASSWORD):
    return client.post(LOGIN, {"login": email, "password": password})


def link_of(kind, email):
    owed = Notification.objects.filter(kind=kind, recipient=email).latest("pk")
    sent = as_sent(owed)
    found = re.search(r"(/compte/mot-de-passe/nouveau/\S+)", sent.text)
    assert found
    assert found.group(1) in sent.html
    return found.group(1)


def choose(client, path, password=PASSWORD):
    """Open a link, choose a password, and return the answer to the form."""
    page = client.get(path, follow=True)
    if page.context.get("token_fail"):
        return page
    return client.post(page.context["action_url"], {"password1": password, "password2": password})


# -- coming


def test_an_invitation_lets_its_reader_choose_a_password_and_sign_in(client, newcomer):
    assert sign_in(client, newcomer.email).status_code == 200
    invite(user=newcomer)
    assert choose(client, link_of("invitation", newcomer.email)).status_code == 302
    response = sign_in(client, newcomer.email)
    assert response["Location"] == "/agent/ma-journee/"
    assert client.get("/agent/").status_code == 200


def test_an_invitation_serves_once(client, newcomer):
    invite(user=newcomer)
    path = link_of("invitation", newcomer.email)
    choose(client, path)
    again = choose(Client(), path, "un-autre-mot-de-passe")
    assert "Il a déjà servi, ou il est trop ancien." in again.content.decode()
    assert authenticate(email=newcomer.email, password=PASSWORD)


def test_inviting_twice_sends_two_links_that_both_work(client, newcomer):
    for _ in range(2):
        invite(user=newcomer)
    assert Notification.objects.filter(kind="invitation").count() == 2
    assert choose(client, link_of("invitation", newcomer.email)).status_code == 302


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("court", "au minimum 12 caractères"),
        ("123456789012", "est un mot de passe connu"),
        ("1q2w3e4r5t6y", "trop courant"),
        ("claire@jonction", "vient de votre nom ou de celui du service"),
    ],
)
def test_a_weak_password_is_refused_in_french(client, newcomer, password, sentence):
    invite(user=newcomer)
    response = choose(client, link_of("invitation", newcomer.email), password)
    assert response.status_code == 200
    assert sentence in response.content.decode()
    newcomer.refresh_from_db()
    assert not newcomer.has_usable_password()


@pytest.mark.parametrize("path", ["/compte/mot-de-passe/nouveau/1-abc/", "/compte/mot-de-passe/nouveau/zzzz-abc-def/"])
def test_a_link_that_nobody_sent_opens_nothing(client, newcomer, path):
    assert "Ce lien ne fonctionne plus" in client.get(path, follow=True).content.decode()


@pytest.mark.parametrize("email", ["claire@jonction.example", "Claire@Jonction.Example"])
def test_an_address_is_the_same_in_capitals(client, newcomer, email):
    newcomer.set_password(PASSWORD)
    newcomer.save()
    assert sign_in(client, email).status_code == 302


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client):
    officer = make_officer()
    answers = {text_of(sign_in(client, email, "faux")) for email in (officer.email, "inconnu@jonction.example")}
    assert len(answers) == 1


def test_two_accounts_never_share_an_address():
    make_officer(first_name="x")
    email = User.objects.get().email
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user(email.upper(), PASSWORD)


# -- a forgotten password


def test_a_new_password_comes_through_the_outbox(client):
    officer = make_officer()
    assert client.post(RESET, {"email": officer.email}).status_code == 302
    owed = Notification.objects.get()
    assert (owed.kind, owed.recipient, owed.state) == ("password_reset", officer.email, "due")
    assert choose(client, link_of("password_reset", officer.email)).status_code == 302
    assert sign_in(Client(), officer.email).status_code == 302


@pytest.mark.parametrize("email", ["inconnu@jonction.example", "isabelle.morel@tolerie.example"])
def test_an_address_without_an_account_gets_the_same_answer_and_no_email(client, email):
    make_submission()
    make_officer()
    n = Notification.objects.count()
    response = client.post(RESET, {"email": email})
    assert response["Location"] == "/compte/mot-de-passe/oublie/envoye/"
    assert Notification.objects.count() == n


def test_a_password_can_be_changed_by_who_knows_it(client):
    officer = make_officer()
    client.force_login(officer)
    sent = {"oldpassword": "mot-de-passe-long", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post("/compte/mot-de-passe/", {**sent, "oldpassword": "faux"}).status_code == 200
    assert client.post("/compte/mot-de-passe/", sent).status_code == 302
    assert authenticate(email=officer.email, password=PASSWORD)


# -- leaving


def test_leaving_ends_every_session_of_the_person_and_of_nobody_else():
    leaving, staying = make_officer(), make_officer()
    browsers = [Client(), Client(), Client()]
    for browser, user in zip(browsers, (leaving, leaving, staying), strict=True):
        browser.force_login(user)
    off_board(user=leaving)
    assert [browser.get("/agent/").status_code for browser in browsers] == [302, 302, 200]


def test_someone_who_left_cannot_come_back_by_any_door(client, newcomer):
    invite(user=newcomer)
    invitation = link_of("invitation", newcomer.email)
    newcomer.set_password(PASSWORD)
    newcomer.save()
    off_board(user=newcomer)
    assert sign_in(client, newcomer.email).status_code == 200
    choose(client, invitation)
    n = Notification.objects.count()
    client.post(RESET, {"email": newcomer.email})
    assert Notification.objects.count() == n
    newcomer.refresh_from_db()
    assert not newcomer.is_active
    assert not newcomer.has_usable_password()
    assert client.get("/agent/").status_code == 302


def test_what_a_person_decided_stays_with_their_name():
    officer, submission = make_officer(), make_submission(confirmed=True)
    decide(submission, first_matches(submission)[0].scheme, officer)
    off_board(user=officer)
    assert Review.objects.get().officer == officer


def test_off_boarding_twice_is_the_same_as_once():
    officer = make_officer()
    off_board(user=officer)
    off_board(user=officer)
    assert not User.objects.get().is_active


# -- another address


def test_an_address_that_is_no_longer_someone_s_opens_nothing(admin):
    officer = make_officer()
    invite(user=officer)
    choose(Client(), link_of("invitation", officer.email))  # allauth notes the address of who chooses a password
    old, page = officer.email, f"/administration/accounts/user/{officer.pk}/change/"
    changes = {**new_account(email="nouvelle@jonction.example"), "memberships-TOTAL_FORMS": "0"}
    assert admin.post(page, changes).status_code == 302
    browser = Client()
    assert sign_in(browser, old).status_code == 200
    browser.post(RESET, {"email": old})
    assert not Notification.objects.filter(kind="password_reset").exists()
    assert sign_in(browser, "nouvelle@jonction.example").status_code == 302


# -- roles


@pytest.mark.parametrize(
    ("role", "reviews"),
    [(role, role in ("officer", "epci_lead")) for role in Membership.Role.values],
)
def test_only_some_roles_review(role, reviews):
    user = make_officer(role=role)
    assert user.is_officer is reviews
    assert bool(user.epcis()) is reviews


@pytest.mark.parametrize("role", Membership.Role.values)
def test_only_two_roles_keep_the_catalogue_and_one_of_them_publishes(role):
    user = make_officer(role=role)
    assert user.may_edit_catalogue is (role in ("editor", "approver"))
    assert user.may_approve_catalogue is (role == "approver")
    off_board(user=user)
    assert not user.may_edit_catalogue
    assert not user.may_approve_catalogue


def test_an_administrator_keeps_the_catalogue_until_they_leave():
    user = User.objects.create_superuser("chef@jonction.example", PASSWORD)
    assert user.may_edit_catalogue
    assert user.may_approve_catalogue
    off_board(user=user)
    assert not user.may_edit_catalogue
    assert not user.may_approve_catalogue


def test_someone_who_left_reviews_nothing():
    user = make_officer(is_active=False)
    assert not user.is_officer
    assert not user.epcis()


def test_one_person_may_work_for_two_intercommunalities():
    user = make_officer(ARC)
    Membership.objects.create(user=user, organisation=make_organisation(CCLO), role=Membership.Role.OFFICER)
    assert {epci.short_name for epci in user.epcis()} == {ARC, CCLO}


def test_a_lead_covers_the_territory_and_no_intercommunality():
    lead = make_lead()
    assert lead.memberships.whole_territory().exists()
    assert not lead.epcis()


def test_an_intercommunality_says_which_one_it_is():
    with pytest.raises(IntegrityError), transaction.atomic():
        Organisation.objects.create(name="Sans périmètre", kind=Organisation.Kind.EPCI)


# -- the administration


def new_account(**changes):
    return {
        "email": "Nadia.Benali@Jonction.Example",
        "first_name": "Nadia",
        "last_name": "Benali",
        "phone": "",
        "is_active": "on",
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "0",
        "memberships-0-organisation": str(make_organisation(ARC).pk),
        "memberships-0-role": "officer",
        **changes,
    }


def test_adding_an_account_sends_its_invitation_and_asks_for_no_password(admin, client):
    assert admin.post("/administration/accounts/user/add/", new_account()).status_code == 302
    user = User.objects.get(email="nadia.benali@jonction.example")
    assert not user.has_usable_password()
    assert user.is_officer
    assert choose(Client(), link_of("invitation", user.email)).status_code == 302


@pytest.mark.parametrize(
    ("organisation", "sentence"),
    [
        (lambda: make_organisation(ARC).pk, "Un partenaire travaille pour une chambre ou la Région"),
        (lambda: "", "Ce champ est obligatoire."),
    ],
)
def test_a_partner_works_for_a_chamber_or_the_region(admin, organisation, sentence):
    sent = new_account(**{"memberships-0-organisation": str(organisation()), "memberships-0-role": "partner"})
    page = admin.post("/administration/accounts/user/add/", sent)
    assert (page.status_code, sentence in text_of(page)) == (200, True)
    assert not User.objects.filter(email="nadia.benali@jonction.example").exists()
    sent["memberships-0-organisation"] = str(make_organisation(kind="chamber").pk)
    assert admin.post("/administration/accounts/user/add/", sent).status_code == 302
    assert User.objects.get(email="nadia.benali@jonction.example").posts.partners


def test_unticking_in_post_closes_the_account_and_its_sessions(admin):
    officer = make_officer()
    browser = Client()
    browser.force_login(officer)
    membership = officer.memberships.get()
    sent = new_account(
        email=officer.email,
        is_active="",
        **{
            "memberships-INITIAL_FORMS": "1",
            "memberships-0-id": str(membership.pk),
            "memberships-0-user": str(officer.pk),
        },
    )
    assert admin.post(f"/administration/accounts/user/{officer.pk}/change/", sent).status_code == 302
    officer.refresh_from_db()
    assert not officer.is_active
    assert not officer.has_usable_password()
    assert Session.objects.count() == 1
    assert browser.get("/agent/").status_code == 302


@pytest.mark.parametrize("action", ["send_invitation", "close_accounts"])
def test_actions_work_on_several_accounts_and_never_close_one_s_own(admin, action):
    officers = [make_officer(), make_officer(), make_officer(is_active=False)]
    own = User.objects.get(email="admin@jonction.example")
    chosen = [str(user.pk) for user in (*officers, own)]
    admin.post("/administration/accounts/user/", {"action": action, "_selected_action": chosen})
    own.refresh_from_db()
    assert own.is_active
    assert User.objects.filter(is_active=True).count() == (3 if action == "send_invitation" else 1)
    assert Notification.objects.filter(kind="invitation").count() == (3 if action == "send_invitation" else 0)


def test_an_account_is_never_deleted(admin):
    officer = make_officer()
    assert admin.post(f"/administration/accounts/user/{officer.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=officer.pk).exists()


@pytest.mark.parametrize(
    "model", ["accounts/user", "accounts/organisation", "notifications/notification", "schemes/scheme"]
)
def test_the_lists_of_the_administration_open(admin, model):
    make_submission()
    assert admin.get(f"/administration/{model}/").status_code == 200


@pytest.mark.parametrize("make_person", [make_officer, make_lead])
def test_the_administration_is_closed_to_officers(client, make_person):
    client.force_login(make_person())
    assert client.get("/administration/", follow=False).status_code == 302
