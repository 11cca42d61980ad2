import { mountApp } from "../../../src/ui/index.ts";
import { openRecordedHost } from "./recorded-host.ts";
import { openRecordedWmi } from "./recorded-wmi.ts";

// ?scene=running|mixed|fresh|loading|empty|failure|memory|legacy|saved|trouble|many|own|disks|odd|refusing|architecture&theme=dark#disks
const query = new URLSearchParams(location.search);
const theme = query.get("theme");
if (theme !== null) localStorage.setItem("tabvisor.theme", theme);

const root = document.getElementById("app");
if (root !== null)
  mountApp(root, openRecordedHost(query.get("scene") ?? "running"), Promise.resolve(openRecordedWmi()));
