// A shop that holds no secret and runs nothing of Warifu's: Node's own web server and a JWT library.
//
// An order comes as an ordinary form with the agent's Grant beside it. The shop verifies the Grant by
// the agent's published keys, holds it against what the form says, keeps its number once, and thanks.
// What it does, step by step, is in PROTOCOL.md, "The order half as a form".

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";

const { WARIFU_AGENT: AGENT, WARIFU_AGENT_ID: AGENT_ID, WARIFU_MERCHANT: MERCHANT } = process.env;
const { SHOP_OFFERS: OFFERS, SHOP_DATA: DATA, PORT = "8082" } = process.env;
const PAGES = new URL("../pages/", import.meta.url);
const KEYS = createRemoteJWKSet(new URL("/.well-known/jwks.json", AGENT));
const CLOCKS_DIFFER = 60; // seconds
const FORM_BYTES_MAX = 16384;

/** An order that the shop does not take, with an HTTP status and a reason of pages/reasons.json. */
class Refused extends Error {
	constructor(status, reason) {
		super(reason);
		Object.assign(this, { status, reason });
	}
}

// -- What is compared -----------------------------------------------------------------------------

/** The claims of a Grant that this agent gave to this shop and that has not expired. */
const verified = async (grant) => {
	try {
		const { payload } = await jwtVerify(grant, KEYS, {
			algorithms: ["EdDSA"],
			typ: "warifu-grant+jwt",
			issuer: AGENT_ID,
			audience: MERCHANT,
			clockTolerance: CLOCKS_DIFFER,
			requiredClaims: ["iss", "aud", "iat", "exp", "jti"],
		});
		return payload;
	} catch (error) {
		if (error instanceof errors.JWTExpired) throw new Refused(410, "grant_expired");
		const isOurs = error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout);
		throw isOurs ? new Refused(422, "grant_invalid") : new Refused(503, "agent_away");
	}
};

/** What the Grant says of the order, made from the form. */
const orderDigest = (form, claims) => {
	const get = (name) => form.get(name) ?? fail(name);
	const fail = (name) => { throw new Refused(422, "half_mismatch", name); };
	let number = 0n;
	for (const symbol of claims.purchase.slice(4))
		number = number * 32n + BigInt("0123456789abcdefghjkmnpqrstvwxyz".indexOf(symbol));
	const half = [Buffer.of(16), Buffer.from(number.toString(16).padStart(32, "0"), "hex")];
	half.push(Buffer.of(32), Buffer.from(claims.offer_digest, "base64url"));
	half.push(varint(quantity(form)));
	for (const part of ["name", "kana", "email", "phone"]) half.push(text(get(`contact.${part}`)));
	half.push(Buffer.of(form.has("delivery.region") ? 0 : 1));
	if (form.has("delivery.region"))
		for (const part of ["name", "postal_code", "region", "locality", "line1", "line2", "phone"])
			half.push(text(get(`delivery.${part}`)));
	const locale = ["ja", "en"].indexOf(get("locale"));
	half.push(Buffer.of(locale < 0 ? fail("locale") : locale));
	half.push(Buffer.of(32), /^[0-9a-f]{64}$/.test(get("salt")) ? Buffer.from(get("salt"), "hex") : fail("salt"));
	return createHash("sha256").update("warifu/1 order-half\0").update(Buffer.concat(half)).digest("base64url");
};

const quantity = (form) => {
	const digits = form.get("quantity") ?? "";
	if (!/^[1-9][0-9]{0,8}$/.test(digits)) throw new Refused(422, "half_mismatch");
	return Number(digits);
};

const text = (value) => {
	const encoded = Buffer.from(value, "utf8");
	return Buffer.concat([varint(encoded.length), encoded]);
};

const varint = (number) => {
	const written = [];
	for (; number >= 128; number = Math.floor(number / 128)) written.push((number % 128) + 128);
	return Buffer.from([...written, number]);
};

const offers = () => JSON.parse(readFileSync(join(OFFERS, "offers.json"), "utf8")).offers;

