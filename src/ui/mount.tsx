import { render } from "preact";
import { App } from "./app.tsx";
import { openDesk } from "./desk.ts";
import type { UiHost } from "./host.ts";
import { openTheme } from "./theme.ts";
import "./style/tokens.css";
import "./style/page.css";
import "./style/machine.css";
import "./style/vmbus.css";

/**
 * Shows the page in an element, in place of whatever it holds. Call once; it lives as long as the page.
 *
 * @param root  an element of the document, empty afterwards but for the page
 * @param host  everything the views know and may do
 */
export function mountApp(root: HTMLElement, host: UiHost): void {
  root.replaceChildren();
  render(<App desk={openDesk(host)} theme={openTheme(document.documentElement)} />, root);
}
