"""Settings, all from the environment; the README has the table of names."""

import re
from datetime import date
from pathlib import Path

import django_stubs_ext
import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

django_stubs_ext.monkeypatch()  # ModelAdmin[User] and the like, at run time as for the type checker

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parents[2]

# Demo: one machine, invented firms, accounts whose passwords are printed. Everything that would be dangerous in
# production hangs on this one switch.
DEMO = env.bool("JONCTION_DEMO", default=False)
DEBUG = False
SECRET_KEY = env.str("JONCTION_SECRET_KEY")
_HERE = f"http://127.0.0.1:{env.int('JONCTION_PORT', default=8000)}"
PUBLIC_URL = env.str("JONCTION_URL", default=_HERE).rstrip("/")
ALLOWED_HOSTS = env.list("JONCTION_ALLOWED_HOSTS", default=["127.0.0.1", "localhost"] if DEMO else [])
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# The day of the service, fixed for a demonstration or a test; the real one otherwise.
DAY = env.str("JONCTION_DAY", default="")
if DAY and not DEMO:
    raise ImproperlyConfigured("JONCTION_DAY is for demonstrations and tests; unset it, or set JONCTION_DEMO=1.")
try:
    FIXED_DAY = date.fromisoformat(DAY) if DAY else None
except ValueError:
    raise ImproperlyConfigured(f"JONCTION_DAY={DAY!r} is not a day such as 2026-11-24.") from None

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "backend.common",
    "backend.territories",
    "backend.notifications",
    "backend.accounts",
    "backend.schemes",
    "backend.companies",
    "backend.matchmaking",
    "backend.web",
    "backend.api",
    "django.contrib.admin",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "backend.api.middleware.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "backend.config.urls"
WSGI_APPLICATION = "backend.config.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "backend" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "backend.web.context.service",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

DATABASES = {"default": env.db_url("DATABASE_URL")}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["ATOMIC_REQUESTS"] = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

# Sign-in: officers only, invited by an administrator. Firms never have an account.
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
ACCOUNT_ADAPTER = "backend.web.adapters.InvitedOnlyAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # that e-mail invites to sign up, and nobody does here
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "officer_queue"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français")]
TIME_ZONE = "Europe/Paris"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = DEMO
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEMO
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

MAILERS = {
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": env.str("JONCTION_MAIL_HOST", default="127.0.0.1"),
            "port": env.int("JONCTION_MAIL_PORT", default=25),
            "username": env.str("JONCTION_MAIL_USER", default=""),
            "password": env.str("JONCTION_MAIL_PASSWORD", default=""),
            "use_tls": env.bool("JONCTION_MAIL_TLS", default=False),
            "timeout": 30,
        },
    }
}
DEFAULT_FROM_EMAIL = env.str("JONCTION_MAIL_FROM", default="Jonction <ne-pas-repondre@jonction.example>")
MESSAGE_ID_DOMAIN = DEFAULT_FROM_EMAIL.rsplit("@", 1)[-1].rstrip(">")
# Where the development mail catcher leaves what it receives; its page exists in a demonstration only.
CATCHER_DIR = Path(env.str("JONCTION_CATCHER_DIR")) if DEMO and env.str("JONCTION_CATCHER_DIR", default="") else None

# How often the outbox looks for e-mails that are due, and how long a claim lasts before another worker may take it.
OUTBOX_SECONDS = env.float("JONCTION_OUTBOX_SECONDS", default=15)
OUTBOX_LEASE_SECONDS = env.float("JONCTION_OUTBOX_LEASE_SECONDS", default=300)

# The API: public and stateless. Nobody signs in, so no session, no cookie and no CSRF token is involved.
_NO_LIMIT = ""  # what a rate is set to where another server counts


def _rate(name: str, default: str) -> str | None:
    rate = env.str(name, default=default)
    if rate != _NO_LIMIT and not re.fullmatch(r"[1-9]\d{0,8}/(sec|min|hour|day)", rate):
        raise ImproperlyConfigured(f"{name}={rate!r} is no rate; expected one such as {default}, or nothing.")
    return rate or None


REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_RENDERER_CLASSES": ["backend.api.exchange.Renderer"],
    "DEFAULT_PARSER_CLASSES": ["backend.api.exchange.RawJSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["backend.api.throttles.ReadThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "api_read": _rate("JONCTION_API_READ_RATE", "120/min"),
        "api_match": _rate("JONCTION_API_MATCH_RATE", "30/min"),
    },
    # How many proxies of ours stand before the service: the address of the caller is read that far from the end of
    # X-Forwarded-For, and nowhere at 0, since anyone can write that header.
    "NUM_PROXIES": env.int("JONCTION_NUM_PROXIES", default=0),
    "DEFAULT_PAGINATION_CLASS": "backend.api.pagination.Pages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "backend.api.errors.answer_error",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "API de Jonction",
    "DESCRIPTION": (
        "Les dispositifs publics de soutien aux entreprises industrielles, les besoins qu’ils servent, les périmètres "
        "où ils valent, et la mise en relation. Sans inscription. Toute erreur a la forme de la RFC 9457. Les listes "
        "portent une étiquette (`ETag`) : renvoyez-la dans `If-None-Match` pour ne recevoir que ce qui a changé."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"defaultModelsExpandDepth": 0, "syntaxHighlight": False, "validatorUrl": None},
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "ENUM_NAME_OVERRIDES": {
        "SchemeKind": "backend.schemes.models.Revision.Kind",
        "SchemeLevel": "backend.schemes.models.Revision.Level",
        "RelationKind": "backend.schemes.models.Relation.Kind",
        "PerimeterKind": "backend.territories.models.Perimeter.Kind",
        "Verdict": "backend.matchmaking.models.Match.Verdict",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "backend.api.documentation.document_exchanges",
    ],
}

# Security. A demonstration is served on loopback over plain HTTP; everything else is behind TLS.
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
SECURE_SSL_REDIRECT = not DEMO
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 0 if DEMO else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEMO
SECURE_HSTS_PRELOAD = not DEMO
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEMO
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
DATA_UPLOAD_MAX_MEMORY_SIZE = 262_144

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}
