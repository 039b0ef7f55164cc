"""What is kept of an answer, beside what its readers try."""

import pytest
from django.db import IntegrityError, transaction

from backend.matchmaking.models import Match
from backend.matchmaking.results import _insert_matches
from tests.factories import first_matches, make_submission

pytestmark = pytest.mark.django_db


def test_what_the_database_refuses_of_a_copy_is_an_error_of_django():
    """Who files catches those, and knows none of the driver."""
    match = first_matches(make_submission())[0]
    row = {field.attname: getattr(match, field.attname) for field in Match._meta.concrete_fields}
    before = Match.objects.count()
    with pytest.raises(IntegrityError, match="rank"), transaction.atomic():
        _insert_matches([{**row, "rank": None}])
    assert Match.objects.count() == before
