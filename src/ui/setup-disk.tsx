import { useState } from "preact/hooks";
import { AskDialog } from "./ask-dialog.tsx";
import type { Answer } from "./disk-desk.ts";
import type { DriveDesk } from "./drive-desk.ts";
import { DriveButton } from "./drives-button.tsx";
import type { IntegrationHost, VmView } from "./host.ts";
import { discInPlace, setupDiskRefusal } from "./setup-disk-words.ts";

/** Puts the Integration Services Setup Disk into the machine; asks before another disc makes room for it. */
export function SetupDisk(props: {
  readonly vm: VmView;
  readonly host: IntegrationHost;
  readonly desk: DriveDesk;
}) {
  const { vm, host, desk } = props;
  const [asking, setAsking] = useState<string | null>(null);
  const inserted = (replace: boolean): Promise<boolean> =>
    desk.run("Inserting the Integration Services Setup Disk…", () => host.insertSetupDisk(vm.id, replace));
  function press(): void {
    const disc = discInPlace(vm);
    if (disc === null) void inserted(false);
    else setAsking(disc);
  }
  async function replace(): Promise<Answer> {
    if (await inserted(true)) return { kind: "done" };
    return { kind: "refused", reason: desk.problem.value ?? "Another change of its drives is under way." };
  }
  return (
    <div class="setup-disk">
      <DriveButton
        label="Insert Integration Services Setup Disk"
        about=""
        refusal={desk.busy.value ?? setupDiskRefusal(vm)}
        onPress={press}
        onRefused={desk.tell}
      />
      <p class="drives-note">
        For a guest without integration services, in it:{" "}
        <code>mount /mnt/cdrom; sh /mnt/cdrom/install.sh</code>
      </p>
      {asking === null ? null : (
        <AskDialog
          title={`Take ${asking} out of the DVD drive?`}
          goOn="Insert the setup disk"
          blocked={false}
          onGoOn={replace}
          onClose={() => setAsking(null)}
        >
          <p>
            {asking} is in the DVD drive of {vm.name}. The Integration Services Setup Disk takes its place;
            the guest sees the discs change.
          </p>
        </AskDialog>
      )}
    </div>
  );
}
