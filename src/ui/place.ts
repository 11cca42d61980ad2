import { type ReadonlySignal, signal } from "@preact/signals";

/** One of the page's workspaces. */
export type WorkspaceName = "machines" | "catalogue" | "disks" | "networks" | "architecture" | "powershell";

/** Where on the page the visitor is. The address says it, so that a reload stays there. */
export interface Place {
  readonly workspace: ReadonlySignal<WorkspaceName>;
}

/** What the place needs of a window. */
export interface Address {
  readonly location: { readonly hash: string };
  addEventListener(type: "hashchange", listener: () => void): void;
}

/** The address of a workspace, to be put into a link. */
export const workspaceHash: { readonly [W in WorkspaceName]: string } = {
  machines: "#machines",
  catalogue: "#catalogue",
  disks: "#disks",
  networks: "#networks",
  architecture: "#architecture",
  powershell: "#powershell",
};

/** Reads an address; anything unknown is the machines. */
export function workspaceOf(hash: string): WorkspaceName {
  if (hash === workspaceHash.catalogue) return "catalogue";
  if (hash === workspaceHash.disks) return "disks";
  if (hash === workspaceHash.architecture) return "architecture";
  if (hash === workspaceHash.powershell) return "powershell";
  return hash === workspaceHash.networks ? "networks" : "machines";
}

/** Follows the address of a window. Lives as long as the page. */
export function openPlace(address: Address): Place {
  const workspace = signal(workspaceOf(address.location.hash));
  address.addEventListener("hashchange", () => {
    workspace.value = workspaceOf(address.location.hash);
  });
  return { workspace };
}
