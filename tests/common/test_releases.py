"""A database whose migrations are gone is refused, and changed by nothing."""

import pytest
from django.core.management import CommandError, call_command
from django.db.migrations.recorder import MigrationRecorder

from backend.common.releases import applied_migrations, known_migrations, migrations_out_of_reach

REPLACED = {"links.0001_initial", "links.0002_feeds_and_shares"}


def test_of_migrations_that_one_replaces_a_database_has_had_all_or_none():
    of_links = {name for name in known_migrations() if name.startswith("links.") and "squashed" not in name}
    assert of_links > REPLACED
    assert migrations_out_of_reach(of_links) == set()
    assert migrations_out_of_reach({"jobs.0001_states_and_runs"}) == set()
    assert migrations_out_of_reach(REPLACED) == of_links - REPLACED


@pytest.mark.django_db
def test_a_database_that_had_some_of_them_is_left_as_it_is():
    MigrationRecorder.Migration.objects.filter(app="links").exclude(name="0001_initial").delete()
    before = applied_migrations()
    with pytest.raises(CommandError, match=r"trop ancienne.*rien n’a été changé.*docs/operations\.md"):
        call_command("set_up")
    assert applied_migrations() == before
