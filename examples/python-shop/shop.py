"""A shop that holds no secret and runs nothing of Warifu's: Python's own web server and a JWT library.

An order comes as an ordinary form with the agent's Grant beside it. The shop verifies the Grant by
the agent's published keys, holds it against what the form says, keeps its number once, and thanks.
What it does, step by step, is in PROTOCOL.md, "The order half as a form".
"""

import base64
import hashlib
import html
import json
import os
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import jwt

AGENT = os.environ["WARIFU_AGENT"]  # https://agent.example
AGENT_ID = os.environ["WARIFU_AGENT_ID"]  # agt_…
MERCHANT = os.environ["WARIFU_MERCHANT"]  # mrc_…
OFFERS = Path(os.environ["SHOP_OFFERS"])  # written by `merchant-server offers sign`
DATA = Path(os.environ["SHOP_DATA"])
PORT = int(os.environ.get("PORT", "8081"))

PAGES = Path(__file__).resolve().parent.parent / "pages"
KEYS = jwt.PyJWKClient(f"{AGENT}/.well-known/jwks.json", timeout=5)
CLOCKS_DIFFER = 60  # seconds
FORM_BYTES_MAX = 16_384


class Refused(Exception):
    """An order that the shop does not take, with an HTTP status and a reason of pages/reasons.json."""

    def __init__(self, status, reason):
        super().__init__(reason)
        self.status, self.reason = status, reason


# -- What is compared ------------------------------------------------------------------------------


def verified(grant):
    """The claims of a Grant that this agent gave to this shop and that has not expired."""
    try:
        header = jwt.get_unverified_header(grant)
        if header.get("typ") != "warifu-grant+jwt":
            raise Refused(422, "grant_invalid")
        return jwt.decode(
            grant,
            KEYS.get_signing_key(header.get("kid", "")).key,
            algorithms=["EdDSA"],
            issuer=AGENT_ID,
            audience=MERCHANT,
            leeway=CLOCKS_DIFFER,
            options={"require": ["iss", "aud", "iat", "exp", "jti"]},
        )
    except jwt.ExpiredSignatureError as error:
        raise Refused(410, "grant_expired") from error
    except jwt.PyJWKClientConnectionError as error:
        raise Refused(503, "agent_away") from error
    except jwt.PyJWTError as error:
        raise Refused(422, "grant_invalid") from error


def order_digest(form, claims):
    """What the Grant says of the order, made from the form."""
    number = 0
    for symbol in claims["purchase"].removeprefix("pur_"):
        number = number * 32 + "0123456789abcdefghjkmnpqrstvwxyz".index(symbol)
    half = b"\x10" + number.to_bytes(16, "big")
    half += b"\x20" + unbase64url(claims["offer_digest"])
    half += varint(int(form["quantity"]))
    for part in ("name", "kana", "email", "phone"):
        half += text(form[f"contact.{part}"])
    if "delivery.region" in form:
        half += b"\0"
        for part in ("name", "postal_code", "region", "locality", "line1", "line2", "phone"):
            half += text(form[f"delivery.{part}"])
    else:
        half += b"\1"
    half += bytes([("ja", "en").index(form["locale"])])
    half += b"\x20" + bytes.fromhex(form["salt"])
    digest = hashlib.sha256(b"warifu/1 order-half\0" + half).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def text(value):
    encoded = value.encode()
    return varint(len(encoded)) + encoded


def varint(number):
    written = b""
    while number >= 128:
        written += bytes([number % 128 + 128])
        number //= 128
    return written + bytes([number])


def unbase64url(value):
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


def offers():
    return json.loads((OFFERS / "offers.json").read_text())["offers"]


def total(offer, form):
    """What so many of it cost, delivered there."""
    quantity = int(form["quantity"])
    if not offer["quantity"]["min"] <= quantity <= offer["quantity"]["max"]:
        raise Refused(422, "amount_mismatch")
    goods = offer["unit_price"] * quantity
    delivery, place = offer["delivery"], form.get("delivery.region")
    if delivery is None and place is None:
        return goods
    for zone in delivery["zones"] if delivery and place else ():
        if place in zone["regions"] or place[:2] in zone["regions"]:
            free_from = delivery["free_from"]
            return goods if free_from is not None and goods >= free_from else goods + zone["fee"]
    raise Refused(422, "amount_mismatch")


