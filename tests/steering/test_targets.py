"""What is aimed at: in force from its day on, beside what a slow count finds, and who is behind in words."""

from datetime import date, datetime, timedelta
from random import Random

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.utils import timezone

from backend.accounts.models import Membership
from backend.common.days import working_days_between
from backend.matchmaking.models import Submission
from backend.steering.facts import rebuild_facts
from backend.steering.funnel import Funnel, Reached
from backend.steering.models import FileFact, Step, Target
from backend.steering.scopes import Filters, scope_of
from backend.steering.success import Success
from backend.steering.targets import Attained, TargetError, end_target, in_force, progress, set_target
from backend.territories.models import ServedEpci
from tests.factories import ARC, CCLO, DAY, make_lead, make_officer, make_submission
from tests.steering.recount import SEEDS
from tests.steering.rows import add_all_up, count_file
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db


def aim(step=Step.READ, days=2, share=90, on=DAY):
    return set_target(user=make_lead(), step=step, working_days=days, share=share, on=on)


def in_force_on(day):
    return in_force(Target.objects.order_by("since", "pk"), day)


def files(seed, n=24):
    """Count files of two places over some months, each read and answered so late or not at all, some closed."""
    random = Random(seed)  # noqa: S311
    for _ in range(n):
        steps = random.sample((Step.READ, Step.ANSWERED, Step.CLOSED), random.randint(0, 3))
        count_file(
            random.choice((ARC, CCLO)),
            filed_on=DAY - timedelta(days=random.randint(0, 120)),
            confirmed=random.random() > 0.1,
            **{step.value: random.choice((0, 1, 2, 3, 8)) for step in steps},
        )
    add_all_up()


def recount(target, *, within=None):
    """Count a file at a time, from its steps; ``within`` gives the working days of its month."""
    found = {}
    for fact in FileFact.objects.all():
        steps = {row.step: row.working_days for row in fact.steps.all()}
        days = within(fact.filed_on) if within else target.working_days
        is_due = working_days_between(fact.filed_on, DAY) > days
        is_gone = Step.CLOSED in steps and target.step not in steps
        if Step.CONFIRMED not in steps or not is_due or is_gone:
            continue
        in_time = steps.get(target.step, 999) <= days
        for key in ("all", fact.epci.usual_name, fact.filed_on.replace(day=1)):
            n_due, n_in_time = found.get(key, (0, 0))
            found[key] = (n_due + 1, n_in_time + in_time)
    return found


@pytest.mark.parametrize("seed", SEEDS)
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
    end_target(user=make_lead(), step=Step.READ, on=date(2026, 10, 1))
    assert in_force_on(DAY) == {}
    with pytest.raises(TargetError, match="rien à arrêter"):
        end_target(user=make_lead(), step=Step.READ, on=DAY)
    assert Target.objects.count() == 3


def test_a_month_keeps_what_was_aimed_at_then():
    aim(days=8, share=50, on=date(2026, 9, 10))
    aim(days=2, share=90, on=date(2026, 11, 2))
    (found,) = progress(scope_of(make_lead()), Filters(), on=DAY)
    months = [found.in_month(date(2026, n, 1)) for n in (8, 9, 10, 11)]  # also those in which nobody filed
    assert [(month.working_days, month.share) for month in months] == [(2, None), (8, 50), (8, 50), (2, 90)]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_month_is_counted_within_the_days_of_its_own_target(seed):
    files(seed, n=40)
    aim(days=8, share=50, on=date(2026, 9, 10))
    now = aim(days=2, share=90, on=date(2026, 11, 2))
    (found,) = progress(scope_of(make_lead()), Filters(), on=DAY)
    slow = recount(now, within=lambda day: 8 if day.month in (9, 10) else 2)
    months = {month: (one.n_due, one.n_in_time) for month, one in found.by_month.items() if one.n_due}
    assert months == {key: counts for key, counts in slow.items() if isinstance(key, date)}
    assert (found.total.n_due, found.total.n_in_time) == recount(now)["all"]


@pytest.mark.parametrize(("on", "n_due"), [(date(2026, 11, 17), 0), (date(2026, 11, 18), 1)])
def test_a_file_is_not_missed_before_its_last_day_is_over(on, n_due):
    filed = datetime(2026, 11, 16, 9, tzinfo=timezone.get_current_timezone())  # a Monday, with one working day
    make_submission(confirmed=True)
    Submission.objects.update(filed_at=filed, confirmed_at=filed)
    rebuild_facts()
    aim(days=1, on=date(2026, 11, 2))
    (found,) = progress(scope_of(make_lead()), Filters(), on=on)
    assert found.total == Attained(n_due=n_due)


