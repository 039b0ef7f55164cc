"""The answer to a question as it is written: the cards of the pages, with the definitions the engine read."""

from functools import lru_cache
from typing import Any

from django.urls import reverse
from drf_spectacular.helpers import lazy_serializer
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.api.serializers.catalogue import DefinitionField
from backend.api.serializers.written import WrittenSerializer
from backend.matchmaking.answers import Answer, OpenQuestion
from backend.matchmaking.cards import Card
from backend.matchmaking.condition_views import OUTCOME_NAMES, LineView, open_conditions
from backend.matchmaking.engine import TARGETED
from backend.matchmaking.estimates import EstimateView
from backend.matchmaking.models import Cause, Match, Reply
from backend.matchmaking.offers import Offer
from backend.matchmaking.preferences import SaidPreference
from backend.matchmaking.replies import UnderstoodNeed
from backend.matchmaking.standing import Standing
from backend.schemes.catalogue.evidence import Evidence
from backend.schemes.catalogue.revision_cache import KEPT
from backend.schemes.models import Revision, Scheme
from backend.schemes.vocabulary import NATURE_TITLES


class UnderstoodSerializer(WrittenSerializer[UnderstoodNeed]):
    sub_need = serializers.CharField(help_text="Clé du sous-besoin.")
    label = serializers.SerializerMethodField(help_text="Libellé du sous-besoin.")
    ticked = serializers.BooleanField(help_text="Donné dans « needs » ; sinon, compris de « text ».")
    probability = serializers.FloatField(help_text="Que l’entreprise ait ce besoin, entre 0 et 1.")
    sentence = serializers.CharField(
        allow_null=True, help_text="La phrase de « text » qui le dit le mieux ; null : coché, pas lu."
    )
    words = serializers.ListField(child=serializers.CharField(), help_text="Les mots de « text » qui ont décidé.")
    served = serializers.ChoiceField(
        choices=[
            ("yes", "un dispositif possible y répond"),
            ("none", "aucun dispositif n’est fait pour cela"),
            ("not_open", "pas encore ouvert"),
            ("not_for_you", "pas pour cette entreprise"),
        ],
        help_text="Si un dispositif y répond, ou pourquoi aucun.",
    )

    def get_label(self, need: UnderstoodNeed) -> str:
        return str(self.context["labels"][need.sub_need])


class PreferenceSerializer(WrittenSerializer[SaidPreference]):
    preference = serializers.CharField(source="key", help_text="Clé de la préférence.")
    label = serializers.CharField(help_text="Libellé.")
    sentence = serializers.CharField(
        allow_null=True, help_text="La phrase de « text » qui la dit ; null : donnée dans « preferences »."
    )


class OfferSerializer(WrittenSerializer[Offer]):
    fact = serializers.CharField(help_text="Nom du fait.")
    value = serializers.SerializerMethodField(
        method_name="get_said",
        help_text="Sa valeur, telle que le texte la dit ; d’un métier, un code NAF qu’il peut avoir, chacun à part.",
    )
    sentence = serializers.CharField(help_text="La phrase de « text » qui la dit.")

    @extend_schema_field({"type": ["number", "string", "boolean"]})
    def get_said(self, offer: Offer) -> Any:
        return offer.value


class ReadSourceSerializer(WrittenSerializer[Evidence]):
    title = serializers.CharField(help_text="Ce qui a été lu.")
    url = serializers.CharField(allow_blank=True, help_text="Adresse ; vide : pas en ligne.")
    dated = serializers.CharField(
        source="day", allow_blank=True, help_text="Date de la source, en français ; vide : page sans date."
    )
    tier = serializers.CharField(allow_blank=True, help_text="Qui parle, en français ; vide : pas indiqué.")
    place = serializers.CharField(allow_blank=True, help_text="Endroit de la source.")