/** What so many of it cost, delivered there. */
const total = (offer, form) => {
	const count = quantity(form), place = form.get("delivery.region"), { delivery } = offer;
	if (count < offer.quantity.min || count > offer.quantity.max) throw new Refused(422, "amount_mismatch");
	const goods = offer.unit_price * count;
	if (!delivery && !place) return goods;
	const near = ({ regions }) => regions.includes(place) || regions.includes(place.slice(0, 2));
	const zone = delivery && place && delivery.zones.find(near);
	if (!zone) throw new Refused(422, "amount_mismatch");
	return delivery.free_from !== null && goods >= delivery.free_from ? goods : goods + zone.fee;
};

/** The claims of the Grant and the Offer, if all three are of one order. */
const matched = async (form) => {
	const claims = await verified(form.get("grant") ?? "");
	if (orderDigest(form, claims) !== claims.order_digest) throw new Refused(422, "half_mismatch");
	const offer = offers().find(({ digest }) => digest === claims.offer_digest);
	if (!offer || offer.expires * 1000 <= Date.now()) throw new Refused(410, "offer_expired");
	if (total(offer, form) !== claims.amount || offer.currency !== claims.currency)
		throw new Refused(422, "amount_mismatch");
	return { claims, offer };
};

// -- What is kept: one file an order, named by its handling number ---------------------------------

const fileOf = (number) => join(DATA, `${number}.json`);
const orders = () => readdirSync(DATA).filter((name) => name.endsWith(".json"))
	.map((name) => JSON.parse(readFileSync(join(DATA, name), "utf8")));
const orderOf = (purchase) => orders().find((order) => order.purchase === purchase);

/** Keeps the order; a number that was kept before is refused. */
const take = (form, { jti: number, purchase, amount, currency }, { item }) => {
	if (!/^[0-9A-Z]{12}$/.test(number)) throw new Refused(422, "grant_invalid");
	const order = { number, purchase, item, amount, currency, form: Object.fromEntries(form), state: "untold" };
	try {
		// `wx`: it must not be there yet.
		writeFileSync(fileOf(number), JSON.stringify(order), { flag: "wx", flush: true });
	} catch (error) {
		throw error.code === "EEXIST" ? new Refused(409, "grant_used") : error;
	}
};

const setState = (order, state) => {
	const fresh = fileOf(order.number) + ".fresh";
	writeFileSync(fresh, JSON.stringify({ ...order, state }), { flush: true });
	renameSync(fresh, fileOf(order.number));
};

// -- The agent -------------------------------------------------------------------------------------

const askAgent = (path, how) =>
	fetch(new URL(path, AGENT), { signal: AbortSignal.timeout(5000), redirect: "error", ...how });

/** Hands the Grant back if it was not yet, then asks how the purchase stands. */
const catchUp = async (purchase) => {
	const order = orderOf(purchase);
	if (!order) return;
	const path = `/v1/purchases/${purchase}`;
	if (order.state === "untold") {
		const headers = { "content-type": "application/jose" };
		const { status } = await askAgent(`${path}/grant.jws`, { method: "PUT", headers, body: order.form.grant });
		if (status === 429 || status >= 500) return;
	}
	const answer = await askAgent(path, { headers: { accept: "application/json" } });
	if (answer.ok) setState(order, (await answer.json()).state);
};

/** Once a second, whatever a moment without network or a restart has left over. */
const tellUntold = async () => {
	for (const order of orders().filter(({ state }) => state === "untold"))
		await catchUp(order.purchase).catch(() => {}); // the agent is away: a second later
	setTimeout(tellUntold, 1000);
};

// -- The pages -------------------------------------------------------------------------------------

