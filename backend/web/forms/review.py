"""What officers type: why a scheme is set aside, notes, steps, and what the queue shows."""

from collections.abc import Iterable
from datetime import date, timedelta
from operator import attrgetter
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import Membership, User
from backend.common.days import add_working_days, current_day, day_in_words, is_working_day
from backend.common.fields import DayField, MailField, PlainText
from backend.matchmaking.fact_display import FACT_LABELS
from backend.matchmaking.models import (
    FollowUp,
    Match,
    NeedCorrection,
    Note,
    PartnerShare,
    Review,
    SchemeEvent,
    Submission,
)
from backend.matchmaking.reviews import Because
from backend.matchmaking.transitions import MAY_SAY, WITH_EUROS, Origin, State
from backend.schemes.models import Criterion, Revision, Scheme, SubNeed, TaxonomyNeed
from backend.territories.models import ServedEpci
from backend.web.forms.by_choice import ByChoiceForm
from backend.web.forms.states import WholeEuros
from backend.web.forms.team import PersonField

MOST_AHEAD = timedelta(days=366)  # of a call that is promised


def find_scheme(typed: str) -> Scheme:
    """Return the published scheme that was typed, by its exact name or key; it comes from a list of suggestions."""
    published = Scheme.objects.of_source(Scheme.OWN).published().select_related("current")
    scheme = published.filter(current__name__iexact=typed).first() or published.filter(source_key=typed).first()
    if scheme is None:
        raise ValidationError(
            _("« %(typed)s » n’est le nom d’aucun dispositif publié. Choisissez-en un dans la liste."),
            params={"typed": typed[:80]},
        )
    return scheme


class SchemeField(forms.CharField):
    """A scheme typed by its name, among suggestions."""

    def clean(self, value: Any) -> Scheme | None:
        typed = super().clean(value).strip()
        return find_scheme(typed) if typed else None


