import { wbemError } from "../errors.ts";
import type { CimClass, CimProperty } from "../schema/model.ts";
import { keyOf, propertyOf, type Schema, short } from "../schema/schema.ts";
import { type CimInstance, type CimScalar, type CimValue, fitValue, isList } from "../value.ts";
import { readTokens, type XmlToken } from "./tokens.ts";

/** Characters of an embedded instance. Reason: the largest of Hyper-V, with qualifiers, has 60 Ki. */
const longest = 1 << 18;

/**
 * Writes an object as clients hand it to methods: CIM-XML of the DTD 2.0, as `GetText(1)` gives it. Properties
 * that have no value are there without one. Objects inside are left out: nothing that is handed over has any.
 */
export function printEmbedded(of: CimClass, instance: CimInstance): string {
  const lines = of.properties
    .filter(({ type }) => type !== "object")
    .map((property) => printProperty(property, instance.properties[property.name] ?? null));
  return `<INSTANCE CLASSNAME="${escaped(of.name)}">${lines.join("")}</INSTANCE>`;
}

function printProperty({ name, type, isArray }: CimProperty, value: CimValue): string {
  const head = type === "reference" ? `NAME="${name}"` : `NAME="${name}" TYPE="${type}"`;
  const element = isArray ? "PROPERTY.ARRAY" : type === "reference" ? "PROPERTY.REFERENCE" : "PROPERTY";
  return `<${element} ${head}>${value === null ? "" : printValue(value)}</${element}>`;
}

function printValue(value: CimScalar | readonly CimScalar[]): string {
  if (isList(value)) return `<VALUE.ARRAY>${value.map(printValue).join("")}</VALUE.ARRAY>`;
  return `<VALUE>${escaped(typeof value === "boolean" ? String(value).toUpperCase() : String(value))}</VALUE>`;
}

function escaped(text: string): string {
  return text.replace(/[<>&"\r]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/**
 * Reads an embedded instance, typed as the schema has its class: what the text says of types and qualifiers is
 * not believed.
 * @throws HvError `wmi.invalidParameter` when it is no instance, `wmi.invalidClass` when there is no such class
 */
export function parseEmbedded(schema: Schema, text: string): CimInstance {
  if (text.length > longest) throw wrong(`it is longer than ${longest} characters`);
  const read = readTokens(text);
  if ("fault" in read) throw wrong(`${read.fault.why} (character ${read.fault.at + 1})`);
  const { className, properties } = readInstance(read.tokens);
  const of = schema.get(className);
  const values: Record<string, CimValue> = {};
  for (const { name, value: found } of properties.values()) {
    // System properties are what the object is, not what it holds.
    if (name.startsWith("__")) continue;
    const property = propertyOf(of, name);
    if (property === null) throw wrong(`${of.name} has no property ${short(name)}`);
    const value = fitValue(property, found);
    if (value === undefined) throw wrong(`${property.name} of ${of.name} cannot have this value`);
    values[property.name] = value;
  }
  return { className: of.name, path: null, properties: values };
}

/** A property as the text has it. */
interface RawProperty {
  readonly name: string;
  readonly value: string | readonly string[] | null;
}

interface RawInstance {
  readonly className: string;
  /** By their names in small letters. */
  readonly properties: ReadonlyMap<string, RawProperty>;
}

/** Elements inside each other. Reason: INSTANCE, PROPERTY.ARRAY, VALUE.ARRAY, VALUE; qualifiers are as deep. */
const deepest = 8;
const propertyElements = ["PROPERTY", "PROPERTY.ARRAY", "PROPERTY.REFERENCE"];

/** What is being read: one property of one instance. */
interface Reading {
  readonly open: string[];
  readonly properties: Map<string, RawProperty>;
  className: string | null;
  property: { readonly name: string; readonly isArray: boolean; values: string[] | null } | null;
}

function readInstance(tokens: readonly XmlToken[]): RawInstance {
  const reading: Reading = { open: [], properties: new Map(), className: null, property: null };
  for (const token of tokens) {
    if (token.kind === "open") {
      openElement(reading, token.name, token.attributes);
      if (token.empty) closeElement(reading, token.name);
    } else if (token.kind === "close") closeElement(reading, token.name);
    else addText(reading, token.text);
  }
  if (reading.open.length > 0) throw wrong(`${short(reading.open.at(-1) ?? "")} is not closed`);
  if (reading.className === null) throw wrong("there is no INSTANCE in it");
  return { className: reading.className, properties: reading.properties };
}

function openElement(reading: Reading, name: string, attributes: ReadonlyMap<string, string>): void {
  const { open } = reading;
  const path = open.join("/");
  if (open.length >= deepest) throw wrong("its elements are too deep inside each other");
  open.push(name);
  if (path === "") {
    if (name !== "INSTANCE" || reading.className !== null) throw wrong("it is not one INSTANCE");
    reading.className = attributes.get("CLASSNAME") ?? "";
  } else if (path === "INSTANCE" && propertyElements.includes(name)) openProperty(reading, name, attributes);
  else if (name === "VALUE" && isValuePlace(path)) openValue(reading);
  else if (name === "VALUE.ARRAY" && path === "INSTANCE/PROPERTY.ARRAY" && reading.property !== null)
    reading.property.values ??= [];
  else if (!isIgnored([...open])) throw wrong(`${short(name)} makes no sense there`);
}

function openProperty(reading: Reading, element: string, attributes: ReadonlyMap<string, string>): void {
  const name = attributes.get("NAME") ?? "";
  if (reading.properties.has(keyOf(name))) throw wrong(`the property ${short(name)} is there twice`);
  reading.property = { name, isArray: element === "PROPERTY.ARRAY", values: null };
}

function isValuePlace(path: string): boolean {
  return /^INSTANCE\/(PROPERTY(\.REFERENCE)?|PROPERTY\.ARRAY\/VALUE\.ARRAY)$/.test(path);
}

function openValue({ property }: Reading): void {
  if (property === null) return;
  if (!property.isArray && property.values !== null) throw wrong(`${short(property.name)} has two values`);
  property.values ??= [];
  property.values.push("");
}

/** Qualifiers say what the schema knows better. */
function isIgnored(open: readonly string[]): boolean {
  const place = open.indexOf("QUALIFIER");
  return place === 1 || place === 2;
}

function closeElement(reading: Reading, name: string): void {
  if (reading.open.pop() !== name) throw wrong(`${short(name)} is closed where it is not open`);
  const { property } = reading;
  if (reading.open.length !== 1 || property === null) return;
  const { name: found, values, isArray } = property;
  reading.properties.set(keyOf(found), { name: found, value: isArray ? values : (values?.[0] ?? null) });
  reading.property = null;
}

function addText({ open, property }: Reading, text: string): void {
  const isValue = open.at(-1) === "VALUE" && isValuePlace(open.slice(0, -1).join("/"));
  const values = property?.values ?? null;
  if (isValue && values !== null) values[values.length - 1] = `${values.at(-1) ?? ""}${text}`;
  else if (text.trim() !== "" && !isIgnored(open)) throw wrong("there is text between its elements");
}

function wrong(why: string): Error {
  return wbemError("invalidParameter", `This is no embedded instance: ${why}.`);
}
