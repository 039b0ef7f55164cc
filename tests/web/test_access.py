"""Every address × every role × one's own file and somebody else's, from one table. One that is missing fails."""

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from backend.accounts.absences import declare_absence
from backend.accounts.models import Membership, User
from backend.journal.models import AuditEvent, Kind
from backend.journal.services import record_event
from backend.links.models import Kind as LinkKind
from backend.matchmaking.file_links import link_files
from backend.matchmaking.follow_up import record_step, write_note
from backend.matchmaking.models import Submission, WeightSet
from backend.matchmaking.partners import write_as_partner
from backend.matchmaking.scheme_events import say
from backend.matchmaking.sharing import renew_staff_feed
from backend.matchmaking.state_aid import declare_aid
from backend.notifications.models import Notification, StopReason
from backend.schemes.catalogue.drafts import propose, write_draft
from backend.schemes.catalogue.records import read_record
from backend.schemes.editing.fusions import propose_fusion
from backend.schemes.editing.previews import make_preview
from backend.schemes.models import (
    CatalogueTask,
    DuplicateDecision,
    Fusion,
    ImportRun,
    Page,
    Proposal,
    Scheme,
    Suggestion,
)
from backend.steering.actions import decide_action
from backend.steering.scopes import Filters
from tests.factories import (
    ARC,
    CCLO,
    COMMUNES,
    DAY,
    first_matches,
    invitation_of_guest,
    link_to,
    make_call,
    make_guest,
    make_key,
    make_lead,
    make_officer,
    make_partner,
    make_recipient,
    make_submission,
    make_webhook,
    note_link,
    share_with,
    sheets_link,
    stop_link,
    survey_link,
)
from tests.matchmaking.rankers import make_ranker
from tests.neighbour import ours
from tests.schemes.ingestion.duplicates.pairs import decide_as, make_pair, sides_of
from tests.schemes.people import make_imported

pytestmark = [pytest.mark.django_db, pytest.mark.shows_both("lists of all files are among the addresses")]
LOGIN = "login"  # sent to sign in, and nothing else
SIGN_IN = ("/compte/connexion/", "/administration/login/")
OK = (200, 302, 422)  # opened, done, or refused for what was sent: whoever may act may also be told what is wrong
METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
PAGES = ("get", "head", "post")  # no page takes another
# What only their button does, and by whom, is tried where proposals are published.
BUTTONS = ("admin:schemes_proposal_confirm", "admin:schemes_proposal_open_again", "admin:schemes_proposal_go_back")

ROLES: dict[str, Callable[[], User | None]] = {
    "visitor": lambda: None,
    "officer": lambda: make_officer(ARC),
    "partner": make_partner,
    "epci_lead": lambda: make_officer(ARC, role=Membership.Role.EPCI_LEAD),
    "territory_lead": make_lead,
    "editor": lambda: make_officer("", role=Membership.Role.EDITOR, is_staff=True),
    "approver": lambda: make_officer("", role=Membership.Role.APPROVER, is_staff=True),
    "administrator": lambda: User.objects.create_superuser("admin@jonction.example", "mot-de-passe-long"),
}


def everyone(status: Any) -> dict[str, Any]:
    return dict.fromkeys(ROLES, status)


LOOKED_AFTER = {ARC: "arc-parcs-activites", CCLO: "lamotte-plateforme"}  # a sheet of each
PUBLIC = everyone(OK)
SIGNED_IN = {**everyone(OK), "visitor": LOGIN}
# Files: those in charge act, the territory lead looks, and nobody else learns that they exist.
READ = {**everyone(404), "visitor": LOGIN, "officer": OK, "epci_lead": OK, "territory_lead": OK}
ACT = {**READ, "territory_lead": 403}
# The same, for the file of another intercommunality.
READ_FOREIGN = {**everyone(404), "visitor": LOGIN, "territory_lead": OK}
ACT_FOREIGN = {**READ_FOREIGN, "territory_lead": 403}
LEADS = {**everyone(403), "visitor": LOGIN, "epci_lead": OK, "territory_lead": OK}
TEAM = {**LEADS, "officer": OK}
CANCEL_FOREIGN = {**everyone(403), "visitor": LOGIN, "officer": 404, "epci_lead": 404, "territory_lead": OK}
REVIEWS = {**everyone(403), "visitor": LOGIN, "officer": OK, "epci_lead": OK}
SETS_WEIGHTS = {**everyone(403), "visitor": LOGIN, "territory_lead": OK, "administrator": OK}
SEES_JOBS = {**SETS_WEIGHTS, "editor": OK, "approver": OK}
# An administrator without a role keeps accounts, and reads no catalogue; a partner's people read the public one.
MEMBERS = {**SIGNED_IN, "administrator": 403, "partner": 403}
PARTNERS = {**everyone(403), "visitor": LOGIN, "partner": OK}
# What is shared with their organisation, or with another one: nobody else learns of it, not even its officers here.
SHARED = {**everyone(404), "visitor": LOGIN, "partner": OK}
SHARED_FOREIGN = {**SHARED, "partner": 404}
NOBODY = everyone(404)
# The administration: editors and approvers read the catalogue there, administrators keep accounts; who is not staff is
# sent to its sign-in, which tells them that they may not.
OUT, STAFF = everyone(LOGIN), ("editor", "approver", "administrator")
ENTER = {**OUT, **dict.fromkeys(STAFF, OK)}
CLOSED = {**OUT, **dict.fromkeys(STAFF, 403)}  # what nobody may do, not even an administrator
ACCOUNTS = {**CLOSED, "administrator": OK}
AUTHOR = {**CLOSED, "editor": OK, "approver": OK}  # one's own proposal
DECIDE = {**CLOSED, "approver": OK, "administrator": OK}  # somebody else's


