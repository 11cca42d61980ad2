import { HvError } from "../../support/index.ts";
import { type AddressText, checkAddress, type HostAddress } from "./address.ts";
import { checkScope, type DhcpScope, type DhcpSettings } from "./dhcp/scope.ts";

/** What the management OS does for the others on a network. */
export interface ServiceSettings {
  /** `null`: no DHCP server. */
  readonly dhcp: DhcpSettings | null;
  /** Names here are answered with and without this suffix, e.g. `tabvisor`. */
  readonly domain: string;
  /** Answers questions for the time. */
  readonly ntp: boolean;
}

/** Address and services, as a person says them. */
export interface StackSettings {
  readonly address: AddressText;
  /** `null`: none, only ARP, ping and what others build on the stack. */
  readonly services: ServiceSettings | null;
}

/** The same, checked. */
export interface CheckedSettings {
  readonly host: HostAddress;
  readonly scope: DhcpScope | null;
  readonly services: ServiceSettings | null;
}

/** Suffixes fit behind every label of ours within the 255 bytes of a name. @rfc 1035 2.3.4 */
const longestDomain = 128;
const domainForm = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** @throws HvError `network.badAddress`, `.badPool`, `.badMac`, `.badDomain`; nothing has changed then */
export function checkSettings(settings: StackSettings): CheckedSettings {
  const host = checkAddress(settings.address);
  const { services } = settings;
  if (services === null) return { host, scope: null, services };
  const domain = services.domain.toLowerCase();
  if (domain.length > longestDomain || !domainForm.test(domain)) {
    throw new HvError(
      "network.badDomain",
      `"${services.domain}" is not the name of a domain like tabvisor.`,
      {
        hresult: 0x80070057,
      },
    );
  }
  const scope = services.dhcp === null ? null : checkScope(services.dhcp, host);
  return { host, scope, services: { ...services, domain } };
}
