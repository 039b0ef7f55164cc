"""What sheets say of each other must be able to hold together: nothing that makes a circle is put in force."""

import pytest
import yaml
from django.db import transaction

from backend.schemes.catalogue.drafts import propose
from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.loading import FixtureError, load_catalogue
from backend.schemes.catalogue.publishable import mistakes_in
from backend.schemes.catalogue.publishing import publish
from backend.schemes.catalogue.revising import write_revision
from backend.schemes.editing.archiving import archive, put_back
from backend.schemes.models import Relation, Revision, Scheme
from tests.schemes.people import (
    get_scheme,
    make_approver,
    make_draft,
    make_proposal,
    make_record,
    publish_change,
    record_of,
)

pytestmark = pytest.mark.django_db


def link(scheme, kind="requires", **fields):
    return {"kind": kind, "scheme": scheme, "note": None, "source": None, **fields}


def in_force(key, *links):
    """Put a sheet in force as it was before anything was checked."""
    scheme = Scheme.objects.create(source_key=key, state=Scheme.State.PUBLISHED)
    scheme.current = write_revision(make_record(key, name=key.upper(), relations=list(links)), scheme=scheme)
    scheme.save()
    return scheme


def plain(error):
    return str(error).replace("\u00a0", " ")


def counts():
    return Revision.objects.count(), Relation.objects.count()


# -- publishing


@pytest.mark.cases(3)
@pytest.mark.parametrize(
    ("others", "links", "sentence"),
    [
        ({"b": [link("a")]}, [link("b")], "ligne 1 : rien ne peut venir en premier dans « A » → « B » → « A »"),
        (
            {"b": [link("c")], "c": [link("a")]},
            [link("vie", "alternative_to"), link("b")],
            "ligne 2 : rien ne peut venir en premier dans « A » → « B » → « C » → « A »",
        ),
        ({"b": [link("a", "follows")]}, [link("b")], "« A » → « B » → « A »"),
        ({"b": [link("a", "excludes")]}, [link("b")], "« A » demande d’abord « B », avec lequel il ne se cumule pas"),
        ({"b": [link("a")]}, [link("b", "excludes")], "« B » demande d’abord « A », avec lequel il ne se cumule pas"),
        (
            {"b": [link("c", "excludes")]},
            [link("b"), link("c")],
            "« A » demande d’abord « B » et « c », qui ne se cumulent pas",
        ),
        (
            {"b": [link("a"), link("c", "excludes")]},
            [link("c")],
            "« B » demande d’abord « c », avec lequel il ne se cumule pas",
        ),
        ({"b": [link("a", "cumulable")]}, [link("b", "excludes")], "se cumulent selon un lien"),
    ],
)
def test_what_would_not_hold_is_not_published_and_nothing_changes(others, links, sentence):
    for key, said in others.items():
        in_force(key, *said)
    in_force("a")
    approver, draft = make_approver(), make_draft(scheme=get_scheme("a"), relations=links)
    before = counts()
    assert sentence in plain(mistakes_in(draft.record, base=draft.base)[0])
    with pytest.raises(PublishingError) as caught:
        propose(proposal=draft, author=draft.author)
    assert plain(caught.value).startswith("Liens avec d’autres dispositifs")
    draft.state = "proposed"
    draft.proposed_at = draft.written_at
    draft.save()
    with pytest.raises(PublishingError) as caught:
        publish(proposal=draft, approver=approver)
    assert sentence in plain(caught.value)
    assert counts() == before
    assert get_scheme("a").current.number == 1


def test_a_proposal_that_became_impossible_while_it_waited_is_refused():
    in_force("a")
    in_force("b")
    waiting = make_proposal(scheme=get_scheme("a"), relations=[link("b")])
    publish_change(get_scheme("b"), relations=[link("a")])
    with pytest.raises(PublishingError, match="rien ne peut venir en premier"):
        publish(proposal=waiting, approver=make_approver())
    assert not get_scheme("a").current.relations.exists()


def test_links_turned_round_are_published_one_after_the_other():
    in_force("a", link("b"))
    in_force("b")
    publish_change(get_scheme("a"), relations=[])
    publish_change(get_scheme("b"), relations=[link("a")])
    assert get_scheme("b").current.relations.get().other_key == "a"


def test_what_contradicts_itself_elsewhere_stops_nobody():
    in_force("a", link("b"))
    in_force("b", link("a"))
    assert publish_change(get_scheme(), name="Un autre nom").current.number == 2
    assert publish_change(get_scheme("a"), relations=[]).current.number == 2


def test_an_archived_scheme_says_nothing_and_comes_back_only_where_it_fits():
    in_force("a", link("b"))
    in_force("b")
    archive(scheme=get_scheme("a"), approver=make_approver(), reason="Terminé.")
    publish_change(get_scheme("b"), relations=[link("a")])
    with pytest.raises(PublishingError, match="ne peut pas revenir tel quel"):
        put_back(scheme=get_scheme("a"), approver=make_approver())
    assert get_scheme("a").state == Scheme.State.ARCHIVED
    publish_change(get_scheme("b"), relations=[])
    put_back(scheme=get_scheme("a"), approver=make_approver())
    assert get_scheme("a").state == Scheme.State.PUBLISHED


# -- files


@pytest.fixture
def folder(tmp_path):
    def write(**sheets):
        (tmp_path / "schemes").mkdir(exist_ok=True)
        for key, links in sheets.items():
            record = make_record(key, name=key.upper(), relations=links)
            (tmp_path / "schemes" / f"{key}.yaml").write_text(yaml.safe_dump(record, allow_unicode=True))
        return tmp_path / "schemes"

    return write


def test_files_that_make_a_circle_are_named_and_nothing_is_loaded(folder):
    before = counts()
    path = folder(a=[link("b")], b=[link("c")], c=[link("a")], d=[])
    with pytest.raises(FixtureError) as caught, transaction.atomic():
        load_catalogue(path)
    assert plain(caught.value).startswith("a.yaml, b.yaml, c.yaml : liens avec d’autres dispositifs : rien ne peut")
    assert counts() == before
    assert not Scheme.objects.filter(source_key__in="abcd").exists()


def test_a_file_that_makes_a_circle_with_what_is_in_force_is_named(folder):
    load_catalogue(folder(a=[link("b")], b=[]))
    with pytest.raises(FixtureError, match=r"^b\.yaml : liens"), transaction.atomic():
        load_catalogue(folder(b=[link("a")]))
    assert not get_scheme("b").current.relations.exists()


@pytest.mark.parametrize(("first", "second"), [("a", "b"), ("b", "a")])
def test_files_turn_a_link_round_in_one_go(folder, first, second):
    load_catalogue(folder(**{first: [link(second)], second: []}))
    load_catalogue(folder(**{first: [], second: [link(first)]}))
    assert get_scheme(second).current.relations.get().other_key == first


def test_files_are_loaded_beside_what_contradicted_itself_before(folder):
    in_force("x", link("y"))
    in_force("y", link("x"))
    assert load_catalogue(folder(a=[]))["créés"] == 1


def test_every_link_of_the_real_catalogue_with_a_rule_has_its_source():
    rules = Relation.objects.filter(kind__in=["excludes", "requires", "cumulable"])
    assert rules.count() >= 8
    assert not rules.filter(source=None).exists()
    assert record_of(get_scheme("vte-territoires-industrie"))["relations"] == [
        {
            "kind": "cumulable",
            "scheme": "mte-investissement-vte-vert",
            "cap_pct": None,
            "note": "Cumulable avec le VTE vert, sans plafond dit.",
            "source": 1,
        }
    ]