@dataclass(frozen=True)
class Row:
    """An address: how it is asked for, with what, and what each role gets for its own file and for a foreign one."""

    own: dict[str, Any]
    foreign: dict[str, Any] | None = None
    method: str = "get"
    args: Callable[["Case"], list[Any]] = lambda case: []
    sent: Callable[["Case"], dict[str, Any]] = lambda case: {}


class Case:
    """A file with all that its addresses name."""

    def __init__(self, submission: Submission, officer: User, author: User, *, partner: str = "chamber") -> None:
        self.file = submission
        self.proposal = Proposal.objects.get(pk=propose_change(author).pk)
        self.task = CatalogueTask.objects.create(
            scheme=self.proposal.scheme,
            revision=self.proposal.base,
            reported_by=officer,
            reported_at=timezone.now(),
            text="Faux.",
        )
        _, self.preview = make_preview(
            proposal=self.proposal, editor=author, for_whom="Le porteur", expires_on=DAY, on=DAY
        )
        self.match = first_matches(submission)[0]
        self.note = write_note(submission=submission, author=officer, audience="firm", text="Un mot.")
        self.share = share_with(submission, officer, kind=partner)
        reader = User.objects.filter(memberships__organisation=self.share.organisation).first()
        self.answered = write_as_partner(share=self.share, author=reader, text="Nous les appelons.")
        self.step = record_step(submission=submission, officer=officer, step="contacted")
        self.promised = record_step(submission=submission, officer=officer, step="call_back", due_on=DAY)
        say(submission=submission, officer=officer, scheme=self.match.scheme, state="followed", on=DAY)
        self.aid = declare_aid(submission=submission, on=DAY, granted_on=DAY, amount_eur=None)
        self.call = make_call(submission.epci.short_name)
        self.scheme = Scheme.objects.published().first()
        self.imported = make_imported()
        self.officer = officer
        self.absence = declare_absence(user=officer, starts_on=DAY, ends_on=DAY, stand_in=None, by=officer)
        self.ranker = make_ranker()
        gap = Filters(epci=submission.epci, sub_need=submission.needs.first().sub_need_id)
        decided = {"what": "Créer une offre", "owner": "Le comité", "due_on": DAY, "on": DAY}
        self.action = decide_action(user=make_lead(), filters=gap, **decided)
        other = make_submission(confirmed=True, email=f"autre{submission.pk}@tolerie.example")
        Submission.objects.filter(pk=other.pk).update(epci=submission.epci)
        other.refresh_from_db()
        self.link = link_files(submission=submission, other=other, kind="colleague", officer=officer, on=DAY)


def pk(case: Case) -> list[Any]:
    return [case.file.pk]


def token(case: Case) -> list[Any]:
    return [link_to(case.file)]


def weights(case: Case) -> list[Any]:
    return [WeightSet.objects.get().pk]


def act(args: Callable[[Case], list[Any]] = pk, **sent: Any) -> Row:
    return Row(ACT, ACT_FOREIGN, "post", args, lambda case: sent)


def page(own: dict[str, Any] = PUBLIC, *args: Any) -> Row:
    return Row(own, args=lambda case: list(args))


