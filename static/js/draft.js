// Draws the unfinished end of an answer as it will look once it is finished, so that no raw Markdown flickers by.
// Only nodes with text are made here, never HTML; the server's own blocks take their place as they are completed.
// The end stands in an element of its own, behind the finished blocks: these are neither styled nor laid out again.

const MARKS = /(\*\*|~~|`+|\*(?=\S))(.*?)(?:\1|$)|\[([^\]]*)\](?:\(([^)]*)(?:\)|$))/s;
const TAGS = { "**": "strong", "~~": "s", "*": "em" };
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+/;

function make(tag, ...children) {
  const element = document.createElement(tag);
  element.append(...children);
  return element;
}

function inline(text) {
  const nodes = [];
  for (let found; (found = MARKS.exec(text)); text = text.slice(found.index + found[0].length)) {
    const [, mark, inner, label] = found;
    nodes.push(...lines(text.slice(0, found.index)));
    if (label !== undefined) nodes.push(make("u", label));
    else if (mark[0] === "`") nodes.push(make("code", inner));
    else if (inner) nodes.push(make(TAGS[mark], ...inline(inner)));
  }
  return [...nodes, ...lines(text)];
}

const lines = (text) => text.split("\n").flatMap((line, index) => (index ? [document.createElement("br"), line] : [line]));

