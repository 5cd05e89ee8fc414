"""A real client that gets in by OAuth: discovery, registration, PKCE, a person at the forms, refresh, step-up, and a client
that works without a person.

usage: oauth.py URL LOGIN PASSWORD [CLIENT_ID CLIENT_SECRET]
The database `shop` has a collection `invoices` that wants a customer and an amount; the person may do everything.
"""

import asyncio
import re
import sys
from urllib.parse import parse_qs, parse_qsl, urljoin, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

REDIRECT = "http://127.0.0.1:43999/callback"


class Storage:
    """Tokens and registration, as a client keeps them."""

    def __init__(self):
        self.tokens = None
        self.client = None
        self.granted = []

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens
        self.granted.append(tokens.scope)

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


class Person:
    """Somebody who logs in, looks at the page, and allows what is ticked in the production database `shop`."""

    def __init__(self, login, password):
        self.login = login
        self.password = password
        self.answer = None
        self.asked = 0

    async def visit(self, url):
        self.asked += 1
        async with httpx2.AsyncClient() as browser:
            page = (await browser.get(url)).raise_for_status().text
            form = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
            form = {name: value.replace("&amp;", "&") for name, value in form.items()}
            asked = dict(parse_qsl(urlsplit(url).query))
            assert form["client_id"] == asked["client_id"] and form["resource"] == asked["resource"], form
            login = {**form, "login": self.login, "password": self.password}
            page = (await browser.post(urljoin(url, "authorize"), data=login)).raise_for_status().text
            ticket = re.search(r'name="ticket" value="([^"]+)"', page).group(1)
            ticked = re.findall(r'name="permission" value="([^"]+)"[^>]* checked', page)
            choice = {"ticket": ticket, "decision": "allow", "database": "shop", "environment": "production"}
            decided = await browser.post(urljoin(url, "consent"), data={**choice, "permission": ticked})
            assert decided.status_code == 303, decided.text
            self.answer = parse_qs(urlsplit(decided.headers["location"]).query)

    async def come_back(self):
        values = {name: values[0] for name, values in self.answer.items()}
        return AuthorizationCodeResult(code=values["code"], state=values["state"], iss=values["iss"])


def connection(url, provider):
    return Client(streamable_http_client(url, http_client=create_mcp_http_client(auth=provider)), mode="auto")


async def with_a_person(url, login, password):
    storage, person = Storage(), Person(login, password)
    metadata = OAuthClientMetadata(
        client_name="Python's client", redirect_uris=[REDIRECT], grant_types=["authorization_code", "refresh_token"]
    )
    provider = OAuthClientProvider(url, metadata, storage, person.visit, person.come_back)
    async with connection(url, provider) as client:
        tools = await client.list_tools()
        names = [tool.name for tool in tools.tools]
        assert "sql_query" in names and "batch_operations" not in names, names
        assert person.asked == 1 and storage.tokens.refresh_token, storage.tokens
        first = storage.tokens
        # What it was not allowed makes the client ask its person for more, and the call goes through.
        made = await client.call_tool(
            "manage_document",
            {"action": "upsert", "database_id": "shop", "collection": "invoices", "data": {"customer": "py", "amount": 1}},
        )
        assert not made.is_error and made.structured_content["version"] == 1, made
        assert person.asked == 2 and "write:documents" in storage.tokens.scope.split(), storage.tokens
        assert set(first.scope.split()) < set(storage.tokens.scope.split()), storage.granted
        # An access token that has run out is renewed without the person.
        before = storage.tokens
        provider.context.token_expiry_time = 1
        found = await client.call_tool("manage_database", {"action": "list"})
        assert [row["id"] for row in found.structured_content["data"]] == ["shop"], found
        assert person.asked == 2 and storage.tokens.access_token != before.access_token
        assert storage.tokens.refresh_token != before.refresh_token
    print(f"python: {len(names)} tools, granted {storage.granted}")


async def without_a_person(url, client_id, client_secret):
    for method in ("client_secret_basic", "client_secret_post"):
        issuer = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"
        provider = ClientCredentialsOAuthProvider(
            url, Storage(), client_id, client_secret, token_endpoint_auth_method=method, issuer=issuer
        )
        async with connection(url, provider) as client:
            found = await client.call_tool("manage_database", {"action": "whoami"})
            assert found.structured_content["name"] == "headless", found
    print("python without a person: client_secret_basic, client_secret_post")


async def main(url, login, password, *credentials):
    await with_a_person(url, login, password)
    if credentials:
        await without_a_person(url, *credentials)


asyncio.run(main(*sys.argv[1:]))