def admin_rows() -> dict[str, Row]:
    """Return the addresses of the administration by model: a new model, or a new page of one, is missing here."""

    def user(case: Case) -> list[Any]:
        return [case.officer.pk]

    def organisation(case: Case) -> list[Any]:
        return [case.officer.memberships.get().organisation_id]

    def notification(case: Case) -> list[Any]:
        return [ours(Notification).first().pk]

    def stop_reason(case: Case) -> list[Any]:
        StopReason.objects.count_one(month=DAY.replace(day=1), list_name="alerts", reason="found")
        return [StopReason.objects.get().pk]

    def event(case: Case) -> list[Any]:
        record_event(kind=Kind.SIGN_IN, actor=case.officer)
        return [ours(AuditEvent).about_accounts().first().pk]

    def scheme(case: Case) -> list[Any]:
        return [case.scheme.pk]

    def version(case: Case) -> list[Any]:
        return [case.scheme.pk, case.scheme.current.number]

    def import_run(case: Case) -> list[Any]:
        now = timezone.now()
        return [ImportRun.objects.create(source="essai", file_name="essai.csv", started_at=now, ended_at=now).pk]

    def imported(case: Case) -> list[Any]:
        return [case.imported.pk]

    def own_sheet(case: Case) -> dict[str, Any]:
        return {"ours": case.scheme.pk, "revision": case.imported.current_id}

    def proposal(case: Case) -> list[Any]:
        return [case.proposal.pk]

    def fusion(case: Case) -> list[Any]:
        free = Scheme.objects.published().exclude(proposals__in=Proposal.objects.open())
        gone, stays = free.select_related("current__scheme").order_by("pk")[:2]
        author = make_officer("", role=Membership.Role.EDITOR)
        standing = Fusion.objects.standing().filter(gone=gone).first()
        made = standing or propose_fusion(gone=gone.current, stays=stays.current, author=author, why="Pareil.")
        return [made.pk]

    def pair(case: Case) -> list[Any]:
        return [make_pair(case.scheme, case.imported).pk]

    def decided(case: Case) -> list[Any]:
        pair = make_pair(case.scheme, case.imported)
        held = DuplicateDecision.objects.in_force().of(pair).first()
        return [(held or decide_as(pair, make_officer("", role=Membership.Role.EDITOR), "other")).pk]

    def task(case: Case) -> list[Any]:
        return [case.task.pk]

    def suggestion(case: Case) -> list[Any]:
        said = {"name": "Atelier de polissage des Sablons", "suggested_at": timezone.now()}
        return [Suggestion.objects.create(**said).pk]

    def checked_page(case: Case) -> list[Any]:
        return [Page.objects.get_or_create(url="https://exemple.example/")[0].pk]

    return {
        "accounts_user_changelist": page(ACCOUNTS),
        "accounts_user_add": page(ACCOUNTS),
        "accounts_user_change": Row(ACCOUNTS, args=user),
        "accounts_user_delete": Row(CLOSED, args=user),
        "accounts_user_history": Row(ACCOUNTS, args=user),
        "accounts_organisation_changelist": page(ACCOUNTS),
        "accounts_organisation_add": page(ACCOUNTS),
        "accounts_organisation_change": Row(ACCOUNTS, args=organisation),
        "accounts_organisation_delete": Row(ACCOUNTS, args=organisation),
        "accounts_organisation_history": Row(ACCOUNTS, args=organisation),
        "notifications_notification_changelist": page(ACCOUNTS),
        "notifications_notification_add": page(CLOSED),
        "notifications_notification_change": Row(ACCOUNTS, args=notification),
        "notifications_notification_delete": Row(CLOSED, args=notification),
        "notifications_notification_history": Row(ACCOUNTS, args=notification),
        "notifications_stopreason_changelist": page(ACCOUNTS),
        "notifications_stopreason_add": page(CLOSED),
        "notifications_stopreason_change": Row(ACCOUNTS, args=stop_reason),
        "notifications_stopreason_delete": Row(CLOSED, args=stop_reason),
        "notifications_stopreason_history": Row(ACCOUNTS, args=stop_reason),
        "journal_auditevent_changelist": page(ACCOUNTS),
        "journal_auditevent_add": page(CLOSED),
        "journal_auditevent_change": Row(ACCOUNTS, args=event),
        "journal_auditevent_delete": Row(CLOSED, args=event),
        "journal_auditevent_history": Row(ACCOUNTS, args=event),
        "schemes_scheme_changelist": page(ENTER),
        "schemes_scheme_add": page(CLOSED),
        "schemes_scheme_change": Row(ENTER, args=scheme),
        "schemes_scheme_delete": Row(CLOSED, args=scheme),
        "schemes_scheme_history": Row(ENTER, args=scheme),
        "schemes_scheme_version": Row(ENTER, args=version),
        "schemes_scheme_compare": Row(ENTER, args=scheme),
        "schemes_scheme_archive": Row(DECIDE, args=scheme),
        "schemes_scheme_close": Row(ENTER, args=scheme),
        "schemes_scheme_observe": Row(ENTER, args=scheme),
        "schemes_scheme_put_back": Row(DECIDE, args=scheme),
        "schemes_importrun_changelist": page(ENTER),
        "schemes_importrun_add": page(CLOSED),
        "schemes_importrun_change": Row(ENTER, args=import_run),
        "schemes_importrun_delete": Row(CLOSED, args=import_run),
        "schemes_importrun_history": Row(ENTER, args=import_run),
        "schemes_importedscheme_changelist": page(ENTER),
        "schemes_importedscheme_add": page(CLOSED),
        "schemes_importedscheme_change": Row(ENTER, args=imported),
        "schemes_importedscheme_delete": Row(CLOSED, args=imported),
        "schemes_importedscheme_history": Row(ENTER, args=imported),
        "schemes_sourcechange_changelist": page(ENTER),
        "schemes_sourcechange_add": page(CLOSED),
        "schemes_sourcechange_change": Row(ENTER, args=imported),
        "schemes_sourcechange_delete": Row(CLOSED, args=imported),
        "schemes_sourcechange_history": Row(ENTER, args=imported),
        "schemes_sourcechange_set_list_aside": page(ENTER),
        "schemes_sourcechange_rattacher": Row(ENTER, args=imported, method="post", sent=own_sheet),
        "schemes_sourcechange_detacher": Row(ENTER, args=imported, method="post"),
        "schemes_sourcechange_mettre-de-cote": Row(ENTER, args=imported, method="post"),
        "schemes_sourcechange_remettre": Row(ENTER, args=imported, method="post"),
        "schemes_sourcechange_classer": Row(ENTER, args=imported, method="post"),
        "schemes_duplicatepair_changelist": page(ENTER),
        "schemes_duplicatepair_add": page(CLOSED),
        "schemes_duplicatepair_change": Row(ENTER, args=pair),
        "schemes_duplicatepair_delete": Row(CLOSED, args=pair),
        "schemes_duplicatepair_history": Row(ENTER, args=pair),
        "schemes_duplicatepair_together": page(ENTER),
        "schemes_duplicatepair_decide": Row(
            ENTER,
            args=pair,
            method="post",
            sent=lambda case: {
                **dict(zip(("one", "other"), sides_of(case.scheme, case.imported), strict=True)),
                "verdict": "other",
            },
        ),
        "schemes_duplicatedecision_changelist": page(ENTER),
        "schemes_duplicatedecision_add": page(CLOSED),
        "schemes_duplicatedecision_change": Row(ENTER, args=decided),
        "schemes_duplicatedecision_delete": Row(CLOSED, args=decided),
        "schemes_duplicatedecision_history": Row(ENTER, args=decided),
        "schemes_duplicatedecision_take_back": Row(ENTER, args=decided, method="post"),
        "schemes_duplicatedecision_take_back_together": Row(ENTER, args=decided, method="post"),
        "schemes_fusion_changelist": page(ENTER),
        "schemes_fusion_add": page(CLOSED),
        "schemes_fusion_propose": page({**CLOSED, **dict.fromkeys(STAFF, 404)}),  # of no two sheets
        "schemes_fusion_change": Row(ENTER, args=fusion),
        "schemes_fusion_delete": Row(CLOSED, args=fusion),
        "schemes_fusion_history": Row(ENTER, args=fusion),
        "schemes_fusion_decide": Row(
            {**CLOSED, "approver": OK, "administrator": OK},
            args=fusion,
            method="post",
            sent=lambda case: {"action": "refuse", "why": "Non."},
        ),
        "schemes_proposal_changelist": page(ENTER),
        "schemes_proposal_add": page(ENTER),
        "schemes_proposal_change": Row(ENTER, args=proposal),
        "schemes_proposal_delete": Row(CLOSED, args=proposal),
        "schemes_proposal_history": Row(ENTER, args=proposal),
        "schemes_proposal_propose": Row(AUTHOR, CLOSED, args=proposal),
        "schemes_proposal_withdraw": Row(AUTHOR, CLOSED, args=proposal),
        "schemes_proposal_reopen": Row(AUTHOR, CLOSED, args=proposal),
        "schemes_proposal_rewrite": Row(ENTER, args=proposal),
        "schemes_proposal_take_up": Row(ENTER, args=proposal),
        "schemes_proposal_previews": Row(ENTER, args=proposal),
        "schemes_proposal_revoke": Row(CLOSED, args=proposal),  # opened: only its button does anything
        "schemes_proposal_settle": Row(CLOSED, args=proposal),
        "schemes_proposal_approve": Row({**CLOSED, "administrator": OK}, DECIDE, args=proposal),
        "schemes_proposal_disapprove": Row({**CLOSED, "administrator": OK}, DECIDE, args=proposal),
        "schemes_proposal_confirm": Row(CLOSED, args=proposal),  # nothing here was changed by one person alone
        "schemes_proposal_open_again": Row(CLOSED, args=proposal),
        "schemes_proposal_go_back": Row(CLOSED, args=proposal),  # nothing here is published yet
        "schemes_proposal_publish": Row({**CLOSED, "administrator": OK}, DECIDE, args=proposal),
        "schemes_proposal_refuse": Row({**CLOSED, "administrator": OK}, DECIDE, args=proposal),
        "schemes_page_changelist": page(ENTER),
        "schemes_page_add": page(CLOSED),
        "schemes_page_change": Row(ENTER, args=checked_page),
        "schemes_page_delete": Row(CLOSED, args=checked_page),
        "schemes_page_history": Row(ENTER, args=checked_page),
        "schemes_cataloguetask_changelist": page(ENTER),
        "schemes_cataloguetask_add": page(CLOSED),
        "schemes_cataloguetask_change": Row(ENTER, args=task),
        "schemes_cataloguetask_delete": Row(CLOSED, args=task),
        "schemes_cataloguetask_history": Row(ENTER, args=task),
        "schemes_suggestion_changelist": page(ENTER),
        "schemes_suggestion_add": page(CLOSED),
        "schemes_suggestion_change": Row(ENTER, args=suggestion),
        "schemes_suggestion_delete": Row(CLOSED, args=suggestion),
        "schemes_suggestion_history": Row(ENTER, args=suggestion),
    }


