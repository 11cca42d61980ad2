import { readFileSync } from "node:fs";
import { defineConfig } from "vite";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));

/** Sent with everything we serve, so that the page is isolated at top level and in frames alike. */
export const isolationHeaders = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "cross-origin",
  "Document-Isolation-Policy": "isolate-and-credentialless",
};

const headers = process.env.TABVISOR_ISOLATION === "off" ? {} : isolationHeaders;

export default defineConfig({
  base: "./",
  define: { "import.meta.env.TABVISOR_VERSION": JSON.stringify(version) },
  worker: { format: "es" },
  build: { target: "es2023", chunkSizeWarningLimit: 600 },
  server: { headers },
  preview: { headers, port: 4173, strictPort: true },
});
