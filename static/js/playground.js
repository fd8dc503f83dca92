// The playground's behaviours: one module each.
import "./composer.js";
import "./stream.js";
