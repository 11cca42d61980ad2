/** The adapter of a peer on v86's own network in the page; `null`: it has none. */
export type PeerNetwork = "ne2k" | "virtio" | null;

/** What the page asks of the peer's worker; each is answered once, in order. */
export type PeerRequest =
  /** Brings a gzipped raw disk image into memory, ahead of the start: we have ours in OPFS then. */
  | {
      readonly kind: "load";
      readonly base: string;
      readonly disk: string | null;
      /** A gzipped archive of modules that the kernel unpacks behind the system in RAM. */
      readonly modules: string | null;
    }
  /** Builds the machine and answers when a text was printed. */
  | {
      readonly kind: "start";
      /** Address of the site; all files of the machine lie below it. */
      readonly base: string;
      readonly memoryBytes: number;
      readonly commandLine: string;
      readonly acpi: boolean;
      readonly network: PeerNetwork;
      readonly until: string;
    }
  /** Types a text and answers when another was printed; looks only behind the last one found. */
  | { readonly kind: "expect"; readonly send: string; readonly until: string };

/** What the peer's worker answers. */
export type PeerReply =
  | { readonly kind: "loaded" }
  /** Everything printed up to and including the awaited text. */
  | { readonly kind: "found"; readonly output: string }
  | { readonly kind: "failed"; readonly reason: string };
