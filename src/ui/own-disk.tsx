import { FilePicker } from "./file-picker.tsx";

/** Lets the visitor pick a disk image, and BIOS files where the site has none. */
export function OwnDisk(props: {
  /** Names of the files being taken in; `null` when none are. */
  readonly taking: string | null;
  readonly onPick: (files: readonly File[]) => void;
}) {
  const taking = props.taking === null ? null : `Taking in ${props.taking}…`;
  return (
    <div class="own-disk">
      <FilePicker label="Choose a disk image…" what="Disk image" refusal={taking} onPick={props.onPick} />
      <p class="fine" role="status">
        {taking ??
          "Raw or fixed VHD. It is copied into this browser and sent nowhere. Where this site has no BIOS files, pick bios.bin and vgabios.bin along with it."}
      </p>
    </div>
  );
}
