"""A model that needs no account: it makes an agent search for a tool through the proxy, call it, and tell the result.

Usage: model.py QUESTION ARGUMENTS LOG [TOOL]

It listens on a free port of the loopback, prints `http://127.0.0.1:PORT`, and ends when its stdin does. It speaks Anthropic
Messages, OpenAI Responses and Gemini. In the first turn it calls the tool whose name ends in `retrieve_tools` with
QUESTION; in the second it takes the first tool that was found and calls it through the door that the answer names, with
ARGUMENTS (JSON); in the third it says the result and DONE. What it cannot do it says in clear words, which start with
FAILED. Where an agent keeps tools back and only announces them (Codex, whose models write scripts), it writes a script
that calls the tool, with nothing but what the announcement says. With TOOL, which is a tool that the proxy lists under a
name of its own (direct mode), it calls that, after it has looked for it by the agent's own means if the request does not
hold it: by name where names are announced (Claude Code), by the words of QUESTION in a script (Codex). LOG gets one JSON line a request: protocol, path,
bytes, model, the names and bytes of all tools that the model sees, what is announced, the schema of retrieve_tools as it came, the turn and the step
that was taken.

Not here: what is right; the test that starts this reads the log.
"""

import json
import re
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SEARCH = "retrieve_tools"
AGENTS_SEARCH = "ToolSearch"
# How the tools of the fixture begin their answers.
ANSWERED = '{"called":'


@dataclass
class Tool:
    """A tool as a request offers it. `namespace` is that of OpenAI's grouped tools; `script` is the tool that runs
    scripts, where this one can be reached through that only."""

    name: str
    schema: object
    namespace: str | None = None
    script: "Tool | None" = None
    size: int = 0


@dataclass
class Turn:
    """What a request tells, in no protocol's words."""

    tools: list[Tool]
    results: list[str] = field(default_factory=list)
    announced: dict[str, str] = field(default_factory=dict)
    answer_schema: object = None

    def tool(self, name: str) -> Tool | None:
        offered = (tool for tool in self.tools if tool.name == name or tool.name.endswith("_" + name))
        return next(offered, None) or self.kept_back(name)

    def kept_back(self, name: str) -> Tool | None:
        """A tool of a group that is announced only; the announcement has to name the one to begin with."""
        script = next((tool for tool in self.tools if tool.name == "exec"), None)
        groups = (group for group, told in self.announced.items() if SEARCH in told)
        return next((Tool(f"{group}__{name}", None, script=script) for group in groups if script), None)


@dataclass
class Step:
    """What the model does: it calls `tool` with `arguments`, or, without a tool, says `text`."""

    text: str = ""
    tool: Tool | None = None
    arguments: dict[str, object] = field(default_factory=dict)
    code: str = ""


def decide(turn: Turn, question: str, arguments: dict[str, object]) -> Step:
    """The one rule, the same in every protocol."""
    if turn.answer_schema:
        return Step(json.dumps(example(turn.answer_schema)))
    if not turn.tools:
        return Step("FAILED: this request offers no tools")
    if not turn.results:
        return call(turn, SEARCH, {"query": question, "limit": 3})
    if len(turn.results) > 1:
        return Step(f"{turn.results[-1]} DONE")
    try:
        found = document(turn.results[0])["tools"][0]
        return call(turn, found["call_with"], {"name": found["name"], "args": arguments})
    except (ValueError, KeyError, IndexError, TypeError) as error:
        return Step(f"FAILED: {SEARCH} answered with no tool to call ({error!r}): {turn.results[0][:500]}")


def decide_directly(turn: Turn, wanted: str, question: str, arguments: dict[str, object]) -> Step:
    """The rule where every tool has a name of its own."""
    if turn.results and ANSWERED in turn.results[-1]:
        return Step(f"{turn.results[-1]} DONE")
    if turn.tool(wanted):
        return call(turn, wanted, arguments)
    script = next((tool for tool in turn.tools if tool.name == "exec"), None)
    if turn.tool(AGENTS_SEARCH) and not turn.results:
        name = next((name for name in turn.announced if name.endswith("_" + wanted)), wanted)
        return call(turn, AGENTS_SEARCH, {"query": f"select:{name}", "max_results": 5})
    if script and turn.announced and not turn.results:
        fits = f"tool => {json.dumps(question.split())}.every(word => tool.name.includes(word))"
        return Step(tool=Tool("", None, script=script), code=f"text(JSON.stringify(ALL_TOOLS.filter({fits})))")
    if script and turn.results:
        name = document(turn.results[0])["name"]
        return Step(tool=Tool(name, None, script=script), arguments=arguments)
    return Step(f"FAILED: no tool {wanted} among {[tool.name for tool in turn.tools]}: {turn.results[-1:]}")


