"""The catalogue in the administration: who sees what, the whole way of a proposal, and nonsense."""

import os
import re
from datetime import date

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from backend.accounts.models import Membership, User
from backend.schemes.catalogue.criteria import sentence
from backend.schemes.catalogue.reports import report_by_job
from backend.schemes.catalogue.revising import write_revision
from backend.schemes.editing.archiving import archive
from backend.schemes.models import CatalogueTask, Proposal, Scheme
from tests.factories import ARC, make_officer, make_submission
from tests.schemes.editing.typed import criterion, new_scheme, sent
from tests.schemes.people import (
    KEY,
    get_scheme,
    make_approver,
    make_draft,
    make_editor,
    make_proposal,
    make_record,
    make_task,
    publish_change,
)
from tests.undone import undone
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
ADMIN = "/administration/"
PROPOSALS, SCHEMES, TASKS = (f"{ADMIN}schemes/{name}/" for name in ("proposal", "scheme", "cataloguetask"))
LONG = os.environ.get("JONCTION_LONG") == "1"
INLINE = re.compile(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|javascript:", re.IGNORECASE)


def browser(user):
    client = Client()
    client.force_login(user)
    return client


def superuser():
    return User.objects.create_superuser("chef@jonction.example", "mot-de-passe-long")


@pytest.fixture
def editor():
    return make_editor()


@pytest.fixture
def by_editor(editor):
    return browser(editor)


@pytest.fixture
def by_approver():
    return browser(make_approver())


def pages_of(scheme):
    """Return an address of every page that reads."""
    second = publish_change(scheme, name="Deux")
    proposal, task = make_proposal(scheme=second, name="Trois"), make_task(second)
    return [
        SCHEMES,
        f"{SCHEMES}{scheme.pk}/change/",
        f"{SCHEMES}{scheme.pk}/history/",
        f"{SCHEMES}{scheme.pk}/version/1/",
        f"{SCHEMES}{scheme.pk}/comparer/",
        PROPOSALS,
        f"{PROPOSALS}{proposal.pk}/change/",
        f"{PROPOSALS}add/",
        f"{PROPOSALS}add/?dispositif={scheme.pk}",
        f"{PROPOSALS}{proposal.pk}/reprendre/",
        f"{PROPOSALS}add/?fiche={task.pk}",
        TASKS,
        f"{TASKS}{task.pk}/change/",
    ]


# -- who sees what


@pytest.mark.cases(1)
@pytest.mark.parametrize("make_user", [make_editor, make_approver, superuser])
def test_editors_and_approvers_read_the_whole_catalogue_without_inline_code_or_style(make_user):
    client = browser(make_user())
    for page in pages_of(get_scheme()):
        response = client.get(page)
        assert response.status_code == 200, page
        assert not INLINE.findall(response.content.decode().replace(' style=""', "")), page


STRANGERS = {  # what each gets of every page
    "officer": (lambda: make_officer(is_staff=True), 403),
    "lead": (lambda: make_officer("", role=Membership.Role.TERRITORY_LEAD, is_staff=True), 403),
    "partner": (lambda: make_officer("", role=Membership.Role.PARTNER, is_staff=True), 403),
    "editor who is not staff": (lambda: make_officer("", role=Membership.Role.EDITOR), 302),
    "officer who is not staff": (make_officer, 302),
    "editor who left": (lambda: make_editor(is_active=False), 302),
}


def test_whoever_has_no_role_in_the_catalogue_or_is_not_staff_sees_none_of_it():
    pages = pages_of(get_scheme())
    for who, (make_user, status) in STRANGERS.items():
        client = browser(make_user())
        assert {page: client.get(page).status_code for page in pages} == dict.fromkeys(pages, status), who
        if status == 403:
            assert "Catalogue" not in text_of(client.get(ADMIN)), who


@pytest.mark.parametrize("make_user", [make_editor, make_approver])
def test_editors_see_nothing_but_the_catalogue(make_user):
    make_submission()
    client = browser(make_user())
    index = text_of(client.get(ADMIN))
    assert "Catalogue" in index
    for name in ("Comptes", "Organisations", "Notifications"):
        assert name not in index
    for page in ("accounts/user/", "accounts/user/add/", "accounts/organisation/", "notifications/notification/"):
        assert client.get(ADMIN + page).status_code == 403


def test_each_list_of_the_catalogue_says_what_it_is_for(by_editor):
    response = by_editor.get(ADMIN)
    (lists,) = (app["models"] for app in response.context["app_list"] if app["app_label"] == "schemes")
    said = re.findall(r"<dt>(.*?)</dt>\s*<dd>\s*(.*?)\s*</dd>", response.content.decode(), re.DOTALL)
    assert [name for name, _words in said] == [one["name"] for one in lists]
    assert all(words for _name, words in said)


def test_an_administrator_sees_everything():
    index = text_of(browser(superuser()).get(ADMIN))
    for name in ("Catalogue", "Comptes", "Organisations", "Notifications"):
        assert name in index


@pytest.mark.parametrize("make_user", [make_editor, superuser])
def test_nothing_is_changed_or_deleted_row_by_row(make_user):
    client, scheme = browser(make_user()), get_scheme()
    proposal, task = make_proposal(), make_task(scheme)
    assert client.get(f"{SCHEMES}add/").status_code == 403
    assert client.get(f"{TASKS}add/").status_code == 403
    for page in (f"{SCHEMES}{scheme.pk}", f"{PROPOSALS}{proposal.pk}", f"{TASKS}{task.pk}"):
        assert client.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    client.post(f"{SCHEMES}{scheme.pk}/change/", {"state": "archived"})
    client.post(PROPOSALS, {"action": "delete_selected", "_selected_action": [proposal.pk], "post": "yes"})
    assert get_scheme().state == Scheme.State.PUBLISHED
    assert Proposal.objects.count() == 1


# -- the whole way


def test_an_editor_proposes_a_new_scheme_and_another_person_publishes_it(by_editor, by_approver):
    response = by_editor.post(f"{PROPOSALS}add/", new_scheme())
    draft = Proposal.objects.get()
    page = f"{PROPOSALS}{draft.pk}/change/"
    assert response["Location"] == page
    text = text_of(by_editor.get(page))
    assert "Effectif de l’entreprise : moins de 250 salariés" in text
    assert "Le moteur lit cette fiche sans erreur" in text
    assert by_editor.get(f"{PROPOSALS}{draft.pk}/proposer/").status_code == 200
    told = text_of(by_editor.post(f"{PROPOSALS}{draft.pk}/proposer/", follow=True))
    assert "1 relecteur peut la publier" in told
    assert "Publier" not in text_of(by_editor.get(page))
    assert "Publier" in text_of(by_approver.get(page))
    assert "Pass robot (essai)" in text_of(by_approver.get(f"{PROPOSALS}?state__exact=proposed"))
    assert by_approver.get(f"{PROPOSALS}{draft.pk}/publier/").status_code == 200
    assert not Scheme.objects.filter(source_key="essai-pass-robot").exists()
    published = text_of(by_approver.post(f"{PROPOSALS}{draft.pk}/publier/", {"comment": "Merci."}, follow=True))
    assert "Version 1 de « Pass robot (essai) » publiée" in published
    scheme = get_scheme("essai-pass-robot")
    assert scheme.state == Scheme.State.PUBLISHED
    history = text_of(by_editor.get(f"{SCHEMES}{scheme.pk}/change/"))
    assert "proposée par Claire" in history


def test_each_oneis_read_back_in_the_form(by_editor):
    scheme = get_scheme("aide-apprentissage-2026")
    page = text_of(by_editor.get(f"{PROPOSALS}add/?dispositif={scheme.pk}"))
    for one in scheme.current.criteria.all():
        shown = " ".join(f"« {sentence(one.definition)} »".split())
        assert shown in page


def test_a_change_starts_from_the_sheet_in_force_and_shows_what_differs(by_editor, editor):
    scheme = get_scheme()
    page = by_editor.get(f"{PROPOSALS}add/?dispositif={scheme.pk}")
    assert page.context["sheet"].main["name"].value() == scheme.current.name
    draft = make_draft(editor, scheme=scheme, name="Un autre nom")
    text = text_of(by_editor.get(f"{PROPOSALS}{draft.pk}/change/"))
    assert f"Nom {scheme.current.name} Un autre nom" in text


def test_a_draft_is_changed_by_any_editor_who_then_does_not_decide_on_it(by_editor, editor, by_approver):
    draft = make_draft(editor)
    page = f"{PROPOSALS}{draft.pk}/"
    assert by_approver.post(f"{page}modifier/", new_scheme(name="Mieux", version="1")).status_code == 302
    assert Proposal.objects.get().record["name"] == "Mieux"
    by_editor.post(f"{page}proposer/")
    assert "Publier cette version" not in text_of(by_approver.get(f"{page}change/"))
    assert by_approver.get(f"{page}publier/").status_code == 403
    assert "Publier cette version" in text_of(browser(make_approver()).get(f"{page}change/"))


def test_what_was_proposed_meanwhile_is_not_changed_and_what_was_typed_is_a_new_draft(by_editor, editor):
    proposal = make_proposal(editor)
    page = f"{PROPOSALS}{proposal.pk}/modifier/"
    assert "Seul un brouillon se modifie" in text_of(by_editor.get(page, follow=True))
    response = by_editor.post(page, new_scheme(name="Trop tard"), follow=True)
    assert "gardé dans un nouveau brouillon" in text_of(response)
    assert Proposal.objects.get(pk=proposal.pk).record["name"] != "Trop tard"
    assert Proposal.objects.get(state="draft").record["name"] == "Trop tard"


def test_a_refusal_asks_why_and_keeps_nothing_without(by_approver):
    proposal = make_proposal()
    page = f"{PROPOSALS}{proposal.pk}/refuser/"
    assert "Dites pourquoi" in text_of(by_approver.post(page, {"comment": " "}))
    assert Proposal.objects.get().state == Proposal.State.PROPOSED
    by_approver.post(page, {"comment": "La page dit autre chose."})
    assert Proposal.objects.get().decision_comment == "La page dit autre chose."


def test_the_author_takes_a_proposal_back_and_takes_it_up_again(by_editor, editor):
    proposal = make_proposal(editor)
    by_editor.post(f"{PROPOSALS}{proposal.pk}/retirer/")
    assert Proposal.objects.get().state == Proposal.State.WITHDRAWN
    by_editor.post(f"{PROPOSALS}{proposal.pk}/rouvrir/")
    assert Proposal.objects.get().state == Proposal.State.DRAFT


@pytest.mark.parametrize("whose", ["own", "other"])
@pytest.mark.parametrize("make_user", [make_editor, make_approver, superuser])
def test_each_button_is_for_some_people_only_and_opening_its_page_decides_nothing(whose, make_user):
    user = make_user()
    proposal = make_proposal(user if whose == "own" else None)
    client = browser(user)
    for action in ("proposer", "retirer", "publier", "refuser"):
        for_author = action in ("proposer", "retirer")
        may = whose == "own" if for_author else whose == "other" and make_user is not make_editor
        page = f"{PROPOSALS}{proposal.pk}/{action}/"
        assert (client.get(page).status_code != 403) is may, action
        assert Proposal.objects.get().state == Proposal.State.PROPOSED, action
        with undone():
            assert (client.post(page).status_code != 403) is may, action
            if not may:
                assert Proposal.objects.get().state == Proposal.State.PROPOSED, action


def test_a_button_without_its_token_does_nothing(editor):
    proposal, approver = make_proposal(editor), make_approver()
    client = Client(enforce_csrf_checks=True)
    client.force_login(approver)
    assert client.post(f"{PROPOSALS}{proposal.pk}/publier/").status_code == 403
    assert Proposal.objects.get().state == Proposal.State.PROPOSED


# -- two people on one sheet


def test_a_proposal_that_is_outdated_shows_both_changes_and_is_taken_up_with_them(by_editor, editor, by_approver):
    scheme = get_scheme()
    mine = make_proposal(editor, scheme=scheme, name="Mien")
    publish_change(scheme, name="Leur", summary="Leur résumé.")
    page = f"{PROPOSALS}{mine.pk}/change/"
    text = text_of(by_approver.get(page))
    assert "La version 2 de ce dispositif a été publiée depuis" in text
    assert "Ce qui a été publié depuis" in text
    assert f"Nom {scheme.current.name} Mien" in text
    assert f"Nom {scheme.current.name} Leur" in text
    assert "Publier" not in text.replace("Publiée", "")
    answer = by_approver.post(f"{PROPOSALS}{mine.pk}/publier/", follow=True)
    assert "Rien n’a été publié" in text_of(answer)
    assert get_scheme().current.name == "Leur"
    again = f"{PROPOSALS}{mine.pk}/reprendre/"
    shown = text_of(by_editor.get(again))
    assert "Gardé de la version en vigueur : Résumé." in shown
    current = get_scheme().current
    assert "Choisissez" in text_of(by_editor.post(again, {"current": current.pk}))
    by_editor.post(again, {"current": current.pk, "keep-name": "mine"})
    draft = Proposal.objects.get(pk=mine.pk)
    assert (draft.state, draft.base, draft.is_outdated) == (Proposal.State.DRAFT, current, False)
    assert (draft.record["name"], draft.record["summary"]) == ("Mien", "Leur résumé.")


@pytest.mark.slow
def test_a_form_opened_before_a_publication_keeps_its_base(by_editor):
    scheme = get_scheme()
    page = f"{PROPOSALS}add/?dispositif={scheme.pk}"
    form = sent(by_editor.get(page).context["sheet"])
    publish_change(scheme, summary="Leur résumé.")
    by_editor.post(page, {**form, "name": "Mien", "base": scheme.current.pk})
    draft = Proposal.objects.get(state="draft")
    assert draft.base == scheme.current
    assert draft.is_outdated


def test_a_key_taken_meanwhile_is_told(by_editor):
    response = by_editor.post(f"{PROPOSALS}add/", new_scheme(key=KEY))
    assert "est déjà celui d’un dispositif" in text_of(response)
    assert response.context["sheet"].main["name"].value() == "Pass robot (essai)"


def test_links_that_make_a_circle_are_told_on_the_page_and_proposed_to_nobody(by_editor):
    make_other = make_record(
        "essai-autre", name="Autre", relations=[{"kind": "requires", "scheme": "essai-pass-robot"}]
    )
    other = Scheme.objects.create(source_key="essai-autre", state=Scheme.State.PUBLISHED)
    other.current = write_revision(make_other, scheme=other)
    other.save()
    typed = new_scheme(**{"relations-0-kind": "requires", "relations-0-scheme": "essai-autre"})
    by_editor.post(f"{PROPOSALS}add/", typed)
    draft = Proposal.objects.get()
    sentence = "ligne 1 : rien ne peut venir en premier dans « Autre » → « Pass robot (essai) » → « Autre »"
    assert sentence in text_of(by_editor.get(f"{PROPOSALS}{draft.pk}/change/"))
    assert sentence in text_of(by_editor.post(f"{PROPOSALS}{draft.pk}/proposer/", follow=True))
    draft.refresh_from_db()
    assert draft.state == Proposal.State.DRAFT


def test_a_cap_is_typed_read_back_and_compared(by_editor):
    link = {"relations-0-kind": "cumulable", "relations-0-scheme": "vie", "relations-0-cap_pct": "62,5"}
    assert "Plafond du cumul" in text_of(by_editor.get(f"{PROPOSALS}add/"))
    by_editor.post(f"{PROPOSALS}add/", new_scheme(**link))
    text = text_of(by_editor.get(f"{PROPOSALS}{Proposal.objects.get().pk}/change/"))
    assert "jusqu’à 62,5 % de la même dépense" in text


# -- mistakes in the form


def test_a_mistake_keeps_everything_and_says_where(by_editor):
    typed = new_scheme(name="", **criterion(0, "headcount", below="beaucoup", level="company"))
    response = by_editor.post(f"{PROPOSALS}add/", typed)
    text = text_of(response)
    assert "2 champs à corriger" in text
    assert not Proposal.objects.exists()
    page = response.content.decode()
    for value in (
        "Une aide inventée pour essayer.",
        "beaucoup",
        "200 000 €",
        "Page inventée",
        "https://exemple.example",
    ):
        assert value in page


def test_a_row_more_checks_nothing_and_keeps_everything(by_editor):
    response = by_editor.post(f"{PROPOSALS}add/", new_scheme(name="", act="add:", new_kind="any"))
    text = text_of(response)
    assert "obligatoire." not in text
    assert "Critère 2 : Groupe : au moins un de ceux-ci" in text
    assert "Effectif de l’entreprise : moins de 250 salariés" in text
    assert not Proposal.objects.exists()


NONSENSE = ["9" * 30, "", "abc", "-1", "0", "1e9", "²", "1\0", "é", "1/2", "None"]


@pytest.mark.cases(1)
@pytest.mark.parametrize("value", NONSENSE)
def test_an_address_that_means_nothing_is_not_an_error_of_ours(value, by_editor):
    scheme = publish_change(get_scheme(), name="Deux")
    pages = [
        (f"{PROPOSALS}add/", {"dispositif": value}),
        (f"{PROPOSALS}add/", {"reprendre": value}),
        (f"{PROPOSALS}add/", {"fiche": value}),
        (f"{SCHEMES}{scheme.pk}/comparer/", {"avant": value, "apres": value}),
        (SCHEMES, {"q": value}),
        (SCHEMES, {"relecture": value}),
        (SCHEMES, {"state__exact": value}),
        (SCHEMES, {"o": value}),
        (SCHEMES, {"p": value}),
        (PROPOSALS, {"q": value}),
        (PROPOSALS, {"author__id__exact": value}),
        (TASKS, {"etat": value}),
        (TASKS, {"q": value}),
    ]
    for page, query in pages:
        assert by_editor.get(page, query).status_code in (200, 302, 404), (page, query)
    if value:
        for page in (
            f"{SCHEMES}{value}/change/",
            f"{SCHEMES}{value}/comparer/",
            f"{SCHEMES}{scheme.pk}/version/{value}/",
            f"{PROPOSALS}{value}/change/",
            f"{PROPOSALS}{value}/publier/",
            f"{TASKS}{value}/change/",
        ):
            assert by_editor.get(page).status_code in (302, 404), page


IN_FIELDS = ["", "\0", "é" * 6000, "{{7*7}}<script>", "9" * 400, "-1", "[", "1e400", "NaN"]


@pytest.mark.cases(1)
@pytest.mark.parametrize("turn", range(len(IN_FIELDS)))
def test_nonsense_in_any_field_is_told_or_kept_never_an_error_of_ours(turn, by_editor):
    """Each field gets one of them and each of them gets to fields of every kind; with JONCTION_LONG=1, all to all."""
    typed = {**new_scheme(), **criterion(1, "any", of=""), "criteria-TOTAL_FORMS": "2"}
    names = [name for name in typed if not name.endswith("_FORMS")]
    for place, name in enumerate(names):
        if not LONG and (place + turn) % len(IN_FIELDS):
            continue
        response = by_editor.post(f"{PROPOSALS}add/", {**typed, name: IN_FIELDS[turn]})
        assert response.status_code in (200, 302, 404), name
        assert "<script>" not in response.content.decode().replace("</script>", ""), name


@pytest.mark.cases(2)
@pytest.mark.parametrize("base", [base for base in NONSENSE if base])
def test_a_base_that_is_none_is_refused(base, by_editor):
    page = f"{PROPOSALS}add/?dispositif={get_scheme().pk}"
    assert by_editor.post(page, new_scheme(base=base)).status_code in (200, 404)
    assert not Proposal.objects.exists()


def test_a_base_of_another_scheme_is_refused(by_editor):
    page = f"{PROPOSALS}add/?dispositif={get_scheme().pk}"
    assert by_editor.post(page, new_scheme(base=get_scheme("vie").current.pk)).status_code == 404


# -- reports and states


def test_a_report_is_read_corrected_and_answered(by_editor):
    task = make_task(get_scheme())
    listed = text_of(by_editor.get(TASKS))
    assert "Le plafond a changé en octobre." in listed
    assert "aujourd’hui" in listed
    page = f"{TASKS}{task.pk}/change/"
    assert f"{PROPOSALS}add/?fiche={task.pk}" in by_editor.get(page).content.decode()
    assert "obligatoire" in text_of(by_editor.post(page, {"answer": ""}))
    assert CatalogueTask.objects.waiting().exists()
    by_editor.post(page, {"answer": "Le plafond est le même."})
    assert not CatalogueTask.objects.waiting().exists()
    assert "Le plafond a changé en octobre." not in text_of(by_editor.get(TASKS))
    assert "Le plafond a changé en octobre." in text_of(by_editor.get(TASKS, {"etat": "traites"}))
    assert "Le plafond est le même." in text_of(by_editor.get(page))


def test_what_jobs_report_stands_in_the_same_queue_and_can_be_told_apart(by_editor):
    make_task(get_scheme())
    task = report_by_job(scheme=get_scheme("vie"), job="links.check", subject="x", text="La page ne répond plus.")
    listed = text_of(by_editor.get(TASKS))
    assert "La page ne répond plus." in listed
    assert "Le plafond a changé en octobre." in listed
    alone = text_of(by_editor.get(TASKS, {"origin__exact": "job"}))
    assert "contrôle des adresses" in alone
    assert "Le plafond a changé en octobre." not in alone
    page = f"{TASKS}{task.pk}/change/"
    assert "reçoit par courriel" not in text_of(by_editor.get(page))
    assert "réponse à envoyer" not in text_of(by_editor.post(page, {"answer": "Le site est en travaux."}, follow=True))
    assert "Le site est en travaux." in text_of(by_editor.get(page))


def test_a_proposal_written_for_a_report_remembers_it(by_editor):
    scheme = get_scheme()
    task = make_task(scheme)
    page = f"{PROPOSALS}add/?fiche={task.pk}"
    shown = by_editor.get(page)
    assert "Le plafond a changé en octobre." in text_of(shown)
    by_editor.post(page, {**sent(shown.context["sheet"]), "name": "Corrigé", "base": scheme.current.pk})
    assert Proposal.objects.get().task == task


def test_an_approver_archives_with_a_reason_and_puts_back(by_editor, by_approver):
    scheme = get_scheme()
    page = f"{SCHEMES}{scheme.pk}/"
    assert by_editor.post(f"{page}archiver/").status_code == 403
    by_approver.get(f"{page}archiver/")
    assert "Dites pourquoi" in text_of(by_approver.post(f"{page}archiver/", {"reason": " "}))
    assert get_scheme().state == Scheme.State.PUBLISHED
    by_approver.post(f"{page}archiver/", {"reason": "Remplacé par un autre."})
    assert get_scheme().state == Scheme.State.ARCHIVED
    assert "Remplacé par un autre." in LogEntry.objects.get().change_message
    again = by_approver.post(f"{page}archiver/", {"reason": "Encore."}, follow=True)
    assert "ce dispositif est « archivé »" in text_of(again)
    by_approver.post(f"{page}remettre/", {"reason": "\0"})
    assert get_scheme().state == Scheme.State.PUBLISHED


@pytest.mark.slow
def test_two_revisions_are_compared_field_by_field(by_editor):
    scheme = get_scheme()
    first = scheme.current.name
    publish_change(scheme, name="Deux")
    publish_change(get_scheme(), summary="Trois.")
    page = f"{SCHEMES}{scheme.pk}/comparer/"
    newest = text_of(by_editor.get(page))
    assert "Trois." in newest
    assert f"Nom {first}" not in newest
    assert f"Nom {first} Deux" in text_of(by_editor.get(page, {"avant": "1", "apres": "3"}))
    assert "Aucune différence." in text_of(by_editor.get(page, {"avant": "2", "apres": "2"}))


def test_an_old_sheet_is_listed_as_to_be_read_again(by_editor, settings):
    settings.FIXED_DAY = date(2027, 6, 30)
    scheme = publish_change(get_scheme(), as_of="2027-06-01")
    due = text_of(by_editor.get(SCHEMES, {"relecture": "due"}))
    assert str(scheme) not in due
    assert "à revoir" in due.lower()
    assert str(scheme) in text_of(by_editor.get(SCHEMES, {"relecture": "done"}))


def test_an_archived_scheme_is_said_to_be(by_editor):
    scheme = archive(scheme=get_scheme(), approver=make_approver(), reason="Terminé.")
    assert "État : archivé" in text_of(by_editor.get(f"{SCHEMES}{scheme.pk}/change/"))


def test_the_lists_ask_few_questions(by_editor, django_assert_max_num_queries):
    for _ in range(3):
        make_proposal(scheme=get_scheme(), name="Trois")
        make_task(get_scheme())
    for page in (SCHEMES, PROPOSALS, TASKS):
        with django_assert_max_num_queries(40):
            by_editor.get(page)


def test_an_officer_without_staff_access_never_gets_in():
    client = browser(make_officer(ARC))
    assert client.get(ADMIN).status_code == 302
