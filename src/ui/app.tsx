import { useErrorBoundary, useMemo, useRef } from "preact/hooks";
import { unreachable } from "../support/index.ts";
import { isAtRest, isAvailable } from "./actions.ts";
import { AdaptersPanel } from "./adapters-panel.tsx";
import type { CatalogueDesk } from "./catalogue-desk.ts";
import { CatalogueWorkspace } from "./catalogue-workspace.tsx";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { ConsolePane } from "./console-pane.tsx";
import type { Desk } from "./desk.ts";
import { DeviceTable } from "./device-table.tsx";
import type { DiskDesk } from "./disk-desk.ts";
import { DisksWorkspace } from "./disks-workspace.tsx";
import { DrivesPanel } from "./drives-panel.tsx";
import { EventList } from "./event-list.tsx";
import { FileDrop } from "./file-drop.tsx";
import type { FileIntake } from "./file-intake.ts";
import { GuestFiles } from "./guest-files.tsx";
import type { VmView } from "./host.ts";
import { IntegrationPanel } from "./integration-panel.tsx";
import { JobStrip } from "./job-strip.tsx";
import { MachineList } from "./machine-list.tsx";
import { MachinePane } from "./machine-pane.tsx";
import type { MapDesk } from "./map/desk.ts";
import { ArchitectureWorkspace } from "./map/workspace.tsx";
import type { NetworkDesk } from "./network-desk.ts";
import { NetworksWorkspace } from "./networks-workspace.tsx";
import { Failure, Footer, MemoryNotice, NoMachines } from "./notices.tsx";
import { OwnDisk } from "./own-disk.tsx";
import { PageHeader } from "./page-header.tsx";
import { type Place, workspaceHash } from "./place.ts";
import { PowerShellWorkspace } from "./powershell-workspace.tsx";
import type { ShellDesk } from "./shell-desk.ts";
import type { Theme } from "./theme.ts";
import { VmbusPanel } from "./vmbus-panel.tsx";

interface MachinesProps {
  readonly desk: Desk;
  readonly intake: FileIntake;
  readonly theme: Theme;
}

interface AppProps extends MachinesProps {
  readonly catalogue: CatalogueDesk;
  readonly diskDesk: DiskDesk;
  readonly networkDesk: NetworkDesk;
  readonly mapDesk: MapDesk;
  readonly shellDesk: ShellDesk;
  readonly place: Place;
}

/** Puts the keyboard where the machine is used: its console, or its first button. */
function focusMachine(page: HTMLElement | null): void {
  const target =
    page?.querySelector<HTMLElement>("[data-console] textarea") ??
    page?.querySelector<HTMLElement>(".action-bar button");
  target?.focus();
}

function focusList(page: HTMLElement | null): void {
  page?.querySelector<HTMLElement>("[data-machine-row][aria-selected=true]")?.focus();
}

function SelectedMachine(props: MachinesProps & { readonly vm: VmView; readonly onLeave: () => void }) {
  const { desk, vm } = props;
  const pending = desk.pending.value.get(vm.id) ?? null;
  const session = useMemo(() => desk.host.console(vm.id), [desk, vm.id]);
  const screen = useMemo(() => desk.host.screen(vm.id), [desk, vm.id]);
  const inspect = useMemo(() => desk.host.inspect(vm.id), [desk, vm.id]);
  // A machine that never ran has no console to show, and the place for it offers the one thing to do.
  const untouched = isAtRest(vm.state) && session.text() === "";
  return (
    <>
      <MachinePane
        vm={vm}
        quietActions={untouched}
        startsWarm={desk.host.machines.startReport(vm.id).value?.kind === "warm"}
        pending={pending}
        problem={desk.problems.value.get(vm.id) ?? null}
        onAsk={(action) => desk.ask(action, vm)}
        onDismiss={() => desk.dismissProblem(vm.id)}
      >
        <DrivesPanel vm={vm} disks={desk.host.disks} />
        <AdaptersPanel vm={vm} networks={desk.host.networks} vms={desk.host.vms.value} />
        <IntegrationPanel vm={vm} host={desk.host.integration} />
        <DeviceTable vm={vm} inspect={inspect} />
        <GuestFiles vm={vm} host={desk.host.guestFiles} intake={props.intake}>
          <ConsolePane
            vm={vm}
            untouched={untouched}
            session={session}
            screen={screen}
            input={desk.host.input}
            choice={desk.consoles}
            scheme={props.theme.scheme.value}
            canStart={isAvailable("start", vm.state, pending)}
            ownDisk={
              vm.takesDisk === true ? (
                <OwnDisk
                  taking={desk.intake.value.get(vm.id) ?? null}
                  onPick={(files) => desk.give(vm, files)}
                />
              ) : null
            }
            onStart={() => desk.ask("start", vm)}
            onLeave={props.onLeave}
            onSave={desk.host.saveFile}
            onTrouble={(text) => desk.report(vm, text)}
          />
        </GuestFiles>
      </MachinePane>
      <VmbusPanel vm={vm} inspect={inspect} />
    </>
  );
}