class ReasonSerializer(WrittenSerializer[Any]):
    definition = DefinitionField()
    sentence = serializers.CharField(help_text="La condition, en français.")
    outcome = serializers.CharField(
        allow_null=True,
        help_text=(
            "Ce qu’elle donne pour cette entreprise : "
            + ", ".join(f"`{key}` ({label})" for key, label in OUTCOME_NAMES.items())
            + " ; null : elle ne décide rien, voir « nature »."
        ),
    )
    nature = serializers.CharField(
        allow_blank=True,
        help_text=(
            "De ce à quoi une personne répond : `condition`, "
            + ", ".join(f"`{key}` ({label})" for key, label in NATURE_TITLES.items())
            + " ; vide pour les autres."
        ),
    )
    open_facts = serializers.ListField(
        child=serializers.CharField(), help_text="Les faits inconnus qui empêchent de répondre."
    )
    values = serializers.SerializerMethodField(help_text="Ce que la question dit de ces faits, en français.")
    condition = serializers.CharField(
        allow_blank=True, help_text="Nom d’une condition que seule une personne peut vérifier ; vide pour les autres."
    )
    ask = serializers.CharField(
        allow_blank=True, help_text="Qui peut la vérifier : `firm`, `officer` ou `operator` ; vide pour les autres."
    )
    note = serializers.CharField(allow_blank=True, help_text="Précision.")
    excerpt = serializers.SerializerMethodField(help_text="Phrase de la source, où elle peut être citée.")
    source = serializers.SerializerMethodField(help_text="Où la condition a été lue ; null : pas de source propre.")
    parts = serializers.SerializerMethodField(help_text="Les conditions dont celle-ci est faite.")

    def get_values(self, line: LineView) -> list[str]:
        return [value for value, _origin in line.values]

    @extend_schema_field(ReadSourceSerializer(allow_null=True))
    def get_source(self, line: LineView) -> dict[str, Any] | None:
        return self.part(ReadSourceSerializer).to_representation(line.evidence) if line.evidence else None

    def get_excerpt(self, line: LineView) -> str:
        return line.evidence.excerpt if line.evidence else ""

    @extend_schema_field(lazy_serializer("backend.api.serializers.match.ReasonSerializer")(many=True))
    def get_parts(self, line: LineView) -> list[dict[str, Any]]:
        return [self.to_representation(part) for part in line.parts]


class ConditionSerializer(WrittenSerializer[Any]):
    condition = serializers.CharField(help_text="Nom de la condition.")
    sentence = serializers.CharField(help_text="Ce qui doit être vrai, en français.")
    ask = serializers.CharField(help_text="Qui peut le dire : `firm`, `officer` ou `operator`.")


class EstimateSerializer(WrittenSerializer[EstimateView]):
    low = serializers.FloatField(allow_null=True, help_text="Au moins, en euros ; null : inconnu.")
    high = serializers.FloatField(allow_null=True, help_text="Au plus, en euros ; null : inconnu.")
    text = serializers.CharField(help_text="La même chose en français.")
    formula = serializers.CharField(allow_blank=True, help_text="Le calcul.")
    left = serializers.CharField(allow_blank=True, help_text="Ce qui reste à payer ; vide : inconnu.")
    caveat = serializers.CharField(allow_blank=True, help_text="De quoi cela dépend encore.")


