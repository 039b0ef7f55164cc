"""All that is kept of a file, by theme and in plain words, for the firm: to read, and to take away."""

import ast
import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.common.days import current_day
from backend.common.spreadsheets import escape_cell
from backend.companies.models import Fact
from backend.journal.models import AuditEvent
from backend.links.models import Kind
from backend.links.services import live_links
from backend.matchmaking import engine
from backend.matchmaking.corrections import understanding_of
from backend.matchmaking.correspondence import to_contact
from backend.matchmaking.denials import IS
from backend.matchmaking.fact_display import FACT_LABELS, beside_label, says, value_text
from backend.matchmaking.followers import follower_of
from backend.matchmaking.models import (
    Alert,
    CallRequest,
    FollowUp,
    Need,
    NeedCorrection,
    Note,
    SavedDraft,
    Submission,
)
from backend.matchmaking.preferences import preferences_of
from backend.notifications.kinds import topics_about
from backend.notifications.models import Stop
from backend.schemes.catalogue.definitions import manual_sentences
from backend.schemes.models import Criterion, Scheme

LABELS = dict(FACT_LABELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that is kept: since when, and who said it, where that is known."""

    label: str
    value: str
    since: datetime | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Theme:
    title: str
    lines: tuple[Line, ...]


def own_data(submission: Submission) -> list[Theme]:
    """Return what is kept of a file and of nothing else; words of officers to their colleagues are counted."""
    themes = (
        (_("Votre demande"), _request(submission)),
        (_("La personne à rappeler"), _contact(submission)),
        (_("Contacts invités"), _guests(submission)),
        (_("L’entreprise et le projet"), _facts(submission)),
        (_("Aides de minimis reçues"), _aids(submission)),
        (_("Résultats, avis et suivi"), _answers(submission)),
        (_("Courriels"), _mails(submission)),
        (_("Liens secrets vers votre demande"), _links(submission)),
        (_("Qui a ouvert votre dossier"), _reads(submission)),
    )
    return [Theme(title, tuple(lines)) for title, lines in themes]


def as_json(submission: Submission) -> str:
    themes = [asdict(theme) for theme in own_data(submission)]
    content = {"reference": submission.reference, "written_at": timezone.now(), "themes": themes}
    return json.dumps(content, ensure_ascii=False, indent=1, default=lambda moment: moment.isoformat())


def as_csv(submission: Submission) -> str:
    """Return the same as a table that no spreadsheet runs anything of."""
    out = io.StringIO()
    rows = csv.writer(out, delimiter=";")
    rows.writerow([_("thème"), _("quoi"), _("valeur"), _("depuis le"), _("dit par")])
    for theme in own_data(submission):
        for line in theme.lines:
            since = line.since.isoformat() if line.since else ""
            rows.writerow([escape_cell(cell) for cell in (theme.title, line.label, line.value, since, line.origin)])
    return out.getvalue()


def _request(submission: Submission) -> Iterator[Line]:
    yield Line(label=_("Référence"), value=submission.reference)
    partner = submission.consent_partner
    tool = _("par l’outil de : %(partner)s") % {"partner": partner} if partner else _("par ce site")
    yield Line(label=_("Déposée"), value=tool, since=submission.filed_at)
    if submission.came_from:
        yield Line(label=_("Arrivée par le site de"), value=str(submission.came_from))
    yield Line(label=_("Consentement"), value=_consent(submission), since=submission.consented_at)
    for call in CallRequest.objects.of_file(submission):
        value = f"{call.phone}, {call.name}, {call.get_call_slot_display()}"
        yield Line(label=_("Rappel demandé"), value=value, since=call.asked_at)
    # Not what is in them: they are of another project, and this page may have been forwarded.
    drafts = SavedDraft.objects.filter(submission=submission)
    for draft in drafts.none() if submission.page_reader else drafts:  # a guest does not open the space it is in
        yield Line(label=_("Autre demande commencée"), value=_("à lire dans « Mon espace »"), since=draft.touched_at)
    if submission.confirmed_at:
        yield Line(label=_("Adresse confirmée"), value=_("oui"), since=submission.confirmed_at)
    yield Line(label=_("Intercommunalité"), value=str(submission.epci or _("commune inconnue : les quatre")))
    if followed_by := follower_of(submission, on=current_day()) or submission.officer:
        yield Line(label=_("Suivie par"), value=str(followed_by))
    if submission.text:
        yield Line(label=_("Besoin en vos mots"), value=submission.text)
    yield from _needs(submission)
    for said in preferences_of(submission)[0]:
        yield Line(label=_("Préférence"), value=said.label, origin=_("compris de vos mots"))
    for row in submission.unmet_needs.select_related("sub_need"):
        unmet = str(row.sub_need or _("demande non comprise"))
        yield Line(label=_("Besoin sans réponse"), value=f"{unmet} ({row.get_reason_display()})")


def _consent(submission: Submission) -> str:
    given = _consent_given(submission)
    if submission.closed_reason == Submission.Closing.WITHDRAWN and submission.closed_at:
        day = timezone.localtime(submission.closed_at).strftime("%d/%m/%Y")
        return _("{given} ; retiré le {day}").format(given=given, day=day)
    return given


def _consent_given(submission: Submission) -> str:
    if submission.consent_by:
        return _("donné de vive voix, noté par %(officer)s") % {"officer": submission.consent_by}
    if partner := submission.consent_partner:
        filing = submission.partner_filing
        noted = {"how": filing.get_how_display(), "who": filing.noted_by, "partner": partner}
        return _("donné %(how)s, noté par %(who)s (%(partner)s)") % noted
    return _("donné")


def _needs(submission: Submission) -> Iterator[Line]:
    """Tell the needs that are kept; one that the words hardly say is told apart from those that were understood."""
    result = submission.results.first()
    chances = result.probabilities if result else {}
    weights = engine.active_weights()[1]
    for need, correction in understanding_of(submission).needs:
        words, percent = ", ".join(need.evidence), round(100 * chances.get(need.sub_need_id, 0.0))
        read = f"{_('lu dans votre texte')} : {words}" if words else _("lu dans votre texte")
        label = _("Besoin")
        if need.is_certain:
            origin = _who_said(submission, need, correction)
            origin += _(", et {read}").format(read=read) if words else ""
        elif percent < weights.sure:
            label, origin = (
                _("Besoin envisagé, et non retenu"),
                _("compris de votre texte, sûr à {n} %").format(n=percent),
            )
            origin += f" : {words}" if words else ""
        else:
            origin = read
        yield Line(label=label, value=str(need.sub_need), origin=origin)


def _who_said(submission: Submission, need: Need, correction: NeedCorrection | None) -> str:
    """Say who a certain need comes from: a box of the form, a box of the answer, or an officer."""
    if need.ticked and submission.filed_by:
        return _("coché pour vous par %s") % submission.filed_by
    if need.ticked or correction is None or correction.officer is None:  # without one, the firm
        return _("coché par vous")
    return _("ajouté par %s") % correction.officer


def _contact(submission: Submission) -> Iterator[Line]:
    contact = submission.contact
    yield Line(label=_("Nom"), value=contact.name)
    yield Line(label=_("Adresse électronique"), value=contact.email)
    if contact.phone:
        yield Line(label=_("Téléphone"), value=contact.phone)
    yield Line(label=_("Quand rappeler"), value=submission.get_call_slot_display())


def _guests(submission: Submission) -> Iterator[Line]:
    for guest in submission.guests.select_related("invited_by"):
        state = _("parti") if guest.left_at else _("accepté") if guest.accepted_at else _("pas encore accepté")
        value = f"{guest.email} – {guest.get_right_display()} – {state}"
        by = guest.invited_by or submission.contact
        yield Line(label=_("Contact"), value=value, since=guest.invited_at, origin=_("invité par %s") % by)


def _facts(submission: Submission) -> Iterator[Line]:
    sheet = submission.sheet
    for label, value in ((_("Nom"), sheet.name), (_("SIREN"), sheet.company), (_("SIRET"), sheet.establishment)):
        if value:
            yield Line(label=label, value=str(value))
    facts = list(sheet.facts.select_related("author").order_by("recorded_at", "pk"))
    sentences = condition_sentences() if any(Fact.ANSWER in fact.name for fact in facts) else {}
    n_rows, in_force = Counter(fact.name for fact in facts), {fact.pk for fact in sheet.current().values()}
    for fact in facts:
        value = _value(fact, sentences)
        if n_rows[fact.name] > 1 and fact.value is not None:
            value += _(" (valeur retenue)") if fact.pk in in_force else _(" (n’est plus retenue)")
        yield Line(
            label=_label(fact),
            value=value,
            since=fact.recorded_at,
            origin=str(fact.author or fact.get_origin_display()),
        )


def _label(fact: Fact) -> str:
    for prefix, words in (
        (Fact.SCHEME, _("Dispositif")),
        (Fact.ANSWER, _("Réponse à une condition")),
        (Fact.DECLINED, _("Question passée")),
    ):
        if fact.name.startswith(prefix):
            return words
    return str(LABELS.get(fact.name, fact.name))


def _value(fact: Fact, sentences: Mapping[str, str]) -> str:
    if fact.name.startswith(Fact.DECLINED):
        name, denied, value = fact.name.removeprefix(Fact.DECLINED).partition(IS)
        label = LABELS.get(name) or sentences.get(name, _("condition d’une fiche qui a changé"))
        told = {"label": label, "value": _denied(name, value)}
        return _("ce n’est pas ça : %(label)s %(value)s") % told if denied else str(label)
    if fact.value is None:
        return _("réponse retirée")
    if fact.name.startswith(Fact.ANSWER):
        sentence = sentences.get(fact.name, _("condition d’une fiche qui a changé"))
        return f"« {sentence} » : {value_text('', fact.value)}"
    return beside_label(fact.name, fact.value) if says(fact.value) else _("inconnu")


def condition_sentences() -> dict[str, str]:
    """Return the sentences of the conditions of today's sheets, by the names of their answers."""
    rows = Criterion.objects.filter(revision__in=Scheme.objects.values("current")).values_list("definition", flat=True)
    return {f"{Fact.ANSWER}{name}": text for row in rows for name, text in manual_sentences(row).items()}


def _denied(name: str, written: str) -> str:
    """Say a value that a firm denied, which is kept as Python writes it."""
    try:
        return beside_label(name, ast.literal_eval(written))
    except (ValueError, SyntaxError):  # a code or a day: written as it is
        return beside_label(name, written)


def _aids(submission: Submission) -> Iterator[Line]:
    for aid in submission.sheet.aids.select_related("author"):
        amount = f"{aid.amount_eur} €" if aid.amount_eur else _("montant inconnu")
        told = [str(aid.granted_on), amount, aid.get_regulation_display(), aid.title, aid.member]
        if aid.withdrawn_at:
            told.append(_("retirée"))
        yield Line(
            label=_("Aide"),
            value=" – ".join(part for part in told if part),
            since=aid.recorded_at,
            origin=str(aid.author or aid.get_origin_display()),
        )


def _answers(submission: Submission) -> Iterator[Line]:
    for result in submission.results.all():
        n_matches = result.matches.answering().count()
        value = _("{n} dispositifs").format(n=n_matches)
        if not n_matches and result.is_pruned:
            value = _("dispositifs effacés depuis : un autre résultat l’a remplacé")
        yield Line(label=_("Résultat calculé"), value=value, since=result.computed_at)
        if result.spoken_activities:
            spoken = " ou ".join(beside_label("naf", code) for code in result.spoken_activities)
            yield Line(
                label=_("Activité de ce résultat"),
                value=spoken,
                since=result.computed_at,
                origin=_("compris de vos mots"),
            )
    last_end = submission.review_ends.first()
    reviews = submission.reviews.select_related("officer", "scheme__current")
    told_reviews = reviews.filter(decided_at__lte=last_end.ended_at) if last_end else reviews.none()
    for review in told_reviews:
        told = [str(review.scheme), review.get_verdict_display(), review.reason_for_firm, review.message]
        yield Line(
            label=_("Avis"),
            value=" – ".join(part for part in told if part),
            since=review.decided_at,
            origin=str(review.officer),
        )
    if n_untold := reviews.count() - len(told_reviews):
        yield Line(label=_("Avis en cours"), value=_("{n}, transmis à la fin de la relecture").format(n=n_untold))
    for end in submission.review_ends.select_related("officer"):
        yield Line(label=_("Fin de relecture"), value=end.message, since=end.ended_at, origin=str(end.officer))
    followed = submission.follow_ups.exclude(
        step__in=FollowUp.TO_READ
    )  # of a note: the firm's own, or between services
    steps = followed.filter(Q(review=None) | Q(review__in=told_reviews))
    for step in steps.select_related("scheme__current", "recorded_by"):
        told = [step.get_step_display(), str(step.scheme or "")]
        told += [f"{step.due_on:%d/%m/%Y}"] if step.due_on else []
        told += [_("confirmé par l’entreprise")] if step.agreed_at else []
        yield Line(
            label=_("Suivi"),
            value=" – ".join(part for part in told if part),
            since=step.recorded_at,
            origin=str(step.recorded_by or ""),
        )
    for event in submission.scheme_events.select_related("scheme__current", "actor"):
        told = [str(event.scheme), event.get_state_display(), event.get_reason_display(), event.get_refusal_display()]
        told += [event.note] if event.actor is None else []
        told[2:2] = [f"{event.euros} €"] if event.euros is not None else []
        yield Line(
            label=_("Suite d’un dispositif"),
            value=" – ".join(part for part in told if part),
            since=event.recorded_at,
            origin=str(event.actor or event.get_origin_display()),
        )
    for closing in submission.file_events.select_related("actor"):
        told = [closing.get_kind_display(), closing.get_reason_display(), closing.note]
        yield Line(
            label=_("Demande"),
            value=" – ".join(part for part in told if part),
            since=closing.recorded_at,
            origin=closing.who,
        )
    for survey in submission.surveys.all():
        told = [survey.get_kind_display(), survey.get_grade_display(), survey.comment]
        yield Line(
            label=_("Question"),
            value=" – ".join(part for part in told if part),
            since=survey.answered_at,
        )
    for share in submission.partner_shares.select_related("organisation", "asked_by"):
        agreed = share.agreed_at and timezone.localtime(share.agreed_at).strftime("%d/%m/%Y")
        how = _("accord donné le {day}").format(day=agreed) if agreed else _("accord demandé")
        told = [str(share.organisation), share.message, how, share.get_ending_display()]
        yield Line(
            label=_("Partage avec un partenaire"),
            value=" – ".join(part for part in told if part),
            since=share.asked_at,
            origin=str(share.asked_by),
        )
    own = Q(author=None)  # taken back or not: it is kept
    for note in submission.notes.filter(own | Q(audience=Note.Audience.FIRM, withdrawn_at=None)).select_related(
        "author", "scheme__current"
    ):
        told = [str(note.scheme or ""), note.text, f"{note.keep_on:%d/%m/%Y}" if note.keep_on else ""]
        told += [_("retiré")] if note.withdrawn_at else []
        yield Line(
            label=_("Note"),
            value=" – ".join(part for part in told if part),
            since=note.written_at,
            origin=note.who,
        )
    n_kept = submission.notes.exclude(audience=Note.Audience.FIRM).count()
    n_kept += submission.reviews.exclude(comment="").count() + followed.exclude(note="").count()
    n_kept += submission.scheme_events.filter(actor__isnull=False).exclude(note="").count()
    if n_kept:
        asked = _("{n} ; leur texte se demande au délégué à la protection des données").format(n=n_kept)
        yield Line(label=_("Mots d’agents pour leurs collègues"), value=asked)


def _mails(submission: Submission) -> Iterator[Line]:
    for mail in to_contact(submission).order_by("owed_at"):
        yield Line(label=_("Courriel"), value=mail.subject, since=mail.owed_at, origin=mail.get_state_display())
    alert = Alert.objects.of_contact(submission).first()
    if alert:
        state = _("arrêtée") if alert.ended_at else alert.get_frequency_display()
        yield Line(label=_("Alerte"), value=str(state), since=alert.asked_at)
    stops = Stop.objects.filter(topics__overlap=topics_about(submission.topic))  # others are of something else
    stop = stops.filter(address=submission.contact.email.lower()).first()
    if stop:
        yield Line(label=_("Courriels refusés"), value=_("oui"), since=stop.asked_at)


def _links(submission: Submission) -> Iterator[Line]:
    for kind, label in ((Kind.RESULT, _("Lien")), (Kind.FEED, _("Agenda")), (Kind.SHARE, _("Partage"))):
        for link in live_links(kind=kind, object_id=submission.pk):
            until = _("jusqu’au {day}").format(day=timezone.localtime(link.expires_at).strftime("%d/%m/%Y"))
            read = _(", consulté {n} fois").format(n=link.n_visits) if kind == Kind.SHARE else ""
            yield Line(label=label, value=until + read, since=link.created_at)


def _reads(submission: Submission) -> Iterator[Line]:
    for event in AuditEvent.objects.reads_of(submission.pk).order_by("at"):
        yield Line(label=_("Lecture"), value=event.actor_label, since=event.at)
