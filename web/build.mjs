/**
 * Makes web/hypnic.js, the one file that sites load, from the modules of web/src/ (`make widget`; needs npm).
 * Its first line names the tool and holds a hash of the sources and of the code, which a test compares.
 */

import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, transform, version } from "esbuild";

const WEB = dirname(fileURLToPath(import.meta.url));
const SRC = join(WEB, "src");
const target = "es2022";

/** The stylesheet is a text inside JavaScript, which esbuild leaves as it is; it is made smaller as what it is. */
const small = {
  name: "style",
  setup({ onLoad }) {
    onLoad({ filter: /style\.js$/ }, async ({ path }) => {
      let css = "";
      globalThis.CSSStyleSheet = class {
        replaceSync(text) {
          css = text;
        }
      };
      await import(pathToFileURL(path));
      // An older target would turn logical properties and nesting into more.
      const { code } = await transform(css, { loader: "css", minify: true, target: "chrome120" });
      const sheet = JSON.stringify(code.trim());
      return { contents: `export const STYLE=new CSSStyleSheet();STYLE.replaceSync(${sheet})` };
    });
  },
};

const options = { entryPoints: [join(SRC, "hypnic.js")], bundle: true, minify: true, format: "esm", charset: "utf8", target };
const { outputFiles } = await build({ ...options, plugins: [small], legalComments: "none", write: false });
const code = outputFiles[0].text;
const hash = (...texts) => createHash("sha256").update(texts.join("\0")).digest("hex").slice(0, 16);
const sources = hash(...readdirSync(SRC).sort().map((name) => readFileSync(join(SRC, name), "utf8")));
const head = `/* Hypnic, Apache-2.0. Made from web/src by esbuild ${version}; sources ${sources}, code ${hash(code)} */\n`;
writeFileSync(process.argv[2] ?? join(WEB, "hypnic.js"), head + code);
