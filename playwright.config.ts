import { defineConfig } from "@playwright/test";

/** The built site, once with the headers that isolate it and once from a host that sends none. */
const isolatedPort = Number(process.env["TABVISOR_PORT"] ?? 4173);
const plainPort = isolatedPort + 1;

const serve = (port: number, isolation: "on" | "off") => ({
  command: `npx vite preview --port ${port}`,
  url: `http://localhost:${port}/`,
  env: { TABVISOR_ISOLATION: isolation },
  reuseExistingServer: !process.env["CI"],
});

export default defineConfig({
  testDir: "test/e2e",
  testMatch: "*.spec.ts",
  // Guests need whole processors, and the machine has two.
  workers: 1,
  fullyParallel: false,
  timeout: 300_000,
  expect: { timeout: 30_000 },
  webServer: [serve(isolatedPort, "on"), serve(plainPort, "off")],
  projects: [
    {
      name: "isolated",
      // What it shows is shown here by the tests of networks and disks.
      testIgnore: "first-light.spec.ts",
      use: { baseURL: `http://localhost:${isolatedPort}/` },
    },
    {
      name: "plain",
      testMatch: "first-light.spec.ts",
      use: { baseURL: `http://localhost:${plainPort}/` },
    },
  ],
});