def matched(form):
    """The claims of the Grant and the Offer, if all three are of one order."""
    claims = verified(form["grant"])
    try:
        is_same = order_digest(form, claims) == claims["order_digest"]
    except (KeyError, ValueError, OverflowError) as error:
        raise Refused(422, "half_mismatch") from error
    if not is_same:
        raise Refused(422, "half_mismatch")
    found = [offer for offer in offers() if offer["digest"] == claims["offer_digest"]]
    if not found or found[0]["expires"] <= time.time():
        raise Refused(410, "offer_expired")
    offer = found[0]
    if (total(offer, form), offer["currency"]) != (claims["amount"], claims["currency"]):
        raise Refused(422, "amount_mismatch")
    return claims, offer


# -- What is kept ----------------------------------------------------------------------------------

SCHEMA = """CREATE TABLE IF NOT EXISTS orders (
    number   TEXT NOT NULL PRIMARY KEY, -- the handling number: once
    purchase TEXT NOT NULL UNIQUE,
    item     TEXT NOT NULL,
    amount   INTEGER NOT NULL,
    currency TEXT NOT NULL,
    form     TEXT NOT NULL,             -- who ordered and where it goes, as JSON
    state    TEXT NOT NULL              -- untold, then what the agent says
)"""


def database():
    connection = sqlite3.connect(DATA / "orders.sqlite", timeout=10)
    connection.row_factory = sqlite3.Row
    return connection


