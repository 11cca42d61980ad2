import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect } from "@playwright/test";
import { bootToShell, openPage, shell, test } from "./page.ts";

test("a file dropped on the console is in the guest, one of the guest is saved, and a script has a socket", async ({
  page,
  baseURL,
}) => {
  await openPage(page, baseURL);
  await bootToShell(page, "debian");
  await page
    .getByRole("row", { name: /^debian\b/ })
    .first()
    .click();
  // The guest's program comes some seconds after its prompt.
  await shell(page, "debian", "until pidof tabvisor-guest >/dev/null; do sleep 1; done");

  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7919) >>> 3));
  const dropped = await page.evaluateHandle((text) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(atob(text), (one) => one.charCodeAt(0))], "a photo.jpg"));
    return transfer;
  }, bytes.toString("base64"));
  const console = page.locator(".guest-drop");
  await console.dispatchEvent("dragover", { dataTransfer: dropped });
  await expect(page.getByText("Drop to copy to the guest of debian")).toBeVisible();
  await console.dispatchEvent("drop", { dataTransfer: dropped });
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Folder in the guest").fill("/tmp");
  await dialog.getByRole("button", { name: "Copy" }).click();
  const tasks = page.getByRole("region", { name: "Tasks" });
  await expect(tasks.getByText("The guest of debian has it as /tmp/a photo.jpg.")).toBeVisible();
  const sum = createHash("sha256").update(bytes).digest("hex");
  expect(await shell(page, "debian", "sha256sum '/tmp/a photo.jpg'")).toContain(sum);

  await shell(page, "debian", "sendtohost '/tmp/a photo.jpg'");
  await page.getByRole("region", { name: "Files of debian" }).locator("summary").click();
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save a photo.jpg" }).click();
  expect(readFileSync(await (await saving).path()).equals(bytes)).toBe(true);

  const echoed = await page.evaluate(async () => {
    const sockets = tabvisor.sockets("debian");
    const heard = new Promise<string>((resolve) => {
      void sockets.listen(5000, async ({ readable, writable }) => {
        const [own, other] = readable.tee();
        await Promise.all([own.pipeTo(writable), new Response(other).text().then(resolve)]);
      });
    });
    tabvisor.console("debian").send("echo to the page | tabvisor-guest connect 5000 >/tmp/echo\n");
    return heard;
  });
  expect(echoed).toBe("to the page\n");
  expect(await shell(page, "debian", "cat /tmp/echo")).toContain("to the page");
});
