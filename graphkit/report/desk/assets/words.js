// The page speaks English and Chinese: sentences come as pairs, and the page's own words from `words.toml`.

const LANGUAGES = ["en", "zh"];
let language = "en";

/** A word or sentence of the page, filled; `one | many` is chosen by `n`. */
function t(key, values = {}) {
  const both = DATA.words[key];
  let text = both[language === "zh" ? 1 : 0];
  if (text.includes(" | ")) text = text.split(" | ")[values.n === 1 ? 0 : 1];
  return text.replace(/\{(\w+)\}/g, (_, name) => (typeof values[name] === "number" ? count(values[name]) : values[name]));
}

/** A sentence that came as a pair of English and Chinese. */
function say(pair) {
  return pair[language === "zh" ? 1 : 0];
}

/** The name of something the tables call by a word, such as a tier; the word itself where it is new. */
function name(kind, word) {
  return `${kind}.${word}` in DATA.words ? t(`${kind}.${word}`) : cut(visible(word));
}

function setLanguage(lang) {
  language = LANGUAGES.includes(lang) ? lang : "en";
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  Memory.set("language", language);
}
