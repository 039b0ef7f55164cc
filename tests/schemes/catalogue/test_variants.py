"""A local variant of a scheme: well formed among the others, and proposed to follow its parent."""

import pytest
import yaml

from backend.notifications.models import Notification
from backend.schemes.catalogue.comparison import differences
from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.loading import FixtureError, load_catalogue
from backend.schemes.catalogue.publishing import OutdatedError, publish, refuse
from backend.schemes.catalogue.records import RecordError, read_record
from backend.schemes.catalogue.revising import check_record
from backend.schemes.catalogue.variants import variants_of
from backend.schemes.editing.archiving import archive, put_back
from backend.schemes.models import Proposal, Scheme
from tests.schemes.people import get_scheme, make_approver, make_proposal, make_record, publish_change
from tests.undone import undone

pytestmark = pytest.mark.django_db
PARENT, VARIANT = "essai-national", "essai-local"


def published(key, **changes):
    publish(proposal=make_proposal(key=key, **changes), approver=make_approver())
    return get_scheme(key)


@pytest.fixture
def pair():
    """Make a parent and its variant, which says another ceiling and where it is."""
    parent = published(PARENT, amount={"ceiling_eur": 50000})
    place = [{"kind": "in_territory", "any_of": ["REG-32"], "source": 1}]
    variant = published(VARIANT, amount={"ceiling_eur": 20000}, criteria=place, variant_of=PARENT)
    return parent, variant


def waiting_for(key=VARIANT):
    return Proposal.objects.from_parents().waiting().get(key=key)


def test_a_variant_says_so_and_names_its_parent(pair):
    assert read_record(pair[1].current)["variant_of"] == PARENT
    assert list(variants_of(pair[0])) == [pair[1]]
    assert list(variants_of(pair[1])) == []
    (difference,) = differences(make_record(), make_record(variant_of="adie"))
    assert (difference.label, difference.before) == ("Variante de", ())
    assert difference.after == (str(get_scheme("adie")),)


@pytest.mark.parametrize(
    ("parent", "sentence"),
    [("essai-pass-robot", "n’est pas une variante de lui-même"), ("essai-rien", "dispositif inconnu « essai-rien »")],
)
def test_a_variant_of_itself_or_of_nothing_is_refused(parent, sentence):
    with pytest.raises(RecordError, match=sentence):
        check_record(make_record(variant_of=parent))


def test_a_variant_of_a_variant_is_refused(pair):
    for key, parent in ((PARENT, "adie"), ("essai-quartier", VARIANT), (PARENT, VARIANT)):  # above, below, a circle
        scheme = Scheme.objects.filter(source_key=key).select_related("current__scheme").first()
        with undone(), pytest.raises(PublishingError, match="qui est lui-même une variante de") as caught:
            make_proposal(scheme=scheme, key=key, variant_of=parent)
        assert "Pass robot (essai)" in str(caught.value), (key, parent)


def test_files_that_make_a_chain_are_refused_and_nothing_is_loaded(tmp_path):
    for key, parent in (("essai-a", "essai-b"), ("essai-b", "adie")):
        (tmp_path / f"{key}.yaml").write_text(yaml.safe_dump(make_record(key, variant_of=parent)))
    with pytest.raises(FixtureError, match=r"essai-a.yaml, essai-b.yaml : .* lui-même une variante"):
        load_catalogue(tmp_path)
    assert not Scheme.objects.filter(source_key__startswith="essai-").exists()


@pytest.mark.slow
def test_a_scheme_does_not_come_back_as_a_variant_of_a_variant(pair):
    approver = make_approver()
    archive(scheme=pair[1], approver=approver, reason="Terminé.")
    publish_change(pair[0], variant_of="adie")
    with pytest.raises(PublishingError, match=r"ne peut pas revenir tel quel.*lui-même une variante"):
        put_back(scheme=pair[1], approver=approver)


