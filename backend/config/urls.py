from allauth.account import views as account
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.base import views as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as keys
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView

from backend.web.views import (
    access,
    aids,
    answer,
    calls,
    catalogue,
    correspondence,
    filing,
    following,
    jobs,
    journal,
    learning,
    linking,
    officer,
    open_data,
    own_data,
    pages,
    preferences,
    previews,
    public,
    public_catalogue,
    reports,
    result,
    reviewing,
    security,
    weights,
)

handler400 = "backend.web.views.errors.bad_request"
handler404 = "backend.web.views.errors.not_found"
handler429 = "backend.web.throttles.too_many_requests"  # allauth looks for it here
handler500 = "backend.web.views.errors.server_error"

admin.autodiscover()
# One door to sign in, with its limits and its second factor; and nobody reads or writes factors or sessions by hand.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.unregister([Authenticator, EmailAddress, UserSession])

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.home, name="home"),
    path("healthz", pages.health, name="health"),
    path("mentions-legales/", public.legal, name="legal"),
    path("donnees-personnelles/", public.privacy, name="privacy"),
    path("accessibilite/", public.accessibility, name="accessibility"),
    path("contact/", public.contact, name="contact"),
    path("transparence/", public.transparency, name="transparency"),
    path("dispositifs/", public_catalogue.schemes, name="public_schemes"),
    path("dispositifs/<slug:key>/", public_catalogue.scheme, name="public_scheme"),
    path("dispositifs/<slug:key>/versions/", public_catalogue.versions, name="public_versions"),
    path("dispositifs/<slug:key>/versions/<int:number>/", public_catalogue.version, name="public_version"),
    path("dispositifs/<slug:key>/signaler/", reports.report, name="public_report"),
    path("dispositifs/<slug:key>/signaler/merci/", reports.reported, name="public_reported"),
    path("donnees-ouvertes/", open_data.files, name="open_data"),
    path("donnees-ouvertes/complement.schema.json", open_data.sidecar_schema, name="sidecar_schema"),
    path("donnees-ouvertes/<slug:format>/", open_data.download, name="download"),
    path("sitemap.xml", open_data.sitemap, name="sitemap"),
    path("robots.txt", public.robots, name="robots"),
    path(".well-known/security.txt", public.security_txt, name="security_txt"),
    path("readyz", pages.ready, name="ready"),
    path("jobz", jobs.late, name="late_jobs"),
    path("demande/", filing.start, name="start"),
    path("demande/effacer/", filing.forget, name="forget"),
    path("demande/reponse/", answer.answer, name="draft_answer"),
    path("demande/besoins/", answer.needs, name="draft_needs"),
    path("demande/contact/", answer.contact, name="draft_contact"),
    path("demande/rappel/", calls.ask, name="draft_call"),
    path("demande/<slug:name>/", filing.step, name="step"),
    path("resultat/<str:token>/", result.result, name="result"),
    path("resultat/<str:token>/tous/", result.open_schemes, name="open_schemes"),
    path("resultat/<str:token>/besoins/", result.needs, name="firm_needs"),
    path("resultat/<str:token>/repondre/", result.answer, name="answer"),
    path("resultat/<str:token>/question/", result.question, name="question"),
    path("resultat/<str:token>/courriels/", correspondence.choose, name="firm_emails"),
    path("resultat/<str:token>/alertes/", result.alerts, name="alerts"),
    path("resultat/<str:token>/corriger/", result.correct, name="correct"),
    path("resultat/<str:token>/collegue/", result.colleague, name="colleague"),
    path("resultat/<str:token>/aides/", aids.declare, name="aid"),
    path("resultat/<str:token>/aides/complet/", aids.complete, name="aids_complete"),
    path("resultat/<str:token>/aides/<int:aid_pk>/retirer/", aids.take_back, name="aid_back"),
    path("resultat/<str:token>/mes-donnees/", own_data.show, name="own_data"),
    path("resultat/<str:token>/mes-donnees/retirer/", own_data.withdraw, name="withdraw_consent"),
    path("resultat/<str:token>/mes-donnees/<slug:format>/", own_data.download, name="own_data_file"),
    path("resultat/<str:token>/effacer/", own_data.erase, name="erase"),
    path("demande-effacee/", own_data.erased, name="erased"),
    path("resultat/<str:token>/liens/", access.end_links, name="end_links"),
    path("resultat/<str:token>/acces/", access.manage, name="manage"),
    path("resultat/<str:token>/acces/envoyer/", access.send_access, name="send_access"),
    path("resultat/<str:token>/acces/arreter/", access.stop_all, name="stop_all"),
    path("resultat/<str:token>/acces/ouvrir/<int:pk>/", access.open_other, name="open_other"),
    path("acces/<str:token>/", access.access, name="access"),
    path("confirmer/<str:token>/", result.confirm, name="confirm"),
    path("retrouver/", result.send_again, name="send_again"),
    path("apercu/<str:token>/", previews.preview, name="preview"),
    path("arreter/<str:token>/", pages.stop_writing, name="stop"),
    path("agent/", officer.queue, name="officer_queue"),
    path("agent/autres-raisons/", officer.unexplained, name="officer_unexplained"),
    path("agent/besoins-sans-reponse/", officer.gaps, name="officer_gaps"),
    path("agent/rappels/<int:call_pk>/traite/", calls.end, name="officer_call_end"),
    path("agent/rappels/<int:call_pk>/dossier/", calls.file, name="officer_call_file"),
    path("agent/portefeuille/", following.portfolio, name="officer_portfolio"),
    path("agent/propositions/", following.answer_offer, name="officer_answer_offer"),
    path("agent/catalogue/", catalogue.catalogue, name="officer_catalogue"),
    path("agent/catalogue/<int:pk>/", catalogue.scheme, name="officer_scheme"),
    path("agent/journal/", journal.journal, name="officer_journal"),
    path("agent/taches/", jobs.jobs, name="officer_jobs"),
    path("agent/classement/", weights.versions, name="officer_weights"),
    path("agent/classement/nouvelle/", weights.write, name="officer_weights_new"),
    path("agent/classement/<str:version>/", weights.version, name="officer_weights_version"),
    path("agent/classement/<str:version>/activer/", weights.activate, name="officer_weights_activate"),
    path("agent/apprentissage/", learning.learning, name="officer_learning"),
    path("agent/apprentissage/<int:pk>/", learning.decide, name="officer_learning_decide"),
    path("agent/<int:pk>/", officer.file, name="officer_file"),
    path("agent/<int:pk>/effacer/", own_data.officer_erase, name="officer_erase"),
    path("agent/<int:pk>/corriger/", officer.correct_fact, name="officer_correct"),
    path("agent/<int:pk>/besoins/", reviewing.correct_need, name="officer_need"),
    path("agent/<int:pk>/aides/", aids.officer_declare, name="officer_aid"),
    path("agent/<int:pk>/aides/complet/", aids.officer_complete, name="officer_aids_complete"),
    path("agent/<int:pk>/aides/<int:aid_pk>/retirer/", aids.officer_take_back, name="officer_aid_back"),
    path("agent/<int:pk>/avis/<int:scheme_pk>/", reviewing.review, name="officer_review"),
    path("agent/<int:pk>/ajouter/", reviewing.add, name="officer_add"),
    path("agent/<int:pk>/repondre/", reviewing.answer, name="officer_answer"),
    path("agent/<int:pk>/question/", reviewing.question, name="officer_question"),
    path("agent/<int:pk>/terminer/", reviewing.end, name="officer_end"),
    path("agent/<int:pk>/reprendre/", reviewing.reopen, name="officer_reopen"),
    path("agent/<int:pk>/liens/", linking.links, name="officer_links"),
    path("agent/<int:pk>/liens/<int:link_pk>/", linking.link, name="officer_link"),
    path("agent/<int:pk>/fermer/", linking.close, name="officer_close"),
    path("agent/<int:pk>/numero/", linking.number, name="officer_number"),
    path("agent/<int:pk>/prendre/", following.take, name="officer_take"),
    path("agent/<int:pk>/transmettre/", following.offer, name="officer_offer"),
    path("agent/<int:pk>/notes/", following.note, name="officer_note"),
    path("agent/<int:pk>/notes/<int:note_pk>/retirer/", following.take_note_back, name="officer_note_back"),
    path("agent/<int:pk>/adresse/", following.address, name="officer_address"),
    path("agent/<int:pk>/suivi/", following.step, name="officer_step"),
    path("agent/<int:pk>/suivi/<int:step_pk>/", following.close, name="officer_step_close"),
    # Only the pages of allauth that an invited officer needs: nobody signs up here.
    path("compte/connexion/", account.login, name="account_login"),
    path("compte/deconnexion/", security.log_out, name="account_logout"),
    path("compte/inactif/", account.account_inactive, name="account_inactive"),
    path("compte/mot-de-passe/oublie/", account.password_reset, name="account_reset_password"),
    path("compte/mot-de-passe/oublie/envoye/", account.password_reset_done, name="account_reset_password_done"),
    re_path(  # the key holds dashes too: a path converter would give them to the account's number
        r"^compte/mot-de-passe/nouveau/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "compte/mot-de-passe/nouveau/fait/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("compte/mot-de-passe/", account.password_change, name="account_change_password"),
    path("compte/courriels/", preferences.my_emails, name="my_emails"),
    path("compte/code/", mfa.authenticate, name="mfa_authenticate"),
    path("compte/confirmer/", account.reauthenticate, name="account_reauthenticate"),
    path("compte/confirmer/code/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("compte/confirmer/cle/", keys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("compte/sessions/", security.sessions, name="sessions"),
    path("compte/securite/", mfa.index, name="mfa_index"),
    path("compte/securite/application/", security.activate_totp, name="mfa_activate_totp"),
    path("compte/securite/application/retirer/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("compte/securite/cles/", keys.list_webauthn, name="mfa_list_webauthn"),
    path("compte/securite/cles/ajouter/", security.add_webauthn, name="mfa_add_webauthn"),
    path("compte/securite/cles/<int:pk>/nommer/", keys.edit_webauthn, name="mfa_edit_webauthn"),
    path("compte/securite/cles/<int:pk>/retirer/", keys.remove_webauthn, name="mfa_remove_webauthn"),
    path("compte/securite/codes/", security.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("compte/securite/codes/nouveaux/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("compte/securite/codes/telecharger/", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    # Its own page would change a password without telling anyone.
    path("administration/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("api/", include("backend.api.urls")),
    path("administration/", admin.site.urls),
    path("courriels/", pages.mailbox, name="mailbox"),
    path("courriels/<str:name>/", pages.mailbox, name="mailbox_message"),
]

if settings.MAIL_PROVIDER:  # django-anymail is loaded only then
    from backend.notifications.webhooks import webhook_urls

    urlpatterns += webhook_urls()
