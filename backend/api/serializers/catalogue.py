"""Schemes and needs as they are written in answers."""

# No docstring on a serializer: the documentation would show it, and the documentation is in French.

from collections import defaultdict
from datetime import date
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from backend.common.days import current_day
from backend.schemes.catalogue import criteria, revision_wording
from backend.schemes.catalogue.contacts import Office, offices_of
from backend.schemes.catalogue.quality import review_day
from backend.schemes.catalogue.windows import WindowOn, expected_again, window_on
from backend.schemes.models import (
    RATE_COLUMNS,
    Criterion,
    Relation,
    Revision,
    Scheme,
    ServedNeed,
    Source,
    SubNeed,
    TaxonomyNeed,
    Tier,
)


class ArchivedSerializer(serializers.ModelSerializer[Scheme]):
    key = serializers.CharField(source="source_key", help_text="Clé qu’avait le dispositif.")
    uuid = serializers.UUIDField(help_text="Identifiant universel.")
    name = serializers.CharField(source="current.name", help_text="Nom de sa dernière version.")
    archived_on = serializers.SerializerMethodField(help_text="Jour où il a été retiré.")
    successor = serializers.SerializerMethodField(help_text="Clé du dispositif auquel il est réuni ; null : à aucun.")

    class Meta:
        model = Scheme
        fields = ["key", "uuid", "name", "archived_on", "successor"]

    def get_archived_on(self, scheme: Scheme) -> date | None:
        return timezone.localdate(scheme.changed_at) if scheme.changed_at else None

    def get_successor(self, scheme: Scheme) -> str | None:
        key: str | None = self.context["successors"].get(scheme.key)
        return key and key.partition(":")[2]


class SubNeedSerializer(serializers.ModelSerializer[SubNeed]):
    key = serializers.CharField(help_text="Identifiant stable, comme `numerique.robot`.")
    label = serializers.CharField(help_text="Libellé entier.")
    short = serializers.CharField(help_text="Libellé court.")

    class Meta:
        model = SubNeed
        fields = ["key", "label", "short"]


class NeedSerializer(serializers.ModelSerializer[TaxonomyNeed]):
    key = serializers.CharField(help_text="Identifiant stable, comme `numerique`.")
    label = serializers.CharField(help_text="Libellé.")
    transversal = serializers.BooleanField(help_text="Besoin qui accompagne les autres.")
    sub_needs = SubNeedSerializer(many=True, help_text="Ses sous-besoins.")

    class Meta:
        model = TaxonomyNeed
        fields = ["key", "label", "transversal", "sub_needs"]


class OperatorSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="Nom du porteur.")
    siren = serializers.CharField(allow_null=True, help_text="SIREN, où il est connu.")
    roles = serializers.ListField(
        child=serializers.CharField(),
        help_text="Ce qu’il fait : `funder` (finance), `assessor` (instruit), `distributor` (donne accès).",
    )


class ServedNeedSerializer(serializers.ModelSerializer[ServedNeed]):
    sub_need = serializers.CharField(source="sub_need_id", help_text="Clé du sous-besoin.")
    label = serializers.CharField(source="sub_need.label", help_text="Libellé du sous-besoin.")
    weight = serializers.FloatField(help_text="À quel point le dispositif y répond, entre 0 et 1.")

    class Meta:
        model = ServedNeed
        fields = ["sub_need", "label", "weight"]


