from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms

from digests import Digest
from evidence import requests
from evidence.keys import TrustedKeys
from evidence.requests import content_digest, sign_request, verify_request
from messages.problems import Problem
from tests.counting import calls
from tests.scene.agencies import POLICE
from tests.scene.clocks import NOW, after
from tests.scene.evidence import Trail

TRAIL = Trail()
TRUSTED = TRAIL.trusted()
URL = "http://127.0.0.1:8080/v1/inbox?after=7&wait=30"
BODY = b'{"a":1}'
NONCE = "0123456789abcdef"
SIGNED_AT = NOW.replace(microsecond=0)


class Headers:
    """Header fields as a server has them: any number of lines of one name."""

    def __init__(self, lines: list[tuple[str, str]]) -> None:
        self._lines = lines

    def items(self) -> list[tuple[str, str]]:
        return self._lines


def signed(headers: dict[str, str] | None = None, **more: Any) -> dict[str, str]:
    given: dict[str, Any] = {
        "method": "POST",
        "url": URL,
        "headers": {"Accept": "application/json"} if headers is None else headers,
        "content_digest": content_digest(BODY),
        "key": TRAIL.police,
        "now": SIGNED_AT,
        "nonce": NONCE,
    }
    return sign_request(**{**given, **more})


def verified(headers: Any, **more: Any) -> requests.VerifiedRequest:
    given: dict[str, Any] = {"method": "POST", "url": URL, "resolve_key": TRUSTED.find, "now": SIGNED_AT}
    return verify_request(**{**given, "headers": headers, **more})


def test_a_signed_request_tells_who_when_and_over_what() -> None:
    headers = signed({"Accept": "application/json", "Casehub-Handler": "zhang"})
    assert headers["Accept"] == "application/json"
    found = verified(headers)
    assert (found.key_id, found.owner) == (TRAIL.police.key_id, POLICE)
    assert (found.nonce, found.created, found.handler) == (NONCE, SIGNED_AT, "zhang")
    assert found.content_digest == content_digest(BODY)
    found.require_body(Digest.of(BODY))
    with pytest.raises(Problem, match="body-changed"):
        found.require_body(Digest.of(b"other"))


def test_a_request_without_handler_names_none() -> None:
    assert verified(signed()).handler is None


def test_header_names_in_any_case_and_a_signature_from_before_is_replaced() -> None:
    once = {name.upper(): value for name, value in signed({"casehub-handler": "zhang"}).items()}
    again = signed(once, nonce="another-nonce-0123")
    assert verified(again).nonce == "another-nonce-0123"
    assert verified({name.upper(): value for name, value in again.items()}).handler == "zhang"


def test_no_body_has_the_digest_of_nothing() -> None:
    assert content_digest() == content_digest(b"") == "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_five_minutes_of_skew_are_borne(seconds: int) -> None:
    assert verified(signed(), now=after_signing(seconds)).owner == POLICE


@pytest.mark.parametrize("seconds", [-301, 301, 600])
def test_more_skew_is_refused_and_told(seconds: int) -> None:
    with pytest.raises(Problem) as caught:
        verified(signed(), now=after_signing(seconds))
    assert caught.value.code == "evidence.request-skew"
    assert caught.value.params == {"seconds": -seconds, "limit": 300}


def after_signing(seconds: float) -> Any:
    return after(seconds).replace(microsecond=0)


def swapped(**changes: str) -> dict[str, str]:
    return {**signed(), **{name.replace("_", "-"): value for name, value in changes.items()}}


def replaced(old: str, new: str) -> dict[str, str]:
    headers = signed()
    assert old in headers["Signature-Input"]
    return {**headers, "Signature-Input": headers["Signature-Input"].replace(old, new)}


def without(name: str) -> dict[str, str]:
    return {k: v for k, v in signed({"Casehub-Handler": "zhang"}).items() if k != name}


