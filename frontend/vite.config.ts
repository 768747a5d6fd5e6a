import {defineConfig} from "vite";

/** One file, no library mode: that would leave it unminified. The plugin serves it as it is. */
export default defineConfig({
  oxc: {jsx: {runtime: "automatic", importSource: "preact"}},
  build: {
    outDir: "../tb_zeroacc/plugin/static",
    emptyOutDir: false,
    target: "es2022",
    assetsInlineLimit: 1_000_000,
    modulePreload: false,
    rolldownOptions: {
      input: "src/main.tsx",
      preserveEntrySignatures: "exports-only",
      output: {entryFileNames: "index.js", codeSplitting: false},
    },
  },
});
