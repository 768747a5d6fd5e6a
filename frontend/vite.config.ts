import type {Plugin} from "vite";
import {defineConfig} from "vitest/config";

/** One file, no library mode: that would leave it unminified. The plugin serves it as it is. */
export default defineConfig({
  plugins: [styleInScript()],
  test: {testTimeout: 60_000}, // a busy machine fails nothing
  oxc: {jsx: {runtime: "automatic", importSource: "preact"}},
  build: {
    outDir: "../tb_zeroacc/plugin/static",
    emptyOutDir: false,
    target: "es2022",
    assetsInlineLimit: 1_000_000,
    cssCodeSplit: false,
    modulePreload: false,
    rolldownOptions: {
      input: "src/main.tsx",
      preserveEntrySignatures: "exports-only",
      output: {entryFileNames: "index.js", assetFileNames: "[name][extname]", codeSplitting: false},
    },
  },
});

/** Moves the style sheet into the script, which puts it into the page as soon as it is loaded. */
function styleInScript(): Plugin {
  return {
    name: "style-in-script",
    enforce: "post",
    generateBundle(_, bundle) {
      const {"index.js": script, "style.css": sheet} = bundle;
      if (script?.type !== "chunk" || sheet?.type !== "asset") this.error("no script or no style");
      const rules = JSON.stringify(sheet.source);
      const style = `Object.assign(document.createElement("style"),{textContent:${rules}})`;
      script.code = `document.head.append(${style});${script.code}`;
      delete bundle["style.css"];
    },
  };
}
