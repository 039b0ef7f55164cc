"""The queue of what sources changed, as an editor works through it: without a script, and nothing typed is lost."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import Membership
from backend.schemes.catalogue.drafts import propose
from backend.schemes.ingestion.changes.following import Comparison
from backend.schemes.models import Counterpart, FieldDecision, Proposal, Scheme, SetAside, SourceChange
from tests.factories import make_officer, make_submission
from tests.schemes.editing.test_admin import INLINE
from tests.schemes.ingestion.following import accept_all, bring, counterpart, follow, imported, ours
from tests.schemes.ingestion.importers.made_up import make_programme
from tests.schemes.people import get_scheme, make_approver, make_editor, publish_change
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
LIST = "/administration/schemes/sourcechange/"
NEXT = {"start": "01/01/2026", "end": "30/06/2027"}
HERE, ELSEWHERE = {"allowedRegion": ["Hauts-de-France"]}, {"allowedRegion": ["Bretagne"]}


def browser(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def editor():
    return make_editor()


@pytest.fixture
def client(editor):
    return browser(editor)


def page_of(key="essai"):
    return f"{LIST}{imported(key).pk}/change/"


def act_on(name, key="essai"):
    return f"{LIST}{imported(key).pk}/{name}/"


def sent(**verdicts):
    """Return what the form of a followed record sends: by label, a verdict and, where there is one, why."""
    row = counterpart()
    fields = {"imported": row.imported.current_id, "ours": row.ours.current_id}
    for change in Comparison(row).pending:
        verdict, why = verdicts.get(change.label.lower().replace(" ", "_"), ("", ""))
        fields |= {f"{change.key}-verdict": verdict, f"{change.key}-why": why}
    return fields


def told(page):
    return [str(message) for message in page.context["messages"]]


# -- the list


def test_the_list_has_one_line_for_each_record_that_waits_those_for_the_territory_first(client):
    bring(
        make_programme("ailleurs", titre="A ailleurs", company=ELSEWHERE),
        make_programme("ici", titre="B ici", company=HERE),
        make_programme("partout", titre="C partout"),
    )
    page = client.get(LIST)
    assert page.status_code == 200
    assert [str(row) for row in page.context["cl"].result_list] == ["B ici", "C partout", "A ailleurs"]
    shown = client.get(LIST, {"territoire": "ailleurs"}).context["cl"].result_list
    assert [str(row) for row in shown] == ["A ailleurs"]
    assert [row.source_key for row in client.get(LIST, {"q": "partout"}).context["cl"].result_list] == ["partout"]


def test_the_list_shows_each_state_on_demand(client, editor):
    bring(make_programme("neuve"), make_programme("suivie"), make_programme("changee"), make_programme("de-cote"))
    for key in ("suivie", "changee"):
        client.post(act_on("rattacher", key), {"ours": get_scheme().pk, "revision": imported(key).current_id})
    client.post(act_on("mettre-de-cote", "de-cote"), {"why": "Pas pour nous."})
    bring(*(make_programme(key) for key in ("neuve", "suivie", "de-cote")), make_programme("changee", titre="Autre"))

    def shown(state):
        rows = client.get(LIST, {"etat": state} if state else {}).context["cl"].result_list
        return {row.source_key for row in rows}

    assert shown("") == {"neuve", "changee"}
    assert shown("nouvelles") == {"neuve"}
    assert shown("modifiees") == {"changee"}
    assert shown("suivies") == {"suivie", "changee"}
    assert shown("de-cote") == {"de-cote"}
    assert shown("proposees") == set()
    assert shown("toutes") == {"neuve", "suivie", "changee", "de-cote"}


def test_a_closed_record_can_be_left_out(client):
    bring(make_programme("close", validity={"end": "01/01/2020"}), make_programme("ouverte"))
    assert [row.source_key for row in client.get(LIST, {"ouverture": "ouvertes"}).context["cl"].result_list] == [
        "ouverte"
    ]
    assert [row.source_key for row in client.get(LIST, {"ouverture": "fermees"}).context["cl"].result_list] == [
        "close"
    ]


def test_a_list_costs_as_many_questions_for_many_records_as_for_few(client):
    counts = []
    for n in (2, 12):
        bring(*(make_programme(f"essai-{number}") for number in range(n)))
        client.get(LIST)
        with CaptureQueriesContext(connection) as asked:
            client.get(LIST)
        counts.append(len(asked))
    assert counts[0] == counts[1] < 30


# -- a new record


def test_a_new_record_becomes_a_draft_of_ours_and_is_followed_once_published(client, editor):
    make_submission(confirmed=True)
    bring(make_programme(titre="Pass soudure", validity=NEXT))
    text = text_of(client.get(page_of()))
    assert "Préparer une nouvelle fiche" in text
    assert "1 gagnerait ce dispositif" in text
    form = client.get(f"/administration/schemes/proposal/add/?importee={imported().pk}")
    assert form.status_code == 200
    assert "Pass soudure" in form.text
    assert "transition-ecologique" in text_of(form)
    assert not Counterpart.objects.exists()


def test_a_sheet_of_ours_is_searched_and_linked(client):
    bring(make_programme())
    scheme = get_scheme()
    found = client.get(page_of(), {"q": "Médiation du crédit"})
    assert scheme in found.context["ours"]
    assert "Aucune de nos fiches" in text_of(client.get(page_of(), {"q": "introuvable-xyz"}))
    client.post(act_on("rattacher"), {"ours": scheme.pk, "revision": imported().current_id})
    assert counterpart().ours == scheme
    assert "que suit notre fiche" in text_of(client.get(page_of()))
    assert str(imported()) in text_of(client.get(f"/administration/schemes/scheme/{scheme.pk}/change/"))
    client.post(act_on("detacher"))
    assert not Counterpart.objects.in_force().exists()
    assert "détachée" in text_of(client.get(page_of()))


def test_nonsense_links_nothing_sets_nothing_aside_and_nothing_is_done_by_opening_an_address(client):
    bring(make_programme())
    for ours_is, revision in (("", ""), ("x", "1"), ("1" * 30, "2"), ("\0", "")):
        answer = client.post(act_on("rattacher"), {"ours": ours_is, "revision": revision})
        assert answer.status_code == 404, (ours_is, revision)
    assert not Counterpart.objects.exists()
    for until in ("", "x", "9" * 40, "²"):
        answer = client.post(f"{LIST}mettre-de-cote/", {"why": "Non.", "until": until})
        assert answer.status_code in (200, 302), until
    for name in ("rattacher", "detacher", "mettre-de-cote", "remettre", "classer"):
        assert client.get(act_on(name)).status_code == 405, name


def test_a_record_is_set_aside_with_a_reason_and_put_back(client):
    bring(make_programme())
    refused = client.post(act_on("mettre-de-cote"), {"why": " "})
    assert "Dites pourquoi" in text_of(refused)
    assert not SetAside.objects.exists()
    client.post(act_on("mettre-de-cote"), {"why": "Réservée aux communes."})
    page = text_of(client.get(page_of()))
    assert "Réservée aux communes." in page
    bring(make_programme(titre="Autre nom"))
    assert "Ce qui a changé depuis" in text_of(client.get(page_of()))
    client.post(act_on("mettre-de-cote"), {"why": "Encore."})
    client.post(act_on("remettre"))
    assert SourceChange.objects.described().waiting().count() == 1


# -- many records at once


def test_some_are_chosen_and_set_aside_together(client):
    bring(*(make_programme(key, titre=key) for key in "abc"))
    chosen = [imported(key).pk for key in "ab"]
    asked = client.post(LIST, {"action": "set_selected_aside", "_selected_action": chosen})
    assert "2 fiches" in text_of(asked)
    assert not SetAside.objects.exists()
    empty = client.post(
        LIST, {"action": "set_selected_aside", "_selected_action": chosen, "why": "", "until": asked.context["until"]}
    )
    assert "Dites pourquoi" in text_of(empty)
    done = {
        "action": "set_selected_aside",
        "_selected_action": chosen,
        "why": "Hors sujet.",
        "until": asked.context["until"],
    }
    assert told(client.post(LIST, done, follow=True)) == ["2 fiches mises de côté."]
    assert [row.source_key for row in client.get(LIST).context["cl"].result_list] == ["c"]


def test_a_whole_list_is_set_aside_as_it_is_narrowed(client):
    bring(
        *(make_programme(f"la-{n}", company=ELSEWHERE) for n in range(60)),
        make_programme("ici", company=HERE),
    )
    narrowed = f"{LIST}mettre-de-cote/?territoire=ailleurs"
    asked = client.get(narrowed)
    assert "60 fiches" in text_of(asked)
    assert asked.text.count("<li>") < 40
    bring(*(make_programme(f"la-{n}", company=ELSEWHERE) for n in range(61)), make_programme("ici", company=HERE))
    done = client.post(narrowed, {"why": "Une autre région.", "until": asked.context["until"]}, follow=True)
    assert told(done) == ["60 fiches mises de côté."]
    assert [row.source_key for row in client.get(LIST).context["cl"].result_list] == ["ici", "la-60"]


# -- a record that one of ours follows


def test_three_columns_and_the_effect_stand_before_the_decision(client):
    follow(company={"maxEmployees": "249"})
    make_submission(confirmed=True, company_name="Ferronnerie secrète")
    bring(make_programme(titre="Deuxième nom", company={"maxEmployees": "10"}))
    page = client.get(page_of())
    text = text_of(page)
    for said in ("La source disait", "La source dit", "Notre fiche dit", "Deuxième nom", "Comme la source avant."):
        assert said in text
    assert "1 le perdrait" in text
    assert "Ferronnerie secrète" not in text


def test_a_name_is_for_who_follows_the_file(client):
    follow()
    make_submission(confirmed=True, company_name="Ferronnerie secrète")
    bring(make_programme(company={"maxEmployees": "10"}))
    both = make_officer(is_staff=True)
    Membership.objects.create(user=both, organisation=both.memberships.get().organisation, role=Membership.Role.EDITOR)
    text = text_of(browser(both).get(page_of()))
    assert "Ferronnerie secrète" in text
    assert "Ferronnerie secrète" not in text_of(client.get(page_of()))


def test_decisions_make_a_draft_that_is_read_again(client, editor):
    follow()
    bring(make_programme(titre="Deuxième nom", promesse="Deux fois.", url="https://ailleurs.example/"))
    answer = client.post(
        page_of(), sent(nom=("rejected", "Le nôtre est connu."), résumé=("accepted", "")), follow=True
    )
    draft = Proposal.objects.open().get()
    assert answer.redirect_chain[-1][0] == f"/administration/schemes/proposal/{draft.pk}/change/"
    assert draft.author == editor
    assert "Reprend" in text_of(answer)
    kept = set(FieldDecision.objects.values_list("label", "verdict", "why"))
    assert kept == {("Nom", "rejected", "Le nôtre est connu."), ("Résumé", "accepted", "")}
    text = text_of(client.get(page_of()))
    assert "Le nôtre est connu." in text
    assert "Page du dispositif" in text  # left for later
    assert "Proposition en cours" in text


@pytest.mark.slow
def test_what_is_to_be_written_again_opens_the_form_of_the_draft(client):
    follow()
    bring(make_programme(titre="Deuxième nom"))
    answer = client.post(page_of(), sent(nom=("edited", "")), follow=True)
    assert answer.redirect_chain[-1][0].endswith("/modifier/")
    assert "Deuxième nom" in answer.text
    assert FieldDecision.objects.get().verdict == "edited"


@pytest.mark.slow
def test_a_refusal_without_a_reason_is_shown_with_all_that_was_answered(client):
    follow()
    bring(make_programme(titre="Deuxième nom", promesse="Deux fois."))
    page = client.post(page_of(), sent(nom=("rejected", ""), résumé=("accepted", "")))
    assert page.status_code == 200
    assert "Dites pourquoi notre fiche" in text_of(page)
    checked = re.findall(r'<input[^>]*value="(\w*)"[^>]*checked', page.text)
    assert sorted(checked) == ["accepted", "rejected"]
    assert not FieldDecision.objects.exists()


@pytest.mark.slow
def test_what_came_while_the_page_was_open_is_told_and_keeps_what_was_answered(client):
    follow()
    bring(make_programme(titre="Deuxième nom", promesse="Deux fois."))
    fields = sent(nom=("rejected", "Le nôtre est connu."), résumé=("accepted", ""))
    bring(make_programme(titre="Troisième nom", promesse="Deux fois."))
    page = client.post(page_of(), fields)
    assert "La source a encore changé" in text_of(page)
    assert "Le nôtre est connu." in page.text
    assert not FieldDecision.objects.exists()


@pytest.mark.slow
def test_two_editors_at_once_the_second_is_told(client):
    follow()
    bring(make_programme(titre="Deuxième nom", promesse="Deux fois."))
    first, second = sent(nom=("rejected", "Le nôtre.")), sent(nom=("accepted", ""), résumé=("accepted", ""))
    client.post(page_of(), first)
    page = browser(make_editor()).post(page_of(), second)
    assert "Quelqu’un d’autre a décidé" in text_of(page)
    assert [decision.verdict for decision in FieldDecision.objects.all()] == ["rejected"]
    assert not Proposal.objects.open().exists()


@pytest.mark.slow
def test_nothing_answered_leaves_everything_waiting(client):
    follow()
    bring(make_programme(titre="Deuxième nom"))
    assert told(client.post(page_of(), sent(), follow=True)) == ["Rien n’était décidé : tout attend encore."]
    assert not FieldDecision.objects.exists()


@pytest.mark.slow
def test_what_ours_says_already_is_filed_in_one_click(client):
    follow()
    bring(make_programme(titre="Deuxième nom"))
    publish_change(ours(), name="Deuxième nom")
    assert "Classer" in text_of(client.get(page_of()))
    client.post(act_on("classer"), follow=True)
    assert not SourceChange.objects.described().waiting().exists()
    bring(make_programme(titre="Troisième nom"))
    assert told(client.post(act_on("classer"), follow=True)) == ["Il reste quelque chose à décider."]


# -- what a rule did


def test_what_a_rule_took_is_readable_and_can_be_undone(client, editor):
    follow()
    before = ours().current.url
    bring(make_programme(url="https://exemple.example/deplacee"))
    scheme = ours()
    sheet = client.get(f"/administration/schemes/scheme/{scheme.pk}/change/")
    assert "publiée par règle (champs sans risque" in text_of(sheet)
    proposal = scheme.current.proposal
    address = f"/administration/schemes/proposal/{proposal.pk}/change/"
    text = text_of(client.get(address))
    assert "Écrite par règle" in text
    assert "Annuler ce changement" in text
    assert "par règle" in text_of(client.get("/administration/schemes/proposal/"))
    undo = client.get(f"/administration/schemes/proposal/add/?annuler={proposal.pk}")
    assert f'value="{before}"' in undo.text
    assert "déplacée" not in undo.text


@pytest.mark.slow
def test_what_two_people_published_can_be_undone_too(client):
    follow()
    bring(make_programme(titre="Deuxième nom"))
    revision = accept_all()
    undo = client.get(f"/administration/schemes/proposal/add/?annuler={revision.proposal.pk}")
    assert 'value="Aide d’essai"' in undo.text


@pytest.mark.parametrize("pk", ["0", "x", "99999999", ""])
def test_nothing_else_can_be_undone(client, pk):
    assert client.get(f"/administration/schemes/proposal/add/?annuler={pk}").status_code == 404
    assert client.get(f"/administration/schemes/proposal/add/?importee={pk}").status_code == 404


# -- guards


def test_only_editors_see_the_queue():
    follow()
    for user in (make_officer(is_staff=True), make_officer("", role=Membership.Role.TERRITORY_LEAD, is_staff=True)):
        client = browser(user)
        assert client.get(LIST).status_code == client.get(page_of()).status_code == 403
        assert client.post(act_on("detacher")).status_code == 403
    assert Counterpart.objects.in_force().exists()


def test_no_page_has_inline_code_or_style(client):
    follow()
    bring(make_programme(titre="Deuxième nom", promesse="Deux fois."), make_programme("neuve"))
    asked = f"{LIST}mettre-de-cote/"
    for address in (LIST, page_of(), page_of("neuve"), f"{page_of('neuve')}?q=a", asked):
        page = client.get(address)
        assert page.status_code == 200, address
        assert not INLINE.search(page.text), address


def test_nonsense_in_an_address_is_no_error(client):
    follow()
    for address in (f"{LIST}?q=\0", f"{LIST}?etat=%00", f"{LIST}mettre-de-cote/?q=%00", f"{LIST}?territoire=x&etat=x"):
        assert client.get(address).status_code in (200, 302), address
    assert client.get(f"{LIST}{get_scheme().pk}/change/").status_code == 404
    assert client.get(f"{LIST}9{'9' * 30}/change/").status_code == 404


@pytest.mark.slow
def test_a_draft_is_proposed_and_published_as_any_other(client, editor):
    follow()
    bring(make_programme(titre="Deuxième nom"))
    client.post(page_of(), sent(nom=("accepted", "")))
    draft = propose(proposal=Proposal.objects.open().get(), author=editor)
    by_approver = browser(make_approver())
    page = by_approver.get(f"/administration/schemes/proposal/{draft.pk}/publier/")
    assert "Deuxième nom" in text_of(page)
    by_approver.post(f"/administration/schemes/proposal/{draft.pk}/publier/", {"comment": ""})
    assert ours().current.name == "Deuxième nom"
    assert Scheme.objects.get(pk=ours().pk).state == "published"
    assert not SourceChange.objects.described().waiting().exists()
