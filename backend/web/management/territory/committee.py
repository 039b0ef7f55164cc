"""What the project committee decided, in a demonstration: targets, and actions on the needs most often unmet."""

from datetime import date, timedelta

from django.db import transaction

from backend.accounts.models import Membership, User
from backend.matchmaking.standing import Standing
from backend.steering.actions import decide_action, end_action
from backend.steering.gap_map import gaps
from backend.steering.models import Action, NeedFact, Target
from backend.steering.scopes import Filters, scope_of
from backend.steering.targets import set_target
from backend.web.management.territory.officers import words


@transaction.atomic
def decide(*, on: date) -> None:
    """Have the lead of the territory aim and decide, once.

    The figures that an action keeps of its day count the needs filed up to it.
    """
    leads = User.objects.filter(memberships__role=Membership.Role.TERRITORY_LEAD, is_active=True)
    lead = leads.order_by("pk").first()
    if lead is None or Target.objects.exists() or Action.objects.exists():
        return
    committee = words()["committee"]
    for target in committee["targets"]:
        aim = {name: target[name] for name in ("step", "working_days", "share")}
        set_target(user=lead, on=on - timedelta(weeks=target["weeks_ago"]), **aim)
    lacking = [gap for gap in gaps(scope_of(lead), Filters()).by_need if gap.unmet or gap.to_specify]
    for decision, gap in zip(committee["decisions"], lacking, strict=False):
        sub_need = gap.key[1]
        day = on - timedelta(weeks=decision["weeks_ago"])
        action = decide_action(
            user=lead,
            filters=Filters(sub_need=sub_need),
            what=decision["what"],
            owner=decision["owner"],
            due_on=day + timedelta(weeks=decision["weeks"]),
            on=day,
        )
        until = NeedFact.objects.filter(sub_need=sub_need, file__filed_on__lte=day)
        Action.objects.filter(pk=action.pk).update(
            demand_then=until.count(),
            unmet_then=until.exclude(standing__in=NeedFact.POSSIBLE).count(),
            to_specify_then=until.filter(standing=Standing.TO_SPECIFY).count(),
        )
        if "result" in decision:
            ended = day + timedelta(weeks=decision["weeks_to_result"])
            end_action(user=lead, action=action, result=decision["result"], on=ended)
