import { describe, expect, it, test } from 'vitest';
import type { Call, Server } from '../api/types';
import { read, to, toServer } from './address';
import { callOf, KEPT, matching, merged, perMinute } from './calls';
import { ago, bytes, milliseconds, plural, span } from './format';
import { mergePatch, places } from './merge';
import { Newest } from './newest';
import { told } from './reasons';
import { parameters, skeleton } from './schema';
import { markOf, ordered, sentence, settled, stateWord } from './servers';
import { roughly, spared } from './tokens';
import { visible } from './window';
import { join, pairs, split, suggestName } from './words';

function server(name: string, more: Partial<Server> = {}): Server {
  const health = { level: 'healthy', admin_state: 'enabled', summary: '' } as Server['health'];
  const fields = { id: name, name, protocol: 'stdio', enabled: true, quarantined: false, connected: true };
  const rest = { connecting: false, status: 'ready', reconnect_count: 0, tool_count: 2, runs: '', fingerprint: '' };
  return { ...fields, ...rest, health, ...more } as Server;
}

const sick = (action: Server['health']['action']): Partial<Server> => ({
  status: 'error',
  health: { level: 'unhealthy', admin_state: 'enabled', summary: 'Connection refused', action },
});

describe('servers', () => {
  const held = server('held', { quarantined: true, status: 'disconnected' });
  const off = server('off', { enabled: false, quarantined: true, status: 'disabled' });
  const starting = server('starting', { status: 'connecting' });
  const broken = server('broken', sick('restart'));

  it('gives each state its mark and its word', () => {
    const table: [Server, string, string][] = [
      [server('a'), 'well', 'Ready'],
      [server('a', { status: 'idle' }), 'well', 'Asleep'],
      [held, 'attention', 'Held'],
      [off, 'off', 'Off'],
      [starting, 'motion', 'Starting'],
      [server('a', { status: 'discovering' }), 'motion', 'Reading its tools'],
      [broken, 'broken', 'Not working'],
      [server('a', sick('login')), 'attention', 'Sign-in needed'],
      [server('a', sick('set_secret')), 'attention', 'Secret missing'],
    ];
    expect(table.map(([it]) => [markOf(it), stateWord(it)])).toEqual(table.map(([, mark, word]) => [mark, word]));
  });

  it('puts what needs a person first, and moves nothing that is on the screen', () => {
    const all = [off, server('b'), starting, held, server('a'), broken];
    const names = (servers: Server[]): string[] => servers.map((it) => it.name);
    expect(names(ordered(all))).toEqual(['broken', 'held', 'starting', 'a', 'b', 'off']);
    expect(names(settled([...all, server('new')], ['a', 'b', 'off', 'held', 'starting', 'broken']))).toEqual([
      'new',
      'a',
      'b',
      'off',
      'held',
      'starting',
      'broken',
    ]);
  });

  it('says in one sentence whether all is well', () => {
    expect(sentence([])).toBe('No servers yet');
    expect(sentence([off])).toBe('1 server, all switched off');
    expect(sentence([server('a')])).toBe('Your server is ready');
    expect(sentence([server('a'), server('b'), off])).toBe('All 2 servers are ready');
    expect(sentence([server('a'), held, starting])).toBe('1 of 3 servers ready, 1 starting, 1 needs you');
    expect(sentence([server('a'), held, broken])).toBe('1 of 3 servers ready, 2 need you');
  });
});

