// The theme switch shows its choice at once; the form around it saves it.

document.addEventListener("change", (event) => {
  if (event.target.name !== "theme") return;
  const chosen = event.target.value;
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  else delete document.documentElement.dataset.theme;
});
