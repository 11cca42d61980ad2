import { expect } from "@playwright/test";
import { openPage, test } from "./page.ts";

test("the PowerShell of the page manages the host, by keys alone and by automation", async ({
  page,
  baseURL,
}) => {
  await openPage(page, baseURL);
  await page.getByRole("link", { name: "PowerShell" }).press("Enter");
  const screen = page.getByLabel("PowerShell", { exact: true }).locator(".xterm-rows");
  await expect(screen).toContainText("PS>");
  // What is typed goes to the shell without a click.
  await page.keyboard.type("Get-VM debian | Format-Table Name, State -AutoS");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(screen).toContainText(/debian\s*Off/);
  await page.keyboard.type("while ($true) { }\r");
  await page.keyboard.press("Control+c");
  await expect(screen).toContainText("^C");
  await page.keyboard.type("New-VHD shell.vhd 64MB | % { 'it is ' + $_.VhdType }\r");
  await expect(screen).toContainText("it is Dynamic");
  // It is where it was when the visitor comes back.
  await page.getByRole("link", { name: "Catalogue" }).click();
  await page.getByRole("link", { name: "PowerShell" }).click();
  await expect(screen).toContainText("it is Dynamic");
  await expect(page.getByLabel("Terminal input")).toBeFocused();
  await page.keyboard.press("F6");
  await expect(page.getByRole("link", { name: "PowerShell" })).toBeFocused();
  const found = await page.evaluate(() =>
    tabvisor.powershell("Get-VHD shell.vhd | Select-Object Path, Size; $Error.Count"),
  );
  expect(found).toEqual([{ Path: "shell.vhd", Size: 64 * 2 ** 20 }, 0]);
});
