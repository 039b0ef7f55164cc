"""Finding an activity by the words that people use."""

import pytest

from backend.common.text import fold
from backend.territories.models import Nomenclature
from backend.territories.trades import (
    _singular,
    _table,
    _trades,
    _words,
    find_activities,
    sure_activity,
    trade_names,
)

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
        ("tourneur-fraiseur", "25.62B", "25.62A"),
        ("tourneuse", "25.62B", "25.62A"),
        ("soudeurs", "25.11Z", "25.62B"),
        ("métallier", "43.32B", "25.12Z"),
        ("plasturgiste", "22.29A", "22.22Z"),
        ("maroquinière", "15.12Z", "47.72B"),
        ("frigoriste", "43.22B", "33.12Z"),
        ("pisciniste", "43.99D", "43.99D"),
        ("Électricité générale", "43.21A", "43.21A"),
        ("photovoltaïque", "43.21A", "35.11Z"),
        ("pépiniériste", "01.30Z", "01.30Z"),
        ("brasseur", "11.05Z", "11.05Z"),
        ("crêperie", "56.10A", "56.10C"),
        ("kebab", "56.10C", "56.10C"),
        ("food-truck", "56.10C", "56.10C"),
        ("chambres d’hôtes", "55.20Z", "55.20Z"),
        ("E-commerce", "47.91B", "47.91A"),
        ("boutique en ligne", "47.91B", "47.91A"),
        ("animalerie", "47.76Z", "47.76Z"),
        ("toiletteuse", "96.09Z", "96.09Z"),
        ("VTC", "49.32Z", "49.32Z"),
        ("livreur", "53.20Z", "49.41B"),
        ("hébergeur", "63.11Z", "63.11Z"),
        ("courtier", "66.22Z", "66.19B"),
        ("syndic", "68.32A", "68.32A"),
        ("consultante", "70.22Z", "62.02A"),
        ("graphiste", "74.10Z", "73.11Z"),
        ("psychologues", "86.90F", "86.90F"),
        ("micro-crèche", "88.91A", "88.91A"),
        ("prothésiste dentaire", "32.50A", "32.50A"),
        ("réparation de téléphones", "95.12Z", "95.12Z"),
        ("coach sportif à domicile", "85.51Z", "93.13Z"),
        ("fabrication de meubles", "31.02Z", "31.09B"),  # what labels say of all words before what a word names
        ("garage moto", "45.40Z", "45.20A"),
        ("mécano", "45.20A", "33.12Z"),
        ("salon de toilettage", "96.09Z", "96.09Z"),
        ("entreprise de nettoyage", "81.21Z", "81.22Z"),
        ("aide à domicile", "88.10A", "88.10A"),
        ("boîte de com", "73.11Z", "70.21Z"),
        ("agence de pub", "73.11Z", "70.21Z"),
        ("récupération de métaux", "38.32Z", "38.31Z"),
        ("ferme", "01.50Z", "01.13Z"),
        ("exploitation agricole", "01.50Z", "01.11Z"),
        ("bergerie", "01.45Z", "01.45Z"),
        ("éleveur de poules", "01.47Z", "01.47Z"),
        ("agroalimentaire", "10.89Z", "10.85Z"),
    ],
)
def test_words_find_what_trades_are_called_then_what_labels_say(typed, first, also):
    codes = [activity.code for activity in find_activities(typed)]
    assert codes[0] == first
    assert also in codes


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("garage auto à ribecourt", "45.20A"),  # the name of the commune served is Ribécourt-Dreslincourt
        ("coiffeuse Noyon", "96.02A"),
        ("entreprise de nettoyage à Compiègne", "81.21Z"),
        # Known by labels alone.
        ("démolition à Ribécourt", "43.11Z"),
        ("camping Pierrefonds", "55.30Z"),
        ("isolation à Margny-lès-Compiègne", "43.29A"),
        ("isolation, St Quentin", "43.29A"),  # of any department
    ],
)
def test_a_trade_is_found_with_the_commune_where_it_is(typed, first):
    assert find_activities(typed)[0].code == first


def test_a_word_that_is_also_a_commune_is_a_trade_first():
    assert find_activities("bar")[0].code == "56.30Z"
    assert find_activities("Compiègne") == find_activities("quifarnel à Compiègne") == []


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


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ("fraiseur", "10.51A"),  # frais
        ("livreur", "58.11Z"),  # livres
        ("spa", "51.22Z"),  # spatiaux
        ("compostage", "26.11Z"),  # composants
        ("enseigne", "85.20Z"),  # enseignement
        ("caisserie", "65.30Z"),  # caisses
        ("e-commerce", "35.14Z"),
        ("auto", "42.11Z"),  # autoroutes
        ("bois", "11.07B"),  # boissons
    ],
)
def test_a_trade_finds_no_label_whose_words_only_look_like_it(typed, wrong):
    assert wrong not in [activity.code for activity in find_activities(typed)]


def test_what_is_only_searched_is_named_once_and_read_in_no_text():
    table = _table()
    names = [_singular(" ".join(_words(trade))) for trade in (*table["searched"], *table["trades"])]
    assert len(names) == len(set(names))
    assert table["searched"].keys().isdisjoint(trade_names())


def test_every_trade_names_activities_of_the_nomenclature_and_is_written_folded():
    codes = {code for trade in _trades().values() for code in trade}
    held = Nomenclature.objects.filter(system=Nomenclature.System.NAF_REV2, level="subclass", code__in=codes)
    assert codes == set(held.values_list("code", flat=True))
    assert all(fold(trade) == trade for names in _table().values() for trade in names)
