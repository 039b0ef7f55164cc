"""The public catalogue: what is published, or was, and nothing else; without JavaScript, in one address."""

import json
import re
from datetime import date
from html import unescape
from urllib.parse import quote

import pytest
from django.test import Client

from backend.schemes.catalogue.windows import TAKING, window_on
from backend.schemes.editing.archiving import archive
from backend.schemes.models import Relation, Scheme
from tests.factories import DAY, make_officer, revise_scheme
from tests.schemes.people import get_scheme, make_approver, make_imported, publish_change
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
KEY = "hdf-aden"
LIST = "/dispositifs/"


def test_a_page_says_that_a_text_it_rests_on_changed(client, settings):
    changed = "La loi de finances pour 2027 a pu changer cet avantage"

    def say_so() -> list[bool]:
        keys = ("mte-credit-impot-innovation", "cci-oise")
        return [changed in text_of(client.get(f"{LIST}{key}/")) for key in keys]

    settings.FIXED_DAY = date(2026, 12, 31)
    assert say_so() == [False, False]
    settings.FIXED_DAY = date(2027, 1, 1)
    assert say_so() == [True, False]


def listed(client, query: str = "") -> list[str]:
    """Return the keys that a list shows, all its pages together."""
    found, page = [], 1
    while True:
        html = client.get(f"{LIST}?page={page}&{query}").content.decode()
        found += re.findall(r'<h3>\s*<a href="/dispositifs/([\w-]+)/"', html)
        if "Page suivante" not in html:
            return found
        page += 1


def in_force(**conditions) -> set[str]:
    rows = Scheme.objects.of_source(Scheme.OWN).published()
    return set(
        rows.filter(**{f"current__{name}": value for name, value in conditions.items()}).values_list(
            "source_key", flat=True
        )
    )


# -- the list


def test_every_published_scheme_is_listed_once_and_nothing_else(client):
    make_imported()
    found = listed(client)
    assert len(found) == len(set(found))
    assert set(found) == in_force()


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("query", "conditions"),
    [
        ("besoin=numerique", {"served_needs__sub_need__need": "numerique"}),
        ("forme=loan", {"kind": "loan"}),
        ("niveau=local", {"level": "local"}),
        ("porteur=Agefiph", {"roles__operator__name": "Agefiph"}),
        ("niveau=regional&forme=loan", {"level": "regional", "kind": "loan"}),
    ],
)
def test_a_choice_keeps_what_it_says(client, query, conditions):
    expected = in_force(**conditions)
    assert expected
    assert set(listed(client, query)) == expected


def test_what_is_open_today_is_told_by_the_one_function_that_knows(client):
    rows = Scheme.objects.published().of_source(Scheme.OWN).filter(current__level="regional").select_related("current")
    expected = {row.source_key for row in rows if window_on(row.current, on=DAY) in TAKING}
    assert len(expected) < len(rows)
    assert set(listed(client, "niveau=regional&ouvert=on")) == expected


@pytest.mark.parametrize(
    ("key", "narrowed"),
    [("hdf-aden", "niveau=regional"), ("arc-parcs-activites", "niveau=local"), ("mediation-credit", "q=médiation")],
)
def test_a_place_takes_away_what_it_excludes(client, key, narrowed):
    assert key in listed(client, f"{narrowed}&lieu=Compiègne")
    assert (key in listed(client, f"{narrowed}&lieu=Lyon")) is (key == "mediation-credit")
    assert (key in listed(client, f"{narrowed}&lieu=EPCI-200067965")) is True


def test_words_come_first_where_the_name_holds_them(client):
    assert listed(client, "q=digitalisations")[0] == KEY


def test_each_count_is_what_the_choice_would_leave(client):
    html = client.get(f"{LIST}?niveau=regional").content.decode()
    counts = dict(
        re.findall(r'<option value="([\w]+)"[^>]*>[^<(]*(?:\([^)]*[a-z][^)]*\))?[^<(]*\((\d+)\)</option>', html)
    )
    assert int(counts["loan"]) == len(listed(client, "niveau=regional&forme=loan"))
    assert int(counts["local"]) == len(listed(client, "niveau=local"))


