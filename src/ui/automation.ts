import {
  type ProcessorShare,
  type ScreenMode,
  type StartReport,
  usualShare,
  type VmState,
} from "../hvdef/index.ts";
import type { WmiSession } from "../wmi/index.ts";
import { type AutomationDisks, automationDisks } from "./automation-disks.ts";
import {
  type AutomationKeyboard,
  type AutomationMouse,
  automationKeyboard,
  automationMouse,
} from "./automation-input.ts";
import { type AutomationIntegration, automationIntegration } from "./automation-integration.ts";
import { type AutomationMachines, automationMachines } from "./automation-machines.ts";
import { type AutomationNetworks, automationNetworks } from "./automation-networks.ts";
import { type AutomationSockets, automationSockets } from "./automation-sockets.ts";
import { type AutomationWmi, automationWmi } from "./automation-wmi.ts";
import { copyFile } from "./guest-copy.ts";
import type { ConsoleSession, ScreenSession, UiHost, VmView } from "./host.ts";
import { pictureOf } from "./screen-picture.ts";

/** A machine as scripts see it. */
export interface AutomationVm {
  readonly id: string;
  readonly name: string;
  readonly state: VmState;
  readonly memoryBytes: number;
  readonly processor: number;
  readonly trouble: string | null;
}

/** A serial console as scripts see it. */
export interface AutomationConsole {
  send(text: string): void;
  /** Everything since the page was opened, at most the last 256 KiB. */
  text(): string;
  /**
   * Waits until the text matches; answers the match's text. Looks at everything since the last match of
   * this console object, so that the same prompt can be waited for again and again.
   */
  waitFor(pattern: RegExp, timeoutMs?: number): Promise<string>;
}

/** A screen as scripts see it. All of it also while nobody looks. */
export interface AutomationScreen {
  mode(): Promise<ScreenMode>;
  /** In text mode, the rows, each ending in a line feed; otherwise nothing. */
  text(): Promise<string>;
  /** As it is now, PNG. Rejects when it is dark. */
  png(): Promise<Blob>;
}

/** `globalThis.tabvisor`: for automation and tests. */
export interface Automation extends AutomationMachines {
  /** Settles when machines can be started. Rejects with the sentence the page shows when none ever can. */
  readonly ready: Promise<void>;
  readonly version: string;
  vms(): readonly AutomationVm[];
  /** Waits for `ready`; rejects with the sentence the page shows. Warm where that can be, unless told otherwise. */
  start(name: string, options?: { readonly cold?: boolean }): Promise<void>;
  /** What `start` would do now. */
  startReport(name: string): Promise<StartReport>;
  /** Turns the machine off, as pulling the plug. */
  stop(name: string): Promise<void>;
  /** Keeps the guest as it is and turns the machine off; `start` lets it go on. */
  save(name: string): Promise<void>;
  discardSavedState(name: string): Promise<void>;
  /** Asks the guest to shut down; settles when it has agreed. Its end is seen in its state. */
  shutDown(name: string): Promise<void>;
  integration(name: string): AutomationIntegration;
  keyboard(name: string): AutomationKeyboard;
  mouse(name: string): AutomationMouse;
  /** Puts the Integration Services Setup Disk into the machine's DVD drive, in place of what is in it when told so. */
  insertSetupDisk(name: string, options?: { readonly replace?: boolean }): Promise<void>;
  console(name: string): AutomationConsole;
  screen(name: string): AutomationScreen;
  /** How the machine competes for the processor: percent, percent, weight. What is left out is as usual. */
  setShare(name: string, share: Partial<ProcessorShare>): Promise<void>;
  readonly disks: AutomationDisks;
  readonly networks: AutomationNetworks;
  /**
   * Copies a file into the guest of a machine that runs; settles when it is there.
   * @param path  where it is to be, with its name; a path that ends in a slash is a folder. Absent: /root/
   */
  copyFile(name: string, file: File, path?: string): Promise<void>;
  sockets(name: string): AutomationSockets;
  readonly wmi: AutomationWmi;
}

