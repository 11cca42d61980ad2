import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const top = fileURLToPath(new URL("../../..", import.meta.url));

/** Serves the views with a recorded host: `npx vite --config test/browser/ui-harness/vite.config.ts`. */
// biome-ignore lint/style/noDefaultExport: Vite takes its configuration as one
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  publicDir: `${top}/public`,
  cacheDir: `${top}/node_modules/.cache/ui-harness`,
  server: { fs: { allow: [top] } },
  build: { target: "es2023", copyPublicDir: false },
});
