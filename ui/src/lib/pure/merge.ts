// What changed between two objects, as a merge patch (RFC 7396): null takes a key away.

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function mergePatch(before: Json, after: Json): Json {
  const patch: Json = {};
  for (const key of Object.keys(before)) {
    if (!(key in after)) patch[key] = null;
  }
  for (const [key, value] of Object.entries(after)) {
    const old = before[key];
    if (isObject(old) && isObject(value)) {
      const deeper = mergePatch(old, value);
      if (Object.keys(deeper).length > 0) patch[key] = deeper;
    } else if (JSON.stringify(old) !== JSON.stringify(value)) {
      patch[key] = value;
    }
  }
  return patch;
}

/** The changed places in words: `args`, `env.TOKEN`. */
export function places(patch: Json, prefix = ''): string[] {
  return Object.entries(patch).flatMap(([key, value]) =>
    isObject(value) && Object.keys(value).length > 0 ? places(value, `${prefix}${key}.`) : [`${prefix}${key}`],
  );
}