TABLE: dict[str, Row] = {
    # Everyone.
    "home": page(),
    "health": page(),
    "late_jobs": page(),
    "start": page(),
    "forget": Row(PUBLIC, method="post"),
    "step": page(PUBLIC, "besoin"),
    "arrive": Row(PUBLIC, method="post", args=lambda case: ["cci-oise"], sent=lambda case: {"text": "Un robot."}),
    "on_your_site": page({**LEADS, "partner": OK}),
    "firm_search": page(),
    "firm_choose": Row(PUBLIC, method="post"),
    "draft_answer": page(),
    "draft_plan": page(),
    "draft_schemes": page(),
    "draft_scheme": Row(PUBLIC, args=lambda case: [case.scheme.pk]),
    "draft_needs": Row(PUBLIC, method="post"),
    "draft_question": Row(PUBLIC, method="post"),
    "draft_condition": Row(PUBLIC, method="post"),
    "draft_contact": Row(PUBLIC, method="post"),
    "draft_call": Row(PUBLIC, method="post"),
    "draft_filed": Row(PUBLIC, method="post"),
    "space": page(),
    "space_leave": Row(PUBLIC, method="post"),
    # Whoever opened a link of 30 minutes sent to the address: nobody else.
    "space_file": Row(everyone(403), method="post", args=lambda case: [case.file.pk]),
    "space_begin": Row(everyone(403), method="post", args=lambda case: [case.file.pk]),
    "space_guest": Row(everyone(403), method="post", args=lambda case: [case.file.pk]),
    "space_resume": Row(everyone(403), method="post", args=lambda case: [case.file.pk]),
    "space_draft_delete": Row(everyone(403), method="post", args=lambda case: [case.file.pk]),
    "space_confirm": Row(everyone(403), method="post", args=lambda case: [case.file.pk]),
    "space_stop": Row(everyone(403), method="post"),
    # The firm: whoever holds its secret link, which says nothing of anybody else's file.
    "result": Row(PUBLIC, args=token),
    "plan": Row(PUBLIC, args=token),
    "calendar": Row(PUBLIC, args=token),
    "choose_feed": Row(PUBLIC, method="post", args=token),
    "choose_shares": Row(PUBLIC, method="post", args=token, sent=lambda case: {"make": "1"}),
    "feed": Row(PUBLIC, args=lambda case: [link_to(case.file, LinkKind.FEED)]),
    "share": Row(PUBLIC, args=lambda case: [link_to(case.file, LinkKind.SHARE)]),
    "staff_feed": Row(PUBLIC, args=lambda case: [renew_staff_feed(user=case.officer)]),
    "firm_partner": Row(
        PUBLIC, method="post", args=lambda case: [*token(case), case.share.pk], sent=lambda case: {"end": "1"}
    ),
    "aids_declaration": Row(PUBLIC, args=token),
    "open_schemes": Row(PUBLIC, args=token),
    "firm_scheme": Row(PUBLIC, args=lambda case: [*token(case), case.scheme.pk]),
    "firm_state": Row(
        PUBLIC,
        method="post",
        args=lambda case: [*token(case), case.match.scheme_id],
        sent=lambda case: {"state": "applied"},
    ),
    "firm_word": Row(
        PUBLIC,
        method="post",
        args=lambda case: [*token(case), case.match.scheme_id],
        sent=lambda case: {"text": "Devis reçu."},
    ),
    "firm_call": Row(
        PUBLIC, method="post", args=lambda case: [*token(case), case.promised.pk], sent=lambda case: {"agrees": "1"}
    ),
    "firm_needs": Row(PUBLIC, method="post", args=token, sent=lambda case: {"has": "numerique.robot"}),
    "answer": Row(PUBLIC, method="post", args=token),
    "question": Row(PUBLIC, method="post", args=token),
    "firm_emails": Row(everyone(403), method="post", args=token, sent=lambda case: {"phone": "03 44 00 00 00"}),
    "be_called": Row(
        PUBLIC, method="post", args=token, sent=lambda case: {"phone": "03 44 00 00 00", "call_slot": "any"}
    ),
    "alerts": Row(PUBLIC, method="post", args=token, sent=lambda case: {"frequency": "weekly"}),
    "correct": Row(PUBLIC, args=token),
    "colleague": Row(PUBLIC, method="post", args=token, sent=lambda case: {"agrees": "1"}),
    "aid": Row(PUBLIC, method="post", args=token, sent=lambda case: {"granted_on": "2025-01-01"}),
    "aids_complete": Row(PUBLIC, method="post", args=token, sent=lambda case: {"complete": "1"}),
    "aid_back": Row(PUBLIC, method="post", args=lambda case: [link_to(case.file), case.aid.pk]),
    "own_data": Row(PUBLIC, args=token),
    "own_data_file": Row(PUBLIC, args=lambda case: [link_to(case.file), "csv"]),
    "withdraw_consent": Row(everyone(403), method="post", args=token),
    "erase": Row(everyone(403), args=token),
    "choose_guests": Row(
        everyone(403),
        method="post",
        args=token,
        sent=lambda case: {"do": "invite", "email": "invitee@firm.example", "right": "read"},
    ),
    # Whoever holds an invitation, which says nothing of the file but the firm's name and who invites.
    "guest": Row(PUBLIC, args=lambda case: [invitation_of_guest(make_guest(case.file, accepted=False))]),
    "erased": page(),
    "end_links": Row(PUBLIC, method="post", args=token, sent=lambda case: {"others": "1"}),
    "send_access": Row(PUBLIC, method="post", args=token),
    "send_confirmation": Row(PUBLIC, method="post", args=token),
    "correct_address": Row(PUBLIC, method="post", args=token, sent=lambda case: {"email": "juste@firm.example"}),
    "access": Row(PUBLIC, args=lambda case: [link_to(case.file, LinkKind.ACCESS)]),
    "confirm": Row(PUBLIC, args=lambda case: [link_to(case.file, LinkKind.CONFIRM)]),
    "stop": Row(PUBLIC, args=lambda case: [stop_link("a@b.example", "alerts:submission:1")]),
    # Officers.
    "officer_queue": page(SIGNED_IN),
    "officer_unexplained": page(LEADS),
    "territory_funnel": page(LEADS),
    "territory_map": page(LEADS),
    "territory_overview": page(LEADS),
    "territory_note": page(LEADS),
    "territory_fairness": page({**LEADS, "epci_lead": 404}),
    "territory_targets": page({**LEADS, "epci_lead": 404}),
    "note_recipients": page({**LEADS, "epci_lead": 404}),
    "note_recipient_remove": Row({**LEADS, "epci_lead": 404}, method="post", args=lambda case: [make_recipient().pk]),
    "committee_note": Row(PUBLIC, args=lambda case: [note_link()]),
    "owner_sheets": Row(PUBLIC, args=lambda case: [sheets_link()]),
    "my_sheets": page({**everyone(404), "visitor": LOGIN, "epci_lead": OK, "territory_lead": OK}),
    "sheet_caretaker": Row(
        {**everyone(404), "visitor": LOGIN, "epci_lead": OK, "territory_lead": OK},
        {**everyone(404), "visitor": LOGIN, "territory_lead": OK},
        method="post",
        args=lambda case: [Scheme.objects.get(source_key=LOOKED_AFTER[case.file.epci.short_name]).pk],
    ),
    "territory_policies": page({**everyone(403), "visitor": LOGIN, "territory_lead": OK}),
    "territory_policy": page({**everyone(403), "visitor": LOGIN, "territory_lead": OK}, "energie"),
    "territory_webhooks": page({**everyone(403), "visitor": LOGIN, "territory_lead": OK}),
    "territory_webhook": Row(
        {**everyone(403), "visitor": LOGIN, "territory_lead": OK}, args=lambda case: [make_webhook().pk]
    ),
    "territory_schemes": page(LEADS),
    "territory_keys": page(SETS_WEIGHTS),
    "territory_key_new": page(SETS_WEIGHTS),
    "territory_key_revoke": Row(
        SETS_WEIGHTS, method="post", args=lambda case: [make_key(case.share.organisation)[0].pk]
    ),
    "territory_actions": page(LEADS),
    "territory_action_new": page({**LEADS, "epci_lead": 404, "territory_lead": 404}),  # on no gap
    "territory_action_end": Row(LEADS, {**LEADS, "epci_lead": 404}, "post", lambda case: [case.action.pk]),
    "officer_journal": page({**everyone(403), "visitor": LOGIN, "epci_lead": OK}),
    "officer_call_end": act(lambda case: [case.call.pk]),
    "officer_call_file": Row(ACT, ACT_FOREIGN, args=lambda case: [case.call.pk]),
    "officer_portfolio": page(SIGNED_IN),
    "my_day": page(SIGNED_IN),
    "officer_day": page(REVIEWS),
    "officer_unsent": page(SIGNED_IN),
    "officer_new": page(REVIEWS),
    "officer_new_file": Row(REVIEWS, method="post"),
    "officer_team": page(TEAM),
    "officer_absence": Row(TEAM, method="post"),
    "officer_absence_cancel": Row(
        {**CANCEL_FOREIGN, "epci_lead": OK},
        CANCEL_FOREIGN,
        method="post",
        args=lambda case: [case.absence.pk],
    ),
    "officer_stand_in": Row(TEAM, method="post"),
    "officer_assign": Row(
        {**everyone(403), "visitor": LOGIN, "epci_lead": OK}, method="post", sent=lambda case: {"holder": "", "to": ""}
    ),
    "officer_delay": Row({**everyone(403), "visitor": LOGIN, "epci_lead": OK}, method="post"),
    "officer_save_list": Row(SIGNED_IN, method="post"),
    "officer_forget_list": Row({**everyone(404), "visitor": LOGIN}, method="post"),
    "officer_take_several": Row(SIGNED_IN, method="post"),
    "officer_offer_several": Row(SIGNED_IN, method="post"),
    "officer_nothing": Row(SIGNED_IN, method="post"),
    "officer_nothing_back": Row(SIGNED_IN, method="post"),
    "officer_answer_offer": Row(SIGNED_IN, method="post"),
    "officer_catalogue": page(MEMBERS),
    "officer_scheme": Row(MEMBERS, args=lambda case: [case.scheme.pk]),
    "officer_jobs": page(SEES_JOBS),
    "officer_weights": page(SETS_WEIGHTS),
    "officer_weights_new": page(SETS_WEIGHTS),
    "officer_weights_version": Row(SETS_WEIGHTS, args=weights),
    "officer_weights_activate": Row(SETS_WEIGHTS, method="post", args=weights),
    "officer_learning": page(SETS_WEIGHTS),
    "officer_learning_decide": Row(SETS_WEIGHTS, method="post", args=lambda case: [case.ranker.pk]),
    "officer_waiting": Row(TEAM, args=lambda case: [case.scheme.pk]),
    "officer_file": Row(READ, READ_FOREIGN, args=pk),
    "officer_before": Row(READ, READ_FOREIGN, args=pk),
    "officer_after": Row(READ, READ_FOREIGN, args=pk),
    "officer_part": Row(READ, READ_FOREIGN, args=lambda case: [case.file.pk, "courriels"]),
    "officer_erase": Row({**READ, "officer": 403}, READ_FOREIGN, args=pk),
    "officer_correct": act(fact="headcount", headcount="12"),
    "officer_need": act(change="added", sub_need="cyber.diagnostic"),
    "officer_aid": act(granted_on="2025-01-01"),
    "officer_aids_complete": act(complete="1"),
    "officer_aid_back": act(lambda case: [case.file.pk, case.aid.pk]),
    "officer_review": act(lambda case: [case.file.pk, case.match.scheme_id], verdict="kept"),
    "officer_file_scheme": Row(READ, READ_FOREIGN, args=lambda case: [case.file.pk, case.match.scheme_id]),
    "officer_add": Row(ACT, ACT_FOREIGN, args=pk),
    "officer_answer": act(condition="x", value="yes"),
    "officer_call_sheet": act(question="group", skip="1"),
    "officer_end": act(message="Bonjour"),
    "officer_reopen": act(),
    "officer_take": act(),
    "officer_links": Row(
        READ, READ_FOREIGN, "post", pk, lambda case: {"epci": case.file.epci_id, "kind": "colleague"}
    ),
    "officer_link": Row(
        READ, READ_FOREIGN, "post", lambda case: [case.file.pk, case.link.pk], lambda case: {"answer": "undo"}
    ),
    "officer_close": act(sure="1"),
    "officer_done": act(reason="helped"),
    "officer_number": act(number=""),
    "officer_offer": Row(ACT, ACT_FOREIGN, "post", pk, lambda case: {"to": case.officer.pk}),
    "officer_refer": act(epci="", note="Leur atelier est chez vous."),
    "officer_partners": act(organisation="", message="Un robot.", agreement="ask"),
    "officer_partner": act(lambda case: [case.file.pk, case.share.pk], end="1"),
    "officer_note": act(text="Un mot.", audience="shared"),
    "officer_note_back": Row(
        {**everyone(404), "visitor": LOGIN}, method="post", args=lambda case: [case.file.pk, case.note.pk]
    ),
    "officer_address": act(email="nouvelle@firme.example"),
    "officer_step": act(step="contacted"),
    "officer_state_back": act(lambda case: [case.file.pk, case.match.scheme_id]),
    "officer_step_close": act(lambda case: [case.file.pk, case.step.pk]),
    # Partners.
    "partner_files": page(PARTNERS),
    "partner_file": Row(SHARED, SHARED_FOREIGN, args=lambda case: [case.share.pk]),
    "partner_answer": Row(
        SHARED, SHARED_FOREIGN, "post", lambda case: [case.share.pk], lambda case: {"text": "Nous les appelons."}
    ),
    "partner_answer_back": Row(SHARED, SHARED_FOREIGN, "post", lambda case: [case.share.pk, case.answered.pk]),
    # Signing in.
    "account_login": page(),
    "account_logout": Row(PUBLIC, method="post"),
    "account_inactive": page(),
    "account_reset_password": page(),
    "account_reset_password_done": page(),
    "account_reset_password_from_key": page(PUBLIC, "1", "a-b"),
    "account_reset_password_from_key_done": page(),
    "account_change_password": page(SIGNED_IN),
    "administration/password_change/": page(PUBLIC),
    "admin:<path:object_id>/": page(ENTER),
    "account_reauthenticate": page(SIGNED_IN),
    "mfa_authenticate": page(SIGNED_IN),  # between the password and the code; else one is sent on
    "mfa_reauthenticate": page(SIGNED_IN),
    "mfa_reauthenticate_webauthn": page(SIGNED_IN),
    "sessions": page(SIGNED_IN),
    "mfa_index": page(SIGNED_IN),
    "my_emails": page(SIGNED_IN),
    "my_calendar": page(REVIEWS),
    "mfa_activate_totp": page(SIGNED_IN),
    "mfa_deactivate_totp": page({**everyone(404), "visitor": LOGIN}),
    "mfa_list_webauthn": page(SIGNED_IN),
    "mfa_add_webauthn": page(SIGNED_IN),
    "mfa_edit_webauthn": page(SIGNED_IN, 1),
    "mfa_remove_webauthn": page(SIGNED_IN, 1),
    "mfa_view_recovery_codes": page({**everyone(404), "visitor": LOGIN}),
    "mfa_generate_recovery_codes": page(SIGNED_IN),
    "mfa_download_recovery_codes": page({**everyone(404), "visitor": LOGIN}),
    # Everyone, again.
    "ready": page(),
    "legal": page(),
    "privacy": page(),
    "accessibility": page(),
    "contact": page(),
    "transparency": page(),
    "robots": page(),
    "security_txt": page(),
    "public_schemes": page(),
    "public_scheme": page(PUBLIC, "hdf-aden"),
    "public_calendar": page(PUBLIC, "hdf-aden"),
    "public_versions": page(PUBLIC, "hdf-aden"),
    "public_version": page(PUBLIC, "hdf-aden", 1),
    "public_report": Row(PUBLIC, method="post", args=lambda case: ["hdf-aden"], sent=lambda case: {"text": "Faux."}),
    "public_reported": page(PUBLIC, "hdf-aden"),
    "suggest": Row(PUBLIC, method="post", sent=lambda case: {"name": "Atelier de polissage des Sablons"}),
    "suggested": page(),
    # A secret link opens for whoever has it.
    "survey": Row(PUBLIC, args=lambda case: [survey_link(case.file)]),
    "preview": Row(PUBLIC, args=lambda case: [case.preview]),
    "open_data": page(),
    "statistics": page(),
    "statistics_file": page(PUBLIC, "tailles"),
    "download": page(PUBLIC, "csv"),
    "sidecar_schema": page(),
    "sitemap": page(),
    # The API: nobody signs in, nothing of a firm is there.
    "api:documentation": page(),
    "api:index": page(),
    "api:schema": page(),
    "api:schema_json": page(),
    "api:schema_yaml": page(),
    "api:archived": page(),
    "api:criterion_schema": page(),
    "api:schemes": page(),
    "api:scheme": page(PUBLIC, "hdf-aden"),
    "api:dump": page(),
    "api:needs": page(),
    "api:statistics": page(),
    "api:perimeters": page(),
    "api:perimeter": page(PUBLIC, "COM-60159"),
    "api:match": Row(everyone((400, 415)), method="post"),
    "api:submissions": Row(everyone(401), method="post"),  # a key opens these two, and no account does
    "api:submission": Row(everyone(401), args=lambda case: [uuid4()]),
    "api:unknown": page(NOBODY),
    # The administration.
    "admin:index": page(ENTER),
    "admin:login": page({**everyone(403), "visitor": LOGIN, **dict.fromkeys(STAFF, OK)}),
    "admin:logout": Row(PUBLIC, method="post"),
    "admin:password_change": page(PUBLIC),
    "admin:password_change_done": page(ENTER),
    "admin:jsi18n": page(ENTER),
    "admin:autocomplete": page(CLOSED),
    "admin:view_on_site": page({**OUT, **dict.fromkeys(STAFF, 404)}, 1, 1),
    "admin:app_list": page({**ACCOUNTS, "editor": 404, "approver": 404}, "accounts"),
    "admin:(?P<url>.*)$": page({**OUT, **dict.fromkeys(STAFF, 404)}, "x/"),
    **{f"admin:{name}": row for name, row in admin_rows().items()},
    # A demonstration's mail catcher: there is none in these tests.
    "mailbox": page(NOBODY),
    "style": page(PUBLIC),  # of a demonstration, as these tests are
    "mailbox_message": page(NOBODY, "x"),
}


