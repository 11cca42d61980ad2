import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import type { SizeUnit, TypedSize } from "./disk-size.ts";

/** One of several things to choose from. */
export interface Choice<V extends string> {
  readonly value: V;
  readonly label: string;
  readonly about: string;
  /** Why it cannot be chosen now; `null` when it can. */
  readonly refusal: string | null;
}

/** Things to choose one from, each with a sentence. */
export function Choices<V extends string>(props: {
  readonly legend: string;
  readonly choices: readonly Choice<V>[];
  readonly value: V | null;
  readonly onChoose: (value: V) => void;
}) {
  const group = useId();
  return (
    <fieldset class="choices">
      <legend class="unseen">{props.legend}</legend>
      {props.choices.map(({ value, label, about, refusal }) => (
        <label key={value} class={refusal === null ? "choice" : "choice choice-refused"}>
          <input
            type="radio"
            name={group}
            value={value}
            checked={value === props.value}
            disabled={refusal !== null}
            aria-describedby={`${group}-${value}`}
            onChange={() => props.onChoose(value)}
          />
          <span class="choice-label">{label}</span>
          <span class="choice-about" id={`${group}-${value}`}>
            {about}
            {refusal === null ? null : <strong> {refusal}</strong>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** A sentence below a field: a hint, or what is wrong once the visitor has touched it. */
function Below(props: {
  readonly id: string;
  readonly problem: string | null;
  readonly children: ComponentChildren;
}) {
  return (
    <p
      id={props.id}
      class={props.problem === null ? "field-hint" : "field-hint field-wrong"}
      // A hint that follows every key would talk over the typing.
      aria-live={props.problem === null ? "off" : "polite"}
    >
      {props.problem ?? props.children}
    </p>
  );
}

/** A file name, checked while it is typed. */
export function NameField(props: {
  readonly label: string;
  readonly value: string;
  readonly problem: string | null;
  /** What it will be called. */
  readonly hint: string;
  readonly onType: (text: string) => void;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <input
        id={id}
        type="text"
        class="input"
        value={props.value}
        autocomplete="off"
        spellcheck={false}
        aria-invalid={props.problem !== null}
        aria-describedby={`${id}-below`}
        // Typing replaces all of it: an ending that is not typed is added.
        onFocus={(event) => event.currentTarget.select()}
        onInput={(event) => props.onType(event.currentTarget.value)}
      />
      <Below id={`${id}-below`} problem={props.problem}>
        {props.hint}
      </Below>
    </div>
  );
}

/** Some text, checked while it is typed; what is wrong is said once it was touched. */
export function TextField(props: {
  readonly label: string;
  readonly value: string;
  readonly problem: string | null;
  readonly hint?: string;
  readonly placeholder?: string;
  readonly numeric?: boolean;
  readonly onType: (text: string) => void;
}) {
  const id = useId();
  const [touched, setTouched] = useState(false);
  const problem = touched ? props.problem : null;
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <input
        id={id}
        type="text"
        class="input"
        inputMode={props.numeric === true ? "decimal" : "text"}
        value={props.value}
        placeholder={props.placeholder}
        autocomplete="off"
        spellcheck={false}
        aria-invalid={props.problem !== null}
        aria-describedby={`${id}-below`}
        onBlur={() => setTouched(true)}
        onInput={(event) => {
          setTouched(true);
          props.onType(event.currentTarget.value);
        }}
      />
      <Below id={`${id}-below`} problem={problem}>
        {props.hint}
      </Below>
    </div>
  );
}

/** One of some words. */
export function SelectField<V extends string>(props: {
  readonly label: string;
  readonly value: V;
  readonly options: readonly (readonly [value: V, label: string])[];
  readonly hint?: string;
  readonly onChoose: (value: V) => void;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <select
        id={id}
        class="input"
        value={props.value}
        aria-describedby={`${id}-below`}
        onChange={(event) => {
          const chosen = props.options.find(([value]) => value === event.currentTarget.value);
          if (chosen !== undefined) props.onChoose(chosen[0]);
        }}
      >
        {props.options.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
      <p id={`${id}-below`} class="field-hint">
        {props.hint}
      </p>
    </div>
  );
}

/** A size in MB or GB. */
export function SizeField(props: {
  readonly label: string;
  readonly value: TypedSize;
  readonly problem: string | null;
  readonly hint: string;
  readonly onType: (size: TypedSize) => void;
}) {
  const id = useId();
  const [touched, setTouched] = useState(false);
  const type = (size: TypedSize): void => {
    setTouched(true);
    props.onType(size);
  };
  const units: readonly SizeUnit[] = ["MB", "GB"];
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <div class="field-row">
        <input
          id={id}
          type="text"
          inputMode="decimal"
          class="input input-number"
          value={props.value.text}
          autocomplete="off"
          aria-invalid={props.problem !== null}
          aria-describedby={`${id}-below`}
          onInput={(event) => type({ ...props.value, text: event.currentTarget.value })}
        />
        <select
          class="input"
          aria-label="Unit"
          value={props.value.unit}
          onChange={(event) => {
            const unit = units.find((one) => one === event.currentTarget.value);
            if (unit !== undefined) type({ ...props.value, unit });
          }}
        >
          {units.map((unit) => (
            <option key={unit} value={unit}>
              {unit}
            </option>
          ))}
        </select>
      </div>
      <Below id={`${id}-below`} problem={touched ? props.problem : null}>
        {props.hint}
      </Below>
    </div>
  );
}

/** A yes or no with a sentence. */
export function CheckField(props: {
  readonly label: string;
  readonly hint: string;
  readonly checked: boolean;
  readonly onCheck: (checked: boolean) => void;
}) {
  const id = useId();
  return (
    <label class="choice">
      <input
        type="checkbox"
        checked={props.checked}
        aria-describedby={`${id}-hint`}
        onChange={(event) => props.onCheck(event.currentTarget.checked)}
      />
      <span class="choice-label">{props.label}</span>
      <span class="choice-about" id={`${id}-hint`}>
        {props.hint}
      </span>
    </label>
  );
}

/** A file of the library; those that cannot be chosen say why. */
export function FileField(props: {
  readonly label: string;
  readonly value: string;
  readonly files: readonly { readonly name: string; readonly refusal: string | null }[];
  readonly hint: string;
  readonly onChoose: (name: string) => void;
}) {
  const id = useId();
  const possible = props.files.some((file) => file.refusal === null);
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <select
        id={id}
        class="input"
        value={props.value}
        aria-invalid={props.value === ""}
        aria-describedby={`${id}-below`}
        onChange={(event) => props.onChoose(event.currentTarget.value)}
      >
        <option value="">{possible ? "Choose a disk" : "The library has no disk for this"}</option>
        {props.files.map(({ name, refusal }) => (
          <option key={name} value={name} disabled={refusal !== null}>
            {refusal === null ? name : `${name} (${refusal})`}
          </option>
        ))}
      </select>
      <p id={`${id}-below`} class="field-hint">
        {props.hint}
      </p>
    </div>
  );
}

/** What was chosen, name by name. */
export function Facts(props: {
  readonly facts: readonly (readonly [name: string, value: ComponentChildren])[];
}) {
  return (
    <dl class="dialog-facts">
      {props.facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
