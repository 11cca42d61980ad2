import { formatByteRate, formatCount, formatRate } from "../format.ts";
import { boxTitle } from "./details.tsx";
import type { MapPicture } from "./model.ts";

/** All lines with what crosses them, in words and numbers. */
export function LineTable(props: { readonly picture: MapPicture }) {
  const { picture } = props;
  return (
    <table class="arch-table">
      <caption class="unseen">All lines of the picture</caption>
      <thead>
        <tr>
          <th scope="col">From</th>
          <th scope="col">To</th>
          <th scope="col">What</th>
          <th scope="col" class="number">
            Now
          </th>
          <th scope="col" class="number">
            Data
          </th>
          <th scope="col" class="number">
            In all
          </th>
        </tr>
      </thead>
      <tbody>
        {picture.lines.flatMap((line) =>
          line.lanes.map((lane) => {
            const ends = [boxTitle(line.from, picture), boxTitle(line.to, picture)];
            const [from, to] = lane.way === "forth" ? ends : [ends[1], ends[0]];
            return (
              <tr key={lane.key}>
                <td>{from}</td>
                <td>{to}</td>
                <td>{lane.title}</td>
                <td class="number">{formatRate(lane.count.rate)}</td>
                <td class="number">{lane.bytes === null ? "–" : formatByteRate(lane.bytes.rate)}</td>
                <td class="number">{formatCount(lane.count.count)}</td>
              </tr>
            );
          }),
        )}
      </tbody>
    </table>
  );
}
