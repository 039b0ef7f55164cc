"""Every page, state and role: axe finds nothing, nothing scrolls sideways, and a person can look at it."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from benchmarks.phone import HEIGHT
from tests.e2e.conftest import MOST_SCREENS, Service, look, sign_in

pytestmark = pytest.mark.parametrize("service", ["2026-11-24"], indirect=True)
OFFICER, LEAD = "claire.vasseur@jonction.example", "sophie.carlier@jonction.example"
TERRITORY, ADMINISTRATOR = "marc.delaunay@jonction.example", "admin@jonction.example"
PARTNER = "lucie.perrin@jonction.example"
MOST_PIXELS_OF_FILE = 6000  # on a phone
EDITOR, APPROVER = "hugo.lemaire@jonction.example", "elise.fontaine@jonction.example"

PREPARE = """
import json
from datetime import date
from django.db import transaction
from django.utils import timezone
from backend.accounts.models import Organisation, User
from backend.common.days import current_day
from backend.matchmaking.alerts import subscribe
from backend.matchmaking.corrections import correct_need
from backend.matchmaking.follow_up import offer_file, record_step, take_file, write_note
from backend.matchmaking.models import WeightSet
from backend.matchmaking.partners import propose_share, write_as_partner
from backend.matchmaking.review_policies import set_policy
from backend.matchmaking.reviews import end_review
from backend.links.models import Kind
from backend.links.services import make_link
from backend.matchmaking.weights import write_weights
from backend.schemes.editing.caretaking import name_caretaker
from backend.schemes.models import Revision, Scheme, SheetOwner, SubNeed, TaxonomyNeed
from backend.steering.mailing import add_recipient, confirm_recipient
from backend.steering.models import FileFact, PageCount, StepFact
from backend.steering.nightly import rebuild
from backend.steering.published import publish
from backend.steering.targets import set_target
from backend.webhooks.services import add_endpoint
from tests.factories import decide, first_matches, guest_link, invitation_of_guest, link_to, make_guest
from tests.factories import make_submission, note_link, publish_revision, stop_link
from tests.matchmaking.rankers import make_ranker
from tests.steering.test_fairness import keep

on = current_day()
officer = User.objects.get(email="claire.vasseur@jonction.example")
colleague = User.objects.get(email="julien.mercier@jonction.example")

def file(**changes):
    one_need = {"needs": ("competences.recruter",), "text": ""}  # twenty schemes; test_story shows fifty
    changes = {"confirmed": True, **one_need, **changes}
    return make_submission(on=on, siret="", siren="", **changes)

unconfirmed = file(confirmed=False, company_name="Pas confirmée")
waiting = file(company_name="Pages en attente", needs=("innovation.collaboratif", "numerique.robot"))
nothing = file(company_name="Rien ne correspond", needs=(), text="asdfgh qwerty")
decided = file(company_name="Pages relues", text="Je ne trouve pas de soudeurs.")
schemes = [match.scheme for match in first_matches(decided, 6)]
decide(decided, schemes[0], officer, on=on)
decide(decided, schemes[1], officer, "better_alternative", alternative=schemes[2], on=on)
decide(decided, schemes[3], officer, "partner_first", partner="un laboratoire", comment="À voir ensemble.", on=on)
decide(decided, schemes[4], officer, "other", comment="Le guichet ne répond plus.", on=on)
decide(decided, schemes[5], officer, "wrong_criterion", comment="C’est 250 salariés.", on=on)
for audience in ("internal", "shared", "firm"):
    write_note(submission=decided, author=officer, audience=audience, text=f"Une note ({audience}).")
for key, change in (("competences.recruter", "removed"), ("cyber.diagnostic", "added")):
    sub_need = SubNeed.objects.get(pk=key)
    correct_need(submission=decided, sub_need=sub_need, change=change, officer=officer, on=on)
