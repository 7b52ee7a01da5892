// Stands in for the program on a page that failed: tells the loader how high it is and why.
if (parent !== window) {
	const meta = (name) => document.querySelector(`[name=warifu-${name}]`).content;
	addEventListener("message", ({ source, data, ports: [port] }) => {
		if (!port || source !== parent || data?.warifu !== 1) return;
		const height = () => Math.ceil(document.body.getBoundingClientRect().height);
		new ResizeObserver(() => port.postMessage({ type: "height", px: height() })).observe(document.body);
		document.documentElement.style.colorScheme = data.theme["color-scheme"].replace("normal", "light");
		port.postMessage({ type: "screen", screen: "failure" });
		port.postMessage({ type: "failure", code: meta("code"), retryable: meta("retryable") === "true" });
	});
	parent.postMessage({ warifu: 1, type: "hello" }, "*");
}
