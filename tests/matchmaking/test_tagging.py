"""Which sub-needs an imported scheme serves: decided, reviewed with its record, or only proposed."""

import json
import sys

import pytest
import yaml
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.utils import timezone

from backend.matchmaking import engine
from backend.matchmaking.language import examples
from backend.matchmaking.models import Language
from backend.schemes.catalogue.scheme_texts import said_of
from backend.schemes.editing.tagging import TaggingError, decide_tags
from backend.schemes.models import ImportedScheme, Scheme, SubNeed, TagDecision
from tests.conftest import REAL_DATA, ROOT
from tests.factories import make_officer
from tests.schemes.ingestion.importers.made_up import SOURCE, make_programme, run
from tests.schemes.people import get_scheme, make_editor, make_imported

pytestmark = pytest.mark.django_db
LOAN = {"nature de l'aide": "prêt", "titre": "Prêt d’essai", "promesse": "Xyz", "description": "Xyz"}
REVIEWED = {
    "titre": "Imprim'vert",
    "promesse": "Réduisez l’impact de l’impression et obtenez le label Imprim’Vert®",
}


def needs_of(key="essai"):
    """Return what the engine ranks a scheme by."""
    (scheme,) = [scheme for scheme in engine.catalogue(SOURCE).schemes if scheme.key == f"{SOURCE}:{key}"]
    return dict(scheme.needs)


def imported(key="essai"):
    return ImportedScheme.objects.select_related("current").get(source_key=key)


def decide(scheme, tags, **changes):
    return decide_tags(scheme=scheme, tags=tags, **{"revision": scheme.current, "by": make_editor(), **changes})


def with_objectives(*names, **changes):
    programme = make_programme(**changes)
    programme["eligibilityData"]["priorityObjectives"] = list(names)
    return programme


def proposed(scheme):
    return {tag.sub_need: tag for tag in engine.propose_tags(scheme, scheme.current)}


# -- the vocabularies of other sites


@pytest.mark.parametrize(
    ("source", "n"),
    [("transition-ecologique", 50), ("aides-territoires", 140), ("flux-ademe", 140), ("aides-entreprises", 15)],
)
def test_every_label_is_said_and_weighs_sub_needs_of_the_taxonomy(source, n):
    known = set(SubNeed.objects.values_list("key", flat=True))
    labels = engine.vocabularies()[source]
    assert len(labels) > n
    for key, label in labels.items():
        assert label.tags.keys() <= known, key
        assert all(0 < weight <= 1 for weight in label.tags.values()), key
        assert label.why.endswith("."), key


@pytest.mark.real_data
def test_the_vocabularies_hold_every_label_of_the_real_files():
    programmes = json.loads((REAL_DATA / "mte" / "programs.json").read_text())
    projects = json.loads((REAL_DATA / "mte" / "projects.json").read_text())
    aids = json.loads((REAL_DATA / "aides_territoires" / "aids_api_reconstructed.json").read_text())
    aids = aids if isinstance(aids, list) else aids["results"]
    ours = engine.vocabularies()
    objectives = {name for one in programmes for name in one["eligibilityData"]["priorityObjectives"]}
    assert {theme for project in projects for theme in project["themes"]} <= objectives
    labels = {f"objective:{name}" for name in objectives} | {f"project:{project['slug']}" for project in projects}
    assert labels <= ours["transition-ecologique"].keys()
    assert {f"category:{name}" for aid in aids for name in aid["categories"] or []} <= ours["aides-territoires"].keys()


# -- proposals


def test_a_proposal_says_where_its_source_files_the_scheme_and_why(tmp_path):
    run(tmp_path / "programs.json", [with_objectives("water", **LOAN)])
    found = proposed(imported())
    assert found["finance.pret"].weight >= 0.9
    assert found["circulaire.eau"].weight == pytest.approx(0.6)
    assert found["circulaire.eau"].reasons == (
        "Son site le range sous l’objectif «\u00a0consommation d’eau\u00a0». Eau consommée ou rejetée.",
    )


def test_a_proposal_says_the_words_of_the_sheet_that_decided():
    scheme = make_imported(description="Il paie un robot de soudure et son automate.")
    assert any("robot" in reason for reason in proposed(scheme)["numerique.robot"].reasons)


def test_that_a_sheet_speaks_of_help_says_no_need():
    assert "accompagnement.orientation" not in proposed(make_imported(description="Une aide et des aides pour vous."))


def test_the_more_labels_a_scheme_has_the_less_each_of_them_says(tmp_path):
    programmes = [with_objectives("water", "biodiversite", "waste", **LOAN)]
    run(tmp_path / "programs.json", programmes)
    assert proposed(imported())["circulaire.eau"].weight == pytest.approx(0.2)


def test_no_more_than_six_sub_needs_are_proposed_the_most_likely_first(tmp_path):
    text = {"description": "Robot, apprenti, soudeur, export, cybersécurité, terrain, photovoltaïque."}
    run(tmp_path / "programs.json", [with_objectives("energy", "waste", **{**LOAN, **text})])
    tags = engine.propose_tags(imported(), imported().current)
    assert len(tags) == 6
    assert [tag.weight for tag in tags] == sorted((tag.weight for tag in tags), reverse=True)


# -- what the engine counts


def test_a_scheme_that_nobody_tagged_counts_for_half_of_what_is_proposed():
    scheme = make_imported(**LOAN)
    assert needs_of() == {key: tag.weight / 2 for key, tag in proposed(scheme).items()}
    assert needs_of()["finance.pret"] >= 0.45


