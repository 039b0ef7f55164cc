"""Settings, all from the environment; the README has the table of names."""

import os
import re
from datetime import date
from pathlib import Path
from tempfile import gettempdir

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from backend.config import limits

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parents[2]

# Demo: one machine, invented firms, accounts whose passwords are printed. Everything that would be dangerous in
# production hangs on this one switch.
DEMO = env.bool("JONCTION_DEMO", default=False)
DEBUG = False
SECRET_KEY = env.str("JONCTION_SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("JONCTION_SECRET_KEY_FALLBACKS", default=[])  # replaced, but still read
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
    "backend.journal",
    "backend.territories",
    "backend.links",
    "backend.notifications",
    "backend.accounts",
    "backend.webhooks",
    "backend.schemes",
    "backend.companies",
    "backend.matchmaking",
    "backend.steering",
    "backend.privacy",
    "backend.jobs",
    "backend.web",
    "backend.api",
    "backend.web.administration.AdminConfig",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "rest_framework",
    "django_filters",
    "corsheaders",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "backend.web.compression.CompressionMiddleware",
    "backend.api.middleware.ProblemMiddleware",
    "corsheaders.middleware.CorsMiddleware",  # above what may answer by itself
    "django.middleware.security.SecurityMiddleware",
    "backend.web.middleware.more_headers",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "backend.web.middleware.only_known_methods",
    "whitenoise.middleware.WhiteNoiseMiddleware",  # below the four above: files carry their headers too
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "backend.web.middleware.SignedInMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "backend.web.middleware.whole_page_leads_away",
    "backend.web.unsent.keep_unsent",
    "backend.web.middleware.counted_pages",
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
            "builtins": ["backend.web.templatetags.french_dates", "backend.web.templatetags.shortening"],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# One role serves: it reads and writes rows. The other owns the tables: it migrates, loads and restores, and manage.py
# says by which commands. Where only the first is given it does both.
SERVING_DATABASE = env.db_url("DATABASE_URL")
OWNER_DATABASE = env.db_url_config(_url) if (_url := env.str("JONCTION_OWNER_DATABASE_URL", default="")) else None
if OWNER_DATABASE and OWNER_DATABASE["NAME"] != SERVING_DATABASE["NAME"]:
    raise ImproperlyConfigured(
        f"JONCTION_OWNER_DATABASE_URL names the database {OWNER_DATABASE['NAME']!r}, DATABASE_URL "
        f"{SERVING_DATABASE['NAME']!r}; expected the same one."
    )
BY_OWNER = env.bool("JONCTION_BY_OWNER", default=False)
DATABASES = {"default": OWNER_DATABASE if OWNER_DATABASE and BY_OWNER else SERVING_DATABASE}
DATABASES["default"]["CONN_MAX_AGE"] = 600
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["ATOMIC_REQUESTS"] = False
# A statement that is sent a third time is prepared for as long as its connection lives (ADR 85).
DATABASES["default"]["OPTIONS"] = {
    "server_side_binding": True,
    "prepare_threshold": 2,
    **DATABASES["default"].get("OPTIONS", {}),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL")
CACHES = {
    # What signing in needs, in PostgreSQL: nobody is kept out while Redis is away, and no code serves twice.
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "jonction_cache"},
    "counters": {
        "BACKEND": "backend.common.counters.Counters",
        "LOCATION": REDIS_URL,
    },
}

# Sign-in: officers only, invited by an administrator. Firms never have an account.
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
    )
] + [{"NAME": "backend.accounts.passwords.GuessableValidator"}]
ACCOUNT_FORMS = {"reset_password": "backend.web.forms.account.ResetForm"}
ACCOUNT_ADAPTER = "backend.web.adapters.InvitedOnlyAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = True  # nobody is asked: SignedInMiddleware says how long
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # that e-mail invites to sign up, and nobody does here
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "my_day"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
# The second factor of who signs in: an application or a security key, and codes on paper for a lost telephone.
SECOND_FACTOR = env.bool("JONCTION_SECOND_FACTOR", default=not DEMO)
MFA_ADAPTER = "backend.web.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an invited address is verified by its invitation; allauth does not know
MFA_FORMS = {
    "authenticate": "backend.web.forms.account.CodeForm",
    "reauthenticate": "backend.web.forms.account.CodeAgainForm",
    "activate_totp": "backend.web.forms.account.FirstCodeForm",
    "add_webauthn": "backend.web.forms.account.KeyForm",
    "edit_webauthn": "backend.web.forms.account.KeyNameForm",
}
SIGN_IN_LIMITS = limits.SIGN_IN_LIMITS
ACCOUNT_RATE_LIMITS = False  # allauth's way to say none: it counts by account, so a stranger would lock its owner out

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français")]
TIME_ZONE = "Europe/Paris"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = DEMO
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no font or style of ours is for another site
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
# Where reports about e-mails come back to, as bounces+<identifier>@domain; without it they are known by Message-ID.
BOUNCE_ADDRESS = env.str("JONCTION_BOUNCE_ADDRESS", default="")
if BOUNCE_ADDRESS and not re.fullmatch(r"[A-Za-z0-9._-]{1,20}@[A-Za-z0-9.-]+", BOUNCE_ADDRESS):
    raise ImproperlyConfigured(
        f"JONCTION_BOUNCE_ADDRESS={BOUNCE_ADDRESS!r} is no address such as bounces@jonction.example, with at most 20 "
        "characters before the @: an identifier is added to them."
    )