const read = (name) => readFileSync(new URL(name, PAGES), "utf8");
const escaped = (value) => String(value).replace(/[&<>"']/g, (symbol) => `&#${symbol.charCodeAt(0)};`);
const page = (name, locale, values) =>
	read(`${name}.${locale}.html`).replace(/\{(\w+)\}/g, (whole, key) => key in values ? escaped(values[key]) : whole);
const money = ({ amount, currency }) =>
	currency === "JPY" ? `¥${amount.toLocaleString("en")}` : `${amount} ${currency}`;
const POLICY = `default-src 'none'; script-src ${AGENT}; frame-src ${AGENT}; style-src 'self'; ` +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const say = (status, type, body, more) => ({ status, body, headers: {
	"content-type": type, "content-security-policy": "default-src 'none'",
	"x-content-type-options": "nosniff", "cache-control": "no-store", ...more,
} });
const show = (status, shown) => say(status, "text/html; charset=utf-8", shown, { "content-security-policy": POLICY });
const nothing = () => say(404, "text/plain", "there is nothing here");

const thank = (order) => {
	const { locale } = order.form, states = JSON.parse(read("states.json"));
	const state = (states[order.state] ?? states.granted)[locale];
	const number = order.number.replace(/(.{4})(.{4})(.{4})/, "$1-$2-$3");
	return show(200, page("thanks", locale, { number, amount: money(order), state }));
};

const order = async (body) => {
	const form = new URLSearchParams(body), locale = form.get("locale") === "en" ? "en" : "ja";
	try {
		const isOnce = new Set(form.keys()).size === [...form.keys()].length;
		if (!isOnce) throw new Refused(422, "half_mismatch");
		const { claims, offer } = await matched(form);
		take(form, claims, offer);
		await catchUp(claims.purchase).catch(() => {}); // it is told later
		// Another page, so that reloading it sends nothing again.
		return say(303, "text/plain", "", { location: `/thanks/${claims.purchase}` });
	} catch (error) {
		if (!(error instanceof Refused)) throw error;
		const reason = JSON.parse(read("reasons.json"))[error.reason][locale];
		return show(error.status, page("refused", locale, { ...reason, code: error.reason }));
	}
};

/** A webhook says that something happened: believed is only what the agent then says. */
const hear = async (body) => {
	await catchUp(JSON.parse(body).data.purchase);
	return say(200, "application/json", '{"acceptance": null}');
};

const look = ({ pathname, searchParams }) => {
	const [, first, second] = pathname.split("/"), locale = searchParams.get("lang") === "en" ? "en" : "ja";
	if (pathname === "/") {
		const all = offers(), { item } = all.find(({ item }) => item === searchParams.get("item")) ?? all[0];
		return show(200, page("item", locale, { agent: AGENT, merchant: MERCHANT, item }));
	}
	if (pathname === "/readyz") return say(200, "text/plain", "ready");
	if (pathname === "/shop.css") return say(200, "text/css", read("shop.css"));
	if (first === "thanks") {
		const found = orderOf(second);
		return found ? thank(found) : nothing();
	}
	const known = offers().find(({ item }) => pathname === `/warifu/v1/offers/${item}`);
	return known && existsSync(join(OFFERS, known.item))
		? say(200, "application/vnd.warifu.offer", readFileSync(join(OFFERS, known.item))) : nothing();
};

const bodyOf = async (request) => {
	const parts = [];
	let length = 0;
	for await (const part of request) {
		length += part.length;
		if (length > FORM_BYTES_MAX) throw new Refused(413, "half_mismatch");
		parts.push(part);
	}
	return Buffer.concat(parts).toString("utf8");
};

const route = async (request) => {
	const address = new URL(request.url, "http://shop.invalid");
	if (request.method === "GET") return look(address);
	if (request.method === "POST" && address.pathname === "/order") return order(await bodyOf(request));
	if (request.method === "POST" && address.pathname === "/warifu/v1/events") return hear(await bodyOf(request));
	return nothing();
};

mkdirSync(DATA, { recursive: true });
tellUntold();
createServer(async (request, response) => {
	// The log holds no purchase: a fault is answered, not described.
	const { status, headers, body } = await route(request).catch(() => say(503, "text/plain", "later, please"));
	response.writeHead(status, headers).end(body);
}).listen(Number(PORT), "127.0.0.1");
