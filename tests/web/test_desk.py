"""The officers' desk around the verdicts: correct a fact, add by hand, notes, steps, hand-over, filters, catalogue."""

import re

import pytest

from backend.accounts.models import Membership
from backend.companies.models import Fact
from backend.matchmaking.closing import close_file
from backend.matchmaking.follow_up import offer_file, record_step, take_file, write_note
from backend.matchmaking.models import Alert, FollowUp, HandOver, Match, Note, Review
from backend.matchmaking.reviews import end_review
from backend.schemes.models import CatalogueTask, Scheme
from backend.web.forms.review import StepForm
from tests.factories import CCLO, DAY, decide, first_matches, link_to, make_officer, make_submission, revise_scheme
from tests.neighbour import ours
from tests.web.conftest import fill, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def desk(client, officer):
    client.force_login(officer)
    return client


def act(desk, submission, what, follow=True, **sent):
    return desk.post(f"/agent/{submission.pk}/{what}/", sent, follow=follow)


def set_aside(desk, submission, scheme, **sent):
    return act(desk, submission, f"avis/{scheme.pk}", verdict="rejected", **sent)


# -- facts


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("sent", "fact", "value"),
    [
        ({"headcount": "", "headcount_band": "50,99"}, "headcount", [50, 99]),
        ({"independent": ""}, "group", None),
        ({"headcount": "48,5", "headcount_band": ""}, "headcount", 48.5),
        ({"headcount": "", "headcount_band": ""}, "headcount", None),
        ({"naf": "28.22Z", "division": ""}, "naf", "28.22Z"),
        ({"commune": "Attichy"}, "commune", "60025"),
        ({"legal_form": "10-micro"}, "legal_category", "10"),
        ({"created_on": "01/02/2020"}, "created_on", "2020-02-01"),
        ({"created_on": "01/02/20"}, "created_on", "2020-02-01"),
        ({"started": "yes"}, "project.started", True),
        ({"horizon": "later"}, "project.horizon", "later"),
        ({"spend": "250 000 €"}, "project.spend", 250_000.0),
        ({"spend_kinds": ["works", "study"]}, "project.spend_kinds", ["works", "study"]),
        ({"naf_2025": "25.62y"}, "naf_2025", "25.62Y"),
        ({"craft_register": "no"}, "craft_register", False),
        ({"public_body": "no"}, "public_body", False),
        ({"in_difficulty": "no"}, "in_difficulty", False),
        ({"taxes_up_to_date": "yes"}, "taxes_up_to_date", True),
    ],
)
def test_an_officer_corrects_one_fact_and_nothing_else(desk, officer, submission, sent, fact, value):
    before = submission.sheet.values()
    response = act(desk, submission, "corriger", fact=fact, **sent)
    if response.status_code == 200:  # a file that moved to another intercommunality is no longer shown
        assert "C’est noté" in text_of(response)
    after = submission.sheet.values()
    assert after.get(fact) == value
    row = submission.sheet.facts.filter(name=fact).order_by("pk").last()
    assert (row.origin, row.author) == (Fact.Origin.OFFICER, officer)
    told_with = {"legal_category": "micro_entrepreneur"}.get(fact)
    different = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert different <= {fact, told_with}


def test_an_officer_records_that_a_sole_trader_is_not_under_the_micro_regime(desk):
    submission = make_submission(confirmed=True, facts={"legal_category": "1000"}, without=("micro_entrepreneur",))
    act(desk, submission, "corriger", fact="legal_category", legal_form="10")
    assert submission.sheet.values()["micro_entrepreneur"] is False


def test_a_corrected_fact_shows_at_once_what_it_changes(desk, submission):
    text = text_of(act(desk, submission, "corriger", fact="naf", naf="01.11Z", division=""))
    assert "Ce qui change" in text
    assert "hors besoin" not in text
    assert "→ non éligible" in text


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("fact", "sent", "sentence"),
    [
        ("headcount", {"headcount": "beaucoup"}, "Écrivez un nombre de salariés"),
        ("headcount", {"headcount": "5", "headcount_band": "50,99"}, "hors de cette tranche"),
        ("naf", {"naf": "99.99X"}, "n’est pas un code de la NAF"),
        ("commune", {"commune": "Trifouillis"}, "ne correspond à aucune commune"),
        ("created_on", {"created_on": "31/02/2020"}, "Cette date n’existe pas"),
    ],
)
def test_a_fact_that_cannot_be_is_refused_and_kept_in_its_field(desk, submission, fact, sent, sentence):
    before = submission.sheet.values()
    response = act(desk, submission, "corriger", fact=fact, **sent)
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert next(iter(sent.values())) in response.content.decode()
    assert submission.sheet.values() == before