class MatchSerializer(WrittenSerializer[Card]):
    scheme = serializers.CharField(source="revision.scheme.source_key", help_text="Clé du dispositif.")
    url = serializers.SerializerMethodField(help_text="Adresse de la fiche.")
    name = serializers.CharField(source="revision.name", help_text="Nom.")
    summary = serializers.CharField(source="revision.summary", help_text="Résumé.")
    kind = serializers.ChoiceField(
        source="revision.kind", choices=Revision.Kind.choices, help_text="Forme du soutien."
    )
    level = serializers.ChoiceField(source="revision.level", choices=Revision.Level.choices, help_text="Niveau.")
    revision = serializers.IntegerField(source="revision.number", help_text="Version de la fiche qui a servi.")
    rank = serializers.IntegerField(source="match.rank", help_text="Rang, à partir de 1.")
    score = serializers.FloatField(
        source="match.score", allow_null=True, help_text="Score ; plus haut, plus utile. Null : ouvre plus tard."
    )
    score_parts = serializers.DictField(
        source="match.parts", child=serializers.FloatField(), help_text="Points dont le score est la somme."
    )
    eligibility = serializers.ChoiceField(
        source="match.eligibility", choices=Match.Verdict.choices, help_text="Verdict sur toutes les conditions."
    )
    typed = serializers.ChoiceField(
        source="match.typed",
        choices=Match.Verdict.choices,
        help_text="Verdict sur les faits seuls, les conditions à vérifier par une personne supposées remplies.",
    )
    standing = serializers.ChoiceField(
        choices=Standing.choices,
        help_text="Où il en est pour l’entreprise, en un mot ; l’ordre est celui de « rank ».",
    )
    targeted = serializers.ChoiceField(
        source="match.targeted",
        choices=sorted(TARGETED.values()),
        help_text="Si le porteur vise cette activité ; cela classe et n’exclut jamais.",
    )
    opens_later = serializers.BooleanField(
        source="match.opens_later", help_text="Rien ne s’y oppose que la date d’ouverture ; ceux-là sont à la fin."
    )
    need = serializers.SerializerMethodField(help_text="Le sous-besoin le mieux servi ; null : aucun n’est exprimé.")
    guide = serializers.BooleanField(
        source="match.guide", help_text="Il oriente vers le bon interlocuteur, plutôt qu’il n’aide."
    )
    unknown = serializers.ListField(
        source="match.unknown",
        child=serializers.CharField(),
        help_text="Faits inconnus qui laissent « typed » ouvert.",
    )
    to_confirm = serializers.SerializerMethodField(
        help_text="Conditions que seule une personne peut vérifier et dont le verdict dépend."
    )
    deadline = serializers.SerializerMethodField(help_text="Quand le dispositif prend des demandes, en une phrase.")
    amount = serializers.SerializerMethodField(help_text="Ce qu’il apporte, en une phrase ; vide : pas connu.")
    estimate = EstimateSerializer(
        allow_null=True,
        help_text="Ce qu’une subvention peut apporter à ce projet ; null : ce n’est pas une part de son coût.",
    )
    reasons = ReasonSerializer(
        many=True,
        read_only=True,
        help_text=(
            "Chaque condition, l’ouverture d’abord, celles à vérifier par une personne ensuite, ce qui ne décide "
            "rien à la fin."
        ),
    )

    @extend_schema_field({"type": "string", "format": "uri"})
    def get_url(self, card: Card) -> str:
        return f"{self.context['root']}{_address(card.revision.scheme.source_key)}"

    @extend_schema_field(
        {
            "type": ["object", "null"],
            "required": ["sub_need", "label"],
            "properties": {"sub_need": {"type": "string"}, "label": {"type": "string"}},
        }
    )
    def get_need(self, card: Card) -> dict[str, str] | None:
        key = card.match.need_id
        return {"sub_need": key, "label": self.context["labels"][key]} if key else None

    @extend_schema_field(ConditionSerializer(many=True))
    def get_to_confirm(self, card: Card) -> list[dict[str, Any]]:
        if card.match.eligibility != Match.Verdict.UNDECIDED:
            return []
        return [*map(self.part(ConditionSerializer).to_representation, open_conditions(card.reasons))]

    def get_deadline(self, card: Card) -> str:
        return card.deadline

    def get_amount(self, card: Card) -> str:
        return card.amount


@lru_cache(maxsize=KEPT)
def _address(key: str) -> str:
    return reverse("api:scheme", args=[key])


