"""Actions of the committee: decided on a gap as it is, followed as it becomes, read by whom they concern."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from backend.accounts.models import Membership
from backend.matchmaking.models import Submission
from backend.matchmaking.standing import Standing
from backend.steering.actions import actions_of, decide_action, end_action, follow
from backend.steering.gap_map import gaps
from backend.steering.models import NeedFact
from backend.steering.need_table import pack_needs
from backend.steering.nightly import rebuild
from backend.steering.scopes import Filters, scope_of
from backend.territories.models import ServedEpci
from tests.factories import ARC, CCLO, COMMUNES, DAY, archive_serving, make_lead, make_officer, make_submission

pytestmark = pytest.mark.django_db
NEED = "risques.technologique"
LATER = DAY + timedelta(days=30)


def epci_lead(epci):
    return make_officer(epci, role=Membership.Role.EPCI_LEAD)


def epci(name):
    return ServedEpci.objects.get(short_name=name)


def file_in(name, n=1):
    for _ in range(n):
        make_submission(
            confirmed=True,
            needs=(NEED,),
            facts={"commune": COMMUNES[name]},
            siret="",
            siren="",
            email=f"f{Submission.objects.count()}@firme.example",
        )


def decide(user, **filters):
    words = {"what": "Ouvrir un guichet", "owner": "L’animateur", "due_on": LATER, "on": DAY}
    return decide_action(user=user, filters=Filters(sub_need=NEED, **filters), **words)


@pytest.fixture
def unmet():
    archive_serving(NEED)
    file_in(ARC, 2)
    file_in(CCLO)
    rebuild(on=DAY)


def test_an_action_keeps_what_the_gap_was_and_shows_what_it_becomes(unmet):
    lead = make_lead()
    whole, here = decide(lead), decide(lead, commune=COMMUNES[CCLO])
    assert [(one.demand_then, one.unmet_then, one.to_specify_then) for one in (whole, here)] == [(3, 3, 0), (1, 1, 0)]
    file_in(ARC)
    rebuild(on=DAY)
    scope = scope_of(lead)
    found = {row.action.pk: (row.demand, row.unmet) for row in follow(scope, actions_of(scope))}
    assert found == {whole.pk: (4, 4), here.pk: (1, 1)}
    for one in (whole, here):
        total = gaps(scope, Filters(sub_need=NEED, commune=one.commune)).total
        assert found[one.pk] == (total.demand, total.unmet)


def test_an_action_tells_what_is_to_specify_from_what_has_no_scheme(unmet):
    first = NeedFact.objects.filter(file__epci=epci(ARC)).first()
    NeedFact.objects.filter(pk=first.pk).update(standing=Standing.TO_SPECIFY)
    pack_needs()
    lead = epci_lead(ARC)
    action, scope = decide(lead), scope_of(lead)
    assert (action.demand_then, action.unmet_then, action.to_specify_then) == (2, 1, 1)
    (row,) = follow(scope, [action])
    assert (row.demand, row.unmet, row.to_specify) == (2, 1, 1)


def test_who_leads_one_intercommunality_decides_for_it(unmet):
    lead = epci_lead(ARC)
    action = decide(lead)
    assert (action.epci, action.demand_then) == (epci(ARC), 2)
    with pytest.raises(PermissionDenied):
        decide(lead, epci=epci(CCLO))


def test_who_leads_two_intercommunalities_decides_for_one_and_counts_it_alone(unmet):
    lead, other = epci_lead(ARC), epci_lead(CCLO)
    second = other.memberships.get().organisation
    Membership.objects.create(user=lead, organisation=second, role=Membership.Role.EPCI_LEAD)
    with pytest.raises(PermissionDenied):
        decide(lead)
    action = decide(lead, epci=epci(CCLO))
    assert (action.epci, action.demand_then, action.unmet_then) == (epci(CCLO), 1, 1)
    action = decide(lead, epci=epci(ARC))
    assert (action.epci, action.demand_then) == (epci(ARC), 2)


def test_an_action_of_another_intercommunality_is_not_seen_and_one_of_all_has_no_figure(unmet):
    whole, far = decide(make_lead()), decide(make_lead(), epci=epci(CCLO))
    lead = epci_lead(ARC)
    own, scope = decide(lead), scope_of(lead)
    found = {row.action.pk: row.unmet for row in follow(scope, actions_of(scope))}
    assert found == {whole.pk: None, own.pk: 2}
    assert set(actions_of(scope_of(make_lead()))) == {whole, far, own}
    for other in (whole, far):
        with pytest.raises(PermissionDenied):
            end_action(user=lead, action=other, result="Fait.", on=DAY)


def test_a_result_is_noted_once(unmet):
    lead = make_lead()
    action = decide(lead)
    end_action(user=lead, action=action, result="Un guichet est ouvert.", on=DAY)
    end_action(user=lead, action=action, result="Autre chose.", on=LATER)
    action.refresh_from_db()
    assert (action.result, action.done_on) == ("Un guichet est ouvert.", DAY)