def call(turn: Turn, name: str, arguments: dict[str, object]) -> Step:
    tool = turn.tool(name)
    if tool is None:
        return Step(f"FAILED: no tool {name} among {[tool.name for tool in turn.tools]}")
    if not tool.script and not (isinstance(tool.schema, dict) and tool.schema.get("properties")):
        return Step(f"FAILED: {name} is offered without its input schema: {tool.schema!r}")
    return Step(tool=tool, arguments=arguments)


def example(schema):
    """Some value that fits a schema: agents ask side questions whose answers have to."""
    if "enum" in schema:
        return schema["enum"][0]
    kind = str(schema.get("type", "string")).lower()
    if kind == "object":
        return {name: example(inner) for name, inner in schema.get("properties", {}).items()}
    return {"array": [], "integer": 1, "number": 1, "boolean": True}.get(kind, "mock")


def size(tool) -> int:
    """The bytes of a definition on the wire."""
    return len(json.dumps(tool, ensure_ascii=False, separators=(",", ":")).encode())


def document(text: str):
    """The JSON object in the text of a result; some clients put lines of their own around it."""
    return json.JSONDecoder().raw_decode(text, text.index("{"))[0]


def texts(content) -> str:
    """The text in what a result may consist of: a string, blocks, or an object that holds blocks."""
    if isinstance(content, str):
        try:
            inner = json.loads(content)
        except ValueError:
            return content
        return texts(inner) if isinstance(inner, list) or (isinstance(inner, dict) and "content" in inner) else content
    if isinstance(content, list):
        return "\n".join(texts(block) for block in content)
    if isinstance(content, dict):
        for key in ("text", "output", "content", "error"):
            if key in content:
                return texts(content[key])
    return json.dumps(content)


def inner_blocks(block) -> list:
    content = block.get("content")
    return [inner for inner in content if isinstance(inner, dict)] if isinstance(content, list) else []


