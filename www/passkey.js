// Passkeys on our own pages: registers one, signs (in) with one at the address that the page names, or asks for one on behalf of our frame.
(() => {
const main = document.querySelector("[data-passkey]"), words = main.dataset, id = (name) => document.getElementById(name);
const button = id("passkey"), said = id("said"), [form] = main.getElementsByClassName("add");
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt());
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer ?? [])))
	.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const post = async (path, body = {}) => {
	const answer = await fetch(path, {
		method: "POST",
		headers: {
			"content-type": "application/json", accept: "application/json", "accept-language": document.documentElement.lang,
			...words.token && { "x-form-token": words.token },
		},
		body: JSON.stringify(body),
	});
	// Whoever is no longer signed in is sent to the page where they can be.
	if (answer.redirected) return location.assign(answer.url), new Promise(() => {});
	const json = await answer.json();
	if (!answer.ok) throw Object.assign(Error(json.code), { detail: json.detail });
	return json;
};

const register = async () => {
	const at = words.at ?? "/me/passkeys", options = await post(at + "/options");
	options.challenge = bytes(options.challenge);
	options.user.id = bytes(options.user.id);
	for (const known of options.excludeCredentials) known.id = bytes(known.id);
	const { response } = await navigator.credentials.create({ publicKey: options });
	return post(at, {
		clientDataJSON: text(response.clientDataJSON),
		attestationObject: text(response.attestationObject),
		transports: response.getTransports?.() ?? [],
		name: id("name")?.value ?? "",
	});
};
const signIn = async () => {
	const at = words.at ?? "/sign-in/passkey", options = await post(at + "/options");
	options.challenge = bytes(options.challenge);
	for (const known of options.allowCredentials ?? []) known.id = bytes(known.id);
	const { rawId, response } = await navigator.credentials.get({ publicKey: options });
	return post(at, {
		id: text(rawId),
		authenticatorData: text(response.authenticatorData),
		clientDataJSON: text(response.clientDataJSON),
		signature: text(response.signature),
		userHandle: text(response.userHandle),
	});
};

const run = async (task) => {
	said.hidden = true;
	button.disabled = true;
	try {
		const done = await task();
		if (done) location.assign(done.next);
	} catch (error) {
		const known = { NotAllowedError: words.cancelled, InvalidStateError: words.known };
		said.textContent = error.detail ?? known[error.name] ?? words.failed;
		said.hidden = false;
	}
	button.disabled = false;
};
const offer = (task) => {
	button.hidden = false;
	if (form) form.onsubmit = (event) => { event.preventDefault(); run(task); };
	else button.onclick = () => run(task);
};

// The frame that opened us hands over what is to be signed, by a channel between pages of this origin alone.
const standIn = () => {
	addEventListener("message", ({ source, origin, data, ports: [port] }) => {
		if (source !== opener || origin !== location.origin || data?.warifu !== 1 || !port) return;
		id("what").textContent = data.what;
		const ask = async () => {
			const publicKey = { challenge: data.challenge, rpId: data.rpId, userVerification: "required", timeout: 3e5 };
			const { rawId, response: { authenticatorData, clientDataJSON, signature, userHandle } } =
				await navigator.credentials.get({ publicKey });
			port.postMessage([rawId, authenticatorData, clientDataJSON, signature, userHandle]);
			close();
		};
		offer(ask);
		run(ask);
	});
	opener?.postMessage({ warifu: 1, type: "passkey" }, location.origin);
};

if (!window.PublicKeyCredential) {
	said.textContent = words.missing;
	said.hidden = false;
} else if (words.passkey === "pop-up") standIn();
else offer(words.passkey === "register" ? register : signIn);
})();
