import { fileURLToPath } from "node:url";

import { defineConfig } from "vite";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const ONLY_IN_SHADOW_ROOTS = "if (!root.head && root.adoptedStyleSheets";

/**
 * The FEEL editor's library writes <style> elements, which our content policy forbids; inside shadow roots it uses
 * constructed style sheets, which the policy allows and every browser we support has. Let it do so everywhere.
 */
const constructedStyleSheets = {
  name: "constructed-style-sheets",
  transform(code, id) {
    if (!id.includes("/style-mod/src/")) return null;
    if (!code.includes(ONLY_IN_SHADOW_ROOTS)) this.error("style-mod has changed: see constructedStyleSheets in vite.config.js");
    return { code: code.replace(ONLY_IN_SHADOW_ROOTS, "if (root.adoptedStyleSheets"), map: null };
  },
};

export default defineConfig({
  plugins: [constructedStyleSheets],
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