function MachinesWorkspace(props: MachinesProps) {
  const { desk, intake, theme } = props;
  const page = useRef<HTMLElement>(null);
  const vms = desk.host.vms.value;
  const selected = desk.selected.value;
  return (
    <main class="workspace" ref={page}>
      <section class="pane list" aria-labelledby="machines-title">
        <h2 id="machines-title" class="pane-title">
          Virtual machines
        </h2>
        {vms.length === 0 ? (
          <NoMachines waiting={desk.host.platform.value === null} />
        ) : (
          <MachineList
            vms={vms}
            selected={selected?.id ?? null}
            onSelect={(vm) => desk.select(vm)}
            onOpen={() => focusMachine(page.current)}
          />
        )}
        <p class="list-more">
          <a href={workspaceHash.catalogue}>More machines, and your own</a>
        </p>
      </section>
      {selected === null ? (
        <section class="pane machine" aria-hidden="true" />
      ) : (
        <SelectedMachine
          desk={desk}
          intake={intake}
          theme={theme}
          vm={selected}
          onLeave={() => focusList(page.current)}
        />
      )}
      <EventList events={desk.events.value} nameOf={(id) => vms.find((vm) => vm.id === id)?.name ?? null} />
    </main>
  );
}

/** The part of the page that its address names. */
function Workspace(props: AppProps) {
  const { desk, catalogue, diskDesk, networkDesk, mapDesk, intake, place, theme } = props;
  const { host } = desk;
  switch (place.workspace.value) {
    case "machines":
      return <MachinesWorkspace desk={desk} intake={intake} theme={theme} />;
    case "catalogue":
      return <CatalogueWorkspace desk={desk} catalogue={catalogue} />;
    case "disks":
      return (
        <DisksWorkspace
          desk={diskDesk}
          intake={intake}
          theme={theme}
          waiting={host.platform.value === null}
        />
      );
    case "networks":
      return <NetworksWorkspace desk={networkDesk} vms={host.vms.value} />;
    case "architecture":
      return <ArchitectureWorkspace desk={mapDesk} theme={theme} />;
    case "powershell":
      return <PowerShellWorkspace desk={props.shellDesk} scheme={theme.scheme.value} />;
    default:
      return unreachable(place.workspace.value);
  }
}

function Page(props: AppProps) {
  const { desk, intake, place, theme } = props;
  const { host } = desk;
  const failure = host.failure.value;
  if (failure !== null) return <Failure title={failure.title} wayOut={failure.wayOut} />;
  const platform = host.platform.value;
  const question = desk.question.value;
  const jobs = host.disks.jobs.value.filter((job) => job.state === "running" || job.state === "cancelling");
  return (
    <div class="page">
      <PageHeader
        place={place}
        jobs={jobs.length}
        hostName={host.hostName ?? "This tab"}
        platform={platform}
        theme={theme}
      />
      {platform?.storage.kind === "memory" ? <MemoryNotice reason={platform.storage.reason} /> : null}
      <Workspace {...props} />
      <FileDrop intake={intake} />
      <JobStrip disks={host.disks} />
      <Footer version={host.version} />
      {question === null ? null : (
        <ConfirmDialog
          key={`${question.vm.id} ${question.action}`}
          question={question}
          onAnswer={(goOn) => desk.answer(goOn)}
        />
      )}
    </div>
  );
}

/** The whole page. A view that breaks leaves a sentence, not an empty window. */
export function App(props: AppProps) {
  const [broken] = useErrorBoundary((error: unknown) => console.error(error));
  if (broken !== undefined) {
    return (
      <Failure
        title="The page has run into an error of its own"
        wayOut={`Load it again; disks in browser storage keep what guests have written. The error was: ${String(broken)}`}
      />
    );
  }
  return <Page {...props} />;
}