def twice(name: str) -> Headers:
    lines = list(signed({"Casehub-Handler": "zhang"}).items())
    return Headers([*lines, *((k, v) for k, v in lines if k == name)])


class _Message:
    def __init__(self, headers: dict[str, str]) -> None:
        self.method, self.url, self.headers = "POST", URL, headers


def foreign(covered: tuple[str, ...] = ("@method", "@target-uri", "content-digest"), **more: Any) -> dict[str, str]:
    """Signed by the library itself, as another client would."""
    message = _Message({"Content-Digest": content_digest(BODY), "Date": "now"})
    signer = HTTPMessageSigner(
        signature_algorithm=more.pop("algorithm", algorithms.ED25519),
        key_resolver=MappingKeyResolver(
            public_keys={}, private_keys={TRAIL.police.key_id: more.pop("key", TRAIL.police.private)}
        ),
    )
    given = {"key_id": TRAIL.police.key_id, "created": SIGNED_AT, "nonce": NONCE, "tag": "casehub", **more}
    signer.sign(message, covered_component_ids=covered, use_existing_digest=True, **given)
    return message.headers


def test_another_client_of_the_standard_is_understood() -> None:
    assert verified(foreign()).owner == POLICE
    assert verified(foreign(("content-digest", "@target-uri", "@method"))).owner == POLICE


