"""The officers' lists: age × urgency × deadline, tabs, filters, and what stands before and after a file."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from backend.matchmaking.file_links import close_unentitled
from backend.matchmaking.follow_up import offer_file, record_step, take_file
from backend.matchmaking.models import FollowUp, Submission
from backend.matchmaking.queue import NOWHERE, Filters, Tab, counts_for, neighbours, queue_of, with_priority
from backend.matchmaking.queue_rows import rows_of
from backend.matchmaking.reviews import end_review
from backend.notifications.models import Suppression
from backend.schemes.models import Scheme
from backend.steering.facts import rebuild_facts
from backend.steering.models import FileFact
from tests.factories import (
    ARC,
    CCLO,
    COMMUNES,
    DAY,
    SIREN,
    SIRET,
    make_call,
    make_lead,
    make_officer,
    make_submission,
    publish_revision,
)
from tests.undone import undone

ENERGY = ("energie.facture", "energie.audit")
pytestmark = pytest.mark.django_db
PHONE = "03\u00a053\u00a001\u00a060\u00a035"  # no line breaks it


@pytest.fixture
def officer():
    return make_officer()


PARIS = ZoneInfo("Europe/Paris")


def waiting(days, horizon=None, **changes):
    facts = {"project.horizon": horizon, **changes.pop("facts", {})}
    submission = make_submission(confirmed=True, facts=facts, **changes)
    confirmed_at = datetime.combine(DAY - timedelta(days=days), time(12), PARIS)
    Submission.objects.filter(pk=submission.pk).update(confirmed_at=confirmed_at)
    return submission


def order(user, **filters):
    return list(queue_of(user, Filters(**filters), on=DAY).values_list("pk", flat=True))


def priority(submission):
    return with_priority(Submission.objects.filter(pk=submission.pk), on=DAY).get().priority


@pytest.fixture(autouse=True)
def no_deadline(request):
    """No scheme closes soon, but where a test says so: what counts is age and urgency."""
    soon = Scheme.objects.published().filter(current__closes_on__lte=DAY + timedelta(days=60))
    Scheme.objects.filter(pk__in=list(soon.values_list("pk", flat=True))).update(state=Scheme.State.ARCHIVED)


def test_the_longer_it_waits_the_sooner_it_comes(officer):
    young, old = waiting(0), waiting(3)
    assert order(officer) == [old.pk, young.pk]


def test_a_firm_in_a_hurry_overtakes_one_that_is_not(officer):
    later, hurry = waiting(3, "later"), waiting(1, "under_3_months")
    assert order(officer) == [hurry.pk, later.pk]


def test_what_waits_comes_by_how_long_it_waits_now_and_before_what_was_answered(officer):
    reopened, waits, answered = waiting(40), waiting(3), waiting(90)
    Submission.objects.filter(pk=reopened.pk).update(reopened_at=datetime.combine(DAY, time(9), PARIS))
    end_review(submission=answered, officer=officer, on=DAY, message="Bonjour")
    assert order(officer, tab=Tab.ALL, order="presse") == [waits.pk, reopened.pk, answered.pk]


def test_nobody_waits_for_ever(officer):
    hurry, later = waiting(0, "under_3_months"), waiting(10, "later")
    assert order(officer) == [later.pk, hurry.pk]


def test_priority_is_age_times_urgency():
    for horizon, weight in (("under_3_months", 3.0), ("3_to_12_months", 2.0), ("later", 1.0), (None, 2.0)):
        assert priority(waiting(4, horizon)) == 5 * weight, horizon


def test_priority_counts_the_nearest_closing_date_of_what_the_firm_could_have():
    for days_left, weight in ((0, 4.0), (7, 4.0), (8, 2.0), (30, 2.0), (31, 1.0)):
        with undone():
            scheme = Scheme.objects.published().get(source_key="prochemploi-hdf")
            closes_on = DAY + timedelta(days=days_left)
            publish_revision(scheme, window_state="dated", opens_on=None, closes_on=closes_on)
            submission = waiting(0, "later")
            row = with_priority(Submission.objects.filter(pk=submission.pk), on=DAY).get()
            assert (row.closes_on, row.priority) == (closes_on if days_left <= 30 else None, weight), days_left


def test_filters_narrow_and_combine(officer):
    mine = waiting(0, "later", company_name="Tôlerie A")
    take_file(submission=mine, officer=officer)
    pool = waiting(0, company_name="Fonderie B", without=("commune",))
    transmission = waiting(0, company_name="Scierie C", needs=("creation.transmettre",))
    assert order(officer, whose="miennes") == [mine.pk]
    assert set(order(officer, whose="equipe")) == {mine.pk, transmission.pk}
    assert order(officer, epci=NOWHERE) == [pool.pk]
    assert order(officer, need="creation") == [transmission.pk]
    assert order(officer, horizon="later") == [mine.pk]
    assert order(officer, words="fonderie") == [pool.pk]
    assert order(officer, words=pool.reference) == [pool.pk]
    assert order(officer, whose="miennes", words="fonderie") == []
    assert order(officer, epci=CCLO) == []


def test_the_list_of_a_need_is_of_the_files_that_the_follow_up_counts_in_it(officer):
    file, guessed, several = (waiting(0, needs=needs) for needs in (ENERGY[:1], ENERGY[:1], ENERGY))
    guessed.needs.update(weight=0.4)  # a guess among others: the follow-up does not count it
    rebuild_facts()
    counted = {fact.pk for fact in FileFact.objects.all() if "energie" in fact.needs}
    assert set(order(officer, need="energie")) == counted == {file.pk, several.pk}


def test_a_file_is_found_by_siren_siret_or_number_and_only_where_one_may_read_it(officer):
    file = waiting(0)
    waiting(0, siren="999999980", siret="")
    for words in (SIREN, "999 999 956", SIRET, file.reference, str(file.pk), file.reference.lower()):
        assert order(officer, words=words, tab=Tab.ALL) == [file.pk], words
        assert order(make_officer(CCLO), words=words, tab=Tab.ALL) == []
    assert order(officer, words="999999957") == []


def test_each_order_of_the_list(officer):
    hurry = "under_3_months"
    named = (("Zinguerie", 5, "later"), ("Atelier", 1, hurry), ("Moulin", 3, hurry))
    files = [waiting(days, horizon, company_name=name) for name, days, horizon in named]
    zinguerie, atelier, moulin = (file.pk for file in files)
    assert order(officer, order="presse") == [moulin, zinguerie, atelier]
    assert order(officer, order="attente") == [zinguerie, moulin, atelier]
    assert order(officer, order="recentes") == [atelier, moulin, zinguerie]
    assert order(officer, order="nom") == [atelier, moulin, zinguerie]


def test_what_is_offered_to_me_can_be_listed(officer):
    other = make_officer(CCLO)
    file = waiting(0)
    offer_file(submission=file, by=officer, to=other)
    assert order(other, tab=Tab.OFFERED) == [file.pk]
    assert order(officer, tab=Tab.OFFERED) == []


def test_each_tab_lists_its_files_and_counts_them(officer):
    new, todo, done, closed = (waiting(0) for _ in range(4))
    record_step(submission=todo, officer=officer, step="partner", note="un laboratoire")
    end_review(submission=done, officer=officer, on=DAY, message="Bonjour")
    close_unentitled(submission=closed, officer=officer, on=DAY)
    make_call()
    take_file(submission=new, officer=officer)
    assert set(order(officer, tab=Tab.TO_READ)) == {new.pk, todo.pk}
    assert order(officer, tab=Tab.TO_DO) == [todo.pk]
    assert order(officer, tab=Tab.FOLLOWED) == [done.pk]
    assert set(order(officer, tab=Tab.ALL)) == {new.pk, todo.pk, done.pk, closed.pk}
    counts = counts_for(officer, on=DAY)
    assert counts.by_tab == {"a-lire": 2, "a-rappeler": 1, "offerts": 0, "a-traiter": 1, "suivis": 1, "tous": 4}
    assert counts.mine == 2  # who ends a review follows the file
    assert set(counts_for(make_officer(CCLO), on=DAY).by_tab.values()) == {0}


def test_a_dead_address_or_one_to_confirm_is_to_be_dealt_with(officer):
    dead, unconfirmed = waiting(0), make_submission()
    suppression = Suppression.objects.create(digest="x", reason="dead", suppressed_at=dead.filed_at)
    FollowUp.objects.create(
        submission=dead, step=FollowUp.Step.DEAD_ADDRESS, suppression=suppression, recorded_at=dead.filed_at
    )
    take_file(submission=unconfirmed, officer=officer)  # seen from then on
    assert set(order(officer, tab=Tab.TO_DO)) == {dead.pk, unconfirmed.pk}
    row = next(row for row in rows_of([dead.pk], on=DAY))
    assert row.is_dead_address


def test_a_row_says_where_what_and_since_when(officer):
    file = waiting(12, "under_3_months", needs=("numerique.robot", "competences.recruter", "energie.facture"))
    (row,) = rows_of([file.pk], on=DAY)
    assert (row.commune, row.size, row.waits, row.needed) == (
        "Compiègne",
        "35\N{NO-BREAK SPACE}salariés",
        "12 jours",
        "sous 3 mois",
    )
    assert row.needs.endswith("(+ 1)")
    unknown = waiting(0, without=("commune", "headcount"))
    (row,) = rows_of([unknown.pk], on=DAY)
    assert (row.commune, row.size, row.waits, row.needed) == ("", "effectif inconnu", "aujourd’hui", "sans date")


WAITS = [  # days from its arrival to each end of it, how long it waits
    ({}, "696 jours"),
    ({"reviewed_at": 3}, "relue en 3 jours"),
    ({"reviewed_at": 1}, "relue en 1 jour"),
    ({"reviewed_at": 0}, "relue le jour même"),
    ({"reviewed_at": 3, "reopened_at": 690}, "relue le jour même"),  # out of order: never a negative wait
    ({"reopened_at": 690}, "6 jours"),
    ({"reopened_at": 690, "reviewed_at": 692}, "relue en 2 jours"),
    ({"closed_at": 5}, "n’attend plus"),
    ({"closed_at": 5, "reviewed_at": 3}, "relue en 3 jours"),
]


def test_a_file_waits_until_its_answer_and_anew_once_it_is_opened_again():
    file = waiting(696)
    for ends, waits in WAITS:
        with undone():
            for name, days in ends.items():
                why = {"closed_reason": "ended"} if name == "closed_at" else {}
                moment = datetime.combine(DAY - timedelta(days=696 - days), time(15), PARIS)
                Submission.objects.filter(pk=file.pk).update(**{name: moment}, **why)
            (row,) = rows_of([file.pk], on=DAY)
            assert row.waits == waits, ends


def test_the_files_before_and_after_one_are_those_of_its_list(officer):
    for days, name in ((5, "C"), (1, "A"), (3, "B")):
        waiting(days, company_name=name)
    waiting(2, company_name="D", facts={"commune": COMMUNES[CCLO]})  # nobody's here
    for by in ("presse", "attente", "recentes", "nom"):
        keys = order(officer, order=by)
        found = [neighbours(officer, Filters(order=by), pk, on=DAY) for pk in keys]
        assert [(one.before, one.after) for one in found] == [(None, keys[1]), (keys[0], keys[2]), (keys[1], None)]


def test_a_file_that_its_list_does_not_hold_has_no_neighbours(officer):
    file, other = waiting(0), waiting(0, facts={"commune": COMMUNES[CCLO]})
    assert neighbours(officer, Filters(words="zzz"), file.pk, on=DAY) is None
    assert neighbours(officer, Filters(tab=Tab.ALL), other.pk, on=DAY) is None


def test_a_queue_never_shows_the_files_of_others():
    file = make_submission(confirmed=True, facts={"commune": COMMUNES[CCLO]})
    assert order(make_officer(ARC)) == []
    assert order(make_lead()) == [file.pk]


SIGNS = [
    ({}, []),
    ({"is_answered": False}, [("bad", "Rien ne répond")]),
    ({"offered_to": "colleague"}, [("", "Proposée à un collègue")]),
    ({"offered_to": "epci"}, [("", "Proposée à une autre intercommunalité")]),
    ({"refuses_emails": True}, [("doubt", f"Pas de courriels\u00a0: appeler le {PHONE}")]),
    ({"steps": frozenset({FollowUp.Step.PARTNER, FollowUp.Step.CALL_BACK})}, [("doubt", "Partenaire à trouver")]),
    ({"steps": frozenset({FollowUp.Step.FIRM_SAID})}, [("doubt", "Lire ce qu’écrit l’entreprise")]),
    ({"steps": {FollowUp.Step.OUTCOME}}, [("doubt", "Demander ce qui a été obtenu")]),
    (
        {"steps": {FollowUp.Step.DEAD_ADDRESS}, "refuses_emails": True, "is_answered": False},
        [("bad", f"Adresse morte\u00a0: appeler le {PHONE}"), ("bad", "Rien ne répond")],
    ),
]


def test_a_row_says_why_it_comes_first_or_apart():
    (row,) = rows_of([waiting(1).pk], on=DAY)
    for changes, signs in SIGNS:
        assert list(replace(row, **{"is_answered": True, **changes}).signs) == signs, changes


def test_without_a_telephone_a_row_names_none_and_what_left_unread_says_so():
    file = waiting(1)
    file.contact.phone = ""
    file.contact.save()
    (row,) = rows_of([file.pk], on=DAY)
    row.submission.confirmed_at, row.submission.unread_by_id = None, 1
    assert list(replace(row, is_answered=True).signs) == [
        ("doubt", "Adresse non confirmée\u00a0: appeler"),
        ("", "Partie sans lecture"),
    ]