def test_a_commune_outside_the_territory_closes_the_file_once_the_officer_says_that_it_is_right(desk, submission):
    response = act(desk, submission, "corriger", fact="commune", commune="60057")
    assert response.status_code == 422
    assert "hors du territoire" in text_of(response)
    assert "60057" in response.content.decode()
    assert submission.sheet.values()["commune"] == "60159"
    page = text_of(act(desk, submission, "corriger", fact="commune", commune="60057", leaves="1"))
    assert "son projet est hors du territoire" in page
    assert "Rouvrir cette demande" in page
    assert submission.sheet.values()["commune"] == "60057"


@pytest.mark.cases(2)
@pytest.mark.parametrize("fact", ["", "inconnu", "micro_entrepreneur", "\0"])
def test_an_unknown_fact_is_no_crash(desk, submission, fact):
    assert act(desk, submission, "corriger", follow=False, fact=fact).status_code == 302


# -- the reasons, from the page


def test_each_reason_of_the_page_lands_where_it_should(desk, officer, submission):
    first, second, third, fourth, fifth = (match.scheme for match in first_matches(submission, 5))
    criterion = first.current.criteria.first()
    set_aside(desk, submission, first, reason="wrong_criterion", criterion=criterion.pk, comment="Faux.")
    assert CatalogueTask.objects.waiting().get().criterion == criterion
    set_aside(desk, submission, second, reason="wrong_fact", fact="turnover")
    assert "turnover" not in submission.sheet.values()
    set_aside(desk, submission, third, reason="better_alternative", alternative=fourth.current.name)
    assert ours(Review).get(scheme=fourth).verdict == "kept"
    set_aside(desk, submission, fifth, reason="partner_first", partner="un laboratoire")
    assert ours(FollowUp).to_do().get().note == "un laboratoire"


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"reason": "better_alternative", "alternative": "Inconnu <b>au</b> bataillon"}, "n’est le nom d’aucun"),
        ({"reason": "better_alternative"}, "Dites quel autre dispositif"),
        ({"reason": "partner_first"}, "Dites quel partenaire"),
        ({"reason": "wrong_fact", "fact": "balance_sheet"}, "Dites quel fait"),
        ({"reason": "wrong_criterion", "criterion": "1"}, "choix"),
    ],
)
def test_a_reason_that_lacks_something_says_what_and_keeps_what_was_typed(desk, submission, sent, sentence):
    scheme = first_matches(submission)[0].scheme
    response = set_aside(desk, submission, scheme, comment="Mon mot à moi", **sent)
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert "Mon mot à moi" in response.content.decode()
    assert not ours(Review).exists()


@pytest.mark.slow
def test_a_scheme_that_became_ineligible_can_still_be_given_back(desk, submission):
    scheme = first_matches(submission)[0].scheme
    set_aside(desk, submission, scheme, reason="not_interested")
    act(desk, submission, "corriger", fact="naf", naf="01.11Z", division="", follow=False)
    act(desk, submission, f"avis/{scheme.pk}", verdict="withdrawn", follow=False)
    assert submission.reviews.latest_by_scheme()[scheme.pk].is_withdrawn


# -- by hand


def test_a_scheme_is_found_by_its_words_and_added_with_who_added_it(desk, officer, client, submission):
    scheme = Scheme.objects.get(source_key="mte-imprim-vert")
    page = desk.get(f"/agent/{submission.pk}/ajouter/", {"q": "imprim vert"})
    assert scheme.current.name in text_of(page)
    own = text_of(act(desk, submission, f"avis/{scheme.pk}", verdict="kept"))
    assert f"Ajouté à la main par {officer}." in own
    assert "qui connaît votre dossier" not in own  # it is said to the firm
    act(desk, submission, "terminer", message="Bonjour", follow=False)
    text = text_of(client.get(f"/resultat/{link_to(submission)}/"))
    assert scheme.current.name in text
    assert f"Ajouté par {officer}" in text