class SetAsideForm(ByChoiceForm):
    """Why an officer sets a scheme aside; the service checks that each reason has what it asks for."""

    CHOICE = "reason"
    ASKED_BY = {
        "criterion": {Review.Reason.WRONG_CRITERION},
        "fact": {Review.Reason.WRONG_FACT},
        "alternative": {Review.Reason.BETTER_ALTERNATIVE},
        "partner": {Review.Reason.PARTNER_FIRST},
    }

    reason = forms.CharField(required=False, max_length=40)
    comment = PlainText(required=False, max_length=500)
    message = PlainText(required=False, max_length=500)
    criterion = forms.ModelChoiceField(queryset=Criterion.objects.none(), required=False)
    fact = forms.ChoiceField(choices=[("", ""), *FACT_LABELS], required=False)
    alternative = SchemeField(required=False, max_length=200)
    partner = PlainText(required=False, max_length=120)

    def __init__(self, *args: Any, revision: Revision | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["criterion"].queryset = Criterion.objects.filter(revision=revision)  # type: ignore[attr-defined]

    def because(self) -> Because:
        return Because(**self.cleaned_data)

    def first_error(self) -> str:
        return str(next(iter(self.errors.values()))[0])


class NeedCorrectionForm(forms.Form):
    """A need that was misunderstood or is missing, or a correction that is taken back."""

    change = forms.ChoiceField(choices=NeedCorrection.Change.choices)
    sub_need = forms.ChoiceField(
        label=_("Un besoin manque ?"),
        error_messages={
            "required": _("Choisissez un besoin dans la liste."),
            "invalid_choice": _("« %(value)s » n’est pas dans la liste : choisissez un besoin de la liste."),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        families = TaxonomyNeed.objects.prefetch_related("sub_needs")
        self.fields["sub_need"].choices = [  # type: ignore[attr-defined]
            ("", _("Choisir un besoin")),
            *((family.label, [(one.pk, one.label) for one in family.sub_needs.all()]) for family in families),
        ]

    def clean_sub_need(self) -> SubNeed:
        return SubNeed.objects.get(pk=self.cleaned_data["sub_need"])


class EndForm(forms.Form):
    message = PlainText(
        label=_("Un mot à l’entreprise (facultatif)"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "data-unsent": ""}),
        help_text=_("Il sera dans le courriel, au-dessus des dispositifs retenus."),
    )

    def __init__(self, *args: Any, no_email: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if no_email:
            self.fields["message"].help_text = _("Il sera sur la page de son résultat : aucun courriel ne part.")


class NothingForm(EndForm):
    """The word to a firm to which nothing is proposed."""

    def __init__(self, *args: Any, no_email: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, no_email=no_email, **kwargs)
        if not no_email:
            self.fields["message"].help_text = _("Il sera dans le courriel, qui dit qu’aucun dispositif n’est retenu.")


class NoteForm(forms.Form):
    """A note, and who reads it: of the partners that read the file now, each is a choice of its own."""

    text = PlainText(label=_("Note"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3, "data-unsent": ""}))
    audience = forms.ChoiceField(
        label=_("Qui la lira ?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choisissez qui lira cette note : ce n’est jamais supposé."),
            "invalid_choice": _("Ce choix n’est plus possible : choisissez de nouveau qui lira cette note."),
        },
    )

    def __init__(self, *args: Any, shares: Iterable[PartnerShare] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shares = {f"{Note.Audience.PARTNER}-{share.pk}": share for share in shares}
        to_all = [choice for choice in Note.Audience.choices if choice[0] != Note.Audience.PARTNER]
        to_partners = [
            (key, _("%(partner)s aussi (partenaire)") % {"partner": share.organisation})
            for key, share in self.shares.items()
        ]
        self.fields["audience"].choices = [*to_all, *to_partners]  # type: ignore[attr-defined]

    def said(self) -> dict[str, Any]:
        """Return what is written, and for whom."""
        text, audience = self.cleaned_data["text"], self.cleaned_data["audience"]
        if share := self.shares.get(audience):
            return {"text": text, "audience": Note.Audience.PARTNER, "share": share}
        return {"text": text, "audience": audience}


class StepForm(ByChoiceForm):
    """What happened around a file or to a scheme; each step asks for its own fields."""

    CHOICE = "step"
    ASKED_BY = {
        "due_on": FollowUp.CALLS,
        "happened_on": (*FollowUp.MADE, *MAY_SAY[Origin.OFFICER]),
        "euros": WITH_EUROS,
        "by_operator": MAY_SAY[Origin.OPERATOR],
        "refusal": {State.REFUSED},
    }
    IN_WORDS = {
        "due_on": _("le jour où rappeler"),
        "happened_on": _("le jour où c’est arrivé"),
        "euros": _("le montant"),
        "by_operator": _("que le porteur l’a dit"),
        "refusal": _("la raison du refus"),
    }

    step = forms.ChoiceField(
        label=_("Étape"),
        choices=[
            (_("Le dossier"), [one for one in FollowUp.Step.choices if one[0] not in FollowUp.BY_SERVICE]),
            (_("Un dispositif"), [one for one in State.choices if one[0] in MAY_SAY[Origin.OFFICER]]),
        ],
    )
    scheme = forms.ModelChoiceField(
        label=_("Dispositif"), queryset=Scheme.objects.none(), required=False, empty_label=_("Aucun en particulier")
    )
    due_on = DayField(
        label=_("Quel jour rappeler"),
        required=False,
        help_text=_(
            "L’entreprise voit ce jour sur sa page, mais pas votre précision : elle le confirme ou propose un autre"
            " moment. Après un appel sans réponse, elle ne voit rien ; laissez vide pour la rappeler 1, puis 3, puis"
            " 5 jours ouvrés plus tard."
        ),
    )
    happened_on = DayField(label=_("C’était le (vide : aujourd’hui)"), required=False)
    euros = WholeEuros(
        help_text=_("Pas encore connu ? Laissez vide ; plus tard, notez la même étape avec le montant.")
    )
    by_operator = forms.BooleanField(label=_("C’est le porteur du dispositif qui l’a dit"), required=False)
    refusal = forms.ChoiceField(
        label=_("Si c’est refusé, pourquoi"),
        choices=[("", _("Raison non dite")), *SchemeEvent.Refusal.choices],
        required=False,
        error_messages={"invalid_choice": _("« %(value)s » n’est pas une raison de la liste.")},
    )
    note = PlainText(label=_("Précision"), required=False, max_length=300)

    @property
    def left_out(self) -> str:
        """Name what was filled in and is not noted, as the step chosen does not ask for it."""
        return ", ".join(str(self.IN_WORDS[name]) for name in self.ignored)

    @property
    def is_of_scheme(self) -> bool:
        return self.cleaned_data.get("step") in MAY_SAY[Origin.OFFICER]

    def step_said(self) -> dict[str, Any]:
        """Return what is recorded of the file."""
        return {name: self.cleaned_data[name] for name in ("step", "scheme", "due_on", "happened_on", "note")}

    def said(self) -> dict[str, Any]:
        """Return what is recorded of the scheme."""
        names = ("scheme", "happened_on", "euros", "by_operator", "refusal", "note")
        return {**{name: self.cleaned_data[name] for name in names}, "state": self.cleaned_data["step"]}

    def clean_scheme(self) -> Scheme | None:
        scheme: Scheme | None = self.cleaned_data["scheme"]
        if scheme is None and self.is_of_scheme:
            raise ValidationError(_("Cette étape concerne un dispositif : dites lequel."))
        return scheme

    def clean_due_on(self) -> date | None:
        due_on: date | None = self.cleaned_data["due_on"]
        on = current_day()
        if due_on and not on <= due_on <= on + MOST_AHEAD:
            raise ValidationError(
                _("Le %(day)s est passé : choisissez un jour à venir.")
                if due_on < on
                else _("Le %(day)s est dans plus d’un an : choisissez un jour plus proche."),
                params={"day": f"{due_on:%d/%m/%Y}"},
            )
        if due_on and not is_working_day(due_on):
            raise ValidationError(
                _("Le %(day)s n’est pas un jour ouvré : le suivant est le %(next)s."),
                params={
                    "day": day_in_words(due_on, "l j F Y"),
                    "next": day_in_words(add_working_days(due_on, 1), "l j F Y"),
                },
            )
        return due_on

    def __init__(self, *args: Any, submission: Submission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Look-ups by key: a join over the matches and the reviews of all files would read every one of them.
        results = list(submission.results.values_list("pk", flat=True))
        listed = Match.objects.filter(result__in=results, addresses=True).values("scheme")
        decided = Review.objects.filter(submission=submission).values("scheme")
        rows = Scheme.objects.filter(Q(pk__in=listed) | Q(pk__in=decided)).select_related("current")
        self.fields["scheme"].queryset = rows.order_by("current__name")  # type: ignore[attr-defined]


class AddressForm(forms.Form):
    """The address that the contact of a file said on the telephone."""

    email = MailField(
        label=_("Nouvelle adresse électronique"),
        max_length=254,
    )


class CloseForm(forms.Form):
    """How a file ends, and a sentence that the firm reads."""

    reason = forms.ChoiceField(
        label=_("Comment se termine ce dossier ?"),
        choices=[(reason.value, reason.label) for reason in Submission.CHOSEN],
        widget=forms.RadioSelect,
        error_messages={"required": _("Dites comment ce dossier se termine : choisissez dans la liste.")},
    )
    note = PlainText(
        label=_("Un mot à l’entreprise (facultatif)"),
        required=False,
        max_length=500,
        help_text=_("Elle le lit sur sa page : aucun courriel ne part."),
    )


class ColleagueField(PersonField):
    """An officer, with whom they work for: one elsewhere takes the file with them."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{super().label_from_instance(obj)} – {obj.works_for}"


class OfferForm(forms.Form):
    """To whom a file, or all of them, is offered: colleagues of one's own team first."""

    to = ColleagueField(
        label=_("À qui ?"),
        help_text=_(
            "Votre équipe d’abord. Quelqu’un d’une autre intercommunalité lit le dossier dès maintenant et, s’il "
            "l’accepte, l’emporte : votre équipe ne le verra plus."
        ),
    )
    note = PlainText(label=_("Un mot (facultatif)"), required=False, max_length=500)

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        posts = Membership.objects.reviewing().filter(user=OuterRef("pk")).order_by("pk")
        ours = by.memberships.reviewing().values("organisation")
        others = (
            User.objects.filter(Exists(posts))
            .exclude(pk=by.pk)
            .annotate(
                works_for=Subquery(posts.values("organisation__name")[:1]),
                is_near=Exists(posts.filter(organisation__in=ours)),
            )
        )
        ordered = others.order_by(F("is_near").desc(), "last_name", "first_name")
        self.fields["to"].queryset = ordered  # type: ignore[attr-defined]


class ReferForm(forms.Form):
    """To which other intercommunality a file is offered."""

    epci = forms.ModelChoiceField(
        label=_("À quelle intercommunalité ?"),
        queryset=ServedEpci.objects.all(),
        empty_label=_("Choisir une intercommunalité"),
        error_messages={
            "required": _("Choisissez une intercommunalité dans la liste."),
            "invalid_choice": _("Cette intercommunalité n’est pas dans la liste : choisissez-en une autre."),
        },
    )
    note = PlainText(
        label=_("Pourquoi elle (facultatif)"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Ses développeurs le liront. L’entreprise ne le lit pas."),
    )

    def __init__(self, *args: Any, submission: Submission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = ServedEpci.objects.exclude(pk=submission.epci_id or 0).order_by("usual_name")
        self.fields["epci"].queryset = others  # type: ignore[attr-defined]
        self.fields["epci"].label_from_instance = attrgetter("usual_name")  # type: ignore[attr-defined]
