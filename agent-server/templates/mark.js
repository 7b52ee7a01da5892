// A picture that is dropped anywhere on the page is handed in at once.
const form = document.getElementById("drop"), file = form.elements.picture;
form.querySelector("[data-drop]").hidden = false;
for (const type of ["dragenter", "dragover"]) addEventListener(type, (drag) => {
	drag.preventDefault();
	form.dataset.over = "";
});
addEventListener("dragleave", (drag) => drag.relatedTarget || delete form.dataset.over);
addEventListener("drop", (drop) => {
	drop.preventDefault();
	delete form.dataset.over;
	if (!drop.dataTransfer.files.length) return;
	file.files = drop.dataTransfer.files;
	form.requestSubmit();
});
