// A server for stdio that tells how it is run: whether code made at run time works, what it was forbidden and told.
// Not here: the protocol beyond the four messages that the story needs.
const fs = require("node:fs");
const { createInterface } = require("node:readline");

const fibonacci = (n) => (n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2));

// A text in one line, so that a shell can look for its parts.
function look() {
    const made = new Function("n", "f", "return f(n)")(27, fibonacci);
    const file = `${process.env.HOME}/written`;
    fs.rmSync(file, { force: true });
    fs.writeFileSync(file, "");
    const mode = (fs.statSync(file).mode & 0o777).toString(8);
    const forbidden = /NoNewPrivs:\s*(\d)/.exec(fs.readFileSync("/proc/self/status", "utf8"))[1];
    return `made=${made} mode=${mode} no-new-privileges=${forbidden} token=${process.env.TOKEN} pid=${process.pid};`;
}

const answers = {
    initialize: ({ protocolVersion }) => ({
        protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: "look", version: "1.0.0" },
    }),
    ping: () => ({}),
    "tools/list": () => ({
        tools: [{ name: "look", inputSchema: { type: "object" }, annotations: { readOnlyHint: true } }],
    }),
    "tools/call": () => ({ content: [{ type: "text", text: look() }] }),
};

createInterface({ input: process.stdin }).on("line", (line) => {
    const { id, method, params } = JSON.parse(line);
    if (id === undefined) return;
    const answer = answers[method];
    const outcome = answer ? { result: answer(params) } : { error: { code: -32601, message: method } };
    process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, ...outcome })}\n`);
});
