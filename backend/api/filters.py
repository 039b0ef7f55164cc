"""What a list can be narrowed to. A value that is no code, no day or no choice is refused with what is accepted."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field

from backend.api.errors import refuse_parameter
from backend.api.parameters import sentence
from backend.common.days import current_day
from backend.common.text import fold
from backend.matchmaking import engine
from backend.matchmaking.values import parse_day
from backend.schemes.catalogue.searching import with_operator, with_words
from backend.schemes.catalogue.windows import TAKING, WindowOn, window_column
from backend.schemes.models import Revision, Scheme, SubNeed, TaxonomyNeed
from backend.territories.models import Perimeter

CHOICE = {"invalid_choice": _("La valeur est « %(value)s » ; attendu : une des valeurs documentées.")}


TEXT = {"type": "string", "minLength": 1, "pattern": r"^[^\u0000]+$"}


def described(schema: dict[str, Any], description: str, filter_: filters.Filter) -> filters.Filter:
    """Document a filter in French, with the shape of one value."""
    documented: filters.Filter = extend_schema_field({**schema, "description": description})(filter_)
    return documented


def choice(description: str, choices: Iterable[tuple[str, Any]], **options: Any) -> filters.Filter:
    choices = list(choices)
    meanings = ", ".join(f"`{value}` ({label})" for value, label in choices)
    return described(
        {"type": "string", "enum": [value for value, _label in choices]},
        f"{description} Peut être répété. Valeurs : {meanings}.",
        filters.MultipleChoiceFilter(choices=choices, error_messages=CHOICE, **options),
    )


class _DayField(forms.Field):
    def to_python(self, value: Any) -> date | None:
        if not value:
            return None
        day = parse_day(value)
        if day is None:
            wrong = _("La valeur est « %(value)s » ; attendu : un jour comme 2026-11-24.")
            raise forms.ValidationError(wrong, params={"value": value})
        return day


class DayFilter(filters.Filter):
    field_class = _DayField


class _PerimeterField(forms.CharField):
    def clean(self, value: Any) -> Perimeter | None:
        code = super().clean(value)
        if not code:
            return None
        perimeter = Perimeter.objects.filter(code=code).first()
        if perimeter is None:
            unknown = _("La valeur est « %(value)s », un code inconnu ; attendu : un code de /api/v1/perimeters/.")
            raise forms.ValidationError(unknown, params={"value": value})
        return perimeter


class PerimeterFilter(filters.Filter):
    field_class = _PerimeterField


class Ordering(filters.OrderingFilter):
    """An order that leaves nothing to chance: rows that are equal come by key."""

    def __init__(self, *args: Any, tie: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tie = tie

    def filter(self, qs: QuerySet[Any], value: list[str] | None) -> QuerySet[Any]:
        if not value:
            return qs
        if not all(value):
            refuse_parameter("ordering", sentence(",".join(value), "des noms séparés par une virgule chacun"))
        names = [self.get_ordering_value(name) for name in value]
        last = [F(name.removeprefix("-")).desc(nulls_last=True) if name[0] == "-" else F(name) for name in names]
        return qs.order_by(*last, self.tie)


class SchemeFilter(filters.FilterSet):
    need = described(
        {"type": "string", "format": "need"},
        "Clé d’un besoin de `/api/v1/needs/` : dispositifs qui servent un de ses sous-besoins. Peut être répété.",
        filters.ModelMultipleChoiceFilter(
            field_name="served_needs__sub_need__need",
            queryset=TaxonomyNeed.objects.all(),
            error_messages={
                "invalid_choice": _("La valeur est « %(value)s » ; attendu : une clé de besoin de /api/v1/needs/.")
            },
        ),
    )
    sub_need = described(
        {"type": "string", "format": "sub-need"},
        "Clé d’un sous-besoin de `/api/v1/needs/`. Peut être répété.",
        filters.ModelMultipleChoiceFilter(
            field_name="served_needs__sub_need",
            queryset=SubNeed.objects.all(),
            error_messages={
                "invalid_choice": _(
                    "La valeur est « %(value)s » ; attendu : une clé de sous-besoin de /api/v1/needs/."
                )
            },
        ),
    )
    kind = choice("Forme du soutien.", Revision.Kind.choices)
    level = choice("Niveau auquel le dispositif est décidé.", Revision.Level.choices)
    window = choice("État de l’ouverture.", Revision.WindowState.choices, field_name="window_state")
    window_today = choice(
        "Où en est l’ouverture aujourd’hui, à Paris.", WindowOn.choices, method="filter_window_today"
    )
    open_on = described(
        {"type": "string", "format": "date"},
        "Dispositifs dont on sait qu’ils prennent des demandes ce jour-là, comme `2026-11-24`.",
        DayFilter(method="filter_open_on"),
    )
    changed_since = described(
        {"type": "string", "format": "date"},
        "Dispositifs publiés ou modifiés ce jour-là ou depuis, comme `2026-11-24`. Ceux qui ont été retirés sont à "
        "`/api/v1/schemes/archived/`.",
        DayFilter(method="filter_changed_since"),
    )
    operator = described(
        TEXT,
        "Partie du nom d’un porteur, sans égard aux accents ni aux majuscules.",
        filters.CharFilter(method="filter_operator"),
    )
    perimeter = described(
        {"type": "string", "format": "perimeter"},
        "Code d’un périmètre de `/api/v1/perimeters/` : dispositifs que sa place n’exclut pas pour une entreprise et "
        "un projet situés là. Où la liste d’une zone n’est pas tenue, le dispositif reste.",
        PerimeterFilter(method="filter_perimeter"),
    )
    search = described(
        TEXT,
        "Mots à trouver, tous, dans le nom, les porteurs, le résumé ou les besoins servis, sans égard aux accents, "
        "aux majuscules ni aux terminaisons ; le début d’un mot suffit.",
        filters.CharFilter(method="filter_search"),
    )
    ordering = Ordering(
        fields={
            "scheme__source_key": "key",
            "name": "name",
            "closes_on": "closes_on",
            "recorded_at": "recorded_at",
        },
        tie="scheme__source_key",
        help_text=_("Ordre ; un tiret inverse. Plusieurs noms séparés par des virgules. Par clé sinon."),
        error_messages={"invalid_choice": _("La valeur est « %(value)s » ; attendu : un des ordres documentés.")},
    )

    class Meta:
        model = Revision
        fields: list[str] = []

    def filter_open_on(self, revisions: QuerySet[Revision], name: str, day: date) -> QuerySet[Revision]:
        return revisions.alias(window_on=window_column(day)).filter(window_on__in=TAKING)

    def filter_changed_since(self, revisions: QuerySet[Revision], name: str, day: date) -> QuerySet[Revision]:
        return revisions.filter(Q(recorded_at__date__gte=day) | Q(scheme__changed_at__date__gte=day))

    def filter_window_today(self, revisions: QuerySet[Revision], name: str, states: list[str]) -> QuerySet[Revision]:
        return revisions.alias(window_on=window_column(current_day())).filter(window_on__in=states)

    def filter_operator(self, revisions: QuerySet[Revision], name: str, text: str) -> QuerySet[Revision]:
        return with_operator(revisions, text)

    def filter_perimeter(self, revisions: QuerySet[Revision], name: str, place: Perimeter) -> QuerySet[Revision]:
        return revisions.filter(pk__in=engine.reaching(place.code, on=current_day()))

    def filter_search(self, revisions: QuerySet[Revision], name: str, text: str) -> QuerySet[Revision]:
        return with_words(revisions, text)


class ArchivedFilter(filters.FilterSet):
    changed_since = described(
        {"type": "string", "format": "date"},
        "Dispositifs retirés ce jour-là ou depuis, comme `2026-11-24`.",
        DayFilter(field_name="changed_at", lookup_expr="date__gte"),
    )

    class Meta:
        model = Scheme
        fields: list[str] = []


class PlaceFilter(filters.FilterSet):
    kind = choice("Nature du périmètre.", Perimeter.Kind.choices)
    name = described(
        TEXT,
        "Partie du nom, sans égard aux accents ni aux majuscules.",
        filters.CharFilter(method="filter_name"),
    )
    code = described(
        TEXT,
        "Code exact : celui de l’API (`COM-60159`) ou le code officiel seul (`60159`, un SIREN).",
        filters.CharFilter(method="filter_code"),
    )
    postcode = described(
        TEXT,
        "Code postal d’une commune ; plusieurs communes peuvent partager le même.",
        filters.CharFilter(field_name="postcodes", method="filter_postcode"),
    )
    parent = described(
        {"type": "string", "format": "perimeter"},
        "Code d’un périmètre : ceux qu’il contient aujourd’hui.",
        PerimeterFilter(method="filter_parent"),
    )
    around = described(
        {"type": "string", "format": "perimeter"},
        "Code d’un périmètre : ceux qui le contiennent aujourd’hui.",
        PerimeterFilter(method="filter_around"),
    )

    class Meta:
        model = Perimeter
        fields: list[str] = []

    def filter_name(self, places: QuerySet[Perimeter], name: str, text: str) -> QuerySet[Perimeter]:
        return places.filter(search_name__contains=" ".join(fold(text).split()))

    def filter_code(self, places: QuerySet[Perimeter], name: str, code: str) -> QuerySet[Perimeter]:
        prefixes = ("REG", "DEP", "EPCI", "COM", "ZONE")
        return places.filter(code__in=[code, *(f"{prefix}-{code}" for prefix in prefixes)])

    def filter_postcode(self, places: QuerySet[Perimeter], name: str, postcode: str) -> QuerySet[Perimeter]:
        return places.filter(postcodes__contains=[postcode])

    def filter_parent(self, places: QuerySet[Perimeter], name: str, outer: Perimeter) -> QuerySet[Perimeter]:
        return places.filter(pk__in=Perimeter.objects.inside(outer, on=current_day()).values("pk"))

    def filter_around(self, places: QuerySet[Perimeter], name: str, inner: Perimeter) -> QuerySet[Perimeter]:
        return places.filter(pk__in=Perimeter.objects.around(inner, on=current_day()).values("pk"))
