// @ts-check
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Programs the tests run, and the Debian package that brings each. */
const tools = [
  { program: "chromium", path: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium", package: "chromium" },
  { program: "qemu-system-i386", path: "/usr/bin/qemu-system-i386", package: "qemu-system-x86" },
  { program: "qemu-img", path: "/usr/bin/qemu-img", package: "qemu-utils" },
  { program: "tshark", path: "/usr/bin/tshark", package: "tshark" },
  { program: "vhdiinfo", path: "/usr/bin/vhdiinfo", package: "libvhdi-utils" },
  {
    program: "pyvhdi",
    path: "/usr/share/doc/python3-libvhdi/copyright", // a module: its own path has the machine's architecture
    package: "python3-libvhdi",
  },
];

/**
 * Installs what is missing with apt-get.
 * @returns {string | null} a sentence that says what the user must do, or `null` when all is there
 */
export function ensureDebianTools() {
  const missing = tools.filter(({ path }) => !existsSync(path)).map((tool) => tool.package);
  if (missing.length === 0) return null;
  const wish = `apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  if (spawnSync("apt-get", ["--version"]).error) {
    return `The tests need ${missing.join(", ")}, and this system has no apt-get. Install them and run npm test again.`;
  }
  if (process.getuid?.() !== 0) return `The tests need ${missing.join(", ")}. Run once as root: ${wish}`;
  console.log(`installing ${missing.join(", ")} …`);
  // A partly failed index refresh is survived: the package may still be found.
  spawnSync("apt-get", ["update", "-q"], { stdio: "ignore" });
  try {
    execFileSync("apt-get", wish.split(" ").slice(1), {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    return null;
  } catch {
    return `Installing failed. Run once as root: ${wish}`;
  }
}
