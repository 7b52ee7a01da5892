// Copies the number, where the browser lets it.
const button = document.querySelector("[data-copy]");
if (navigator.clipboard) {
	button.hidden = false;
	button.addEventListener("click", async () => {
		await navigator.clipboard.writeText(button.dataset.copy);
		button.textContent = button.dataset.copied;
	});
}