const defaultTimeout = 60_000;

/** Builds the object over the host the views use. @param wmi  settles when the host answers */
export function automation(host: UiHost, ready: Promise<void>, wmi: Promise<WmiSession>): Automation {
  function find(name: string): VmView {
    const vm = host.vms.value.find((one) => one.name === name);
    if (vm !== undefined) return vm;
    const known = host.vms.value.map((one) => one.name).join(", ");
    throw new Error(`There is no machine "${name}". Known: ${known}.`);
  }
  return Object.freeze({
    ready,
    version: host.version,
    vms: () =>
      host.vms.value.map(({ id, name, state, memoryBytes, processor, trouble }) => ({
        id,
        name,
        state,
        memoryBytes,
        processor,
        trouble,
      })),
    async start(name: string, options: { readonly cold?: boolean } = {}) {
      await ready;
      const { id } = find(name);
      await (options.cold === true ? host.coldBoot(id) : host.start(id));
    },
    async startReport(name: string) {
      await ready;
      return host.machines.describeStart(find(name).id);
    },
    stop: async (name: string) => host.turnOff(find(name).id),
    save: async (name: string) => host.save(find(name).id),
    discardSavedState: async (name: string) => host.deleteSavedState(find(name).id),
    shutDown: async (name: string) => host.shutDown(find(name).id),
    insertSetupDisk: async (name: string, options: { readonly replace?: boolean } = {}) =>
      host.integration.insertSetupDisk(find(name).id, options.replace ?? false),
    integration: (name: string) => Object.freeze(automationIntegration(host.integration, () => find(name))),
    keyboard: (name: string) => Object.freeze(automationKeyboard(host.input, () => find(name))),
    mouse: (name: string) => Object.freeze(automationMouse(host.input, () => find(name))),
    setShare: async (name: string, share: Partial<ProcessorShare>) =>
      host.setProcessorShare(find(name).id, { ...usualShare, ...share }),
    ...automationMachines(host, { ready, find }),
    disks: Object.freeze(automationDisks(host.disks, (name) => find(name).id)),
    networks: Object.freeze(automationNetworks(host.networks, find)),
    copyFile: async (name: string, file: File, path?: string) =>
      copyFile(host, { vm: find(name).id, file, path: path ?? "" }),
    sockets: (name: string) => Object.freeze(automationSockets(host.sockets, find(name).id)),
    wmi: Object.freeze(automationWmi(wmi)),
    console: (name: string) => scriptConsole(host.console(find(name).id)),
    screen: (name: string) => Object.freeze(scriptScreen(host.screen(find(name).id))),
  });
}

function scriptScreen(session: ScreenSession): AutomationScreen {
  return {
    mode: async () => (await session.read(false)).mode,
    text: async () => (await session.read(false)).rows.map((row) => `${row}\n`).join(""),
    png: async () => pictureOf(await session.read(true)),
  };
}

function scriptConsole(session: ConsoleSession): AutomationConsole {
  let unread = session.text();
  session.onOutput((text) => {
    unread = (unread + text).slice(-256 * 1024);
  });

  function takeMatch(pattern: RegExp): string | null {
    const match = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, "")).exec(unread);
    if (match === null) return null;
    unread = unread.slice(match.index + match[0].length);
    return match[0];
  }
  return {
    send: (text) => session.send(text),
    text: () => session.text(),
    waitFor(pattern, timeoutMs = defaultTimeout) {
      return new Promise((resolve, reject) => {
        const stop = session.onOutput(look);
        const timer = setTimeout(() => {
          stop();
          reject(
            new Error(
              `No ${pattern} on the console within ${timeoutMs} ms. It ends with: ${unread.slice(-400)}`,
            ),
          );
        }, timeoutMs);
        function look(): void {
          const found = takeMatch(pattern);
          if (found === null) return;
          stop();
          clearTimeout(timer);
          resolve(found);
        }
        look();
      });
    },
  };
}