function code(opening, rows) {
  const head = make("div", make("span", opening.replace(/^\s*[`~]+/, "").trim() || "text"));
  head.className = "code-block__head";
  const block = make("div", head, make("pre", make("code", rows.join("\n").trimEnd())));
  block.className = "code-block";
  return block;
}

function table(rows) {
  // A heading that has no word yet heads nothing.
  const cells = (row, tag) => row.replace(/^\s*\|?|\|\s*$/g, "").split("|").map((cell) => cell.trim())
    .map((cell) => make(cell ? tag : "td", ...inline(cell)));
  const body = rows.slice(1).filter((row) => !/^[\s|:-]*$/.test(row));
  const whole = make("table", make("thead", make("tr", ...cells(rows[0], "th"))),
    make("tbody", ...body.map((row) => make("tr", ...cells(row, "td")))));
  const scroll = make("div", whole);
  scroll.className = "scroll";
  return scroll;
}

// How many of the lines, from the first on, satisfy the test.
const run = (rows, test) => { const end = rows.findIndex((row) => !test(row)); return end < 0 ? rows.length : end; };

function list(rows) {
  const [, indent, mark] = ITEM.exec(rows[0]);
  const whole = make(/\d/.test(mark) ? "ol" : "ul");
  if (whole.tagName === "OL") whole.start = parseInt(mark, 10);
  while (rows.length) {
    const width = ITEM.exec(rows[0])[0].length;
    const size = 1 + run(rows.slice(1), (row) => !row.trim() || row.search(/\S/) > indent.length);
    const inner = [rows[0].slice(width), ...rows.slice(1, size).map((row) => row.replace(new RegExp(`^\\s{0,${width}}`), ""))];
    whole.append(make("li", ...blocks(inner, true)));
    rows = rows.slice(size);
  }
  return whole;
}

function blocks(rows, tight = false) {
  const nodes = [];
  while ((rows = rows.slice(run(rows, (row) => !row.trim()))).length) {
    let size = 1;
    const [first] = rows;
    const heading = /^ {0,3}(#{1,6})\s+/.exec(first);
    if (/^ {0,3}(`{3,}|~{3,})/.test(first)) {
      const closed = rows.findIndex((row, index) => index && /^\s*(`{3,}|~{3,})\s*$/.test(row));
      size = closed < 0 ? rows.length : closed + 1;
      nodes.push(code(first, rows.slice(1, closed < 0 ? size : closed)));
    } else if (heading) {
      nodes.push(make(`h${heading[1].length}`, ...inline(first.slice(heading[0].length))));
    } else if (/^ {0,3}>/.test(first)) {
      size = run(rows, (row) => /^ {0,3}>/.test(row));
      nodes.push(make("blockquote", ...blocks(rows.slice(0, size).map((row) => row.replace(/^ {0,3}> ?/, "")))));
    } else if (ITEM.test(first)) {
      const { length } = ITEM.exec(first)[1];
      size = run(rows, (row) => !row.trim() || row.search(/\S/) > length || (ITEM.exec(row)?.[1].length === length));
      nodes.push(list(rows.slice(0, size)));
    } else if (/^\s*\|/.test(first)) {
      size = run(rows, (row) => /^\s*\|/.test(row));
      nodes.push(table(rows.slice(0, size)));
    } else if (!/^ {0,3}([-*_] *){2,}$/.test(first)) {
      size = run(rows, (row, index) => row.trim() && !/^( {0,3}(#{1,6}\s|>|```)|\s*\|)/.test(row) && !ITEM.test(row)) || 1;
      const text = inline(rows.slice(0, size).join("\n").replace(/(\*{1,2}|`|#{1,6}|[-+])$/, "").trim());
      if (text.some((node) => node !== "")) nodes.push(...(tight && !nodes.length ? text : [make("p", ...text)]));
    }
    rows = rows.slice(size);
  }
  return nodes;
}

// Whether one node can become the other by changing what is in it.
const alike = (one, other) =>
  one?.nodeName === other.nodeName && one.className === other.className && one.start === other.start;

// Makes what is in `parent` look like `nodes`. What is the same stays: little more than new words is laid out, and what
// somebody has selected stays selected.
function turn(parent, nodes) {
  const old = [...parent.childNodes];
  for (const node of old.slice(nodes.length)) node.remove();
  nodes.forEach((node, index) => {
    const there = old[index];
    if (!there) parent.append(node);
    else if (!alike(there, node)) there.replaceWith(node);
    else if (node.nodeType !== Node.TEXT_NODE) turn(there, [...node.childNodes]);
    else if (!node.data.startsWith(there.data)) there.data = node.data;
    else if (node.length > there.length) there.appendData(node.data.slice(there.length));
  });
}

const tailOf = (live) => live.querySelector(".prose--tail");
const texts = new WeakMap(); // the text of each tail that is drawn, as it came
const textOf = (tail) => texts.get(tail) ?? tail.textContent;

function draw(live) {
  const tail = tailOf(live);
  const text = textOf(tail);
  texts.set(tail, text);
  turn(tail, text.trim() ? blocks(text.split("\n")) : []);
  // The distance to what stands before it is that of one piece of text.
  const before = tail.previousElementSibling.lastElementChild?.localName ?? "";
  if (tail.dataset.after !== before) tail.dataset.after = before;
}

// Takes the tail of a live answer as the server has sent it, and draws it.
export function take(live) {
  texts.delete(tailOf(live));
  draw(live);
}

// A finished block is about to come: all that is in the tail is in it or will come again behind it.
export function clear(live) {
  const tail = tailOf(live);
  texts.set(tail, "");
  tail.replaceChildren();
}

const template = document.createElement("template");

// More text for the tail, as the HTML of an event; it is seen when `drawer` has it drawn.
export function add(live, html) {
  const tail = tailOf(live);
  template.innerHTML = html;
  texts.set(tail, textOf(tail) + template.content.textContent);
}

// A page is busy with drawing one part of so many of the time, and rests so many milliseconds at the longest.
const PARTS = 12;
const LONGEST = 150;

// Gives a function that has a live answer drawn in one of the next frames: in the very next one if it is `urgent`,
// otherwise once the page has rested from the last drawing. `then` is called after each drawing.
export function drawer(then = () => {}) {
  const due = new Set();
  let frame = 0;
  let rest = 0;
  const ask = () => { frame ||= requestAnimationFrame(render); };
  const render = () => {
    const began = performance.now();
    frame = 0;
    due.forEach(draw);
    due.clear();
    then();
    clearTimeout(rest);
    rest = setTimeout(() => { // by then it is painted
      rest = setTimeout(() => {
        rest = 0;
        if (due.size) ask();
      }, Math.min((PARTS - 1) * (performance.now() - began), LONGEST));
    });
  };
  return (live, urgent) => {
    due.add(live);
    if (urgent || !rest) ask();
  };
}
