// The playground's behaviours: one module each.
import "./composer.js";
import "./estimate.js";
import "./prompts.js";
import "./stream.js";
