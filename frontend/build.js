// Bundle the scripts of the page into share/jupyter, where servers find them, so that installing and
// serving need no Node. With --check nothing is written: it fails if a bundle is not current.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BUNDLES = {
  "page.js": "share/jupyter/voila/templates/recsys/page.js.j2",
  "plugins.js": "share/jupyter/voila/labextensions/recsys/static/plugins.js",
};

const check = process.argv.includes("--check");
for (const [entry, target] of Object.entries(BUNDLES)) {
  const { outputFiles } = await build({
    entryPoints: [`${ROOT}frontend/src/${entry}`],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    globalName: entry === "page.js" ? "recsysPage" : undefined,
    target: "es2022",
    charset: "utf8",
  });
  const made = `// Made from frontend/src/${entry} by \`make frontend\`: edit it there.\n`;
  const script = made + outputFiles[0].text;
  // A part of the template must not be read as Jinja's.
  const text = target.endsWith(".j2") ? `{% raw %}${script}{% endraw %}\n` : script;
  if (!check) writeFileSync(ROOT + target, text);
  else if (readFileSync(ROOT + target, "utf8") !== text) {
    console.error(`${target} is not made from the scripts in frontend/. Run: make frontend`);
    process.exitCode = 1;
  }
}