def names(patterns: Any = None, namespace: str = "") -> Iterator[str]:
    """Return the name of every address of the service."""
    for pattern in patterns or get_resolver().url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from names(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name or pattern.pattern}"


def test_every_address_is_in_the_table_and_nothing_else():
    assert sorted(TABLE) == sorted(set(names()))


def propose_change(author: User) -> Proposal:
    """Have someone propose a change of a scheme, as an editor does."""
    scheme = Scheme.objects.published().select_related("current").first()
    record = {**read_record(scheme.current), "summary": f"Un autre résumé de {author}."}
    draft = write_draft(author=author, record=record, scheme=scheme, base=scheme.current)
    return propose(proposal=draft, author=author)


def make_cases(user: User | None) -> dict[str, Case]:
    """Return a file of one's own intercommunality and of another; a proposal of one's own and of somebody else."""
    editor = make_officer("", role=Membership.Role.EDITOR)
    writes = user is not None and not user.is_superuser and user.may_edit_catalogue
    own, foreign = make_submission(confirmed=True), make_submission(confirmed=True, facts={"commune": COMMUNES[CCLO]})
    return {
        "own": Case(own, make_officer(ARC), user if writes else editor),
        "foreign": Case(foreign, make_officer(CCLO), editor, partner="region"),
    }


