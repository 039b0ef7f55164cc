"""Signatures, beside the published vector and a check written after the specification alone."""

import hashlib
import hmac
from base64 import b64decode, b64encode

import pytest

from backend.webhooks.signing import PREFIX, make_secret, sign, signed_headers

# That of the reference libraries of https://github.com/standard-webhooks/standard-webhooks.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VECTOR = {"webhook_id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "timestamp": 1614265330, "body": b'{"test": 2432232314}'}


def test_the_published_vector_is_signed_alike():
    assert sign(SECRET, **VECTOR) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_headers_list_a_signature_for_each_secret():
    secrets = [make_secret(), SECRET]
    headers = signed_headers(secrets, **VECTOR)
    assert headers["webhook-id"] == VECTOR["webhook_id"]
    assert headers["webhook-timestamp"] == "1614265330"
    expected = []
    for secret in secrets:
        signed = hmac.new(b64decode(secret[6:]), digestmod=hashlib.sha256)
        signed.update(b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}')
        expected.append("v1," + b64encode(signed.digest()).decode())
    assert headers["webhook-signature"].split(" ") == expected


@pytest.mark.parametrize(
    "changed", [{"webhook_id": "msg_x"}, {"timestamp": 1614265331}, {"body": b'{"test":2432232314}'}]
)
def test_each_signed_part_changes_the_signature(changed):
    assert sign(SECRET, **{**VECTOR, **changed}) != sign(SECRET, **VECTOR)


def test_a_secret_is_random_and_as_long_as_the_specification_wants():
    made = {make_secret() for _ in range(20)}
    assert len(made) == 20
    assert all(secret.startswith(PREFIX) and 24 <= len(b64decode(secret[6:])) <= 64 for secret in made)
