"""Hooks for schemathesis: how it makes messages of ours, what it knows of the seeded database, and
what every refusal has to be. Reads WARIFU_CASES, a JSON object that the test writes."""

import json
import os
import pathlib
import re

import schemathesis
from hypothesis import strategies as st

KNOWN = json.loads(os.environ["WARIFU_CASES"])
VECTORS = pathlib.Path(KNOWN["vectors"])
PROBLEM = {
    "type": str,
    "title": str,
    "status": int,
    "detail": str,
    "code": str,
    "number": int,
    "retryable": bool,
    "next_step": str,
    "request_id": str,
}


def spoilt(good):
    """The good bytes, cut off, with bytes changed, or with more behind them."""
    places = st.integers(min_value=0, max_value=max(len(good) - 1, 0))
    changed = st.builds(
        lambda at, by: good[:at] + bytes([by]) + good[at + 1 :], places, st.integers(0, 255)
    )
    cut = st.builds(lambda at: good[:at], places)
    longer = st.builds(lambda more: good + more, st.binary(min_size=1, max_size=8))
    return st.one_of(st.just(good), changed, cut, longer)


def wire(case):
    """A case of a golden vector as it travels: what is signed, with its signature behind it."""
    bytes_ = bytes.fromhex(case["bytes"])
    if "signed" not in case:
        return bytes_
    length, prefix = len(bytes_), b""
    while length > 0x7F:
        prefix += bytes([length & 0x7F | 0x80])
        length >>= 7
    return prefix + bytes([length]) + bytes_ + b"\x40" + bytes.fromhex(case["signed"]["signature"])


def sent(received):
    """Messages among the bytes that the agent received before, each with its media type."""
    for head in re.finditer(rb"(?:PUT|POST) /[^\r]* HTTP/1.1\r\n(.*?)\r\n\r\n", received, re.DOTALL):
        fields = dict(line.split(b": ", 1) for line in head.group(1).lower().split(b"\r\n"))
        kind, length = fields.get(b"content-type", b""), int(fields.get(b"content-length", 0))
        if kind.startswith(b"application/vnd.warifu."):
            yield kind.decode(), received[head.end() : head.end() + length]


def messages():
    """For each media type good messages: those of the golden vectors, and those of the seed."""
    kinds = {}
    for file in sorted(VECTORS.glob("*.json")):
        vector = json.loads(file.read_text())
        if not (isinstance(vector, dict) and "media_type" in vector):
            continue
        cases = vector["cases"]
        kinds[vector["media_type"]] = [wire(case) for case in cases]
    for kind, body in sent(pathlib.Path(KNOWN["received"]).read_bytes()):
        kinds.setdefault(kind, []).append(body)
    jws = json.loads((VECTORS / "grant-jws.json").read_text())
    kinds["application/jose"] = [case["jws"].encode() for case in jws["cases"]]
    kinds["application/jose"].append(KNOWN["jws"].encode())
    return kinds


for kind, good in messages().items():
    strategy = st.one_of(st.binary(max_size=64), *[spoilt(one) for one in good])
    schemathesis.openapi.media_type(kind, strategy)


class Bearer:
    """Shows a token where it is asked for."""

    token = ""

    def get(self, case, context):
        return self.token

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.auth().apply_to(path_regex="^/v1/operator/")
class OperatorBearer(Bearer):
    token = KNOWN["operator_token"]


@schemathesis.auth().skip_for(path_regex="^/v1/operator/")
class MerchantBearer(Bearer):
    token = KNOWN["merchant_token"]


@schemathesis.hook
def flatmap_path_parameters(context, path_parameters):
    """As generated, or what there is: half of the cases get as far as the handlers go."""
    if not path_parameters:
        return st.just(path_parameters)
    there = {name: KNOWN[name] for name in path_parameters if name in KNOWN}
    if "payouts" in context.operation.path:
        there["id"] = KNOWN["payout"]
    return st.one_of(st.just(path_parameters), st.just({**path_parameters, **there}))


@schemathesis.hook
def before_call(context, case, kwargs):
    """Nobody waits for events that will not come."""
    if case.query and str(case.query.get("wait", "")).isdigit():
        case.query["wait"] = 0


@schemathesis.check
def a_refusal_is_a_problem_document(context, response, case):
    """Every error is RFC 9457 with our number, a page of its own, and the request's id."""
    if response.status_code < 400:
        return
    kind = response.headers.get("content-type", [""])[0]
    assert kind == "application/problem+json", f"{response.status_code} as {kind!r}"
    if case.method == "HEAD":
        return
    document = response.json()
    for name, type_ in PROBLEM.items():
        assert isinstance(document.get(name), type_), f"{name} is {document.get(name)!r}"
    assert document["status"] == response.status_code
    assert document["type"].endswith("/problems/" + document["code"])
    assert document["request_id"] == response.headers["x-request-id"][0]
