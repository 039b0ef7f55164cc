"""Sums, rates and days that a French text states."""

from datetime import date

import pytest

from backend.schemes.catalogue.stated_figures import days_in, figures_in, values_in


@pytest.mark.parametrize(
    "text",
    [
        "15 000 €",
        "15\xa0000\xa0€",
        "15 k€",
        "15k€",
        "15000 euros",
        "15.000 €",
        "15 K€",
        "0,015 M€",
        "15 milliers d’euros",
    ],
)
def test_one_sum_is_read_however_it_is_written(text):
    assert values_in(f"Au plus {text} par projet.") == {(15_000, "€")}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("50 %", (50, "%")),
        ("50%", (50, "%")),
        ("50 pour cent", (50, "%")),
        ("12,5 %", (12.5, "%")),
        ("la moitié du devis", (50, "%")),
        ("1,5 M€", (1_500_000, "€")),
        ("300 M €", (300_000_000, "€")),
        ("2 millions d'euros", (2_000_000, "€")),
        ("3 Md€", (3_000_000_000, "€")),
    ],
)
def test_a_rate_and_a_scale_are_read(text, value):
    assert values_in(text) == {value}


@pytest.mark.parametrize(
    "text", ["", "3 salariés", "en 2026", "article 44", "le 13/03/2025", "R24", "10 jours", "2,6 t"]
)
def test_a_number_of_something_else_is_no_sum(text):
    assert not values_in(text)


@pytest.mark.parametrize("text", ["de 10 à 50 k€", "entre 10 et 50 k€", "10-50 k€", "10 ou 50 k€"])
def test_the_low_end_of_a_range_may_have_the_scale_of_the_high_end(text):
    low, high = figures_in(text)
    assert (10_000, "€") in low.values
    assert high.values == {(50_000, "€")}


@pytest.mark.parametrize("text", ["avant le 13/03/2025 et 100 €", "article 44, 3 000 €", "12 mois et 5 %"])
def test_a_number_beside_a_sum_is_none_itself(text):
    assert len(figures_in(text)) == 1


def test_free_of_charge_is_the_whole_rate_and_no_cost():
    assert values_in("Gratuit pour l’entreprise.") == {(0, "€"), (100, "%")}


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("jusqu’au 31 décembre 2026", date(2026, 12, 31)),
        ("le 1er mars 2026", date(2026, 3, 1)),
        ("le 31/12/2026", date(2026, 12, 31)),
        ("le 31 décembre", date(2026, 12, 31)),
        ("en décembre 2026", date(2026, 12, 31)),
        ("jusqu’à fin 2026", date(2026, 12, 31)),
    ],
)
def test_a_day_is_read_however_it_is_written(text, on):
    (said,) = days_in(text)
    assert said.may_be(on)
    assert not said.may_be(date(2027, 6, 2))


def test_another_day_is_another_day():
    (said,) = days_in("le 30 septembre 2026")
    assert not said.may_be(date(2026, 9, 29))
    assert not said.may_be(date(2027, 9, 30))
