import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { checkSize } from "./disk-size.ts";
import type { DriveDraft } from "./drive-draft.ts";
import type { ControllerView } from "./drive-rules.ts";
import { kindWord } from "./drive-words.ts";
import { DeviceChoice } from "./drives-device.tsx";
import { MediaList } from "./drives-media.tsx";
import { SizeField } from "./fields.tsx";
import type { DiskHost, VmView } from "./host.ts";

/** Changes some of a draft. */
export type Change = (more: Partial<DriveDraft>) => void;

/** One way to fill the drive; what belongs to it shows below it when it is chosen. */
function Source(props: {
  readonly group: string;
  readonly source: DriveDraft["source"];
  readonly draft: DriveDraft;
  readonly label: string;
  readonly onChange: Change;
  readonly children?: ComponentChildren;
}) {
  const chosen = props.draft.source === props.source;
  return (
    <div class="source">
      <label class="source-label">
        <input
          type="radio"
          name={props.group}
          checked={chosen}
          onChange={() => props.onChange({ source: props.source })}
        />
        {props.label}
      </label>
      {chosen && props.children !== undefined ? <div class="source-more">{props.children}</div> : null}
    </div>
  );
}

function MemorySize(props: { readonly draft: DriveDraft; readonly onChange: Change }) {
  const { size } = props.draft;
  const check = checkSize(size);
  return (
    <SizeField
      label="Size"
      value={size}
      problem={check.kind === "wrong" ? check.reason : null}
      hint="The guest sees an empty disk at every start. Memory is taken only for what it writes."
      onType={(typed) => props.onChange({ size: typed })}
    />
  );
}

interface FormProps {
  readonly vm: VmView;
  readonly disks: DiskHost;
  readonly draft: DriveDraft;
  readonly onChange: Change;
}

function FileSource(props: FormProps & { readonly group: string; readonly label: string }) {
  const { draft, onChange } = props;
  return (
    <Source group={props.group} source="file" draft={draft} label={props.label} onChange={onChange}>
      <MediaList
        disks={props.disks}
        vm={props.vm.id}
        wanted={draft.kind}
        legend={props.label}
        chosen={draft.file}
        onChoose={(file) => onChange({ file })}
      />
    </Source>
  );
}

/** Where the content of a new drive comes from. */
export function Sources(props: FormProps) {
  const { draft, onChange } = props;
  const group = useId();
  const shared = { group, draft, onChange };
  if (draft.kind === "dvd") {
    return (
      <fieldset class="sources">
        <legend class="unseen">What is in the drive</legend>
        <Source {...shared} source="empty" label="Empty, for an ISO image to be inserted later" />
        <FileSource {...props} group={group} label="An ISO image of the library" />
      </fieldset>
    );
  }
  return (
    <fieldset class="sources">
      <legend class="unseen">Where the disk's content is</legend>
      <FileSource {...props} group={group} label="A disk file of the library" />
      <Source {...shared} source="memory" label="Memory, forgotten when the machine is turned off">
        <MemorySize draft={draft} onChange={onChange} />
      </Source>
      <Source {...shared} source="device" label="A file of this device, in place (pass-through)">
        <DeviceChoice
          disks={props.disks}
          vm={props.vm.id}
          device={draft.device}
          onPick={(device) => onChange({ device })}
        />
      </Source>
    </fieldset>
  );
}

/** Hard disk or DVD drive. */
export function KindChoice(props: {
  readonly draft: DriveDraft;
  readonly onKind: (kind: DriveDraft["kind"]) => void;
}) {
  const group = useId();
  return (
    <fieldset class="kind-choice">
      <legend class="unseen">Kind of drive</legend>
      {(["disk", "dvd"] as const).map((kind) => (
        <label key={kind}>
          <input
            type="radio"
            name={group}
            checked={props.draft.kind === kind}
            onChange={() => props.onKind(kind)}
          />
          {kindWord(kind)}
        </label>
      ))}
    </fieldset>
  );
}

/** One of the free locations of a controller. */
export function LocationChoice(props: {
  readonly draft: DriveDraft;
  readonly view: ControllerView;
  readonly onChange: Change;
}) {
  return (
    <label class="location">
      Location
      <select
        class="input"
        value={String(props.draft.location)}
        onChange={(event) => props.onChange({ location: Number(event.currentTarget.value) })}
      >
        {props.view.free.map((location) => (
          <option key={location} value={String(location)}>
            {location}
          </option>
        ))}
      </select>
    </label>
  );
}
