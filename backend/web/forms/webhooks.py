"""Forms of a webhook endpoint: its address, and the events it subscribes to."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import Organisation
from backend.common.fields import PlainText
from backend.webhooks.addresses import AddressError, check_address
from backend.webhooks.models import Endpoint, EventType


class EndpointForm(forms.Form):
    """The address and the events of an endpoint."""

    url = PlainText(
        label=_("Adresse https de son logiciel"),
        max_length=300,
        help_text=_("Donnée par le partenaire, comme https://logiciel.exemple.fr/webhooks."),
        error_messages={"required": _("Donnez l’adresse.")},
        widget=forms.URLInput({"autocomplete": "off"}),
    )
    events = forms.MultipleChoiceField(
        label=_("Le prévenir quand"),
        choices=[(event.value, event.label) for event in map(EventType, Endpoint.EVENTS)],
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Cochez un événement au moins."),
            "invalid_choice": _("« %(value)s » n’est pas dans la liste : choisissez dans la liste."),
        },
    )

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"]).strip()
        try:
            check_address(url)
        except AddressError as error:
            raise ValidationError(str(error)) from None
        return url


class NewEndpointForm(EndpointForm):
    """The same, and whose it is."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.filter(kind__in=Organisation.PARTNERS),
        label=_("Partenaire"),
        empty_label=_("À choisir"),
        error_messages={
            "required": _("Choisissez un partenaire."),
            "invalid_choice": _("Ce partenaire n’est pas dans la liste : choisissez dans la liste."),
        },
    )
    field_order = ("organisation", "url", "events")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"events": list(Endpoint.EVENTS)}, **kwargs})
