// Drives an MCP endpoint with the TypeScript SDK and prints what it saw: one JSON document for each version and mode.
//
// Usage: typescript_sdk.mjs SETUP URL QUESTION ARGUMENTS
// SETUP is the folder whose node_modules hold the SDK; ARGUMENTS (JSON) go to the first tool that QUESTION finds.
// Not here: what is right; the test that starts this compares.

import { createRequire } from "node:module";
import { join } from "node:path";

const [setup, url, question, args] = process.argv.slice(2);
const load = createRequire(join(setup, "package.json"));
const info = { name: "typescript-sdk-tests", version: "1" };

async function drive(client, transport) {
  await client.connect(transport);
  const tools = (await client.listTools()).tools.map((tool) => tool.name);
  const answer = await client.callTool({ name: "retrieve_tools", arguments: { query: question } });
  const found = JSON.parse(answer.content[0].text).tools[0];
  const call = { name: found.name, args: JSON.parse(args) };
  const result = await client.callTool({ name: found.call_with, arguments: call });
  const revision = client.getNegotiatedProtocolVersion?.() ?? transport.protocolVersion;
  await client.close();
  return { revision, tools, found: found.name, text: result.content[0].text };
}

function show(client, mode, seen) {
  console.log(JSON.stringify({ client, mode, ...seen }));
}

const two = load("@modelcontextprotocol/client");
for (const mode of ["auto", "legacy"]) {
  const client = new two.Client(info, { versionNegotiation: { mode } });
  show("typescript 2", mode, await drive(client, new two.StreamableHTTPClientTransport(new URL(url))));
}

const one = load("@modelcontextprotocol/sdk/client/index.js");
const { StreamableHTTPClientTransport } = load("@modelcontextprotocol/sdk/client/streamableHttp.js");
show("typescript 1", "legacy", await drive(new one.Client(info), new StreamableHTTPClientTransport(new URL(url))));
