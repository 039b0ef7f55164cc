"""Finding an activity by the words that people use."""

import pytest

from backend.common.text import fold
from backend.territories.models import Nomenclature
from backend.territories.trades import _trades, find_activities, sure_activity

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "first", "also"),
    [
        ("chaudronnerie", "25.11Z", "33.20A"),
        ("Menuiserie", "43.32A", "16.23Z"),
        ("menuisiers", "43.32A", "43.32B"),
        ("travaux de maçonnerie", "43.99C", "43.99C"),
        ("boulangerie", "10.71C", "10.71B"),
        ("usinage", "25.62B", "25.62A"),
        ("conseil informatique", "62.02A", "62.02A"),
        ("garage", "45.20A", "45.20A"),
        ("bar", "56.30Z", "24.31Z"),
        ("Café", "56.30Z", "10.83Z"),
        ("musique", "85.52Z", "32.20Z"),
        ("ascenseurs", "43.29B", "28.22Z"),
        ("club de sport", "93.12Z", "94.99Z"),
        ("boulangerie quifarnel", "10.71C", "47.24Z"),  # with its name
    ],
)
def test_words_find_what_trades_are_called_then_what_labels_say(typed, first, also):
    codes = [activity.code for activity in find_activities(typed)]
    assert codes[0] == first
    assert also in codes


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("bar", "56.30Z"),
        ("Crèche", "88.91A"),
        ("un salon de coiffure", "96.02A"),
        ("salons de coiffure", "96.02A"),
        ("dentistes", "86.23Z"),
        ("kiné", "86.90E"),
        ("avocat", "69.10Z"),
        ("scierie", "16.10A"),
        ("garagiste", None),  # mends, or sells
        ("marbrier", None),
        ("club", None),
        ("salon", None),
        ("musique", None),
        ("tri", None),
        ("bio", None),
        ("barres", None),  # only a label says it
        ("avocat et notaire", None),
        ("", None),
    ],
)
def test_only_a_trade_of_one_activity_is_sure(typed, code):
    assert sure_activity(typed) == code


@pytest.mark.parametrize("typed", ["", "   ", "de la", "ab", "quifarnel", "'; DROP TABLE", "🥐" * 40])
def test_words_of_no_label_find_nothing(typed):
    assert find_activities(typed) == []


def test_every_trade_names_activities_of_the_nomenclature_and_is_written_folded():
    codes = {code for trade in _trades().values() for code in trade}
    held = Nomenclature.objects.filter(system=Nomenclature.System.NAF_REV2, level="subclass", code__in=codes)
    assert codes == set(held.values_list("code", flat=True))
    assert all(fold(trade) == trade for trade in _trades())
