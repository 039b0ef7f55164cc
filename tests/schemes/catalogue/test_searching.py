"""Schemes are found by the words people type, by PostgreSQL itself."""

import pytest

from backend.schemes.catalogue.searching import N_WORDS, with_operator, with_words, words_of
from backend.schemes.models import Revision, Scheme

pytestmark = pytest.mark.django_db
ADEN = "hdf-aden"  # « ADEN – aide à la digitalisation des entreprises », Région Hauts-de-France


def found(text: str) -> list[str]:
    revisions = Revision.objects.filter(pk__in=Scheme.objects.published().values("current"))
    ordered = with_words(revisions, text).order_by("-relevance", "scheme__source_key")
    return list(ordered.values_list("scheme__source_key", flat=True))


@pytest.mark.parametrize(
    "text",
    [
        "aden",
        "ADEN digitalisation",
        "digitalisations",  # another ending
        "digitalis",  # the beginning of a word
        "numérique equipement",  # of the summary, with and without its accent
        "hauts-de-france digitalisation",  # the operator, then the name
        "l’entreprise digitalisation",
        "la digitalisation des entreprises",  # small words ask for nothing
    ],
)
def test_a_scheme_is_found_by_words_of_its_name_its_summary_and_its_operators(text):
    assert ADEN in found(text)


@pytest.mark.parametrize(("singular", "plural"), [("vélo", "vélos"), ("bureau", "bureaux"), ("PRÊT", "PRÊTS")])
def test_a_plural_finds_what_its_singular_finds(singular, plural):
    assert found(singular)
    assert set(found(singular)) == set(found(plural))


def test_a_short_word_that_ends_in_s_is_itself():
    assert set(found("bus")) <= set(found("bu"))
    assert "tic-reseau-bus" in found("bus")


def test_every_word_is_wanted():
    assert ADEN not in found("aden xylophone")
    assert found("xylophone") == []


def test_a_need_finds_what_serves_it_even_if_the_sheet_says_it_otherwise():
    served = Scheme.objects.get(source_key="hdf-pme-plus-volet1").current
    assert "automatis" not in f"{served.name} {served.summary}".lower()
    assert "hdf-pme-plus-volet1" in found("automatiser")


def test_the_name_counts_most():
    assert found("certificats d’économies d’énergie")[0] == "mte-certificats-economie-energie"


def test_a_text_of_small_words_is_looked_for_in_the_name():
    wanted = "pour la"
    assert found(wanted)
    assert all(wanted in Scheme.objects.get(source_key=key).current.name.lower() for key in found(wanted))


@pytest.mark.parametrize("text", ["", "  ", "’ & | !", "\\", "'", "()", "a:*b", "robot & !cyber", "%", "<->"])
def test_signs_are_no_language_of_their_own(text):
    assert isinstance(found(text), list)


def test_a_long_search_is_cut():
    assert len(words_of("aden " * 50)) == N_WORDS
    assert found("aden " * 50) == found("aden")


def test_an_operator_is_found_by_a_part_of_its_name():
    revisions = Revision.objects.filter(pk__in=Scheme.objects.published().values("current"))
    expected = set(revisions.filter(roles__operator__name="Région Hauts-de-France"))
    assert expected <= set(with_operator(revisions, "REGION hauts"))
