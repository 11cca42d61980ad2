import { render } from "preact";
import type { WmiSession } from "../wmi/index.ts";
import { App } from "./app.tsx";
import { openCatalogueDesk } from "./catalogue-desk.ts";
import { openDesk } from "./desk.ts";
import { openDiskDesk } from "./disk-desk.ts";
import { openFileIntake } from "./file-intake.ts";
import type { UiHost } from "./host.ts";
import { openMapDesk } from "./map/desk.ts";
import { openNetworkDesk } from "./network-desk.ts";
import { openPlace } from "./place.ts";
import { openShellDesk } from "./shell-desk.ts";
import { openTheme } from "./theme.ts";
import "./style/tokens.css";
import "./style/page.css";
import "./style/machine.css";
import "./style/vmbus.css";
import "./style/dialog.css";
import "./style/disks.css";
import "./style/block-map.css";
import "./style/drives.css";
import "./style/networks.css";
import "./style/switch.css";
import "./style/adapters.css";
import "./style/capture.css";
import "./style/integration.css";
import "./style/console-input.css";
import "./style/guest-files.css";
import "./style/catalogue.css";
import "./style/screen.css";
import "./style/architecture.css";
import "./style/architecture-side.css";
import "./style/powershell.css";

/**
 * Shows the page in an element, in place of whatever it holds. Call once; it lives as long as the page.
 *
 * @param root  an element of the document, empty afterwards but for the page
 * @param host  everything the views know and may do
 * @param wmi  settles when the host answers
 */
export function mountApp(root: HTMLElement, host: UiHost, wmi: Promise<WmiSession>): void {
  root.replaceChildren();
  const desk = openDesk(host);
  const parts = {
    desk,
    catalogue: openCatalogueDesk(host),
    diskDesk: openDiskDesk(host.disks),
    networkDesk: openNetworkDesk(host.networks),
    mapDesk: openMapDesk(host, desk.consoles),
    intake: openFileIntake(host.disks),
    place: openPlace(window),
    theme: openTheme(document.documentElement),
    shellDesk: openShellDesk(wmi),
  };
  render(<App {...parts} />, root);
}
