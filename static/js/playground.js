// The playground's behaviours: one module each.
import "./attachments.js";
import "./composer.js";
import "./prompts.js";
import "./estimate.js";
import "./options.js";
import "./stream.js";
import "./drafts.js";
import "./wrapping.js";
import "./quote.js";
import "./notice.js";
import "./shortcuts.js";
