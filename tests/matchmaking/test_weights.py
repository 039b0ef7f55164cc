"""Versions of the points: written once, put in force by a person, never undone by a file."""

from datetime import timedelta
from io import StringIO

import pytest
import yaml
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from backend.accounts.models import Membership, User
from backend.matchmaking import engine
from backend.matchmaking.contributions import LABELS, PARTS, rank_explanation
from backend.matchmaking.models import Activation, Result, WeightSet
from backend.matchmaking.results import is_current, latest_result, replay
from backend.matchmaking.weights import WeightsError, activate_weights, check_points, load_weights
from tests.conftest import ROOT
from tests.factories import ARC, DAY, make_lead, make_officer, make_submission, write_version

pytestmark = pytest.mark.django_db
FILE = ROOT / "fixtures" / "weights.yaml"


@pytest.fixture
def lead():
    return make_lead()


def in_force():
    return WeightSet.objects.in_force().get()


def activate(weights, by):
    return activate_weights(weights=weights, by=by, instead_of=in_force().version)


def test_every_contribution_of_the_engine_has_a_name_people_read_and_no_other():
    assert list(LABELS) == list(engine.POINTS)
    assert [name for name, part in PARTS.items() if not part.lifts and not part.lowers] == ["sure", "likely"]


def test_a_firm_reads_what_counts_most_of_its_score_in_sentences_without_a_number():
    parts = {"near": 5.0, "need": 60.0, "asks": -6.0, "target": -5.0, "words": 4.9, "guide": 0.0, "another": 30.0}
    told = rank_explanation(parts, need="Recruter", level="régional")
    assert told.lifts == (
        "Il répond au besoin «\xa0Recruter\xa0».",
        "Le plus proche passe devant ; celui-ci est régional.",
    )
    assert told.lowers == (
        "Une de ses conditions attend votre réponse.",
        "Son porteur vise d’abord d’autres activités que la vôtre.",
    )
    assert rank_explanation({}, need="", level="national") == rank_explanation(
        {"learnt": -4.0}, need="", level="national"
    )


# -- what points may be


@pytest.mark.parametrize("given", [0, 12, 12.5, 100])
def test_points_go_from_nothing_to_a_hundred(given):
    check_points({**in_force().points, "near": given})


@pytest.mark.parametrize("given", [-0.1, 200.5, float("nan"), float("inf"), "12", None, True])
def test_what_is_no_number_of_points_is_refused_with_what_was_given(given):
    with pytest.raises(WeightsError, match=f"« Proximité » vaut {given} : il faut un nombre entre 0 et 200"):
        check_points({**in_force().points, "near": given})


def test_a_contribution_is_never_forgotten_nor_made_up():
    points = in_force().points
    with pytest.raises(WeightsError, match="Il manque les points de « Proximité »"):
        check_points({name: value for name, value in points.items() if name != "near"})
    with pytest.raises(
        WeightsError, match=r"Rien ne s’appelle charm, luck dans le score\. Noms possibles : need, words, near"
    ):
        check_points({**points, "luck": 1, "charm": 1})


# -- writing


def test_a_version_is_named_by_its_day_and_counts_for_nothing_yet(lead):
    before = in_force()
    first, second = write_version(lead, near=20), write_version(lead, near=21)
    other_day = write_version(lead, near=22, on=DAY - timedelta(days=1))
    assert [one.version for one in (first, second, other_day)] == ["2026-11-24", "2026-11-24-2", "2026-11-23"]
    assert (first.author, first.written_on, first.note) == (lead, DAY, "Pour essayer.")
    assert in_force() == before


def test_a_second_click_writes_no_second_version(lead):
    write_version(lead, near=20)
    with pytest.raises(WeightsError, match="La version 2026-11-24 a déjà exactement ces points"):
        write_version(lead, near=20)
    assert WeightSet.objects.count() == 2


def test_a_version_says_why(lead):
    with pytest.raises(WeightsError, match="pourquoi"):
        write_version(lead, near=20, note="  ")


@pytest.mark.parametrize("role", [role for role in Membership.Role if role != Membership.Role.TERRITORY_LEAD])
def test_whoever_does_not_lead_the_territory_neither_writes_nor_activates(lead, role):
    other, weights = make_officer(ARC, role=role), write_version(lead, near=20)
    with pytest.raises(PermissionDenied):
        write_version(other, near=30)
    with pytest.raises(PermissionDenied):
        activate(weights, other)


