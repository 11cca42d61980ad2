import type { VmGuid } from "../hvdef/index.ts";
import { actionUnderWay, isAtRest, stateWord } from "./actions.ts";
import { formatBytes, formatShare } from "./format.ts";
import type { VmView } from "./host.ts";
import { StateIcon } from "./icons.tsx";
import { useRowKeys } from "./row-keys.ts";
import { rowTarget } from "./row-target.ts";

function StateCell(props: { readonly vm: VmView }) {
  const { vm } = props;
  if (vm.notResponding) {
    return (
      <span class="state state-silent">
        <StateIcon state={vm.state} />
        <span>Not responding</span>
      </span>
    );
  }
  return (
    <span class={`state state-${vm.state}`}>
      <StateIcon state={vm.state} />
      <span>{stateWord(vm.state)}</span>
    </span>
  );
}

function ProcessorCell(props: { readonly vm: VmView }) {
  if (isAtRest(props.vm.state)) return null;
  const share = Math.min(1, Math.max(0, props.vm.processor));
  return (
    <>
      {formatShare(props.vm.processor)}
      <span class="cell-meter" aria-hidden="true">
        <span style={{ inlineSize: `${(share * 100).toFixed(1)}%` }} />
      </span>
    </>
  );
}

/** The machines of the host. Arrow keys choose, Enter or a double click goes to the console. */
export function MachineList(props: {
  readonly vms: readonly VmView[];
  readonly selected: VmGuid | null;
  readonly onSelect: (vm: VmGuid) => void;
  readonly onOpen: () => void;
}) {
  const { vms } = props;
  const { body, onKeyDown } = useRowKeys({
    target: (key, here) => rowTarget(key, here, vms.length),
    choose(place) {
      const vm = vms[place];
      if (vm !== undefined) props.onSelect(vm.id);
    },
    open: props.onOpen,
  });

  return (
    // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: rows are chosen with the keyboard, which is what a grid is
    <table class="machines" role="grid" aria-label="Virtual machines">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">State</th>
          <th scope="col" class="number">
            <abbr title="CPU usage">CPU</abbr>
          </th>
          <th scope="col" class="number">
            <abbr title="Assigned memory">Memory</abbr>
          </th>
        </tr>
      </thead>
      <tbody ref={body}>
        {vms.map((vm, place) => (
          <tr
            key={vm.id}
            tabIndex={vm.id === props.selected ? 0 : -1}
            aria-selected={vm.id === props.selected}
            aria-busy={actionUnderWay(vm.state, null) !== null}
            data-machine-row={vm.id}
            onClick={() => props.onSelect(vm.id)}
            onDblClick={props.onOpen}
            onKeyDown={(event) => onKeyDown(event, place)}
          >
            <th scope="row" class="machine-name" title={vm.name}>
              <span>{vm.name}</span>
              {vm.trouble === null ? null : <small class="machine-trouble">Needs attention</small>}
            </th>
            <td>
              <StateCell vm={vm} />
            </td>
            <td class="number">
              <ProcessorCell vm={vm} />
            </td>
            <td class="number">{formatBytes(vm.memoryBytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
