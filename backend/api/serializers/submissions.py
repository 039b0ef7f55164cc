"""What a partner's tool reads of what it filed: a name, a state and days."""

from rest_framework import serializers

from backend.api.serializers.written import WrittenSerializer
from backend.matchmaking.models import PartnerFiling
from backend.matchmaking.partner_filings import State, Status


class FiledSerializer(WrittenSerializer[PartnerFiling]):
    id = serializers.UUIDField(source="public_id", help_text="Nom de la demande dans l’API : gardez-le.")
    url = serializers.SerializerMethodField(help_text="Où lire où elle en est.")
    filed_on = serializers.DateField(source="submission.filed_on", help_text="Jour du dépôt.")

    def get_url(self, filing: PartnerFiling) -> str:
        return str(self.context["url"])


class StatusSerializer(WrittenSerializer[Status]):
    state = serializers.ChoiceField(choices=State.choices, help_text="Où elle en est.")
    label = serializers.CharField(source="state.label", help_text="Le même en français.")
    filed_on = serializers.DateField(help_text="Déposée le.")
    confirmed_on = serializers.DateField(allow_null=True, help_text="Confirmée par l’entreprise le.")
    answered_on = serializers.DateField(allow_null=True, help_text="Une première réponse est partie le.")
    closed_on = serializers.DateField(allow_null=True, help_text="Close le.")
    erased_on = serializers.DateField(allow_null=True, help_text="Effacée le ; le reste l’est aussi.")
