"""Settings of the test suite: the same engines, nothing sent, a fixed secret."""

import os
from datetime import date

os.environ.setdefault("JONCTION_SECRET_KEY", "tests-only-" + "0" * 40)
os.environ.setdefault("DATABASE_URL", "postgres://jonction@127.0.0.1:5432/jonction")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:6379/0")
os.environ.setdefault("JONCTION_DEMO", "1")
# Tests that run side by side each have a Redis database of their own, as pytest gives them a PostgreSQL one.
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
REDIS_SERVER, _, _ = os.environ["REDIS_URL"].rpartition("/")
os.environ["REDIS_URL"] = f"{REDIS_SERVER}/{WORKER}"

from backend.config.settings import *  # noqa: E402, F403 -- once the environment is complete

FIXED_DAY = date(2026, 11, 24)  # every test stands on the same day, whenever it runs
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
SIGN_IN_LIMITS = {}
THROTTLES = {}
FILING_SECONDS = 0
REPORT_SECONDS = 0
OUTBOX_SECONDS = 0.5
MAIL_PER_DOMAIN = 0  # tests share a clock and a few domains
FETCH_LOOPBACK = True
WHITENOISE_AUTOREFRESH = True  # a file is looked for when it is asked: else every test client reads all of them first
STATIC_ROOT = BASE_DIR / "backend" / "web" / "static"  # noqa: F405  # a folder that exists: tests collect nothing
