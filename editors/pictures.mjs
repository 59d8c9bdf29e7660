// Draws picture.cnn as VS Code, GitHub's themes given, would show it.
//
//   node editors/pictures.mjs           write docs/highlight-light.svg and docs/highlight-dark.svg
//   node editors/pictures.mjs --check   exit 1 where one of them is not what would be written
//   node editors/pictures.mjs THEME     that theme's picture to standard output
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createHighlighter } from "shiki";

const PICTURES = { "docs/highlight-light.svg": "github-light", "docs/highlight-dark.svg": "github-dark" };
const COLUMN = 8.43; // the advance of most fixed-width fonts at 14 pixels
const ROW = 20;
const MARGIN = 16;

const file = (path) => new URL(`../${path}`, import.meta.url);
const read = (path) => readFileSync(file(path), "utf8");
const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

function word(token, column, row) {
  const italic = token.fontStyle & 1 ? ' font-style="italic"' : "";
  const bold = token.fontStyle & 2 ? ' font-weight="bold"' : "";
  const x = (MARGIN + column * COLUMN).toFixed(1);
  return `<text x="${x}" y="${MARGIN + row * ROW + 14}" fill="${token.color}"${italic}${bold}>${escaped(token.content)}</text>`;
}

function* words(lines) {
  for (const [row, line] of lines.entries()) {
    let column = 0;
    for (const token of line) {
      const blank = token.content.length - token.content.trimStart().length;
      const shown = { ...token, content: token.content.trim() };
      if (shown.content) yield word(shown, column + blank, row);
      column += token.content.length;
    }
  }
}

function picture({ tokens, bg, fg }) {
  const columns = Math.max(...tokens.map((line) => line.reduce((n, token) => n + token.content.length, 0)));
  const width = Math.ceil(2 * MARGIN + columns * COLUMN);
  const height = 2 * MARGIN + tokens.length * ROW;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<rect width="${width}" height="${height}" rx="6" fill="${bg}"/>`,
    `<g font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="${fg}">`,
    ...words(tokens),
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

async function draw(themes) {
  const grammar = JSON.parse(read("grammar/cnn.tmLanguage.json"));
  const shiki = await createHighlighter({ themes, langs: [grammar] });
  const source = read("editors/picture.cnn").trimEnd();
  return themes.map((theme) => picture(shiki.codeToTokens(source, { lang: "cnn", theme })));
}

const [argument] = process.argv.slice(2);
if (argument && argument !== "--check") {
  process.stdout.write((await draw([argument]))[0]);
} else {
  const drawn = await draw(Object.values(PICTURES));
  for (const [place, path] of Object.keys(PICTURES).entries()) {
    if (existsSync(file(path)) && read(path) === drawn[place]) continue;
    if (argument) {
      console.error(`${path} is stale: run \`node editors/pictures.mjs\``);
      process.exitCode = 1;
    } else {
      writeFileSync(file(path), drawn[place]);
      console.log(path);
    }
  }
}