def test_schemes_are_found_by_words_without_their_accents(desk, submission):
    name = Scheme.objects.get(source_key="mte-certificats-economie-energie").current.name
    for path in (f"/agent/{submission.pk}/ajouter/", "/agent/catalogue/"):
        assert name in text_of(desk.get(path, {"q": "certificat economie energie"}))


@pytest.mark.cases(2)
@pytest.mark.parametrize("words", ["", "zzzz", "%", "\0", "é" * 3000])
def test_a_search_that_finds_nothing_says_so(desk, submission, words):
    response = desk.get(f"/agent/{submission.pk}/ajouter/", {"q": words})
    assert response.status_code == 200


def test_a_draft_is_never_found_nor_kept(desk, submission):
    draft = Scheme.objects.drafts().first()
    assert draft.current.name not in text_of(
        desk.get(f"/agent/{submission.pk}/ajouter/", {"q": draft.current.name[:20]})
    )
    response = act(desk, submission, f"avis/{draft.pk}", verdict="kept")
    assert response.status_code == 422
    assert "n’est pas publié" in text_of(response)


# -- drafts and public contacts


def test_officers_see_unverified_sheets_marked_and_firms_only_public_contacts(desk, client):
    submission = make_submission(confirmed=True, needs=("innovation.collaboratif", "risques.technologique"))
    drafts = Scheme.objects.drafts().filter(
        current__served_needs__sub_need__in=("innovation.collaboratif", "risques.technologique")
    )
    public = drafts.filter(current__public_contact=True).distinct()
    private = drafts.filter(current__public_contact=False).distinct()
    assert public
    assert private
    officer_text = text_of(desk.get(f"/agent/{submission.pk}/partie/non-verifiees/"))
    firm = client.get(f"/resultat/{link_to(submission)}/")
    firm_text = text_of(firm)
    for scheme in (*public, *private):
        assert scheme.current.name in officer_text
    assert "À qui parler" in firm_text
    assert "Informations non vérifiées" in firm_text
    for scheme in private:
        assert scheme.current.name not in firm_text
    for scheme in public:
        assert (scheme.current.contact_name or scheme.current.name) in firm_text
        assert scheme.current.summary not in firm_text
    page = firm.context["page"]
    shown = {card.match.scheme_id for card in (*page.cards, *page.guides)}
    assert not shown & set(drafts.values_list("pk", flat=True))


def test_the_catalogue_lists_all_and_marks_what_nobody_checked(desk):
    draft = Scheme.objects.drafts().first()
    text = text_of(desk.get("/agent/catalogue/", {"q": draft.current.name}))
    assert draft.current.name in text
    assert "Fiche non vérifiée" in text
    page = desk.get(f"/agent/catalogue/{draft.pk}/")
    assert "Personne n’a vérifié cette fiche" in text_of(page)
    archived = Scheme.objects.published().first()
    Scheme.objects.filter(pk=archived.pk).update(state=Scheme.State.ARCHIVED)
    assert desk.get(f"/agent/catalogue/{archived.pk}/").status_code == 404


@pytest.mark.cases(1)
@pytest.mark.parametrize("query", ["?page=9999", "?page=x", "?besoin=inconnu", "?q=%00", "?besoin=%00", "?page=-1"])
def test_an_odd_address_of_the_catalogue_is_no_crash(desk, query):
    assert desk.get(f"/agent/catalogue/{query}").status_code == 200


# -- notes, steps


def test_a_note_is_written_for_a_chosen_audience(desk, client, submission):
    refused = act(desk, submission, "notes", text="Un mot <b>gras</b>")
    assert refused.status_code == 422
    assert "Choisissez qui lira cette note" in text_of(refused)
    assert "Un mot &lt;b&gt;gras" in refused.content.decode()
    for audience in Note.Audience.values:
        act(desk, submission, "notes", text=f"Note {audience}", audience=audience, follow=False)
    firm = text_of(client.get(f"/resultat/{link_to(submission)}/"))
    assert "Note firm" in firm
    assert "Note internal" not in firm
    assert "Note shared" not in firm


