import { expect, test } from "vitest";
import { openPlace, workspaceOf } from "../../../src/ui/place.ts";

test("the address says where the visitor is; anything unknown is the machines", () => {
  expect(workspaceOf("#disks")).toBe("disks");
  expect(workspaceOf("#networks")).toBe("networks");
  expect(workspaceOf("#catalogue")).toBe("catalogue");
  expect(workspaceOf("#architecture")).toBe("architecture");
  expect(workspaceOf("#powershell")).toBe("powershell");
  for (const hash of ["", "#", "#machines", "#elsewhere"]) expect(workspaceOf(hash)).toBe("machines");
});

test("the place follows the address", () => {
  const listeners: (() => void)[] = [];
  const location = { hash: "#disks" };
  const place = openPlace({ location, addEventListener: (_, listener) => listeners.push(listener) });
  expect(place.workspace.value).toBe("disks");
  location.hash = "#machines";
  for (const listener of listeners) listener();
  expect(place.workspace.value).toBe("machines");
});
