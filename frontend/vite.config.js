import { fileURLToPath } from "node:url";

import { defineConfig } from "vite";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  base: "/static/dist/",
  publicDir: false,
  build: {
    outDir: here("../src/web/static/dist"),
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    modulePreload: { polyfill: false },
    // A data: URL in a style sheet is counted on every page; a file is fetched once, and only when it is used.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2500,
    rollupOptions: {
      input: {
        app: here("src/app.js"),
        diagram: here("src/diagram/index.js"),
        form: here("src/form/index.js"),
        modeler: here("src/modeler/index.js"),
      },
      preserveEntrySignatures: "strict",
    },
  },
});