class WindowSerializer(serializers.Serializer[Revision]):
    state = serializers.ChoiceField(
        source="window_state", choices=Revision.WindowState.choices, help_text="État de l’ouverture."
    )
    opens_on = serializers.DateField(allow_null=True, help_text="Premier jour ; null : pas connu.")
    closes_on = serializers.DateField(allow_null=True, help_text="Dernier jour, inclus ; null : pas connu.")
    today = serializers.SerializerMethodField(
        help_text="Où en est l’ouverture aujourd’hui, à Paris ; `closing_soon` compte le temps de préparer un dossier."
    )
    expected_again = serializers.SerializerMethodField(
        help_text="Vers quand un dispositif fermé rouvre, si sa fiche dit qu’il revient chaque année ; null sinon."
    )
    recurring = serializers.BooleanField(allow_null=True, help_text="Revient d’année en année ; null : pas connu.")
    seen_on = serializers.DateField(
        allow_null=True, help_text="Jour où une page datée le montrait ouvert, quand sa fiche ne donne pas de dates."
    )
    seen_until = serializers.DateField(
        allow_null=True, help_text="Jusqu’à quand ce constat vaut ; null : il ne suffit pas à dire ouvert."
    )
    seen_by = serializers.CharField(allow_blank=True, help_text="Le site de cette page.")
    seen_url = serializers.CharField(allow_blank=True, help_text="L’adresse de cette page.")
    note = serializers.CharField(source="window_note", allow_blank=True, help_text="Précision sur l’ouverture.")
    text = serializers.SerializerMethodField(help_text="La même chose en une phrase, vue d’aujourd’hui.")

    @extend_schema_field({"type": "string", "enum": WindowOn.values})
    def get_today(self, revision: Revision) -> str:
        return window_on(revision, on=current_day()).value

    @extend_schema_field({"type": ["string", "null"], "format": "date"})
    def get_expected_again(self, revision: Revision) -> date | None:
        return expected_again(revision, on=current_day())

    def get_text(self, revision: Revision) -> str:
        return revision_wording.deadline(revision, on=current_day())


class SchemeSummarySerializer(serializers.ModelSerializer[Revision]):
    uuid = serializers.UUIDField(
        source="scheme.uuid", help_text="Identifiant universel, le même sur toute installation."
    )
    key = serializers.CharField(source="scheme.source_key", help_text="Identifiant stable du dispositif.")
    url = serializers.SerializerMethodField(help_text="Adresse de la fiche complète.")
    name = serializers.CharField(help_text="Nom.")
    summary = serializers.CharField(help_text="Résumé.")
    kind = serializers.ChoiceField(choices=Revision.Kind.choices, help_text="Forme du soutien.")
    level = serializers.ChoiceField(choices=Revision.Level.choices, help_text="Niveau auquel il est décidé.")
    applicants = serializers.ListField(
        child=serializers.ChoiceField(choices=Revision.Applicant.choices), help_text="Qui le demande."
    )
    revision = serializers.IntegerField(
        source="number", help_text="Numéro de la version : une version publiée ne change plus."
    )
    recorded_at = serializers.DateTimeField(help_text="Quand cette version a été enregistrée.")
    as_of = serializers.DateField(help_text="Jour auquel les faits ont été relevés.")
    review_by = serializers.SerializerMethodField(help_text="Jour avant lequel la fiche doit être relue.")
    confidence = serializers.ChoiceField(
        choices=Revision.Confidence.choices, help_text="Ce qui a été vérifié dans une source."
    )
    window = WindowSerializer(source="*", help_text="Quand le dispositif prend des demandes.")
    amount_text = serializers.SerializerMethodField(help_text="Ce qu’il apporte, en une phrase ; vide : pas connu.")
    operators = serializers.SerializerMethodField(help_text="Qui le porte.")
    needs = ServedNeedSerializer(source="served_needs", many=True, help_text="Sous-besoins servis.")

    class Meta:
        model = Revision
        fields = [
            "uuid", "key", "url", "name", "summary", "kind", "level", "applicants", "revision", "recorded_at", "as_of",
            "review_by", "confidence", "window", "amount_text", "operators", "needs",
        ]  # fmt: skip

    def get_review_by(self, revision: Revision) -> date:
        return review_day(revision)

    @extend_schema_field({"type": "string", "format": "uri"})
    def get_url(self, revision: Revision) -> str:
        return str(reverse("api:scheme", [revision.scheme.source_key], request=self.context["request"]))

    def get_amount_text(self, revision: Revision) -> str:
        return revision_wording.amount(revision)

    @extend_schema_field(OperatorSerializer(many=True))
    def get_operators(self, revision: Revision) -> list[dict[str, Any]]:
        roles: defaultdict[Any, list[str]] = defaultdict(list)
        for row in revision.roles.all():
            roles[row.operator].append(row.role)
        return [
            {"name": operator.name, "siren": operator.siren or None, "roles": names}
            for operator, names in roles.items()
        ]