def test_reviewed_sub_needs_of_the_record_count_in_full():
    scheme = make_imported("imprim-vert", **REVIEWED)
    served = {tag.sub_need_id: tag.weight for tag in scheme.current.served_needs.all()}
    assert needs_of("imprim-vert") == served != {}


def test_what_people_decided_wins_over_the_record_at_once_and_after_the_next_import():
    scheme = make_imported("imprim-vert", **REVIEWED)
    needs_of("imprim-vert")
    decide(scheme, {"energie.enr": 0.7})
    assert needs_of("imprim-vert") == {"energie.enr": 0.7}
    make_imported("imprim-vert", **REVIEWED, description="Un autre texte.")
    assert needs_of("imprim-vert") == {"energie.enr": 0.7}


def test_the_last_decision_holds_and_none_is_a_decision():
    scheme = make_imported(**LOAN)
    decide(scheme, {"energie.enr": 0.7})
    decide(scheme, {})
    assert needs_of() == {}


def test_another_filing_by_its_source_counts_at_once_though_its_record_is_the_same(tmp_path):
    path, projects = tmp_path / "programs.json", tmp_path / "projects.json"
    run(path, [make_programme(**LOAN)])
    before = needs_of()
    projects.write_text(json.dumps([{"slug": "panneaux-solaires", "programs": ["essai"]}]))
    assert "unchanged 1" in run(path, [make_programme(**LOAN)], projects=projects)
    assert "energie.enr" not in before
    assert needs_of()["energie.enr"] == pytest.approx(0.5)


def test_a_scheme_of_ours_is_never_tagged_here():
    scheme = get_scheme()
    with pytest.raises(TaggingError, match="proposez-la"):
        decide(scheme, {"energie.enr": 0.7})


# -- deciding


def test_only_editors_decide():
    scheme = make_imported()
    with pytest.raises(PermissionDenied):
        decide(scheme, {}, by=make_officer())


@pytest.mark.parametrize("tags", [{"energie.rien": 1.0}, {"energie.enr": 0.0}, {"energie.enr": 1.1}])
def test_nonsense_is_not_decided(tags):
    with pytest.raises(TaggingError):
        decide(make_imported(), tags)
    assert not TagDecision.objects.exists()


def test_nobody_decides_on_a_text_that_changed_meanwhile():
    read = make_imported()
    make_imported(titre="Autre")
    with pytest.raises(TaggingError, match="relisez-la"):
        decide(read, {"energie.enr": 1.0})


def test_a_decision_is_never_rewritten():
    decision = decide(make_imported(), {"energie.enr": 1.0})
    with pytest.raises(DatabaseError), transaction.atomic():
        TagDecision.objects.filter(pk=decision.pk).update(tags={})


def test_what_waits_is_what_nobody_tagged_or_whose_text_changed_since():
    def waiting():
        return set(ImportedScheme.objects.waiting_for_tags().values_list("source_key", flat=True))

    make_imported("imprim-vert", **REVIEWED)
    scheme = make_imported()
    assert waiting() == {"essai"}
    decide(scheme, {})
    assert waiting() == set()
    make_imported(titre="Autre")
    assert waiting() == {"essai"}
    decide(imported(), {"energie.enr": 1.0})
    assert waiting() == set()
    make_imported("imprim-vert", **{**REVIEWED, "titre": "Autre"})
    assert waiting() == {"imprim-vert"}


# -- how good the proposals are


def learn_without(source):
    """Learn the language again, without what firms say of the schemes of a source: that is taught with their tags."""
    said = {sentence for sentences in said_of(source).values() for sentence in sentences}
    assert said
    kept = [example for example in examples() if example.text not in said]
    Language.objects.create(
        version="others", arrays=engine.learn(kept), n_sentences=len(kept), learnt_at=timezone.now()
    )


FLOOR = 0.85


@pytest.mark.slow
@pytest.mark.real_data
def test_the_strongest_sub_need_is_among_the_first_three_proposed(capsys):
    """Compare with the sub-needs that people read in each programme, in a language that learnt nothing from them."""
    learn_without(SOURCE)
    mte = REAL_DATA / "mte"
    call_command("import_schemes", SOURCE, mte / "programs.json", projects=mte / "projects.json", dated="2026-06-12")
    reviewed = yaml.safe_load((ROOT / "fixtures" / "importers" / f"{SOURCE}-needs.yaml").read_text())["needs"]
    found = []
    for scheme in Scheme.objects.of_source(SOURCE).select_related("current"):
        tags = reviewed[scheme.source_key]["tags"]
        strongest = {key for key, weight in tags.items() if weight == max(tags.values())}
        first = {tag.sub_need for tag in engine.propose_tags(scheme, scheme.current)[:3]}
        found.append(bool(strongest & first))
    share = sum(found) / len(found)
    with capsys.disabled():
        sys.stdout.write(f"\nstrongest reviewed sub-need among the first three proposed: {share:.1%}\n")
    assert len(found) == 260
    assert share >= FLOOR


def test_a_sheet_that_waits_to_be_verified_still_teaches_its_words_and_an_archived_one_no_more():
    key = "parcours-emploi-iae"
    (first, *_) = said_of(Scheme.OWN)[key]
    scheme = get_scheme(key)
    assert scheme in Scheme.objects.drafts()
    assert any(example.text == first for example in examples())
    Scheme.objects.filter(pk=scheme.pk).update(state=Scheme.State.ARCHIVED)
    assert first not in {example.text for example in examples()}
