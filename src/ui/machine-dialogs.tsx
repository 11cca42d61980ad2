import { useState } from "preact/hooks";
import { machineNameProblem } from "./add-own.ts";
import { AskDialog } from "./ask-dialog.tsx";
import type { CatalogueDesk } from "./catalogue-desk.ts";
import { nameList } from "./disk-words.ts";
import { TextField } from "./fields.tsx";
import type { VmView } from "./host.ts";

interface MachineDialogProps {
  readonly desk: CatalogueDesk;
  readonly vm: VmView;
}

/** Asks for the new name of a machine. */
export function RenameMachineDialog({ desk, vm }: MachineDialogProps) {
  const [name, setName] = useState(vm.name);
  const others = desk.host.vms.value.filter(({ id }) => id !== vm.id).map((one) => one.name);
  const problem = machineNameProblem(name, others);
  return (
    <AskDialog
      title={`Rename ${vm.name}`}
      goOn="Rename"
      blocked={problem !== null || name.trim() === vm.name}
      onGoOn={() => desk.rename(vm.id, name)}
      onClose={desk.close}
    >
      <TextField
        label="New name"
        value={name}
        problem={problem}
        hint="Its disks keep their names."
        onType={setName}
      />
    </AskDialog>
  );
}

/** Asks before a machine is removed, and says what stays. */
export function RemoveMachineDialog({ desk, vm }: MachineDialogProps) {
  const files = vm.drives.flatMap(({ medium }) => (medium.kind === "file" ? [medium.name] : []));
  const boot = desk.bootFiles.value.filter(({ usedBy }) => usedBy.includes(vm.name)).map(({ name }) => name);
  return (
    <AskDialog
      title={`Remove ${vm.name}?`}
      goOn="Remove"
      danger
      blocked={false}
      onGoOn={() => desk.remove(vm.id)}
      onClose={desk.close}
    >
      <p>Its configuration is lost: memory, drives, adapters and services as they were set.</p>
      {files.length === 0 ? null : (
        <p>
          {nameList(files)} {files.length === 1 ? "stays" : "stay"} in the library, under Virtual hard disks.
        </p>
      )}
      {boot.length === 0 ? null : (
        <p>
          {nameList(boot)} {boot.length === 1 ? "stays" : "stay"} among the boot files, at the end of this
          page.
        </p>
      )}
    </AskDialog>
  );
}
