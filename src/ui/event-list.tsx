import { useEffect, useRef, useState } from "preact/hooks";
import type { HostEvent, VmGuid } from "../hvdef/index.ts";
import { asSentence, formatTime } from "./format.ts";

const shownLimit = 200;
const levelWords = { info: "Information", warning: "Warning", error: "Error" } as const;

/** Says new events to people who listen instead of looking; silent about those from before. */
function Announcer(props: { readonly latest: HostEvent | undefined }) {
  const before = useRef(props.latest);
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (props.latest === undefined || props.latest === before.current) return;
    before.current = props.latest;
    setSaid(props.latest.text);
  }, [props.latest]);
  return (
    <div class="unseen" role="status">
      {said}
    </div>
  );
}

/** One event's text, with the machine's name before it where the text does not name it. */
function EventText(props: { readonly event: HostEvent; readonly machine: string | null }) {
  const { event, machine } = props;
  const named = machine === null || event.text.includes(machine);
  return (
    <>
      {named ? null : <span class="event-machine">{machine} </span>}
      {machine !== null && event.text.startsWith(machine) ? event.text : asSentence(event.text)}
    </>
  );
}

/** What happened on the host, newest first. */
export function EventList(props: {
  readonly events: readonly HostEvent[];
  readonly nameOf: (vm: VmGuid) => string | null;
}) {
  return (
    <section class="pane events" aria-labelledby="events-title">
      <h2 id="events-title" class="pane-title">
        Events
      </h2>
      <Announcer latest={props.events[0]} />
      {props.events.length === 0 ? (
        <p class="nothing">Nothing has happened yet.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and arrow keys must reach it
        <ol class="event-rows" tabIndex={0} aria-labelledby="events-title">
          {props.events.slice(0, shownLimit).map((event) => (
            <li key={`${event.at} ${event.vm} ${event.text}`} class={`event event-${event.level}`}>
              <time dateTime={new Date(event.at).toISOString()}>{formatTime(event.at)}</time>
              <p>
                {event.level === "info" ? null : <strong>{levelWords[event.level]} </strong>}
                <EventText event={event} machine={event.vm === null ? null : props.nameOf(event.vm)} />
              </p>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
