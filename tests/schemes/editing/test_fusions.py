"""One of two sheets of ours gives way to the other: nothing is lost, what named it follows, and it can be undone."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.urls import reverse

from backend.companies.models import Fact
from backend.matchmaking.differences import Kind
from backend.matchmaking.held import held_schemes
from backend.matchmaking.models import Match, Review
from backend.matchmaking.news import Watched, news_of
from backend.matchmaking.presentation import present
from backend.matchmaking.results import compute_result, replay
from backend.matchmaking.reviews import keep_scheme
from backend.matchmaking.scheme_events import say
from backend.matchmaking.shortlist import shortlist_of
from backend.notifications.models import Notification
from backend.schemes.catalogue.drafts import propose, write_draft
from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.records import read_record
from backend.schemes.catalogue.succession import successor_of, successors
from backend.schemes.editing.archiving import archive, put_back
from backend.schemes.editing.fusions import (
    carry_out,
    names_of,
    propose_fusion,
    refuse_fusion,
    renamed,
    undo_fusion,
    withdraw_fusion,
)
from backend.schemes.models import Fusion, Scheme
from tests.factories import DAY, link_to, make_officer, make_submission, rewriting
from tests.schemes.ingestion.duplicates.pairs import decide_as, make_pair
from tests.schemes.ingestion.following import bring, imported, link
from tests.schemes.ingestion.importers.made_up import make_programme
from tests.schemes.people import (
    get_scheme,
    make_approver,
    make_draft,
    make_editor,
    publish_change,
    record_of,
)

pytestmark = pytest.mark.django_db
GONE, STAYS, LAST = "mediation-credit", "accise-electricite-industrie", "hdf-aden"


def prepare(gone=GONE, stays=STAYS, author=None) -> Fusion:
    return propose_fusion(
        gone=get_scheme(gone).current,
        stays=get_scheme(stays).current,
        author=author or make_editor(),
        why="La même page, le même porteur.",
    )


def do(fusion: Fusion, approver=None) -> Fusion:
    gone, stays = (Scheme.objects.get(pk=pk) for pk in (fusion.gone_id, fusion.stays_id))
    return carry_out(fusion=fusion, approver=approver or make_approver(), gone=gone.current, stays=stays.current)


def join(gone=GONE, stays=STAYS) -> Fusion:
    return do(prepare(gone, stays))


def undo(fusion: Fusion) -> list[Scheme]:
    return undo_fusion(fusion=fusion, approver=make_approver(), why="Deux dispositifs, tout compte fait.")


def naming(scheme: Scheme, key: str = "mte-fasep", **changes) -> Scheme:
    """Let a published sheet name a scheme in each way there is."""
    record = record_of(get_scheme(key))
    asks = {"kind": "holds_scheme", "none_of": [scheme.key], "source": 1}
    part = {"kind": "holds_scheme", "none_of": [scheme.key]}
    deep = {"kind": "any", "of": [{"kind": "headcount", "below": 50}, part], "source": 1}
    link = {"kind": "cumulable", "scheme": scheme.source_key, "note": None, "source": None}
    return publish_change(
        get_scheme(key),
        criteria=[*record["criteria"], asks, deep],
        relations=[*record["relations"], link],
        **changes,
    )


# -- the two people


def test_one_person_proposes_and_another_one_joins_the_sheets():
    author, approver = make_editor(), make_approver()
    fusion = prepare(author=author)
    assert successors() == {}
    assert {each.recipient for each in Notification.objects.filter(kind="fusion_notice")} == {approver.email}
    do(fusion, approver)
    fusion.refresh_from_db()
    assert (fusion.state, fusion.decided_by) == (Fusion.State.DONE, approver)
    assert get_scheme(GONE).state == Scheme.State.ARCHIVED
    assert get_scheme(STAYS).state == Scheme.State.PUBLISHED
    assert successor_of(get_scheme(GONE)) == get_scheme(STAYS)
    assert Notification.objects.get(kind="fusion_decided").recipient == author.email


def test_the_api_leads_to_the_sheet_that_stays(client):
    join()
    answer = client.get(f"/api/v1/schemes/{GONE}/")
    assert (answer.status_code, answer.headers["Location"]) == (301, f"/api/v1/schemes/{STAYS}/")
    assert client.get(answer.headers["Location"]).json()["key"] == STAYS
    gone = client.get("/api/v1/schemes/archived/")
    assert [(row["key"], row["successor"]) for row in gone.json()["results"]] == [(GONE, STAYS)]
    undo(Fusion.objects.get())
    assert client.get(f"/api/v1/schemes/{GONE}/").status_code == 200
    undone = client.get("/api/v1/schemes/archived/", headers={"If-None-Match": gone["ETag"]})
    assert undone.json()["results"] == []


def test_who_proposed_does_not_decide_and_nobody_else_than_an_approver_does():
    author = make_approver()
    fusion = prepare(author=author)
    for user in (author, make_editor(), make_officer()):
        with pytest.raises(PermissionDenied):
            do(fusion, user)
        with pytest.raises(PermissionDenied):
            refuse_fusion(fusion=fusion, approver=user, comment="Non.")
    with pytest.raises(PermissionDenied):
        prepare(LAST, STAYS, author=make_officer())
    with pytest.raises(DatabaseError), transaction.atomic():
        Fusion.objects.filter(pk=fusion.pk).update(state="done", decided_by=author, decided_at=fusion.proposed_at)


def test_a_fusion_is_refused_with_a_reason_or_withdrawn_by_its_author_and_changes_nothing():
    author, approver = make_editor(), make_approver()
    fusion = prepare(author=author)
    with pytest.raises(PublishingError, match="Dites pourquoi"):
        refuse_fusion(fusion=fusion, approver=approver, comment=" ")
    refuse_fusion(fusion=fusion, approver=approver, comment="Deux guichets.")
    with pytest.raises(PublishingError, match="cette fusion est maintenant « refusée »"):
        do(fusion)
    again = prepare(author=author)
    with pytest.raises(PermissionDenied):
        withdraw_fusion(fusion=again, author=make_editor())
    withdraw_fusion(fusion=again, author=author)
    assert successors() == {}
    assert get_scheme(GONE).state == Scheme.State.PUBLISHED


def test_two_people_at_once_lose_nothing():
    fusion = prepare()
    with pytest.raises(PublishingError, match="attend déjà une décision"):
        prepare()
    read = get_scheme(STAYS).current
    publish_change(get_scheme(STAYS), summary="Changée pendant la lecture.")
    with pytest.raises(PublishingError, match="a changé pendant que vous lisiez"):
        carry_out(fusion=fusion, approver=make_approver(), gone=get_scheme(GONE).current, stays=read)
    draft = make_draft(scheme=get_scheme(GONE))
    with pytest.raises(PublishingError, match="Une proposition est en cours sur"):
        do(fusion)
    assert get_scheme(GONE).state == Scheme.State.PUBLISHED
    with rewriting():
        draft.delete()
    do(fusion)
    with pytest.raises(PublishingError, match="maintenant « faite »"):
        do(fusion)


@pytest.mark.parametrize("why_not", ["archived", "imported", "itself", "draft"])
def test_what_cannot_be_joined_is_told(why_not):
    gone, stays = get_scheme(GONE), get_scheme(STAYS)
    if why_not == "imported":
        bring(make_programme())
        stays = imported()
    elif why_not == "itself":
        stays = gone
    else:
        Scheme.objects.filter(pk=stays.pk).update(state=why_not)
    with pytest.raises(PublishingError):
        propose_fusion(gone=gone.current, stays=stays.current, author=make_editor(), why="Pareil.")


# -- addresses


def test_an_address_leads_for_good_to_the_sheet_that_stays_in_one_step(client):
    join(GONE, STAYS)
    join(STAYS, LAST)
    for key in (GONE, STAYS):
        answer = client.get(reverse("public_scheme", args=[key]))
        assert (answer.status_code, answer["Location"]) == (301, reverse("public_scheme", args=[LAST]))
        assert "no-cache" in answer["Cache-Control"]
    assert client.get(reverse("public_scheme", args=[LAST])).status_code == 200


def test_there_is_no_circle():
    join(GONE, STAYS)
    with pytest.raises(PublishingError, match="est archivé"):
        prepare(STAYS, GONE)
    with pytest.raises(DatabaseError), transaction.atomic():
        Fusion.objects.create(
            gone=get_scheme(GONE),
            stays=get_scheme(LAST),
            gone_revision=get_scheme(GONE).current,
            stays_revision=get_scheme(LAST).current,
            why="Encore.",
            proposed_by=make_editor(),
            proposed_at=Fusion.objects.get().proposed_at,
        )


@pytest.mark.slow
def test_every_version_of_the_sheet_that_gave_way_is_still_read(client):
    publish_change(get_scheme(GONE), summary="Une autre version.")
    join()
    for number in (1, get_scheme(GONE).current.number):
        page = client.get(reverse("public_version", args=[GONE, number]))
        assert page.status_code == 200
        assert "ce dispositif est réuni à" in page.text
        assert reverse("public_scheme", args=[STAYS]) in page.text
    versions = client.get(reverse("public_versions", args=[GONE]))
    assert reverse("public_version", args=[GONE, get_scheme(GONE).current.number]) in versions.text
    assert f"/dispositifs/{GONE}/" not in client.get(reverse("sitemap")).text


def test_nobody_publishes_or_puts_back_the_sheet_that_gave_way_behind_the_fusion():
    join()
    author = make_editor()
    draft = write_draft(
        author=author,
        record=record_of(get_scheme(GONE), summary="De retour."),
        scheme=get_scheme(GONE),
        base=get_scheme(GONE).current,
    )
    with pytest.raises(PublishingError, match="est réunie à"):
        propose(proposal=draft, author=author)
    with pytest.raises(PublishingError, match="défaites la fusion"):
        put_back(scheme=get_scheme(GONE), approver=make_approver())


# -- what names it


def test_what_names_the_sheet_that_gave_way_names_the_other_in_a_new_version_that_says_why():
    gone, stays = get_scheme(GONE), get_scheme(STAYS)
    before = naming(gone)
    assert list(names_of(gone)) == [before]
    fusion = join()
    after = get_scheme(before.source_key)
    assert after.current.number == before.current.number + 1
    record = read_record(after.current)
    assert gone.key not in str(record["criteria"])
    assert str(record["criteria"]).count(stays.key) == 2
    assert [row["scheme"] for row in record["relations"]].count(STAYS) == 1
    assert GONE not in [row["scheme"] for row in record["relations"]]
    proposal = after.current.proposal
    assert proposal.rule == "fusion de deux fiches"
    assert "est réuni à" in proposal.comment
    assert list(fusion.followed.all()) == [proposal]


def test_a_variant_follows_its_parent_to_the_sheet_that_stays():
    variant = publish_change(get_scheme(LAST), variant_of=GONE)
    join()
    assert get_scheme(variant.source_key).current.variant_of == STAYS


def test_the_sheet_that_stays_says_nothing_of_itself():
    stays = {"key": STAYS, "variant_of": GONE, "criteria": []}
    link = {"kind": "cumulable", "scheme": GONE}
    found = renamed({**stays, "relations": [link]}, gone=get_scheme(GONE), stays=get_scheme(STAYS))
    assert (found["variant_of"], found["relations"]) == (None, [])
    both = {"key": LAST, "criteria": [], "relations": [{**link, "scheme": STAYS}, link]}
    found = renamed(both, gone=get_scheme(GONE), stays=get_scheme(STAYS))
    assert [row["scheme"] for row in found["relations"]] == [STAYS]


def test_a_sheet_that_could_not_follow_refuses_the_whole_fusion():
    link = {"kind": "cumulable", "scheme": GONE, "note": None, "source": None}
    publish_change(get_scheme(LAST), relations=[link])
    publish_change(get_scheme(STAYS), relations=[{**link, "kind": "excludes", "scheme": LAST}])
    with pytest.raises(PublishingError, match="ne pourrait pas suivre"):
        join()
    assert get_scheme(GONE).state == Scheme.State.PUBLISHED
    assert successors() == {}


def test_records_of_other_sites_describe_the_sheet_that_stays():
    bring(make_programme())
    row = link(imported(), get_scheme(GONE))
    fusion = join()
    row.refresh_from_db()
    assert row.ours == get_scheme(STAYS)
    undo(fusion)
    row.refresh_from_db()
    assert row.ours == get_scheme(GONE)


# -- undoing


def test_a_fusion_is_undone_and_everything_is_as_before():
    before = naming(get_scheme(GONE))
    said = read_record(before.current)
    fusion = join()
    with pytest.raises(PermissionDenied):
        undo_fusion(fusion=fusion, approver=make_editor(), why="Non.")
    with pytest.raises(PublishingError, match="Dites pourquoi"):
        undo_fusion(fusion=fusion, approver=make_approver(), why="")
    assert undo(fusion) == []
    assert get_scheme(GONE).state == Scheme.State.PUBLISHED
    assert successors() == {}
    assert read_record(get_scheme(before.source_key).current) == said
    with pytest.raises(PublishingError, match="maintenant « défaite »"):
        undo(fusion)
    join(STAYS, GONE)  # the other way round is another fusion
    assert successor_of(get_scheme(STAYS)) == get_scheme(GONE)


def test_what_was_written_meanwhile_is_kept_when_a_fusion_is_undone():
    before = naming(get_scheme(GONE))
    fusion = join()
    publish_change(get_scheme(before.source_key), summary="Un résumé écrit après la fusion.")
    assert undo(fusion) == []
    record = read_record(get_scheme(before.source_key).current)
    assert record["summary"] == "Un résumé écrit après la fusion."
    assert get_scheme(GONE).key in str(record["criteria"])


def test_what_both_changed_is_left_to_people_and_told():
    before = naming(get_scheme(GONE))
    fusion = join()
    publish_change(get_scheme(before.source_key), relations=[], criteria=[])
    assert undo(fusion) == [get_scheme(before.source_key)]
    assert get_scheme(GONE).state == Scheme.State.PUBLISHED
    assert read_record(get_scheme(before.source_key).current)["criteria"] == []


def test_a_chain_that_is_undone_in_the_middle_leads_to_what_is_left():
    first = join(GONE, STAYS)
    second = join(STAYS, LAST)
    undo(second)
    assert successor_of(get_scheme(GONE)) == get_scheme(STAYS)
    undo(first)
    assert successors() == {}


# -- firms


@pytest.fixture
def file():
    """A file whose result holds both sheets among what answers it."""
    return make_submission(confirmed=True)


def shown(file, result) -> list[str]:
    rows = result.matches.answering().order_by("rank").select_related("scheme")
    return [match.scheme.source_key for match in rows]


def test_a_firm_keeps_seeing_a_scheme_whose_sheet_gave_way_with_where_it_went(client, file):
    result = file.results.first()
    gone, stays = shown(file, result)[:2]
    officer = make_officer()
    keep_scheme(submission=file, scheme=get_scheme(gone), officer=officer, on=DAY)
    n_matches, reviews = Match.objects.count(), list(Review.objects.values())
    join(gone, stays)
    assert Match.objects.count() == n_matches
    assert list(Review.objects.values()) == reviews
    assert replay(result) == []  # what was answered can still be had again
    newer = compute_result(submission=file, on=DAY)
    assert gone not in shown(file, newer)
    (superseded,) = shortlist_of(file, newer).superseded
    assert (superseded.scheme.source_key, superseded.now.source_key) == (gone, stays)
    assert not superseded.is_kept  # the firm is told of verdicts once the review has ended
    (superseded,) = present(file, newer).superseded
    assert superseded.is_kept
    page = client.get(reverse("result", args=[link_to(file)])).text
    assert "Fiches réunies à une autre" in page
    assert reverse("public_version", args=[gone, superseded.version]) in page
    assert reverse("public_scheme", args=[stays]) in page


def test_a_firm_that_was_never_shown_it_reads_nothing_of_a_fusion(file):
    seen = shown(file, file.results.first())
    others = Scheme.objects.of_source(Scheme.OWN).published().exclude(source_key__in=seen)
    gone, stays = others.order_by("pk").values_list("source_key", flat=True)[:2]
    join(gone, stays)
    assert shortlist_of(file, compute_result(submission=file, on=DAY)).superseded == ()


def test_a_kept_scheme_that_gave_way_is_no_loss_to_write_about(file):
    told = file.results.first()
    gone, stays = shown(file, told)[:2]
    join(gone, stays)
    result = compute_result(submission=file, on=DAY)
    kept = Review(scheme=get_scheme(gone), verdict=Review.Verdict.KEPT)
    mine = frozenset({kept.scheme_id})
    of = Watched(decided={kept.scheme_id: kept}, followed=mine, to_ask=mine)
    lost = [one for one in news_of(told, result, of) if one.match.scheme_id == kept.scheme_id]
    assert (gone in shown(file, told), gone in shown(file, result), lost) == (True, False, [])
    undo(Fusion.objects.get())
    archive(scheme=get_scheme(gone), approver=make_approver(), reason="Clos.")
    result = compute_result(submission=file, on=DAY)
    assert [one.kind for one in news_of(told, result, of)] == [Kind.CLOSED]


def test_who_obtained_a_scheme_has_the_one_that_took_its_place(file):
    gone, stays = get_scheme(GONE), get_scheme(STAYS)
    officer = make_officer()
    for step in ("applied", "granted"):
        say(submission=file, officer=officer, state=step, scheme=gone, on=DAY)
    assert set(held_schemes(file)) == {f"{Fact.SCHEME}{gone.key}"}
    join()
    assert set(held_schemes(file)) == {f"{Fact.SCHEME}{scheme.key}" for scheme in (gone, stays)}


# -- the pages


def test_the_same_scheme_twice_in_ours_is_joined_from_the_pair_to_the_end(client):
    pair = make_pair(get_scheme(GONE), get_scheme(STAYS))
    one, other = sorted((get_scheme(GONE), get_scheme(STAYS)), key=lambda scheme: scheme.pk)
    client.force_login(make_editor())
    sent = {"verdict": "same", "one": one.current_id, "other": other.current_id}
    form = client.post(reverse("admin:schemes_duplicatepair_decide", args=[pair.pk]), sent)
    page = client.get(form["Location"]).text
    assert "Une seule fiche reste" in page
    read = {f"read-{scheme.pk}": scheme.current_id for scheme in (one, other)}
    refused = client.post(form["Location"], {**read, "stays": "", "why": ""})
    assert "Choisissez la fiche qui reste." in refused.text
    assert "Dites pourquoi c’est le même dispositif." in refused.text
    sent = {**read, "stays": get_scheme(STAYS).pk, "why": "La même page."}
    done = client.post(form["Location"], sent, follow=True)
    assert "Fusion proposée" in done.text
    assert 'value="carry_out"' not in done.text
    fusion = Fusion.objects.get()
    assert (fusion.gone, fusion.stays) == (get_scheme(GONE), get_scheme(STAYS))

    client.force_login(make_approver())
    address = reverse("admin:schemes_fusion_decide", args=[fusion.pk])
    read = {"gone": fusion.gone.current_id, "stays": fusion.stays.current_id}
    told = client.post(address, {**read, "action": "carry_out", "why": ""}, follow=True)
    assert "mène maintenant à" in told.text
    assert "Dites pourquoi" in client.post(address, {"action": "undo", "why": ""}).text
    told = client.post(address, {"action": "undo", "why": "Erreur."}, follow=True)
    assert "est de retour" in told.text
    assert client.post(address, {"action": "autre"}).status_code == 404


def test_a_decided_pair_of_ours_still_offers_to_join_it(client):
    pair = make_pair(get_scheme(GONE), get_scheme(STAYS))
    decide_as(pair, make_editor(), "same")
    client.force_login(make_editor())
    page = client.get(reverse("admin:schemes_duplicatepair_change", args=[pair.pk])).text
    assert reverse("admin:schemes_fusion_propose") in page


@pytest.mark.parametrize("query", ["", "?une=1", "?une=x&autre=y", "?une={pk}&autre={pk}"])
def test_a_fusion_of_what_is_not_two_sheets_of_ours_is_not_found(client, query):
    client.force_login(make_editor())
    address = reverse("admin:schemes_fusion_propose") + query.format(pk=get_scheme().pk)
    assert client.get(address).status_code == 404
