// A made-up core for `npm run dev`: the shapes of the contract, 50 servers and 2,000 tools. `MOCK=empty` has none.
// For work on the looks only; the story in `story/` runs against the real one.
import type { ServerResponse } from 'node:http';
import type { Plugin } from 'vite';
import type { Call, Server } from '../src/lib/api/types.ts';

const KINDS = ['files', 'tracker', 'search', 'mail', 'calendar', 'db', 'browser', 'git', 'notes', 'time'];
const VERBS = ['read', 'list', 'create', 'delete', 'search', 'update', 'export', 'convert'];

function server(at: number): Server {
  const name = `${KINDS[at % 10]}${at < 10 ? '' : `-${Math.floor(at / 10)}`}`;
  const held = at === 3;
  const broken = at === 7;
  const off = at % 17 === 16;
  const moving = at === 12;
  return {
    id: name,
    name,
    protocol: at % 4 === 1 ? 'streamable-http' : 'stdio',
    enabled: !off,
    quarantined: held,
    connected: !(held || broken || off || moving),
    connecting: moving,
    status: off ? 'disabled' : held ? 'disconnected' : broken ? 'error' : moving ? 'connecting' : 'ready',
    connected_at: new Date(Date.now() - at * 60_000).toISOString(),
    authenticated: false,
    reconnect_count: at % 5,
    tool_count: held || broken || off ? 0 : 40,
    command: at % 4 === 1 ? null : 'npx',
    args: ['-y', `@example/server-${name}`],
    url: at % 4 === 1 ? `https://${name}.example.com/mcp` : null,
    env: held ? { MAIL_TOKEN: '••••x9 (32 chars)' } : {},
    runs: at % 4 === 1 ? `https://${name}.example.com/mcp` : `npx -y @example/server-${name}`,
    fingerprint: `mark-${at}`,
    health: {
      level: broken ? 'unhealthy' : 'healthy',
      admin_state: off ? 'disabled' : held ? 'quarantined' : 'enabled',
      summary: broken ? 'Connection refused' : '',
      detail: broken ? 'it ended with exit code 1 while starting: Error: GIT_DIR is not set' : '',
      action: broken ? 'restart' : held ? 'approve' : off ? 'enable' : 'none',
    },
  };
}

function tools(servers: Server[]) {
  return servers.flatMap((one) =>
    Array.from({ length: one.tool_count }, (_, at) => ({
      name: `${VERBS[at % 8]}_${one.name.replace('-', '_')}_${at}`,
      server_name: one.name,
      description: `Does the ${VERBS[at % 8]} of what ${one.name} keeps, number ${at}, with a filter and a limit.`,
      schema: {
        type: 'object',
        required: ['path'],
        properties: { path: { type: 'string', description: 'Which one' }, limit: { type: 'integer', minimum: 1 } },
      },
      usage: at,
      call_with: (['read', 'write', 'destructive'] as const)[at % 3] ?? 'read',
      annotations: { readOnlyHint: at % 3 === 0 },
    })),
  );
}

function call(id: number, ago: number): Call {
  const bad = id % 17 === 0;
  return {
    id: String(id),
    server_name: KINDS[id % 10] ?? '',
    tool_name: `${VERBS[id % 8]}_${KINDS[id % 10]}_${id % 40}`,
    status: bad ? (id % 2 ? 'error' : 'blocked') : 'success',
    error_message: bad ? 'the server did not answer within 2 min' : null,
    code: bad ? 'TIMEOUT' : null,
    duration_ms: (id % 13) * 7.3 + 0.4,
    timestamp: new Date(Date.now() - ago).toISOString(),
    source: 'mcp',
    tool_variant: 'read',
    client_name: ['claude-code', 'codex-mcp-client', 'cursor'][id % 3] ?? null,
    request_bytes: 90 + id,
    response_bytes: 1200 + id * 3,
  };
}