def take(form, claims, offer):
    """Keeps the order; a number that was kept before is refused."""
    order = (claims["jti"], claims["purchase"], offer["item"], claims["amount"], claims["currency"])
    try:
        with database() as db:
            row = (*order, json.dumps(form, ensure_ascii=False), "untold")
            db.execute("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    except sqlite3.IntegrityError as error:
        raise Refused(409, "grant_used") from error


def order_of(purchase):
    with database() as db:
        return db.execute("SELECT * FROM orders WHERE purchase = ?", (purchase,)).fetchone()


def set_state(purchase, state):
    with database() as db:
        db.execute("UPDATE orders SET state = ? WHERE purchase = ?", (state, purchase))


# -- The agent -------------------------------------------------------------------------------------


def ask_agent(method, path, headers, body=None):
    """Status and body of the agent's answer."""
    request = urllib.request.Request(AGENT + path, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def catch_up(purchase):
    """Hands the Grant back if it was not yet, then asks how the purchase stands."""
    order = order_of(purchase)
    if order is None:
        return
    path = f"/v1/purchases/{purchase}"
    if order["state"] == "untold":
        grant = json.loads(order["form"])["grant"].encode()
        headers = {"content-type": "application/jose"}
        status, _ = ask_agent("PUT", f"{path}/grant.jws", headers, grant)
        if status != 204 and (status == 429 or status >= 500):
            return
    status, body = ask_agent("GET", path, {"accept": "application/json"})
    if status == 200:
        set_state(purchase, json.loads(body)["state"])


def tell_untold():
    """Once a second, whatever a moment without network or a restart has left over."""
    while True:
        time.sleep(1)
        with database() as db:
            untold = db.execute("SELECT purchase FROM orders WHERE state = 'untold'").fetchall()
        for row in untold:
            try:
                catch_up(row["purchase"])
            except OSError:
                pass  # the agent is away: a second later


# -- The pages -------------------------------------------------------------------------------------


def page(name, locale, **values):
    """A page of pages/, its {names} filled in."""
    shown = (PAGES / f"{name}.{locale}.html").read_text()
    for key, value in values.items():
        shown = shown.replace("{" + key + "}", html.escape(str(value)))
    return shown


def money(order):
    return f"¥{order['amount']:,}" if order["currency"] == "JPY" else f"{order['amount']} {order['currency']}"


class Shop(BaseHTTPRequestHandler):
    """The shop's addresses."""

    def do_GET(self):
        address = urlsplit(self.path)
        asked = dict(parse_qsl(address.query))
        locale = "en" if asked.get("lang") == "en" else "ja"
        _, first, *rest = address.path.split("/")
        if address.path == "/":
            items = [offer["item"] for offer in offers()]
            item = asked["item"] if asked.get("item") in items else items[0]
            self.say(200, page("item", locale, agent=AGENT, merchant=MERCHANT, item=item))
        elif address.path == "/shop.css":
            self.answer(200, "text/css", (PAGES / "shop.css").read_bytes())
        elif address.path.startswith("/warifu/v1/offers/"):
            known = [offer["item"] for offer in offers() if offer["item"] == rest[-1]]
            if known:
                media_type = "application/vnd.warifu.offer"
                return self.answer(200, media_type, (OFFERS / known[0]).read_bytes())
            self.answer(404, "text/plain", b"unknown item")
        elif first == "thanks" and rest and (order := order_of(rest[0])):
            self.thank(order)
        elif address.path == "/readyz":
            self.answer(200, "text/plain", b"ready")
        else:
            self.answer(404, "text/plain", b"there is nothing here")

    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("content-length") or 0), FORM_BYTES_MAX + 1))
        if self.path == "/order":
            self.order(body)
        elif self.path == "/warifu/v1/events":
            self.hear(body)
        else:
            self.answer(404, "text/plain", b"there is nothing here")

    def order(self, body):
        form, locale = {}, "ja"
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=32)
            form = dict(pairs)
            locale = "en" if form.get("locale") == "en" else "ja"
            if len(body) > FORM_BYTES_MAX or len(form) != len(pairs) or "grant" not in form:
                raise Refused(422, "half_mismatch")
            claims, offer = matched(form)
            take(form, claims, offer)
        except Refused as refused:
            return self.refuse(refused, locale)
        except ValueError:
            return self.refuse(Refused(422, "half_mismatch"), locale)
        try:
            catch_up(claims["purchase"])
        except OSError:
            pass  # it is told later
        # Another page, so that reloading it sends nothing again.
        self.send_response(303)
        self.send_header("location", f"/thanks/{claims['purchase']}")
        self.send_header("content-length", "0")
        self.end_headers()

    def hear(self, body):
        """A webhook says that something happened: believed is only what the agent then says."""
        try:
            catch_up(json.loads(body)["data"]["purchase"])
        except (ValueError, KeyError, TypeError):
            return self.answer(400, "text/plain", b"no event")
        except OSError:
            return self.answer(503, "text/plain", b"the agent is away")
        self.answer(200, "application/json", b'{"acceptance": null}')

    def thank(self, order):
        locale = json.loads(order["form"])["locale"]
        number = "-".join(order["number"][at : at + 4] for at in (0, 4, 8))
        states = json.loads((PAGES / "states.json").read_text())
        state = states.get(order["state"], states["granted"])[locale]
        self.say(200, page("thanks", locale, number=number, amount=money(order), state=state))

    def refuse(self, refused, locale):
        reasons = json.loads((PAGES / "reasons.json").read_text())
        shown = page("refused", locale, code=refused.reason, **reasons[refused.reason][locale])
        self.say(refused.status, shown)

    def say(self, status, shown):
        policy = (
            f"default-src 'none'; script-src {AGENT}; frame-src {AGENT}; style-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        self.answer(status, "text/html; charset=utf-8", shown.encode(), policy)

    def answer(self, status, media_type, body, policy="default-src 'none'"):
        self.send_response(status)
        self.send_header("content-type", media_type)
        self.send_header("content-length", str(len(body)))
        self.send_header("content-security-policy", policy)
        self.send_header("x-content-type-options", "nosniff")
        self.send_header("cache-control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Logs hold no purchase."""


if __name__ == "__main__":
    DATA.mkdir(parents=True, exist_ok=True)
    with database() as created:
        created.execute(SCHEMA)
    threading.Thread(target=tell_untold, daemon=True).start()
    ThreadingHTTPServer(("127.0.0.1", PORT), Shop).serve_forever()
