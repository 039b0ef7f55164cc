"""Who calls, as each e-mail to a firm says it; and who is told, where a file is of one intercommunality or of all."""

from datetime import date

import pytest

from backend.accounts.absences import declare_absence
from backend.accounts.models import Organisation
from backend.matchmaking.emails import caller_of, officers_in_charge, organisation_in_charge
from backend.matchmaking.follow_up import take_file
from backend.territories.models import ServedEpci
from tests.factories import ARC, CC2V, CCLO, CCPE, DAY, make_officer, make_organisation, make_submission

pytestmark = pytest.mark.django_db


def called(submission, *, on: date = DAY) -> str:
    submission.refresh_from_db()
    return caller_of(submission, on=on)


def make_named(first_name: str, last_name: str, epci: str = ARC):
    return make_officer(epci, first_name=first_name, last_name=last_name)


def test_who_follows_a_file_calls_else_all_in_charge_else_somebody_of_the_service():
    submission = make_submission(confirmed=True)
    make_organisation(ARC)
    assert called(submission) == "un développeur économique (Service ARC)"
    ada = make_named("Ada", "Petit")
    make_named("Noé", "Lambert", CCLO)
    assert called(submission) == "Ada Petit (Service ARC)"
    odile = make_named("Odile", "Ferrand")
    assert sorted(called(submission).removesuffix(" (Service ARC)").split(" ou ")) == ["Ada Petit", "Odile Ferrand"]
    take_file(submission=submission, officer=odile)
    assert called(submission) == "Odile Ferrand"
    declare_absence(user=odile, starts_on=DAY, ends_on=DAY, stand_in=ada, by=odile)
    assert called(submission) == "Ada Petit"


def test_nobody_who_is_away_is_named_alone():
    submission, odile = make_submission(confirmed=True), make_named("Odile", "Ferrand")
    take_file(submission=submission, officer=odile)
    declare_absence(user=odile, starts_on=DAY, ends_on=DAY, stand_in=None, by=odile)
    assert called(submission) == "Odile Ferrand (Service ARC)"


def test_a_file_of_no_commune_is_everybodys():
    officers = {make_officer(epci) for epci in (ARC, CCLO, CC2V, CCPE)}
    submission = make_submission(confirmed=True, facts={"commune": None})
    assert submission.epci is None
    assert set(officers_in_charge(submission)) == officers
    assert organisation_in_charge(submission) is None
    assert called(submission) == "un développeur économique du territoire"


def test_an_intercommunality_is_told_by_its_own_officers_and_no_other():
    ours, _theirs = make_officer(ARC), make_officer(CCLO)
    submission = make_submission(confirmed=True)
    assert officers_in_charge(submission) == [ours]
    assert organisation_in_charge(submission) == Organisation.objects.get(epci=ServedEpci.objects.get(short_name=ARC))
