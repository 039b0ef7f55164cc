"""Rates are of the register's establishments: none before all of it is there, and its day beside them."""

import csv
from datetime import date
from io import StringIO

import pytest
from django.utils import timezone

from backend.companies.models import RegisterCopy, RegisteredEstablishment
from backend.steering.denominators import denominators
from backend.steering.nightly import rebuild
from backend.territories.outlines import commune_shapes
from tests.factories import CCLO, COMMUNES, DAY, make_lead, make_submission
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
COMPIEGNE, ATTICHY = "60159", "60025"
DATED = date(2026, 10, 31)


def load(*, without=(), closed=0):
    """Hold three open establishments in each commune but some, and some that are closed."""
    RegisteredEstablishment.objects.all().delete()
    communes = [shape.code for shape in commune_shapes() if shape.code not in without]
    rows = [(commune, True) for commune in communes for _ in range(3)] + [(COMPIEGNE, False)] * closed
    RegisteredEstablishment.objects.bulk_create(
        RegisteredEstablishment(siret=f"{n:014}", commune=commune, is_open=is_open, is_head_office=True)
        for n, (commune, is_open) in enumerate(rows)
    )
    RegisterCopy.objects.create(dated=DATED, loaded_at=timezone.now(), n_establishments=len(rows))


def test_open_establishments_are_counted_by_commune():
    load(closed=2)
    found = denominators()
    assert found.dated == DATED
    assert set(found.by_commune.values()) == {3}
    assert found.rate(2, COMPIEGNE) == pytest.approx(200 / 3)
    assert found.rate(2, "75056") is None
    assert found.rate(2, "") is None


def test_there_is_no_rate_before_all_of_the_register_is_there():
    RegisteredEstablishment.objects.all().delete()
    assert denominators() is None
    load(without=(ATTICHY,))
    assert denominators() is None
    RegisterCopy.objects.all().delete()
    assert denominators() is None


def test_the_map_says_the_rate_and_the_day_or_that_there_is_none(client):
    apart = {"siret": "", "siren": "", "text": "", "needs": ("cyber.diagnostic",)}
    make_submission(confirmed=True, **apart)
    make_submission(confirmed=True, facts={"commune": COMMUNES[CCLO]}, **apart)
    rebuild(on=DAY)
    client.force_login(make_lead())
    load(without=(ATTICHY,))
    page = text_of(client.get("/territoire/carte/"))
    assert "Aucun taux par établissement" in page
    assert "pour 100" not in page
    load()
    page = text_of(client.get("/territoire/carte/"))
    assert "ouverts et diffusibles au 31 octobre 2026, toutes tailles et activités" in page
    assert "Ceux qui ont demandé à ne pas y paraître" in page
    assert "Demandes pour 100 établissements" in page
    assert "33,3" in page
    page = text_of(client.get("/territoire/carte/?taille=10_to_49"))
    assert "Aucun taux par établissement quand une taille est choisie" in page
    assert "33,3" not in page


@pytest.mark.parametrize(("asked", "of_commune"), [("", ["2", "3", "66.7"]), ("&taille=10_to_49", ["2", "", ""])])
def test_the_file_of_the_map_says_the_rate_that_is_on_screen(client, asked, of_commune):
    apart = {"siret": "", "siren": "", "text": ""}
    make_submission(confirmed=True, needs=("cyber.diagnostic", "energie.audit"), **apart)
    make_submission(confirmed=True, needs=("cyber.diagnostic",), email="autre@firme.example", **apart)
    make_submission(confirmed=True, needs=("energie.audit",), facts={"commune": COMMUNES[CCLO]}, **apart)
    rebuild(on=DAY)
    load()
    client.force_login(make_lead())
    sent = client.get(f"/territoire/carte/?csv=1{asked}").content.decode("utf-8-sig")
    head, *rows = csv.reader(StringIO(sent), delimiter=";")
    assert head[-1] == "commune : demandes pour 100 établissements"
    ours = [row[-3:] for row in rows if row[0] == COMPIEGNE]
    assert ours == [of_commune] * 2  # a line for each need, of the same commune
