"""Drives an MCP endpoint with the official Python SDK and prints what it saw: one JSON document for each mode.

Usage: python_sdk.py WHERE MODE..      WHERE is a URL, or a command as {"command": .., "args": [..]} to be spoken to over
its pipes; MODE is auto (opens with server/discover, as the SDK does by itself) or legacy.
Not here: what is right; the test that starts this compares.
"""

import asyncio
import json
import sys

from mcp import Client, StdioServerParameters
from mcp.client.session import ClientSession
from mcp.shared.exceptions import MCPError

discoveries: list[object] = []
send_discover = ClientSession.send_discover


async def watched_discover(self, version):
    """What the SDK sends by itself, with a note of how it was answered."""
    try:
        answer = await send_discover(self, version)
    except MCPError as refused:
        discoveries.append(refused.error.code)
        raise
    discoveries.append("answered")
    return answer


ClientSession.send_discover = watched_discover


def plain(result):
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)


async def outcome(call):
    try:
        return {"result": plain(await call)}
    except MCPError as refused:
        return {"error": plain(refused.error)}


async def drive(target: str | StdioServerParameters, mode: str) -> dict[str, object]:
    discoveries.clear()
    order: list[object] = []

    async def progressed(progress, total, message):
        order.append([progress, total])

    def read(name, args, **more):
        return client.call_tool("call_tool_read", {"name": name, "args": args}, **more)

    async with Client(target, mode=mode, read_timeout_seconds=60) as client:
        seen: dict[str, object] = {"mode": mode, "discoveries": list(discoveries)}
        seen["revision"] = client.protocol_version
        seen["server"] = client.server_info.name
        seen["instructions"] = bool(client.instructions)
        seen["tools"] = [tool.name for tool in (await client.list_tools()).tools]
        question = {"query": "what time is it in Tokyo", "limit": 3}
        seen["found"] = plain(await client.call_tool("retrieve_tools", question))
        seen["text"] = await outcome(read("everything:echo", {"message": "hello"}))
        seen["image"] = await outcome(read("everything:get-tiny-image", {}))
        seen["structured"] = await outcome(read("remote:get-structured-content", {"location": "Chicago"}))
        seen["tool_error"] = await outcome(read("remote:get-structured-content", {"location": "Atlantis"}))
        seen["refused"] = await outcome(read("files:write_file", {"path": "x", "content": ""}))
        seen["rpc_error"] = await outcome(read("fake:fail", {}))
        for server in ("everything", "remote"):
            order.clear()
            long = read(
                f"{server}:trigger-long-running-operation", {"duration": 0.4, "steps": 4}, progress_callback=progressed
            )
            await long
            order.append("result")
            seen[f"progress_{server}"] = list(order)
    return seen


async def main() -> None:
    where, *modes = sys.argv[1:]
    target = StdioServerParameters.model_validate_json(where) if where.startswith("{") else where
    for mode in modes:
        print(json.dumps(await drive(target, mode)))


asyncio.run(main())
