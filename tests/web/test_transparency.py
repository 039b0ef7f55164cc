"""The page on the ranking says what is in use, and changes with it."""

from datetime import date

import pytest
import yaml
from django.utils import timezone

from backend.common.days import day_in_words
from backend.matchmaking import engine, evaluation_record
from backend.matchmaking.contributions import contributions
from backend.matchmaking.fact_display import FACT_NAMES
from backend.matchmaking.models import Activation
from backend.matchmaking.weights import activate_weights
from backend.schemes.models import Scheme, SubNeed
from backend.schemes.typography import number
from tests.factories import link_to, make_lead, make_submission, publish_revision, write_version
from tests.matchmaking.rankers import make_ranker
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
PAGE = "/transparence/"


@pytest.fixture
def page(client):
    return lambda: text_of(client.get(PAGE))


def test_the_points_are_those_in_force_since_the_day_they_are(page):
    text, activation = page(), Activation.objects.get()
    assert f"Version {activation.weights}, livrée avec le service" in text
    for name, label, meaning in contributions():
        assert f"{label} {number(activation.weights.points[name])} {meaning}" in text

    lead = make_lead()
    weights = write_version(lead, near=80.5, diversity=0)
    assert page() == text
    activate_weights(weights=weights, by=lead, instead_of=activation.weights.pk)
    changed = page()
    today = day_in_words(timezone.localdate())
    assert f"Version {weights}, choisie par le territoire, en vigueur depuis le {today}" in changed
    assert changed.index("Proximité 80,5") < changed.index("Réponse au besoin")
    assert "Variété" not in changed
    assert lead.last_name not in changed


def test_what_was_learnt_is_said_where_it_is_in_use(page):
    make_ranker()
    assert "Rien d’autre ne s’y ajoute" in page()
    lead = make_lead()
    make_ranker(lead)
    text = page()
    assert "une correction de 12 points au plus" in text
    assert "Rien d’autre" not in text
    assert lead.last_name not in text
    current = Activation.objects.get().weights
    activate_weights(weights=write_version(lead, near=80.5), by=lead, instead_of=current.pk)
    assert "Rien d’autre ne s’y ajoute" in page()


def test_the_page_counts_the_words_the_sheets_and_their_conditions(page):
    own = Scheme.objects.of_source(Scheme.OWN).published()
    checked = list(own.values_list("current__confidence", flat=True))
    n_sub_needs = SubNeed.objects.count()
    text = page()
    assert f"rangés en {n_sub_needs} besoins" in text
    assert f"Dispositifs qui peuvent être proposés : {len(checked)}." in text
    assert f"Vérifié : {checked.count('verified')} Vérifié en partie : {checked.count('partly_verified')} «" in text
    assert f"aux seuls développeurs économiques : {Scheme.objects.drafts().count()}." in text

    one = own.filter(current__confidence="verified").first()
    Scheme.objects.filter(pk=one.pk).update(state=Scheme.State.ARCHIVED)
    SubNeed.objects.filter(pk=SubNeed.objects.first().pk).update(words=[], sentences=[])
    after = page()
    assert f"Vérifié : {checked.count('verified') - 1} " in after
    assert after.split("Comment vos mots sont lus")[1] != text.split("Comment vos mots sont lus")[1]


def test_the_oldest_sheet_is_dated_beside_the_latest(page):
    assert "La dernière relecture est du 1er décembre 2026, la plus ancienne du 24 novembre 2026." in page()
    Scheme.objects.exclude(current__as_of=date(2026, 11, 28)).update(state=Scheme.State.ARCHIVED)
    assert "La dernière relecture est du 28 novembre 2026." in page()
    publish_revision(Scheme.objects.of_source(Scheme.OWN).published().first(), as_of=date(2026, 3, 2))
    assert "La dernière relecture est du 28 novembre 2026, la plus ancienne du 2 mars 2026." in page()


def test_the_page_names_the_facts_that_rules_read_and_no_other(page):
    read, text = engine.typed_facts(), page()
    unread = [str(label) for name, label in FACT_NAMES.items() if name not in read]
    assert unread
    assert "Les règles lisent, quand nous le savons : la commune, l’activité (code NAF), " in text
    assert not [label for label in unread if label in text]


def test_an_empty_catalogue_is_said_so(page):
    Scheme.objects.update(state=Scheme.State.ARCHIVED)
    text = page()
    assert "Aucun dispositif n’est publié aujourd’hui." in text
    assert "La dernière relecture" not in text


def test_quality_is_not_measured_until_an_evaluation_was_recorded(page, monkeypatch, tmp_path):
    path = tmp_path / "evaluation.yaml"
    monkeypatch.setattr(evaluation_record, "RECORD", path)
    assert "Qualité mesurée Pas encore mesuré." in page()
    recorded = {
        "measured_on": "2026-11-25",
        "command": "python manage.py evaluate --final --record",
        "n_requests": 74,
        "figures": {"recall_10": {"value": 0.78, "low": 0.7, "high": 0.85}},
    }
    path.write_text(yaml.safe_dump(recorded))
    text = page()
    assert "Mesurée le 25 novembre 2026 sur 74 demandes" in text
    assert "python manage.py evaluate --final --record" in text
    assert "Dispositifs utiles retrouvés 78 (de 70 à 85)" in text
    assert "Silences à tort pas encore mesuré" in text


def test_a_result_leads_to_the_page(client):
    submission = make_submission(confirmed=True)
    assert f'href="{PAGE}"' in client.get(f"/resultat/{link_to(submission)}/").content.decode().split("site-footer")[0]
