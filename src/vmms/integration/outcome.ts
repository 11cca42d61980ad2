import { type IntegrationService, integrationTitles } from "../../hvdef/index.ts";
import { HvError, unreachable } from "../../support/index.ts";
import type { IcOutcome } from "../../vsp/index.ts";

/** What was asked of a guest, in words that follow "to". */
export interface Asked {
  readonly name: string;
  readonly service: IntegrationService;
  /** "shut down", "freeze its file systems". */
  readonly what: string;
  /** What a person can do instead. */
  readonly wayOut: string;
}

/** Why a guest did not do what it was asked, or `null` when it did. */
export function failureOf(outcome: IcOutcome, { name, service, what, wayOut }: Asked): HvError | null {
  switch (outcome.kind) {
    case "done":
      return null;
    case "gone":
      return new HvError(
        "ic.noContact",
        `The guest of ${name} cannot be asked to ${what}: it has not loaded the service ${integrationTitles[service]}. ${wayOut}`,
        { hresult: 0x8007048f },
      );
    case "silent":
      return new HvError(
        "ic.noAnswer",
        `The guest of ${name} was asked to ${what} and has not answered. ${wayOut}`,
        { hresult: 0x800705b4 },
      );
    case "refused":
      return new HvError(
        "ic.refused",
        `The guest of ${name} was asked to ${what} and refused (0x${outcome.status.toString(16)}). ${wayOut}`,
        { hresult: outcome.status },
      );
    case "busy":
      return new HvError("ic.busy", `The guest of ${name} is in the middle of such a request already.`, {
        hresult: 0x800710dd,
      });
    default:
      return unreachable(outcome);
  }
}
