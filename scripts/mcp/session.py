"""A scripted session of a real MCP client: list, create, a validation error, its fix, SQL, a batch.

usage: session.py CLIENT ERA WHERE...    CLIENT is mcp or fastmcp, ERA is auto or legacy,
                                         WHERE is a URL (the token is in REKOR_TOKEN) or the command of a server on stdio
The database `shop` has a collection `invoices` that wants a customer and an amount.
"""

import asyncio
import os
import sys


def connection(client, era, where):
    token = os.environ.get("REKOR_TOKEN", "")
    if client == "fastmcp":
        from fastmcp import Client
        from fastmcp.client.transports import StdioTransport, StreamableHttpTransport

        if where[0].startswith("http"):
            transport = StreamableHttpTransport(where[0], headers={"Authorization": f"Bearer {token}"})
        else:
            transport = StdioTransport(where[0], where[1:], env=dict(os.environ))
        return Client(transport, mode=era)
    from mcp import Client, StdioServerParameters
    from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

    if where[0].startswith("http"):
        http = create_mcp_http_client(headers={"Authorization": f"Bearer {token}"})
        return Client(streamable_http_client(where[0], http_client=http), mode=era)
    server = StdioServerParameters(command=where[0], args=where[1:], env=dict(os.environ))
    return Client(server, mode=era)


async def main(name, era, where):
    async with connection(name, era, where) as client:

        async def call(tool, **arguments):
            if name == "fastmcp":
                result = await client.call_tool(tool, arguments, raise_on_error=False)
            else:
                result = await client.call_tool(tool, arguments)
            return bool(result.is_error), result.structured_content, result.content

        tools = await client.list_tools()
        names = [tool.name for tool in getattr(tools, "tools", tools)]
        assert "manage_document" in names and "sql_query" in names, names
        failed, found, _ = await call("manage_database", action="list")
        assert not failed and [row["id"] for row in found["data"]] == ["shop", "shop--p"], found

        place = {"database_id": "shop", "collection": "invoices"}
        key = f"{name}-{era}-{os.getpid()}"
        failed, error, _ = await call("manage_document", action="upsert", data={"customer": key}, external_id=key, **place)
        assert failed and "amount" in error["error"]["message"], error
        data = {"customer": key, "amount": 120}
        failed, made, _ = await call("manage_document", action="upsert", data=data, external_id=key, **place)
        assert not failed and made["version"] == 1, made

        query = "SELECT sum(CAST(data.amount, 'Float64')) AS total FROM documents WHERE data.customer.:String = {customer:String}"
        failed, rows, content = await call("sql_query", database_id="shop", query=query, params={"customer": key})
        assert not failed and rows["columns"] == ["total"] and rows["rows"] == [[120]], rows
        assert content[0].text.startswith('["total"]\n[120]'), content

        operations = [
            {"type": "upsert_document", "collection": "invoices", "data": {"customer": key, "amount": n}} for n in (1, 2)
        ]
        failed, batch, _ = await call("batch_operations", database_id="shop", operations=operations)
        assert not failed and len(batch["results"]) == 2, batch
        failed, rows, _ = await call("sql_query", database_id="shop", query=query, params={"customer": key})
        assert not failed and rows["rows"] == [[123]], rows

        guide = await client.read_resource("rekor://guide/sql")
        assert "SQL for agents" in getattr(guide, "contents", guide)[0].text
        version = client.protocol_version
        print(f"{name} {era}: {len(names)} tools, protocol {version}")


asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