class SourceSerializer(serializers.ModelSerializer[Source]):
    number = serializers.IntegerField(source="position", help_text="Numéro de la source dans la fiche.")
    title = serializers.CharField(help_text="Ce qui a été lu.")
    url = serializers.CharField(allow_blank=True, help_text="Adresse ; vide : pas en ligne.")
    dated = serializers.CharField(
        allow_blank=True, help_text="Date donnée par la source : une année, un mois ou un jour ; vide : pas datée."
    )
    tier = serializers.ChoiceField(choices=Tier.choices, allow_blank=True, help_text="Qui parle ; vide : pas indiqué.")
    licence = serializers.ChoiceField(
        choices=Source.Licence.choices,
        allow_blank=True,
        help_text="Pourquoi elle est citée ; vide : elle est dite dans nos mots.",
    )

    class Meta:
        model = Source
        fields = ["number", "title", "url", "dated", "tier", "licence"]


# As the engine reads it; the kinds grow with the engine, so the shape is left open.
DEFINITION = {
    "type": "object",
    "required": ["kind"],
    "properties": {"kind": {"type": "string"}},
    "additionalProperties": True,
    "description": "Définition que le moteur évalue : `kind` et ses paramètres.",
}


@extend_schema_field(DEFINITION)
class DefinitionField(serializers.JSONField):
    pass


class CriterionSerializer(serializers.ModelSerializer[Criterion]):
    definition = DefinitionField()
    sentence = serializers.SerializerMethodField(help_text="La même condition, en français.")
    source = SourceSerializer(allow_null=True, help_text="Où elle a été lue.")
    place = serializers.CharField(allow_blank=True, help_text="Endroit de la source.")
    excerpt = serializers.CharField(allow_blank=True, help_text="Phrase de la source.")
    note = serializers.CharField(allow_blank=True, help_text="Précision.")

    class Meta:
        model = Criterion
        fields = ["definition", "sentence", "source", "place", "excerpt", "note"]

    def get_sentence(self, criterion: Criterion) -> str:
        return criteria.sentence(criterion.definition)


class RateSerializer(serializers.Serializer[Any]):
    size = serializers.ChoiceField(choices=list(RATE_COLUMNS), help_text="Taille, groupe compris.")
    pct = serializers.FloatField(help_text="Taux, en % de la dépense retenue.")


class AmountSerializer(serializers.Serializer[Revision]):
    text = serializers.CharField(source="amount_text", allow_blank=True, help_text="Montant dans les mots du porteur.")
    unit = serializers.SerializerMethodField(help_text="À quoi le montant se rapporte ; null : pas connu.")
    rate_max_pct = serializers.FloatField(allow_null=True, help_text="Taux maximal, en % ; null : pas connu.")
    rates = serializers.SerializerMethodField(help_text="Taux de chaque taille d’entreprise ; vide : pas connus.")
    floor_eur = serializers.FloatField(allow_null=True, help_text="Plancher, en euros ; null : pas connu.")
    ceiling_eur = serializers.FloatField(allow_null=True, help_text="Plafond, en euros ; null : pas connu.")
    spend_min_eur = serializers.FloatField(
        allow_null=True, help_text="Dépense à partir de laquelle le dispositif joue, en euros ; null : pas connue."
    )
    spend_max_eur = serializers.FloatField(
        allow_null=True, help_text="Dépense retenue au plus, en euros ; null : pas connue."
    )
    in_kind = serializers.BooleanField(
        allow_null=True, help_text="En nature (service, lieu, équipement) et pas en argent ; null : pas connu."
    )
    cost_left_eur = serializers.FloatField(
        allow_null=True, help_text="Reste à la charge de l’entreprise, en euros ; null : pas connu."
    )
    duration = serializers.CharField(allow_blank=True, help_text="Durée.")
    source = serializers.IntegerField(
        source="amount_source",
        allow_null=True,
        help_text="Numéro de la source où il a été lu ; null : pas indiqué.",
    )
    place = serializers.CharField(source="amount_place", allow_blank=True, help_text="Endroit de la source.")
    excerpt = serializers.CharField(source="amount_excerpt", allow_blank=True, help_text="Phrase de la source.")

    @extend_schema_field(RateSerializer(many=True))
    def get_rates(self, revision: Revision) -> list[dict[str, Any]]:
        return [{"size": size, "pct": float(rate)} for size, rate in revision.rates.items()]

    @extend_schema_field({"anyOf": [{"type": "string", "enum": Revision.AmountUnit.values}, {"type": "null"}]})
    def get_unit(self, revision: Revision) -> str | None:
        return revision.amount_unit or None


