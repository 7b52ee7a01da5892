// <warifu-checkout>: opens the payment agent's frame in a shop's page. It sees no field and stores nothing.
(() => {
const script = document.currentScript, TAG = "warifu-checkout", AGENT = new URL(script.src).origin;
const WORDS = {
	ja: ["ご注文手続き", "注文ページを開く", "閉じる"],
	en: ["Checkout", "Open the checkout page", "Close"],
};
// All that an event can hold: nothing personal.
const EVENTS = { ready: [], screen: ["screen"], accepted: ["orderId", "handlingNumber", "referral"],
	failure: ["code", "retryable"], cancel: [], loaderror: ["reason"] };
const sheet = new CSSStyleSheet();
sheet.replaceSync(`:host{display:block}:host([hidden]){display:none}iframe{display:block;width:100%;height:40rem;border:0}
dialog{width:min(60rem,100%);padding:0;border:0;text-align:end}a,button{display:inline-block;padding:.8em 1em;font:inherit}`);

const control = (host, root) => {
	let frame, dialog, port, timer, tries, settle, loaded;
	root.adoptedStyleSheets = [sheet];
	const get = (name) => host.getAttribute(name);
	const add = (parent, tag, properties) => parent.appendChild(Object.assign(document.createElement(tag), properties));
	const locale = () => {
		const page = host.closest("[lang]")?.lang || navigator.language, asked = get("locale");
		return WORDS[asked] ? asked : /^ja/i.test(page) ? "ja" : "en";
	};
	const word = (n) => WORDS[locale()][n];
	const href = (path) => {
		const url = new URL("/v1/" + path, AGENT), set = (key, value) => value && url.searchParams.set(key, value);
		for (const name of ["merchant", "seller", "item", "quantity", "method"]) set(name, get(name));
		set("locale", locale());
		set("ref", get("client-reference-id"));
		return url.href;
	};
	const numbered = () => host.hasAttribute("handling-number-event");
	const theme = () => {
		const css = getComputedStyle(host), values = { "color-scheme": css.colorScheme };
		for (const name of ["color-primary", "border-radius", "font-family"])
			values[name] = css.getPropertyValue("--warifu-" + name).trim();
		return values;
	};
	const link = (label) => add(root, "a", { href: href("page"), textContent: label || word(1) });
	const emit = (type, detail) => host.dispatchEvent(new CustomEvent(type, { bubbles: true, composed: true, detail }));

	const begin = () => {
		end();
		loaded = new Promise((resolve, reject) => settle = { resolve, reject });
		loaded.catch(() => {});
		const mode = get("mode"), label = get("label");
		if (!get("merchant") || !get("item")) return;
		if (mode === "page") return link(label), settle.resolve(host);
		if (label) add(root, "button", { textContent: label, onclick: open });
		if (label || mode === "dialog") {
			dialog = add(root, "dialog", { ariaLabel: word(0) });
			add(dialog, "button", { textContent: word(2), onclick: close });
		}
		tries = 0;
		addEventListener("message", greet);
		frame = add(dialog ?? root, "iframe", {
			title: get("frame-title") || word(0),
			allow: "publickey-credentials-get; clipboard-write; payment",
			sandbox: "allow-scripts allow-same-origin allow-forms allow-popups allow-modals allow-top-navigation-by-user-activation",
			referrerPolicy: "strict-origin",
			onload: () => port || wait(3e3),
			src: href("frame"),
		});
		wait(15e3);
	};
	const end = () => {
		removeEventListener("message", greet);
		clearTimeout(timer);
		port?.close();
		root.replaceChildren();
		frame = dialog = port = null;
	};
	const open = () => dialog?.open || dialog?.showModal();
	const close = () => dialog?.close();
	const wait = (ms) => {
		clearTimeout(timer);
		timer = setTimeout(() => {
			if (tries++ > 1) return fail(navigator.onLine ? "blocked" : "offline");
			frame.src = href("frame");
			wait(15e3);
		}, ms);
	};
	const fail = (reason) => {
		end();
		link();
		refuse(reason);
	};
	const refuse = (reason) => {
		settle.reject(Error(reason));
		emit("loaderror", { reason });
	};

	// The frame's greeting carries nothing; the answer is a private channel, for the agent's origin only.
	const greet = ({ source, origin, data }) => {
		if (source !== frame.contentWindow || origin !== AGENT || data?.warifu !== 1) return;
		if (data.type === "unregistered") {
			console.warn(`warifu: ${location.origin} is not registered for ${get("merchant")} at ${AGENT}`);
			clearTimeout(timer);
			refuse("origin");
		}
		if (data.type !== "hello") return;
		clearTimeout(timer);
		port?.close();
		const { port1, port2 } = new MessageChannel();
		port = port1;
		port.onmessage = hear;
		source.postMessage({ warifu: 1, type: "port", theme: theme(), numberEvent: numbered() }, AGENT, [port2]);
	};
	const hear = ({ data }) => {
		const { type, px } = data, detail = {};
		if (type === "height" && px > 0) frame.style.height = px + "px";
		if (!EVENTS[type]) return;
		for (const name of EVENTS[type]) if (name in data) detail[name] = data[name];
		numbered() || delete detail.handlingNumber;
		if (type === "ready") settle.resolve(host);
		if (type === "cancel") close();
		emit(type === "screen" ? "screenchange" : type, detail);
	};
	const change = (name) => {
		if (name === "locale" && port) return port.postMessage({ type: name, locale: locale() });
		end();
		timer = setTimeout(begin);
	};
	const update = (attributes) => {
		for (const name in attributes) host.setAttribute(name, attributes[name]);
		port?.postMessage({ type: "theme", theme: theme() });
	};
	const load = () => (frame || begin(), loaded);
	Object.assign(host, { load, open, close, update, destroy: () => host.remove() });
	return { begin, end, change };
};

if (!customElements.get(TAG)) customElements.define(TAG, class extends HTMLElement {
	static observedAttributes = ["merchant", "seller", "item", "quantity", "method", "locale", "mode", "label"];
	#own = control(this, this.attachShadow({ mode: "closed" }));
	connectedCallback() { this.#own.begin(); }
	connectedMoveCallback() {}
	disconnectedCallback() { this.#own.end(); }
	attributeChangedCallback(name, was, now) { was !== now && this.isConnected && this.#own.change(name); }
});
window.Warifu ??= { load: async (element = document.querySelector(TAG)) => element.load() };

if (script.dataset.merchant) {
	const element = document.createElement(TAG);
	for (const { name, value } of script.attributes) /^data-/.test(name) && element.setAttribute(name.slice(5), value);
	script.after(element);
}
})();
