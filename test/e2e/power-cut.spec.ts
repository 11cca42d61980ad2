import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, expect, type Page, test } from "@playwright/test";
import { bootToShell, openPage, shell } from "./page.ts";

const executablePath = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";

async function openBrowser(profile: string): Promise<{ context: BrowserContext; page: Page }> {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: ["--disable-quic", "--no-first-run", "--disable-background-networking"],
  });
  return { context, page: context.pages()[0] ?? (await context.newPage()) };
}

/** Ends every process of the browser at once, as a power cut or the system's memory killer would. */
function killBrowser(profile: string): void {
  execFileSync("pkill", ["-KILL", "-f", `user-data-dir=${profile}`]);
}

test("a browser killed while its guest writes loses nothing that was synced", async ({ baseURL }) => {
  const profile = mkdtempSync(join(tmpdir(), "tabvisor-killed-"));
  const first = await openBrowser(profile);
  try {
    await openPage(first.page, baseURL);
    await bootToShell(first.page, "debian");
    await shell(first.page, "debian", "until grep -q /mnt/data /proc/mounts; do sleep 1; done");
    await first.page.evaluate(() => {
      // A file, a sync, and only then its number on the console; meanwhile another writer never rests.
      tabvisor
        .console("debian")
        .send(
          "(while :; do dd if=/dev/zero of=/mnt/data/noise bs=64k count=64 conv=notrunc 2>/dev/null; done) & n=0; while :; do n=$((n+1)); seq $n $((n+5000)) > /mnt/data/f$n; sync; echo synced:$n:; done\n",
        );
      return tabvisor.console("debian").waitFor(/synced:6:/, 180_000);
    });
    const text = await first.page.evaluate(() => tabvisor.console("debian").text());
    const acknowledged = Math.max(
      ...[...text.matchAll(/synced:(\d+):/g)].map(([, number]) => Number(number)),
    );
    killBrowser(profile);
    await first.context.close().catch(() => {});

    const second = await openBrowser(profile);
    try {
      await openPage(second.page, baseURL);
      const lines = await second.page.evaluate(() =>
        tabvisor.disks.run({ kind: "validate", name: "debian data.vhd" }),
      );
      expect(lines.join("\n")).not.toContain("Error");
      await bootToShell(second.page, "debian");
      await shell(second.page, "debian", "until grep -q /mnt/data /proc/mounts; do sleep 1; done");
      const sums = await shell(
        second.page,
        "debian",
        `for n in $(seq 1 ${acknowledged}); do seq $n $((n+5000)) | cmp -s - /mnt/data/f$n || echo lost $n; done; echo looked`,
        120_000,
      );
      expect(sums).toContain("looked");
      expect(sums).not.toContain("lost");
      const check = "umount /mnt/data && e2fsck -fn $(findfs LABEL=data) >/tmp/fsck 2>&1; echo status $?";
      expect(await shell(second.page, "debian", check, 120_000)).toContain("status 0");
    } finally {
      await second.context.close();
    }
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});