def test_what_a_variant_inherits_follows_its_parent_and_what_it_says_itself_stays(pair):
    parent = publish_change(pair[0], summary="Un autre résumé.", documents=["Kbis"])
    proposal = waiting_for()
    old, new = read_record(pair[1].current), proposal.record
    assert {name for name in new if new[name] != old[name]} == {"summary", "documents"}
    assert (new["summary"], new["documents"]) == ("Un autre résumé.", ["Kbis"])
    assert (proposal.author, proposal.base, proposal.followed) == (None, pair[1].current, parent.current)
    assert "version 2" in proposal.comment
    assert "dits autrement" not in proposal.comment
    assert Notification.objects.filter(kind="proposal_notice", dedupe_key__contains=f":{proposal.pk}:").exists()
    publish(proposal=proposal, approver=make_approver())
    assert get_scheme(VARIANT).current.summary == "Un autre résumé."
    assert not Proposal.objects.from_parents().waiting().exists()


def test_nothing_is_proposed_where_the_variant_says_it_otherwise(pair):
    publish_change(pair[0], amount={"ceiling_eur": 60000}, criteria=[])
    assert not Proposal.objects.from_parents().exists()


def test_what_both_say_in_their_own_way_is_told(pair):
    publish_change(pair[0], amount={"ceiling_eur": 60000}, next_step="Écrivez.")
    proposal = waiting_for()
    assert proposal.record["amount"]["ceiling_eur"] == 20000
    assert proposal.comment.endswith("dits autrement par la variante\u00a0: Montant.")


def test_changes_of_a_parent_that_nobody_has_decided_on_add_up(pair):
    parent = publish_change(pair[0], summary="Premier.")
    first = waiting_for()
    parent = publish_change(parent, next_step="Second.")
    proposal = waiting_for()
    assert (proposal.record["summary"], proposal.record["next_step"]) == ("Premier.", "Second.")
    assert proposal.followed == parent.current
    first.refresh_from_db()
    assert first.state == Proposal.State.WITHDRAWN
    with pytest.raises((PublishingError, OutdatedError), match="retirée"):
        publish(proposal=first, approver=make_approver())
    publish_change(parent, summary=make_record()["summary"], next_step=make_record()["next_step"])
    assert not Proposal.objects.from_parents().waiting().exists()


@pytest.mark.slow
def test_a_change_by_hand_comes_before_what_was_proposed_of_the_parent(pair):
    publish_change(pair[0], summary="Du parent.", next_step="Du parent.")
    publish_change(pair[1], summary="À la main.")
    proposal = waiting_for()
    assert (proposal.record["summary"], proposal.record["next_step"]) == ("À la main.", "Du parent.")
    publish(proposal=proposal, approver=make_approver())  # not outdated: it stands on the new revision


def test_what_was_refused_is_not_proposed_again(pair):
    parent = publish_change(pair[0], summary="Du parent.")
    refuse(proposal=waiting_for(), approver=make_approver(), comment="La variante garde son résumé.")
    publish_change(parent, next_step="Autre.")
    proposal = waiting_for()
    assert (proposal.record["summary"], proposal.record["next_step"]) == (pair[1].current.summary, "Autre.")


def test_what_a_parent_says_of_its_variant_is_not_said_of_itself(pair):
    link = {"kind": "alternative_to", "scheme": VARIANT, "note": None, "source": None}
    publish_change(pair[0], relations=[link], summary="Autre.")
    assert not any(row["scheme"] == VARIANT for row in waiting_for().record["relations"])


def test_a_variant_out_of_the_catalogue_is_not_proposed_to_change(pair):
    archive(scheme=pair[1], approver=make_approver(), reason="Terminé.")
    publish_change(pair[0], summary="Autre.")
    assert not Proposal.objects.from_parents().exists()


def test_the_file_of_a_variant_that_followed_its_parent_is_not_proposed_again(tmp_path):
    for key, fields in ((PARENT, {}), (VARIANT, {"variant_of": PARENT, "name": "Local"})):
        (tmp_path / f"{key}.yaml").write_text(yaml.safe_dump(make_record(key, **fields)))
    load_catalogue(tmp_path)
    assert not Proposal.objects.from_parents().exists()
    publish_change(get_scheme(PARENT), summary="Autre.")
    publish(proposal=waiting_for(), approver=make_approver())
    assert load_catalogue(tmp_path) == {
        "créés": 0, "nouvelles versions": 0, "inchangés": 2, "proposés à la relecture": 0,
    }  # fmt: skip
