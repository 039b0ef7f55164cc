"""Figures that the sheet does not bear out are told at proposing and at approving, beside them, and stop nobody."""

import pytest
from django.test import Client

from backend.schemes.catalogue.drafts import propose
from backend.schemes.models import Proposal
from tests.schemes.people import get_scheme, make_approver, make_draft, make_editor
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
PROPOSALS = "/administration/schemes/proposal/"
KEY = "bpi-diag-cyber"
UNSAID = "À vérifier : « plafond : 999 000 € » ne se lit ni dans les textes de la fiche"


def browser(user):
    client = Client()
    client.force_login(user)
    return client


def draft_of_an_amount(editor) -> Proposal:
    amount = {"text": "Une aide de la moitié.", "ceiling_eur": 999_000}
    return make_draft(editor, scheme=get_scheme(KEY), amount=amount)


def test_the_editor_and_the_approver_read_the_warning_beside_the_amount():
    editor, approver = make_editor(), make_approver()
    draft = draft_of_an_amount(editor)
    page = f"{PROPOSALS}{draft.pk}/"
    for address in ("change/", "proposer/"):
        response = browser(editor).get(f"{page}{address}")
        assert UNSAID in text_of(response)
        row = response.content.decode().split('<th scope="row">Montant</th>')[1].split("</tr>")[0]
        assert "999" in row.split("doubt")[1]
    propose(proposal=draft, author=editor)
    for address in ("change/", "publier/", "approuver/"):
        assert UNSAID in text_of(browser(approver).get(f"{page}{address}"))
    assert UNSAID not in text_of(browser(approver).get(f"{page}refuser/"))


def test_a_warning_stops_nobody():
    editor = make_editor()
    draft = propose(proposal=draft_of_an_amount(editor), author=editor)
    published = text_of(browser(make_approver()).post(f"{PROPOSALS}{draft.pk}/publier/", {"comment": ""}, follow=True))
    assert "en vigueur dès maintenant" in published
    assert get_scheme(KEY).current.ceiling_eur == 999_000


def test_what_the_change_leaves_as_it_was_is_told_apart():
    editor = make_editor()
    scheme = get_scheme("mte-parm-vnf")  # its quoted sentence gives one sum of five
    draft = make_draft(editor, scheme=scheme, name="Un autre nom")
    text = text_of(browser(editor).get(f"{PROPOSALS}{draft.pk}/proposer/"))
    assert "À vérifier dans ce qui ne change pas" in text
    assert "Montant : « 25 000" in text


def test_a_sheet_whose_figures_are_borne_out_has_no_warning():
    editor = make_editor()
    draft = make_draft(editor, scheme=get_scheme(), name="Un autre nom")
    assert "À vérifier :" not in text_of(browser(editor).get(f"{PROPOSALS}{draft.pk}/proposer/"))