def test_someone_who_left_sets_nothing_any_more(lead):
    lead.is_active = False
    lead.save()
    with pytest.raises(PermissionDenied):
        write_version(lead, near=20)


def test_the_database_refuses_to_change_a_version_or_what_was_put_in_force(lead):
    weights = write_version(lead, near=20)
    activate(weights, lead)
    for rows, change in (
        (WeightSet.objects.filter(pk=weights.pk), {"points": {}}),
        (Activation.objects.all(), {"weights": weights}),
    ):
        with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
            rows.update(**change)


# -- putting in force


def test_a_version_put_in_force_counts_from_the_next_time_a_file_is_opened(lead):
    submission = make_submission(confirmed=True)
    old = submission.results.get()
    activation = activate(write_version(lead, near=60, need=5), lead)
    assert (activation.by, in_force()) == (lead, activation.weights)
    assert not is_current(old, on=DAY)
    new = latest_result(submission, on=DAY)
    assert (new.weights, Result.objects.count()) == (activation.weights, 2)
    assert is_current(new, on=DAY)
    assert replay(old) == replay(new) == []


def test_one_can_go_back_to_an_older_version(lead):
    first = in_force()
    activate(write_version(lead, near=20), lead)
    activate(first, User.objects.create_superuser("admin@jonction.example", "mot-de-passe-long"))
    assert in_force() == first
    assert [one.weights_id for one in Activation.objects.all()] == [first.pk, "2026-11-24", first.pk]


def test_a_version_whose_effect_was_read_against_another_one_is_refused(lead):
    mine, theirs, read_against = write_version(lead, near=20), write_version(lead, near=30), in_force().version
    activate(theirs, make_lead())
    with pytest.raises(WeightsError, match=f"La version {theirs} a été mise en vigueur entre-temps"):
        activate_weights(weights=mine, by=lead, instead_of=read_against)
    with pytest.raises(WeightsError, match="déjà en vigueur"):
        activate_weights(weights=theirs, by=lead, instead_of=read_against)
    assert in_force() == theirs


def test_a_contribution_that_a_version_was_written_without_counts_for_nothing(lead):
    points = {name: value for name, value in in_force().points.items() if name != "near"}
    old = WeightSet.objects.create(version="2020-01", points=points, written_on=DAY)
    activate(old, lead)
    result = make_submission().results.get()
    assert result.weights == old
    assert {match.parts["near"] for match in result.matches.exclude(score=None)} == {0.0}


# -- files


def load(folder, **changes):
    path = folder / "weights.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(FILE.read_text()), **changes}))
    return load_weights(path)


def test_a_new_version_in_a_file_counts_at_once_where_nobody_chose(tmp_path):
    assert load(tmp_path, version="next", dated="2027-01-02") == "version next en vigueur"
    assert in_force().version == "next"
    assert load(tmp_path, version="next", dated="2027-01-02") == "version next inchangée"
    assert Activation.objects.count() == 2


def test_a_file_never_undoes_what_a_person_chose(tmp_path, lead):
    chosen = write_version(lead, near=20)
    activate(chosen, lead)
    said = load(tmp_path, version="next")
    assert said == f"version next ajoutée ; 2026-11-24, choisie par {lead}, reste en vigueur"
    assert in_force() == chosen
    activate(WeightSet.objects.get(pk="next"), lead)


def test_a_file_that_changed_under_the_same_version_changes_nothing_and_says_so(tmp_path):
    before = in_force()
    said = load(tmp_path, points={**before.points, "near": 99})
    assert f"weights.yaml a changé, mais pas sa version : {before} reste ce qu’elle était" in said
    assert in_force().points == before.points


@pytest.mark.slow
def test_the_command_says_what_became_of_the_points_and_refuses_those_it_cannot_add_up(settings, tmp_path):
    settings.TERRITORY_FOLDER, said = tmp_path, StringIO()
    (tmp_path / "left_out.yaml").write_text("schemes: []")  # so that these files are not the ones loaded already
    call_command("load_reference", stdout=said)
    assert f"Poids : version {in_force()} inchangée" in said.getvalue()
    content = yaml.safe_load(FILE.read_text())
    (tmp_path / "weights.yaml").write_text(yaml.safe_dump({**content, "version": "x", "points": {"near": 1}}))
    with pytest.raises(CommandError, match=r"Rien n'a été chargé\. Il manque les points de « Réponse au besoin »"):
        call_command("load_reference", stdout=StringIO())
