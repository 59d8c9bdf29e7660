// Which language that GitHub knows colours .cnn files most like their own grammar does?
//
//   node editors/candidates.mjs [LANGUAGE...]
//
// For the grammars that Shiki ships, best first, and for those named: the share of the characters of
// examples/ (blanks and comments aside) that have the colour in the theme github-light that the own
// grammar gives them. Left out are those that miss a comment, or call anything an error.
import { readFileSync, readdirSync } from "node:fs";
import { bundledLanguagesInfo, createHighlighter } from "shiki";

const SHOWN = 10;
const COMMENT = "#6A737D";
const INVALID = "#B31D28";

const root = new URL("../", import.meta.url);
const read = (path) => readFileSync(new URL(path, root), "utf8");
const examples = readdirSync(new URL("examples/", root)).filter((name) => name.endsWith(".cnn"));
const sources = examples.map((name) => read(`examples/${name}`));
const grammar = JSON.parse(read("grammar/cnn.tmLanguage.json"));
const shiki = await createHighlighter({ themes: ["github-light"], langs: [grammar] });

/** The colour of each character that is no blank. */
function colors(lang) {
  const tokens = sources.flatMap((source) => shiki.codeToTokens(source, { lang, theme: "github-light" }).tokens.flat());
  return tokens.flatMap(({ content, color }) => [...content.replace(/\s/g, "")].map(() => color.toUpperCase()));
}

const own = colors("cnn");

async function candidate(lang) {
  await shiki.loadLanguage(lang);
  const found = colors(lang);
  const fits = own.every((color, place) => (color === COMMENT) === (found[place] === COMMENT));
  const rest = own.flatMap((color, place) => (color === COMMENT ? [] : [color === found[place]]));
  return { lang, share: rest.filter(Boolean).length / rest.length, fits: fits && !found.includes(INVALID) };
}

const named = process.argv.slice(2);
const rows = [];
for (const { id } of bundledLanguagesInfo) rows.push(await candidate(id));
rows.sort((a, b) => b.share - a.share);
const best = rows.filter((row) => row.fits).slice(0, SHOWN);
for (const row of rows.filter((row) => best.includes(row) || named.includes(row.lang))) {
  const why = row.fits ? "" : "  misses comments, or calls something an error";
  console.log(`${row.lang.padEnd(14)} ${(100 * row.share).toFixed(0).padStart(3)} %${why}`);
}
