"""The parts of the quickstart that need no containers; the whole of it runs in tests/e2e."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from aiohttp import web

from supercloud.cli import quickstart
from supercloud.cli.deploy import Deployed
from supercloud.cli.output import console


async def served(status: int) -> tuple[web.AppRunner, int]:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=request.host, status=status)

    application = web.Application()
    application.router.add_get("/", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, runner.addresses[0][1]


async def test_names_of_deployments_lead_to_this_machine() -> None:
    runner, port = await served(200)
    try:
        status, body = await quickstart._fetch(f"http://abc.ingress.localhost:{port}/")
    finally:
        await runner.cleanup()
    assert (status, body) == (200, f"abc.ingress.localhost:{port}".encode())


def deployed(uri: str) -> Deployed:
    return Deployed(5, [], {"1": {"services": {"web": {"uris": [uri]}}}}, {}, 1.0)


async def test_an_address_that_does_not_answer_well_is_named() -> None:
    runner, port = await served(502)
    try:
        with pytest.raises(click.ClickException, match=f"http://localhost:{port} answered 502"):
            nobody: Any = None
            await quickstart._check_and_close(nobody, deployed(f"localhost:{port}"), console(stderr=True))
    finally:
        await runner.cleanup()


async def test_a_build_that_fails_shows_its_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = tmp_path / "build"
    build.write_text("#!/bin/sh\necho no compiler here >&2\nexit 3\n")
    build.chmod(0o755)
    monkeypatch.setattr(quickstart, "SAMPLE", tmp_path)
    with pytest.raises(click.ClickException, match="building the sample image failed:\nno compiler here"):
        await quickstart._build_sample()
    build.write_text("#!/bin/sh\nexit 0\n")
    await quickstart._build_sample()


async def test_a_supercloud_that_does_not_start_names_its_logs(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(click.ClickException, match=r"did not start; its logs are in .*/file/home/logs"):
        await quickstart._start(tmp_path / "file" / "home")


def test_the_sample_is_there() -> None:
    assert (quickstart.SAMPLE / "deploy.yaml").exists() and (quickstart.SAMPLE / "build").exists()