record_step(submission=decided, officer=officer, step="contacted", note="au téléphone")
subscribe(submission=decided, frequency="weekly", paused_until=None, on=on)
reviewed = file(company_name="Pages terminées")
decide(reviewed, first_matches(reviewed)[0].scheme, officer, on=on)
end_review(submission=reviewed, officer=officer, on=on, message="Je vous appelle jeudi.")
chamber = Organisation.objects.get(memberships__user__email="lucie.perrin@jonction.example")
shared = propose_share(
    submission=reviewed, organisation=chamber, officer=officer, message="Voyez son usage.", agreed_at=timezone.now()
)
write_as_partner(share=shared, author=chamber.memberships.get().user, text="Nous passons jeudi.")
offered = file(company_name="Pages proposées", facts={"commune": "60025"})
offer_file(submission=offered, by=colleague, to=officer, note="Je pars en congé.")
take_file(submission=waiting, officer=officer)
territory = User.objects.get(email="marc.delaunay@jonction.example")
points = {**WeightSet.objects.in_force().get().points, "near": 60}
weights = write_weights(points=points, note="Le local d’abord.", author=territory, on=on)
make_ranker()
skills = TaxonomyNeed.objects.get(pk="competences")
set_policy(user=territory, need=skills, mode="sampled", least=80, instead_of=None)
for days, share in ((5, 90), (3, 80)):
    set_target(user=territory, step="read", working_days=days, share=share, on=on)
dated = file(company_name="Deux dates", needs=("innovation.collaboratif", "numerique.robot"))
for match, day in zip(first_matches(dated, 2), (date(2026, 12, 31), date(2027, 3, 15)), strict=True):
    publish_revision(match.scheme, window_state=Revision.WindowState.DATED, closes_on=day)
rebuild(on=on)
with transaction.atomic():  # the worker counts the same files
    FileFact.objects.update(filed_on=date(2026, 10, 12))  # in a month that is over
    StepFact.objects.update(on=date(2026, 10, 12))
    publish(on=on)
