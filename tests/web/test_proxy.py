"""Who a visitor is to the limits on sign-in, behind the proxy and without one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from allauth.core.internal.httpkit import get_client_ip

ROOT = Path(__file__).resolve().parents[2]
FORGED, VISITOR, PROXY = "198.51.100.1", "203.0.113.7", "127.0.0.1"


@pytest.mark.parametrize(("proxies", "expected"), [(1, VISITOR), (0, PROXY)], ids=["production", "demonstration"])
def test_a_visitor_is_the_address_that_the_proxy_saw_and_not_the_one_it_says(rf, settings, proxies, expected):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    request = rf.get("/", headers={"X-Forwarded-For": f"{FORGED}, {VISITOR}"}, REMOTE_ADDR=PROXY)
    assert get_client_ip(request) == expected


@pytest.mark.parametrize(("demo", "proxies"), [("0", "1"), ("1", "0")], ids=["production", "demonstration"])
def test_the_proxy_is_believed_in_production_only(demo, proxies):
    code = "from backend.config.settings import ALLAUTH_TRUSTED_PROXY_COUNT as count; print(count)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "JONCTION_DEMO": demo, "JONCTION_DAY": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == proxies