class Anthropic:
    """Messages, answered as a stream of events."""

    name = "anthropic"

    @staticmethod
    def read(body) -> Turn:
        blocks = [
            block
            for message in body.get("messages", [])
            if isinstance(message.get("content"), list)
            for block in message["content"]
        ]
        results = [texts(block.get("content", "")) for block in blocks if block.get("type") == "tool_result"]
        fetched = [inner.get("tool_name") for block in blocks for inner in inner_blocks(block)]
        all_tools = body.get("tools", [])
        offered = [tool for tool in all_tools if not tool.get("defer_loading") or tool.get("name") in fetched]
        tools = [Tool(tool.get("name", "?"), tool.get("input_schema"), size=size(tool)) for tool in offered]
        said = json.dumps([message for message in body.get("messages", []) if message.get("role") != "assistant"])
        return Turn(tools, results, {name: "" for name in re.findall(r"mcp__[\w-]+", said)})

    @staticmethod
    def write(step: Step, turn: int, body) -> tuple[str, bytes]:
        usage = {"input_tokens": 1, "output_tokens": 1}
        message = {"id": f"msg_{turn}", "type": "message", "role": "assistant", "model": body.get("model", "mock")}
        empty = {**message, "content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
        if step.tool:
            block = {"type": "tool_use", "id": f"toolu_{turn}", "name": step.tool.name, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(step.arguments)}
            reason = "tool_use"
        else:
            block, reason = {"type": "text", "text": ""}, "end_turn"
            delta = {"type": "text_delta", "text": step.text}
        if not body.get("stream"):
            whole = {**block, "input": step.arguments} if step.tool else {**block, "text": step.text}
            answer = {**empty, "content": [whole], "stop_reason": reason}
            return "application/json", json.dumps(answer).encode()
        return events(
            {"type": "message_start", "message": empty},
            {"type": "content_block_start", "index": 0, "content_block": block},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": usage},
            {"type": "message_stop"},
        )


class OpenAi:
    """Responses, answered as a stream of events."""

    name = "openai"

    @staticmethod
    def read(body) -> Turn:
        items = [item for item in body.get("input", []) if isinstance(item, dict)]
        groups = [body.get("tools", []), *(item["tools"] for item in items if item.get("type") == "additional_tools")]
        tools = []
        for tool in (tool for group in groups for tool in group):
            if tool.get("type") in ("function", "custom"):
                tools.append(Tool(tool["name"], tool.get("parameters"), size=size(tool)))
            for inner in tool.get("tools", []):
                tools.append(Tool(inner["name"], inner.get("parameters"), tool.get("name"), size=size(inner)))
        results = [texts(item.get("output", "")) for item in items if item.get("type", "").endswith("_call_output")]
        said = "\n".join(texts(item.get("content", "")) for item in items if item.get("role") == "developer")
        announced = dict(re.findall(r"^- (mcp__\w+): (.*)$", said, re.MULTILINE))
        return Turn(tools, results, announced)

    @staticmethod
    def write(step: Step, turn: int, body) -> tuple[str, bytes]:
        arguments = json.dumps(step.arguments)
        if step.tool:
            called = step.tool.script or step.tool
            item = {"type": "function_call", "id": f"fc_{turn}", "call_id": f"call_{turn}", "name": called.name}
            if step.tool.script:
                script = step.code or f"text((await tools.{step.tool.name}({arguments})).content[0].text)"
                item.update({"type": "custom_tool_call", "id": f"ctc_{turn}", "input": script})
            else:
                item["arguments"] = arguments
            if called.namespace:
                item["namespace"] = called.namespace
        else:
            said = [{"type": "output_text", "text": step.text}]
            item = {"type": "message", "id": f"msg_{turn}", "role": "assistant", "content": said}
        usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
        response = {"id": f"resp_{turn}"}
        return events(
            {"type": "response.created", "response": response},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": {**response, "usage": usage}},
        )


class Gemini:
    """generateContent, answered whole or as a stream of one event."""

    name = "gemini"

    @staticmethod
    def read(body) -> Turn:
        offered = [tool for group in body.get("tools", []) for tool in group.get("functionDeclarations", [])]
        schemas = [tool.get("parametersJsonSchema") or tool.get("parameters") for tool in offered]
        tools = [Tool(tool["name"], schema, size=size(tool)) for tool, schema in zip(offered, schemas)]
        parts = [part for content in body.get("contents", []) for part in content.get("parts", [])]
        results = [texts(part["functionResponse"].get("response", {})) for part in parts if "functionResponse" in part]
        return Turn(tools, results, answer_schema=body.get("generationConfig", {}).get("responseJsonSchema"))

    @staticmethod
    def write(step: Step, turn: int, body) -> tuple[str, bytes]:
        part = {"functionCall": {"name": step.tool.name, "args": step.arguments}} if step.tool else {"text": step.text}
        content = {"role": "model", "parts": [part]}
        usage = {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}
        candidate = {"content": content, "finishReason": "STOP", "index": 0}
        answer = {"candidates": [candidate], "usageMetadata": usage}
        return events(answer) if body.get("stream") else ("application/json", json.dumps(answer).encode())


def events(*data) -> tuple[str, bytes]:
    lines = (("event: " + one["type"] + "\n" if "type" in one else "") + f"data: {json.dumps(one)}\n\n" for one in data)
    return "text/event-stream", "".join(lines).encode()


def protocol(path: str):
    if path.startswith("/v1/messages") and "count_tokens" not in path:
        return Anthropic
    if path.split("?")[0].endswith("/responses"):
        return OpenAi
    return Gemini if "enerateContent" in path else None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.answer("application/json", b"")

    def do_GET(self):
        self.note({"get": self.path})
        self.answer("application/json", b'{"data": [], "models": []}')

    def do_POST(self):
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        speaks = protocol(self.path)
        try:
            body = json.loads(raw)
        except ValueError:
            kind = self.headers.get("content-encoding")
            self.note({"post": self.path, "bytes": len(raw), "failed": f"the body is not JSON (encoding: {kind})"})
            self.answer("application/json", b'{"error": {"message": "FAILED: the body is not JSON"}}', 400)
            return
        if speaks is None:
            self.note({"post": self.path, "bytes": len(raw)})
            self.answer("application/json", b'{"input_tokens": 1}')
            return
        if speaks is Gemini:
            body["stream"] = "streamGenerateContent" in self.path
        turn = speaks.read(body)
        asked = (self.server.question, self.server.arguments)
        step = decide_directly(turn, self.server.tool, *asked) if self.server.tool else decide(turn, *asked)
        search = turn.tool(SEARCH)
        self.note(
            {
                "protocol": speaks.name,
                "path": self.path,
                "bytes": len(raw),
                "model": body.get("model"),
                "tools": [tool.name for tool in turn.tools],
                "namespaces": [tool.namespace for tool in turn.tools],
                "sizes": [tool.size for tool in turn.tools],
                "announced": turn.announced,
                "schema": search and search.schema,
                "turn": len(turn.results),
                "called": step.tool and (step.tool.name or step.code),
                "said": step.text,
            }
        )
        self.answer(*speaks.write(step, len(turn.results), body))

    def answer(self, kind: str, body: bytes, status: int = 200):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def note(self, line):
        with self.server.turn:
            print(json.dumps(line), file=self.server.log, flush=True)


def main() -> None:
    question, arguments, log, *tool = sys.argv[1:]
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, open(log, "w", encoding="utf-8") as file:
        server.daemon_threads = True
        server.question, server.arguments = question, json.loads(arguments)
        server.tool = tool[0] if tool else None
        server.log, server.turn = file, threading.Lock()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        sys.stdin.read()
        server.shutdown()


main()
