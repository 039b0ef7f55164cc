"""What a sheet says once."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backend.common.fields import PlainText
from backend.schemes.catalogue.fields import (
    Activity2025List,
    ActivityList,
    Lines,
    amount_field,
    choices_with_blank,
    day_field,
)
from backend.schemes.catalogue.quality import FIRST_SENTENCES
from backend.schemes.catalogue.record_types import AmountRecord, MainRecord, Rules, WindowRecord, keys_of
from backend.schemes.catalogue.records import AMOUNT, number_or_none, plain, written_number
from backend.schemes.editing.forms.evidence import excerpt_field, place_field, source_field
from backend.schemes.models import RATE_COLUMNS, Revision

NOT_SAID = "non précisé"
TO_CHOOSE = "à choisir"
WINDOW = keys_of(WindowRecord)
RULES = tuple(name for name in keys_of(Rules) if name != "window")  # the engine reads them too
NAMES = tuple(name for name in keys_of(MainRecord) if name not in ("window", "amount", "contact"))


def _area(label: str, *, rows: int = 3, required: bool = False, help_text: str = "") -> PlainText:
    widget = forms.Textarea({"rows": rows})
    return PlainText(label=label, required=required, help_text=help_text, max_length=5000, widget=widget)


def _shown(field: str) -> str:
    return f"Sa première phrase, de {FIRST_SENTENCES[field]} caractères au plus, est celle que montrent les réponses."


def _yes_no(label: str, *, help_text: str = "") -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        required=False,
        choices=[("", NOT_SAID), ("True", _("oui")), ("False", _("non"))],
        coerce=lambda value: value == "True",
        empty_value=None,
        help_text=help_text,
    )


class SheetForm(forms.Form):
    """What a sheet says once."""

    key = forms.SlugField(
        label=_("Identifiant"),
        max_length=120,
        help_text=_("En minuscules et tirets, pour toujours : hdf-pass-export."),
    )
    name = PlainText(label=_("Nom"), max_length=200)
    summary = _area("Résumé", required=True, help_text=f"Ce que l’entreprise obtient. {_shown('summary')}")
    kind = forms.ChoiceField(label=_("Forme"), choices=lambda: choices_with_blank(Revision.Kind.choices, TO_CHOOSE))
    level = forms.ChoiceField(label=_("Niveau"), choices=lambda: choices_with_blank(Revision.Level.choices, TO_CHOOSE))
    owner = PlainText(
        label=_("Suivie par"),
        required=False,
        max_length=200,
        help_text=_("L’organisation qui dit chaque trimestre si une fiche locale ou départementale est juste."),
    )
    confidence = forms.ChoiceField(label=_("Vérification"), choices=Revision.Confidence)
    as_of = day_field("État au", required=True, help_text="Le jour où la fiche a été relue en entier.")
    review_by = day_field("À revoir avant le", help_text="Vide : 180 jours après avoir été relue.")
    applicants = forms.MultipleChoiceField(
        label=_("Qui demande"), choices=Revision.Applicant, widget=forms.CheckboxSelectMultiple
    )
    targeted_naf = ActivityList(
        label=_("Secteurs ciblés"),
        required=False,
        max_length=2000,
        help_text=_("Codes NAF visés sans être exigés, séparés par des virgules ; vide : tous."),
    )

    targeted_naf_2025 = Activity2025List(
        label=_("Secteurs ciblés, dans la NAF 2025"),
        required=False,
        max_length=2000,
        help_text=_("Les mêmes dans la NAF qui vaut à partir du 1er janvier 2027, si le porteur les donne."),
    )
    variant_of = forms.ChoiceField(
        label=_("Variante de"),
        required=False,
        help_text=_("Un dispositif national que celui-ci remplace dans les listes, là où il existe."),
    )

    window_state = forms.ChoiceField(label=_("Ouverture"), choices=Revision.WindowState)
    window_opens_on = day_field("Ouvre le")
    window_closes_on = day_field("Ferme le", help_text="Dernier jour compris.")
    window_recurring = _yes_no("Revient chaque année")
    window_note = _area("Précision sur l’ouverture", rows=2)
    # Said by observations alone, and kept as it is by who changes the rest of a sheet.
    window_seen_on = forms.DateField(required=False, widget=forms.HiddenInput)
    window_seen_until = forms.DateField(required=False, widget=forms.HiddenInput)
    window_seen_by = PlainText(required=False, max_length=120, widget=forms.HiddenInput)
    window_seen_url = forms.URLField(required=False, max_length=500, assume_scheme="https", widget=forms.HiddenInput)
    preparation_days = forms.IntegerField(
        label=_("Jours pour préparer le dossier"), required=False, min_value=0, max_value=730
    )

    amount_text = _area("Montant en mots", rows=2, help_text=_shown("amount_text"))
    amount_unit = forms.ChoiceField(
        label=_("Le montant est"),
        required=False,
        choices=lambda: choices_with_blank(Revision.AmountUnit.choices, NOT_SAID),
    )
    amount_rate_max_pct = amount_field("Taux maximal (%)", max_value=100, max_digits=5)
    amount_rate_micro_pct = amount_field("Taux, micro-entreprise (%)", max_value=100, max_digits=5)
    amount_rate_small_pct = amount_field("Taux, petite entreprise (%)", max_value=100, max_digits=5)
    amount_rate_medium_pct = amount_field("Taux, entreprise moyenne (%)", max_value=100, max_digits=5)
    amount_rate_intermediate_pct = amount_field(
        "Taux, entreprise de taille intermédiaire (%)", max_value=100, max_digits=5
    )
    amount_rate_large_pct = amount_field("Taux, grande entreprise (%)", max_value=100, max_digits=5)
    amount_floor_eur = amount_field("Plancher (€)", help_text="De l’aide, pas de la dépense.")
    amount_ceiling_eur = amount_field("Plafond (€)", help_text="De l’aide, pas de la dépense.")
    amount_spend_min_eur = amount_field("Dépense retenue, au moins (€)")
    amount_spend_max_eur = amount_field("Dépense retenue, au plus (€)")
    amount_cost_left_eur = amount_field("Reste à la charge de l’entreprise (€)")
    amount_in_kind = _yes_no("En nature", help_text="Un service, un lieu ou un équipement, et pas d’argent.")
    amount_duration = PlainText(label=_("Durée"), required=False, max_length=200)
    amount_source = source_field(())
    amount_place = place_field()
    amount_excerpt = excerpt_field()

    next_step = _area("Première démarche", help_text=f"Ce que l’entreprise fait d’abord. {_shown('next_step')}")
    documents = Lines(label=_("Pièces à fournir"), required=False, max_length=5000, help_text=_("Une par ligne."))
    contact_name = PlainText(
        label=_("Contact"), required=False, max_length=200, help_text=_("Un service, jamais une personne.")
    )
    contact_url = forms.URLField(label=_("Page de contact"), required=False, max_length=500, assume_scheme="https")
    contact_phone = PlainText(label=_("Téléphone"), required=False, max_length=20)
    url = forms.URLField(label=_("Page du dispositif"), required=False, max_length=500, assume_scheme="https")
    public_contact = forms.BooleanField(
        label=_("Contact public"),
        required=False,
        help_text=_("Réseau permanent que toute entreprise peut appeler, même si la fiche n’est pas vérifiée."),
    )
    state_aid_regime = _area("Régime d’aide", rows=2)
    legal_basis = _area("Base légale", rows=2)
    notes = _area("Remarques pour les développeurs")
    corrections = Lines(
        label=_("Corrections apportées"),
        required=False,
        max_length=10000,
        help_text=_("Une par ligne : ce qui était contradictoire, et comment vous l’avez réglé."),
    )

    GROUPS = {
        "Le dispositif": (
            "key",
            "name",
            "summary",
            "kind",
            "level",
            "owner",
            "applicants",
            "targeted_naf",
            "targeted_naf_2025",
            "variant_of",
        ),
        "Ouverture": (
            "window_state",
            "window_opens_on",
            "window_closes_on",
            "window_recurring",
            "window_note",
            "window_seen_on",
            "window_seen_until",
            "window_seen_by",
            "window_seen_url",
            "preparation_days",
        ),
        "Montant": tuple(
            f"amount_{column}" for name in AMOUNT for column in (RATE_COLUMNS.values() if name == "rates" else (name,))
        ),
        "Démarche et contact": (
            "next_step",
            "documents",
            "contact_name",
            "contact_url",
            "contact_phone",
            "url",
            "public_contact",
        ),
        "Vérification": ("confidence", "as_of", "review_by"),
        "Droit et remarques": ("state_aid_regime", "legal_basis", "notes", "corrections"),
    }

    def __init__(self, *args: Any, fixed_key: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        if fixed_key:
            self.fields["key"].disabled = True
            self.initial["key"] = fixed_key

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the fields under their headings, for the page."""
        return [(title, [self[name] for name in names]) for title, names in self.GROUPS.items()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        opens, closes = cleaned.get("window_opens_on"), cleaned.get("window_closes_on")
        if opens and closes and opens > closes:
            self.add_error("window_closes_on", "La fermeture est avant l’ouverture.")
        if cleaned.get("window_state") == Revision.WindowState.DATED and "window_closes_on" in cleaned and not closes:
            self.add_error("window_closes_on", "Une ouverture entre deux dates demande le dernier jour.")
        floor, ceiling = cleaned.get("amount_floor_eur"), cleaned.get("amount_ceiling_eur")
        if floor is not None and ceiling is not None and floor > ceiling:
            self.add_error("amount_ceiling_eur", "Le plafond est sous le plancher.")
        lowest, highest = cleaned.get("amount_spend_min_eur"), cleaned.get("amount_spend_max_eur")
        if lowest is not None and highest is not None and lowest > highest:
            self.add_error("amount_spend_max_eur", "La dépense maximale est sous la dépense minimale.")
        rate_max = cleaned.get("amount_rate_max_pct")
        for column in RATE_COLUMNS.values():
            rate = cleaned.get(f"amount_{column}")
            if rate is not None and rate_max is not None and rate > rate_max:
                self.add_error(f"amount_{column}", "Ce taux dépasse le taux maximal.")
        read_on, review_by = cleaned.get("as_of"), cleaned.get("review_by")
        if read_on and review_by and review_by < read_on:
            self.add_error("review_by", "Ce jour est avant celui où la fiche a été relue.")
        return cleaned

    def rules(self) -> Rules | None:
        """Return what the engine reads of what is typed, in the shape of a record; nothing if it is to be mended."""
        self.is_valid()
        names = (*RULES, *(f"window_{name}" for name in WINDOW))
        if any(name in self.errors for name in names):
            return None
        return self._rules()

    def _rules(self) -> Rules:
        typed = self.cleaned_data
        rules: Rules = {
            "kind": typed["kind"],
            "level": typed["level"],
            "confidence": typed["confidence"],
            "applicants": typed["applicants"],
            "targeted_naf": typed["targeted_naf"],
            "targeted_naf_2025": typed["targeted_naf_2025"],
            "preparation_days": typed["preparation_days"],
            "window": {
                "state": typed["window_state"],
                "opens_on": typed["window_opens_on"],
                "closes_on": typed["window_closes_on"],
                "recurring": typed["window_recurring"],
                "note": typed["window_note"],
                "seen_on": typed["window_seen_on"],
                "seen_until": typed["window_seen_until"],
                "seen_by": typed["window_seen_by"],
                "seen_url": typed["window_seen_url"],
            },
        }
        read: Rules = plain(rules)
        return read

    def record(self) -> MainRecord:
        """Return what is typed, in the shape of a record without its rows."""
        typed = self.cleaned_data
        record: MainRecord = {
            **self._rules(),
            "key": typed["key"],
            "name": typed["name"],
            "summary": typed["summary"],
            "owner": typed["owner"],
            "as_of": typed["as_of"],
            "review_by": typed["review_by"],
            "variant_of": typed["variant_of"],
            "amount": self._amount(),
            "next_step": typed["next_step"],
            "documents": typed["documents"],
            "contact": {
                "name": typed["contact_name"],
                "url": typed["contact_url"],
                "phone": typed["contact_phone"],
            },
            "url": typed["url"],
            "public_contact": typed["public_contact"],
            "state_aid_regime": typed["state_aid_regime"],
            "legal_basis": typed["legal_basis"],
            "notes": typed["notes"],
            "corrections": typed["corrections"],
        }
        read: MainRecord = plain(record)
        return read

    def _amount(self) -> AmountRecord:
        typed = self.cleaned_data
        return {
            "text": typed["amount_text"],
            "unit": typed["amount_unit"],
            "rate_max_pct": number_or_none(typed["amount_rate_max_pct"]),
            "rates": [
                {"size": size, "pct": written_number(typed[f"amount_{column}"])}
                for size, column in RATE_COLUMNS.items()
                if typed[f"amount_{column}"] is not None
            ],
            "floor_eur": number_or_none(typed["amount_floor_eur"]),
            "ceiling_eur": number_or_none(typed["amount_ceiling_eur"]),
            "spend_min_eur": number_or_none(typed["amount_spend_min_eur"]),
            "spend_max_eur": number_or_none(typed["amount_spend_max_eur"]),
            "cost_left_eur": number_or_none(typed["amount_cost_left_eur"]),
            "in_kind": typed["amount_in_kind"],
            "duration": typed["amount_duration"],
            "source": typed["amount_source"],
            "place": typed["amount_place"],
            "excerpt": typed["amount_excerpt"],
        }
