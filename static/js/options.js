// The settings that hang on the deployment come anew with each choice of one. What somebody sets meanwhile in those that
// are still there is not undone by the answer: it is asked for once more, with that.

const select = document.getElementById("deployment");
const options = document.getElementById("options-by-model");
const chosen = () => JSON.stringify([...new FormData(select.form)].filter(([name]) =>
  ["deployment", "thinking", "effort", "server_tools"].includes(name)));

if (select && options) {
  let asked = "";
  select.addEventListener("htmx:beforeRequest", () => { asked = chosen(); });
  options.addEventListener("htmx:beforeSwap", (event) => {
    if (chosen() === asked) return;
    event.detail.shouldSwap = false;
    htmx.trigger(select, "change");
  });
}
