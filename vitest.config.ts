import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { serverCommands } from "./test/lab/server-process.ts";
import { isolationHeaders } from "./vite.config.ts";

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "node",
          environment: "node",
          include: ["test/{unit,fuzz,vectors,lab,cross}/**/*.test.ts"],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "guest",
          environment: "node",
          include: ["test/guest/**/*.test.ts"],
          testTimeout: 180_000,
        },
      },
      {
        server: { headers: isolationHeaders },
        optimizeDeps: { include: ["v86", "comlink"] },
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          testTimeout: 60_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            commands: serverCommands,
            provider: playwright({ launchOptions: { executablePath } }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
