"""Whatever stands in a field, a record is read or refused with a reason: one strange value never ends a run."""

from datetime import date

import pytest

from backend.schemes.ingestion.importers import aides_entreprises, aides_territoires, feeds, mission_transition
from backend.schemes.ingestion.importers.faults import RowError
from tests.schemes.ingestion.importers.test_aides_entreprises import make_official, make_rendered
from tests.schemes.ingestion.importers.test_aides_territoires import make_aid
from tests.schemes.ingestion.importers.test_feeds import REAL

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 24)
STRANGE = [
    None, "", " ", "x", "\0\ud800", "9" * 500, "<p", "&#x110000;", "https://[", "2026-13-45", 0, -1, 1e308,
    float("nan"), True, [], [None], [[]], ["x"], [{}], [{"a": 1}], {}, {"a": {"b": []}},
    {"source": 1}, {"source": [1, {"lien": 2}]},
    {"territoires": [1]}, {"natures": [{"typ_libelle": 3}], "projets": {}},
    {"territoires": [{"id_ter": {}, "ter_libelle": []}]},
]  # fmt: skip
MT = {
    "sourceId": "at_1",
    "name": "Aide d’essai",
    "perimeter": "NATIONAL",
    "aidDetails": "<p>Une aide.</p>",
    "eligibility": "<p>Être utile.</p>",
    "fundingSourceUrl": "https://exemple.example/aide",
    "applicationEndDate": None,
    "applicationUrl": "",
    "environmentalTopics": [{"name": "Sujet", "id": 1}],
    "funder": {"name": "ADEME", "id": 8},
    "fundingTypes": ["Subvention"],
    "regions": [{"name": "France", "id": 1}],
    "contactGuidelines": "",
    "subventionRateUpperBound": 70,
    "subventionRateLowerBound": None,
    "loanAmount": None,
    "applicationStartDate": "2021-11-09T15:42:42+00:00",
    "projectExamples": "",
    "directAccess": False,
}
CASES = {
    "aides-territoires": (aides_territoires.Reader, make_aid()),
    "mission-transition": (mission_transition.Reader, MT),
    "official": (aides_entreprises.Reader, make_official()),
    "rendered": (aides_entreprises.Reader, make_rendered()),
    **{source: (lambda source=source: feeds.Reader(source), record) for source, record in REAL.items()},
}


@pytest.mark.cases(3)
@pytest.mark.parametrize("name", CASES)
def test_a_strange_value_is_read_or_refused_and_never_ends_a_run(name):
    make_reader, record = CASES[name]
    reader = make_reader()
    reader.read(record, on=DAY)
    reasons = []
    for field in record:
        for value in STRANGE:
            given = {**record, field: value}
            try:
                reader.key(given)
                reader.read(given, on=DAY)
            except RowError as error:
                reasons.append(str(error))
    assert len(reasons) > len(record)
    assert all(reason.endswith(".") for reason in reasons)


@pytest.mark.parametrize("name", CASES)
def test_a_record_with_nothing_is_refused(name):
    with pytest.raises(RowError):
        CASES[name][0]().read({}, on=DAY)
