import { useRef } from "preact/hooks";

/** Lets the visitor pick a disk image, and BIOS files where the site has none. */
export function OwnDisk(props: {
  /** Names of the files being taken in; `null` when none are. */
  readonly taking: string | null;
  readonly onPick: (files: readonly File[]) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  const busy = props.taking !== null;
  return (
    <div class="own-disk">
      <input
        ref={input}
        class="unseen"
        type="file"
        multiple
        tabIndex={-1}
        aria-label="Disk image"
        onChange={(event) => {
          const picked = [...(event.currentTarget.files ?? [])];
          // The same file may be picked again after a failure.
          event.currentTarget.value = "";
          props.onPick(picked);
        }}
      />
      <button
        type="button"
        class="button"
        aria-disabled={busy}
        onClick={() => !busy && input.current?.click()}
      >
        Choose a disk image…
      </button>
      <p class="fine" role="status">
        {busy
          ? `Taking in ${props.taking}…`
          : "Raw or fixed VHD. It is copied into this browser and sent nowhere. Where this site has no BIOS files, pick bios.bin and vgabios.bin along with it."}
      </p>
    </div>
  );
}