def test_several_communes_of_one_name_are_offered_and_each_leads_to_itself(client):
    response = client.get(f"{LIST}?lieu=Saint-Martin")
    assert "Plusieurs lieux répondent à « Saint-Martin »" in text_of(response)
    links = [unescape(link) for link in re.findall(r'href="(\?[^"]*lieu=[^"]+)"', response.content.decode())]
    assert len(links) > 1
    assert "Plusieurs lieux" not in text_of(client.get(LIST + links[0]))


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("lieu=Xyzzy", "« Xyzzy » n’est ni une commune actuelle ni une intercommunalité"),
        ("besoin=rien", "« rien » n’est pas dans la liste : ce choix n’est pas pris en compte"),
        ("q=" + "a" * 101, None),
    ],
)
def test_what_cannot_be_read_is_told_and_narrows_nothing(client, query, said):
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 200
    assert said is None or said in text_of(response)
    assert f"{len(in_force())} dispositifs" in text_of(response)


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    "query", ["q=%00", "lieu=%00", "besoin=%00", "page=abc", "page=-1", "page=9999", "q=%27%22<b>"]
)
def test_nothing_in_the_address_breaks_the_page(client, query):
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 200
    assert "<b>" not in response.content.decode()


def test_what_is_chosen_stays_in_the_address_of_the_next_page_and_can_be_taken_away(client):
    html = unescape(client.get(f"{LIST}?niveau=national&ouvert=on").content.decode())
    assert re.search(r'href="\?niveau=national&ouvert=on&page=2"', html)
    assert 'href="/dispositifs/?ouvert=on"' in html
    assert 'href="/dispositifs/?niveau=national"' in html


def test_nothing_found_says_what_to_do(client):
    assert "Rien ne répond à tous ces choix ensemble" in text_of(client.get(f"{LIST}?q=xylophone"))


def test_words_that_no_sheet_holds_begin_a_request(client):
    page = client.get(f"{LIST}?q={quote('soudeur <b>')}&ouvert=on")
    assert "Décrire ce besoin : « soudeur <b> »" in text_of(page).replace("\N{NO-BREAK SPACE}", " ")
    form = re.search(r'<form method="post" action="([^"]+)">(.*?)</form>', page.content.decode(), re.DOTALL)
    assert form
    assert "csrfmiddlewaretoken" not in form[2]  # the page is the same for all
    typed = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[2]))
    step = Client(enforce_csrf_checks=True).post(unescape(form[1]), {key: unescape(one) for key, one in typed.items()})
    assert step.status_code == 200
    assert step.context["form"]["text"].value() == "soudeur <b>"
    assert "Site d’où vous arrivez" not in text_of(step)
    for found in ("q=robot", "niveau=local&forme=loan"):
        assert "Décrire ce besoin" not in text_of(client.get(f"{LIST}?{found}"))


# -- the sheet


def test_a_sheet_says_each_condition_with_its_source_the_day_and_a_way_to_contradict(client):
    text = text_of(client.get(f"{LIST}{KEY}/"))
    assert "Effectif de l’entreprise : moins de 20 salariés" in text
    assert "Lue le 1er décembre 2026, à vérifier auprès de : Région Hauts-de-France." in text
    assert "Puis-je en bénéficier" in text
    assert "40 % des dépenses hors taxes" in text
    n_conditions = get_scheme(KEY).current.criteria.count()
    assert text.count("C’est inexact") == n_conditions
    assert f"Version {get_scheme(KEY).current.number}, publiée le" in text


def test_what_decides_nothing_has_a_heading_of_its_own(client, tmp_path):
    place = {"kind": "in_territory", "any_of": ["REG-32"]}
    asked = {"kind": "manual", "fact": "essai.asked", "sentence": "L’équipement est neuf.", "ask": "firm"}
    before = {**asked, "fact": "essai.before", "sentence": "Déposer avant de commander.", "nature": "undertaking"}
    novel = {**asked, "fact": "essai.novel", "sentence": "Le projet est innovant.", "nature": "appraisal"}
    revise_scheme(tmp_path, KEY, criteria=[novel, before, asked, {"kind": "all", "of": [place, novel]}])
    text = text_of(client.get(f"{LIST}{KEY}/"))
    conditions, done, weighed = (
        text.index(heading) for heading in ("Conditions Chaque", "À faire Déposer", "Ce que le porteur regarde Le")
    )
    assert conditions < text.index("L’équipement est neuf. À confirmer") < done < weighed
    assert conditions < text.index("Ce que le porteur regarde – Le projet est innovant.") < done
    assert "Déposer avant de commander. À confirmer" not in text


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("window", "said"),
    [
        ({"state": "dated", "opens_on": "2027-01-05", "closes_on": "2027-03-01"}, "Ouvre le 5 janvier 2027"),
        ({"state": "dated", "opens_on": "2026-01-05", "closes_on": "2026-11-24"}, "dernier jour : aujourd’hui"),
        ({"state": "dated", "opens_on": "2026-01-05", "closes_on": "2026-11-23"}, "On ne peut pas le demander"),
        ({"state": "suspended"}, "Suspendu par le porteur"),
        ({"state": "exhausted"}, "Enveloppe épuisée"),
    ],
)
def test_a_sheet_says_what_the_window_is_on_the_day(client, window, said):
    publish_change(
        get_scheme(), window={"opens_on": None, "closes_on": None, "recurring": None, "note": None, **window}
    )
    assert said in text_of(client.get(f"{LIST}{get_scheme().source_key}/"))


