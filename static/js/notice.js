// The administrator's notice, put away until it says something else. The cookie holds no secret: it names the words.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-put-away]");
  if (!button) return;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `notice=${button.dataset.putAway}; path=/playground/; max-age=31536000; samesite=lax${secure}`;
  document.getElementById("notice").remove();
  document.getElementById("message")?.focus();
});
