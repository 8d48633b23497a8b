"""Drives an MCP endpoint with FastMCP's client and prints what it saw: one JSON document for each mode.

Usage: fastmcp_client.py URL QUESTION ARGUMENTS        ARGUMENTS (JSON) go to the first tool that QUESTION finds.
Not here: what is right; the test that starts this compares.
"""

import asyncio
import json
import sys

from fastmcp import Client


async def drive(url: str, mode: str, question: str, arguments: dict[str, object]) -> dict[str, object]:
    async with Client(url, mode=mode, timeout=60) as client:
        tools = [tool.name for tool in await client.list_tools()]
        answer = await client.call_tool("retrieve_tools", {"query": question})
        found = json.loads(answer.content[0].text)["tools"][0]
        result = await client.call_tool(found["call_with"], {"name": found["name"], "args": arguments})
        seen = {"client": "fastmcp", "mode": mode, "revision": client.protocol_version, "tools": tools}
        return {**seen, "found": found["name"], "text": result.content[0].text}


async def main() -> None:
    url, question, arguments = sys.argv[1:]
    for mode in ("auto", "legacy"):
        print(json.dumps(await drive(url, mode, question, json.loads(arguments))))


asyncio.run(main())
