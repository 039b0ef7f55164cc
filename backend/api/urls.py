"""Version 1 of the public API; another version would stand beside it, and this one would stay."""

from django.urls import path, re_path
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer

from backend.api.views import catalogue, match, pages, statistics, submissions, territories

app_name = "api"
json, yaml = [OpenApiJsonRenderer], [OpenApiYamlRenderer]

urlpatterns = [
    path("", pages.DocumentationView.as_view(), name="documentation"),
    path("v1/", pages.IndexView.as_view(), name="index"),
    path("v1/schema/", pages.DocumentView.as_view(), name="schema"),
    path("v1/schema.json", pages.DocumentView.as_view(renderer_classes=json), name="schema_json"),
    path("v1/schema.yaml", pages.DocumentView.as_view(renderer_classes=yaml), name="schema_yaml"),
    path("v1/criterion.schema.json", pages.CriterionSchemaView.as_view(), name="criterion_schema"),
    path("v1/schemes/", catalogue.SchemeListView.as_view(), name="schemes"),
    path("v1/schemes/dump/", catalogue.SchemeDumpView.as_view(), name="dump"),
    path("v1/schemes/archived/", catalogue.ArchivedListView.as_view(), name="archived"),
    # A key is any text without a slash; the database cannot even look for one that holds a NUL.
    re_path(r"^v1/schemes/(?P<key>[^/\x00]{1,120})/$", catalogue.SchemeView.as_view(), name="scheme"),
    path("v1/needs/", catalogue.NeedListView.as_view(), name="needs"),
    path("v1/perimeters/", territories.PerimeterListView.as_view(), name="perimeters"),
    re_path(r"^v1/perimeters/(?P<code>[^/\x00]{1,60})/$", territories.PerimeterView.as_view(), name="perimeter"),
    path("v1/statistics/", statistics.StatisticsView.as_view(), name="statistics"),
    path("v1/submissions/", submissions.SubmissionsView.as_view(), name="submissions"),
    path("v1/submissions/<uuid:public_id>/", submissions.SubmissionView.as_view(), name="submission"),
    path("v1/match", match.MatchView.as_view(), name="match"),
    re_path(r"", pages.UnknownView.as_view(), name="unknown"),
]
