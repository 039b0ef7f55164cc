"""A secret link shows a proposal before it is published: who has it reads and remarks, and nothing else changes."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from backend.notifications.models import Notification
from backend.schemes.catalogue.drafts import withdraw
from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.publishing import publish
from backend.schemes.editing import previews
from backend.schemes.editing.previews import leave_remark, link_of, revoke_preview, settle
from backend.schemes.models import PreviewLink, Proposal, Remark, Revision, Scheme
from tests.factories import DAY, make_officer
from tests.schemes.people import get_scheme, make_approver, make_draft, make_editor, make_proposal
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
LAST = DAY + timedelta(days=30)


def make_preview(proposal=None, **changes) -> PreviewLink:
    proposal = proposal or make_proposal(name="Pas encore public")
    given = {"for_whom": "Région Hauts-de-France", "expires_on": LAST, "editor": make_editor(), **changes}
    link, link.token = previews.make_preview(proposal=proposal, on=DAY, **given)
    return link


def address(link):
    return f"/apercu/{link.token}/"


def everything():
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in
            (Scheme, Revision, Proposal, PreviewLink, Remark, Notification)}  # fmt: skip


# -- who reads what


def test_the_link_shows_the_proposal_as_the_public_would_read_it_and_says_that_it_is_not_published(client):
    link = make_preview(
        make_proposal(name="Pas encore public", criteria=[{"kind": "headcount", "below": 50, "source": 1}])
    )
    response = client.get(address(link))
    text = text_of(response).replace("\u00a0", " ")
    assert "Aperçu, non publié." in text
    assert "Pas encore public" in text
    assert "Effectif de l’entreprise : moins de 50 salariés" in text
    assert "Appelez la Région." in text
    assert "C’est inexact" not in text  # remarks have their own form
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in response.headers["Cache-Control"]
    assert '<meta name="robots" content="noindex, nofollow">' in response.content.decode()


@pytest.mark.cases(1)
@pytest.mark.parametrize("scheme", [None, "vie"])
def test_opening_it_changes_nothing(client, scheme):
    link = make_preview(make_proposal(scheme=get_scheme(scheme)) if scheme else None)
    before = everything()
    for _ in range(2):
        assert client.get(address(link)).status_code == 200
        assert client.head(address(link)).status_code == 200
    assert everything() == before


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token[:-5],
        lambda token: token.upper(),
        lambda token: "x",
        lambda token: "²:x",
    ],
)
def test_no_other_address_opens_it(client, spoil):
    link = make_preview()
    make_preview(link.proposal)
    response = client.get(f"/apercu/{spoil(link.token)}/")
    assert response.status_code == 404
    assert "Pas encore public" not in text_of(response)


def test_it_opens_on_its_last_day_and_not_after():
    link = make_preview()
    assert link_of(link.token, on=LAST) == link
    assert link_of(link.token, on=LAST + timedelta(days=1)) is None


def test_it_is_closed_at_once_by_an_editor(client):
    link = make_preview()
    revoke_preview(link=link, editor=make_editor())
    response = client.get(address(link))
    assert response.status_code == 404
    assert "Cet aperçu ne s’ouvre plus" in text_of(response)


def test_it_closes_with_the_decision(client):
    withdrawn = make_proposal()
    link = make_preview(withdrawn)
    withdraw(proposal=withdrawn, author=withdrawn.author)
    assert client.get(address(link)).status_code == 404
    published = make_preview(make_proposal(key="un-autre"))
    publish(proposal=published.proposal, approver=make_approver())
    assert client.get(address(published)).status_code == 404


def test_it_follows_the_draft(client):
    link = make_preview(make_draft(name="Premier nom"))
    assert "Premier nom" in text_of(client.get(address(link)))
    Proposal.objects.update(record={**link.proposal.record, "name": "Second nom"})
    assert "Second nom" in text_of(client.get(address(link)))


def test_a_draft_that_names_what_is_no_more_is_told_without_breaking(client):
    link = make_preview(make_draft())
    Proposal.objects.update(record={**link.proposal.record, "needs": {"numerique.disparu": 1.0}})
    response = client.get(address(link))
    assert response.status_code == 404
    assert "en cours de modification" in text_of(response)


@pytest.mark.parametrize(("days", "ok"), [(-1, False), (0, True), (180, True), (181, False)])
def test_its_last_day_is_near(days, ok):
    if ok:
        make_preview(expires_on=DAY + timedelta(days=days))
    else:
        with pytest.raises(PublishingError, match="dernier jour"):
            make_preview(expires_on=DAY + timedelta(days=days))


def test_only_editors_make_and_revoke():
    link = make_preview()
    for act in (
        lambda: make_preview(link.proposal, editor=make_officer()),
        lambda: revoke_preview(link=link, editor=make_officer()),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_two_links_to_one_proposal_are_two_secrets():
    one = make_preview()
    assert one.token != make_preview(one.proposal).token


# -- remarks


def test_a_remark_is_kept_and_its_writers_are_told(client):
    link = make_preview()
    response = client.post(address(link), {"text": "Le plafond est de 8 000 €."}, follow=True)
    assert "votre remarque est transmise" in text_of(response)
    remark = Remark.objects.get()
    assert (remark.link, remark.text, remark.version) == (link, "Le plafond est de 8 000 €.", 1)
    (email,) = Notification.objects.filter(kind="proposal_remark")
    assert email.recipient == link.proposal.author.email
    assert Proposal.objects.get().record == link.proposal.record


def test_an_empty_remark_is_refused_and_a_second_click_is_one():
    client, link = Client(), make_preview()
    response = client.post(address(link), {"text": "  "})
    assert response.status_code == 422
    assert "Écrivez votre remarque" in text_of(response)
    for _ in range(2):
        client.post(address(link), {"text": "Deux fois."})
    assert Remark.objects.count() == 1


def test_a_remark_without_its_cookie_is_shown_again():
    client, link = Client(enforce_csrf_checks=True), make_preview()
    response = client.post(address(link), {"text": "À ne pas perdre."})
    assert response.status_code == 403
    assert "À ne pas perdre." in response.content.decode()
    assert not Remark.objects.exists()


def test_a_remark_is_settled_once():
    link = make_preview()
    remark = leave_remark(link=link, text="Faux.", now=timezone.now())
    editor = make_editor()
    settle(remark=remark, editor=editor)
    settle(remark=remark, editor=make_editor())
    assert Remark.objects.get().done_by == editor


def test_too_many_remarks_wait(client, settings):
    settings.THROTTLES = {**settings.THROTTLES, "remark.network": (1, 3600)}
    link = make_preview()
    client.post(address(link), {"text": "Un."})
    response = client.post(address(link), {"text": "Deux, à garder."})
    assert response.status_code == 429
    assert "Deux, à garder." in response.content.decode()


# -- in the administration


def test_an_editor_makes_a_link_reads_the_remarks_and_revokes(client):
    proposal, editor = make_proposal(), make_editor()
    desk = Client()
    desk.force_login(editor)
    page = f"/administration/schemes/proposal/{proposal.pk}/apercu/"
    desk.get(page)
    assert not PreviewLink.objects.exists()
    assert "obligatoire" in text_of(desk.post(page, {"for_whom": "", "expires_on": ""}))
    made = desk.post(page, {"for_whom": "Région", "expires_on": str(LAST)}).content.decode()
    link = PreviewLink.objects.get()
    link.token = re.search(r"/apercu/([\w-]+)/", made).group(1)
    assert "/apercu/" not in desk.get(page).content.decode().replace("/apercu/revoquer", "").replace(page, "")
    client.post(address(link), {"text": "Il manque la date."})
    assert "a laissé 1 remarque" in text_of(desk.get(f"/administration/schemes/proposal/{proposal.pk}/change/"))
    assert "Il manque la date." in text_of(desk.get(page))
    desk.post(f"{page}traiter/", {"remark": Remark.objects.get().pk})
    assert "Traitée par" in text_of(desk.get(page))
    assert desk.get(f"{page}revoquer/").status_code == 403
    desk.post(f"{page}revoquer/", {"link": link.pk})
    assert client.get(address(link)).status_code == 404


def test_a_button_of_one_proposal_does_nothing_to_another():
    link, other = make_preview(), make_proposal(key="un-autre")
    desk = Client()
    desk.force_login(make_editor())
    for name, value in (("revoquer", {"link": link.pk}), ("traiter", {"remark": "1"})):
        assert desk.post(f"/administration/schemes/proposal/{other.pk}/apercu/{name}/", value).status_code == 404
    assert PreviewLink.objects.get().revoked_at is None