describe('calls', () => {
  const call = (id: number, seconds: number, more: Partial<Call> = {}): Call =>
    callOf({
      id: String(id),
      status: 'success',
      server_name: 's',
      tool_name: 't',
      timestamp: new Date(seconds * 1000).toISOString(),
      ...more,
    });

  it('reads what lists and events tell', () => {
    const event = callOf(
      { server_name: 's', tool_name: 't', status: 'error', error_message: 'no', duration_ms: 500 },
      60,
    );
    expect([event.timestamp, event.status, event.error_message]).toEqual(['1970-01-01T00:00:59.500Z', 'error', 'no']);
    const listed = callOf({
      id: '1',
      status: 'blocked',
      timestamp: 'x',
      metadata: { code: 'C', tool_variant: 'call_tool_read' },
    });
    expect(listed).toMatchObject({ code: 'C', tool_variant: 'read', client_name: null, duration_ms: 0 });
  });

  it('keeps each call once, newest first, and not too many', () => {
    const known = [call(2, 20), call(1, 10)];
    expect(merged(known, [call(2, 20)])).toBe(known);
    expect(merged(known, [call(3, 20), call(0, 5)]).map((it) => it.id)).toEqual(['3', '2', '1', '0']);
    expect(
      merged(
        [],
        Array.from({ length: KEPT + 5 }, (_, at) => call(at, at)),
      ),
    ).toHaveLength(KEPT);
  });

  it('finds by all words, outcome and server', () => {
    const calls = [call(1, 1, { tool_name: 'read_file' }), call(2, 2, { status: 'blocked', code: 'FORBIDDEN' })];
    const found = (words: string, status: 'all' | 'failed' | 'success' = 'all', server = ''): string[] =>
      matching(calls, { words, status, server }).map((it) => it.id);
    expect(found('')).toEqual(['1', '2']);
    expect(found('READ s')).toEqual(['1']);
    expect(found('', 'failed')).toEqual(['2']);
    expect(found('forbidden', 'success')).toEqual([]);
    expect(found('', 'all', 'other')).toEqual([]);
  });

  it('counts by the minute and leaves out what is older', () => {
    const calls = [call(1, 0), call(2, 61), call(3, 62, { status: 'error' }), call(4, 179)];
    expect(perMinute(calls, 179_000, 2)).toEqual({ at: [60, 120], well: [1, 1], failed: [1, 0] });
  });
});

test('numbers and times are read without counting digits', () => {
  const ms = [0.4, 2.25, 12.4, 1500, 90_000];
  expect(ms.map(milliseconds)).toEqual(['< 1 ms', '2.3 ms', '12 ms', '1.5 s', '1 min']);
  expect([10, 2048, 3 << 20].map(bytes)).toEqual(['10 B', '2 KiB', '3 MiB']);
  expect([59, 3600, 3660, 90_000].map(span)).toEqual(['59 s', '1 h', '1 h 1 min', '1 d 1 h']);
  expect([0, 10, 120, 7200, 1e6].map((s) => ago(-s * 1000, 0))).toEqual([
    'just now',
    '10 s ago',
    '2 min ago',
    '2 h ago',
    '11 d ago',
  ]);
  expect([plural(1, 'tool'), plural(2000, 'tool')]).toEqual(['1 tool', '2,000 tools']);
});

test('a change is told as a merge patch', () => {
  const before = { command: 'a', args: ['x'], env: { A: '1', B: '2' }, url: 'u' };
  const patch = mergePatch(before, { command: 'a', args: ['y'], env: { A: '1', C: '3' } });
  expect(patch).toEqual({ args: ['y'], env: { B: null, C: '3' }, url: null });
  expect(places(patch).sort()).toEqual(['args', 'env.B', 'env.C', 'url']);
  expect(mergePatch(before, structuredClone(before))).toEqual({});
});

test('a line becomes the words a shell would make, and back', () => {
  const table: [string, string[] | null][] = [
    ['npx -y a', ['npx', '-y', 'a']],
    [`a "b c" 'd"e' f\\ g`, ['a', 'b c', 'd"e', 'f g']],
    ['C:\\bin\\x.exe ""', ['C:\\bin\\x.exe', '']],
    ['a "b', null],
    ['  ', []],
  ];
  for (const [line, words] of table) expect(split(line), line).toEqual(words);
  const odd = ["it's", 'a b', '', 'plain'];
  expect(split(join(odd))).toEqual(odd);
  expect(pairs('A=1\n\n B = x=y \nbad')).toEqual({ map: { A: '1', B: 'x=y' }, bad: ['bad'] });
  expect(pairs('Authorization: Bearer a:b', ':').map).toEqual({ Authorization: 'Bearer a:b' });
});

test('a name is suggested from what is run or reached', () => {
  const table: [string, string, string][] = [
    ['npx -y @modelcontextprotocol/server-filesystem@1.2 /tmp', '', 'filesystem'],
    ['uvx mcp-server-time', '', 'time'],
    ['/usr/bin/tool.exe', '', 'tool'],
    ['', 'https://mcp.tracker.example.com/mcp', 'example'],
    ['', 'not a url', ''],
  ];
  for (const [line, url, name] of table) expect(suggestName(split(line) ?? [], url)).toBe(name);
});

