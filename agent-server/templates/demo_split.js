// Reads what each server received and looks for the one side's secrets in the other side's bytes.
// Nothing leaves this page: it only asks.
const words = JSON.parse(document.getElementById("words").textContent), by = (id) => document.getElementById(id);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name].toLocaleString("en-US"));

// Bytes are handled as strings of characters below 256, so that searching them is searching text.
const utf8 = (text) => unescape(encodeURIComponent(text));
const hex = (bytes) => [...bytes].map((c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join("");
const utf16 = (text, swap) => [...Array(text.length).keys()].map((i) => {
	const unit = text.charCodeAt(i), pair = [String.fromCharCode(unit & 255), String.fromCharCode(unit >> 8)];
	return (swap ? pair.reverse() : pair).join("");
}).join("");
// What does not depend on what stands before and after it.
const base64 = (bytes, offset) => {
	const all = btoa("\0".repeat(offset) + bytes), end = Math.floor((offset + bytes.length) / 3) * 4;
	return all.slice(offset ? 4 : 0, end);
};
const forms = (text) => {
	const bytes = utf8(text), encoded = [0, 1, 2].map((offset) => base64(bytes, offset));
	const all = [bytes, [...bytes].reverse().join(""), utf8([...text].reverse().join("")), hex(bytes),
		hex(bytes).toUpperCase(), utf16(text), utf16(text, true), encodeURIComponent(text),
		utf8(text.replace(/[^\0-\x7f]/g, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"))),
		...encoded, ...encoded.map((e) => e.replaceAll("+", "-").replaceAll("/", "_"))];
	return [...new Set(all)].filter((form) => form.length > 5);
};
// How many bytes of the hay are part of something that was looked for; none is counted twice.
const seenIn = (hay, needles) => {
	const found = [];
	for (const needle of needles)
		for (let at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, at + 1)) found.push([at, at + needle.length]);
	let bytes = 0, last = 0;
	for (const [start, end] of found.sort(([a], [b]) => a - b)) {
		bytes += Math.max(0, end - Math.max(start, last));
		last = Math.max(last, end);
	}
	return bytes;
};
const seen = (hays, needles) => hays.reduce((sum, hay) => sum + seenIn(hay, needles), 0);
// A search that finds nothing must be one that could have found something.
const works = (needles) => needles.every((form) => seen(["before" + form + "after"], [form]) === form.length);

// Every way in which a contract number is written down by people.
const numbers = (list) => list.flatMap((number) => {
	const digits = number.slice(1), grouped = digits.match(/.{4}/g).join("-");
	return [number, digits, number[0] + "-" + grouped, grouped, grouped.replaceAll("-", " ")];
});
// Prefecture codes stand in every Offer, and two or three bytes are found by chance.
const personal = (order) => Object.entries({ ...order.contact, ...order.delivery })
	.filter(([name, value]) => name !== "delivery.region" && utf8(value).length > 5).map(([, value]) => value);

const make = (tag, text, props) => Object.assign(document.createElement(tag), { textContent: text ?? "" }, props);
const row = ([label, value, note]) => {
	const div = make("div"), data = make("dd", value);
	if (note) data.append(" ", make("span", note, { className: "note" }));
	div.append(make("dt", label), data);
	return div;
};
const card = (time, rows) => {
	const list = make("dl", "", { className: "rows" }), box = make("article");
	list.append(...rows.filter(([, value]) => value).map(row));
	box.append(make("p", moment.format(time), { className: "note" }), list);
	return box;
};
const moment = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "medium", timeZone: "Asia/Tokyo" });
// The newest in full view; what the reader has opened stays open.
const show = (id, [newest, ...earlier], empty) => {
	const open = by(id).querySelector("details")?.open, more = make("details", "", { open: !!open });
	more.append(make("summary", fill(words.earlier, { n: earlier.length })), ...earlier);
	by(id).replaceChildren(newest ?? make("p", empty, { className: "note" }), ...(earlier.length ? [more] : []));
};
const verdict = (id, n, values) => {
	const [strong, note] = by(id).children, broken = n === null;
	by(id).dataset.bytes = broken ? "" : n;
	by(id).dataset.state = broken ? "" : n ? "bad" : "good";
	strong.textContent = broken ? "" : fill(words[id], { n });
	note.textContent = broken ? values : fill(words[id + "_note"], values);
};

const money = ({ amount, currency }) => {
	const shown = new Intl.NumberFormat("en", { style: "currency", currency });
	return shown.format(amount / 10 ** shown.resolvedOptions().maximumFractionDigits);
};
const agentCard = (o) => card(o.at, [
	[words.labels["payment.contract_number"], o.contract_number, words.hidden], [words.labels["payment.code"], o.code],
	[words.labels["payment.plan"], words.plans[o.plan] ?? o.plan], [words.merchant, o.merchant],
	[words.goods, `${o.item?.[words.index] ?? "—"} × ${o.quantity}`], [words.amount, o.amount]]);
const shopCard = ({ at, read: { order, grant } }) => card(at, [
	...words.fields.map((name) => [words.labels[name], { ...order.contact, ...order.delivery }[name]]),
	[words.handling, grant?.handling_number], [words.amount, grant && money(grant)],
	[words.labels["payment.plan"], words.plans[grant?.plan_class] ?? grant?.plan_class]]);

const get = async (url) => (await fetch(url, { cache: "no-store" })).text();
let before = "";
const look = async () => {
	const agentText = await get("/_demo/split.json"), agent = JSON.parse(agentText);
	const answers = await Promise.allSettled(agent.shops.map((shop) => get(shop + "/_demo/received.json")));
	const shopTexts = answers.filter((answer) => answer.value).map((answer) => answer.value);
	if (before === (before = agentText + shopTexts.join())) return;

	const purchases = shopTexts.flatMap((text) => JSON.parse(text).purchases.map((purchase) => purchase.received));
	const came = purchases.flat();
	const withoutRaw = (text) => utf8(JSON.stringify(JSON.parse(text), (name, value) => name === "raw" ? undefined : value));
	const shopRead = shopTexts.map(withoutRaw), shopBytes = [...shopRead, ...came.map((thing) => atob(thing.raw))];
	const agentBytes = [utf8(JSON.stringify(agent.opened)), ...agent.received.flatMap(({ request, body }) => [utf8(request), atob(body)])];
	const size = (all) => all.reduce((sum, bytes) => sum + bytes.length, 0);
	const orders = purchases.map((all) => all.findLast((thing) => thing.read?.order)).filter((order) => order)
		.sort((a, b) => b.at - a.at);

	const away = !shopTexts.length || shopTexts.length < agent.shops.length, nothing = !orders.length && !agent.opened.length;
	const judge = (id, needles, hays, values) => {
		const why = away ? words.away : nothing ? words.empty : works(needles) ? "" : words.broken;
		verdict(id, why ? null : seen(hays, needles), why || { size: size(hays), ...values });
	};
	judge("number", [...new Set(numbers(agent.look_for))].flatMap(forms), shopBytes, {
		ways: forms("C-9000-0000-0001").length,
		own: agent.opened.reduce((sum, o) => sum + o.contract_bytes, 0),
	});
	const typed = [...new Set(orders.flatMap((thing) => personal(thing.read.order)))];
	judge("address", typed.flatMap(forms), agentBytes, {
		ways: forms("\u5c71\u7530\u82b1\u5b50").length,
		own: seen(shopRead, typed.map(utf8)),
	});

	show("agent", agent.opened.toReversed().map(agentCard), words.empty);
	show("shop", orders.map(shopCard), away ? words.away : words.empty);
};
const again = () => look().catch((fault) => verdict("number", null, words.broken + " " + fault.message)).then(() => setTimeout(again, 2000));
again();
