from allauth.account import views as account
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from backend.web.views import filing, officer, pages, result

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.home, name="home"),
    path("healthz", pages.health, name="health"),
    path("demande/", filing.start, name="start"),
    path("demande/effacer/", filing.forget, name="forget"),
    path("demande/hors-territoire/", filing.outside, name="outside"),
    path("demande/<slug:name>/", filing.step, name="step"),
    path("resultat/<slug:token>/", result.result, name="result"),
    path("resultat/<slug:token>/repondre/", result.answer, name="answer"),
    path("resultat/<slug:token>/corriger/", result.correct, name="correct"),
    path("confirmer/<str:token>/", result.confirm, name="confirm"),
    path("retrouver/", result.send_again, name="send_again"),
    path("arreter/<str:token>/", pages.stop_writing, name="stop"),
    path("agent/", officer.queue, name="officer_queue"),
    path("agent/<int:pk>/", officer.file, name="officer_file"),
    path("agent/<int:pk>/avis/<int:scheme_pk>/", officer.review, name="officer_review"),
    path("agent/<int:pk>/repondre/", officer.answer, name="officer_answer"),
    path("agent/<int:pk>/terminer/", officer.end, name="officer_end"),
    # Only the pages of allauth that an invited officer needs: nobody signs up here.
    path("compte/connexion/", account.login, name="account_login"),
    path("compte/deconnexion/", account.logout, name="account_logout"),
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
    path("api/", include("backend.api.urls")),
    path("administration/", admin.site.urls),
    path("courriels/", pages.mailbox, name="mailbox"),
    path("courriels/<str:name>/", pages.mailbox, name="mailbox_message"),
]