BOUNCE_IMAP = env.str("JONCTION_BOUNCE_IMAP", default="")  # imaps://account:password@server/folder
# The provider behind the mail server, which reports at /courriels/retours/<provider>/ with this user:password.
MAIL_PROVIDER = env.str("JONCTION_MAIL_PROVIDER", default="")
ANYMAIL = {"WEBHOOK_SECRET": env.str("JONCTION_MAIL_WEBHOOK_SECRET", default="")}
if MAIL_PROVIDER not in {"", "brevo", "mailjet"}:
    raise ImproperlyConfigured(f"JONCTION_MAIL_PROVIDER={MAIL_PROVIDER!r} is not known. Known: brevo, mailjet.")
if MAIL_PROVIDER and not re.fullmatch(r"[^:\s]+:\S{16,}", ANYMAIL["WEBHOOK_SECRET"]):
    raise ImproperlyConfigured(
        "JONCTION_MAIL_PROVIDER needs JONCTION_MAIL_WEBHOOK_SECRET, as user:password with 16 characters or more after "
        "the colon: anybody could say otherwise that an address is dead."
    )
# Where the development mail catcher leaves what it receives; its page exists in a demonstration only.
CATCHER_DIR = Path(env.str("JONCTION_CATCHER_DIR")) if DEMO and env.str("JONCTION_CATCHER_DIR", default="") else None

# How often the outbox looks for e-mails that are due, and how long a claim lasts before another worker may take it.
OUTBOX_SECONDS = env.float("JONCTION_OUTBOX_SECONDS", default=15)
OUTBOX_LEASE_SECONDS = env.float("JONCTION_OUTBOX_LEASE_SECONDS", default=300)
# How many e-mails a minute leave for one domain, at most: 0 says no limit.
MAIL_PER_DOMAIN = env.int("JONCTION_MAIL_PER_DOMAIN", default=60)

# How often results are compared with what their firms were told.
ALERT_SECONDS = env.float("JONCTION_ALERT_SECONDS", default=60)
# How many files a worker tries a changed scheme on at once: a second or two, so that what a kill costs is little.
SHARD_FILES = env.int("JONCTION_SHARD_FILES", default=5000)
# Addresses of others are fetched on public hosts only; tests have servers of their own on loopback.
FETCH_LOOPBACK = False
# Whether the pages that sheets name are asked for every night. A demonstration leaves the rest of the world alone.
CHECK_LINKS = env.bool("JONCTION_CHECK_LINKS", default=not DEMO)
# API Recherche d'entreprises, asked for firms that our own copy of the register lacks; empty: nothing is asked.
REGISTER_URL = env.str("JONCTION_REGISTER_URL", default="").rstrip("/")
# Where what was learnt from a release is kept for another database, to save a minute. Set but empty: nothing is kept.
LANGUAGE_DIR = env.str("JONCTION_LANGUAGE_DIR", default=f"{gettempdir()}/jonction-language-{os.geteuid()}")
# A folder with the files by which another territory differs from ours, laid out as fixtures/.
TERRITORY_FOLDER = Path(_territory) if (_territory := env.str("JONCTION_TERRITORY", default="")) else None
if TERRITORY_FOLDER and not TERRITORY_FOLDER.is_dir():
    raise ImproperlyConfigured(f"JONCTION_TERRITORY={_territory!r} is no folder that can be read.")
# A file that a worker or beat dates with the moment until which it is to be believed alive, for a health check.
HEARTBEAT_FILE = env.str("JONCTION_HEARTBEAT_FILE", default="")
# How many of our own proxies stand before the site: the client's address is that many steps back in X-Forwarded-For.
# In production there is at least the one that holds the certificate.
TRUSTED_PROXIES = ALLAUTH_TRUSTED_PROXY_COUNT = env.int("JONCTION_PROXIES", default=0 if DEMO else 1)

