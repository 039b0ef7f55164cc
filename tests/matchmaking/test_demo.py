import re
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from stdnum.fr import siret

from backend.accounts.models import Membership, Organisation, User
from backend.companies.models import RegisterCopy, RegisteredEstablishment
from backend.matchmaking.management.commands import demo
from backend.matchmaking.management.demonstration import read_demonstration
from backend.matchmaking.models import Submission
from backend.notifications.models import Notification
from backend.notifications.services import deliver, deliverable
from backend.territories.models import ServedEpci

pytestmark = pytest.mark.django_db


def run(name):
    output = StringIO()
    call_command(name, stdout=output)
    return output.getvalue()


def test_each_intercommunality_has_an_organisation_and_an_officer():
    run("load_demo")
    for epci in ServedEpci.objects.all():
        (organisation,) = epci.organisations.all()
        assert organisation.phone.startswith("03 53 01 ")  # kept for fiction by ARCEP
        assert organisation.memberships.reviewing().exists()


def test_loading_again_changes_nothing_and_keeps_a_changed_password():
    run("load_demo")
    user = User.objects.get(email="nadia.benali@jonction.example")
    user.set_password("changed since")
    user.save()
    counts = [model.objects.count() for model in (User, Organisation, Membership)]
    run("load_demo")
    assert [model.objects.count() for model in (User, Organisation, Membership)] == counts == [10, 8, 9]
    user.refresh_from_db()
    assert user.check_password("changed since")


def test_the_invented_register_is_loaded_where_there_is_none():
    run("load_demo")
    held = RegisteredEstablishment.objects.count()
    assert held > 10
    assert "Registre au" not in run("load_demo")
    assert (RegisteredEstablishment.objects.count(), RegisterCopy.objects.count()) == (held, 1)


def test_a_copy_of_the_real_register_stays():
    real = RegisteredEstablishment.objects.create(
        siret="21600159300017", name="VILLE", commune="60159", is_head_office=True, is_open=True
    )
    RegisterCopy.objects.create(dated=date(2026, 10, 1), loaded_at=timezone.now(), n_establishments=1)
    run("load_demo")
    assert RegisteredEstablishment.objects.get() == real
    assert RegisterCopy.objects.get().dated == date(2026, 10, 1)


def test_the_accounts_can_sign_in(client):
    run("load_demo")
    content = read_demonstration()
    for account in content["accounts"]:
        assert client.login(email=account["email"], password=content["password"])
    assert User.objects.filter(is_superuser=True).count() == 1


def test_an_editor_and_an_approver_enter_the_administration_and_nobody_else_but_the_administrator():
    run("load_demo")
    staff = User.objects.filter(is_staff=True)
    assert {user.memberships.first().role for user in staff.filter(is_superuser=False)} == {"editor", "approver"}
    assert staff.filter(is_superuser=True).count() == 1


@pytest.mark.parametrize("name", ["load_demo", "demo"])
def test_invented_data_stay_out_of_a_real_service(settings, name):
    settings.DEMO = False
    with pytest.raises(CommandError, match="inventées"):
        run(name)
    assert not User.objects.exists()


def test_the_firm_of_the_demonstration_has_a_valid_siret():
    content = read_demonstration()["submission"]
    assert siret.is_valid(content["siret"])
    assert siret.to_siren(content["siret"]) == content["siren"]


def test_the_demonstration_files_once_and_shows_what_the_firm_gets(monkeypatch):
    run("load_demo")
    monkeypatch.setattr(demo.time, "sleep", lambda _: [deliver(pk=pk, attempt=n) for pk, n in deliverable()])
    shown = run("demo")
    assert "\n1. " in shown
    assert "\n   ✓ Établissement situé dans" in shown
    assert "claire.vasseur@jonction.example" in shown
    assert shown.count(" → ") == 2  # to the firm: its officers read of it in the morning
    assert re.sub(r"lien-[\w-]+", "", run("demo")) == re.sub(r"lien-[\w-]+", "", shown)  # a link is made each time
    assert Submission.objects.count() == 1
    assert Notification.objects.count() == 2


def test_the_demonstration_says_so_when_nothing_leaves(monkeypatch):
    run("load_demo")
    monkeypatch.setattr(demo, "PATIENCE_SECONDS", 0)
    with pytest.raises(CommandError, match="ne sont pas partis"):
        run("demo")