@pytest.mark.cases(1)
@pytest.mark.parametrize("state", ["closed", "suspended", "exhausted"])
def test_nobody_is_asked_whether_they_may_have_what_is_closed(client, state):
    window = {"state": state, "opens_on": None, "closes_on": None, "recurring": None, "note": None}
    publish_change(get_scheme(), window=window)
    text = text_of(client.get(f"{LIST}{get_scheme().source_key}/"))
    assert "Puis-je en bénéficier" not in text
    assert "ce qui est ouvert aujourd’hui pour le même besoin. Que puis-je demander ?" in text


def test_sources_are_numbered_as_the_sheet_names_them(client):
    page = client.get(f"{LIST}hdf-creation-entreprise/").content.decode()
    assert "(source 3)" in page
    listed_sources = page.partition('<h2 id="sources">')[2].partition("</section>")[0]
    assert "<ol>" in listed_sources
    assert listed_sources.count("<li>") >= 3


def test_an_archived_scheme_keeps_its_page_which_says_so_and_leaves_the_list(client):
    archive(scheme=get_scheme(KEY), approver=make_approver(), reason="Terminé.")
    response = client.get(f"{LIST}{KEY}/")
    assert response.status_code == 200
    assert "Ce dispositif est archivé" in text_of(response)
    assert "noindex" in response.content.decode()
    assert "Puis-je en bénéficier" not in text_of(response)
    assert KEY not in listed(client, "niveau=regional")


def test_sheets_that_nobody_checked_and_those_of_other_sites_have_no_page(client):
    draft = Scheme.objects.drafts().of_source(Scheme.OWN).first()
    archive(scheme=Scheme.objects.drafts().of_source(Scheme.OWN).last(), approver=make_approver(), reason="Terminé.")
    archived_draft = Scheme.objects.get(state="archived")
    for key in (draft.source_key, archived_draft.source_key, make_imported().source_key, "rien-du-tout"):
        for path in ("", "versions/", "versions/1/", "signaler/", "signaler/merci/"):
            assert client.get(f"{LIST}{key}/{path}").status_code == 404, (key, path)
    assert draft.source_key not in client.get("/sitemap.xml").content.decode()


def test_a_link_to_a_scheme_that_is_not_shown_is_not_told(client):
    scheme, draft = get_scheme(KEY), Scheme.objects.drafts().of_source(Scheme.OWN).first()
    for other in (draft.source_key, "mediation-credit"):
        Relation.objects.create(revision=scheme.current, kind="follows", other_key=other)
    html = client.get(f"{LIST}{KEY}/").content.decode()
    assert "/dispositifs/mediation-credit/" in html
    assert draft.source_key not in html


def test_internal_remarks_are_for_nobody_outside(client):
    scheme = publish_change(get_scheme(KEY), notes="Secret de rédaction.", corrections=["Correction interne."])
    publish_change(scheme, notes="Autre secret.")
    for path in ("", "versions/", "versions/1/", "versions/2/"):
        html = client.get(f"{LIST}{KEY}/{path}", follow=True).content.decode()
        assert "secret" not in html.lower()
        assert "Correction interne" not in html


# -- versions


def test_versions_can_be_read_and_say_what_each_changed(client):
    last = publish_change(get_scheme(KEY), summary="Un résumé tout neuf.").current.number
    text = text_of(client.get(f"{LIST}{KEY}/versions/"))
    assert f"Version {last}" in text
    assert "Avant : Subvention d'équipement numérique" in text
    assert "Maintenant : Un résumé tout neuf." in text
    old = text_of(client.get(f"{LIST}{KEY}/versions/1/"))
    assert "Vous lisez la version 1" in old
    assert "Subvention d'équipement numérique" in old
    assert client.get(f"{LIST}{KEY}/versions/{last}/")["Location"] == f"{LIST}{KEY}/"
    assert client.get(f"{LIST}{KEY}/versions/{last + 1}/").status_code == 404


# -- what machines read

# Names that schema.org (30.0) gives each type, of those we use; a name that is none would say nothing to anybody.
THING = {"@type", "@id", "url", "identifier", "name", "description", "subjectOf"}
SCHEMA_ORG = {
    "GovernmentService": THING
    | {"@context", "serviceType", "category", "audience", "areaServed", "provider", "availableChannel"},
    "BusinessAudience": THING | {"audienceType"},
    "AdministrativeArea": THING,
    "Country": THING,
    "Organization": THING,
    "ServiceChannel": THING | {"serviceUrl", "servicePhone"},
    "ContactPoint": THING | {"telephone"},
    "WebPage": THING | {"inLanguage", "dateModified", "lastReviewed", "license"},
}