test('only what is seen, and a little around it, is in the document', () => {
  expect(visible(0, 360, 36, 2000)).toEqual({ first: 0, end: 18 });
  expect(visible(3600, 360, 36, 2000)).toEqual({ first: 92, end: 118 });
  expect(visible(-500, 360, 36, 2000)).toEqual({ first: 0, end: 5 });
  expect(visible(9e9, 360, 36, 10)).toEqual({ first: 10, end: 10 });
});

test('a schema is read for people, and gives arguments to begin with', () => {
  const schema = {
    type: 'object',
    required: ['n', 'unit'],
    properties: {
      note: { type: ['string', 'null'], description: 'why' },
      n: { type: 'integer', minimum: 1 },
      unit: { enum: ['c', 'f'] },
      list: { type: 'array', items: { type: 'string' } },
    },
  };
  expect(parameters(schema).map((it) => `${it.name} ${it.type} ${it.required}`)).toEqual([
    'n integer true',
    'unit "c" | "f" true',
    'note string | null false',
    'list string[] false',
  ]);
  expect(skeleton(schema)).toEqual({ n: 1, unit: 'c' });
  expect([parameters(null), skeleton({ type: 'object' })]).toEqual([[], {}]);
});

test('why a tool was found is one line', () => {
  const found = [
    { part: 'name', words: ['create', 'issue'] },
    { part: 'parameters', words: ['repo'] },
  ];
  expect(told(found)).toBe('name: create, issue · parameters: repo');
  expect(told(undefined)).toBe('');
});

test('what is spared is told roughly, and never less than nothing', () => {
  const stats = (total: number): number =>
    spared({ total_server_tool_list_size: total, average_query_result_size: 132 });
  expect([stats(81_000), stats(500)]).toEqual([80_000, 0]);
  expect([0, 7, 83, 1234, 143_116].map(roughly)).toEqual([0, 7, 83, 1200, 140_000]);
});

test('addresses are read as they are written', () => {
  expect(read('/ui/', '')).toEqual({ page: 'overview', name: '', query: {} });
  expect(read(toServer('a/b c'), '?tab=logs')).toEqual({ page: 'server', name: 'a/b c', query: { tab: 'logs' } });
  expect(read('/ui/search', '?q=x+y')).toEqual({ page: 'tools', name: '', query: { q: 'x y' } });
  expect(read('/ui/activity', '').page).toBe('calls');
  expect(read('/ui/nothing/here', '').page).toBe('unknown');
  expect(read('/ui/servers/%E0%A4%A', '').name).toBe('%E0%A4%A');
  expect(to('/activity', { q: 'a b', status: '' })).toBe('/ui/activity?q=a+b');
});

describe('newest', () => {
  function later<T>() {
    let answer: (value: T) => void = () => undefined;
    const promise = new Promise<T>((resolve) => (answer = resolve));
    return { promise, answer };
  }

  it('never lets an older answer take the place of what an event told', async () => {
    const [newest, seen] = [new Newest(), ['starting']];
    const [old, anew] = [later<string>(), later<string>()];
    const questions = [old.promise, anew.promise];
    const asking = newest.ask(
      () => questions.shift() ?? Promise.reject(new Error('asked too often')),
      (answer) => seen.push(answer),
    );
    newest.told();
    seen.push('ready');
    old.answer('starting');
    anew.answer('ready, asked anew');
    await asking;
    expect(seen).toEqual(['starting', 'ready', 'ready, asked anew']);
  });

  it('takes the answer to the later of two questions, whichever comes first', async () => {
    const [newest, seen] = [new Newest(), [] as string[]];
    const [first, second] = [later<string>(), later<string>()];
    const take = (answer: string) => void seen.push(answer);
    const asking = [newest.ask(() => first.promise, take), newest.ask(() => second.promise, take)];
    second.answer('second');
    await asking[1];
    first.answer('first');
    await Promise.all(asking);
    expect(seen).toEqual(['second']);
  });

  it('gives up while events go on overtaking it', async () => {
    const [newest, take] = [new Newest(), () => expect.unreachable()];
    let asked = 0;
    await newest.ask(() => {
      asked += 1;
      newest.told();
      return Promise.resolve(0);
    }, take);
    expect(asked).toBe(5);
  });
});
