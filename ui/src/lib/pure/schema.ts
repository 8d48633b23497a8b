// An input schema as people read it, and arguments to begin with. Not here: checking; that is up to the core.

type Json = Record<string, unknown>;

export interface Parameter {
  name: string;
  type: string;
  required: boolean;
  description: string;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function parameters(schema: unknown): Parameter[] {
  if (!isObject(schema) || !isObject(schema.properties)) return [];
  const required = Array.isArray(schema.required) ? schema.required : [];
  const rows = Object.entries(schema.properties).map(([name, property]) => ({
    name,
    type: typeOf(property),
    required: required.includes(name),
    description: isObject(property) && typeof property.description === 'string' ? property.description : '',
  }));
  return [...rows.filter((row) => row.required), ...rows.filter((row) => !row.required)];
}

function typeOf(property: unknown): string {
  if (!isObject(property)) return 'any';
  if (Array.isArray(property.enum)) return property.enum.map((value) => JSON.stringify(value)).join(' | ');
  if ('const' in property) return JSON.stringify(property.const);
  if (property.type === 'array') return `${typeOf(property.items)}[]`;
  if (Array.isArray(property.type)) return property.type.join(' | ');
  if (typeof property.type === 'string') return property.type;
  const either = property.anyOf ?? property.oneOf;
  if (Array.isArray(either)) return either.map(typeOf).join(' | ');
  return 'any';
}

/** Arguments that have each required one, with its default or an empty value of its type. */
export function skeleton(schema: unknown): Json {
  if (!isObject(schema) || !isObject(schema.properties)) return {};
  const properties = schema.properties;
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  return Object.fromEntries(required.map((name) => [name, blank(properties[name])]));
}

function blank(property: unknown): unknown {
  if (!isObject(property)) return null;
  if ('default' in property) return property.default;
  if ('const' in property) return property.const;
  if (Array.isArray(property.enum)) return property.enum[0];
  switch (property.type) {
    case 'string':
      return '';
    case 'number':
    case 'integer':
      return typeof property.minimum === 'number' ? property.minimum : 0;
    case 'boolean':
      return false;
    case 'array':
      return [];
    case 'object':
      return skeleton(property);
    default:
      return null;
  }
}
