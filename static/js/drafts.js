// Keeps what is being written on the server, a second after the last key, so that no tab, device or crash loses it.

const box = document.getElementById("message");
let waiting = 0;

async function keep() {
  waiting = 0;
  const body = new URLSearchParams({ message: box.value, submission_id: document.getElementById("submission-id").value });
  const headers = { "X-CSRFToken": document.querySelector("#composer [name=csrfmiddlewaretoken]").value };
  // A draft that cannot be kept is still in the box; the next key tries again.
  await fetch(box.dataset.draft, { method: "POST", body, headers, keepalive: true }).catch(() => {});
}

// An earlier message that is being said differently is no draft.
if (box?.dataset.draft && !document.querySelector("#composer [name=replaces]")) {
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(keep, 1000);
  });
  // Whoever leaves within that second loses nothing either.
  addEventListener("pagehide", () => { if (waiting) keep(); });
  document.getElementById("composer").addEventListener("submit", () => {
    clearTimeout(waiting);
    waiting = 0;
  });
}