def test_a_note_of_somebody_else_cannot_be_taken_back(desk, submission):
    note = write_note(submission=submission, author=make_officer(), audience="firm", text="Un mot.")
    assert act(desk, submission, f"notes/{note.pk}/retirer").status_code == 404
    own = write_note(submission=submission, author=desk_user(desk), audience="firm", text="Le mien.")
    act(desk, submission, f"notes/{own.pk}/retirer", follow=False)
    assert list(ours(Note).standing()) == [note]


def desk_user(desk):
    return desk.get("/agent/").context["user"]


def test_steps_are_noted_done_and_cancelled(desk, submission):
    scheme = first_matches(submission)[0].scheme
    act(desk, submission, "suivi", step="contacted", scheme=scheme.pk, note="le 20", follow=False)
    act(desk, submission, "suivi", step="partner", note="un client", follow=False)
    step = ours(FollowUp).to_do().get()
    act(desk, submission, f"suivi/{step.pk}", follow=False)
    assert not ours(FollowUp).to_do().exists()
    act(desk, submission, f"suivi/{step.pk}", cancel="1", follow=False)
    assert ours(FollowUp).standing().count() == 1


def test_a_step_of_another_file_is_not_found(desk, officer, submission):
    step = record_step(submission=make_submission(confirmed=True), officer=officer, step="contacted")
    assert act(desk, submission, f"suivi/{step.pk}").status_code == 404


# -- hand-over


def test_a_file_is_offered_accepted_and_followed(desk, client, submission):
    colleague = make_officer()
    act(desk, submission, "transmettre", to=colleague.pk, note="Je pars.", follow=False)
    offer = ours(HandOver).get()
    client.force_login(colleague)
    assert "Offerts 1" in text_of(client.get("/agent/"))
    assert "Je pars." in text_of(client.get("/agent/?etat=offerts"))
    assert "Accepter ce dossier" in text_of(client.get(f"/agent/{submission.pk}/"))
    client.post("/agent/propositions/", {"offer": [offer.pk], "answer": "accept"})
    submission.refresh_from_db()
    assert submission.officer == colleague


@pytest.mark.cases(2)
@pytest.mark.parametrize("to", ["", "999999", "x", "\0"])
def test_an_offer_to_nobody_says_so(desk, submission, to):
    assert act(desk, submission, "transmettre", to=to).status_code == 422


@pytest.mark.cases(2)
@pytest.mark.parametrize("keys", [[], ["x"], ["999999999999999999999"], ["²"], ["-1"]])
def test_answering_no_offer_is_no_crash(desk, keys):
    assert desk.post("/agent/propositions/", {"offer": keys, "answer": "accept"}).status_code == 302


def test_a_portfolio_is_offered_at_once(desk, officer):
    for _ in range(3):
        take_file(submission=make_submission(confirmed=True), officer=officer)
    assert "Proposer mes dossiers" in text_of(desk.get("/agent/portefeuille/"))
    desk.post("/agent/portefeuille/", {"to": make_officer(CCLO).pk, "note": ""})
    assert ours(HandOver).waiting().count() == 3


def test_what_is_closed_is_no_part_of_a_portfolio_which_says_how_many_of_what_it_holds(desk, officer, submission):
    waiting, reviewed, far = (make_submission(confirmed=True) for _ in range(3))
    for file in (submission, waiting, reviewed):
        take_file(submission=file, officer=officer)
    take_file(submission=far, officer=make_officer())
    end_review(submission=reviewed, officer=officer, on=DAY, message="Bonjour.")
    close_file(submission=submission, officer=officer, reason="not_helped")
    page = text_of(desk.get("/agent/portefeuille/"))
    assert "2 dossiers ouverts, dont 1 à relire." in page
    assert "Non compris 1 dossier clos, qui reste à votre nom." in page
    for file in (submission, far):
        assert file.reference not in page
    desk.post("/agent/portefeuille/", {"to": make_officer(CCLO).pk, "note": ""})
    assert set(ours(HandOver).waiting().values_list("submission", flat=True)) == {waiting.pk, reviewed.pk}


def test_taking_a_file_says_so(desk, officer, submission):
    assert "Vous suivez ce dossier." in text_of(act(desk, submission, "prendre"))
    submission.refresh_from_db()
    assert submission.officer == officer


# -- schemes that bear on each other


