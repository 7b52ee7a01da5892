// A passkey signs a purchase: asked for here or, where the page around does not let its frames or the browser
// does not say which page that is, in a window of our own.
let elsewhere = false;

export const ask = async (challenge, what) => {
	const w = window, isOurs = parent === w;
	const publicKey = { challenge, rpId: location.hostname, userVerification: "required", timeout: 3e5 }, asked = performance.now();
	const may = isOurs || document.featurePolicy?.allowsFeature("publickey-credentials-get");
	if (!elsewhere && may !== false) try {
		const { rawId, response: { authenticatorData, clientDataJSON, signature, userHandle } } =
			await navigator.credentials.get({ publicKey });
		if (isOurs || new TextDecoder().decode(clientDataJSON).includes('"topOrigin"'))
			return [rawId, authenticatorData, clientDataJSON, signature, userHandle];
	} catch (error) {
		// Where the browser does not say whether it may: at once means no, later that the shopper did not want to.
		if (may || performance.now() - asked > 500) throw error;
	}
	elsewhere = true;
	return new Promise((done, fail) => {
		const opened = open("/passkey/pop-up?locale=" + document.documentElement.lang, "", "popup,width=480,height=640");
		if (!opened) return fail();
		const watch = setInterval(() => opened.closed && (clearInterval(watch), fail()), 500);
		addEventListener("message", ({ source, origin, data }) => {
			if (source !== opened || origin !== location.origin || data?.warifu !== 1) return;
			const { port1, port2 } = new MessageChannel();
			port1.onmessage = ({ data }) => done(data);
			opened.postMessage({ warifu: 1, challenge, rpId: publicKey.rpId, what }, origin, [port2]);
		});
	});
};
