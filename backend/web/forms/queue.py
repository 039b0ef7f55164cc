"""What the officers' lists show, read from the address; a file page reads there which list one came from."""

from collections.abc import Mapping

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.common.fields import PlainText
from backend.matchmaking.models import Submission
from backend.matchmaking.queue import NOWHERE, Filters, Order, Tab, Whose
from backend.schemes.catalogue.taxonomy import families
from backend.steering.gap_map import unmet_files
from backend.steering.scopes import scope_of, whole_territory
from backend.territories.services import served_epcis
from backend.web.forms.territory import NOT_LISTED, GapForm

LAST_LIST = "queue"  # in the session: where an address says nothing of a list, the last one that was shown
TABS = (
    (Tab.TO_READ, _("À lire")),
    (Tab.TO_CALL, _("À rappeler")),
    (Tab.OFFERED, _("Offerts")),
    (Tab.TO_DO, _("À traiter")),
    (Tab.FOLLOWED, _("Suivis")),
    (Tab.ALL, _("Tous")),
)


class QueueForm(forms.Form):
    """What the list shows; what cannot be read is told and narrows nothing: an old address still opens the page."""

    etat = forms.ChoiceField(
        required=False,
        choices=TABS,
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": _("« %(value)s » n’est pas un onglet : choisissez parmi ceux de la page.")},
    )
    recherche = PlainText(
        label=_("Entreprise, contact, téléphone, SIREN ou numéro"),
        required=False,
        max_length=80,
        error_messages={"max_length": _("Ces mots ont %(show_value)d caractères, 80 au plus : raccourcissez-les.")},
        widget=forms.SearchInput({"data-key": "/", "class": "form-control"}),
    )
    tri = forms.ChoiceField(
        label=_("Trier"),
        required=False,
        error_messages=NOT_LISTED,
        choices=[
            ("", _("Selon la liste")),
            (Order.PRESSING, _("Les plus pressantes")),
            (Order.WAITING, _("Les plus anciennes")),
            (Order.NEWEST, _("Les plus récentes")),
            (Order.NAME, _("Par nom")),
        ],
    )
    a_qui = forms.ChoiceField(
        label=_("Dossiers"),
        required=False,
        error_messages=NOT_LISTED,
        choices=[
            ("", _("Tous ceux que je vois")),
            (Whose.MINE, _("Ceux que je suis")),
            (Whose.STOOD_IN, _("Ceux que je supplée")),
            (Whose.TEAM, _("De mon intercommunalité")),
        ],
    )
    epci = forms.ChoiceField(label=_("Intercommunalité"), required=False, error_messages=NOT_LISTED)
    besoin = forms.ChoiceField(label=_("Besoin"), required=False, error_messages=NOT_LISTED)
    pour_quand = forms.ChoiceField(
        label=_("Pour quand"),
        required=False,
        choices=[("", _("Peu importe")), *Submission.Horizon.choices],
        error_messages=NOT_LISTED,
    )
    rien = forms.BooleanField(
        label=_("Seulement celles auxquelles rien ne répond"),
        required=False,
        widget=forms.CheckboxInput({"class": "form-check-input"}),
    )
    carte = PlainText(
        label=_("Carte des besoins"),
        required=False,
        max_length=400,
        error_messages={"max_length": _("Cette adresse est trop longue : revenez à la carte des besoins.")},
        widget=forms.HiddenInput,
    )

    def __init__(self, shown: Mapping[str, str]) -> None:
        super().__init__(shown, auto_id="liste_%s")
        epcis = ((epci.short_name, epci.usual_name) for epci in served_epcis())
        self.fields["epci"].choices = [("", _("Toutes")), *epcis, (NOWHERE, _("Commune inconnue"))]  # type: ignore[attr-defined]
        self.fields["besoin"].choices = [("", _("Tous")), *((need.key, need.label) for need in families())]  # type: ignore[attr-defined]

    def choices(self) -> list[forms.BoundField]:
        """Return what is chosen from lists; written out by the page, since each option of a widget is a template."""
        return [self[name] for name in ("tri", "a_qui", "epci", "besoin", "pour_quand")]

    @property
    def has_wrong_choice(self) -> bool:
        """Whether something wrong stands in the fold of the lists, which opens to show it."""
        return any(field.errors for field in self.choices())

    def filters(self, user: User) -> Filters:
        """Return what somebody's list shows; of the map of needs, the files that it counts for them without answer."""
        self.is_valid()
        known = self.cleaned_data
        return Filters(
            tab=known.get("etat") or Tab.TO_READ,
            whose=known.get("a_qui") or Whose.ALL,
            epci=known.get("epci", ""),
            need=known.get("besoin", ""),
            horizon=known.get("pour_quand", ""),
            unanswered=known.get("rien", False),
            among=_unmet(user, known["carte"]) if known.get("carte") else None,
            words=known.get("recherche", "").replace("\0", "").strip(),
            order=known.get("tri", ""),
        )


def _unmet(user: User, query: str) -> frozenset[int]:
    """Return the files with an unmet need on the map, as an address of the map narrows it.

    An officer who was sent the list has no map: the list leaves them what they may open of the whole one.
    """
    scope = scope_of(user) if user.posts.leads else whole_territory()
    return unmet_files(scope, GapForm(QueryDict(query), scope=scope).filters())


def said_of_list(data: Mapping[str, str]) -> dict[str, str]:
    """Return what an address says of a list, its page apart."""
    return {name: data[name] for name in QueueForm.base_fields if data.get(name)}


def query_to_save(data: Mapping[str, str]) -> str:
    """Return what is kept of a list under a name: words that were searched may be somebody's, and are left out."""
    form = QueueForm({name: value for name, value in said_of_list(data).items() if name != "recherche"})
    form.is_valid()
    known = {name: "on" if value is True else value for name, value in form.cleaned_data.items()}
    return urlencode({name: value for name, value in known.items() if value})


class SavedListForm(forms.Form):
    """The name of a list that is kept; a name that is used already takes the new list."""

    name = PlainText(
        label=_("Garder cette liste sous un nom"),
        max_length=40,
        error_messages={
            "required": _("Écrivez un nom, par exemple « Énergie, ARC »."),
            "max_length": _("Ce nom a %(show_value)d caractères, 40 au plus : raccourcissez-le."),
        },
    )


def list_of(request: HttpRequest) -> dict[str, str]:
    """Return which list a file page was opened from: the one its address names, else the last one shown."""
    last: dict[str, str] = request.session.get(LAST_LIST, {})
    return said_of_list(request.GET) or last
