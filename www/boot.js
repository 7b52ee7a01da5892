// Serves the page until the Wasm takes over; after that only carries height, theme and messages.
(() => {
const w = window, d = document, { style } = d.documentElement, [form] = d.forms, { quantity } = form;
const id = (name) => d.getElementById(name), find = (css) => d.querySelector(css), main = find("main");
const meta = (name) => find(`[name=warifu-${name}]`).content, review = find("[data-test=review]"), label = review.textContent;
const stop = new AbortController(), queue = [];
const on = (type, act) => d.addEventListener(type, act, { signal: stop.signal });
// In a borrowed window the page around is another's: it learns nothing of how far the shopper is.
const lent = find("[name=warifu-host]");
const send = w.warifuSend = (m) => lent && /screen|failure/.test(m.type) ? 0 : w.warifuPort ? w.warifuPort.postMessage(m) : queue.push(m);
let composing = false, dirty = false, tries = 0;

w.warifuInbox = [];
w.warifuReceive = (m) => w.warifuInbox.push(m);
const paint = (theme) => {
	style.colorScheme = theme["color-scheme"].replace("normal", "light");
	for (const name of ["color-primary", "border-radius", "font-family"]) style.setProperty("--" + name, theme[name]);
};
if (parent !== w) {
	addEventListener("message", ({ source, origin, data, ports: [port] }) => {
		if (w.warifuPort || !port || source !== parent || !meta("origins").split(" ").includes(origin)) return;
		w.warifuPort = port;
		w.warifuNumberEvent = data.numberEvent;
		port.onmessage = ({ data }) => data.type === "theme" ? paint(data.theme) : w.warifuReceive(data);
		paint(data.theme);
		send({ type: "ready" });
		queue.forEach(send);
	});
	parent.postMessage({ warifu: 1, type: "hello" }, "*");
	new ResizeObserver(() => send({ type: "height", px: Math.ceil(d.body.getBoundingClientRect().height) })).observe(d.body);
}

const show = (screen) => {
	main.dataset.screen = screen;
	for (const part of main.children) part.hidden = part.dataset.s !== screen;
	find(`[data-s=${screen}] h1`).focus();
	send({ type: "screen", screen });
};
const count = (step = 0) => {
	const n = parseInt(quantity.value.normalize("NFKC")) || 1, { min, max } = quantity.dataset;
	dirty = true;
	return find("output").value = Math.max(min, Math.min(max, n + +step));
};
const later = (what) => {
	w.warifuPending = what;
	review.textContent = what === "review" ? review.dataset.wait : label;
};
// The program holds no texts: its module brings those of one language, the other is fetched when asked for.
const texts = {};
w.warifuTexts = async (lang) => texts[lang] ??= await fetch(meta("module").replace(/..[.]js$/, lang + ".txt")).then((r) => r.ok ? r.text() : Promise.reject());
const load = () => import(meta("module") + (tries++ ? "?" + tries : ""))
	.then((m) => {
		texts[d.documentElement.lang] = m.texts;
		return m.default({ module_or_path: meta("wasm") });
	}).catch(() => {
		if (stop.signal.aborted) return;
		if (tries === 1) return load();
		later();
		id("load-failed").hidden = false;
		send({ type: "loaderror", reason: "wasm" });
	});

on("click", (e) => {
	const b = e.target.closest("button,.lang") ?? main, { test, step } = b.dataset, panel = id(b.getAttribute("aria-controls"));
	if (test === "order") show("details");
	if (test === "back") show("product");
	if (test === "enrol") later(test);
	if (test === "reload") id("load-failed").hidden = !!load();
	if (panel) b.ariaExpanded = !(panel.hidden = !panel.hidden);
	if (step) id("say").textContent = quantity.value = count(step);
	if (test === "language") e.preventDefault(), dirty ? later(test) : location.replace(b.href);
});
on("submit", (e) => {
	e.preventDefault();
	main.dataset.screen === "product" ? show("details") : later("review");
});
on("input", () => count());
on("compositionstart", () => composing = true);
on("compositionend", () => composing = false);
w.warifuTakeover = () => stop.abort();

// Whoever pays by passkey fetches the script for it then.
w.warifuPasskeys = () => w.PublicKeyCredential?.isUserVerifyingPlatformAuthenticatorAvailable();
w.warifuPasskey = (...asked) => import(meta("module").replace(/[^/]+$/, "pay-by-passkey.mjs")).then((m) => m.ask(...asked));
w.warifuTyped = () => {
	const values = {}, { name, dataset, selectionStart, selectionEnd } = d.activeElement;
	for (const { name, type, value, checked } of form)
		if (name && (checked || !/box|dio/.test(type))) values[name] = value;
	return { values, focusName: name, focusTest: dataset.test, selectionStart, selectionEnd,
		screen: main.dataset.screen, quantity: count(), composing };
};
load();
})();
