"""Days as other sites write them, in Paris, and what is made of a first and a last one."""

from datetime import date

import pytest

from backend.schemes.ingestion.importers.faults import RowError
from backend.schemes.ingestion.importers.moments import Moment, deadlines_in, read_moment
from backend.schemes.ingestion.importers.windows import read_window


@pytest.mark.parametrize(
    ("value", "day", "hour"),
    [
        ("2026-12-31", date(2026, 12, 31), ""),
        ("20230112", date(2023, 1, 12), ""),
        (20230112, date(2023, 1, 12), ""),
        ("31/12/2026", date(2026, 12, 31), ""),
        ("15 avril 2022", date(2022, 4, 15), ""),
        ("1er août 2026", date(2026, 8, 1), ""),
        ("2026-09-30 00:00:00", date(2026, 9, 30), ""),
        ("2024-01-31T10:00:00+01:00", date(2024, 1, 31), "10 h 00"),
        ("2023-12-31T23:59:59+01:00", date(2023, 12, 31), ""),  # the last instant of a day is no hour
        ("2023-02-27T15:00:00+01:00", date(2023, 2, 27), "15 h 00"),
        ("2019-07-07T22:00:00.000Z", date(2019, 7, 8), ""),  # midnight in Paris, in summer
        ("2026-12-30T23:00:00Z", date(2026, 12, 31), ""),  # and in winter
        ("2022-07-28T11: 40: 47+02: 00", date(2022, 7, 28), "11 h 40"),
    ],
)
def test_a_day_is_that_of_paris(value, day, hour):
    assert read_moment(value, place="fin") == Moment(day, hour)


@pytest.mark.parametrize("value", [None, "", "0000-00-00", "0000-00-00 00:00:00"])
def test_no_day_and_the_zero_date_are_no_date(value):
    assert read_moment(value, place="fin") is None


@pytest.mark.parametrize(
    "value", ["2026-02-30", "fin 2026", "15 avri 2022", 12, True, ["2026-01-01"], "2026-13", "20261301"]
)
def test_a_day_that_cannot_be_read_is_refused_and_never_becomes_none(value):
    with pytest.raises(RowError, match=r"« fin » vaut .* ; attendu : une date qui existe"):
        read_moment(value, place="fin")


def window(opens=(), closes=(), **options):
    told = []
    moments = [[read_moment(value, place="jour") for value in values] for values in (opens, closes)]
    return read_window(opens=moments[0], closes=moments[1], told=told, **options), told


@pytest.mark.parametrize(
    ("opens", "closes", "recurrence", "state", "recurring"),
    [
        ([], [], "", "unknown", None),  # no last day is not "open"
        (["2026-01-01"], [], "", "unknown", None),
        (["2026-01-01"], [], "once", "unknown", False),
        ([], [], "recurring", "unknown", True),
        ([], [], "permanent", "permanent", None),
        ([], ["2026-12-31"], "", "dated", None),
        ([], ["2020-12-31"], "recurring", "dated", True),  # past: closed on the day, and expected again
    ],
)
def test_a_window_says_what_the_site_says_and_no_more(opens, closes, recurrence, state, recurring):
    found, told = window(opens, closes, recurrence=recurrence)
    assert (found["state"], found["recurring"], told) == (state, recurring, [])


def test_a_last_day_wins_over_permanent_and_is_told():
    found, told = window([], ["2026-12-31"], recurrence="permanent")
    assert (found["state"], found["closes_on"]) == ("dated", "2026-12-31")
    assert told == ["L’aide est dite permanente, mais se termine le 31/12/2026 : cette date est suivie."]


def test_a_last_day_that_never_comes_is_no_end():
    found, _ = window([], ["2099-12-31"])
    assert (found["state"], found["closes_on"]) == ("unknown", None)
    assert found["note"] == "Fin donnée : 31/12/2099, c’est-à-dire aucune."


def test_of_several_last_days_the_last_counts_and_all_are_noted():
    found, _ = window(["2026-01-01"], ["2026-03-01", "2026-09-20T15:00:00+02:00"])
    assert found["closes_on"] == "2026-09-20"
    assert found["note"].split("\n") == [
        "Clôtures successives : 01/03/2026, 20/09/2026.",
        "Le dernier jour, jusqu’à 15 h 00 (heure de Paris).",
    ]


def test_a_first_day_after_the_last_refuses_the_record():
    with pytest.raises(RowError, match="Dates inversées : ouverture le 01/02/2026, clôture le 01/01/2026"):
        window(["2026-02-01"], ["2026-01-01"])


def test_what_its_site_says_inactive_is_closed():
    assert window([], ["2030-01-01"], is_closed=True)[0]["state"] == "closed"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "Aide utile. La date limite est fixée au 30 septembre 2026. Écrivez.",
            ["La date limite est fixée au 30 septembre 2026."],
        ),
        (
            "Dates de relevés :\n\n10 décembre 2026 ;\n20 mai 2027.",
            ["Dates de relevés :\n10 décembre 2026 ;\n20 mai 2027."],
        ),
        ("Dispositif ouvert jusqu’au 31/12/2027.", ["Dispositif ouvert jusqu’au 31/12/2027."]),
        ("Le règlement du 18 décembre 2013 s’applique.", []),
        ("Jusqu’à 50 % au plus tard au solde.", []),
    ],
)
def test_a_last_day_that_stands_in_the_text_only_is_quoted(text, found):
    assert deadlines_in(text) == found