keep(date(2026, 9, 1), small=(5.0, 4.6, 5.4))
keep(date(2026, 10, 1), small=(3.0, 2.5, 3.4))
PageCount.objects.create(day=date(2026, 10, 12), kind="home", n_pages=321)
asked, receives = (add_recipient(user=territory, email=f"{name}@mairie.example") for name in ("maire", "elue"))
confirm_recipient(receives)
webhook, _ = add_endpoint(
    user=territory, organisation=chamber, events=["scheme.changed"],
    url="https://crm.cci.example/webhooks/catalogue-des-aides-du-grand-compiegnois",
)
webhook.deliveries.create(
    webhook_id="msg_0f5b1d2c3a4e", event="scheme.changed", body='{"type":"scheme.changed"}', state="failed",
    attempt=10, status=503, occurred_at=timezone.now(), due_at=timezone.now(), ended_at=timezone.now(),
)
name_caretaker(scheme=Scheme.objects.get(source_key="cci-oise"), lead=territory, email="conseil@cci.example")
print(json.dumps({
    "unconfirmed": link_to(unconfirmed), "waiting": link_to(waiting), "nothing": link_to(nothing),
    "decided": link_to(decided), "access": link_to(decided, Kind.ACCESS),
    "nothing_pk": nothing.pk, "reviewed": link_to(reviewed), "waiting_pk": waiting.pk, "decided_pk": decided.pk,
    "reviewed_pk": reviewed.pk, "offered_pk": offered.pk, "confirm": link_to(unconfirmed, Kind.CONFIRM),
    "dated": link_to(dated), "asked_note": note_link(asked), "note": note_link(receives),
    "sheets": make_link(kind=Kind.SHEETS, object_id=SheetOwner.objects.get().pk),
    "stop": stop_link("x@firm.example", decided.alerts.get().topic),
    "invitation": invitation_of_guest(make_guest(decided, email="invitee@cabinet.example", accepted=False)),
    "guest": guest_link(make_guest(decided)),
    "managing": guest_link(make_guest(decided, email="m@x.example", right="manage")),
    "share": shared.pk, "weights": weights.pk, "webhook": webhook.pk, "draft": Scheme.objects.drafts().first().pk,
    "scheme": schemes[0].pk,
}))
"""


@pytest.fixture(scope="module")
def made(service: Service) -> dict:
    return json.loads(service.run(PREPARE).splitlines()[-1])


def visit(page: Page, service: Service, name: str, path: str, *, status: int = 200) -> None:
    address = path if path.startswith("http") else f"{service.url}{path}"
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == status, f"{path}: {answer.status}"
    if name == "api":
        page.locator(".opblock").first.wait_for()
    look(page, f"page-{name}")


@pytest.mark.slow
def test_the_pages_of_everyone_and_of_firms(service: Service, made, open_context):
    page = open_context().new_page()
    for name, path in {
        "accueil": "/",
        "mentions-legales": "/mentions-legales/",
        "donnees-personnelles": "/donnees-personnelles/",
        "accessibilite": "/accessibilite/",
        "contact": "/contact/",
        "transparence": "/transparence/",
        "dispositifs": "/dispositifs/?q=robot&lieu=Saint-Martin",
        "dispositif": "/dispositifs/hdf-aden/",
        "dispositif-versions": "/dispositifs/hdf-aden/versions/",
        "dispositif-signaler": "/dispositifs/hdf-aden/signaler/?version=1&critere=3",
        "dispositif-proposer": "/proposer-un-dispositif/?nom=polissage",
        "donnees-ouvertes": "/donnees-ouvertes/",
        "statistiques": "/statistiques/",
        "espace": "/espace/",
        "besoin-depuis-un-site": "/demande/besoin/?depuis=cci-oise",
        "connexion": "/compte/connexion/",
        "mot-de-passe-oublie": "/compte/mot-de-passe/oublie/",
        "mot-de-passe-envoye": "/compte/mot-de-passe/oublie/envoye/",
        "mot-de-passe-change": "/compte/mot-de-passe/nouveau/fait/",
        "compte-ferme": "/compte/inactif/",
        "courriels": "/courriels/",
        "style": "/style/",
        "api": "/api/",
        "confirmer": f"/confirmer/{made['confirm']}/",
        "arreter": f"/arreter/{made['stop']}/",
        "acces": f"/acces/{made['access']}/",
        "invitation": f"/invitation/{made['invitation']}/",
        "resultat-invite": f"/resultat/{made['guest']}/",
        "resultat-invite-gere": f"/resultat/{made['managing']}/",
        "resultat-a-confirmer": f"/resultat/{made['unconfirmed']}/",
        "resultat-pas-relu": f"/resultat/{made['waiting']}/",
        "resultat-rien": f"/resultat/{made['nothing']}/",
        "resultat-tout": f"/resultat/{made['nothing']}/tous/",
        "resultat-alertes": f"/resultat/{made['decided']}/",
        "resultat-deux-dates": f"/resultat/{made['dated']}/",
        "note-a-accepter": f"/comite/{made['asked_note']}/",
        "note-recue": f"/comite/{made['note']}/",
        "fiches-par-lien": f"/porteur/{made['sheets']}/",
        "resultat-relu": f"/resultat/{made['reviewed']}/",
        "corriger": f"/resultat/{made['reviewed']}/corriger/",
    }.items():
        visit(page, service, name, path)
    page.goto(f"{service.url}/resultat/{made['dated']}/")
    page.get_by_text(re.compile("Vos [23] prochaines dates")).click()  # a third may be of a sheet as it is
    look(page, "page-resultat-dates")
    page.goto(f"{service.url}/comite/{made['note']}/")
    expect(page.get_by_text("Demandes par taille")).to_be_visible()
    page.goto(f"{service.url}/resultat/{made['nothing']}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nous n’avons pas bien compris votre besoin")
    visit(page, service, "introuvable", "/nulle-part/", status=404)
    visit(page, service, "lien-perime", "/confirmer/abc/", status=404)
    visit(page, service, "acces-a-demander", f"/resultat/{made['decided']}/effacer/", status=403)

    # On paper: the answer and a scheme with its conditions, four sheets at most each.
    for path in (f"/resultat/{made['waiting']}/", f"/resultat/{made['reviewed']}/", "/dispositifs/hdf-aden/"):
        page.goto(f"{service.url}{path}")
        assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) <= 4, path

    # States that come of what was typed.
    page.goto(f"{service.url}/espace/")
    page.get_by_label("Votre adresse électronique").fill("pas une adresse")
    page.locator("main button[type=submit]").click()
    look(page, "page-espace-erreur")
    page.goto(f"{service.url}/resultat/{made['waiting']}/")
    page.get_by_text("Alertes, courriels, agenda, partage, contacts, liens et données").click()
    page.get_by_label("En pause jusqu’au").fill("2020-01-01")
    page.get_by_role("button", name="Me prévenir").click()
    look(page, "page-resultat-alertes-erreur")
    page.goto(f"{service.url}/resultat/{made['reviewed']}/corriger/")
    page.get_by_label("SIRET ou SIREN", exact=True).fill("123")
    page.locator("main button[type=submit]").last.click()
    look(page, "page-corriger-erreur")
    page.goto(f"{service.url}/arreter/{made['stop']}/")
    page.get_by_role("button", name="Arrêter ces courriels").click()
    look(page, "page-arrete")


@pytest.mark.slow
def test_the_pages_of_officers(service: Service, made, open_context):
    page = open_context(width=1280, height=900).new_page()
    page.goto(f"{service.url}/compte/connexion/")
    sign_in(page, OFFICER)
    file = f"/agent/{made['waiting_pk']}"
    for name, path in {
        "agent-journee": "/agent/aujourdhui/",
        "agent-file-attente": "/agent/",
        "agent-file-attente-filtree": "/agent/?a_qui=miennes",
        "agent-file-attente-rien": "/agent/?rien=on",
        "agent-file-attente-vide": "/agent/?recherche=zzzz",
        "agent-a-rappeler": "/agent/?etat=a-rappeler",
        "agent-offerts": "/agent/?etat=offerts",
        "agent-a-traiter": "/agent/?etat=a-traiter&recherche=&a_qui=",
        "agent-suivis": "/agent/?etat=suivis",
        "agent-tous": "/agent/?etat=tous&tri=nom",
        "agent-dossier": f"{file}/",
        "agent-dossier-rien": f"/agent/{made['nothing_pk']}/",
        "agent-dossier-decide": f"/agent/{made['decided_pk']}/",
        "agent-dossier-termine": f"/agent/{made['reviewed_pk']}/",
        "agent-dossier-propose": f"/agent/{made['offered_pk']}/",
        "agent-dossier-dispositif": f"{file}/dispositif/{made['scheme']}/",
        "agent-dossier-fait": f"{file}/partie/fait/?fait=commune",
        "agent-dossier-besoin": f"{file}/partie/besoin/",
        "agent-dossier-etape": f"{file}/partie/etape/",
        "agent-dossier-transmettre": f"{file}/partie/transmettre/",
        "agent-dossier-aides": f"{file}/partie/aides/",
        "agent-qui-attend": f"/agent/dispositif/{made['scheme']}/dossiers/",
        "agent-fiche-d-appel": f"{file}/appel/",
        "agent-dossier-courriels": f"{file}/partie/courriels/",
        "agent-dossier-non-verifiees": f"{file}/partie/non-verifiees/",
        "agent-ajouter": f"{file}/ajouter/",
        "agent-ajouter-trouve": f"{file}/ajouter/?q=robot",
        "agent-nouveau": "/agent/nouveau/",
        "agent-portefeuille": "/agent/portefeuille/",
        "agent-equipe": "/agent/equipe/",
        "agent-catalogue": "/agent/catalogue/",
        "agent-fiche": f"/agent/catalogue/{made['scheme']}/",
        "agent-fiche-non-verifiee": f"/agent/catalogue/{made['draft']}/",
        "agent-mot-de-passe": "/compte/mot-de-passe/",
        "agent-securite": "/compte/securite/",
    }.items():
        visit(page, service, name, path)
    visit(page, service, "agent-interdit", "/agent/autres-raisons/", status=403)

    # What was refused, with what was typed: a note without its audience, a scheme set aside without its reason.
    page.goto(f"{service.url}{file}/")
    page.get_by_text("Écrire une note…").click()
    page.locator("#note_text").fill("Sans dire pour qui.")
    page.get_by_role("button", name="Enregistrer la note").click()
    look(page, "page-agent-dossier-note-refusee")
    card = page.locator("article.scheme").first
    card.locator("summary", has_text="Écarter").click()
    card.get_by_label("Raison").select_option("partner_first")
    card.get_by_role("button", name="Écarter").click()
    look(page, "page-agent-dossier-raison-refusee")
    page.goto(f"{service.url}{file}/")
    row = page.locator("dl.facts > div").filter(has=page.locator("dt", has_text="Effectif"))
    row.get_by_role("link", name="Corriger").click()
    row.get_by_label("Combien de salariés").fill("beaucoup")
    row.get_by_role("button", name="Enregistrer et recalculer").click()
    look(page, "page-agent-dossier-fait-refuse")

    # Nothing to propose: on one file, then to several at once, of which one is refused. Each is taken up again.
    nothing = f"{service.url}/agent/{made['nothing_pk']}/"
    page.goto(nothing)
    page.get_by_role("button", name="terminer sans rien retenir").click()
    look(page, "page-agent-dossier-rien-a-proposer")
    page.get_by_role("button", name="Reprendre la relecture").click()
    page.goto(f"{service.url}/agent/?etat=tous")
    for pk in (made["nothing_pk"], made["reviewed_pk"]):
        page.locator(f"input[name=file][value='{pk}']").check()
    page.get_by_role("button", name="Rien à leur proposer…").click()
    look(page, "page-agent-rien-a-proposer")
    page.get_by_role("button", name="Terminer sans rien retenir").click()
    look(page, "page-agent-rien-a-proposer-refuse")
    page.get_by_role("button", name="reprendre cette relecture").click()
    look(page, "page-agent-relectures-reprises")

    # A note sent once the session is over is read again after signing in, and sent.
    page.goto(f"{service.url}{file}/")  # the note that was refused is there again, its fold open
    expect(page.locator("#note_text")).to_have_value("Sans dire pour qui.")
    page.locator("#note_text").fill("Écrite pendant le déjeuner.")
    page.get_by_label("mon organisation seulement").check()
    page.context.clear_cookies(name="session")
    page.get_by_role("button", name="Enregistrer la note").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Espace conseiller")
    sign_in(page, OFFICER)
    expect(page.get_by_role("heading", level=1)).to_have_text("Pas encore envoyé")
    look(page, "page-agent-non-envoye")
    page.get_by_role("button", name="Envoyer maintenant").click()
    expect(page.locator("main")).to_contain_text("La note est enregistrée.")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("role", "address", "pages"),
    [
        (
            "responsable",
            LEAD,
            {
                "autres-raisons": "/agent/autres-raisons/",
                "suivi-territoire": "/territoire/?depuis=tout",
                "en-bref": "/territoire/en-bref/",
                "carte-territoire": "/territoire/carte/",
                "dispositifs-territoire": "/territoire/dispositifs/",
                "actions-territoire": "/territoire/actions/",
                "note-territoire": "/territoire/note/",
                "action-territoire": "/territoire/actions/nouvelle/?detail=competences.recruter",
                "equipe": "/agent/equipe/",
                "sur-votre-site": "/sur-votre-site/",
            },
        ),
        (
            "territoire",
            TERRITORY,
            {
                "file-attente": "/agent/",
                "suivi": "/territoire/?depuis=tout",
                "territoire-en-bref": "/territoire/en-bref/",
                "carte-des-nombres": "/territoire/carte/?montre=besoins",
                "carte-d-un-groupe": "/territoire/carte/?vue=groups:recrutement",
                "relecture": "/territoire/relecture/",
                "relecture-d-un-besoin": "/territoire/relecture/competences/",
                "note": "/territoire/note/",
                "equite": "/territoire/equite/",
                "objectifs": "/territoire/objectifs/",
                "note-destinataires": "/territoire/note/destinataires/",
                "webhooks": "/territoire/webhooks/",
                "webhook": "/territoire/webhooks/{webhook}/",
                "cles": "/territoire/cles/",
                "cle-nouvelle": "/territoire/cles/nouvelle/",
                "dossier": "/agent/{decided_pk}/",
                "classement": "/agent/classement/",
                "classement-nouvelle": "/agent/classement/nouvelle/",
                "classement-version": "/agent/classement/{weights}/",
                "apprentissage": "/agent/apprentissage/",
                "taches": "/agent/taches/",
            },
        ),
        (
            "editeur",
            EDITOR,
            {
                "administration": "/administration/",
                "dispositifs": "/administration/schemes/scheme/",
                "dispositif": "/administration/schemes/scheme/{scheme}/change/",
                "proposer": "/administration/schemes/proposal/add/?dispositif={scheme}",
                "dispositifs repris": "/administration/schemes/importedscheme/",
                "changements": "/administration/schemes/sourcechange/",
                "signalements": "/administration/schemes/cataloguetask/",
                "dispositifs proposés": "/administration/schemes/suggestion/",
            },
        ),
        ("partenaire", PARTNER, {"dossiers": "/partenaire/", "dossier": "/partenaire/{share}/"}),
        ("relecteur", APPROVER, {"propositions": "/administration/schemes/proposal/"}),
        (
            "administrateur",
            ADMINISTRATOR,
            {
                "administration": "/administration/",
                "comptes": "/administration/accounts/user/",
                "compte": "/administration/accounts/user/add/",
                "organisations": "/administration/accounts/organisation/",
                "notifications": "/administration/notifications/notification/",
            },
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "@" not in value else "",
)
def test_the_pages_of_the_other_roles(service: Service, made, open_context, role, address, pages):
    page = open_context(width=1280, height=900).new_page()
    page.goto(f"{service.url}/compte/connexion/")
    sign_in(page, address)
    for name, path in pages.items():
        visit(page, service, f"{role}-{name}", path.format(**made))


@pytest.mark.slow
def test_what_the_territory_tries_and_mistypes(service: Service, made, open_context):
    page = open_context(width=1280, height=900).new_page()
    page.goto(f"{service.url}/compte/connexion/")
    sign_in(page, TERRITORY)
    page.goto(f"{service.url}/territoire/relecture/competences/")
    page.get_by_role("button", name="Essayer sur les 90 derniers jours").click()
    expect(page.locator("#essai")).to_be_visible()
    look(page, "page-territoire-relecture-essayee")
    page.get_by_role("button", name="Décider").click()  # what is decided already
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "page-territoire-relecture-refusee")
    for name, path, label in (
        ("objectif", "/territoire/objectifs/", "Part des demandes visée"),
        ("destinataire", "/territoire/note/destinataires/", "Adresse électronique"),
    ):
        page.goto(f"{service.url}{path}")
        page.get_by_label(label).fill("150")
        page.locator("main button[type=submit]").first.click()
        expect(page.get_by_role("alert")).to_be_visible()
        look(page, f"page-territoire-{name}-refuse")


@pytest.mark.slow
def test_the_figures_of_the_territory_fit_a_phone(service: Service, made, open_context):
    """However many needs, communes and schemes there are: what is not said first is folded or on another page."""
    page = open_context().new_page()
    page.goto(f"{service.url}/compte/connexion/")
    sign_in(page, TERRITORY)
    for path in ("/territoire/?depuis=tout", "/territoire/carte/", "/territoire/dispositifs/?depuis=tout"):
        page.goto(f"{service.url}{path}")
        expect(page.get_by_role("navigation", name="Pages du territoire")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollHeight") <= MOST_SCREENS * HEIGHT, path


@pytest.mark.slow
def test_a_file_fits_a_phone_and_what_leads_into_a_fold_opens_it(service: Service, made, open_context):
    """What is not needed first is folded on a phone, with its count; on a desk all of it stands open."""
    page = open_context().new_page()
    page.goto(f"{service.url}/compte/connexion/")
    sign_in(page, OFFICER)
    page.goto(f"{service.url}/agent/{made['waiting_pk']}/")
    assert page.evaluate("document.documentElement.scrollHeight") <= MOST_PIXELS_OF_FILE
    need = page.locator(".on-a-phone")
    expect(need).to_contain_text("Besoin")
    assert need.bounding_box()["y"] < HEIGHT / 2
    facts = page.get_by_text("Effectif", exact=True)
    expect(facts).to_be_hidden()
    page.get_by_text(re.compile(r"^Ce que nous savons \(\d+\)$")).click()
    expect(facts).to_be_visible()
    for anchor, part in (("#suivi", "Noter une étape…"), ("#notes", "Écrire une note…")):
        expect(page.get_by_text(part)).to_be_hidden()
        page.locator(f".in-charge a[href='{anchor}']").click()
        expect(page.get_by_text(part)).to_be_visible()
    led = page.locator(".firm-reads a[href^='#d-']").first
    scheme = page.locator(str(led.get_attribute("href")))
    led.click()
    expect(scheme).to_be_visible()
    page.goto(f"{service.url}/agent/{made['waiting_pk']}/partie/etape/")
    page.goto(f"{service.url}/agent/{made['waiting_pk']}/#suivi")
    expect(page.get_by_text("Noter une étape…")).to_be_visible()
    look(page, "agent-dossier-telephone")
    desk = open_context(width=1280, height=900, javascript=False).new_page()
    desk.goto(f"{service.url}/compte/connexion/")
    sign_in(desk, OFFICER)
    desk.goto(f"{service.url}/agent/{made['waiting_pk']}/")
    for words in ("Effectif", "Noter une étape…", "Écrire une note…", "Pas proposés"):
        expect(desk.get_by_text(words).locator("visible=true").first).to_be_visible()