class OpenQuestionSerializer(WrittenSerializer[OpenQuestion]):
    fact = serializers.CharField(help_text="Nom du fait.")
    label = serializers.CharField(help_text="Ce qui manque, en français.")
    question = serializers.CharField(help_text="La question à poser.")
    ask = serializers.ChoiceField(choices=["firm", "operator"], help_text="À qui : l’entreprise ou le porteur.")
    field = serializers.SerializerMethodField(
        method_name="get_place", help_text="Où mettre la réponse dans la question, en pointeur JSON."
    )
    n_waiting = serializers.SerializerMethodField(help_text="Combien de dispositifs attendent ce fait.")
    waiting = serializers.SerializerMethodField(help_text="Lesquels, par leur clé.")
    n_settled = serializers.SerializerMethodField(help_text="Pour combien c’est le seul fait qui manque.")
    settled = serializers.SerializerMethodField(help_text="Lesquels, par leur clé.")
    expected = serializers.FloatField(
        help_text=(
            "Combien de dispositifs la réponse tranche en moyenne, si toutes les réponses que les règles distinguent"
            " sont également probables. L’ordre est celui de ce nombre, chaque dispositif compté à son score, divisé"
            " par l’effort de répondre."
        )
    )

    def get_place(self, asked: OpenQuestion) -> str | None:
        return asked.field

    def get_n_waiting(self, asked: OpenQuestion) -> int:
        return len(asked.waiting)

    def get_waiting(self, asked: OpenQuestion) -> list[str]:
        return [_own_key(key) for key in asked.waiting]

    def get_n_settled(self, asked: OpenQuestion) -> int:
        return len(asked.settled)

    def get_settled(self, asked: OpenQuestion) -> list[str]:
        return [_own_key(key) for key in asked.settled]


def _own_key(key: str) -> str:
    return key.removeprefix(f"{Scheme.OWN}:")


class AnswerSerializer(WrittenSerializer[Answer]):
    id = serializers.SerializerMethodField(help_text="Celui de la question.")
    on = serializers.DateField(source="question.on", help_text="Jour pour lequel la réponse est faite.")
    weights = serializers.CharField(help_text="Version des poids du score.")
    facts = serializers.SerializerMethodField(help_text="Les faits tels qu’ils ont été lus.")
    ignored = serializers.ListField(
        source="question.ignored", child=serializers.CharField(), help_text="Champs de la question sans signification."
    )
    warnings = serializers.ListField(
        source="question.warnings",
        child=serializers.CharField(),
        help_text="Ce qui a été lu comme moins précis que ce qui est donné, en phrases.",
    )
    answer = serializers.ChoiceField(
        source="reply",
        choices=Reply.choices,
        help_text="Ce que l’entreprise obtient ; si c’est à confirmer, demandez-lui quels besoins elle a.",
    )
    reason = serializers.CharField(
        source="cause",
        allow_null=True,
        help_text="Pourquoi rien, ou null : " + ", ".join(f"`{key}` ({label})" for key, label in Cause.choices),
    )
    understood = UnderstoodSerializer(many=True, help_text="Besoins compris, avec ce qui les dit.")
    preferences = PreferenceSerializer(
        many=True,
        help_text="Ce que l’entreprise dit ne pas vouloir, ou vouloir vite : cela classe et n’exclut jamais.",
    )
    offered = OfferSerializer(
        many=True,
        help_text="Faits que dit le texte et qui manquent à un dispositif cité : à confirmer, puis à donner.",
    )
    n_matches = serializers.IntegerField(help_text="Nombre de dispositifs possibles, au-delà de « limit ».")
    matches = MatchSerializer(source="cards", many=True, help_text="Les premiers, dans l’ordre, expliqués.")
    undecided = OpenQuestionSerializer(
        many=True, help_text="Ce qu’il reste à demander, d’abord ce qui tranche le plus pour le moindre effort."
    )

    @extend_schema_field({"type": ["string", "number", "null"]})
    def get_id(self, answer: Answer) -> Any:
        return answer.question.id

    @extend_schema_field({"type": "object", "additionalProperties": True})
    def get_facts(self, answer: Answer) -> dict[str, Any]:
        return dict(answer.question.facts)