REVOKED = TrustedKeys([entry.revoked(NOW) for entry in TRUSTED])
REFUSED: dict[str, tuple[Callable[[], Any], dict[str, Any], str]] = {
    "unsigned": (lambda: {"Content-Digest": content_digest()}, {}, "request-unsigned"),
    "signature missing": (lambda: without("Signature"), {}, "request-unsigned"),
    "signature input missing": (lambda: without("Signature-Input"), {}, "request-unsigned"),
    "digest missing": (lambda: without("Content-Digest"), {}, "request-malformed"),
    "digest by another algorithm": (lambda: swapped(Content_Digest="sha-512=:AAAA:"), {}, "request-malformed"),
    "two digests": (
        lambda: swapped(Content_Digest=content_digest() + ", " + content_digest(b"x")),
        {},
        "request-malformed",
    ),
    "digest changed": (lambda: swapped(Content_Digest=content_digest(b"x")), {}, "bad-signature"),
    "handler added": (lambda: swapped(Casehub_Handler="li"), {}, "request-malformed"),
    "handler changed": (
        lambda: {**signed({"Casehub-Handler": "zhang"}), "Casehub-Handler": "li"},
        {},
        "bad-signature",
    ),
    "handler taken away": (lambda: without("Casehub-Handler"), {}, "request-malformed"),
    "handler twice": (lambda: twice("Casehub-Handler"), {}, "request-malformed"),
    "signature twice": (lambda: twice("Signature"), {}, "request-malformed"),
    "digest twice": (lambda: twice("Content-Digest"), {}, "request-malformed"),
    "endless signature": (lambda: swapped(Signature="x" * 5000), {}, "request-malformed"),
    "another method": (signed, {"method": "PUT"}, "bad-signature"),
    "method in lower case": (signed, {"method": "post"}, "request-malformed"),
    "another path": (signed, {"url": URL.replace("inbox", "outbox")}, "bad-signature"),
    "another query": (signed, {"url": URL.replace("after=7", "after=8")}, "bad-signature"),
    "another host": (signed, {"url": URL.replace("127.0.0.1", "127.0.0.2")}, "bad-signature"),
    "no URL": (signed, {"url": "not a url"}, "request-malformed"),
    "signature of zeros": (lambda: swapped(Signature=f"casehub=:{'A' * 86}==:"), {}, "bad-signature"),
    "signature too short": (lambda: swapped(Signature="casehub=:AAAA:"), {}, "bad-signature"),
    "signature no bytes": (lambda: swapped(Signature="casehub=1"), {}, "request-malformed"),
    "signature not ASCII": (lambda: swapped(Signature="案"), {}, "request-malformed"),
    "other label": (lambda: swapped(Signature="x=:AAAA:"), {}, "request-malformed"),
    "later created": (
        lambda: replaced(str(int(SIGNED_AT.timestamp())), str(int(SIGNED_AT.timestamp()) + 1)),
        {},
        "bad-signature",
    ),
    "created no number": (
        lambda: replaced(f"created={int(SIGNED_AT.timestamp())}", 'created="now"'),
        {},
        "request-malformed",
    ),
    "no nonce": (lambda: replaced(f';nonce="{NONCE}"', ""), {}, "request-malformed"),
    "short nonce": (lambda: replaced(NONCE, "0"), {}, "request-malformed"),
    "other nonce": (lambda: replaced(NONCE, NONCE[::-1]), {}, "bad-signature"),
    "no alg": (lambda: replaced(';alg="ed25519"', ""), {}, "request-malformed"),
    "other alg": (lambda: replaced("ed25519", "hmac-sha256"), {}, "wrong-algorithm"),
    "other tag": (lambda: foreign(tag="other"), {}, "request-malformed"),
    "expires too": (lambda: foreign(expires=after(100)), {}, "request-malformed"),
    "method not covered": (lambda: foreign(("@target-uri", "content-digest")), {}, "request-malformed"),
    "target not covered": (lambda: foreign(("@method", "@path", "content-digest")), {}, "request-malformed"),
    "digest not covered": (lambda: foreign(("@method", "@target-uri")), {}, "request-malformed"),
    "more covered": (lambda: foreign(("@method", "@target-uri", "content-digest", "@path")), {}, "request-malformed"),
    "part of the digest covered": (
        lambda: foreign(("@method", "@target-uri", '"content-digest";key="sha-256"')),
        {},
        "request-malformed",
    ),
    "key unknown": (signed, {"resolve_key": lambda key_id: None}, "unknown-key"),
    "key no identity": (lambda: signed(key=TRAIL.log), {}, "wrong-algorithm"),
    "key revoked": (signed, {"resolve_key": REVOKED.find, "now": NOW}, "key-revoked"),
    "key of another": (lambda: foreign(key=TRAIL.hub.private), {}, "bad-signature"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    headers, arguments, code = REFUSED[name]
    with pytest.raises(Problem) as caught:
        verified(headers(), **arguments)
    assert caught.value.code == f"evidence.{code}"


def test_two_signatures_of_ours_are_refused() -> None:
    first, second = signed(), signed(nonce="another-nonce-0123")
    both = {
        **first,
        "Signature-Input": first["Signature-Input"]
        + ", "
        + second["Signature-Input"].replace("casehub=", "second=", 1),
        "Signature": first["Signature"] + ", " + second["Signature"].replace("casehub=", "second=", 1),
    }
    with pytest.raises(Problem, match="request-malformed"):
        verified(both)


def test_a_signature_of_somebody_else_beside_ours_is_let_be() -> None:
    ours, proxy = signed(), foreign(tag="proxy")
    both = {
        **ours,
        "Signature-Input": ours["Signature-Input"] + ", " + proxy["Signature-Input"],
        "Signature": ours["Signature"] + ", " + proxy["Signature"],
    }
    assert verified(both).owner == POLICE


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({"content_digest": "sha-256=:short:"}, id="digest"),
        pytest.param({"content_digest": f"sm3=:{content_digest()[9:]}"}, id="digest of an unknown algorithm"),
        pytest.param({"nonce": "short"}, id="nonce"),
        pytest.param({"nonce": 'quote"quote"quote"'}, id="nonce with quotes"),
        pytest.param({"url": "/v1/inbox"}, id="URL without host"),
    ],
)
def test_what_cannot_be_signed(arguments: dict[str, Any]) -> None:
    with pytest.raises(Problem, match="request-malformed"):
        signed(**arguments)


def test_signing_and_verifying_cost_little() -> None:
    verified(signed())
    with calls() as made:
        verified(signed())
    assert made.count < 8_000, "every request to the hub costs it"
