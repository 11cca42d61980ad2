import type { NetworkId, NetworkSummary } from "../hvdef/index.ts";
import { networkKindWord, uplinkStateWord, uplinkTitle } from "./network-words.ts";
import { useRowKeys } from "./row-keys.ts";
import { rowTarget } from "./row-target.ts";

/** The networks of the host. Arrow keys choose, Enter or a double click goes to the actions. */
export function NetworkList(props: {
  readonly networks: readonly NetworkSummary[];
  readonly selected: NetworkId | null;
  readonly onSelect: (id: NetworkId) => void;
  readonly onOpen: () => void;
}) {
  const { networks } = props;
  const { body, onKeyDown } = useRowKeys({
    target: (key, here) => rowTarget(key, here, networks.length),
    choose(place) {
      const network = networks[place];
      if (network !== undefined) props.onSelect(network.id);
    },
    open: props.onOpen,
  });

  return (
    // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: rows are chosen with the keyboard, which is what a grid is
    <table class="machines networks" role="grid" aria-label="Virtual networks">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Type</th>
          <th scope="col" class="number">
            Ports
          </th>
        </tr>
      </thead>
      <tbody ref={body}>
        {networks.map((network, place) => (
          <tr
            key={network.id}
            tabIndex={network.id === props.selected ? 0 : -1}
            aria-selected={network.id === props.selected}
            data-network-row={network.id}
            onClick={() => props.onSelect(network.id)}
            onDblClick={props.onOpen}
            onKeyDown={(event) => onKeyDown(event, place)}
          >
            <th scope="row" class="machine-name" title={network.name}>
              <span>{network.name}</span>
              {network.uplink === null ? null : (
                <small class={`network-uplink network-uplink-${network.uplinkState.kind}`}>
                  {uplinkTitle(network.uplink)}: {uplinkStateWord(network.uplinkState.kind).toLowerCase()}
                </small>
              )}
            </th>
            <td>{networkKindWord(network.kind)}</td>
            <td class="number">{network.ports.length}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
