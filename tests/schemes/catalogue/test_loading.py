"""A file never undoes what people published."""

import shutil
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command

from backend.notifications.models import Notification
from backend.schemes.catalogue.loading import load_catalogue
from backend.schemes.catalogue.publishing import publish, refuse
from backend.schemes.editing.archiving import archive, put_back
from backend.schemes.models import Proposal, Scheme
from tests.conftest import ROOT
from tests.schemes.people import KEY, get_scheme, make_approver, publish_change

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with one reviewed file."""
    (tmp_path / "schemes").mkdir()
    shutil.copy(ROOT / "fixtures" / "schemes" / f"{KEY}.yaml", tmp_path / "schemes")
    return tmp_path / "schemes"


def load(folder, **changes):
    """Change the file and load it; return what was counted."""
    path = folder / f"{KEY}.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **changes}, allow_unicode=True))
    return {name: count for name, count in load_catalogue(folder).items() if count}


UNCHANGED, NEW, PROPOSED = {"inchangés": 1}, {"nouvelles versions": 1}, {"proposés à la relecture": 1}


def test_a_file_that_did_not_change_never_undoes_what_people_published(folder):
    publish_change(get_scheme(), name="Publié à la main")
    assert load(folder) == UNCHANGED
    assert get_scheme().current.name == "Publié à la main"
    assert not Proposal.objects.from_files().exists()


def test_a_file_that_changed_is_proposed_over_what_people_published(folder):
    scheme, approver = publish_change(get_scheme(), name="Publié à la main"), make_approver()
    assert load(folder, summary="Lu ailleurs.") == PROPOSED
    assert get_scheme().current == scheme.current
    proposal = Proposal.objects.waiting().from_files().get()
    assert (proposal.base, proposal.record["summary"]) == (scheme.current, "Lu ailleurs.")
    notice = Notification.objects.get(recipient=approver.email)
    assert "Le fichier du catalogue propose" in notice.text
    publish(proposal=proposal, approver=approver)
    assert get_scheme().current.summary == "Lu ailleurs."


def test_a_file_is_proposed_once_whatever_is_answered(folder):
    publish_change(get_scheme(), name="Publié à la main")
    assert load(folder, summary="Lu ailleurs.") == PROPOSED
    assert load(folder) == UNCHANGED
    refuse(proposal=Proposal.objects.waiting().get(), approver=make_approver(), comment="Non.")
    assert load(folder) == UNCHANGED
    assert load(folder, summary="Lu encore ailleurs.") == PROPOSED


def test_a_newer_file_replaces_the_proposal_of_the_older_one(folder):
    publish_change(get_scheme(), name="Publié à la main")
    load(folder, summary="Un.")
    load(folder, summary="Deux.")
    assert Proposal.objects.waiting().get().record["summary"] == "Deux."
    assert Proposal.objects.from_files().count() == 2


def test_a_file_that_says_what_is_in_force_changes_nothing(folder):
    load(folder, summary="Lu ailleurs.")
    publish_change(get_scheme(), name="Publié à la main")
    load(folder, summary="Autre.")
    publish(proposal=Proposal.objects.waiting().get(), approver=make_approver())
    assert load(folder) == UNCHANGED


def test_a_file_that_changed_makes_a_revision_where_nobody_published(folder):
    assert load(folder, summary="Lu ailleurs.") == NEW
    assert load(folder, summary="Lu encore ailleurs.") == NEW
    assert get_scheme().current.number == 3


def test_a_file_never_puts_an_archived_scheme_back(folder):
    archive(scheme=get_scheme(), approver=make_approver(), reason="Terminé.")
    assert load(folder, summary="Lu ailleurs.") == PROPOSED
    assert get_scheme().state == Scheme.State.ARCHIVED


def test_files_are_loaded_again_once_an_archived_scheme_is_put_back(folder):
    archive(scheme=get_scheme(), approver=make_approver(), reason="Terminé.")
    load(folder, summary="Lu ailleurs.")
    put_back(scheme=get_scheme(), approver=make_approver())
    assert load(folder, summary="Lu encore ailleurs.") == NEW
    assert load(folder) == UNCHANGED


@pytest.mark.slow
def test_the_command_names_what_waits_for_people(settings, tmp_path):
    settings.TERRITORY_FOLDER = tmp_path
    publish_change(get_scheme(), name="Publié à la main")
    load(Path(shutil.copytree(ROOT / "fixtures" / "schemes", tmp_path / "schemes")), summary="Lu ailleurs.")
    output = StringIO()
    call_command("load_reference", stdout=output)
    assert f"Fichiers à relire dans l’administration : {KEY}" in output.getvalue()
