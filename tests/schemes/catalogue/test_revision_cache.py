"""Revisions that stay in memory, while several threads read them."""

import pytest
from django.db import connection

from backend.schemes.catalogue.revision_cache import clear_cache, read_revisions
from backend.schemes.models import Revision

pytestmark = pytest.mark.django_db


def test_revisions_are_found_though_another_thread_forgets_them_during_the_query():
    first, second = Revision.objects.order_by("pk").values_list("pk", flat=True)[:2]
    clear_cache()
    read_revisions([first])

    def another_thread_clears(execute, *query):
        clear_cache()
        return execute(*query)

    with connection.execute_wrapper(another_thread_clears):
        assert set(read_revisions([first, second])) == {first, second}
