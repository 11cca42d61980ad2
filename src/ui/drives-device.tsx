import { useRef, useState } from "preact/hooks";
import type { VmGuid } from "../hvdef/index.ts";
import { canPickWritable, pickWritableDevice, readOnlyDevice } from "./drive-device.ts";
import type { DriveDraft, PickedDevice } from "./drive-draft.ts";
import { MediaList } from "./drives-media.tsx";
import { asSentence, formatBytes, reasonSentence } from "./format.ts";
import type { DiskHost } from "./host.ts";

function Picked(props: { readonly device: PickedDevice }) {
  const { name, byteLength, readOnlyBecause } = props.device;
  return (
    <p class="device-picked">
      <strong>{name}</strong>, {formatBytes(byteLength)}.{" "}
      {readOnlyBecause === null
        ? "The guest reads and writes the file itself."
        : asSentence(`The guest can only read it, because ${readOnlyBecause}`)}
    </p>
  );
}

/** Lets the visitor pick a pass-through disk: a file of their device, or one the library lists already. */
export function DeviceChoice(props: {
  readonly disks: Pick<DiskHost, "files" | "importFile">;
  readonly vm: VmGuid;
  readonly device: DriveDraft["device"];
  readonly onPick: (device: string | PickedDevice) => void;
}) {
  const { device, onPick } = props;
  const field = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [refused, setRefused] = useState(false);
  // A page in a frame has the picker and may not open it: the plain field still works there.
  const writable = canPickWritable() && !refused;
  const pick = (): void => {
    setProblem(null);
    if (!writable) {
      field.current?.click();
      return;
    }
    pickWritableDevice()
      .then((picked) => {
        if (picked !== null) onPick(picked);
      })
      .catch((error: unknown) => {
        setRefused(true);
        setProblem(`${reasonSentence(error)} Press again to choose a file that the guest can only read.`);
      });
  };
  return (
    <div class="device">
      <p>
        The guest works on the file where it is; nothing is copied. Such a disk cannot be expanded, merged or
        be the parent of another. {writable ? "" : "In this browser the guest can only read it."}
      </p>
      <MediaList
        disks={props.disks}
        vm={props.vm}
        wanted="device"
        legend="Files of your device that the library lists"
        chosen={typeof device === "string" ? device : null}
        onChoose={onPick}
      />
      <input
        ref={field}
        class="unseen"
        type="file"
        tabIndex={-1}
        aria-label="File of your device"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          if (file !== undefined) {
            onPick(readOnlyDevice(file, "this browser gives pages no write access to files"));
          }
          event.currentTarget.value = "";
        }}
      />
      <button type="button" class="button" onClick={pick}>
        Choose a file of this device…
      </button>
      {device === null || typeof device === "string" ? null : <Picked device={device} />}
      <p class="drive-problem" role="alert">
        {problem}
      </p>
    </div>
  );
}
