// Files for the next message: chosen, pasted or dropped, checked here first, sent up one by one with their progress. What
// arrived is kept by the server with the conversation, so a reload loses nothing.
import { say } from "./say.js";

const form = document.getElementById("attach");
const list = document.getElementById("attachments");
const composer = document.getElementById("composer");
const box = document.getElementById("message");
const input = document.getElementById("attachment-file");
const IMAGES = ["image/jpeg", "image/png", "image/gif", "image/webp"];

// What goes with the message in the box; what belongs to one that waits for its turn is set aside.
const every = () => [...(list?.querySelectorAll("[data-attachment]") ?? [])];
export const attached = () => every().filter((item) => !item.hidden);
export const idOf = (item) => item.dataset.attachment;
export const nameOf = (id) => every().find((item) => idOf(item) === id)?.querySelector(".attachment__name").textContent ?? "";
const arriving = () => list.querySelector("[data-arriving]");

// False, and said, while something is still on its way.
export function haveArrived() {
  if (list && arriving()) say(form.dataset.arriving);
  return !list || !arriving();
}

const row = (id) => document.getElementById(id).content.cloneNode(true).firstElementChild;

export function setAside(ids, aside) {
  for (const item of every().filter((one) => ids.includes(idOf(one)))) {
    item.hidden = aside;
    item.querySelector("input").disabled = aside;
  }
  if (list) needsText();
}

// Takes them out for good, here and on the server.
export function drop(ids) {
  for (const item of every().filter((one) => ids.includes(idOf(one)))) item.querySelector("[data-remove]").click();
}

// A message may be empty where something is attached.
const needsText = () => { box.required = !attached().length; };

// What is attached changes what the message costs.
function changed() {
  needsText();
  composer.dispatchEvent(new Event("change", { bubbles: true }));
}

function refuse(file, words, place) {
  const refused = row("attachment-refused");
  refused.querySelector("[data-name]").textContent = file.name;
  refused.querySelector("[data-words]").textContent = words;
  if (place) place.replaceWith(refused);
  else list.append(refused);
}

function objection(file) {
  const { dataset } = form;
  if (attached().length + list.querySelectorAll("[data-arriving]").length >= Number(dataset.most)) return dataset.tooMany;
  // Some systems name no type; the server looks at the bytes anyway.
  if (file.type && file.type !== "application/pdf" && !IMAGES.includes(file.type)) return dataset.wrongKind;
  if (file.size > Number(dataset.mostPdf)) return dataset.pdfTooLarge;
  return IMAGES.includes(file.type) && file.size > Number(dataset.mostImage) ? dataset.imageTooLarge : "";
}

function send(file) {
  const words = objection(file);
  if (words) return refuse(file, words);
  const place = row("attachment-arriving");
  place.querySelector("[data-name]").textContent = file.name;
  list.append(place);
  const body = new FormData();
  body.append("file", file, file.name);
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("X-CSRFToken", form.elements.csrfmiddlewaretoken.value);
  request.setRequestHeader("HX-Request", "true");
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) place.querySelector("progress").value = (100 * event.loaded) / event.total;
  });
  request.addEventListener("load", () => {
    if (place.isConnected) arrived(file, place, request);
    else takeBack(request);
  });
  request.addEventListener("error", () => refuse(file, form.dataset.failed, place));
  let isWhole = false;
  request.upload.addEventListener("load", () => { isWhole = true; });
  // The console keeps what it has the whole of.
  place.querySelector("[data-dismiss]").addEventListener("click", () => { if (!isWhole) request.abort(); });
  request.send(body);
}

const drawnIn = (request) => new DOMParser().parseFromString(request.responseText, "text/html").querySelector("li.attachment");

// What somebody no longer wanted when all of it was up already.
function takeBack(request) {
  const drawn = drawnIn(request);
  if (request.status === 201 && drawn) removed(drawn);
}

// The server answers with the attachment as it is drawn, or with why it was not taken.
function arrived(file, place, request) {
  const drawn = drawnIn(request);
  if (!drawn || ![201, 400].includes(request.status)) return refuse(file, form.dataset.failed, place);
  place.replaceWith(document.adoptNode(drawn));
  if (request.status === 201) say(`${form.dataset.attached}: ${file.name}`);
  changed();
}

// It is out of the message at once, and back if the console does not hear of it.
async function remove(item) {
  setAside([idOf(item)], true);
  changed();
  box.focus();
  if (!await removed(item)) {
    setAside([idOf(item)], false);
    changed();
    return say(form.dataset.failed);
  }
  item.remove();
  say(form.dataset.removed);
}

// What belongs to a message that is being said anew only leaves this composer; the server keeps it.
async function removed(item) {
  const headers = { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, "HX-Request": "true" };
  const address = item.querySelector("[data-remove]").getAttribute("formaction");
  const answer = await fetch(address, { method: "POST", headers }).catch(() => null);
  return [204, 404].includes(answer?.status);
}

function take(item) {
  item.remove();
  changed();
  box.focus();
}

const filesOf = (data) => [...(data?.files ?? [])];

if (form && list) {
  input.required = false;
  input.addEventListener("change", () => {
    filesOf(input).forEach(send);
    input.value = "";
  });

  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    event.preventDefault();
    if (button.matches("[data-remove]")) remove(button.closest("li"));
    else take(button.closest("li"));
  });

  // Text from an office program comes with a picture of itself: then the text is meant.
  box.addEventListener("paste", (event) => {
    const files = filesOf(event.clipboardData);
    if (!files.length || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    files.forEach(send);
  });

  const talk = document.querySelector(".playground__talk");
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  for (const name of ["dragenter", "dragover"]) {
    talk.addEventListener(name, (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      composer.classList.add("is-dropped-on");
    });
  }
  talk.addEventListener("dragleave", (event) => {
    if (!talk.contains(event.relatedTarget)) composer.classList.remove("is-dropped-on");
  });
  talk.addEventListener("drop", (event) => {
    composer.classList.remove("is-dropped-on");
    if (!carries(event)) return;
    event.preventDefault();
    filesOf(event.dataTransfer).forEach(send);
    box.focus();
  });

  // Nothing is sent without what is still on its way, unless it waited for its turn before that was attached.
  composer.addEventListener("submit", (event) => {
    if (event.detail?.going || haveArrived()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  // The answer to Send takes what was sent out of the list.
  new MutationObserver(needsText).observe(list, { childList: true });
}