@pytest.fixture
def pair(submission, tmp_path):
    """Return two schemes of the file, of which the first excludes the second."""
    first, second = (match.scheme for match in first_matches(submission, 2))
    links = [{"kind": "excludes", "scheme": second.source_key, "note": "Un <b>seul</b>.", "source": None}]
    revise_scheme(tmp_path, first.source_key, name="Premier <i>A</i>", relations=links)
    return first, second


def test_two_kept_schemes_that_exclude_each_other_are_told_beside_both_and_above_the_button(desk, submission, pair):
    second = pair[1]
    for scheme in pair:
        act(desk, submission, f"avis/{scheme.pk}", verdict="kept", follow=False)
    response = desk.get(f"/agent/{submission.pk}/")
    text = text_of(response)
    assert "<i>A</i>" not in response.content.decode()
    assert f"Ne se cumule pas avec « {second.current.name} », déjà retenu." in text
    assert text.count("e se cumule pas avec « Premier <i>A</i> », déjà retenu.") >= 1
    assert text.index("Avant de terminer") < text.index("Terminer la relecture")
    ended = act(desk, submission, "terminer", message="Bonjour")
    assert "Relecture terminée" in text_of(ended)


@pytest.mark.slow
def test_a_scheme_to_be_added_by_hand_says_what_it_goes_against(desk, submission, pair):
    first, second = pair
    act(desk, submission, f"avis/{first.pk}", verdict="kept", follow=False)
    text = text_of(desk.get(f"/agent/{submission.pk}/ajouter/", {"q": second.current.name}))
    assert "Ne se cumule pas avec « Premier <i>A</i> », déjà retenu." in text


def test_a_firm_reads_what_comes_first_before_the_review_and_after(client, desk, officer, submission, pair, tmp_path):
    first, second = pair
    links = [{"kind": "requires", "scheme": second.source_key, "note": None, "source": None}]
    revise_scheme(tmp_path, first.source_key, name="Premier", relations=links)
    path = f"/resultat/{link_to(submission)}/"
    for scheme in pair:
        decide(submission, scheme, officer)
    before = text_of(client.get(path))
    end_review(submission=submission, officer=officer, on=DAY)
    after = text_of(client.get(path))
    for text in (before, after):
        steps = text[text.index("Vos prochaines démarches") :]
        assert "À faire avant « Premier »" in steps
        name = second.current.name[:40]
        assert steps.index(name) < steps.index("Premier", steps.index("À faire avant « Premier »") + 30)
        assert "déjà retenu" not in text
    assert ("Retenus, puis" in before, "Retenus, puis" in after) == (False, True)


# -- the end, and the next one


def test_after_the_end_comes_the_next_file_of_the_queue(desk, officer, submission):
    following = make_submission(confirmed=True)
    response = act(desk, submission, "terminer", follow=False, message="Bonjour", next="1")
    assert response["Location"] == f"/agent/{following.pk}/"
    response = act(desk, following, "terminer", follow=False, message="Bonjour", next="1")
    assert desk.get(response["Location"])["Location"] == "/agent/"  # after the last one, the list


@pytest.mark.slow
def test_a_review_is_taken_up_again(desk, submission):
    act(desk, submission, "terminer", message="Bonjour", follow=False)
    assert "La relecture est reprise" in text_of(act(desk, submission, "reprendre"))
    submission.refresh_from_db()
    assert submission.reviewed_at is None


@pytest.mark.neighbour("siren", "address", "group")
def test_other_reasons_are_listed_for_those_who_lead(client, desk, officer, submission):
    scheme = first_matches(submission)[0].scheme
    decide(submission, scheme, officer, "other", comment="Le guichet <i>ne répond plus</i>.")
    assert desk.get("/agent/autres-raisons/").status_code == 403
    client.force_login(make_officer(role=Membership.Role.EPCI_LEAD))
    assert "Le guichet <i>ne répond plus</i>." in text_of(client.get("/agent/autres-raisons/"))
    client.force_login(make_officer(CCLO, role=Membership.Role.EPCI_LEAD))
    assert "Le guichet" not in text_of(client.get("/agent/autres-raisons/"))


# -- the firm's alerts


