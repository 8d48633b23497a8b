// A command as one line, and back. Quotes group as in a shell; nothing is expanded, because nothing here is a shell.

/** The words of a line; `null` while a quote is still open. */
export function split(line: string): string[] | null {
  const words: string[] = [];
  let word = '';
  let inWord = false;
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const sign = line.charAt(at);
    const next = line.charAt(at + 1);
    if (quote) {
      if (sign === quote) quote = '';
      else if (sign === '\\' && quote === '"' && (next === '"' || next === '\\')) word += line.charAt(++at);
      else word += sign;
    } else if (sign === '"' || sign === "'") {
      quote = sign;
      inWord = true;
    } else if (sign === '\\' && (next === ' ' || next === '"' || next === "'")) {
      // other backslashes stay: paths on Windows are made of them
      word += line.charAt(++at);
      inWord = true;
    } else if (/\s/.test(sign)) {
      if (inWord) words.push(word);
      [word, inWord] = ['', false];
    } else {
      word += sign;
      inWord = true;
    }
  }
  if (quote) return null;
  if (inWord) words.push(word);
  return words;
}

export function join(words: readonly string[]): string {
  return words.map((word) => (/^[^\s'"]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`)).join(' ');
}

/** `KEY=value` lines as a map; lines without `=` are named in `bad`. */
export function pairs(lines: string, sign: '=' | ':' = '='): { map: Record<string, string>; bad: string[] } {
  const map: Record<string, string> = {};
  const bad: string[] = [];
  for (const line of lines
    .split('\n')
    .map((it) => it.trim())
    .filter(Boolean)) {
    const at = line.indexOf(sign);
    if (at < 1) bad.push(line);
    else map[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return { map, bad };
}

/** A short name for a new server, out of what it runs or where it is reached. */
export function suggestName(words: readonly string[], url: string): string {
  const clean = (text: string): string =>
    text
      .replace(/^@[^/]+\//, '')
      .replace(/(?<=.)@[^/]*$/, '')
      .replace(/\.(exe|cmd|js|mjs|py)$/, '')
      .replace(/^(mcp-server-|server-|mcp-)/, '')
      .replace(/(-mcp-server|-mcp|-server)$/, '')
      .replace(/[^A-Za-z0-9_.-]+/g, '-')
      .slice(0, 64);
  if (url) {
    try {
      const labels = new URL(url).hostname.split('.').filter((label) => !['mcp', 'api', 'www'].includes(label));
      return clean(labels.at(-2) ?? labels[0] ?? '');
    } catch {
      return '';
    }
  }
  const file = (word: string): string => word.split(/[/\\]/).at(-1) ?? '';
  const [program = '', ...rest] = words;
  const runner = /^(npx|uvx|pipx|bunx|node|python3?|docker|deno|uv)$/.test(file(program));
  const target = runner ? rest.find((word) => !word.startsWith('-') && word !== 'run') : undefined;
  return clean(target?.startsWith('@') ? target : file(target ?? program));
}