# The API: nobody signs in, so no session, no cookie and no CSRF token is involved; a partner's tool has a key.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_RENDERER_CLASSES": ["backend.api.exchange.Renderer"],
    "DEFAULT_PARSER_CLASSES": ["backend.api.exchange.RawJSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["backend.api.throttles.ReadThrottle"],
    "DEFAULT_PAGINATION_CLASS": "backend.api.pagination.Pages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "backend.api.errors.answer_error",
    "URL_FORMAT_OVERRIDE": None,
}
# A page of another site may read it in the browser of its visitor: it is public, and no cookie goes with it.
CORS_URLS_REGEX = r"^/api/v1/"
CORS_ALLOW_ALL_ORIGINS = True
CORS_ALLOW_METHODS = ["GET", "HEAD", "OPTIONS", "POST"]
CORS_ALLOW_HEADERS = ["accept", "content-type", "if-none-match"]
CORS_EXPOSE_HEADERS = ["ETag", "Location", "Retry-After"]
SPECTACULAR_SETTINGS = {
    "TITLE": "API de Jonction",
    "DESCRIPTION": (
        "Les dispositifs publics de soutien aux entreprises industrielles, les besoins qu’ils servent, les périmètres "
        "où ils valent, et la mise en relation. Sans inscription, sauf le dépôt d’une demande par un partenaire, qui "
        "demande une clé (`Authorization: Bearer`), hors d’un navigateur. Toute erreur a la forme de la RFC 9457. "
        "Les listes "
        "portent une étiquette (`ETag`) : renvoyez-la dans `If-None-Match` pour ne recevoir que ce qui a changé. Pour "
        "tenir une copie à jour : `changed_since` sur les dispositifs, puis ceux qui ont été retirés. Une page d’un "
        "autre site peut lire l’API depuis le navigateur (CORS). La version 1 ne change que par ajouts : ignorez les "
        "champs que vous ne connaissez pas. Si une version 2 vient, la première reste servie douze mois au moins, et "
        "ses réponses portent `Deprecation` et `Sunset` (RFC 9745, RFC 8594)."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "WEBHOOKS": ["backend.api.webhooks.SCHEME_EVENTS"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"defaultModelsExpandDepth": 0, "syntaxHighlight": False, "validatorUrl": None},
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": True,
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
    "script-src": [CSP.NONCE],  # each script tag carries it; a page without scripts falls back on default-src
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "upgrade-insecure-requests": not DEMO,
}
MORE_HEADERS = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SECURE_SSL_REDIRECT = not DEMO
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 0 if DEMO else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEMO
SECURE_HSTS_PRELOAD = not DEMO
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
DATA_UPLOAD_MAX_MEMORY_SIZE = 262_144
DATA_UPLOAD_MAX_NUMBER_FILES = 5

# Cookies. The prefix makes browsers refuse one that came without TLS or from another host; it needs TLS itself.
# Lax, not strict: an officer who follows the link of a notice must arrive signed in.
SESSION_COOKIE_NAME = "session" if DEMO else "__Host-session"
CSRF_COOKIE_NAME = "csrf" if DEMO else "__Host-csrf"
DEVICE_COOKIE_NAME = "device" if DEMO else "__Host-device"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEMO
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# An officer signs in once a working day, never in the middle of one.
SESSION_COOKIE_AGE = 24 * 3600  # of a draft: nothing else is kept of who has filed nothing
OFFICER_SESSION_SECONDS = 12 * 3600
OFFICER_SESSION_MOST_SECONDS = 24 * 3600  # however much it is used
CSRF_FAILURE_VIEW = "backend.web.views.errors.csrf_failure"

THROTTLES = limits.THROTTLES
# From how many files of 24 hours on an officer reads that there are many; their authors see nothing of it.
MANY_FILES_OF_COMPANY = 20
MANY_FILES_OF_ADDRESS = 10

# The register of erased files, which a restore reads; its key is made beside it unless it is given.
_ERASED = env.str("JONCTION_ERASED", default="")
ERASED_REGISTER = Path(_ERASED) if _ERASED else None
ERASED_KEY = env.str("JONCTION_ERASED_KEY", default="")
# Public keys for which backups are encrypted; their secret keys are kept elsewhere.
BACKUP_RECIPIENTS = [key.strip() for key in env.list("JONCTION_BACKUP_RECIPIENTS", default=[]) if key.strip()]

FILING_SECONDS = 3  # nobody answers the pages and gives a name faster
REPORT_SECONDS = 3  # nor reads a form and writes a sentence

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "backend.common.log_lines.LineFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {name: {"level": "WARNING"} for name in ("weasyprint", "fontTools")},  # each step of each document
}