def test_a_firm_asks_for_alerts_while_it_files_or_later(client, submission):
    fill(client, contact={"alerts": "on"})
    assert ours(Alert).count() == 1
    path = f"/resultat/{link_to(submission)}/alertes/"
    client.post(path, {"frequency": "weekly", "paused_until": "31/01/27"})
    alert = Alert.objects.get(submission=submission)
    assert (alert.frequency, str(alert.paused_until)) == ("weekly", "2027-01-31")
    client.post(path, {"frequency": "weekly", "paused_until": ""})
    text = text_of(client.get(f"/resultat/{link_to(submission)}/"))
    assert "une fois par semaine" in text
    client.post(path, {"stop": "1"})
    assert Alert.objects.get(submission=submission).ended_at is not None


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "obligatoire"),
        ({"frequency": "toujours"}, "choix"),
        ({"frequency": "weekly", "paused_until": "2026-11-24"}, "est passé"),
        ({"frequency": "weekly", "paused_until": "31/02/2027"}, "Cette date n’existe pas"),
        ({"frequency": "weekly", "paused_until": "2099-01-01"}, "trop loin"),
    ],
)
def test_an_alert_that_cannot_be_says_why(client, submission, sent, sentence):
    response = client.post(f"/resultat/{link_to(submission)}/alertes/", sent)
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert not ours(Alert).exists()


def test_a_decided_file_shows_no_scheme_twice(desk, officer, submission):
    for match, reason in zip(first_matches(submission, 4), ("", "not_worth_it", "not_interested", ""), strict=True):
        decide(submission, match.scheme, officer, reason)
    end_review(submission=submission, officer=officer, on=DAY)
    page = desk.get(f"/agent/{submission.pk}/").context["page"]
    shown = [card.match.scheme_id for group in page.groups for card in group.cards]
    shown += [card.match.scheme_id for card in (*page.set_aside, *page.not_proposed)]
    assert len(shown) == len(set(shown))


def test_an_offered_file_shows_to_an_officer_elsewhere_without_the_means_to_decide(client, officer, submission):
    other = make_officer(CCLO)
    offer_file(submission=submission, by=officer, to=other)
    client.force_login(other)
    page = client.get(f"/agent/{submission.pk}/")
    assert page.status_code == 200
    assert "/terminer/" not in page.content.decode()
    assert client.post(f"/agent/{submission.pk}/terminer/", {"message": "x"}).status_code == 403


# -- what a scheme of a file holds, fetched when it is opened


def test_a_scheme_of_a_file_is_fetched_part_by_part_and_has_a_page_of_its_own(desk, submission):
    (match,) = first_matches(submission)
    path = f"/agent/{submission.pk}/dispositif/{match.scheme_id}/"
    whole = desk.get(path)
    conditions, form = (
        desk.get(path, {"partie": part}, headers={"HX-Request": "true"}) for part in ("conditions", "ecarter")
    )
    assert "<html" in whole.content.decode()
    for part in (conditions, form):
        assert "<html" not in part.content.decode()
        assert text_of(part) in text_of(whole)
    assert 'name="reason"' in form.content.decode()
    assert whole.context["card"].lines[0].sentence in text_of(conditions)
    assert desk.get(f"/agent/{submission.pk}/dispositif/0/").status_code == 404
    file = desk.get(f"/agent/{submission.pk}/")
    assert file.content.decode().count('name="reason"') == 0
    assert len(file.content) < 320_000  # it was 867 kB with a form and every condition of each scheme


def test_what_was_refused_comes_back_where_it_was_typed(desk, submission):
    (match,) = first_matches(submission)
    refused = desk.post(
        f"/agent/{submission.pk}/avis/{match.scheme_id}/",
        {"verdict": "rejected", "reason": "other", "message": "Vous le lirez."},
    )
    assert refused.status_code == 422
    html = refused.content.decode()
    assert html.count('name="reason"') == 1
    assert "Vous le lirez." in html


@pytest.mark.slow
def test_the_steps_of_a_file_read_no_other_file(desk, submission):
    """The list of schemes that a step may be about is two look-ups, however many files there are."""
    for _ in range(5):
        make_submission(confirmed=True)
    form = StepForm(submission=submission)
    plan = form.fields["scheme"].queryset.explain(format="json", analyze=True)
    read = [*re.finditer(r'"Relation Name": "matchmaking_(match|review)".*?"Actual Rows": ([0-9.]+)', plan, re.DOTALL)]
    assert read
    n_matches = Match.objects.filter(result__submission=submission).count()
    assert all(float(found[2]) <= n_matches for found in read), plan
