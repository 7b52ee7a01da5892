// Gives each letter its height, and shows new ones as they arrive.
const fit = (frame) => {
	const letter = frame.contentDocument?.body;
	if (letter) frame.style.height = letter.offsetHeight + 2 + "px";
};
for (const frame of document.querySelectorAll("iframe")) {
	frame.addEventListener("load", () => fit(frame));
	frame.closest("details").addEventListener("toggle", () => fit(frame));
	fit(frame);
}
addEventListener("resize", () => document.querySelectorAll("iframe").forEach(fit));
const shown = document.getElementById("letters").dataset.newest;
setInterval(async () => {
	try {
		const [newest] = await (await fetch("/_demo/mail.json")).json();
		if (newest && newest.id !== shown) location.reload();
	} catch {
		// The server is away; it may come back.
	}
}, 2000);