export function mock(): Plugin {
  const isEmpty = process.env.MOCK === 'empty';
  const servers = isEmpty ? [] : Array.from({ length: 50 }, (_, at) => server(at));
  const all = tools(servers);
  let last = isEmpty ? 0 : 300;
  const calls = Array.from({ length: last }, (_, at) => call(last - at, at * 9000 + (at % 7) ** 2 * 1700 + 2000));
  const send = (response: ServerResponse, data: unknown): void => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ success: true, data }));
  };
  const routes: [RegExp, (found: RegExpMatchArray, query: URLSearchParams) => unknown][] = [
    [/^\/servers$/, () => ({ servers })],
    [/^\/servers\/([^/]+)\/tools$/, ([, name]) => ({ tools: all.filter((tool) => tool.server_name === name) })],
    [
      /^\/servers\/([^/]+)\/logs$/,
      () => ({
        logs: Array.from({ length: 40 }, (_, at) => ({
          timestamp: new Date(Date.now() - at * 900).toISOString(),
          level: at % 3 ? 'STDERR' : 'INFO',
          message: `line ${at} of what it said while it worked`,
        })),
      }),
    ],
    [/^\/tools$/, () => ({ tools: all })],
    [
      /^\/index\/search$/,
      (_, query) => ({
        query: query.get('q'),
        results: all.slice(0, 15).map((tool, at) => ({
          tool,
          score: 21 / (at + 1),
          matches: 1,
          reasons: [{ part: 'name', words: [query.get('q')] }],
        })),
        total: 15,
        took: '0.4ms',
      }),
    ],
    [
      /^\/activity$/,
      (_, query) => ({ activities: calls.slice(Number(query.get('offset') ?? 0)).slice(0, 100), total: calls.length }),
    ],
    [
      /^\/stats\/tokens$/,
      () => ({ total_server_tool_list_size: all.length * 78, average_query_result_size: isEmpty ? 0 : 1170 }),
    ],
    [
      /^\/sessions$/,
      () => ({
        sessions: isEmpty
          ? []
          : [
              {
                id: '1',
                client_name: 'claude-code',
                client_version: '2.1.329',
                status: 'active',
                last_activity: new Date().toISOString(),
                tool_call_count: 12,
              },
            ],
      }),
    ],
    [/^\/status$/, () => ({ running: true, listen_addr: '127.0.0.1:8080', phase: 'ready', uptime_seconds: 11_580 })],
    [
      /^\/info$/,
      () => ({
        version: '0.1.0',
        config_path: '~/.mcpproxy/mcp_config.json',
        endpoints: { mcp: 'http://127.0.0.1:8080/mcp', requires_key: false },
      }),
    ],
    [
      /^\/connect$/,
      () =>
        ['Claude Code', 'Cursor', 'VS Code'].map((name, at) => ({
          id: name.toLowerCase().replace(' ', '-'),
          name,
          config_path: '~/.settings.json',
          installed: true,
          connected: at === 0,
        })),
    ],
    [
      /^\/connect\/[^/]+\/preview$/,
      () => ({
        removed: [],
        added: ['    "mcpproxy": {', '      "url": "http://127.0.0.1:8080/mcp"', '    }'],
        contains_api_key: false,
        precondition_token: '0',
      }),
    ],
    [
      /^\/config$/,
      () => ({
        config: { mcpServers: servers.map(({ name, command, args, env, url }) => ({ name, command, args, env, url })) },
      }),
    ],
  ];
  return {
    name: 'made-up-core',
    configureServer(dev) {
      dev.middlewares.use('/events', (_, response) => {
        response.setHeader('Content-Type', 'text/event-stream');
        response.flushHeaders();
        const timer = setInterval(() => {
          if (isEmpty) return;
          calls.unshift(call(++last, 0));
          response.write(
            `event: activity.tool_call.completed\ndata: ${JSON.stringify({ payload: calls[0], timestamp: Date.now() / 1000 })}\n\n`,
          );
        }, 4000);
        response.on('close', () => clearInterval(timer));
      });
      dev.middlewares.use('/api/v1', (request, response) => {
        const url = new URL(request.url ?? '', 'http://core');
        const route = routes.map(([path, make]) => [url.pathname.match(path), make] as const).find(([found]) => found);
        if (request.method !== 'GET' || !route?.[0]) return send(response, {});
        send(response, route[1](route[0], url.searchParams));
      });
    },
  };
}
