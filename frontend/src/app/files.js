// Files of a case: pasted or dropped anywhere on the page, they go into the field that is there without scripts too.

function take(form, files) {
  if (!files.length) return;
  const field = form.querySelector("input[type=file]");
  const chosen = new DataTransfer();
  for (const file of [...field.files, ...files]) chosen.items.add(file);
  field.files = chosen.files;
  field.focus();
}

export function startFiles() {
  const form = document.querySelector("form[data-files]");
  if (!form) return;
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) event.preventDefault();
    take(form, files);
  });
  document.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    take(form, [...event.dataTransfer.files]);
  });
}
