"""The bases that the texts of our sheets name, and the figures of the regimes they are paid under."""

from datetime import date

import pytest
import yaml

from backend.schemes.catalogue.regimes import Regime, regimes_of
from backend.schemes.models import Revision, Scheme
from tests.conftest import ROOT

CONTENT = yaml.safe_load((ROOT / "fixtures" / "state_aid.yaml").read_text())
DE_MINIMIS = Regime("de_minimis")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("de minimis 2023/2831", (DE_MINIMIS,)),
        ("de  minimis\n2023/2831 ", (DE_MINIMIS,)),
        ("de minimis ou GBER (à vérifier)", (DE_MINIMIS, Regime("other"))),
        ("GBER art. 25 / de minimis", (Regime("GBER", "25"), DE_MINIMIS)),
        ("RDI SA.111723 / GBER art. 25", (Regime("RDI"), Regime("GBER", "25"))),
        ("AFR SA.103603 ou GBER art. 17", (Regime("AFR", "14"), Regime("GBER", "17"))),
        ("RDI", ()),  # not said which
        ("GBER", ()),  # nor which article
        ("", None),
        ("pas de minimis", None),  # never by the words in it
        ("De minimis", None),
        ("GBER art. 17", None),
    ],
)
def test_a_text_is_recognised_as_a_whole_or_not_at_all(text, expected):
    assert regimes_of(text) == expected


@pytest.mark.django_db
def test_every_text_of_our_sheets_was_read():
    own = Revision.objects.filter(scheme__source=Scheme.OWN)
    texts = set(own.values_list("state_aid_regime", flat=True))
    assert len(texts) > 10
    assert {" ".join(text.split()) for text in texts if text} - CONTENT["texts"].keys() == set()


def test_every_regime_that_a_text_names_is_in_the_data():
    named = {name.split()[0] for names in CONTENT["texts"].values() for name in names}
    known = {row["regime"] for row in CONTENT["regimes"] if row["read"]}
    assert named - {"de_minimis", "other"} == known
    assert {row["regime"] for row in CONTENT["intensities"]} <= known


def test_every_figure_has_its_text_its_day_and_says_whether_it_was_read():
    for row in (*CONTENT["ceilings"], *CONTENT["intensities"], *CONTENT["regimes"]):
        assert row["source"]
        assert isinstance(row["checked_on"], date)
        assert isinstance(row["read"], bool)
        assert row.get("valid_from", date.min) < row["valid_until"]


def test_no_rate_outlives_its_regime():
    ends = {row["regime"]: row["valid_until"] for row in CONTENT["regimes"]}
    assert all(row["valid_until"] <= ends[row["regime"]] for row in CONTENT["intensities"])
