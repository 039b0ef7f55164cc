"""What is aimed at: in force from its day on, beside what a slow count finds, and who is behind in words."""

from datetime import date, datetime, timedelta
from random import Random

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.utils import timezone

from backend.accounts.models import Membership
from backend.common.days import add_working_days, working_days_between
from backend.matchmaking.models import Submission
from backend.steering.facts import rebuild_facts
from backend.steering.models import FileFact, Step, StepFact, Target
from backend.steering.scopes import Filters, scope_of
from backend.steering.targets import in_force, progress, set_target
from backend.territories.models import ServedEpci
from tests.factories import ARC, CCLO, COMMUNES, DAY, make_lead, make_officer, make_submission
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db


def aim(step=Step.READ, days=2, share=90, on=DAY):
    return set_target(user=make_lead(), step=step, working_days=days, share=share, on=on)


def in_force_on(day):
    return in_force(Target.objects.order_by("since", "pk"), day)


def files(seed, n=24):
    """File of two places over some months, each read and answered so late or not at all, some closed meanwhile."""
    random = Random(seed)  # noqa: S311
    for place in range(n):
        epci = random.choice((ARC, CCLO))
        apart = {"siret": "", "siren": "", "email": f"f{place}@firme.example"}
        file = make_submission(confirmed=random.random() > 0.1, facts={"commune": COMMUNES[epci]}, **apart)
        filed_on = DAY - timedelta(days=random.randint(0, 120))
        moment = datetime.combine(filed_on, datetime.min.time(), tzinfo=timezone.get_current_timezone())
        Submission.objects.filter(pk=file.pk).update(filed_at=moment)
        Submission.objects.filter(pk=file.pk, confirmed_at__isnull=False).update(confirmed_at=moment)
    rebuild_facts(on=DAY)
    for fact in FileFact.objects.all():
        for step in random.sample((Step.READ, Step.ANSWERED, Step.CLOSED), random.randint(0, 3)):
            days = random.choice((0, 1, 2, 3, 8))
            StepFact.objects.create(file=fact, step=step, on=add_working_days(fact.filed_on, days), working_days=days)


def recount(target):
    """Count a file at a time, from its steps."""
    found = {}
    for fact in FileFact.objects.all():
        steps = {row.step: row.working_days for row in fact.steps.all()}
        is_due = working_days_between(fact.filed_on, DAY) >= target.working_days
        is_gone = Step.CLOSED in steps and target.step not in steps
        if Step.CONFIRMED not in steps or not is_due or is_gone:
            continue
        in_time = steps.get(target.step, 999) <= target.working_days
        for key in ("all", fact.epci.usual_name, fact.filed_on.replace(day=1)):
            n_due, n_in_time = found.get(key, (0, 0))
            found[key] = (n_due + 1, n_in_time + in_time)
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_attained_is_what_a_slow_count_finds(seed, django_assert_max_num_queries):
    files(seed)
    targets = [aim(), aim(Step.ANSWERED, 3, 80)]
    scope = scope_of(make_lead())
    with django_assert_max_num_queries(4):
        found = progress(scope, Filters(), on=DAY)
    assert [each.target for each in found] == targets
    for each in found:
        slow = recount(each.target)
        groups = {"all": each.total, **each.by_epci, **each.by_month}
        assert {key: (one.n_due, one.n_in_time) for key, one in groups.items() if one.n_due} == slow


def test_the_last_target_of_a_step_is_in_force_from_its_day_on():
    first, later = aim(on=date(2026, 3, 2)), aim(days=1, on=date(2026, 9, 1))
    assert in_force_on(date(2026, 3, 1)) == {}
    assert in_force_on(date(2026, 8, 31)) == {"read": first}
    assert in_force_on(date(2026, 9, 1)) == {"read": later}
    aim(days=None, share=None, on=date(2026, 10, 1))
    assert in_force_on(DAY) == {}


def test_a_month_keeps_what_was_aimed_at_then():
    files(1)
    aim(share=50, on=date(2026, 9, 10))
    aim(share=90, on=date(2026, 11, 2))
    (found,) = progress(scope_of(make_lead()), Filters(), on=DAY)
    shares = {month.month: share for month, share in found.aimed.items() if month >= date(2026, 8, 1)}
    assert shares == {8: None, 9: 50, 10: 50, 11: 90}


def test_a_target_is_never_rewritten():
    target = aim()
    with pytest.raises(DatabaseError), transaction.atomic():
        Target.objects.filter(pk=target.pk).update(share=10)
    with pytest.raises(DatabaseError), transaction.atomic():
        target.delete()


def test_only_the_territory_s_lead_sets_one():
    theirs = make_officer(ARC, role=Membership.Role.EPCI_LEAD)
    with pytest.raises(PermissionDenied):
        set_target(user=theirs, step=Step.READ, working_days=2, share=90, on=DAY)


def test_who_is_behind_is_said_in_words_and_of_five_files_only(client):
    for place, epci in enumerate((ARC,) * 5 + (CCLO,) * 4):
        apart = {"siret": "", "siren": "", "email": f"f{place}@firme.example"}
        make_submission(confirmed=True, facts={"commune": COMMUNES[epci]}, **apart)
    moment = timezone.now() - timedelta(days=40)
    Submission.objects.update(filed_at=moment, confirmed_at=moment)
    rebuild_facts(on=DAY)
    aim()
    names = dict(ServedEpci.objects.values_list("short_name", "usual_name"))
    client.force_login(make_lead())
    page = text_of(client.get("/territoire/?depuis=tout"))
    assert "Lue sous 2 jours ouvrés : 90 % des demandes" in page
    assert f"En dessous : {names[ARC]} (0 % sur 5)." in page
    client.force_login(make_officer(CCLO, role=Membership.Role.EPCI_LEAD))
    page = text_of(client.get("/territoire/?depuis=tout"))
    assert "Atteint : 0 % sur 4 demandes" in page
    assert "En dessous" not in page
    assert names[ARC] not in page
    assert "Changer les objectifs" not in page


def test_a_target_is_set_on_its_page_and_what_is_wrong_is_said(client):
    client.force_login(make_lead())
    path = "/territoire/objectifs/"
    page = client.post(path, {"step": "read", "working_days": "2", "share": ""})
    assert page.status_code == 422
    assert "Remplissez les deux cases, ou aucune." in text_of(page)
    assert 'value="2"' in page.content.decode()
    assert client.post(path, {"step": "granted", "working_days": "2", "share": "300"}).status_code == 422
    assert not Target.objects.exists()
    page = client.post(path, {"step": "read", "working_days": "2", "share": "90"}, follow=True)
    assert "90 % sous 2 jours ouvrés, en vigueur" in text_of(page)
    page = client.post(path, {"step": "read"}, follow=True)
    assert "Plus rien" in text_of(page)
    assert "en vigueur" not in text_of(page)
    assert Target.objects.count() == 2
