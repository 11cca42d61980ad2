import { type IntegrationService, integrationServices, type KeyValuePair } from "../../hvdef/index.ts";
import { HvError } from "../../support/index.ts";

/** What a machine's integration services are set to. */
export interface IntegrationSettings {
  readonly disabled: readonly IntegrationService[];
  /** What the visitor has put there for the guest, by key. */
  readonly items: readonly KeyValuePair[];
}

/** As Hyper-V makes a machine: all services, nothing for the guest. */
export const usualIntegration: IntegrationSettings = { disabled: [], items: [] };

/** Pairs for one guest. Reason: each costs its daemon a turn at every look. */
const itemLimit = 64;
/** Characters of a key, and bytes of it as the guest's files have it; each with room for its end. */
const keyLimit = { characters: 255, bytes: 511 };
const valueLimit = { characters: 1023, bytes: 2047 };

/** The settings with a service enabled or not. @throws HvError `ic.unknown` */
export function withService(
  settings: IntegrationSettings,
  service: IntegrationService,
  enabled: boolean,
): IntegrationSettings {
  if (!integrationServices.includes(service))
    throw new HvError("ic.unknown", "There is no such integration service.", { hresult: 0x80070057 });
  const others = settings.disabled.filter((one) => one !== service);
  return { ...settings, disabled: enabled ? others : [...others, service] };
}

/** The settings with a pair, in place of any of its key. @throws HvError `ic.item` */
export function withItem(settings: IntegrationSettings, pair: KeyValuePair): IntegrationSettings {
  const { key, value } = pair;
  if (key === "") throw wrong("Give the item a name.");
  if (/\p{Cc}/u.test(key)) throw wrong("The name of an item is one line of text.");
  if (value.includes("\0")) throw wrong("The value of an item cannot hold a NUL character.");
  if (!fits(key, keyLimit)) throw wrong(`The name of an item has at most ${keyLimit.characters} characters.`);
  if (!fits(value, valueLimit))
    throw wrong(`The value of an item has at most ${valueLimit.characters} characters.`);
  const place = settings.items.findIndex((known) => known.key === key);
  if (place < 0 && settings.items.length >= itemLimit)
    throw wrong(`A machine has at most ${itemLimit} items: remove one first.`);
  const items = place < 0 ? [...settings.items, { key, value }] : settings.items.with(place, { key, value });
  return { ...settings, items };
}

/** The settings without the pair of a key. @throws HvError `ic.item` */
export function withoutItem(settings: IntegrationSettings, key: string): IntegrationSettings {
  const items = settings.items.filter((known) => known.key !== key);
  if (items.length === settings.items.length) throw wrong(`There is no item called ${key}.`);
  return { ...settings, items };
}

/** Reads settings that were kept. @throws whatever is wrong with them */
export function parseIntegration(text: string): IntegrationSettings {
  const found = JSON.parse(text) as { format?: unknown; disabled?: unknown; items?: unknown } | null;
  if (found?.format !== 1 || !Array.isArray(found.disabled) || !Array.isArray(found.items))
    throw new Error("its format is not known");
  const { disabled, items } = found;
  const settings = integrationServices
    .filter((service) => disabled.includes(service))
    .reduce((set, service) => withService(set, service, false), usualIntegration);
  return items.reduce<IntegrationSettings>((set, item) => withItem(set, parseItem(item)), settings);
}

function parseItem(found: unknown): KeyValuePair {
  const { key, value } = (found ?? {}) as Record<string, unknown>;
  if (typeof key !== "string" || typeof value !== "string")
    throw new Error("one of its items makes no sense");
  return { key, value };
}

function fits(text: string, limit: { readonly characters: number; readonly bytes: number }): boolean {
  return text.length <= limit.characters && new TextEncoder().encode(text).length <= limit.bytes;
}

function wrong(text: string): HvError {
  return new HvError("ic.item", text, { hresult: 0x80070057 });
}