class OfficeSerializer(serializers.Serializer[Office]):
    name = serializers.CharField(help_text="Nom du bureau.")
    place = serializers.CharField(allow_blank=True, help_text="Adresse.")
    phone = serializers.CharField(allow_blank=True, help_text="Téléphone.")
    url = serializers.CharField(source="page", allow_blank=True, help_text="Page de contact.")
    dated = serializers.DateField(allow_null=True, help_text="Jour de la copie où il a été lu ; null : non datée.")


class ContactSerializer(serializers.Serializer[Revision]):
    name = serializers.CharField(source="contact_name", allow_blank=True, help_text="Nom du service.")
    url = serializers.CharField(source="contact_url", allow_blank=True, help_text="Page de contact.")
    phone = serializers.CharField(source="contact_phone", allow_blank=True, help_text="Téléphone du service.")
    offices = serializers.SerializerMethodField(help_text="Bureaux du porteur dans le département, sinon la région.")

    @extend_schema_field(OfficeSerializer(many=True))
    def get_offices(self, revision: Revision) -> list[dict[str, Any]]:
        return [dict(OfficeSerializer(office).data) for office in offices_of(revision.roles.all())]


class RelationSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Relation.Kind.choices, help_text="Lien.")
    scheme = serializers.CharField(source="other_key", help_text="Clé de l’autre dispositif.")
    cap_pct = serializers.FloatField(
        allow_null=True,
        help_text=(
            "De `cumulable` seulement : part de la même dépense, en %, que les aides cumulées ne dépassent pas "
            "ensemble ; null : pas connue."
        ),
    )
    note = serializers.CharField(allow_blank=True, help_text="Précision.")
    source = SourceSerializer(allow_null=True, help_text="Où le lien a été lu.")


class SchemeSerializer(SchemeSummarySerializer):
    targeted_naf = serializers.ListField(
        child=serializers.CharField(), help_text="Codes NAF rév. 2 visés par le porteur ; vide : tous."
    )
    targeted_naf_2025 = serializers.ListField(
        child=serializers.CharField(), help_text="Les mêmes dans la NAF 2025, où le porteur les donne."
    )
    criteria = CriterionSerializer(many=True, help_text="Conditions, dans l’ordre de la fiche.")
    amount = AmountSerializer(source="*", help_text="Montants.")
    preparation_days = serializers.IntegerField(
        allow_null=True, help_text="Jours qu’une demande prend à préparer ; null : pas connu."
    )
    documents = serializers.ListField(child=serializers.CharField(), help_text="Pièces à fournir.")
    next_step = serializers.CharField(allow_blank=True, help_text="Première démarche.")
    contact = ContactSerializer(source="*", help_text="Qui appeler.")
    page = serializers.CharField(source="url", allow_blank=True, help_text="Page du dispositif chez son porteur.")
    state_aid_regime = serializers.CharField(allow_blank=True, help_text="Régime d’aide d’État.")
    legal_basis = serializers.CharField(allow_blank=True, help_text="Base légale.")
    variant_of = serializers.SerializerMethodField(
        help_text="Clé du dispositif publié dont celui-ci est une version locale ; null : ce n’en est pas une."
    )
    relations = serializers.SerializerMethodField(
        help_text="Liens avec d’autres dispositifs publiés : ils servent à ordonner et à prévenir, jamais à exclure."
    )
    sources = SourceSerializer(many=True, help_text="Ce qui a été lu.")

    class Meta(SchemeSummarySerializer.Meta):
        fields = [
            *SchemeSummarySerializer.Meta.fields, "targeted_naf", "targeted_naf_2025", "criteria", "amount",
            "preparation_days",
            "documents", "next_step", "contact", "page", "state_aid_regime", "legal_basis", "variant_of", "relations",
            "sources",
        ]  # fmt: skip

    def get_variant_of(self, revision: Revision) -> str | None:
        return revision.variant_of if revision.variant_of in self.context["published"] else None

    @extend_schema_field(RelationSerializer(many=True))
    def get_relations(self, revision: Revision) -> list[dict[str, Any]]:
        """Leave out schemes that are not published: nothing says that they exist."""
        published = self.context["published"]
        rows = [row for row in revision.relations.all() if row.other_key in published]
        rows.sort(key=lambda row: (row.kind, row.other_key))
        return list(RelationSerializer(rows, many=True).data)