# Names that are no names, but patterns: asked for by their address.
PATHS = {
    "admin:(?P<url>.*)$": "/administration/nulle-part/",
    "admin:<path:object_id>/": "/administration/accounts/user/1/",
    "administration/password_change/": "/administration/password_change/",
    "api:unknown": "/api/nulle-part/",
}


def status_of(answer: Any) -> Any:
    to_sign_in = urlsplit(answer.headers.get("Location", "")).path in SIGN_IN
    return LOGIN if to_sign_in else answer.status_code


def is_expected(found: Any, expected: Any) -> bool:
    return found in expected if isinstance(expected, tuple) else found == expected


def sign_in(user: User | None) -> Client:
    """Sign in once: each request then carries this session, in a transaction that is undone."""
    client = Client()
    if user:
        client.force_login(user)
    return client


def whose(row: Row) -> dict[str, dict[str, Any]]:
    """Return what each role gets for its own and for a foreign file, where the table tells them apart."""
    return {"own": row.own, **({"foreign": row.foreign} if row.foreign else {})}


@pytest.mark.cases(3)
@pytest.mark.parametrize(
    ("role", "of_all"),  # what everybody may open is opened by a visitor first, and by the other roles at last
    [
        ("visitor", True),
        ("officer", False),
        ("partner", False),
        *((role, True) for role in ROLES if role != "visitor"),
    ],
)
def test_each_role_gets_what_the_table_says(role, of_all):
    user = ROLES[role]()
    signed_in = sign_in(user)
    cases = make_cases(user)
    wrong = []
    for name, row in TABLE.items():
        if row.own == PUBLIC and not of_all:
            continue
        for of, expected in whose(row).items():
            case = cases[of]
            path, sent = PATHS.get(name) or reverse(name, args=row.args(case)), row.sent(case)
            client = Client(raise_request_exception=False)
            with transaction.atomic():
                client.cookies = copy(signed_in.cookies)
                answer = getattr(client, row.method)(path, sent)
                transaction.set_rollback(True)
            found = status_of(answer)
            if not is_expected(found, expected[role]):
                wrong.append(f"{name} ({of}): {found}, not {expected[role]}")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("role", "methods"),
    # The others are asked without a session only: the visitor's turn is everybody's.
    [("visitor", ("post", "delete")), ("visitor", METHODS), ("officer", PAGES), ("administrator", PAGES)],
)
def test_every_other_method_is_refused_or_gives_what_the_table_says(role, methods):
    user = ROLES[role]()
    signed_in = sign_in(user)
    cases = make_cases(user)
    wrong = []
    for name, row in TABLE.items():
        for of, expected in whose(row).items():
            path = PATHS.get(name) or reverse(name, args=row.args(cases[of]))
            for method in methods:
                if method == row.method:
                    continue
                client = Client(raise_request_exception=False)
                with transaction.atomic():
                    client.cookies = copy(signed_in.cookies)
                    answer = getattr(client, method)(path)
                    transaction.set_rollback(True)
                found = status_of(answer)
                allowed = found in (403, 404, 405, LOGIN) or (method in PAGES and is_expected(found, expected[role]))
                allowed = allowed or (method == "post" and name in BUTTONS and found in OK)
                if name.startswith("api:"):  # it answers OPTIONS, and its unknown addresses are unknown to all methods
                    allowed = allowed or found == 404 or (method == "options" and found in (200, 204))
                if not allowed:
                    wrong.append(f"{name} ({of}): {method} {found}, not {expected[role]}")
    assert wrong == [], "\n".join(wrong)
