import { afterEach, beforeAll, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { mountApp } from "../../src/ui/index.ts";
import { openRecordedHost } from "./ui-harness/recorded-host.ts";
import { openRecordedWmi } from "./ui-harness/recorded-wmi.ts";

const patience = { timeout: 8000 };

function find<T extends Element>(selector: string): T {
  const found = document.querySelector<T>(selector);
  if (found === null) throw new Error(`there is no ${selector}`);
  return found;
}
const box = (name: string) => find<HTMLButtonElement>(`[data-arch-box="${name}"]`);
const debian = "id of Debian";

/** Whether anything was painted onto the canvas of the dots. */
function dotsShown(): boolean {
  const canvas = find<HTMLCanvasElement>(".arch-dots canvas");
  const pixels = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
  for (let at = 3; at < pixels.length; at += 4) if (pixels[at] !== 0) return true;
  return false;
}

beforeAll(async () => {
  await page.viewport(1440, 900);
  location.hash = "#architecture";
});
afterEach(() => {
  location.hash = "#architecture";
});

it("draws every part as a button that says what it is, with what was counted moving between them", async () => {
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  mountApp(root, openRecordedHost("architecture"), Promise.resolve(openRecordedWmi()));
  await vi.waitFor(() => expect(document.querySelectorAll("[data-arch-box]").length).toBe(30), patience);
  const names = [...document.querySelectorAll("[data-arch-box]")].map((one) => one.textContent ?? "");
  expect(names.every((name) => /, (real|emulated|simulated|modelled)/.test(name))).toBe(true);
  await vi.waitFor(() => expect(box(`guestBus ${debian}`).textContent).toContain("version 5.3"), patience);
  expect(box("guestBus id of DOS").textContent).toContain("not contacted");
  await vi.waitFor(() => expect(dotsShown()).toBe(true), patience);
  const cells = () => find(".arch-all-lines table").textContent ?? "";
  expect(cells()).toContain("Intercepted accesses to devices");
  // The boxes stand where their lines end, inside the drawing.
  const drawing = find(".arch-drawing").getBoundingClientRect();
  for (const one of document.querySelectorAll("[data-arch-box]")) {
    const { left, right, top, bottom } = one.getBoundingClientRect();
    expect(
      left >= drawing.left && right <= drawing.right && top >= drawing.top && bottom <= drawing.bottom,
    ).toBe(true);
  }
});

it("opens a box from the keyboard: what it is there and here, what crosses its borders, its counters", async () => {
  box(`vp ${debian}`).focus();
  await userEvent.keyboard("{Enter}");
  await vi.waitFor(() =>
    expect(find(".arch-details h3").textContent).toContain("Virtual processor of Debian"),
  );
  expect(document.activeElement).toBe(find(".arch-details h3"));
  const words = () => find(".arch-details").textContent ?? "";
  for (const part of ["In Hyper-V", "Here", "emulated", "HvSignalEvent"])
    await vi.waitFor(() => expect(words()).toContain(part), patience);
  find<HTMLDetailsElement>(".arch-details .inspect details").open = true;
  await vi.waitFor(() => expect(find(".arch-details .inspect").textContent).toContain("hypercalls"));
  find<HTMLButtonElement>(".arch-details button").click();
  await vi.waitFor(() => expect(document.querySelector(".arch-details")).toBeNull());
});

it("follows a key on its way: numbered boxes, each stop with its time", async () => {
  const clear = [...document.querySelectorAll(".arch-flows button")].find(
    (one) => one.textContent === "Clear",
  );
  if (clear instanceof HTMLButtonElement) clear.click();
  await vi.waitFor(() => expect(document.querySelector("[data-arch-flow]")).toBeNull());
  await vi.waitFor(() => find("[data-arch-flow=key]"), patience);
  find<HTMLButtonElement>("[data-arch-flow=key]").click();
  await vi.waitFor(() => expect(find(".arch-steps").textContent).toContain("Keys pressed: KeyA"));
  // It is shown from its first steps on, and grows.
  await vi.waitFor(() => expect(document.querySelectorAll(".arch-stop-box").length).toBe(8), patience);
  const stops = [...document.querySelectorAll(".arch-stop-box")].map((one) => one.textContent ?? "");
  expect(stops[0]).toContain("Hyper-V Manager");
  expect(stops.some((stop) => stop.includes("VMBus of Debian"))).toBe(true);
  expect(find(".arch-steps").textContent).toContain("Written into the guest's ring of channel 57");
  expect(box(`guestBus ${debian}`).querySelector(".arch-badge")).not.toBeNull();
  await vi.waitFor(() => expect(find(".arch-stop-now").textContent).toContain("VMBus of Debian"), patience);
  // The list does not run away from whoever is at it.
  find<HTMLElement>("[data-arch-flow]").focus();
  await vi.waitFor(() => expect(document.activeElement).toBe(find("[data-arch-flow]")));
  const held = find(".arch-flow-rows").textContent;
  await new Promise((resolve) => setTimeout(resolve, 900));
  expect(find(".arch-flow-rows").textContent).toBe(held);
});

it("stands in one column where there is little room, with one machine", async () => {
  await page.viewport(390, 844);
  await vi.waitFor(() => expect(document.querySelectorAll("[data-arch-box]").length).toBe(24), patience);
  expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(390);
  const other = [...document.querySelectorAll(".arch-machines button")].find(
    (one) => one.textContent === "DOS",
  );
  if (other instanceof HTMLButtonElement) other.click();
  await vi.waitFor(() => box("vp id of DOS"), patience);
  await page.viewport(1440, 900);
});
