// Entry point of every page: one small module per behaviour. Pages work without any of them.
import "./confirm.js";
import "./copy.js";
import "./keys.js";
import "./menus.js";
import "./requests.js";
import "./rows.js";
import "./starters.js";
import "./times.js";
