"""Move what came of requests for schemes from the steps of a file to the events of its schemes.

A step that the review "already asked, refused" owed is not moved: the review itself says so. Nor is one that was taken
back: nobody knows by whom, and an event names who takes it back.
"""

from django.db import migrations
from django.utils import timezone

STEPS = ("applied", "granted", "refused", "given_up")


def move(apps, schema_editor):
    follow_up = apps.get_model("matchmaking", "FollowUp")
    event = apps.get_model("matchmaking", "SchemeEvent")
    steps = follow_up.objects.filter(step__in=STEPS)
    standing = steps.filter(cancelled_at=None, review=None).order_by("recorded_at", "pk")
    event.objects.bulk_create(
        (
            event(
                submission_id=one.submission_id,
                scheme_id=one.scheme_id,
                state=one.step,
                origin="officer",
                actor_id=one.recorded_by_id,
                note=one.note,
                happened_on=timezone.localdate(one.recorded_at),
                recorded_at=one.recorded_at,
            )
            for one in standing.iterator()
        ),
        batch_size=1000,
    )
    steps.delete()


def move_back(apps, schema_editor):
    follow_up = apps.get_model("matchmaking", "FollowUp")
    event = apps.get_model("matchmaking", "SchemeEvent")
    said = event.objects.filter(state__in=STEPS, undone_by=None, actor__isnull=False).order_by("recorded_at", "pk")
    follow_up.objects.bulk_create(
        (
            follow_up(
                submission_id=one.submission_id,
                scheme_id=one.scheme_id,
                step=one.state,
                note=one.note,
                recorded_by_id=one.actor_id,
                recorded_at=one.recorded_at,
                done_at=one.recorded_at,
                done_by_id=one.actor_id,
            )
            for one in said.iterator()
        ),
        batch_size=1000,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("matchmaking", "0030_scheme_events"),
    ]

    operations = [migrations.RunPython(move, move_back)]