def block_of(response) -> dict:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', response.content.decode(), re.DOTALL)
    return json.loads(found[1])


def check_names(part) -> None:
    if isinstance(part, list):
        for one in part:
            check_names(one)
    elif isinstance(part, dict):
        assert set(part) <= SCHEMA_ORG[part["@type"]], part
        assert all(value not in ("", None, []) for value in part.values()), part
        for value in part.values():
            check_names(value)


def test_every_sheet_has_data_for_search_engines_in_words_that_exist(client):
    for key in sorted(in_force())[::60]:
        block = block_of(client.get(f"{LIST}{key}/"))
        assert block["@context"] == "https://schema.org"
        assert block["@type"] == "GovernmentService"
        check_names(block)
    aden = block_of(client.get(f"{LIST}{KEY}/"))
    assert aden["areaServed"] == [{"@type": "AdministrativeArea", "name": "Hauts-de-France", "identifier": "REG-32"}]
    assert aden["identifier"] == str(get_scheme(KEY).uuid)
    assert aden["provider"] == [{"@type": "Organization", "name": "Région Hauts-de-France", "identifier": "200053742"}]


def test_nothing_in_a_sheet_ends_the_block_of_data(client):
    name = "</script><script>alert(1)</script> & <b>"
    publish_change(get_scheme(KEY), name=name)
    response = client.get(f"{LIST}{KEY}/")
    assert block_of(response)["name"] == name
    assert "<script>alert" not in response.content.decode()


def test_each_page_names_its_one_address_and_the_sitemap_holds_it(client, settings):
    html = client.get(f"{LIST}{KEY}/").content.decode()
    assert f'<link rel="canonical" href="{settings.PUBLIC_URL}/dispositifs/{KEY}/">' in html
    assert '<meta name="description"' in html
    narrowed = client.get(f"{LIST}?q=robot").content.decode()
    assert f'<link rel="canonical" href="{settings.PUBLIC_URL}/dispositifs/">' in narrowed
    assert "noindex" in narrowed
    sitemap = client.get("/sitemap.xml").content.decode()
    addresses = re.findall(r"<loc>([^<]+)</loc>", sitemap)
    assert {f"{settings.PUBLIC_URL}/dispositifs/{key}/" for key in in_force()} <= set(addresses)
    assert f"Sitemap: {settings.PUBLIC_URL}/sitemap.xml" in client.get("/robots.txt").content.decode()
    for address in addresses[:3]:
        assert client.get(address.removeprefix(settings.PUBLIC_URL)).status_code == 200


# -- nothing is sent again to who has it

PATHS = (LIST, f"{LIST}?q=robot", f"{LIST}{KEY}/", f"{LIST}{KEY}/versions/", "/donnees-ouvertes/", "/sitemap.xml")


@pytest.mark.cases(1)
@pytest.mark.parametrize("path", PATHS)
def test_a_page_that_is_held_is_not_sent_again(client, path):
    whole = client.get(path)
    for held in ({"If-None-Match": whole["ETag"]}, {"If-Modified-Since": whole["Last-Modified"]}):
        again = client.get(path, headers=held)
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == whole["ETag"]
    assert client.get(path, headers={"If-None-Match": 'W/"other"'}).status_code == 200
    assert client.get(path).content == whole.content


def test_a_page_that_is_none_is_not_found_whatever_is_held(client):
    held = client.get(LIST)
    for headers in ({"If-None-Match": "*"}, {"If-Modified-Since": held["Last-Modified"]}):
        assert client.get(f"{LIST}rien/", headers=headers).status_code == 404


def test_a_change_and_the_next_day_are_sent(client, settings):
    path = f"{LIST}{KEY}/"
    held = client.get(path)["ETag"]
    publish_change(get_scheme(KEY), summary="Changé.")
    changed = client.get(path, headers={"If-None-Match": held})
    assert changed.status_code == 200
    settings.FIXED_DAY = date(2026, 11, 25)
    assert client.get(path, headers={"If-None-Match": changed["ETag"]}).status_code == 200


def test_who_signed_in_gets_a_page_of_ones_own(client):
    client.force_login(make_officer())
    response = client.get(f"{LIST}{KEY}/")
    assert "ETag" not in response.headers
    assert "private" in response["Cache-Control"]
    assert "Se déconnecter" in text_of(response)


def test_the_list_costs_the_same_however_many_are_shown(client, django_assert_max_num_queries):
    client.get(LIST)
    with django_assert_max_num_queries(16):
        client.get(LIST)


def test_a_long_text_in_the_address_is_kept_in_the_field(client):
    assert 'value="robot &lt;b&gt;"' in client.get(f"{LIST}?q={quote('robot <b>')}").content.decode()