def test_a_share_below_the_target_never_reads_as_the_target():
    below = Attained(n_due=48, n_in_time=43, aimed=90)  # 89,6 %
    assert below.percent == 89
    assert below.is_behind(90)
    assert Attained(n_due=48, n_in_time=43, aimed=80).percent == 90
    assert Attained(n_due=50, n_in_time=45, aimed=90).percent == 90


@pytest.mark.parametrize(
    ("n_in_time", "n_due", "percent"), [(4, 6, 67), (1, 8, 13), (0, 3, 0), (299, 300, 99), (3, 3, 100)]
)
def test_a_share_is_rounded_and_all_is_said_of_all_only(n_in_time, n_due, percent):
    assert Attained(n_due=n_due, n_in_time=n_in_time, aimed=50).percent == percent
    assert Success(granted=n_in_time, refused=n_due - n_in_time).percent == percent
    reached = {Step.FILED: Reached(n=n_due, median=0, ninth=0), Step.READ: Reached(n=n_in_time, median=0, ninth=0)}
    assert {step: share for step, _n, share in Funnel(label="", reached=reached).steps()}[Step.READ] == percent


def test_the_page_and_its_file_say_over_which_files_and_within_which_days_it_is_counted(client):
    files(1)
    aim(days=8, share=50, on=date(2026, 9, 10))
    aim(days=2, share=90, on=date(2026, 11, 2))
    client.force_login(make_lead())
    page = text_of(client.get("/territoire/"))
    assert "Objectif fixé le 2 novembre 2026." in page
    assert "déposées depuis le 1er décembre 2025 et dont le délai est passé, avant l’objectif aussi." in page
    address = "/territoire/?depuis=tout"
    page = text_of(client.get(address))
    assert "déposées depuis le début et dont le délai est passé, avant l’objectif aussi." in page
    assert "50 % sous 8 j" in page
    assert "90 % sous 2 j" in page
    rows = [line.split(";") for line in client.get(f"{address}&csv=1").content.decode().splitlines()]
    aimed = {row[1]: row[6:8] for row in rows if row[0] == "Objectif : Mois"}
    wanted = {"2026-08": ["2", ""], "2026-09": ["8", "50"], "2026-10": ["8", "50"], "2026-11": ["2", "90"]}
    assert {month: aimed[month] for month in wanted} == wanted


def test_a_target_older_than_what_is_counted_needs_no_warning(client):
    files(1)
    aim(on=date(2025, 11, 2))
    client.force_login(make_lead())
    page = text_of(client.get("/territoire/"))
    assert "déposées depuis le 1er décembre 2025 et dont le délai est passé." in page
    assert "avant l’objectif" not in page


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
    aim()
    with pytest.raises(PermissionDenied):
        end_target(user=theirs, step=Step.READ, on=DAY)


def test_who_is_behind_is_said_in_words_and_of_five_files_only(client):
    for epci in (ARC,) * 5 + (CCLO,) * 4:
        count_file(epci, filed_on=DAY - timedelta(days=40))
    add_all_up()
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
    assert "Écrivez une part de 1 à 100" in text_of(page)
    assert 'value="2"' in page.content.decode()
    page = client.post(path, {"step": "", "working_days": "", "share": ""})  # the page as it opens
    assert page.status_code == 422
    assert "Choisissez une étape." in text_of(page)
    assert client.post(path, {"step": "granted", "working_days": "2", "share": "300"}).status_code == 422
    page = text_of(client.post(path, {"step": "read", "working_days": "900", "share": "300"}))
    assert "« 900 » : de 1 à 250 jours ouvrés." in page
    assert "« 300 » : de 1 à 100 %." in page
    assert not Target.objects.exists()
    page = client.post(path, {"step": "read", "working_days": "2", "share": "90"}, follow=True)
    assert "90 % sous 2 jours ouvrés, en vigueur" in text_of(page)
    assert client.post(path, {"step": "read"}).status_code == 422
    refused = "Rien n’est visé à cette étape"
    for step, said in (("answered", refused), ("rien", refused), ("read", "plus rien n’est visé"), ("read", refused)):
        page = client.post(path, {"end": step}, follow=True)
        assert said in text_of(page)
    assert "en vigueur" not in text_of(page)
    assert Target.objects.count() == 2


def test_a_lead_sets_a_target_before_any_file_is_there(client):
    client.force_login(make_lead())
    assert "Fixer un objectif" in text_of(client.get("/territoire/?taille=from_250"))
    aim()
    page = text_of(client.get("/territoire/?taille=from_250"))
    assert "Lue sous 2 jours ouvrés : 90 % des demandes" in page
    assert "Aucune demande dont le délai soit passé." in page
